/* SPDX-License-Identifier: Apache-2.0 */
/* The negative control: an expectation broken on purpose. If it is not red, no check of this drill
 * proves anything. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drill/drill.h"
#include "smoke/plan.h"
#include "smoke/suites.h"
#include "step.h"

/* The control over a restored table: the same look as the restore's, with the broken expectation.
 */
static int plan_table(struct mu_drill *drill, struct mu_plan *plan, struct mu_err *err) {
  const struct mu_conf_control *control = &drill->workload->control;
  struct mu_diags diags;
  mu_diags_init(&diags, drill->arena, drill->env->config->path, drill->env->config->text);
  for (size_t i = 0; i < drill->workload->replica.tables.n; i++) {
    const struct mu_conf_table *table = &drill->workload->replica.tables.at[i];
    if (!mu_streq(table->name, control->table)) {
      continue;
    }
    struct mu_planned *check =
        mu_plan_table(plan, drill->workload, drill->standby, table, "control", NULL, NULL,
                      drill->env->probes, drill->arena, err);
    if (!check) {
      return -1;
    }
    check->expect_n = 0;
    check->must_fail = true;
    if (mu_plan_expect_node(check, control->expect, &diags, drill->arena)) {
      return mu_fail(err, MU_E_CONFIG, "control: %s", diags.at[0].message);
    }
    return 0;
  }
  return mu_fail(err, MU_E_CONFIG, "control: there is no table '%s'", control->table);
}

static int plan_check(struct mu_drill *drill, struct mu_plan *plan, struct mu_err *err) {
  struct mu_diags diags;
  mu_diags_init(&diags, drill->arena, drill->env->config->path, drill->env->config->text);
  if (mu_plan_checks(plan, drill->workload->control.check, 1, "control", drill->workload->name,
                     NULL, drill->env->probes, &diags, drill->arena)) {
    return mu_fail(err, MU_E_CONFIG, "control: %s", diags.n ? diags.at[0].message : "wrong");
  }
  plan->at[0].must_fail = true;
  return 0;
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  struct mu_plan plan = {0};
  int rc = drill->workload->control.table ? plan_table(drill, &plan, err)
                                          : plan_check(drill, &plan, err);
  if (rc != 0) {
    return -1;
  }
  size_t first = drill->run->checks.n;
  result->verdict = mu_drill_observe(drill, &plan, true);
  const struct mu_check *check = &drill->run->checks.at[first];
  result->seen = result->verdict == MU_PASS
                     ? mu_arena_fmt(drill->arena, "%s: red, as it must be", check->title)
                 : result->verdict == MU_FAIL
                     ? mu_arena_fmt(drill->arena, "%s: green, so the drill is void", check->title)
                     : mu_arena_fmt(drill->arena, "%s: %s", check->title,
                                    check->error ? check->error : "could not be looked at");
  return 0;
}

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no control in the config: nothing shows that the checks can fail";
  return drill->workload->control.node != NULL;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out, "negative control on %s: must go red\n",
              drill->workload->control.table ? drill->workload->control.table
                                             : "a check of its own");
}

const struct mu_step mu_step_control = {
    .id = "control",
    .title = "control",
    .doc = "Looks with an expectation that is broken on purpose. A control that is not red voids "
           "the drill.",
    .applies = applies,
    .describe = describe,
    .run = run,
};
