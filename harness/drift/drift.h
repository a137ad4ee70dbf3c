/* SPDX-License-Identifier: Apache-2.0 */
/* The drift engine: plan, actual state, rules, baseline, now and key in; findings and observations
 * out. Pure: no I/O, no clock, no globals. Inputs are borrowed for the call; everything in the
 * result lives in the arena given. */
#ifndef MU_DRIFT_DRIFT_H
#define MU_DRIFT_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/rules.h"
#include "model/run.h"

struct mu_arena;
struct mu_err;
struct mu_doc;    /* a plan or state that was read: drift/doc.h */
struct mu_schema; /* a providers schema that was read for the plan: drift/schema.h */

enum mu_expect {
  MU_EXPECT_AFTER,  /* actual must equal what the plan wants: a standing layer, a drill's capture */
  MU_EXPECT_ABSENT, /* nothing of the plan may exist: a staged layer */
};

struct mu_drift_in {
  const struct mu_doc *plan;
  const struct mu_doc *const *actual; /* one or several states, or a refresh-only plan */
  size_t actual_n;
  enum mu_expect expect;
  const struct mu_ignore *ignores;
  size_t ignores_n;
  const struct mu_mapping *mappings;
  size_t mappings_n;
  const struct mu_schema *schema; /* which arrays are sets; NULL: none was given */
  const struct mu_set_rule *sets; /* the same by config, where nobody else knows */
  size_t sets_n;
  const struct mu_observation *baseline;
  size_t baseline_n;
  const void *key; /* for keyed hashes of sensitive values; NULL: shown as changed only */
  size_t key_n;
  int64_t now_ms;
  bool honour_ignore_changes; /* the plan's lifecycle.ignore_changes */
  bool require_refreshed;
  const char *check; /* the check id that findings carry */
  unsigned threads;  /* for large plans; 0 and 1: none but the caller's. The outcome does not depend
                        on it */
  size_t notes_max;  /* notes kept; 0: 100,000; SIZE_MAX: none; beyond it they are only counted */
  bool skip_observations; /* there is no ledger to keep them */
  bool standing; /* the same objects night after night: another provider id than the baseline's is a
                    replacement */
};

/* One attribute that was looked at and is no finding, for `--show` and `muster explain`. */
struct mu_drift_note {
  const char *address, *path, *planned, *actual; /* canonical JSON, redacted */
  const char *rule; /* "null-empty", "policy", "unknown", "ignore:…" */
};

/* How many attributes a rule decided, whether their notes were kept or not. */
struct mu_drift_rule {
  const char *rule;
  size_t n;
};

struct mu_drift_out {
  struct mu_findings *findings; /* given by the caller; findings are appended */
  struct mu_coverage coverage;
  struct mu_observation *observations;
  size_t observations_n;
  struct mu_drift_note *notes;
  size_t notes_n;
  size_t notes_left_out;       /* beyond notes_max */
  struct mu_drift_rule *rules; /* most first */
  size_t rules_n;
  bool refreshed;       /* the actual state is known to be refreshed */
  int64_t refreshed_ms; /* when; 0: not known */
  const char *headline; /* "1 changed of 23 · refreshed 02:13Z" */
};

/* Fails only on inputs that contradict each other beyond comparing (MU_E_INPUT). */
int mu_drift_compare(const struct mu_drift_in *in, struct mu_arena *arena, struct mu_drift_out *out,
                     struct mu_err *err);

/* A fresh plan against the staged one, by PRODUCT.md's rule: other addresses, actions or wider
 * access are DRIFT_STAGED_UNSAFE; other sizes or versions DRIFT_STAGED_DIFFERS; paths matched by
 * `floats` (globs) are forgiven and listed as notes; unknown equals only unknown. */
struct mu_fresh_in {
  const struct mu_doc *staged, *fresh;
  const char *const *floats;
  size_t floats_n;
  const char *suffix;             /* of the drill: forgiven where a name only carries it
                                     ("lakehouse-SUFFIX-db"); NULL: none */
  const struct mu_schema *schema; /* as above */
  const struct mu_set_rule *sets;
  size_t sets_n;
  const char *check;
  int64_t now_ms;
};
int mu_drift_fresh(const struct mu_fresh_in *in, struct mu_arena *arena, struct mu_drift_out *out,
                   struct mu_err *err);

#endif
