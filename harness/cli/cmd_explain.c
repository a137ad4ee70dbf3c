/* SPDX-License-Identifier: Apache-2.0 */
/* muster explain: what a finding or a rule means, where a run saw it, why a path is drift or none.
 */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/explain_path.h"
#include "drift/drift.h"
#include "ledger/ledger.h"
#include "model/run.h"

struct options {
  const char *run;
  struct mu_explain_files from;
};

static const struct mu_opt options[] = {
    {"run", 0, MU_OPT_STR, offsetof(struct options, run), "ID", NULL,
     "where and how this run saw it (id, a prefix of it, or 'last')"},
    {"plan", 0, MU_OPT_STR, offsetof(struct options, from.plan), "FILE", NULL,
     "a path: of this plan (- is stdin)"},
    {"state", 0, MU_OPT_LIST, offsetof(struct options, from.states), "FILE", NULL,
     "a path: as this state has it; may be given again (- is stdin)"},
    {"schema", 0, MU_OPT_STR, offsetof(struct options, from.schema), "FILE", NULL,
     "a path: which arrays are sets: terraform providers schema -json"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static bool is_id(const char *word) {
  return word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
}

/* The finding or the rule that was meant; NULL: neither is near. */
static const char *nearest(struct mu_app *app, const char *name) {
  const struct mu_rule_def *rules = NULL;
  size_t rules_n = mu_rule_defs(&rules), n = 0;
  const char **names = mu_arena_array(app->arena, rules_n + MU_F_N_, sizeof *names);
  for (int i = 0; i < MU_F_N_; i++) {
    names[n++] = mu_finding_def((enum mu_finding_id)i)->name;
  }
  for (size_t i = 0; i < rules_n; i++) {
    names[n++] = rules[i].id;
  }
  return mu_str_nearest(name, names, n);
}

static void show(const struct mu_finding *finding, struct mu_str *out) {
  mu_str_addf(out, "\n%s %s%s%s\n", finding->check, finding->subject ? finding->subject : "",
              finding->path ? " · " : "", finding->path ? finding->path : "");
  const struct mu_pair rows[] = {{"seen", finding->message},  {"expected", finding->expected},
                                 {"actual", finding->actual}, {"rule", finding->klass},
                                 {"next", finding->next},     {"age", finding->age}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (rows[i].value) {
      mu_str_addf(out, "  %-9s ", rows[i].name);
      mu_str_add_safe(out, rows[i].value, strlen(rows[i].value));
      mu_str_addc(out, '\n');
    }
  }
}

static void show_note(const struct mu_note *note, struct mu_str *out) {
  mu_str_addf(out, "\n%s %s · %s\n", note->check, note->address, note->path);
  const struct mu_pair rows[] = {{"no finding", mu_note_kind_text(note->kind)},
                                 {"planned", note->planned},
                                 {"actual", note->actual},
                                 {"rule", note->rule}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (rows[i].value) {
      mu_str_addf(out, "  %-10s ", rows[i].name);
      mu_str_add_safe(out, rows[i].value, strlen(rows[i].value));
      mu_str_addc(out, '\n');
    }
  }
}

/* What a run is asked about: all findings of an id, or what it recorded of a resource or path. */
struct question {
  enum mu_finding_id id; /* MU_F_N_: by address */
  const char *address, *path;
};

static bool asks_for(const struct question *q, const char *subject, const char *path) {
  return mu_streq(q->address, subject) && (!q->path || (path && mu_str_starts(path, q->path)));
}

static size_t show_seen(const struct mu_run *run, const struct question *q, struct mu_str *out) {
  size_t shown = 0;
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (q->address ? asks_for(q, finding->subject, finding->path) : finding->id == q->id) {
      show(finding, out);
      shown++;
    }
  }
  for (size_t i = 0; q->address && i < run->notes.n; i++) {
    if (asks_for(q, run->notes.at[i].address, run->notes.at[i].path)) {
      show_note(&run->notes.at[i], out);
      shown++;
    }
  }
  return shown;
}

static int show_run(struct mu_app *app, const char *id, const struct question *q,
                    struct mu_str *out) {
  struct mu_err err = {0};
  struct mu_entry entry;
  struct mu_run *run = NULL;
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  if (status == 0 && !app->ledger) {
    (void)mu_fail(&err, MU_E_USAGE, "--run needs the ledger that the config names (ledger: FILE)");
    return mu_app_error(app, &err);
  }
  if (status) {
    return status;
  }
  if (mu_ledger_find(app->ledger, id, app->arena, &entry, &err) != 0 ||
      mu_ledger_run(app->ledger, &entry, &run, &err) != 0) {
    return mu_app_error(app, &err);
  }
  if (show_seen(run, q, out) == 0) {
    mu_str_addf(out,
                q->address
                    ? "run %s records nothing of it: what is equal is not written down. With "
                      "--plan FILE and --state FILE it is compared again.\n"
                    : "\nrun %s did not see it\n",
                run->id);
  }
  mu_run_free(run);
  return 0;
}

static int explain_finding(struct mu_app *app, const struct options *opts, const char *name) {
  enum mu_finding_id id = MU_F_N_;
  const struct mu_finding_def *def = mu_finding_by_name(name, &id);
  struct mu_err err = {0};
  if (!def) {
    const char *near = nearest(app, name);
    (void)mu_fail(&err, MU_E_USAGE,
                  near ? "there is no finding '%s'; did you mean '%s'?"
                       : "there is no finding '%s'; `muster list findings` names them",
                  name, near);
    return mu_app_error(app, &err);
  }
  MU_STR(text, 1 << 20);
  mu_str_addf(&text, "%s: %s\nseverity %s, verdict %s\n\n", def->name, def->title,
              mu_severity_text(def->severity), mu_verdict_text(def->verdict));
  mu_opt_wrap(def->doc, &text);
  const struct question q = {.id = id};
  int status = opts->run ? show_run(app, opts->run, &q, &text) : 0;
  mu_app_print(mu_str_get(&text));
  return status;
}

static int explain_rule(const struct mu_rule_def *rule) {
  MU_STR(text, 1 << 14);
  mu_str_addf(&text, "%s: a rule of drift\nwhat it decides is %s\n\n", rule->id,
              mu_note_kind_text(rule->kind));
  mu_opt_wrap(rule->doc, &text);
  mu_app_print(mu_str_get(&text));
  return 0;
}

/* "ADDRESS PATH" may be one word, as reports write it; a key in brackets may hold a blank, too. */
static struct question question_of(struct mu_app *app, const struct mu_opt_list *words) {
  struct question q = {.id = MU_F_N_, .address = words->at[0]};
  q.path = words->n > 1 ? words->at[1] : NULL;
  const char *blank = q.path ? NULL : strrchr(q.address, ' ');
  if (blank && !strchr(blank, ']')) {
    q.path = blank + 1;
    q.address = mu_arena_strn(app->arena, q.address, (size_t)(blank - q.address));
  }
  return q;
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const struct options *opts = raw;
  struct mu_err err = {0};
  bool files = opts->from.plan || opts->from.states.n;
  if (words->n == 0) {
    (void)mu_fail(&err, MU_E_USAGE,
                  "explain needs the id of a finding or rule, or the address of a resource");
    return mu_app_error(app, &err);
  }
  const char *first = words->at[0];
  const struct mu_rule_def *rule = mu_rule_def(first);
  if (!files && words->n == 1 && is_id(first)) {
    return explain_finding(app, opts, first);
  }
  if (!files && words->n == 1 && rule) {
    return explain_rule(rule);
  }
  if (!files && opts->run) {
    MU_STR(text, 1 << 20);
    const struct question q = question_of(app, words);
    int status = show_run(app, opts->run, &q, &text);
    mu_app_print(mu_str_get(&text));
    return status;
  }
  if (!files && words->n == 1 && !strpbrk(first, ".[")) { /* no address looks like this */
    return explain_finding(app, opts, first);
  }
  return mu_explain_path(app, &opts->from, words);
}

const struct mu_command mu_command_explain = {
    .name = "explain",
    .summary = "what a finding or rule means; why a path is drift, or is none",
    .words = "ID | [WORKLOAD] ADDRESS [PATH]",
    .doc =
        "Of a finding or a rule: what it means and what to do about it; with --run, also where "
        "that run saw it, what was expected and what was there.\n"
        "Of a resource or a path in it: both values, what masks them, the rule that decided, and "
        "the next step. It is compared once more, from files or by refreshing the\n"
        "standing layer of a workload; with --run, what that run recorded.\n\n"
        "  muster explain DRIFT_EXTRA --run last\n"
        "  muster explain 'aws_instance.web[0]' tags.Name \\\n"
        "    --plan dr.plan.json --state actual.json\n"
        "  muster explain lakehouse aws_security_group.alb ingress\n",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
