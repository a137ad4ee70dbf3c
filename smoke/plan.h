/* SPDX-License-Identifier: Apache-2.0 */
/* From configured checks to a plan: arguments typed by the probe's table, expectations split into
 * selector (the probe's) and predicate (the judge's), matrix rows expanded, needs resolved. A typo
 * is an error here, never a pass later. The plan and all in it live in the arena given. */
#ifndef MU_SMOKE_PLAN_H
#define MU_SMOKE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "model/run.h"
#include "probe.h"
#include "smoke/expect.h"

struct mu_retry {
  int64_t for_ms, every_ms; /* for_ms 0: one attempt */
  double backoff;           /* factor on every_ms after each attempt, at least 1 */
};

struct mu_planned {
  const char *id; /* "smoke/API answers", with " [us-east-1]" behind it for a matrix row */
  const char *section, *workload, *title;
  const struct mu_probe *probe;
  const struct mu_probe *companion; /* of the probe; NULL: it has none, or the table lacks it */
  bool asks_companion;              /* an expectation or capture names a fact of it */
  struct mu_args args; /* strings may still hold ${…}: resolved when the check is due */
  struct mu_expect_one *expect;
  size_t expect_n;
  const size_t *needs; /* indexes into the plan */
  size_t needs_n;
  struct mu_retry retry;
  int64_t timeout_ms;
  bool must_fail;
  int severity;                        /* enum mu_severity, or -1: the finding's own */
  const char *target;                  /* what is looked at, as written; may hold ${…} */
  const struct mu_conf_pair *captures; /* name -> fact, for ${capture:name} of later checks */
  size_t captures_n;
  const struct mu_node *node;
};

struct mu_plan {
  struct mu_planned *at;
  size_t n, cap;
};

/* Adds `n` configured checks as section `section`. connect (may be NULL) is "address" for every
 * http, tls and tcp check of the suite: the URL's own name stays in SNI and Host. Problems go to
 * diags; returns the number of errors. */
size_t mu_plan_checks(struct mu_plan *plan, const struct mu_conf_check *checks, size_t n,
                      const char *section, const char *workload, const char *connect,
                      const struct mu_probes *probes, struct mu_diags *diags,
                      struct mu_arena *arena);

/* One check from a probe name and name=value words, for `muster probe KIND key=value…` and for
 * steps. Words "expect:FACT=TEXT" add expectations. */
int mu_plan_words(struct mu_plan *plan, const char *id, const char *section, const char *probe,
                  const char *const *words, size_t n, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err);

/* The same from name/value pairs and ready expectations, for sections that expand into checks. */
struct mu_planned *mu_plan_add(struct mu_plan *plan, const char *id, const char *section,
                               const char *workload, const char *title,
                               const struct mu_probe *probe, const struct mu_conf_pair *args,
                               size_t n, struct mu_arena *arena, struct mu_err *err);
int mu_plan_expect(struct mu_planned *check, const char *fact, const char *predicate,
                   struct mu_arena *arena, struct mu_err *err);
/* Expectations as a config map ("rows: '>= 1'"), with diagnostics. */
size_t mu_plan_expect_node(struct mu_planned *check, const struct mu_node *map,
                           struct mu_diags *diags, struct mu_arena *arena);

/* The standby's marker, on every check from index `first` on whose probe can see it: an answer
 * without it is ANSWERED_BY_PRIMARY, whether or not the config asked. `fact` as in the config:
 * "header.x-served-by". */
void mu_plan_marker(struct mu_plan *plan, size_t first, const char *fact, const char *standby,
                    struct mu_arena *arena);

/* The arguments with every ${…} replaced and typed, in `arena`. MU_E_ABSENT: one is not known
 * (yet). */
struct mu_resolver;
int mu_plan_resolve(const struct mu_planned *check, const struct mu_resolver *resolver,
                    struct mu_arena *arena, struct mu_args *args, struct mu_expect_one **expect,
                    struct mu_err *err);

#endif
