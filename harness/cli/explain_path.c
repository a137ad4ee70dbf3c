/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_path.h"

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

enum { TEXT_MAX = 4 << 20, BELOW_SHOWN = 40 };

/* ---- the text ---- */

static void row(struct mu_str *out, const char *name, const char *value) {
  if (value) {
    mu_str_addf(out, "  %-9s ", name);
    mu_str_add_safe(out, value, strlen(value));
    mu_str_addc(out, '\n');
  }
}

/* A sentence, folded; what is to be copied is not. */
static void sentence(struct mu_str *out, const char *name, const char *text) {
  enum { COLUMNS = 80, INDENT = 12 };
  size_t column = INDENT;
  if (!text) {
    return;
  }
  mu_str_addf(out, "  %-9s ", name);
  for (const char *word = text; *word;) {
    size_t n = strcspn(word, " ");
    if (column > INDENT && column + 1 + n > COLUMNS) {
      mu_str_addf(out, "\n%*s", INDENT, "");
      column = INDENT;
    } else if (column > INDENT) {
      mu_str_addc(out, ' ');
      column++;
    }
    mu_str_add_safe(out, word, n);
    column += n;
    word += n + (word[n] == ' ');
  }
  mu_str_addc(out, '\n');
}

/* Lines of a block to paste, each below the other. */
static void block(struct mu_str *out, const char *text) {
  for (const char *line = text; *line;) {
    size_t n = strcspn(line, "\n");
    mu_str_add(out, "    ");
    mu_str_add_safe(out, line, n);
    mu_str_addc(out, '\n');
    line += n + (line[n] == '\n');
  }
}

static void rule(struct mu_str *out, const char *id) {
  const struct mu_rule_def *def = mu_rule_def(id);
  MU_STR(text, 4096);
  if (id && !mu_streq(id, "equal")) {
    mu_str_addf(&text, "%s%s%s", id, def ? ": " : "", def ? def->doc : "");
    sentence(out, "rule", mu_str_get(&text));
  }
}

static void write_values(const struct mu_drift_why *why, struct mu_str *out) {
  MU_STR(masks, 200);
  mu_str_add(&masks, why->unknown ? "unknown when planned" : "known when planned");
  mu_str_add(&masks, why->sensitive ? ", sensitive" : ", not sensitive");
  mu_str_add(&masks, why->declared ? ", declared" : ", not declared by the configuration");
  bool nothing = !why->planned || mu_streq(why->planned, "[]") || mu_streq(why->planned, "null");
  row(out, "planned",
      why->unknown && nothing ? "(known after apply)"
      : why->planned          ? why->planned
                              : "(absent)");
  row(out, "actual", why->actual ? why->actual : "(absent)");
  row(out, "mask", mu_str_get(&masks));
}

static void write_finding(const struct mu_finding *finding, const char *of, int64_t now_ms,
                          struct mu_str *out) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const struct mu_finding_def *def = mu_finding_def(finding->id);
  mu_str_addf(out, "\n%s%s: %s, severity %s, %s\n", of, def->name, def->title,
              mu_severity_text(finding->severity), mu_verdict_text(finding->verdict));
  sentence(out, "seen", finding->message);
  rule(out, finding->klass);
  if (finding->next) {
    mu_str_add(out, "  next\n");
    block(out, finding->next);
  }
  const char *ignore = finding->verdict == MU_FAIL ? mu_drift_ignore(finding, now_ms, arena) : NULL;
  if (ignore && !mu_streq(ignore, finding->next)) {
    mu_str_add(out, "  or leave it, in the config below terraform.ignore\n");
    block(out, ignore);
  }
}

static void write_note(const struct mu_note *note, const char *of, struct mu_str *out) {
  static const char *const words[] = {
      "no finding: forgiven", "no finding: explained", "no finding: held against the baseline",
      "could not be told",    "no finding: ignored",   "no finding: equal"};
  _Static_assert(MU_LEN(words) == MU_NOTE_N_, "words for each kind");
  mu_str_addf(out, "\n%s%s\n", of, words[note->kind]);
  rule(out, note->rule);
}

