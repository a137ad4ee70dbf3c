/* SPDX-License-Identifier: Apache-2.0 */
#include "model/verdict.h"

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

static const char *const verdicts[] = {"NOT_APPLICABLE", "SKIPPED", "PASS", "INCONCLUSIVE", "FAIL"};
static const char *const severities[] = {"info", "low", "medium", "high"};
static const char *const statuses[] = {"observed", "absent",  "not_applicable", "error",
                                       "timeout",  "skipped", "not_implemented"};
static const char *const outcomes[] = {"MET", "MISSED", "INDETERMINATE", "NOT_MEASURED"};

_Static_assert(MU_LEN(verdicts) == MU_VERDICT_N_, "a name for each verdict");
_Static_assert(MU_LEN(severities) == MU_SEVERITY_N_, "a name for each severity");
_Static_assert(MU_LEN(statuses) == MU_STATUS_N_, "a name for each status");
_Static_assert(MU_LEN(outcomes) == MU_OUTCOME_N_, "a name for each outcome");

enum mu_verdict mu_verdict_of(const enum mu_verdict *parts, unsigned long n) {
  enum mu_verdict joined = MU_NOT_APPLICABLE;
  bool passed = false;
  for (unsigned long i = 0; i < n; i++) {
    joined = mu_verdict_join(joined, parts[i]);
    passed = passed || parts[i] == MU_PASS;
  }
  return joined < MU_INCONCLUSIVE && !passed ? MU_INCONCLUSIVE : joined;
}

int mu_verdict_exit(enum mu_verdict verdict) {
  switch (verdict) {
  case MU_PASS:
    return 0;
  case MU_FAIL:
    return 1;
  case MU_NOT_APPLICABLE:
  case MU_SKIPPED:
  case MU_INCONCLUSIVE:
  case MU_VERDICT_N_:
    break;
  }
  return 3;
}

const char *mu_verdict_text(enum mu_verdict v) {
  return verdicts[v];
}
const char *mu_severity_text(enum mu_severity s) {
  return severities[s];
}
const char *mu_status_text(enum mu_status s) {
  return statuses[s];
}
const char *mu_outcome_text(enum mu_outcome o) {
  return outcomes[o];
}

static bool find(const char *const *names, size_t n, const char *text, unsigned *out) {
  for (size_t i = 0; i < n; i++) {
    if (mu_streq(names[i], text)) {
      *out = (unsigned)i;
      return true;
    }
  }
  return false;
}

bool mu_verdict_parse(const char *text, enum mu_verdict *out) {
  unsigned i = 0;
  bool found = find(verdicts, MU_LEN(verdicts), text, &i);
  *out = found ? (enum mu_verdict)i : *out;
  return found;
}

bool mu_severity_parse(const char *text, enum mu_severity *out) {
  unsigned i = 0;
  bool found = find(severities, MU_LEN(severities), text, &i);
  *out = found ? (enum mu_severity)i : *out;
  return found;
}

bool mu_status_parse(const char *text, enum mu_status *out) {
  unsigned i = 0;
  bool found = find(statuses, MU_LEN(statuses), text, &i);
  *out = found ? (enum mu_status)i : *out;
  return found;
}

bool mu_outcome_parse(const char *text, enum mu_outcome *out) {
  unsigned i = 0;
  bool found = find(outcomes, MU_LEN(outcomes), text, &i);
  *out = found ? (enum mu_outcome)i : *out;
  return found;
}
