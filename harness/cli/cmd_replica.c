/* SPDX-License-Identifier: Apache-2.0 */
/* muster replica: the copied data, table by table. */
#include "base/attr.h"
#include "base/err.h"
#include "cli/app.h"
#include "cli/look.h"
#include "model/run.h"

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  static const char *const suites[] = {"bucket", "replica"};
  const struct mu_conf_workload **workloads = NULL;
  size_t n = 0;
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  status = status ? status : mu_app_workloads(app, words, &workloads, &n);
  for (size_t i = 0, ok = status == 0; ok && i < n; i++) {
    int64_t start = mu_mono_ms(app->parts->clock);
    struct mu_run *one = mu_app_run(app, "replica", workloads[i]->name);
    mu_look_suites(app, one, workloads[i], suites, MU_LEN(suites));
    int ended = mu_app_finish(app, one, start, false);
    status = ended == 1 || status == 1 ? 1 : ended > status ? ended : status;
  }
  return status;
}

const struct mu_command mu_command_replica = {
    .name = "replica",
    .summary = "the data: rows, freshness, files, paths, locks",
    .words = "[WORKLOAD...]",
    .doc = "Reads the metadata of every table of the replica: exact row counts or honest bounds, "
           "how old the data is, whether every file is\n"
           "there with its size, and whether every path lies inside the standby. No cluster is "
           "needed and nothing is changed.",
    .run = run,
};
