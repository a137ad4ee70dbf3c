/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the planner share. Everything lives in the plan's arena. */
#ifndef MU_SMOKE_PLAN_INT_H
#define MU_SMOKE_PLAN_INT_H

#include "smoke/plan.h"
#include "smoke/predicate.h"

struct mu_node;

enum { MU_PLAN_TIMEOUT_MS = 10000, MU_PLAN_EVERY_MS = 1000 };
enum { MU_PLAN_MATRIX_MAX = 1000, MU_PLAN_NAME_MAX = 512, MU_PLAN_TEXT_MAX = 64 * 1024 };

/* Arguments while they are collected. */
struct mu_args_draft {
  const struct mu_probe *probe;
  struct mu_arg *at; /* room for every parameter */
  size_t n;
  const char *base; /* the config, which relative paths are beside; NULL: the working directory */
  struct mu_arena *arena;
};
void mu_draft_init(struct mu_args_draft *draft, const struct mu_probe *probe, const char *base,
                   struct mu_arena *arena);
const struct mu_param *mu_param_find(const struct mu_probe *probe, const char *name);
/* The nearest parameter name, or NULL. */
const char *mu_param_nearest(const struct mu_probe *probe, const char *name,
                             struct mu_arena *arena);
/* A text for a parameter; text with a ${…} stays text until it is resolved. A list parameter
 * takes it as one element. */
int mu_draft_text(struct mu_args_draft *draft, const struct mu_param *param, const char *text,
                  struct mu_err *err);
/* A text by the parameter's name; "headers.Accept" is one pair of the map `headers`. MU_E_USAGE: no
 * such parameter. */
int mu_draft_pair(struct mu_args_draft *draft, const char *name, const char *value,
                  struct mu_err *err);
/* Elements of a list, or name, value, name, value, … of a map. */
void mu_draft_list(struct mu_args_draft *draft, const struct mu_param *param,
                   const char *const *items, size_t n);
/* Defaults for what is not set; MU_E_CONFIG names the first required one that is missing. */
int mu_draft_finish(struct mu_args_draft *draft, struct mu_args *out, struct mu_err *err);
bool mu_draft_has(const struct mu_args_draft *draft, const char *name);

/* A fact by the name that an operator writes. */
struct mu_fact_ref {
  const char *full;     /* "http.json.status" */
  const char *selector; /* what the probe is asked for: "json.status"; NULL: a companion's */
  const struct mu_fact_def *def;
  struct mu_predicate_kind kind;
  bool of_companion;
};
/* MU_E_CONFIG: no such fact, with the nearest one. companion may be NULL. */
int mu_fact_ref_find(const struct mu_probe *probe, const struct mu_probe *companion,
                     const char *name, struct mu_arena *arena, struct mu_fact_ref *out,
                     struct mu_err *err);

/* Adds the expectation, and its selector to the arguments. */
void mu_planned_expect(struct mu_planned *check, const struct mu_fact_ref *ref, const char *written,
                       const struct mu_predicate *predicate, int line, struct mu_arena *arena);
/* What the probe expects by itself, for a check whose config expects nothing. */
void mu_planned_expect_default(struct mu_planned *check, struct mu_arena *arena);
void mu_planned_select(struct mu_planned *check, const struct mu_fact_ref *ref,
                       struct mu_arena *arena);

/* Replaces ${matrix.NAME}; MU_E_CONFIG: no such name. */
struct mu_matrix_row {
  const struct mu_conf_pair *at;
  size_t n;
};
int mu_matrix_apply(const struct mu_matrix_row *row, const char *text, struct mu_arena *arena,
                    const char **out, struct mu_err *err);

/* Needs by name and by captures, circles and doubles refused, for the checks from index `first` on.
 */
void mu_plan_link(struct mu_plan *plan, size_t first, const struct mu_conf_check *checks, size_t n,
                  const char *section, struct mu_diags *diags, struct mu_arena *arena);
void mu_planned_set_target(struct mu_planned *check, struct mu_arena *arena);

/* Expectations of a map node with ${matrix.…} filled in; returns the number of errors. */
size_t mu_plan_expect_row(struct mu_planned *check, const struct mu_node *map,
                          const struct mu_matrix_row *row, struct mu_diags *diags,
                          struct mu_arena *arena);

#endif
