/* SPDX-License-Identifier: Apache-2.0 */
/* muster explain: what a finding means, and where it was seen. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/app.h"
#include "ledger/ledger.h"
#include "model/run.h"

struct options {
  const char *run;
};

static const struct mu_opt options[] = {
    {"run", 0, MU_OPT_STR, offsetof(struct options, run), "ID", NULL,
     "also show where this run saw it (id, a prefix of it, or 'last')"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static const char *nearest(const char *name) {
  const char *names[MU_F_N_];
  for (int i = 0; i < MU_F_N_; i++) {
    names[i] = mu_finding_def((enum mu_finding_id)i)->name;
  }
  return mu_str_nearest(name, names, MU_F_N_);
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

static int show_run(struct mu_app *app, const char *id, enum mu_finding_id finding,
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
  for (size_t i = 0; i < run->findings.n; i++) {
    if (run->findings.at[i].id == finding) {
      show(&run->findings.at[i], out);
    }
  }
  mu_run_free(run);
  return 0;
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const struct options *opts = raw;
  struct mu_err err = {0};
  enum mu_finding_id id = MU_F_N_;
  const struct mu_finding_def *def = words->n ? mu_finding_by_name(words->at[0], &id) : NULL;
  if (!def) {
    const char *near = words->n ? nearest(words->at[0]) : NULL;
    (void)mu_fail(&err, MU_E_USAGE,
                  words->n ? near ? "there is no finding '%s'; did you mean '%s'?"
                                  : "there is no finding '%s'; `muster list findings` names them"
                           : "explain needs the id of a finding",
                  words->n ? words->at[0] : "", near);
    return mu_app_error(app, &err);
  }
  MU_STR(text, 1 << 20);
  mu_str_addf(&text, "%s: %s\nseverity %s, verdict %s\n\n", def->name, def->title,
              mu_severity_text(def->severity), mu_verdict_text(def->verdict));
  mu_opt_wrap(def->doc, &text);
  int status = opts->run ? show_run(app, opts->run, id, &text) : 0;
  mu_app_print(mu_str_get(&text));
  return status;
}

const struct mu_command mu_command_explain = {
    .name = "explain",
    .summary = "what a finding means, and where a run saw it",
    .words = "ID",
    .doc = "Says what a finding means and what to do about it; with --run, also where that run saw "
           "it, what was expected and what was there.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