/* Deeper than what was asked about: a line each. */
static void write_below(const struct mu_drift_why *why, struct mu_str *out) {
  size_t counts[MU_NOTE_N_] = {0}, shown = 0;
  for (size_t i = 0; i < why->notes_n; i++) {
    const struct mu_note *note = &why->notes[i];
    if (strlen(note->path) <= strlen(why->path)) {
      continue;
    }
    counts[note->kind]++;
    if (note->kind != MU_NOTE_EQUAL && shown++ < BELOW_SHOWN) {
      mu_str_addf(out, "%s  %-9s ", shown == 1 ? "\nbelow it\n" : "",
                  mu_note_kind_text(note->kind));
      mu_str_add_safe(out, note->path, strlen(note->path));
      mu_str_addf(out, "  %s\n", note->rule);
    }
  }
  if (shown > BELOW_SHOWN) {
    mu_str_addf(out, "  and %zu more; ask for one of them\n", shown - BELOW_SHOWN);
  }
  if (counts[MU_NOTE_EQUAL]) {
    mu_str_addf(out, "%s  %-9s %zu attributes\n", shown ? "" : "\nbelow it\n", "equal",
                counts[MU_NOTE_EQUAL]);
  }
}

void mu_explain_write(const struct mu_drift_why *why, int64_t now_ms, struct mu_str *out) {
  const char *sides = why->planned_there && why->actual_there ? "planned and there"
                      : why->planned_there                    ? "planned, and not there"
                                                              : "there, and not planned";
  size_t n = strlen(why->path);
  mu_str_addf(out, "%s%s%s\n", why->address, n ? " " : "", why->path);
  row(out, "resource", sides);
  row(out, "paired", why->paired);
  if (n) {
    write_values(why, out);
  }
  for (size_t i = 0; i < why->findings.n; i++) {
    const struct mu_finding *finding = &why->findings.at[i];
    size_t its = finding->path ? strlen(finding->path) : 0;
    const char *of = its == n || !its ? "a finding: "
                     : its < n        ? "a finding of what it is part of: "
                                      : "a finding below it: ";
    write_finding(finding, its && its != n ? of : "a finding: ", now_ms, out);
  }
  for (size_t i = 0; n && i < why->notes_n; i++) {
    if (strlen(why->notes[i].path) <= n) {
      write_note(&why->notes[i], "", out);
    }
  }
  write_below(why, out);
  if (why->findings.n == 0 && why->notes_n == 0) {
    mu_str_add(out, "\nno finding: nothing of it was to be compared\n");
  }
}

/* ---- asking ---- */

static int no_workload(struct mu_app *app, const char *word, struct mu_err *err) {
  size_t n = app->config->workloads.n;
  const char **names = mu_arena_array(app->arena, n + 1, sizeof *names);
  for (size_t i = 0; i < n; i++) {
    names[i] = app->config->workloads.at[i].name;
  }
  const char *near = mu_str_nearest(word, names, n);
  return mu_fail(err, MU_E_USAGE,
                 near ? "'%s' is no workload of %s, and no address; did you mean '%s'?"
                      : "'%s' is no workload of %s, and no address",
                 word, app->config->path, near);
}

/* [WORKLOAD] ADDRESS [PATH]: the first word is a workload where the config has one of that name. */
static int read_words(struct mu_app *app, const struct mu_opt_list *words,
                      const struct mu_conf_workload **workload, struct mu_layer_ask *ask,
                      struct mu_err *err) {
  size_t at = 0;
  *workload = app->config ? mu_config_workload(app->config, words->at[0]) : NULL;
  at += *workload != NULL;
  if (!*workload && app->config && words->n > 1 && !strpbrk(words->at[0], ".[")) {
    return no_workload(app, words->at[0], err);
  }
  if (!*workload && app->config && app->config->workloads.n == 1) {
    *workload = &app->config->workloads.at[0];
  }
  if (words->n <= at || words->n > at + 2) {
    return mu_fail(err, MU_E_USAGE, "explain takes [WORKLOAD] ADDRESS [PATH], each as one word");
  }
  ask->address = words->at[at];
  ask->path = words->n > at + 1 ? words->at[at + 1] : NULL;
  return 0;
}

