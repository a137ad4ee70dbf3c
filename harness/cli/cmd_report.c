/* SPDX-License-Identifier: Apache-2.0 */
/* muster report: any run of the ledger again, in any format. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/app.h"
#include "ledger/ledger.h"
#include "model/run.h"

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  struct mu_err err = {0};
  struct mu_entry entry;
  struct mu_run *found = NULL;
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  if (status) {
    return status;
  }
  if (!app->ledger) {
    (void)mu_fail(&err, MU_E_USAGE, "the config names no ledger to take a run from");
    return mu_app_error(app, &err);
  }
  if (mu_ledger_find(app->ledger, words->n ? words->at[0] : "last", app->arena, &entry, &err) !=
          0 ||
      mu_ledger_run(app->ledger, &entry, &found, &err) != 0) {
    return mu_app_error(app, &err);
  }
  status = mu_app_report(app, found, false);
  mu_run_free(found);
  return status;
}

const struct mu_command mu_command_report = {
    .name = "report",
    .summary = "any run of the ledger again, in any format",
    .words = "[RUN|last]",
    .doc = "Renders a run of the ledger again (id, a prefix of it, or 'last'); the bytes are those "
           "of the first time. Name formats with --report.",
    .run = run,
};
