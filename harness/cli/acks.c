/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger's acknowledgements do to a run. */
#include "cli/acks.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "cli/app.h"
#include "ledger/acks.h"
#include "model/run.h"

enum { TEXT_MAX = 16 << 20 };

static const char *redacted(struct mu_app *app, const char *text, struct mu_arena *arena) {
  if (!text) {
    return NULL;
  }
  MU_STR(clean, TEXT_MAX);
  (void)mu_redact_write(app->redact, text, strlen(text), &clean);
  return mu_str_copy(&clean, arena);
}

/* Is it what was acknowledged? The ledger has it without secrets. */
static bool is_as_seen(struct mu_app *app, const struct mu_run *run,
                       const struct mu_finding *finding, const struct mu_ack *ack) {
  char seen[MU_SHA256_HEX];
  struct mu_finding copy = *finding;
  copy.actual = redacted(app, finding->actual, run->arena);
  copy.message = redacted(app, finding->message, run->arena);
  mu_ack_seen(&copy, seen);
  return strcmp(seen, ack->seen) == 0 && (ack->wider || !mu_ack_is_wider(finding));
}

/* True: the finding's verdict has changed. */
static bool apply(struct mu_app *app, struct mu_run *run, struct mu_finding *finding,
                  const struct mu_ack_entry *entry) {
  char until[MU_TIME_TEXT];
  const char *reason = entry->reason ? entry->reason : "no reason given";
  mu_time_date(entry->ack.until_ms, until);
  if (entry->ack.until_ms < run->started_ms) {
    finding->ack = mu_arena_fmt(run->arena, "acknowledged by %s until %s, which is past: %s",
                                entry->ack.owner, until, reason);
    return false;
  }
  if (!is_as_seen(app, run, finding, &entry->ack)) {
    finding->ack = mu_arena_fmt(run->arena, "%s acknowledged something else here: %s",
                                entry->ack.owner, reason);
    return false;
  }
  finding->ack =
      mu_arena_fmt(run->arena, "acknowledged by %s until %s: %s", entry->ack.owner, until, reason);
  finding->verdict = MU_PASS;
  return true;
}

static bool is_open(const struct mu_finding *finding) {
  return finding->verdict == MU_FAIL && mu_ack_takes(finding);
}

static bool any_open(const struct mu_run *run) {
  for (size_t i = 0; i < run->findings.n; i++) {
    if (is_open(&run->findings.at[i])) {
      return true;
    }
  }
  return false;
}

void mu_acks_apply(struct mu_app *app, struct mu_run *run) {
  struct mu_ack_entries acks = {0};
  struct mu_err err = {0};
  if (!app->ledger || !any_open(run)) {
    return;
  }
  if (mu_ledger_acks(app->ledger, run->workload ? run->workload : run->scope,
                     run->rehearsal ? "REHEARSAL" : "REAL", run->arena, &acks, &err) != 0) {
    mu_log(&app->log, MU_LOG_WARN, "acknowledgements cannot be read, so that none holds: %s",
           err.msg);
    return;
  }
  bool changed = false;
  for (size_t i = 0; i < run->findings.n; i++) {
    struct mu_finding *finding = &run->findings.at[i];
    const struct mu_ack_entry *entry =
        is_open(finding) ? mu_ack_of(&acks, finding->fingerprint) : NULL;
    changed = (entry && apply(app, run, finding, entry)) || changed;
  }
  for (size_t i = 0; changed && i < run->checks.n; i++) {
    mu_run_judge_check(run, &run->checks.at[i]);
  }
}
