/* SPDX-License-Identifier: Apache-2.0 */
/* A plan, a state, or neither: any bytes are read, asked everything, and compared with themselves
 * in every way there is. A document must not differ from itself, and memory must stay in
 * proportion. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "drift/doc.h"
#include "drift/drift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE_BYTES = 4 << 20, FACTOR = 2000 };

static void ask(const struct mu_doc *doc, struct mu_arena *arena) {
  const struct mu_doc_change *changes = NULL;
  const struct mu_doc_output *outputs = NULL;
  const char *const *secrets = NULL;
  const char *needle = "1", *address = NULL, *path = NULL, *which = NULL;
  struct mu_doc_info info;
  mu_doc_info(doc, &info);
  size_t n = mu_doc_changes(doc, &changes);
  for (size_t i = 0; i < n && i < 4; i++) {
    (void)mu_doc_attribute(doc, changes[i].address, "id", arena);
  }
  (void)mu_doc_outputs(doc, &outputs);
  (void)mu_doc_secrets(doc, &secrets);
  (void)mu_doc_mentions(doc, &needle, 1, &address, &path, &which);
}

static void compare(const struct mu_doc *plan, const struct mu_doc *actual,
                    struct mu_arena *arena) {
  struct mu_err err = {0};
  struct mu_findings findings;
  for (int expect = MU_EXPECT_AFTER; expect <= MU_EXPECT_ABSENT; expect++) {
    mu_findings_init(&findings, arena);
    struct mu_drift_in in = {.plan = plan,
                             .actual = &actual,
                             .actual_n = 1,
                             .expect = (enum mu_expect)expect,
                             .now_ms = 1};
    struct mu_drift_out out = {.findings = &findings};
    if (mu_drift_compare(&in, arena, &out, &err) == 0) {
      const struct mu_coverage *c = &out.coverage;
      MU_ASSERT(c->attributes ==
                c->compared + c->explained + c->baseline + c->unverifiable + c->ignored);
      in.baseline = out.observations; /* held against what was just seen, nothing has changed */
      in.baseline_n = out.observations_n;
      mu_findings_init(&findings, arena);
      struct mu_drift_out again = {.findings = &findings};
      MU_ASSERT(mu_drift_compare(&in, arena, &again, &err) == 0);
    }
  }
  mu_findings_init(&findings, arena);
  struct mu_fresh_in fresh = {.staged = plan, .fresh = plan};
  struct mu_drift_out out = {.findings = &findings};
  if (mu_drift_fresh(&fresh, arena, &out, &err) == 0) {
    for (size_t i = 0; i < findings.n; i++) {
      MU_ASSERT(findings.at[i].id != MU_F_DRIFT_STAGED_DIFFERS);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  struct mu_doc *plan = NULL, *actual = NULL;
  char *bytes = malloc(size ? size : 1);
  MU_ASSERT(bytes);
  if (size) {
    memcpy(bytes, data, size);
  }
  struct mu_doc_opts as_plan = {.name = "plan", .want_config = true},
                     as_actual = {.name = "actual", .want_prior = true};
  if (mu_doc_parse(bytes, size, &as_plan, arena, &plan, &err) == 0) {
    ask(plan, arena);
    if (mu_doc_parse(bytes, size, &as_actual, arena, &actual, &err) ==
        0) { /* reads parts that a plan leaves aside */
      ask(actual, arena);
      compare(plan, actual, arena);
    }
  }
  MU_ASSERT(mu_arena_used(arena) < BASE_BYTES + size * FACTOR);
  free(bytes);
  mu_arena_free(arena);
  return 0;
}
