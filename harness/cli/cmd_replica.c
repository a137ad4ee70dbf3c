/* SPDX-License-Identifier: Apache-2.0 */
/* muster replica: the copied data, table by table. */
#include "base/attr.h"
#include "base/err.h"
#include "cli/app.h"
#include "cli/look.h"
#include "model/run.h"

static void look(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                 const void *options) {
  (void)options;
  static const char *const suites[] = {"bucket", "replica", "parity"};
  mu_look_suites(app, run, workload, suites, MU_LEN(suites));
}

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  return mu_app_each(app, words, "replica", look, options);
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
