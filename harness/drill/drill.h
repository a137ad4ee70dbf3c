/* SPDX-License-Identifier: Apache-2.0 */
/* A drill under way: what steps, guards and the command line share. The struct and everything in it
 * belong to whoever called mu_drill_new(); strings made during the drill live in the arena of its
 * run record. */
#ifndef MU_DRILL_DRILL_H
#define MU_DRILL_DRILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "config/config.h"
#include "model/run.h"
#include "probe.h"
#include "step.h"

struct mu_aws;
struct mu_clock;
struct mu_doc;
struct mu_http;
struct mu_journal;
struct mu_layer_env;
struct mu_ledger;
struct mu_plan;
struct mu_redact;
struct mu_tf;

enum {
  MU_SUFFIX_MAX = 20
}; /* of a drill: what a Terraform variable, a Glue database and a bucket name can all carry */

/* How a drill shows where it is. Members may be NULL. */
struct mu_drill_view {
  void *ctx;
  void (*begin)(void *ctx, const struct mu_drill *drill, const struct mu_step *step);
  void (*note)(void *ctx, const struct mu_drill *drill,
               const char *line); /* progress inside a step */
  void (*end)(void *ctx, const struct mu_drill *drill, const struct mu_run_step *step);
  /* A manual step: asks on the terminal; true: done or approved by *who. False: no terminal, wait
   * for `drill approve`. */
  bool (*ask)(void *ctx, const struct mu_drill *drill, const char *question, const char **who);
};

/* What every drill is handed: borrowed for its whole life. */
struct mu_drill_env {
  const struct mu_clock *clock;
  const struct mu_cancel *stop; /* first signal: go the way back */
  const struct mu_cancel *kill; /* second signal: stop at once, the journal stays */
  const struct mu_probes *probes;
  const struct mu_steps *steps;
  const struct mu_config *config;
  struct mu_ledger *ledger;
  struct mu_redact *redact;
  const struct mu_drill_view *view;
  const char *version;
};

struct mu_drill_opts {
  const char *ticket, *reason, *who, *approved_by;
  bool accept_sizes; /* the fresh plan may have other sizes or versions than the staged one:
                        approved */
};

struct mu_drill {
  const struct mu_drill_env *env;
  const struct mu_conf_workload *workload;
  const struct mu_conf_standby *standby;
  const struct mu_step *const *order; /* the runbook of this drill */
  const struct mu_conf_step *rows;    /* beside it: what the config says of each, or NULL */
  size_t order_n;

  struct mu_run *run;
  struct mu_arena *arena; /* of the run */
  struct mu_journal *journal;
  char suffix[MU_SUFFIX_MAX + 1];
  const char *dir; /* files of this drill, beside the ledger: state, plan, evidence */
  struct mu_http *http;
  struct mu_aws *aws;      /* may change things: for steps; NULL: the standby is not in AWS */
  struct mu_aws *aws_look; /* read-only by construction: for probes and inventories */

  struct mu_pair *memo; /* what later steps need, kept in the journal with each step */
  size_t memo_n, memo_cap;
  bool accept_sizes;
  bool failed; /* a forward step did not pass: only the way back is left */
  bool resumed, aborting;
};

/* ---- the life of a drill (drill.c) ---- */
/* Freezes the workload, takes its lock, begins the journal. MU_E_BUSY: another drill holds the
 * lock, or one is unfinished (resume or abort it). MU_E_CONFIG: the config cannot be drilled. */
MU_CHECKED int mu_drill_new(const struct mu_drill_env *env, const char *workload,
                            const struct mu_drill_opts *opts, struct mu_drill **out,
                            struct mu_err *err);
/* An unfinished drill, as its journal left it, to go on with it or (abort) to take only the way
 * back. id NULL: the only one. */
MU_CHECKED int mu_drill_open(const struct mu_drill_env *env, const char *id, bool abort,
                             struct mu_drill **out, struct mu_err *err);
void mu_drill_free(struct mu_drill *drill); /* gives the lock back */
/* Runs what is left of it; aborting: only the way back. Ends with the record in the
 * ledger. -1 only when the ledger or the journal could not be written, or on a second signal: the
 * drill stays unfinished. */
MU_CHECKED int mu_drill_go(struct mu_drill *drill, struct mu_err *err);
/* The order of steps for a workload: the config's or the standard one. Fails where an order is
 * unsafe. */
MU_CHECKED int mu_drill_order(struct mu_drill *drill, struct mu_err *err);

/* ---- for steps (context.c) ---- */
void mu_drill_note(struct mu_drill *drill, const char *fmt, ...) MU_PRINTF(2, 3);
void mu_drill_event(struct mu_drill *drill, const char *name, const char *detail);
void mu_drill_set(struct mu_drill *drill, const char *name, const char *value);
const char *mu_drill_get(const struct mu_drill *drill, const char *name); /* NULL: never set */
/* An output of the stood-up Terraform, or NULL. */
const char *mu_drill_output(const struct mu_drill *drill, const char *name, bool *secret);
/* Resolves ${…} with the drill's outputs. */
MU_CHECKED int mu_drill_resolve(struct mu_drill *drill, const char *text, const char **out,
                                struct mu_err *err);
/* Runs a plan of checks and adds them to the record; returns the join of their verdicts. */
enum mu_verdict mu_drill_observe(struct mu_drill *drill, const struct mu_plan *plan,
                                 bool may_use_all_time);
/* Keeps bytes as evidence: redacted, hashed into the record, stored in the ledger and in the
 * drill's folder. */
void mu_drill_keep(struct mu_drill *drill, const char *name, const void *bytes, size_t n);
/* A Terraform runner for the workload's staged layer with this drill's own state, or the standing
 * layer as it is. */
void mu_drill_terraform(struct mu_drill *drill, const struct mu_conf_layer *layer, bool own_state,
                        struct mu_tf *tf);
/* What the looks at Terraform layers need, for this drill. */
void mu_drill_layer(struct mu_drill *drill, struct mu_layer_env *out);
struct mu_finding *mu_drill_find(struct mu_drill *drill, enum mu_finding_id id, const char *subject,
                                 const char *fmt, ...) MU_PRINTF(4, 5);
int64_t mu_drill_deadline(const struct mu_drill *drill, int64_t ms); /* monotonic, from now */

#endif
