/* SPDX-License-Identifier: Apache-2.0 */
/* muster list: the tables of this build. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "drift/drift.h"
#include "drill/dns/dns.h"
#include "smoke/suites.h"

static void list_probes(const struct mu_app *app, struct mu_str *out) {
  for (size_t i = 0; i < app->parts->probes->n; i++) {
    const struct mu_probe *probe = app->parts->probes->at[i];
    mu_str_addf(out, "%s: %s\n", probe->name, probe->summary);
    for (const struct mu_param *param = probe->params; param && param->name; param++) {
      mu_str_addf(out, "  %-16s %-9s %s%s%s%s%s\n", param->name, mu_type_text(param->type),
                  param->doc, param->required ? " (required)" : "",
                  param->otherwise ? " (default " : "", param->otherwise ? param->otherwise : "",
                  param->otherwise ? ")" : "");
    }
    for (const struct mu_fact_def *fact = probe->facts; fact && fact->name; fact++) {
      mu_str_addf(out, "  > %s.%s %s%s%s: %s\n", probe->name, fact->name, mu_type_text(fact->type),
                  fact->unit ? ", " : "", fact->unit ? fact->unit : "", fact->doc);
    }
  }
}

static void list_findings(const struct mu_app *app, struct mu_str *out) {
  (void)app;
  for (int i = 0; i < MU_F_N_; i++) {
    const struct mu_finding_def *def = mu_finding_def((enum mu_finding_id)i);
    mu_str_addf(out, "%-24s %-7s %-13s %s\n", def->name, mu_severity_text(def->severity),
                mu_verdict_text(def->verdict), def->title);
  }
}

static void list_reports(const struct mu_app *app, struct mu_str *out) {
  for (size_t i = 0; i < app->parts->reports->n; i++) {
    mu_str_addf(out, "%-12s %s\n", app->parts->reports->at[i]->name,
                app->parts->reports->at[i]->summary);
  }
}

static void list_steps(const struct mu_app *app, struct mu_str *out) {
  for (size_t i = 0; i < app->parts->steps->n; i++) {
    const struct mu_step *step = app->parts->steps->at[i];
    mu_str_addf(out, "%-13s %s\n", step->id, step->doc);
  }
}

static void list_providers(const struct mu_app *app, struct mu_str *out) {
  (void)app;
  const struct mu_dns_provider *const *providers = NULL;
  size_t n = mu_dns_providers(&providers);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out, "%-10s %s\n", providers[i]->name, providers[i]->summary);
  }
}

static void list_rules(const struct mu_app *app, struct mu_str *out) {
  (void)app;
  const struct mu_rule_def *rules = NULL;
  size_t n = mu_rule_defs(&rules);
  for (size_t i = 0; i < n; i++) {
    bool told = i > 0 && mu_streq(rules[i].id, rules[i - 1].id);
    if (!told) { /* one row for each kind of resource that a collection is made of */
      mu_str_addf(out, "%-19s %-9s %s\n", rules[i].id, mu_note_kind_text(rules[i].kind),
                  rules[i].doc);
    }
  }
}

static void list_suites(const struct mu_app *app, struct mu_str *out) {
  (void)app;
  const struct mu_suite *const *suites = NULL;
  size_t n = mu_suites(&suites);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out, "%-10s %s\n", suites[i]->name, suites[i]->summary);
  }
}

static const struct {
  const char *name;
  void (*write)(const struct mu_app *app, struct mu_str *out);
} tables[] = {
    {"probes", list_probes}, {"findings", list_findings}, {"reports", list_reports},
    {"steps", list_steps},   {"rules", list_rules},       {"dns", list_providers},
    {"suites", list_suites},
};

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  MU_STR(text, 1 << 20);
  bool found = false;
  for (size_t i = 0; i < MU_LEN(tables); i++) {
    if (words->n == 0) {
      mu_str_addf(&text, "%s%s\n", i ? "\n" : "", tables[i].name);
      tables[i].write(app, &text);
    } else if (mu_streq(words->at[0], tables[i].name)) {
      tables[i].write(app, &text);
      found = true;
    }
  }
  if (words->n && !found) {
    struct mu_err err = {0};
    (void)mu_fail(
        &err, MU_E_USAGE,
        "there is no table '%s'; there are probes, findings, reports, steps, rules, dns and "
        "suites",
        words->at[0]);
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

const struct mu_command mu_command_list = {
    .name = "list",
    .summary = "what this build has: probes, findings, reports, rules, …",
    .words = "[probes|findings|reports|steps|rules|dns|suites]",
    .doc = "Prints the tables of this build: what a config can ask for and what a report can say.",
    .run = run,
};
