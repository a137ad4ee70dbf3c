/* SPDX-License-Identifier: Apache-2.0 */
/* Captures what was really deployed, refreshed, and compares it with what the plan wanted, while it
 * still stands. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "drill/layers.h"
#include "drill/memory.h"
#include "drill/terraform.h"
#include "step.h"

enum { PLAN_MAX = 256 << 20 };

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no staged Terraform layer in the config";
  return drill->workload->staged.node != NULL;
}

/* What the drill itself changed after the apply differs from the plan, and is explained: the node
 * group that it scaled. */
static size_t explain_own_acts(struct mu_drill *drill, const char *check) {
  const char *desired =
      mu_arena_fmt(drill->arena, "%lld", (long long)drill->workload->scale.desired);
  size_t explained = 0;
  for (size_t i = 0; i < drill->run->findings.n && mu_act_open(drill, "eks.scale"); i++) {
    struct mu_finding *finding = &drill->run->findings.at[i];
    if (mu_streq(finding->check, check) && finding->path &&
        mu_str_ends(finding->path, "desired_size") &&
        strstr(finding->subject, "aws_eks_node_group.") && mu_streq(finding->actual, desired)) {
      finding->verdict = MU_PASS;
      finding->severity = MU_INFO;
      finding->klass = "made by this drill: scale";
      explained++;
    }
  }
  return explained;
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  if (!mu_act_open(drill, "terraform.apply") || !mu_memory_done(drill, "stand-up")) {
    result->verdict = MU_INCONCLUSIVE;
    result->seen = mu_act_made(drill, "terraform.apply")
                       ? "stand up was interrupted: nothing whole to compare"
                       : "nothing was stood up: nothing to compare";
    return 0;
  }
  struct mu_layer_env env;
  struct mu_tf tf;
  const struct mu_doc *plan = NULL, *actual = NULL;
  MU_STR(json, PLAN_MAX);
  mu_drill_layer(drill, &env);
  mu_drill_terraform(drill, &drill->workload->staged, true, &tf);
  /* The plan file is the one that was applied; its JSON is read again, since what was kept as
   * evidence is redacted. */
  if (mu_tf_show(&tf, mu_drill_get(drill, "fresh-plan"), &json, err) != 0 ||
      mu_layer_parse(&env, "the applied plan", mu_str_copy(&json, drill->arena), json.n, false,
                     &plan, err) != 0 ||
      mu_layer_refresh(&env, &tf, &actual, err) != 0) {
    return -1;
  }
  struct mu_drift_in in = {.plan = plan,
                           .actual = &actual,
                           .actual_n = 1,
                           .expect = MU_EXPECT_AFTER,
                           .require_refreshed = true};
  struct mu_check *check =
      mu_layer_compare(&env, "capture", "what was deployed is what was planned", &in);
  size_t own = explain_own_acts(drill, check->id);
  if (own) {
    check->headline = mu_arena_fmt(drill->arena, "%s · %zu made by the drill itself",
                                   check->headline ? check->headline : "", own);
    mu_run_judge_check(drill->run, check);
  }
  result->verdict = check->verdict;
  result->seen = check->headline ? check->headline : check->error ? check->error : "";
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  (void)drill;
  mu_str_add(out, "refresh and compare every attribute with the applied plan\n");
}

const struct mu_step mu_step_capture = {
    .id = "capture",
    .title = "capture",
    .budget = "capture",
    .doc = "Refreshes the drill's own state and compares what was really deployed with what the "
           "plan wanted, attribute by attribute, before anything is torn down.",
    .back = true, /* also after a failure: what was deployed is what must be understood */
    .applies = applies,
    .describe = describe,
    .run = run,
};