static int answer(struct mu_app *app, struct mu_run *run, const struct mu_layer_ask *ask) {
  int status = 0;
  if (!ask->asked) { /* the look itself failed: its findings say why */
    for (size_t i = 0; i < run->checks.n; i++) {
      mu_log(&app->log, MU_LOG_ERROR, "%s: %s", run->checks.at[i].title,
             run->checks.at[i].error ? run->checks.at[i].error : "could not be looked at");
    }
    status = 3;
  } else if (ask->rc != 0) {
    status = mu_app_error(app, &ask->err);
  } else {
    MU_STR(text, TEXT_MAX);
    mu_explain_write(&ask->why, mu_wall_ms(app->parts->clock), &text);
    mu_app_print(mu_str_get(&text));
  }
  mu_run_free(run);
  return status;
}

static int compare_files(const struct mu_layer_env *env, const struct mu_explain_files *from,
                         struct mu_err *err) {
  size_t n = from->states.n + 1;
  struct mu_layer_file *files = mu_arena_array(env->run->arena, n, sizeof *files);
  const struct mu_doc **actual = mu_arena_array(env->run->arena, n, sizeof *actual);
  const struct mu_schema *schema = NULL;
  files[0] = (struct mu_layer_file){.role = "staged-plan", .path = from->plan};
  for (size_t i = 1; i < n; i++) {
    files[i] =
        (struct mu_layer_file){.role = "actual", .path = from->states.at[i - 1], .as_actual = true};
  }
  if (mu_layer_read_all(env, files, n, err) != 0 ||
      mu_layer_schema(env, from->schema, files[0].doc, &schema, err) != 0) {
    return -1;
  }
  for (size_t i = 1; i < n; i++) {
    actual[i - 1] = files[i].doc;
  }
  struct mu_drift_in in = {
      .plan = files[0].doc, .actual = actual, .actual_n = n - 1, .schema = schema};
  (void)mu_layer_compare(env, "drift", "actual state is what the plan wants", &in);
  return 0;
}

static int from_files(struct mu_app *app, const struct mu_explain_files *from,
                      const struct mu_opt_list *words) {
  struct mu_layer_ask ask = {.asked = false};
  struct mu_err err = {0};
  const struct mu_conf_workload *workload = NULL;
  int status = app->common.config ? mu_app_config(app) : 0;
  status = status ? status : mu_app_ledger(app);
  if (status) {
    return status;
  }
  if (!from->plan || from->states.n == 0) {
    (void)mu_fail(&err, MU_E_USAGE, "explain from files needs both --plan FILE and --state FILE");
    return mu_app_error(app, &err);
  }
  if (read_words(app, words, &workload, &ask, &err) != 0) {
    return mu_app_error(app, &err);
  }
  struct mu_run *run = mu_app_run(app, "explain", workload ? workload->name : NULL);
  const struct mu_layer_env env = {.clock = app->parts->clock,
                                   .cancel = app->parts->stop,
                                   .workload = workload,
                                   .redact = app->redact,
                                   .ledger = app->ledger,
                                   .ask = &ask,
                                   .run = run};
  if (compare_files(&env, from, &err) != 0) {
    mu_run_free(run);
    return mu_app_error(app, &err);
  }
  return answer(app, run, &ask);
}

static int from_config(struct mu_app *app, const struct mu_opt_list *words) {
  struct mu_layer_ask ask = {.asked = false};
  struct mu_err err = {0};
  const struct mu_conf_workload *workload = NULL;
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  if (status) {
    return status;
  }
  if (read_words(app, words, &workload, &ask, &err) != 0) {
    return mu_app_error(app, &err);
  }
  if (!workload || !workload->standing.node) {
    (void)mu_fail(&err, MU_E_USAGE,
                  workload ? "%s has no standing layer to refresh: name the files with --plan and "
                             "--state"
                           : "'%s' is no workload of the config: muster explain WORKLOAD ADDRESS "
                             "[PATH]",
                  workload ? workload->name : words->at[0]);
    return mu_app_error(app, &err);
  }
  struct mu_run *run = mu_app_run(app, "explain", workload->name);
  app->ask = &ask;
  mu_look_layers(app, run, workload, true, false);
  app->ask = NULL;
  return answer(app, run, &ask);
}

int mu_explain_path(struct mu_app *app, const struct mu_explain_files *from,
                    const struct mu_opt_list *words) {
  return from->plan || from->states.n ? from_files(app, from, words) : from_config(app, words);
}
