/* SPDX-License-Identifier: Apache-2.0 */
/* muster drill: the exercise, its dry run, its crash recovery. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/drill_view.h"
#include "drill/drill.h"
#include "drill/inventory.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "wire/aws.h"
#include "wire/http.h"

enum { REAP_MAX = 16 << 20 };

struct options {
  const char *ticket, *reason, *who, *approved_by, *note;
  bool accept_sizes, refuse;
};

static const struct mu_opt options[] = {
    {"ticket", 't', MU_OPT_STR, offsetof(struct options, ticket), "ID", NULL, "the change ticket"},
    {"reason", 0, MU_OPT_STR, offsetof(struct options, reason), "TEXT", NULL, "why this drill"},
    {"who", 0, MU_OPT_STR, offsetof(struct options, who), "NAME", NULL,
     "who declares or approves (default: the user of this process)"},
    {"approved-by", 0, MU_OPT_STR, offsetof(struct options, approved_by), "NAME", NULL,
     "who approved it beforehand"},
    {"accept-sizes", 0, MU_OPT_FLAG, offsetof(struct options, accept_sizes), NULL, NULL,
     "other sizes or versions than staged are approved"},
    {"refuse", 0, MU_OPT_FLAG, offsetof(struct options, refuse), NULL, NULL,
     "approve: refuse instead"},
    {"note", 0, MU_OPT_STR, offsetof(struct options, note), "TEXT", NULL, "approve: why"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static struct mu_drill_env env_of(struct mu_app *app, const struct mu_drill_view *view) {
  return (struct mu_drill_env){.clock = app->parts->clock,
                               .stop = app->parts->stop,
                               .kill = app->parts->kill,
                               .probes = app->parts->probes,
                               .steps = app->parts->steps,
                               .config = app->config,
                               .ledger = app->ledger,
                               .redact = app->redact,
                               .view = view,
                               .version = app->parts->version};
}

/* A drill needs config and ledger: evidence that is not written down is none. */
static int prepare(struct mu_app *app) {
  struct mu_err err = {0};
  if (app->common.no_ledger) {
    (void)mu_fail(&err, MU_E_USAGE, "a drill needs the ledger: --no-ledger is not for it");
    return mu_app_error(app, &err);
  }
  int status = mu_app_config(app);
  if (status == 0 && !app->config->ledger) {
    (void)mu_fail(&err, MU_E_CONFIG, "%s names no ledger, and a drill needs one (ledger: FILE)",
                  app->config->path);
    return mu_app_error(app, &err);
  }
  app->about_drills = true;
  return status ? status : mu_app_ledger(app);
}

static const char *one_workload(struct mu_app *app, const char *word) {
  if (word || app->config->workloads.n != 1) {
    return word;
  }
  return app->config->workloads.at[0].name;
}

static void say_unfinished(struct mu_app *app, const struct mu_drill *drill) {
  mu_app_print(mu_arena_fmt(app->arena,
                            "drill %s is unfinished: `muster drill resume` goes on, `muster "
                            "drill abort` undoes everything\n",
                            drill->run->drill));
}

/* Runs what is left of a drill and reports. */
static int go(struct mu_app *app, struct mu_drill *drill) {
  struct mu_err err = {0};
  if (mu_drill_go(drill, &err) != 0) {
    int status = mu_app_error(app, &err);
    app->common.reports.n = 0; /* none was written */
    say_unfinished(app, drill);
    return status;
  }
  int reported = mu_app_report(app, drill->run, true);
  if (mu_drill_get(drill, "left-open")) {
    say_unfinished(app, drill);
  }
  return reported ? reported : mu_app_exit(app, drill->run);
}

/* Without --report a drill leaves an HTML and a JUnit file beside the ledger, since that is what a
 * quarter is run for. */
