/* SPDX-License-Identifier: Apache-2.0 */
/* muster drift: a staged plan against actual state, from a config or from files. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "cli/acks.h"
#include "cli/app.h"
#include "cli/filter.h"
#include "cli/look.h"
#include "drift/doc.h"
#include "drift/drift.h"
#include "drill/layers.h"
#include "model/run.h"

struct options {
  const char *plan, *schema, *expect, *layer;
  struct mu_opt_list states, show;
  struct mu_filter_options filter;
  bool require_refreshed, honour_ignore_changes;
  const char *owner, *until, *reason, *workload; /* of `drift ack` */
  bool accept_wider, list, withdraw;
};

static const struct mu_opt options[] = {
    {"plan", 0, MU_OPT_STR, offsetof(struct options, plan), "FILE", NULL,
     "staged plan: terraform show -json PLAN; needs no config (- is stdin)"},
    {"state", 0, MU_OPT_LIST, offsetof(struct options, states), "FILE", NULL,
     "actual state: a refresh-only plan or a state, as JSON; may be given again (- is stdin)"},
    {"schema", 0, MU_OPT_STR, offsetof(struct options, schema), "FILE", NULL,
     "which arrays are sets: terraform providers schema -json; with --plan"},
    {"expect", 0, MU_OPT_CHOICE, offsetof(struct options, expect), "WHAT", "after|absent",
     "after: what the plan wants is there; absent: nothing of it is"},
    {"layer", 0, MU_OPT_CHOICE, offsetof(struct options, layer), "LAYER", "standing|staged",
     "with a config: only this layer"},
    {"require-refreshed", 0, MU_OPT_FLAG, offsetof(struct options, require_refreshed), NULL, NULL,
     "a state that is not known to be refreshed is inconclusive"},
    {"honour-ignore-changes", 0, MU_OPT_FLAG, offsetof(struct options, honour_ignore_changes), NULL,
     NULL, "says that plan JSON does not carry lifecycle.ignore_changes, which is then a doubt"},
    MU_FILTER_ROWS(struct options, filter),
    {"show", 0, MU_OPT_LIST, offsetof(struct options, show), "KIND[,KIND...]", NULL,
     "show what is no finding, too: forgiven, explained, baseline, unknown, ignored, equal, or "
     "all"},
    {"owner", 0, MU_OPT_STR, offsetof(struct options, owner), "NAME", NULL,
     "ack: who answers for it"},
    {"until", 0, MU_OPT_STR, offsetof(struct options, until), "DATE", NULL,
     "ack: the last day it does not fail, as in 2027-03-31"},
    {"reason", 0, MU_OPT_STR, offsetof(struct options, reason), "TEXT", NULL, "ack: why"},
    {"accept-wider-access", 0, MU_OPT_FLAG, offsetof(struct options, accept_wider), NULL, NULL,
     "ack: also what opens access or takes protection away"},
    {"workload", 0, MU_OPT_STR, offsetof(struct options, workload), "WORKLOAD", NULL,
     "ack: of this workload"},
    {"list", 0, MU_OPT_FLAG, offsetof(struct options, list), NULL, NULL,
     "ack: what is acknowledged, next due first"},
    {"withdraw", 0, MU_OPT_FLAG, offsetof(struct options, withdraw), NULL, NULL,
     "ack: take it back; it fails again"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

/* ---- what to show ---- */

enum { NOTES_SHOWN = 500 }; /* of each kind: a report is to be read */

static int add_kind(const char *word, unsigned *kinds, struct mu_err *err) {
  enum mu_note_kind kind;
  const char *names[MU_NOTE_N_ + 1] = {"all"};
  if (mu_streq(word, "all")) {
    *kinds |= (1U << MU_NOTE_N_) - 1;
    return 0;
  }
  if (mu_note_kind_parse(word, &kind)) {
    *kinds |= 1U << kind;
    return 0;
  }
  for (unsigned i = 0; i < MU_NOTE_N_; i++) {
    names[i + 1] = mu_note_kind_text((enum mu_note_kind)i);
  }
  const char *near = mu_str_nearest(word, names, MU_LEN(names));
  return mu_fail(err, MU_E_USAGE,
                 near ? "--show: '%s' is not known; did you mean '%s'?"
                      : "--show: '%s' is not known; write forgiven, explained, baseline, unknown, "
                        "ignored, equal or all",
                 word, near);
}

static int set_show(struct mu_app *app, const struct options *opts, struct mu_err *err) {
  struct mu_note_keep *keep = mu_arena_alloc(app->arena, sizeof *keep);
  keep->max = NOTES_SHOWN;
  if (mu_filter_set(app, &opts->filter, err) != 0) {
    return -1;
  }
  keep->of_n = mu_filter_addresses(app, &opts->filter, &keep->of);
  for (size_t i = 0; i < opts->show.n; i++) {
    for (const char *at = opts->show.at[i]; *at; at += *at == ',') {
      size_t n = strcspn(at, ",");
      if (add_kind(mu_arena_strn(app->arena, at, n), &keep->kinds, err) != 0) {
        return -1;
      }
      at += n;
    }
  }
  app->notes = keep->kinds ? keep : NULL;
  return 0;
}

/* ---- from files ---- */

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

/* Files need no config. With one that is named, or a workload of it, its rules and its ledger are
 * used. */
static int config_for_files(struct mu_app *app, const struct mu_opt_list *words,
                            const struct mu_conf_workload **workload) {
  const struct mu_conf_workload **named = NULL;
  size_t n = 0;
  struct mu_err err = {0};
  *workload = NULL;
  if (!app->common.config && words->n == 0) {
    return 0;
  }
  if (words->n > 1) {
    (void)mu_fail(&err, MU_E_USAGE, "a plan and its state are of one workload, not of %zu",
                  words->n);
    return mu_app_error(app, &err);
  }
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  status = status || words->n == 0 ? status : mu_app_workloads(app, words, &named, &n);
  *workload = status == 0 && words->n ? named[0] : NULL;
  return status;
}

/* The same plan is compared with itself of yesterday, whatever the states are called. */
static const char *scope_of_files(struct mu_app *app, const struct options *opts,
                                  const char *workload) {
  return mu_arena_fmt(app->arena, "drift:%s --plan=%s%s", workload ? workload : "",
                      mu_io_basename(opts->plan),
                      mu_streq(opts->expect, "absent") ? " --expect=absent" : "");
}

static int check_files(const struct options *opts, struct mu_err *err) {
  size_t stdin_n = mu_streq(opts->plan, "-");
  if (!opts->plan || opts->states.n == 0) {
    return mu_fail(err, MU_E_USAGE, "drift from files needs both --plan FILE and --state FILE");
  }
  if (opts->layer) {
    return mu_fail(err, MU_E_USAGE, "--layer is for a config; files are compared as they are");
  }
  for (size_t i = 0; i < opts->states.n; i++) {
    stdin_n += mu_streq(opts->states.at[i], "-");
    for (size_t k = 0; k < i; k++) {
      if (mu_streq(opts->states.at[i], opts->states.at[k])) {
        return mu_fail(err, MU_E_USAGE, "--state %s is given twice", opts->states.at[i]);
      }
    }
  }
  return stdin_n > 1 ? mu_fail(err, MU_E_USAGE, "standard input (-) can be only one of the files")
                     : 0;
}

static int from_files(struct mu_app *app, const struct options *opts,
                      const struct mu_opt_list *words) {
  struct mu_err err = {0};
  const struct mu_conf_workload *workload = NULL;
  if (check_files(opts, &err) != 0) {
    return mu_app_error(app, &err);
  }
  int status = config_for_files(app, words, &workload);
  if (status) {
    return status;
  }
  int64_t start = mu_mono_ms(app->parts->clock);
  struct mu_run *run = mu_app_run(app, "drift", workload ? workload->name : NULL);
  run->scope = mu_arena_str(run->arena, scope_of_files(app, opts, run->workload));
  const struct mu_layer_env env = {.clock = app->parts->clock,
                                   .cancel = app->parts->stop,
                                   .workload = workload,
                                   .redact = app->redact,
                                   .ledger = app->ledger,
                                   .notes = app->notes,
                                   .run = run};
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

/* ---- acknowledging ---- */

static int ack(struct mu_app *app, const struct options *opts, const struct mu_opt_list *words) {
  struct mu_ack_ask ask = {.owner = opts->owner,
                           .until = opts->until,
                           .reason = opts->reason,
                           .workload = opts->workload,
                           .accept_wider = opts->accept_wider,
                           .list = opts->list,
                           .withdraw = opts->withdraw,
                           .targets = {.at = words->at + 1, .n = words->n - 1}};
  if (opts->plan && !opts->workload) {
    ask.scope = scope_of_files(app, opts, NULL);
  }
  return mu_acks_command(app, &ask);
}

/* The name of an option that is of no use without the word `ack`, or NULL. */
static const char *stray(const struct options *opts) {
  return opts->owner          ? "--owner"
         : opts->until        ? "--until"
         : opts->reason       ? "--reason"
         : opts->workload     ? "--workload"
         : opts->accept_wider ? "--accept-wider-access"
         : opts->list         ? "--list"
         : opts->withdraw     ? "--withdraw"
                              : NULL;
}

/* ---- from a config ---- */

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
  struct mu_err err = {0};
  if (words->n && mu_streq(words->at[0], "ack")) {
    return ack(app, opts, words);
  }
  if (stray(opts)) {
    (void)mu_fail(&err, MU_E_USAGE, "%s belongs to `muster drift ack`", stray(opts));
    return mu_app_error(app, &err);
  }
  if (set_show(app, opts, &err) != 0) {
    return mu_app_error(app, &err);
  }
  if (opts->plan || opts->states.n || opts->schema) {
    return from_files(app, opts, words);
  }
  return mu_app_each(app, words, "drift", look, opts);
}

const struct mu_command mu_command_drift = {
    .name = "drift",
    .summary = "the staged plan against what is deployed",
    .words = "[ack TARGET... | WORKLOAD...]",
    .doc =
        "With a config: refreshes the standing layer and compares it with its plan, asks the "
        "services that nothing staged is there, and plans the\n"
        "staged layer again. With files, and no config at all:\n\n"
        "  muster drift --plan dr.plan.json --state actual.json\n\n"
        "With files and -c FILE the run goes into the ledger of that config; with a workload as "
        "well, its ignore rules, mappings and baseline hold.\n"
        "--only, --severity and --show choose what the text shows. What they hide is counted and "
        "said, and the exit status is that of everything.\n"
        "Why a path is a finding, or is none, says `muster explain ADDRESS PATH`.\n\n"
        "ack writes into the ledger who answers for a finding and until when. Until then it is "
        "shown and does not fail; afterwards, or once it\n"
        "shows something else, it fails again:\n\n"
        "  muster drift ack 'aws_instance.web[0] ami' \\\n"
        "    --owner dana@example.com --until 2027-03-31 --reason CHG-77\n"
        "  muster drift ack --list\n"
        "  muster drift ack --withdraw 'aws_instance.web[0] ami' --reason done\n",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
