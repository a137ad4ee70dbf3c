/* SPDX-License-Identifier: Apache-2.0 */
/* Smoke tests against the standby's address, with the service's own name in SNI and Host. Green is
 * required before any DNS shift. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drill/drill.h"
#include "smoke/plan.h"
#include "step.h"

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no smoke suite in the config";
  return drill->workload->smoke.n > 0;
}

static int connect_address(struct mu_drill *drill, const char **out, struct mu_err *err) {
  const struct mu_conf_side *standby = &drill->workload->dns.standby;
  const char *text = standby->address ? standby->address : standby->host;
  *out = NULL;
  return text ? mu_drill_resolve(drill, text, out, err) : 0;
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_workload *workload = drill->workload;
  const char *address = NULL;
  if (connect_address(drill, &address, err) != 0) {
    return mu_wrap(err, "the standby's address");
  }
  struct mu_plan plan = {0};
  struct mu_diags diags;
  mu_diags_init(&diags, drill->arena, drill->env->config->path, drill->env->config->text);
  if (mu_plan_checks(&plan, workload->smoke.at, workload->smoke.n, "smoke", workload->name, address,
                     drill->env->probes, &diags, drill->arena)) {
    return mu_fail(err, MU_E_CONFIG, "smoke: %s", diags.n ? diags.at[0].message : "wrong");
  }
  if (workload->dns.marker) {
    mu_plan_marker(&plan, 0, workload->dns.marker, workload->dns.standby.id, drill->arena);
  }
  size_t first = drill->run->checks.n, passed = 0;
  result->verdict = mu_drill_observe(drill, &plan, true);
  size_t n = drill->run->checks.n - first;
  const char *worst = NULL;
  for (size_t i = first; i < drill->run->checks.n; i++) {
    const struct mu_check *check = &drill->run->checks.at[i];
    passed += check->verdict == MU_PASS;
    worst = !worst && check->verdict > MU_PASS ? check->title : worst;
  }
  if (result->verdict == MU_PASS) {
    mu_drill_event(drill, "smoke-green", NULL);
  }
  result->seen = mu_arena_fmt(drill->arena, "%zu of %zu%s%s%s%s", passed, n, address ? ", at " : "",
                              address ? address : "", worst ? " · " : "", worst ? worst : "");
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out, "%zu smoke checks against the standby (%s), production's name in SNI and Host\n",
              drill->workload->smoke.n,
              drill->workload->dns.standby.address ? drill->workload->dns.standby.address
              : drill->workload->dns.standby.host  ? drill->workload->dns.standby.host
                                                   : "as named");
}

const struct mu_step mu_step_smoke = {
    .id = "smoke",
    .title = "smoke",
    .budget = "smoke",
    .doc = "Runs the smoke suite against the standby's address with the service's own name in SNI "
           "and Host; only answers that carry the standby's marker count.",
    .applies = applies,
    .describe = describe,
    .run = run,
};