static void default_reports(struct mu_app *app, const struct mu_drill *drill) {
  if (app->common.reports.n) {
    return;
  }
  const char *folder = mu_io_dirname(app->arena, mu_ledger_path(app->ledger));
  const char **at = mu_arena_array(app->arena, 3, sizeof *at);
  at[0] = mu_arena_fmt(app->arena, "html=%s/%s.html", folder, drill->run->drill);
  at[1] = mu_arena_fmt(app->arena, "junit=%s/TEST-%s.xml", folder, drill->run->drill);
  at[2] = "text";
  app->common.reports = (struct mu_opt_list){.at = at, .n = app->common.quiet ? 2 : 3, .cap = 3};
}

static int finish(struct mu_app *app, struct mu_drill *drill) {
  default_reports(app, drill);
  int status = go(app, drill);
  for (size_t i = 0; i < app->common.reports.n && !app->common.quiet; i++) {
    const char *file = strchr(app->common.reports.at[i], '=');
    if (file) {
      mu_app_print(mu_arena_fmt(app->arena, "report %s\n", file + 1));
    }
  }
  mu_drill_free(drill);
  return status;
}

static int declare(struct mu_app *app, const struct mu_drill_env *env, const struct options *opts,
                   const char *word, struct mu_drill **out, struct mu_err *err) {
  const struct mu_drill_opts drill_opts = {.ticket = opts->ticket,
                                           .reason = opts->reason,
                                           .who = opts->who ? opts->who : mu_app_user(app),
                                           .approved_by = opts->approved_by,
                                           .accept_sizes = opts->accept_sizes};
  const char *workload = one_workload(app, word);
  return workload ? mu_drill_new(env, workload, &drill_opts, out, err)
                  : mu_fail(err, MU_E_USAGE, "drill run needs a workload");
}

/* A new drill of the workload `word`, or the drill `word` taken up again, to its end. */
static int exercise(struct mu_app *app, const struct options *opts, const char *verb,
                    const char *word) {
  struct mu_err err = {0};
  struct mu_drill *drill = NULL;
  int status = prepare(app);
  if (status) {
    return status;
  }
  struct mu_drill_view view;
  struct mu_live live;
  mu_live_init(&live, app, &view);
  const struct mu_drill_env env = env_of(app, &view);
  int begun = mu_streq(verb, "run")
                  ? declare(app, &env, opts, word, &drill, &err)
                  : mu_drill_open(&env, word, mu_streq(verb, "abort"), &drill, &err);
  if (begun != 0) {
    return mu_app_error(app, &err);
  }
  mu_live_head(&live, drill);
  return finish(app, drill);
}

