/* SPDX-License-Identifier: Apache-2.0 */
/* muster registry: the runbook's table, with what was achieved. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/app.h"
#include "drill/registry.h"
#include "model/run.h"

struct options {
  bool rehearsal;
};

static const struct mu_opt options[] = {
    {"rehearsal", 0, MU_OPT_FLAG, offsetof(struct options, rehearsal), NULL, NULL,
     "rehearsals count too"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static void achieved(const struct mu_run *run, const char *name, const char *clock,
                     char out[MU_DUR_TEXT]) {
  const struct mu_target *target = run ? mu_registry_target(run, name, clock) : NULL;
  if (!target || target->outcome == MU_NOT_MEASURED) {
    (void)memcpy(out, "-", 2);
  } else {
    mu_dur_text(target->hi_ms, true, out);
  }
}

static void write_row(const struct mu_registry_row *row, struct mu_str *out) {
  char rpo[MU_DUR_TEXT], rto[MU_DUR_TEXT], got_rpo[MU_DUR_TEXT], got_rto[MU_DUR_TEXT],
      when[MU_TIME_TEXT] = "never";
  mu_dur_exact(row->workload->rpo_ms, rpo);
  mu_dur_exact(row->workload->rto_ms, rto);
  achieved(row->last, "rpo", NULL, got_rpo);
  achieved(row->last, "rto", "projected", got_rto);
  if (row->last) {
    mu_time_date(row->last->started_ms, when);
  }
  MU_STR(clouds, 256);
  for (size_t i = 0; i < row->workload->dr.n; i++) {
    mu_str_addf(&clouds, "%s%s %s", i ? " + " : "", row->workload->dr.at[i]->cloud,
                row->workload->dr.at[i]->region ? row->workload->dr.at[i]->region : "");
  }
  mu_str_addf(out, "%-16s %-4s %-5s %-8s %-5s %-8s %-16s %-11s %-13s %s\n", row->workload->name,
              row->workload->tier ? row->workload->tier : "-", rpo, got_rpo, rto, got_rto,
              mu_str_get(&clouds), when,
              row->last              ? mu_verdict_text(row->last->verdict)
              : row->only_rehearsals ? "REHEARSED"
                                     : "-",
              row->stale                          ? "STALE"
              : row->last && row->last->rehearsal ? "rehearsal"
                                                  : "current");
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const struct options *opts = raw;
  const struct mu_conf_workload **workloads = NULL;
  size_t n = 0;
  struct mu_err err = {0};
  int status = mu_app_history(app, words, &workloads, &n);
  if (status) {
    return status;
  }
  MU_STR(text, 1 << 20);
  mu_str_addf(&text, "%-16s %-4s %-5s %-8s %-5s %-8s %-16s %-11s %-13s %s\n", "workload", "tier",
              "RPO", "achieved", "RTO", "achieved", "DR clouds", "last drill", "verdict", "state");
  for (size_t i = 0; i < n; i++) {
    struct mu_registry_row row;
    if (mu_registry_row(app->ledger, workloads[i], opts->rehearsal, mu_wall_ms(app->parts->clock),
                        app->arena, &row, &err) != 0) {
      return mu_app_error(app, &err);
    }
    write_row(&row, &text);
    mu_registry_done(&row);
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

const struct mu_command mu_command_registry = {
    .name = "registry",
    .summary = "tier, RPO, RTO, DR clouds, last drill, achieved, stale or not",
    .words = "[WORKLOAD...]",
    .doc = "Prints the runbook's table from the config and the ledger. A workload without a drill "
           "in two cycles is STALE.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
