/* SPDX-License-Identifier: Apache-2.0 */
/* muster check: nightly readiness, read-only. */
#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/look.h"
#include "model/run.h"

struct options {
  bool no_terraform;
};

static const struct mu_opt options[] = {
    {"no-terraform", 0, MU_OPT_FLAG, offsetof(struct options, no_terraform), NULL, NULL,
     "leave out the standing and the staged layer"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

/* Systems of the runbook that this version cannot look at: named in every record, so that nobody
 * takes them for checked. */
static const char *const not_implemented[] = {
    "federation and break-glass (Entra)", "secrets parity with Key Vault",
    "SIEM coverage (Sentinel)",           "Kubernetes, Helm and Argo CD",
    "image parity of the registries",
};

static void look(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                 const void *raw) {
  const struct options *opts = raw;
  mu_look_suites(app, run, workload, NULL, 0);
  mu_look_dns(app, run, workload);
  if (!opts->no_terraform) {
    mu_look_layers(app, run, workload, true, true);
  } else if (workload->standing.node || workload->staged.node) {
    mu_run_leave_out(run, "terraform layers", "deselected by --no-terraform");
    run->scope = mu_arena_fmt(run->arena, "%s --no-terraform", run->scope);
  }
  for (size_t i = 0; i < MU_LEN(not_implemented); i++) {
    mu_run_leave_out(run, not_implemented[i], "not implemented");
  }
}

static int run(struct mu_app *app, void *options_given, const struct mu_opt_list *words) {
  return mu_app_each(app, words, "check", look, options_given);
}

const struct mu_command mu_command_check = {
    .name = "check",
    .summary = "is the standby ready? nightly and read-only",
    .words = "[WORKLOAD...]",
    .doc = "Looks at the account, the replica, DNS, the standing and the staged Terraform layer of "
           "each workload (all of them if none is named),\n"
           "changes nothing, and says what is new since the last time.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
