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
#include "model/note.h"
#include "model/rules.h"
#include "model/run.h"

struct mu_arena;
struct mu_err;
struct mu_doc;    /* a plan or state that was read: drift/doc.h */
struct mu_schema; /* a providers schema that was read for the plan: drift/schema.h */

/* Which notes are kept; all are counted by their rules. A large comparison has millions of them. */
struct mu_note_keep {
  unsigned kinds;        /* bits 1 << MU_NOTE_…; 0: all but MU_NOTE_EQUAL */
  const char *const *of; /* globs over addresses; none: of every resource */
  size_t of_n;
  size_t max; /* of each kind; 0: 100,000; SIZE_MAX: none at all */
};

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
  struct mu_note_keep notes;
  bool skip_observations; /* there is no ledger to keep them */
  bool standing; /* the same objects night after night: another provider id than the baseline's is a
                    replacement */
};

/* How many attributes a rule decided, whether their notes were kept or not. */
struct mu_drift_rule {
  const char *rule; /* "null-empty", "policy", "unknown", "ignore:…" */
  size_t n;
};

/* What a rule is: a row of equal.def, of rollup.def, or one of the engine's own. */
struct mu_rule_def {
  const char *id;
  enum mu_note_kind kind; /* what becomes of the attributes that it decides */
  const char *doc;        /* one sentence */
};
/* Of the id as it stands in a note or finding ("ignore:muster.yaml:37" is "ignore"); NULL: none of
 * ours. */
const struct mu_rule_def *mu_rule_def(const char *rule);
size_t mu_rule_defs(const struct mu_rule_def **out);

struct mu_drift_out {
  struct mu_findings *findings; /* given by the caller; findings are appended */
  struct mu_coverage coverage;
  struct mu_observation *observations;
  size_t observations_n;
  struct mu_note *notes;
  size_t notes_n;
  size_t notes_seen[MU_NOTE_N_]; /* of the kinds and addresses asked for, kept or not */
  struct mu_drift_rule *rules;   /* most first */
  size_t rules_n;
  bool refreshed;       /* the actual state is known to be refreshed */
  int64_t refreshed_ms; /* when; 0: not known */
  const char *headline; /* "1 changed of 23 · refreshed 02:13Z" */
};

/* Fails only on inputs that contradict each other beyond comparing (MU_E_INPUT). */
int mu_drift_compare(const struct mu_drift_in *in, struct mu_arena *arena, struct mu_drift_out *out,
                     struct mu_err *err);

/* Everything that is known about one path of one resource. */
struct mu_drift_why {
  const char *address, *path; /* as plan and state write them; path "": the resource as a whole */
  const char *paired;         /* how plan and state were brought together, in words */
  bool planned_there, actual_there;
  const char *planned, *actual; /* at the path: canonical JSON, redacted; NULL: absent */
  bool unknown, sensitive, declared;
  struct mu_findings findings; /* about the path, what is above it and below it */
  struct mu_note *notes;       /* the same */
  size_t notes_n;
};
/* `address` and `path` as they stand in a finding; double quotes may be missing. `path` NULL: the
 * resource, or what `address` holds behind an address. MU_E_ABSENT, with a suggestion: there is no
 * such resource, or no such path in it. */
int mu_drift_explain(const struct mu_drift_in *in, const char *address, const char *path,
                     struct mu_arena *arena, struct mu_drift_why *out, struct mu_err *err);

/* The next step that a finding asks for, by what it says: a command, or a block to paste; NULL:
 * none is known. The engine sets it in what it finds; for findings that others make. */
const char *mu_drift_next(const struct mu_finding *finding, int64_t now_ms, struct mu_arena *arena);
/* An ignore rule for it as it goes into the config, to be completed with reason and owner; NULL:
 * not for this one. */
char *mu_drift_ignore(const struct mu_finding *finding, int64_t now_ms, struct mu_arena *arena);

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
  struct mu_note_keep notes;
  const char *check;
  int64_t now_ms;
};
int mu_drift_fresh(const struct mu_fresh_in *in, struct mu_arena *arena, struct mu_drift_out *out,
                   struct mu_err *err);

#endif
