/* SPDX-License-Identifier: Apache-2.0 */
/* A run as JUnit test cases: what junit_cases.c collects and junit.c writes. Everything lives in
 * the arena. */
#ifndef REPORTS_JUNIT_H
#define REPORTS_JUNIT_H

#include <stddef.h>

#include "model/run.h"

enum mu_junit_kind {
  MU_JUNIT_PASSED,
  MU_JUNIT_FAILURE,
  MU_JUNIT_ERROR,
  MU_JUNIT_SKIPPED,
  MU_JUNIT_KIND_N_
};

struct mu_junit_case {
  const char *suite; /* and class name: dotted, the same in each run */
  const char *name;  /* unique in its suite */
  enum mu_junit_kind kind;
  const char *type;    /* the id of the finding that decided it */
  const char *message; /* one line */
  const char *text;    /* the message and everything that explains it */
  const char *output;  /* what the probe saw; NULL: nothing to say */
  int64_t elapsed_ms;
};

struct mu_junit_cases {
  struct mu_junit_case *at;
  size_t n, cap;
  size_t *slots, slots_n; /* finds a case by suite and name */
  struct mu_arena *arena;
};

/* Every check, step, gating target, finding of its own and thing left out. The cases together are
 * never greener than the run. */
void mu_junit_collect(const struct mu_run *run, struct mu_junit_cases *cases);

#endif