static int plan(struct mu_app *app, const char *word) {
  struct mu_err err = {0};
  int status = mu_app_config(app);
  if (status) {
    return status;
  }
  const char *name = one_workload(app, word);
  const struct mu_drill_env env = env_of(app, NULL);
  struct mu_drill drill = {.env = &env,
                           .arena = app->arena,
                           .workload = name ? mu_config_workload(app->config, name) : NULL};
  if (!drill.workload || drill.workload->dr.n == 0) {
    (void)mu_fail(&err, MU_E_USAGE,
                  name ? "there is no workload '%s' with a standby" : "drill plan needs a workload",
                  name);
    return mu_app_error(app, &err);
  }
  drill.standby = drill.workload->dr.at[0];
  if (mu_drill_order(&drill, &err) != 0) {
    return mu_app_error(app, &err);
  }
  MU_STR(text, 1 << 20);
  mu_str_addf(&text, "a drill of %s would do this; nothing is done now\n", drill.workload->name);
  for (size_t i = 0; i < drill.order_n; i++) {
    const struct mu_step *step = drill.order[i];
    const char *why = NULL;
    if (step->applies && !step->applies(&drill, &why)) {
      mu_str_addf(&text, "\n%s: left out, %s\n", step->title, why);
      continue;
    }
    mu_str_addf(&text, "\n%s\n", step->title);
    MU_STR(lines, 1 << 16);
    if (step->describe) {
      step->describe(&drill, &lines);
    }
    for (const char *at = mu_str_get(&lines); *at; at += strcspn(at, "\n"), at += *at == '\n') {
      mu_str_addf(&text, "  %.*s\n", (int)strcspn(at, "\n"), at);
    }
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

/* A drill's own record, the newest where it was taken up again; NULL: none was written. */
static const struct mu_entry *entry_of(const struct mu_entries *entries, const char *drill) {
  for (size_t i = 0; i < entries->n; i++) {
    if (mu_streq(entries->at[i].drill, drill)) {
      return &entries->at[i];
    }
  }
  return NULL;
}

/* Its owner is alive: there is nothing to take up. */
static bool is_running(struct mu_app *app, const struct mu_drill_line *line) {
  bool held = false;
  struct mu_err ignored;
  return !line->ended_ms && mu_lock_look(app->ledger, line->workload, &held, NULL, &ignored) == 0 &&
         held;
}

static void write_line(const struct mu_drill_line *line, const struct mu_entry *entry, bool running,
                       struct mu_str *out) {
  char begun[MU_TIME_TEXT];
  mu_time_seconds(line->begun_ms, begun);
  mu_str_addf(out, "%-28s %s  ", line->drill, begun);
  if (!line->ended_ms && running) {
    mu_str_addf(out, "running, at %s\n", *line->last_step ? line->last_step : "its beginning");
  } else if (!line->ended_ms) {
    mu_str_addf(out, "UNFINISHED, stood at %s\n",
                *line->last_step ? line->last_step : "its beginning");
  } else if (entry) {
    mu_str_addf(out, "%-9s %-12s clean-up %-9s run %s\n", line->how, entry->verdict,
                *entry->cleanup ? entry->cleanup : "unknown", entry->run);
  } else {
    mu_str_addf(out, "%s\n", line->how);
  }
}

static int show(struct mu_app *app, bool unfinished) {
  struct mu_err err = {0};
  struct mu_drill_lines lines = {0};
  struct mu_entries entries = {0};
  const struct mu_ledger_filter drills = {.command = "drill"};
  int status = prepare(app);
  if (status) {
    return status;
  }
  if (mu_journal_list(app->ledger, NULL, unfinished, app->arena, &lines, &err) != 0 ||
      mu_ledger_list(app->ledger, &drills, app->arena, &entries, &err) != 0) {
    return mu_app_error(app, &err);
  }
  MU_STR(text, 1 << 20);
  size_t dead = 0;
  for (size_t i = 0; i < lines.n; i++) {
    bool running = is_running(app, &lines.at[i]);
    dead += !running;
    write_line(&lines.at[i], entry_of(&entries, lines.at[i].drill), running, &text);
  }
  if (unfinished && dead) {
    mu_str_add(&text, "next: muster drill resume, or muster drill abort\n");
  } else if (lines.n == 0) {
    mu_str_add(&text, unfinished ? "no drill is unfinished\n" : "no drill is in the ledger\n");
  }
  mu_app_print(mu_str_get(&text));
  return unfinished && lines.n ? 3 : 0;
}

static int approve(struct mu_app *app, const struct options *opts,
                   const struct mu_opt_list *words) {
  struct mu_err err = {0};
  int status = prepare(app);
  if (status) {
    return status;
  }
  if (words->n < 3) {
    (void)mu_fail(&err, MU_E_USAGE, "drill approve needs the drill and the step");
    return mu_app_error(app, &err);
  }
  const char *who = opts->who ? opts->who : mu_app_user(app);
  if (mu_journal_approve(app->ledger, app->parts->clock, words->at[1], words->at[2], who,
                         opts->note, !opts->refuse, &err) != 0) {
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_arena_fmt(app->arena, "%s of %s %s by %s\n", words->at[2], words->at[1],
                            opts->refuse ? "refused" : "approved", who));
  return 0;
}

struct reaped {
  size_t asked, left, silent;
};

static void write_found(const struct mu_inventory *found, struct reaped *sum, struct mu_str *out) {
  for (size_t i = 0; i < found->items_n; i++) {
    const struct mu_inventory_item *item = &found->items[i];
    sum->left += item->lingers == NULL;
    mu_str_addf(out, "%-10s %s%s%s%s%s\n", item->lingers ? "lingers" : "LEFT", item->id,
                item->drill ? "  drill " : "", item->drill ? item->drill : "",
                item->lingers ? "  " : "", item->lingers ? item->lingers : "");
  }
  sum->asked += found->asked_n;
  for (size_t i = 0; i < found->asked_n; i++) {
    if (found->asked[i].error) {
      sum->silent++;
      mu_str_addf(out, "NOT ASKED  %s: %s\n", found->asked[i].service, found->asked[i].error);
    }
  }
}

/* What earlier machines left behind in any standby, found by the drill's tag: an independent look
 * that needs no journal. */
static int reap(struct mu_app *app) {
  struct mu_err err = {0};
  int status = mu_app_config(app);
  if (status) {
    return status;
  }
  MU_STR(text, REAP_MAX);
  struct reaped sum = {0};
  struct mu_http *http = mu_http_new(NULL);
  for (size_t i = 0; i < app->config->standbys.n; i++) {
    const struct mu_conf_standby *standby = &app->config->standbys.at[i];
    struct mu_aws *aws = mu_app_aws(app, standby->region, standby->profile);
    const struct mu_inventory_want want = {.tag_key = "muster:drill"};
    struct mu_inventory found = {0};
    if (!aws) {
      sum.silent++;
      mu_str_addf(&text, "NOT ASKED  standby %s: no cloud credentials to look with\n",
                  standby->name);
      continue;
    }
    mu_inventory_find(aws, http, &want, app->arena, &found);
    write_found(&found, &sum, &text);
  }
  mu_http_free(http);
  mu_str_addf(&text, "%zu services asked, %zu resources left of earlier drills\n",
              sum.asked > sum.silent ? sum.asked - sum.silent : 0, sum.left);
  if (sum.left) {
    mu_str_add(&text, "next: muster drill abort where the journal is; else terraform destroy with "
                      "the state in evidence/drills/DRILL\n");
  }
  if (text.failed) {
    (void)mu_fail(&err, MU_E_LIMIT, "more is left than %d bytes can name", REAP_MAX);
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_str_get(&text));
  return sum.left ? 1 : sum.silent ? 3 : 0;
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const char *verb = words->n ? words->at[0] : "", *word = words->n > 1 ? words->at[1] : NULL;
  static const char *const verbs[] = {"plan",   "run",     "resume",  "abort",
                                      "status", "history", "approve", "reap"};
  struct mu_err err = {0};
  if (mu_streq(verb, "run") || mu_streq(verb, "resume") || mu_streq(verb, "abort")) {
    return exercise(app, raw, verb, word);
  }
  if (mu_streq(verb, "plan")) {
    return plan(app, word);
  }
  if (mu_streq(verb, "status") || mu_streq(verb, "history")) {
    return show(app, mu_streq(verb, "status"));
  }
  if (mu_streq(verb, "approve")) {
    return approve(app, raw, words);
  }
  if (mu_streq(verb, "reap")) {
    return reap(app);
  }
  const char *near = mu_str_nearest(verb, verbs, MU_LEN(verbs));
  (void)mu_fail(&err, MU_E_USAGE,
                near ? "drill has no verb '%s'; did you mean '%s'?"
                     : "drill takes plan, run, resume, abort, status, history, approve or reap%s",
                near ? verb : "", near);
  return mu_app_error(app, &err);
}

const struct mu_command mu_command_drill = {
    .name = "drill",
    .summary = "the exercise: plan, run, resume, abort, status, approve, reap",
    .words = "plan|run|resume|abort|status|history|approve|reap [WORKLOAD|DRILL] [STEP]",
    .doc = "plan says what a drill would do and changes nothing. run does it: every change is in "
           "the journal, with its undo, before it is made.\n"
           "After a crash, status says where it stood; resume goes on, abort undoes everything. "
           "approve answers a manual step from elsewhere.\n"
           "reap looks by tag for what earlier drills left behind.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
