/* SPDX-License-Identifier: Apache-2.0 */
/* Scales the node group up and waits until the control plane says so. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "step.h"
#include "wire/aws.h"

enum { TEN_MINUTES_MS = 600 * 1000, POLL_MS = 2000 };

struct sizes {
  int64_t min, max, desired;
};

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no node group in the config";
  return drill->workload->scale.node != NULL;
}

static int describe_group(struct mu_drill *drill, const char *cluster, const char *group,
                          struct sizes *sizes, const char **status, struct mu_err *err) {
  const struct mu_param_row params[] = {{"name", cluster}, {"nodegroupName", group}};
  const struct mu_aws_args args = {.params = params, .params_n = MU_LEN(params)};
  MU_AWS_ANSWER(answer);
  if (mu_aws_do(drill->aws, drill->http, "eks", "DescribeNodegroup", &args, drill->arena, &answer,
                err) != 0) {
    return -1;
  }
  const struct mu_json_node *node = mu_json_get(answer.json, "nodegroup");
  const struct mu_json_node *config = mu_json_get(node, "scalingConfig");
  *sizes = (struct sizes){mu_json_int(mu_json_get(config, "minSize"), -1),
                          mu_json_int(mu_json_get(config, "maxSize"), -1),
                          mu_json_int(mu_json_get(config, "desiredSize"), -1)};
  *status = mu_arena_str(drill->arena, mu_json_str(mu_json_get(node, "status"), "?"));
  return sizes->desired < 0
             ? mu_fail(err, MU_E_REMOTE, "eks DescribeNodegroup: no scalingConfig in the answer")
             : 0;
}

/* A token of its own for each change: the service answers a known one with the change that it was
 * made for, and a size that is asked for once more after an undo would never be set. */
static int update_group(struct mu_drill *drill, const char *cluster, const char *group,
                        struct sizes sizes, struct mu_err *err) {
  const struct mu_param_row params[] = {{"name", cluster}, {"nodegroupName", group}};
  char token[MU_ULID];
  mu_ulid(mu_wall_ms(drill->env->clock), token);
  const struct mu_aws_args args = {
      .params = params,
      .params_n = MU_LEN(params),
      .json = mu_arena_fmt(drill->arena,
                           "{\"scalingConfig\":{\"minSize\":%lld,\"maxSize\":%lld,\"desiredSize\":%"
                           "lld},\"clientRequestToken\":\"%s\"}",
                           (long long)sizes.min, (long long)sizes.max, (long long)sizes.desired,
                           token)};
  MU_AWS_ANSWER(answer);
  return mu_aws_do(drill->aws, drill->http, "eks", "UpdateNodegroupConfig", &args, drill->arena,
                   &answer, err);
}

/* Waits for ACTIVE at the size asked for. */
static int wait_active(struct mu_drill *drill, const char *cluster, const char *group,
                       int64_t desired, struct mu_err *err) {
  int64_t within =
      drill->workload->scale.within_ms ? drill->workload->scale.within_ms : TEN_MINUTES_MS;
  int64_t deadline = mu_drill_deadline(drill, within);
  for (;;) {
    struct sizes now = {0};
    const char *status = NULL;
    if (describe_group(drill, cluster, group, &now, &status, err) != 0) {
      return -1;
    }
    if (mu_streq(status, "ACTIVE") && now.desired == desired) {
      return 0;
    }
    if (mu_streq(status, "DEGRADED") || mu_str_ends(status, "_FAILED")) {
      return mu_fail(err, MU_E_REMOTE, "node group %s is %s", group, status);
    }
    if (mu_canceled(drill->env->stop)) {
      return mu_fail(err, MU_E_CANCELED, "interrupted while node group %s was %s", group, status);
    }
    if (mu_mono_ms(drill->env->clock) > deadline) {
      return mu_fail(err, MU_E_TIMEOUT, "node group %s is still %s with %lld desired", group,
                     status, (long long)now.desired);
    }
    mu_drill_note(drill, "node group %s is %s", group, status);
    mu_sleep_ms(drill->env->clock, POLL_MS);
  }
}

static const char *undo_data(struct mu_drill *drill, const char *cluster, const char *group,
                             struct sizes was) {
  MU_STR(json, 4096);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  mu_jw_kstr(&w, "cluster", cluster);
  mu_jw_kstr(&w, "node_group", group);
  mu_jw_kint(&w, "min", was.min);
  mu_jw_kint(&w, "max", was.max);
  mu_jw_kint(&w, "desired", was.desired);
  mu_jw_end(&w);
  return mu_str_copy(&json, drill->arena);
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_scale *scale = &drill->workload->scale;
  const char *cluster = NULL, *group = NULL, *status = NULL;
  struct sizes was = {0};
  if (!drill->aws) {
    return mu_fail(err, MU_E_UNSUPPORTED, "node groups can be scaled in EKS only");
  }
  if (mu_drill_resolve(drill, scale->cluster, &cluster, err) != 0 ||
      mu_drill_resolve(drill, scale->node_group, &group, err) != 0 ||
      describe_group(drill, cluster, group, &was, &status, err) != 0) {
    return -1;
  }
  struct sizes want = {scale->min >= 0 ? scale->min : was.min,
                       scale->max >= 0 ? scale->max : was.max, scale->desired};
  if (want.desired > want.max) { /* EKS refuses this; an emulator need not */
    return mu_fail(err, MU_E_CONFLICT, "%lld nodes are more than the node group's maximum of %lld",
                   (long long)want.desired, (long long)want.max);
  }
  int64_t act = 0;
  if (mu_act_begin(drill, "eks.scale",
                   mu_arena_fmt(drill->arena, "scale %s to %lld", group, (long long)want.desired),
                   undo_data(drill, cluster, group, was), &act, err) != 0) {
    return -1;
  }
  struct mu_err why = {0};
  int rc = update_group(drill, cluster, group, want, &why);
  rc = rc == 0 ? wait_active(drill, cluster, group, want.desired, &why) : rc;
  if (mu_act_end(drill, act, rc == 0, NULL, err) != 0) {
    return -1;
  }
  if (rc != 0) {
    *err = why;
    return -1;
  }
  mu_drill_event(drill, "nodes-ready", NULL);
  result->verdict = MU_PASS;
  result->seen = mu_arena_fmt(drill->arena, "node group %s %lld → %lld, ACTIVE", group,
                              (long long)was.desired, (long long)want.desired);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out, "scale node group %s of %s to %lld and wait\n",
              drill->workload->scale.node_group, drill->workload->scale.cluster,
              (long long)drill->workload->scale.desired);
}

const struct mu_step mu_step_scale = {
    .id = "scale",
    .title = "scale",
    .budget = "scale",
    .doc = "Raises the node group to the size that the config asks for and waits for the control "
           "plane to say ACTIVE. Undo: the sizes as they were.",
    .applies = applies,
    .describe = describe,
    .run = run,
};

static int undo_scale(struct mu_drill *drill, const struct mu_json_node *undo, struct mu_err *err) {
  const struct sizes was = {mu_json_int(mu_json_get(undo, "min"), 0),
                            mu_json_int(mu_json_get(undo, "max"), 1),
                            mu_json_int(mu_json_get(undo, "desired"), 0)};
  int rc = update_group(drill, mu_json_str(mu_json_get(undo, "cluster"), ""),
                        mu_json_str(mu_json_get(undo, "node_group"), ""), was, err);
  return rc != 0 && err->code == MU_E_ABSENT ? 0 : rc; /* gone with its cluster */
}

const struct mu_undo mu_undo_eks_scale = {
    .act = "eks.scale", .title = "node group to its old size", .run = undo_scale};
