/* SPDX-License-Identifier: Apache-2.0 */
/* muster probe: one look at one thing, with no config. */
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/app.h"
#include "cli/look.h"
#include "model/run.h"
#include "smoke/plan.h"

struct options {
  int64_t timeout_ms;
};

static const struct mu_opt options_rows[] = {
    {"timeout", 0, MU_OPT_DUR, offsetof(struct options, timeout_ms), "DURATION", NULL,
     "how long the look may take (default: 10s)"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  const struct options *opts = options;
  struct mu_err err = {0};
  if (words->n == 0) {
    (void)mu_fail(&err, MU_E_USAGE, "probe needs a kind; `muster list probes` names them");
    return mu_app_error(app, &err);
  }
  int64_t start = mu_mono_ms(app->parts->clock);
  struct mu_run *one = mu_app_run(app, "probe", NULL);
  struct mu_plan plan = {0};
  if (mu_plan_words(&plan, words->at[0], "probe", words->at[0], words->at + 1, words->n - 1,
                    app->parts->probes, one->arena, &err) != 0) {
    mu_run_free(one);
    return mu_app_error(app, &err);
  }
  if (opts->timeout_ms > 0) {
    plan.at[0].timeout_ms = opts->timeout_ms;
  }
  app->common.verbose = true; /* one look: all of it is wanted */
  mu_look_plan(app, one, &plan);
  return mu_app_finish(app, one, start, false);
}

const struct mu_command mu_command_probe = {
    .name = "probe",
    .summary = "one look at one thing, with no config",
    .words = "KIND [NAME=VALUE...] [expect:FACT=WHAT...]",
    .doc = "Runs one probe and shows every fact that it saw:\n\n"
           "  muster probe http url=https://example.com/ expect:status=200\n"
           "  muster probe iceberg location=s3://bucket/table\n"
           "  muster probe sql engine=trino url=https://trino.example.com/ table=a.b.c\n",
    .options = options_rows,
    .options_size = sizeof(struct options),
    .run = run,
};
