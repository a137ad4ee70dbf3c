/* SPDX-License-Identifier: Apache-2.0 */
/* muster validate: the config, without looking at the world. */
#include "base/arena.h"
#include "cli/app.h"

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  if (words->n) {
    app->common.config = words->at[0];
  }
  int status = mu_app_config(app);
  if (status == 0 && !app->common.quiet) {
    mu_app_print(mu_arena_fmt(app->arena, "%s: %zu workload%s, %zu standby%s, no errors\n",
                              app->config->path, app->config->workloads.n,
                              app->config->workloads.n == 1 ? "" : "s", app->config->standbys.n,
                              app->config->standbys.n == 1 ? "" : "s"));
  }
  return status;
}

const struct mu_command mu_command_validate = {
    .name = "validate",
    .summary = "check the config; every error at once, with its place",
    .words = "[FILE]",
    .doc =
        "Reads the config and checks everything that can be checked without looking at the world.",
    .run = run,
};
