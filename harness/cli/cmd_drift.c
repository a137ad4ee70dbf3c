/* SPDX-License-Identifier: Apache-2.0 */
/* muster drift: a staged plan against actual state, from a config or from files. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/look.h"
#include "drift/doc.h"
#include "drift/drift.h"
#include "drill/layers.h"
#include "model/run.h"

struct options {
  const char *plan, *schema, *expect, *layer;
  struct mu_opt_list states;
  bool require_refreshed, honour_ignore_changes;
};

static const struct mu_opt options[] = {
    {"plan", 0, MU_OPT_STR, offsetof(struct options, plan), "FILE", NULL,
     "staged plan: terraform show -json PLAN; needs no config"},
    {"state", 0, MU_OPT_LIST, offsetof(struct options, states), "FILE", NULL,
     "actual state: a refresh-only plan or a state, as JSON; may be given again"},
    {"schema", 0, MU_OPT_STR, offsetof(struct options, schema), "FILE", NULL,
     "which arrays are sets: terraform providers schema -json; with --plan"},
    {"expect", 0, MU_OPT_CHOICE, offsetof(struct options, expect), "WHAT", "after|absent",
     "after: what the plan wants is there; absent: nothing of it is"},
    {"layer", 0, MU_OPT_CHOICE, offsetof(struct options, layer), "LAYER", "standing|staged",
     "with a config: only this layer"},
    {"require-refreshed", 0, MU_OPT_FLAG, offsetof(struct options, require_refreshed), NULL, NULL,
     "a state that is not known to be refreshed is inconclusive"},
    {"honour-ignore-changes", 0, MU_OPT_FLAG, offsetof(struct options, honour_ignore_changes), NULL,
     NULL, "forgive what lifecycle.ignore_changes names"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

/* The plan first, then the states. */
static int read_all(const struct mu_layer_env *env, const struct options *opts,
                    const struct mu_doc **plan, const struct mu_doc **states, struct mu_err *err) {
  size_t n = opts->states.n + 1;
  struct mu_layer_file *files = mu_arena_array(env->run->arena, n, sizeof *files);
  files[0] = (struct mu_layer_file){.role = "staged-plan", .path = opts->plan};
  for (size_t i = 1; i < n; i++) {
    files[i] =
        (struct mu_layer_file){.role = "actual", .path = opts->states.at[i - 1], .as_actual = true};
  }
  if (mu_layer_read_all(env, files, n, err) != 0) {
    return -1;
  }
  *plan = files[0].doc;
  if (mu_doc_kind(*plan) != MU_DOC_PLAN) {
    return mu_fail(err, MU_E_INPUT,
                   "--plan %s is a state, not a plan; export the plan: terraform "
                   "show -json PLANFILE",
                   opts->plan);
  }
  for (size_t i = 1; i < n; i++) {
    states[i - 1] = files[i].doc;
  }
  return 0;
}

static int from_files(struct mu_app *app, const struct options *opts) {
  struct mu_err err = {0};
  if (!opts->plan || opts->states.n == 0) {
    (void)mu_fail(&err, MU_E_USAGE, "drift from files needs both --plan FILE and --state FILE");
    return mu_app_error(app, &err);
  }
  int64_t start = mu_mono_ms(app->parts->clock);
  struct mu_run *run = mu_app_run(app, "drift", NULL);
  const struct mu_layer_env env = {
      .clock = app->parts->clock, .cancel = app->parts->stop, .redact = app->redact, .run = run};
  const struct mu_doc *plan = NULL,
                      **states = mu_arena_array(run->arena, opts->states.n, sizeof *states);
  const struct mu_schema *schema = NULL;
  if (read_all(&env, opts, &plan, states, &err) != 0 ||
      mu_layer_schema(&env, opts->schema, plan, &schema, &err) != 0) {
    mu_run_free(run);
    return mu_app_error(app, &err);
  }
  struct mu_drift_in in = {.plan = plan,
                           .actual = states,
                           .actual_n = opts->states.n,
                           .schema = schema,
                           .expect = mu_streq(opts->expect, "absent") ? MU_EXPECT_ABSENT
                                                                      : MU_EXPECT_AFTER,
                           .require_refreshed = opts->require_refreshed,
                           .honour_ignore_changes = opts->honour_ignore_changes};
  (void)mu_layer_compare(&env, "drift", "actual state is what the plan wants", &in);
  return mu_app_finish(app, run, start, false);
}

static void look(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                 const void *raw) {
  const struct options *opts = raw;
  if (opts->layer) { /* half a look is compared with half looks */
    run->scope = mu_arena_fmt(run->arena, "%s --layer=%s", run->scope, opts->layer);
  }
  mu_look_layers(app, run, workload, !mu_streq(opts->layer, "staged"),
                 !mu_streq(opts->layer, "standing"));
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const struct options *opts = raw;
  if (opts->plan || opts->states.n || opts->schema) {
    return from_files(app, opts);
  }
  return mu_app_each(app, words, "drift", look, opts);
}

const struct mu_command mu_command_drift = {
    .name = "drift",
    .summary = "the staged plan against what is deployed",
    .words = "[WORKLOAD...]",
    .doc = "With a config: refreshes the standing layer and compares it with its plan, asks the "
           "services that nothing staged is there, and plans the\n"
           "staged layer again. With files, and no config at all:\n\n"
           "  muster drift --plan dr.plan.json --state actual.json\n",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
