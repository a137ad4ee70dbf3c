/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/registry.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "model/run.h"

enum { CYCLES_UNTIL_STALE = 2 };

int mu_registry_row(struct mu_ledger *ledger, const struct mu_conf_workload *workload,
                    bool rehearsal, int64_t now_ms, struct mu_arena *arena,
                    struct mu_registry_row *out, struct mu_err *err) {
  struct mu_ledger_filter filter = {
      .workload = workload->name, .command = "drill", .class = rehearsal ? NULL : "REAL"};
  struct mu_entry entry;
  struct mu_run *run = NULL;
  *out = (struct mu_registry_row){.workload = workload, .stale = true, .due_ms = now_ms};
  struct mu_err why = {0};
  if (mu_ledger_latest(ledger, &filter, arena, &entry, &why) == 0) {
    if (mu_ledger_run(ledger, &entry, &run, err) != 0) {
      return -1;
    }
    out->last = run;
    out->due_ms = run->started_ms + workload->cycle_ms;
    out->stale =
        workload->cycle_ms && now_ms - run->started_ms >= CYCLES_UNTIL_STALE * workload->cycle_ms;
    return 0;
  }
  filter.class = NULL;
  out->only_rehearsals =
      why.code == MU_E_ABSENT && mu_ledger_latest(ledger, &filter, arena, &entry, &why) == 0;
  if (!out->only_rehearsals && why.code != MU_E_ABSENT) {
    *err = why;
    return -1;
  }
  return 0;
}

void mu_registry_done(struct mu_registry_row *row) {
  struct mu_run *run =
      (struct mu_run *)(uintptr_t)row->last; /* const for those who read it; ours to free */
  mu_run_free(run);
  row->last = NULL;
}

const struct mu_target *mu_registry_target(const struct mu_run *run, const char *name,
                                           const char *clock) {
  const struct mu_target *found = NULL;
  for (size_t i = 0; i < run->targets.n; i++) {
    const struct mu_target *target = &run->targets.at[i];
    if (mu_streq(target->name, name) && (!clock || mu_streq(target->clock, clock)) &&
        (!found || target->gate)) {
      found = target;
    }
  }
  return found;
}

static struct mu_finding *say(struct mu_findings *out, enum mu_finding_id id,
                              const struct mu_registry_row *row, const char *path) {
  const char *check = mu_arena_fmt(out->arena, "gate/%s", row->workload->name);
  return mu_finding_add(out, id, check, row->workload->name, path);
}

static void judge_targets(const struct mu_registry_row *row, struct mu_findings *out) {
  for (size_t i = 0; i < row->last->targets.n; i++) {
    const struct mu_target *target = &row->last->targets.at[i];
    if (!target->gate || target->outcome == MU_MET) {
      continue;
    }
    char limit[MU_DUR_TEXT], lo[MU_DUR_TEXT];
    mu_dur_exact(target->target_ms, limit);
    mu_dur_text(target->lo_ms, false, lo);
    struct mu_finding *finding =
        say(out, target->outcome == MU_MISSED ? MU_F_TARGET_MISSED : MU_F_TARGET_UNCERTAIN, row,
            target->name);
    mu_finding_say(out, finding, "%s%s%s was %s in drill %s: %s%s, target %s", target->name,
                   target->clock ? " " : "", target->clock ? target->clock : "",
                   mu_outcome_text(target->outcome), row->last->drill,
                   target->outcome == MU_NOT_MEASURED ? "" : "at least ",
                   target->outcome == MU_NOT_MEASURED
                       ? (target->basis ? target->basis : "nothing was measured")
                       : lo,
                   limit);
  }
}

static void judge_drift(const struct mu_registry_row *row, struct mu_findings *out) {
  for (size_t i = 0; i < row->last->findings.n; i++) {
    const struct mu_finding *open = &row->last->findings.at[i];
    if (open->verdict == MU_FAIL && mu_str_starts(mu_finding_def(open->id)->name, "DRIFT_")) {
      struct mu_finding *finding = say(out, open->id, row, open->subject);
      mu_finding_say(out, finding, "open since drill %s: %s", row->last->drill,
                     open->message ? open->message : open->subject);
    }
  }
}

void mu_registry_gate(const struct mu_registry_row *row, struct mu_findings *out) {
  if (!row->last) {
    struct mu_finding *finding =
        say(out, row->only_rehearsals ? MU_F_DRILL_REHEARSAL : MU_F_DRILL_MISSING, row, NULL);
    mu_finding_say(out, finding,
                   row->only_rehearsals ? "only rehearsals are in the ledger"
                                        : "no drill is in the ledger");
    return;
  }
  char when[MU_TIME_TEXT];
  mu_time_date(row->last->started_ms, when);
  if (row->stale) {
    mu_finding_say(out, say(out, MU_F_DRILL_STALE, row, NULL),
                   "the last drill was on %s, two cycles (%s) or more ago", when,
                   row->workload->cycle);
  }
  if (row->last->verdict != MU_PASS) {
    mu_finding_say(out, say(out, MU_F_DRILL_FAILED, row, NULL), "drill %s of %s: %s%s%s",
                   row->last->drill, when, mu_verdict_text(row->last->verdict),
                   row->last->why ? ", " : "", row->last->why ? row->last->why : "");
  }
  if (!mu_streq(row->last->cleanup, "clean")) {
    struct mu_finding *finding =
        say(out, mu_streq(row->last->cleanup, "leftovers") ? MU_F_LEFTOVERS : MU_F_CLEANUP_UNKNOWN,
            row, NULL);
    mu_finding_say(out, finding, "clean-up of drill %s: %s", row->last->drill,
                   row->last->cleanup ? row->last->cleanup : "not proven");
  }
  judge_targets(row, out);
  judge_drift(row, out);
}
