/* SPDX-License-Identifier: Apache-2.0 */
#include "model/age.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/run.h"

static const struct mu_finding *by_fingerprint(const struct mu_findings *list,
                                               const char *fingerprint) {
  for (size_t i = 0; i < list->n; i++) {
    if (strcmp(list->at[i].fingerprint, fingerprint) == 0 &&
        !mu_streq(list->at[i].age, "resolved")) {
      return &list->at[i];
    }
  }
  return NULL;
}

/* Was what the finding is about looked at to the end this time? A check or step that this run does
 * not have was not. Findings of no particular check count as looked at. */
static bool was_completed(const struct mu_run *run, const char *check) {
  for (size_t i = 0; i < run->checks.n; i++) {
    if (mu_streq(run->checks.at[i].id, check)) {
      return run->checks.at[i].status == MU_OBSERVED || run->checks.at[i].status == MU_ABSENT;
    }
  }
  for (size_t i = 0; i < run->steps.n; i++) {
    if (mu_streq(run->steps.at[i].id, check)) {
      return run->steps.at[i].verdict == MU_PASS || run->steps.at[i].verdict == MU_FAIL;
    }
  }
  return !check;
}

static void add_resolved(struct mu_run *run, const struct mu_finding *gone) {
  struct mu_finding *finding =
      mu_finding_add(&run->findings, gone->id, gone->check, gone->subject, gone->path);
  finding->age = "resolved";
  finding->verdict = MU_PASS;
  finding->severity = MU_INFO;
  finding->since_ms = gone->since_ms;
  finding->message = mu_arena_str(run->arena, gone->message);
}

void mu_run_age(struct mu_run *run, const struct mu_run *previous) {
  if (!previous) {
    return;
  }
  run->previous = mu_arena_str(run->arena, previous->id);
  for (size_t i = 0; i < run->findings.n; i++) {
    struct mu_finding *finding = &run->findings.at[i];
    const struct mu_finding *before = by_fingerprint(&previous->findings, finding->fingerprint);
    finding->age = before ? "persisting" : "new";
    finding->since_ms = before ? (before->since_ms ? before->since_ms : previous->started_ms) : 0;
  }
  size_t own = run->findings.n;
  for (size_t i = 0; i < previous->findings.n; i++) {
    const struct mu_finding *before = &previous->findings.at[i];
    bool still = false;
    for (size_t k = 0; k < own && !still; k++) {
      still = strcmp(run->findings.at[k].fingerprint, before->fingerprint) == 0;
    }
    if (!still && before->verdict > MU_PASS && was_completed(run, before->check)) {
      add_resolved(run, before);
    }
  }
}

size_t mu_run_new_findings(const struct mu_run *run) {
  size_t n = 0;
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    n += finding->verdict > MU_PASS && (mu_streq(finding->age, "new") || finding->ack);
  }
  return n;
}
