/* SPDX-License-Identifier: Apache-2.0 */
/* muster smoke: a smoke suite alone. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/config_plan.h"
#include "cli/look.h"
#include "cli/nights.h"
#include "model/run.h"
#include "smoke/plan.h"

struct options {
  const char *connect;
  bool by_name;
};

static const struct mu_opt options[] = {
    {"connect", 0, MU_OPT_STR, offsetof(struct options, connect), "ADDRESS", NULL,
     "connect there, with the service's name in SNI and Host (default: the standby's address)"},
    {"by-name", 0, MU_OPT_FLAG, offsetof(struct options, by_name), NULL, NULL,
     "connect to whatever the name resolves to"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static void look(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                 const void *raw) {
  const struct options *opts = raw;
  const char *standby = mu_config_address(workload);
  const char *address = opts->by_name ? NULL : opts->connect ? opts->connect : standby;
  const struct mu_plan *plan = &app->smoke[workload - app->config->workloads.at];
  struct mu_plan elsewhere;
  if (!mu_streq(address, standby)) { /* the config's own plan connects to the standby */
    struct mu_diags diags;
    mu_diags_init(&diags, app->arena, app->config->path, app->config->text);
    mu_config_smoke(workload, address, app->parts->probes, &diags, run->arena, &elsewhere);
    plan = &elsewhere;
  }
  mu_nights_read_ahead(app, run);
  mu_look_plan(app, run, plan);
}

static int run(struct mu_app *app, void *options_given, const struct mu_opt_list *words) {
  return mu_app_each(app, words, "smoke", look, options_given);
}

const struct mu_command mu_command_smoke = {
    .name = "smoke",
    .summary = "a smoke suite alone: require green before any DNS shift",
    .words = "[WORKLOAD...]",
    .doc = "Runs the smoke checks of the workloads named, against the standby's address with the "
           "service's own name in SNI and Host.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
