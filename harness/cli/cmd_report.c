/* SPDX-License-Identifier: Apache-2.0 */
/* muster report: any run of the ledger again, in any format. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/app.h"
#include "cli/filter.h"
#include "ledger/ledger.h"
#include "model/run.h"

struct options {
  struct mu_filter_options filter;
};

static const struct mu_opt options[] = {
    MU_FILTER_ROWS(struct options, filter),
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const struct options *opts = raw;
  struct mu_err err = {0};
  if (mu_filter_set(app, &opts->filter, &err) != 0) {
    return mu_app_error(app, &err);
  }
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
    .doc =
        "Renders a run of the ledger again (id, a prefix of it, or 'last'); the bytes are those "
        "of the first time. Name formats with --report; --only and --severity choose what text and "
        "markdown show.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
