/* SPDX-License-Identifier: Apache-2.0 */
/* The run record: everything that happened, as one value. Exit code, text, JSON, JUnit, HTML and
 * ledger rows are functions of it. Plain data; every pointer is borrowed from `arena`, which the
 * record owns. The same record always gives the same bytes. */
#ifndef MU_MODEL_RUN_H
#define MU_MODEL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/hash.h"
#include "model/fact.h"
#include "model/finding.h"
#include "model/note.h"
#include "model/verdict.h"

/* A growing list of T inside the run: at, n, cap. */
#define MU_LIST(T)                                                                                 \
  struct {                                                                                         \
    T *at;                                                                                         \
    size_t n, cap;                                                                                 \
  }

struct mu_attempt {
  int64_t started_ms; /* wall */
  int64_t elapsed_ms;
  enum mu_status status;
  const char *error; /* NULL when it completed */
};

/* One look at one thing, judged. */
struct mu_check {
  const char *id;      /* unique in the run: "smoke/API answers", "replica/finance.fact_sales" */
  const char *section; /* "account", "replica", "dns", "smoke", "standing", "staged", … */
  const char *workload;
  const char *title;  /* for people */
  const char *probe;  /* "http", "iceberg", "drift", … */
  const char *target; /* what was looked at: a URL, a location, an address */
  enum mu_status status;
  enum mu_verdict verdict;
  const char *headline; /* one line: what was seen */
  const char *error;    /* why it could not be observed; NULL otherwise */
  const char *reason;   /* why it was skipped or is not applicable */
  bool must_fail;       /* an expectation broken on purpose */
  int64_t started_ms, elapsed_ms;
  struct mu_attempt *attempts;
  size_t attempts_n;
  struct mu_facts facts;
  const char *details; /* several lines for people, shown below the headline; may be NULL */
};

/* A step of a drill. */
struct mu_run_step {
  const char *id; /* "guard", "stand-up", … */
  const char *title;
  enum mu_verdict verdict;
  const char *state; /* "done", "failed", "skipped", "undone", "interrupted", "waiting" */
  int64_t started_ms, ended_ms; /* wall; 0: never */
  int64_t elapsed_ms;           /* monotonic */
  int64_t budget_ms;            /* the runbook's; 0: none */
  const char *actor;            /* who or what did it */
  const char *seen;             /* one line: what was observed */
  const char *undo; /* one line: what undoes it, and whether that was done; may be NULL */
};

struct mu_event {
  const char *name; /* "declare", "infra-start", "smoke-green", … */
  int64_t wall_ms, mono_ms;
  const char *detail; /* may be NULL */
};

/* A target and what was achieved: an interval, [lo, hi] milliseconds. */
struct mu_target {
  const char *name;    /* "rpo", "rpo-exposure", "rto" */
  const char *clock;   /* rto: "technical", "service", "projected"; else NULL */
  const char *subject; /* a table; NULL: the workload */
  int64_t target_ms;   /* 0: no target, only measured */
  int64_t lo_ms, hi_ms;
  enum mu_outcome outcome;
  bool gate;         /* counts for the verdict */
  const char *basis; /* how it was derived, in one line */
};

struct mu_assumption {
  const char *name; /* "people", "scale-out", "ttl" */
  int64_t ms;
  const char *basis;
};

struct mu_input {
  const char *role; /* "config", "staged-plan", "actual", … */
  const char *name;
  char sha256[MU_SHA256_HEX];
  int64_t bytes;
  const char *note; /* "refreshed 2026-…", "commit 4f2a91c"; may be NULL */
};

struct mu_evidence {
  const char *name; /* "stand-up/outputs.json" */
  char sha256[MU_SHA256_HEX];
  int64_t bytes;
};

/* A first verified value of something that was unknown when planned: what a later night is held
 * against. */
