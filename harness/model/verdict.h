/* SPDX-License-Identifier: Apache-2.0 */
/* What a run may conclude. One total order, joined by max: hence commutative, associative and
 * idempotent by construction. The exit code and a finding's severity are separate notions. */
#ifndef MU_MODEL_VERDICT_H
#define MU_MODEL_VERDICT_H

#include <stdbool.h>

enum mu_verdict {
  MU_NOT_APPLICABLE, /* not configured */
  MU_SKIPPED,        /* the operator deselected it, and only that */
  MU_PASS,
  MU_INCONCLUSIVE, /* could not verify: never a pass */
  MU_FAIL,
  MU_VERDICT_N_
};

enum mu_severity { MU_INFO, MU_LOW, MU_MEDIUM, MU_HIGH, MU_SEVERITY_N_ };

/* How an observation ended. Only `observed` and `absent` are completed observations. */
enum mu_status {
  MU_OBSERVED,
  MU_ABSENT, /* looked at, and proven not to be there */
  MU_STATUS_NOT_APPLICABLE,
  MU_ERROR,
  MU_TIMEOUT,
  MU_STATUS_SKIPPED,
  MU_NOT_IMPLEMENTED,
  MU_STATUS_N_
};

/* What a target came to. MISSED fails; INDETERMINATE and NOT_MEASURED are inconclusive. */
enum mu_outcome { MU_MET, MU_MISSED, MU_INDETERMINATE, MU_NOT_MEASURED, MU_OUTCOME_N_ };

static inline enum mu_verdict mu_verdict_join(enum mu_verdict a, enum mu_verdict b) {
  return a > b ? a : b;
}

/* The verdict of a whole: the join of its parts, but without a single PASS nothing was shown, which
 * is INCONCLUSIVE (n == 0 included). */
enum mu_verdict mu_verdict_of(const enum mu_verdict *parts, unsigned long n);

/* 0 pass, 1 fail, 3 inconclusive. */
int mu_verdict_exit(enum mu_verdict verdict);

const char *mu_verdict_text(enum mu_verdict v);   /* "NOT_APPLICABLE", "PASS", … */
const char *mu_severity_text(enum mu_severity s); /* "high" */
const char *mu_status_text(enum mu_status s);     /* "observed", "not_applicable", … */
const char *mu_outcome_text(enum mu_outcome o);   /* "MET", "NOT_MEASURED", … */
bool mu_verdict_parse(const char *text, enum mu_verdict *out);
bool mu_severity_parse(const char *text, enum mu_severity *out);
bool mu_status_parse(const char *text, enum mu_status *out);
bool mu_outcome_parse(const char *text, enum mu_outcome *out);

#endif
