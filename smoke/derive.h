/* SPDX-License-Identifier: Apache-2.0 */
/* Facts that nobody observed but everybody asks for: ages, and time left. A probe reports a time;
 * the judge takes it from the run's one "now", so that the same record always gives the same
 * answer. Pure. */
#ifndef MU_SMOKE_DERIVE_H
#define MU_SMOKE_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/fact.h"
#include "smoke/predicate.h"

enum { MU_FACT_NAME = 256 };

struct mu_derived {
  char from[MU_FACT_NAME];     /* the time fact it is taken from: "tls.not_after" */
  char fallback[MU_FACT_NAME]; /* a time that cannot be older than `from`, used where that is
                                  missing; "": none */
  bool left;                   /* from - now; else now - from */
  int64_t bare_ms;             /* as in struct mu_predicate_kind */
  enum mu_op bare;
};

/* Is `fact` a derived name? By the last part of it: days_left (of not_after), age and fresher_than
 * (of source_as_of), and
 * `<time>_age`, `<time>_left` of any time fact. Whether `from` exists is for the caller to see. */
bool mu_derived_parse(const char *fact, struct mu_derived *out);

/* A value as the judge sees it. */
struct mu_seen {
  bool found;
  bool by_fallback;
  struct mu_value value;
  const char *unit;
  const struct mu_fact *fact; /* the one it comes from */
};
/* The fact of that name, or what is derived for it. */
struct mu_seen mu_seen_find(const struct mu_facts *facts, const char *name, int64_t now_ms);

#endif