struct mu_observation {
  const char *address, *path;
  const char *provider_id; /* the resource it is bound to */
  const char *value;       /* canonical JSON, or "hmac:…" where sensitive */
  bool held;               /* compared with an earlier observation, and equal */
};

/* Attributes of a drift comparison. All but `resources` and `redacted` add up to `attributes`. */
struct mu_coverage {
  int64_t resources, attributes, compared, explained, baseline, unverifiable, ignored, redacted;
};

struct mu_pair {
  const char *name, *value;
};

struct mu_run {
  struct mu_arena *arena;
  char id[MU_ULID];
  const char *version;  /* of muster */
  bool rehearsal;       /* class REHEARSAL: endpoints were overridden */
  const char *command;  /* "check", "drift", "drill", … */
  const char *workload; /* NULL: several */
  const char *owner, *runbook, *tier;
  const char *drill; /* "2026-Q4-lakehouse-1"; NULL: not a drill */
  const char *who, *ticket, *reason, *approved_by;
  const char *scope; /* what runs of the same kind are compared by */
  int64_t started_ms, ended_ms, elapsed_ms;
  bool interrupted;
  enum mu_verdict verdict;
  const char *why;      /* one sentence: what decided the verdict */
  const char *cleanup;  /* "clean", "leftovers", "unknown"; NULL: nothing to clean. Not a verdict */
  const char *previous; /* the id of the run it was compared with */
  MU_LIST(struct mu_pair) environment; /* endpoints, tool versions, host, account, region */
  MU_LIST(struct mu_input) inputs;
  MU_LIST(struct mu_check) checks;
  MU_LIST(struct mu_run_step) steps;
  MU_LIST(struct mu_event) events;
  struct mu_findings findings;
  MU_LIST(struct mu_target) targets;
  MU_LIST(struct mu_assumption) assumptions;
  MU_LIST(struct mu_evidence) evidence;
  MU_LIST(struct mu_observation) observations;
  struct mu_coverage coverage;      /* attributes == 0: nothing was compared */
  MU_LIST(struct mu_pair) left_out; /* what was not looked at, and why: "not implemented", … */
  MU_LIST(struct mu_note) notes;    /* kept only where they were asked for */
  MU_LIST(struct mu_ack) acks;      /* of a run that records acknowledgements, and no other */
};

/* Appends a zeroed element to a list of the run and gives a pointer to it (good until the next
 * append). */
#define MU_RUN_ADD(run, list)                                                                      \
  ((run)->list.at = mu_arena_grow((run)->arena, (run)->list.at, (run)->list.n, &(run)->list.cap,   \
                                  sizeof *(run)->list.at),                                         \
   &(run)->list.at[(run)->list.n++])

/* A new record with its own arena and a new id. */
struct mu_run *mu_run_new(const char *command, int64_t now_ms);
void mu_run_free(struct mu_run *run); /* frees the arena with everything in it; NULL is fine */

/* Joins checks, steps, targets and findings into verdict and why, and sorts what has an order. Call
 * once, at the end.
 * - findings of checks are in the checks' verdicts already (mu_run_judge_check puts them there);
 * - a target that gates: MISSED fails, INDETERMINATE and NOT_MEASURED are inconclusive;
 * - an interrupted run is at least INCONCLUSIVE;
 * - without a single PASS the run is INCONCLUSIVE. */
void mu_run_finish(struct mu_run *run, int64_t now_ms, int64_t elapsed_ms);

/* The verdict of a check from its status and the findings that carry its id. must_fail: PASS only
 * on a completed observation with a finding that fails, which then stays as an observation (PASS,
 * info, class "must_fail"); otherwise CONTROL_GREEN or inconclusive. Judging twice is judging once.
 */
void mu_run_judge_check(struct mu_run *run, struct mu_check *check);

struct mu_pair *mu_run_env(struct mu_run *run, const char *name, const char *value);
struct mu_pair *mu_run_leave_out(struct mu_run *run, const char *name, const char *why);

#endif
