/* SPDX-License-Identifier: Apache-2.0 */
/* muster schema: JSON Schema of the config or of the run record. */
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "model/record.h"

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  const char *what = words->n ? words->at[0] : "config";
  MU_STR(text, 4 << 20);
  if (mu_streq(what, "config")) {
    mu_config_schema(app->parts->probes, &text);
  } else if (mu_streq(what, "run")) {
    mu_record_schema(&text);
  } else {
    struct mu_err err = {0};
    (void)mu_fail(&err, MU_E_USAGE,
                  "there is no schema of '%s'; there is one of config and one of run", what);
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

const struct mu_command mu_command_schema = {
    .name = "schema",
    .summary = "JSON Schema of the config, or of the run record",
    .words = "[config|run]",
    .doc = "Prints the JSON Schema (draft-07) that editors complete and check by, made from the "
           "tables that validate.",
    .run = run,
};
