/* SPDX-License-Identifier: Apache-2.0 */
/* muster gate: the pass/fail gate of the quarter. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "drill/registry.h"
#include "model/run.h"

struct options {
  bool rehearsal;
};

static const struct mu_opt options[] = {
    {"rehearsal", 0, MU_OPT_FLAG, offsetof(struct options, rehearsal), NULL, NULL,
     "accept rehearsals: they prove the procedure, not the cloud"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static int gate_one(struct mu_app *app, const struct options *opts,
                    const struct mu_conf_workload *workload, struct mu_run *run,
                    struct mu_err *err) {
  struct mu_registry_row row;
  if (mu_registry_row(app->ledger, workload, opts->rehearsal, run->started_ms, run->arena, &row,
                      err) != 0) {
    return -1;
  }
  struct mu_check *check = MU_RUN_ADD(run, checks);
  check->id = mu_arena_fmt(run->arena, "gate/%s", workload->name);
  check->section = "gate";
  check->workload = check->title = mu_arena_str(run->arena, workload->name);
  check->probe = "ledger";
  check->status = MU_OBSERVED;
  check->started_ms = run->started_ms;
  mu_facts_init(&check->facts, run->arena);
  mu_registry_gate(&row, &run->findings);
  mu_run_judge_check(run, check);
  check->headline = row.last ? mu_arena_fmt(run->arena, "drill %s: %s%s", row.last->drill,
                                            mu_verdict_text(row.last->verdict),
                                            row.last->rehearsal ? " (a rehearsal)" : "")
                             : "no drill that counts";
  run->rehearsal = run->rehearsal || (row.last && row.last->rehearsal);
  mu_registry_done(&row);
  return 0;
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const struct mu_conf_workload **workloads = NULL;
  size_t n = 0;
  struct mu_err err = {0};
  int status = mu_app_history(app, words, &workloads, &n);
  if (status) {
    return status;
  }
  int64_t start = mu_mono_ms(app->parts->clock);
  struct mu_run *record = mu_app_run(app, "gate", n == 1 ? workloads[0]->name : NULL);
  for (size_t i = 0; i < n; i++) {
    if (gate_one(app, raw, workloads[i], record, &err) != 0) {
      mu_run_free(record);
      return mu_app_error(app, &err);
    }
  }
  return mu_app_finish(app, record, start, false);
}

const struct mu_command mu_command_gate = {
    .name = "gate",
    .summary = "pass or fail, for the release or the quarter",
    .words = "[WORKLOAD...]",
    .doc = "Fails, and says each reason, when a workload's last drill failed, is missing or is two "
           "cycles old, when a target was missed, when clean-up left\n"
           "anything, or when drift is open. A rehearsal never satisfies it unless --rehearsal "
           "asks for that.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
