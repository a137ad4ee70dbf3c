/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nights.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "cli/acks.h"
#include "cli/app.h"
#include "ledger/ledger.h"
#include "model/age.h"
#include "model/run.h"

/* Runs that are looked back at: a night may have had several. */
enum { NIGHTS_MAX = 30, RUNS_MAX = 60, DAY_MS = 24 * 3600 * 1000 };

static const char *class_of(const struct mu_run *run) {
  return run->rehearsal ? "REHEARSAL" : "REAL";
}

/* The runs of a scope, newest first; how many there are. */
static size_t read_runs(struct mu_ledger *ledger, const char *scope, const char *class, size_t want,
                        struct mu_run *out[RUNS_MAX]) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const struct mu_ledger_filter filter = {.scope = scope, .class = class, .limit = want};
  struct mu_entries entries = {0};
  struct mu_err none;
  size_t n = 0;
  if (mu_ledger_list(ledger, &filter, arena, &entries, &none) != 0) {
    return 0;
  }
  while (n < entries.n && n < RUNS_MAX &&
         mu_ledger_run_brief(ledger, &entries.at[n], &out[n], &none) == 0) {
    n++;
  }
  return n;
}

/* ---- the last run, read while the looks are under way ---- */

struct mu_ahead {
  pthread_t thread;
  struct mu_ledger *ledger;
  const char *scope, *class;
  struct mu_run *last[RUNS_MAX];
  size_t n;
};

static void *read_last(void *arg) {
  struct mu_ahead *ahead = arg;
  ahead->n = read_runs(ahead->ledger, ahead->scope, ahead->class, 1, ahead->last);
  return NULL;
}

void mu_nights_read_ahead(struct mu_app *app, const struct mu_run *run) {
  if (!app->ledger) {
    return;
  }
  struct mu_ahead *ahead = mu_arena_alloc(app->arena, sizeof *ahead);
  *ahead = (struct mu_ahead){
      .ledger = app->ledger, .scope = mu_arena_str(app->arena, run->scope), .class = class_of(run)};
  if (pthread_create(&ahead->thread, NULL, read_last, ahead) != 0) {
    MU_BUG("no thread can be started");
  }
  app->ahead = ahead;
}

/* The runs of this scope before this one, newest first; how many there are. */
static size_t earlier(struct mu_app *app, const struct mu_run *run, size_t want,
                      struct mu_run *out[RUNS_MAX]) {
  struct mu_ahead *ahead = app->ahead;
  app->ahead = NULL;
  if (ahead) {
    (void)pthread_join(ahead->thread, NULL);
    if (want == 1) {
      out[0] = ahead->last[0];
      return ahead->n;
    }
    mu_run_free(ahead->last[0]); /* more than the last one is asked for: all of them anew */
  }
  return read_runs(app->ledger, run->scope, class_of(run), want, out);
}

/* What could not be verified always left a finding that says so. */
static struct mu_finding *inconclusive(const struct mu_run *run, const char *check) {
  for (size_t i = 0; i < run->findings.n; i++) {
    struct mu_finding *finding = &run->findings.at[i];
    if (finding->verdict == MU_INCONCLUSIVE && mu_streq(finding->check, check)) {
      return finding;
    }
  }
  return NULL;
}

static void note_night(struct mu_run *run, const char *check, int64_t nights, int64_t limit) {
  struct mu_finding *finding = inconclusive(run, check);
  if (finding) {
    finding->message =
        mu_arena_fmt(run->arena, "%s · night %lld of %lld without an answer",
                     finding->message ? finding->message : mu_finding_def(finding->id)->title,
                     (long long)nights, (long long)limit);
  }
}

/* A check that stays inconclusive is a check that nobody has: after so many nights it fails. Runs
 * of one day (UTC) are one night, so that asking again does not use them up. */
static void count_nights(struct mu_run *run, size_t i, struct mu_run *const *before, size_t n,
                         int64_t limit) {
  struct mu_check *check = &run->checks.at[i];
  int64_t nights = 1, day = run->started_ms / DAY_MS;
  for (size_t k = 0; k < n && inconclusive(before[k], check->id); k++) {
    nights += before[k]->started_ms / DAY_MS != day;
    day = before[k]->started_ms / DAY_MS;
  }
  if (nights < limit) {
    note_night(run, check->id, nights, limit);
    return;
  }
  struct mu_finding *finding =
      mu_finding_add(&run->findings, MU_F_STILL_INCONCLUSIVE, check->id, check->title, NULL);
  mu_finding_say(&run->findings, finding, "could not be verified for %lld nights in a row",
                 (long long)nights);
  mu_run_judge_check(run, check);
}

static int64_t limit_of(const struct mu_app *app, const struct mu_run *run) {
  const struct mu_conf_workload *workload =
      app->config && run->workload ? mu_config_workload(app->config, run->workload) : NULL;
  int64_t limit = workload ? workload->inconclusive_nights : 0;
  return limit > NIGHTS_MAX ? NIGHTS_MAX : limit;
}

/* The key of the ledger lies beside it: a key without a single run means that the ledger was lost,
 * and a baseline taken again would learn whatever happened since. */
static void look_for_loss(struct mu_app *app, struct mu_run *run) {
  if (!mu_ledger_is_new(app->ledger)) {
    return;
  }
  if (app->had_key) {
    struct mu_finding *finding = mu_finding_add(&run->findings, MU_F_LEDGER_LOST, "ledger",
                                                mu_io_basename(mu_ledger_path(app->ledger)), NULL);
    mu_finding_say(&run->findings, finding,
                   "its key is older than it: runs were recorded here before, and none is left");
  } else {
    mu_run_leave_out(run, "history", "begins with this run, the first of its ledger");
  }
}

void mu_nights_compare(struct mu_app *app, struct mu_run *run) {
  struct mu_run *before[RUNS_MAX] = {0};
  if (!app->ledger) {
    return;
  }
  int64_t limit = 0;
  for (size_t i = 0; i < run->checks.n && !limit; i++) {
    limit = run->checks.at[i].verdict == MU_INCONCLUSIVE ? limit_of(app, run) : 0;
  }
  size_t n = earlier(app, run, limit > 1 ? RUNS_MAX : 1, before);
  for (size_t i = 0; i < run->checks.n && limit > 0; i++) {
    if (run->checks.at[i].verdict == MU_INCONCLUSIVE) {
      count_nights(run, i, before, n, limit);
    }
  }
  look_for_loss(app, run);
  mu_run_age(run, n ? before[0] : NULL);
  mu_acks_apply(app, run);
  for (size_t i = 0; i < n; i++) {
    mu_run_free(before[i]);
  }
}
