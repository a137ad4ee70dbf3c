/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/config_plan.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "drill/dns/dns.h"
#include "smoke/plan.h"
#include "smoke/suites.h"

struct planner {
  const struct mu_conf_workload *workload;
  const struct mu_probes *probes;
  struct mu_diags *diags;
  struct mu_arena *arena;
};

static void plan_checks(const struct planner *p, struct mu_plan *plan,
                        const struct mu_conf_check *checks, size_t n, const char *section) {
  (void)mu_plan_checks(plan, checks, n, section, p->workload->name, NULL, p->probes, p->diags,
                       p->arena);
}

/* The table without its expectations, which are then added with their place in the file. */
static void plan_table(const struct planner *p, const struct mu_conf_table *table,
                       const struct mu_node *expect, const char *section) {
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  struct mu_conf_table bare = *table;
  bare.expect = NULL;
  struct mu_planned *check =
      mu_plan_table(&plan, p->workload, p->workload->dr.n ? p->workload->dr.at[0] : NULL, &bare,
                    section, NULL, NULL, p->probes, p->arena, &err);
  if (!check) {
    mu_diag_add(p->diags, table->node, "%s", err.msg);
  } else if (expect) {
    (void)mu_plan_expect_node(check, expect, p->diags, p->arena);
  }
}

/* A control that cannot be planned would only be noticed in the middle of a drill. */
static void plan_control(const struct planner *p) {
  const struct mu_conf_control *control = &p->workload->control;
  struct mu_plan plan = {0};
  if (control->check) {
    plan_checks(p, &plan, control->check, 1, "control");
  }
  for (size_t i = 0; control->table && i < p->workload->replica.tables.n; i++) {
    const struct mu_conf_table *table = &p->workload->replica.tables.at[i];
    if (mu_streq(table->name, control->table)) {
      plan_table(p, table, control->expect, "control");
    }
  }
}

static void plan_ready(const struct planner *p, const struct mu_conf_command *command) {
  const struct mu_node *ready = command->ready;
  struct mu_plan plan = {0};
  if (ready && ready->n == 1) { /* its shape is the loader's to check */
    const struct mu_conf_check check = {.node = ready,
                                        .name = command->name,
                                        .probe = ready->members[0].key,
                                        .args = ready->members[0].value};
    plan_checks(p, &plan, &check, 1, "deploy");
  }
}

/* ---- DNS providers ---- */

static void refuse_kind(const struct planner *p, const struct mu_conf_dns_provider *conf) {
  const struct mu_dns_provider *const *providers = NULL;
  size_t n = mu_dns_providers(&providers);
  const char **names = mu_arena_array(p->arena, n + 1, sizeof *names);
  MU_STR(list, 1024);
  for (size_t i = 0; i < n; i++) {
    names[i] = providers[i]->name;
    mu_str_addf(&list, "%s%s", i ? ", " : "", names[i]);
  }
  const char *near = mu_str_nearest(conf->kind, names, n);
  if (near) {
    mu_diag_add(p->diags, conf->node, "there is no DNS provider '%s'; did you mean '%s'?",
                conf->kind, near);
  } else {
    mu_diag_add(p->diags, conf->node, "there is no DNS provider '%s'; there are %s", conf->kind,
                mu_str_get(&list));
  }
}

static bool is_given(const struct mu_conf_dns_provider *conf, const char *name) {
  for (size_t i = 0; i < conf->args.n; i++) {
    if (mu_streq(conf->args.at[i].name, name)) {
      return true;
    }
  }
  return false;
}

/* The place of an argument: its value, else the provider's own row. */
static const struct mu_node *place_of(const struct mu_conf_dns_provider *conf, const char *name) {
  const struct mu_node *place = mu_node_get(mu_node_get(conf->node, conf->kind), name);
  return place ? place : conf->node;
}

static void plan_provider(const struct planner *p, const struct mu_conf_dns_provider *conf) {
  const struct mu_dns_provider *provider = conf->kind ? mu_dns_provider_find(conf->kind) : NULL;
  if (!provider) {
    if (conf->kind) {
      refuse_kind(p, conf);
    }
    return;
  }
  size_t takes = 0;
  while (provider->args[takes]) {
    takes++;
  }
  for (size_t i = 0; i < conf->args.n; i++) {
    const char *name = conf->args.at[i].name;
    if (!mu_dns_takes(provider, name)) {
      const char *near = mu_str_nearest(name, provider->args, takes);
      mu_diag_add(p->diags, place_of(conf, name), "%s takes no '%s'%s%s%s", conf->kind, name,
                  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
  }
  for (size_t i = 0; i < provider->required; i++) {
    if (!is_given(conf, provider->args[i])) {
      mu_diag_add(p->diags, conf->node, "%s: '%s' is missing", conf->kind, provider->args[i]);
    }
  }
}

const char *mu_config_address(const struct mu_conf_workload *workload) {
  const struct mu_conf_side *standby = &workload->dns.standby;
  return standby->address ? standby->address : standby->host;
}

void mu_config_smoke(const struct mu_conf_workload *workload, const char *address,
                     const struct mu_probes *probes, struct mu_diags *diags, struct mu_arena *arena,
                     struct mu_plan *out) {
  *out = (struct mu_plan){0};
  (void)mu_plan_checks(out, workload->smoke.at, workload->smoke.n, "smoke", workload->name, address,
                       probes, diags, arena);
  if (workload->dns.marker && workload->dns.standby.id) { /* a broken config may lack it */
    mu_plan_marker(out, 0, workload->dns.marker, workload->dns.standby.id, arena);
  }
}

static void plan_workload(const struct planner *p, struct mu_plan *smoke) {
  const struct mu_conf_workload *workload = p->workload;
  struct mu_plan plan = {0};
  mu_config_smoke(workload, mu_config_address(workload), p->probes, p->diags, p->arena, smoke);
  plan_checks(p, &plan, workload->checks.at, workload->checks.n, "checks");
  for (size_t i = 0; i < workload->replica.tables.n; i++) {
    const struct mu_conf_table *table = &workload->replica.tables.at[i];
    plan_table(p, table, table->expect, "replica");
  }
  plan_control(p);
  for (size_t i = 0; i < workload->deploy.n; i++) {
    plan_ready(p, &workload->deploy.at[i]);
  }
  for (size_t i = 0; i < workload->dns.providers.n; i++) {
    plan_provider(p, &workload->dns.providers.at[i]);
  }
}

void mu_config_plan(const struct mu_config *config, const struct mu_probes *probes,
                    struct mu_diags *diags, struct mu_arena *arena, struct mu_plan **smoke) {
  struct mu_plan *plans = mu_arena_array(arena, config->workloads.n + 1, sizeof *plans);
  for (size_t i = 0; i < config->workloads.n; i++) {
    const struct planner p = {
        .workload = &config->workloads.at[i], .probes = probes, .diags = diags, .arena = arena};
    plan_workload(&p, &plans[i]);
  }
  *smoke = plans;
}
