/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations and the judge: facts and a predicate in, a finding or none out. Pure: no I/O, no
 * clock. */
#ifndef MU_SMOKE_EXPECT_H
#define MU_SMOKE_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/fact.h"
#include "model/run.h"
#include "probe.h"

struct mu_arena;
struct mu_err;
struct mu_predicate;
struct mu_predicate_kind;

/* `200`, `ok`, `"== 0"`, `"!= x"`, `"< 800ms"`, `">= 1"`, `"10 .. 20"`, `"source ± 1%"` (or `+-`),
 * `"> 21d"` (ages and days left are taken from now), lists (`[200, 204]`: any of), maps `{matches:
 * RE}`, `{contains: TEXT}`, `{any: […]}`, `{not: …}`, `{present: true}`, `{absent: true}`. */
struct mu_expect_one {
  const char *fact; /* full name of the fact, or its derived one: "tls.days_left", "iceberg.age" */
  const char *written;                  /* as the operator wrote it, for `expected` */
  const struct mu_predicate *predicate; /* opaque outside expect*.c */
  enum mu_finding_id finding;
  int line; /* in the config; 0: not from one */
  const struct mu_predicate_kind
      *late; /* `written` holds a ${…}: read by this when the check is due; else NULL */
};

/* Types a predicate text against the fact's type. MU_E_CONFIG with what was expected. */
int mu_predicate_parse(const char *text, enum mu_type type, struct mu_arena *arena,
                       const struct mu_predicate **out, struct mu_err *err);

/* Judges one check: adds a finding for each expectation that does not hold or cannot be decided (a
 * range that straddles: the bounds finding; a missing fact: FACT_MISSING), and for a status that is
 * no completed observation. Then sets the check's verdict by mu_run_judge_check(). `severity` < 0
 * leaves the findings' own. */
void mu_judge(struct mu_run *run, struct mu_check *check, const struct mu_expect_one *expect,
              size_t n, int severity, int64_t now_ms);

/* Would mu_judge() find nothing? What a retry goes by. */
bool mu_expect_met(const struct mu_facts *facts, enum mu_status status,
                   const struct mu_expect_one *expect, size_t n, int64_t now_ms);
/* An observation that did not come about: sets status and error and adds the finding that names the
 * reason (or `why`). Call mu_judge() afterwards. */
void mu_judge_error(struct mu_run *run, struct mu_check *check, const struct mu_err *err);
void mu_judge_unseen(struct mu_run *run, struct mu_check *check, enum mu_finding_id why,
                     const char *message);

#endif
