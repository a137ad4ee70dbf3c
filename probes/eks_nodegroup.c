/* SPDX-License-Identifier: Apache-2.0 */
/* A node group of an EKS cluster: is it there, is it well, how many nodes has it. */
#include <string.h>

#include "aws_look.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"

enum { ISSUES_MAX = 100 };

static const struct mu_param params[] = {
    {.name = "cluster", .type = MU_T_STR, .required = true, .doc = "name of the cluster"},
    {.name = "node_group", .type = MU_T_STR, .required = true, .doc = "name of the node group"},
    MU_AWS_PARAMS,
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "status",
     .type = MU_T_STR,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "ACTIVE, UPDATING, DEGRADED, …"},
    {.name = "desired",
     .type = MU_T_INT,
     .unit = "nodes",
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "desired size"},
    {.name = "min",
     .type = MU_T_INT,
     .unit = "nodes",
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "smallest size"},
    {.name = "max",
     .type = MU_T_INT,
     .unit = "nodes",
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "largest size"},
    {.name = "version",
     .type = MU_T_STR,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "Kubernetes version of the nodes"},
    {.name = "release_version",
     .type = MU_T_STR,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "version of the node image"},
    {.name = "instance_types",
     .type = MU_T_LIST,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "instance types"},
    {.name = "issues", .type = MU_T_INT, .finding = MU_F_NODEGROUP_STATE, .doc = "health issues"},
    {.name = "issue_codes",
     .type = MU_T_LIST,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "codes of the health issues"},
    {.name = "cluster_status",
     .type = MU_T_STR,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "status of the cluster"},
    {.name = "cluster_version",
     .type = MU_T_STR,
     .finding = MU_F_NODEGROUP_STATE,
     .doc = "Kubernetes version of the cluster"},
    {0}};

static void add_text(struct mu_facts *facts, const char *name, const struct mu_json_node *node) {
  const char *text = mu_json_str(node, NULL);
  if (text) {
    (void)mu_fact_str(facts, name, text);
  }
}

static void add_size(struct mu_facts *facts, const char *name, const struct mu_json_node *node) {
  if (mu_json_type(node) == MU_JSON_INT) {
    (void)mu_fact_int(facts, name, mu_json_int(node, 0), "nodes");
  }
}

/* The strings of an array, or one member of each of its objects. */
static void add_list(struct mu_facts *facts, const char *name, const struct mu_json_node *array,
                     const char *member) {
  const char *items[ISSUES_MAX];
  size_t n = 0;
  for (size_t i = 0; i < mu_json_len(array) && n < ISSUES_MAX; i++) {
    const struct mu_json_node *item = mu_json_at(array, i);
    items[n++] = mu_json_str(member ? mu_json_get(item, member) : item, "?");
  }
  (void)mu_fact_list(facts, name, items, n);
}

static int read_group(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                      struct mu_facts *facts, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  const struct mu_param_row rows[] = {{"name", mu_arg_str(args, "cluster", "")},
                                      {"nodegroupName", mu_arg_str(args, "node_group", "")}};
  const struct mu_aws_args ask = {.params = rows, .params_n = MU_LEN(rows)};
  if (mu_aws_look(args, ctx, "eks", "DescribeNodegroup", &ask, &answer, err) != 0) {
    return -1;
  }
  const struct mu_json_node *group = mu_json_get(answer.json, "nodegroup");
  const struct mu_json_node *issues = mu_json_path(group, "health.issues");
  add_text(facts, "eks_nodegroup.status", mu_json_get(group, "status"));
  add_text(facts, "eks_nodegroup.version", mu_json_get(group, "version"));
  add_text(facts, "eks_nodegroup.release_version", mu_json_get(group, "releaseVersion"));
  add_size(facts, "eks_nodegroup.desired", mu_json_path(group, "scalingConfig.desiredSize"));
  add_size(facts, "eks_nodegroup.min", mu_json_path(group, "scalingConfig.minSize"));
  add_size(facts, "eks_nodegroup.max", mu_json_path(group, "scalingConfig.maxSize"));
  add_list(facts, "eks_nodegroup.instance_types", mu_json_get(group, "instanceTypes"), NULL);
  if (mu_json_type(issues) == MU_JSON_ARRAY) {
    (void)mu_fact_int(facts, "eks_nodegroup.issues", (int64_t)mu_json_len(issues), NULL);
    add_list(facts, "eks_nodegroup.issue_codes", issues, "code");
  }
  return 0;
}

static int read_cluster(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                        struct mu_facts *facts, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  const struct mu_param_row rows[] = {{"name", mu_arg_str(args, "cluster", "")}};
  const struct mu_aws_args ask = {.params = rows, .params_n = MU_LEN(rows)};
  if (mu_aws_look(args, ctx, "eks", "DescribeCluster", &ask, &answer, err) != 0) {
    return -1;
  }
  const struct mu_json_node *cluster = mu_json_get(answer.json, "cluster");
  add_text(facts, "eks_nodegroup.cluster_status", mu_json_get(cluster, "status"));
  add_text(facts, "eks_nodegroup.cluster_version", mu_json_get(cluster, "version"));
  return 0;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  if (read_group(args, ctx, facts, err) == 0 && read_cluster(args, ctx, facts, err) == 0) {
    return 0;
  }
  *absent = err->code == MU_E_ABSENT;
  return *absent ? 0 : -1;
}

const struct mu_probe mu_probe_eks_nodegroup = {
    .name = "eks_nodegroup",
    .summary = "an EKS node group: status, sizes, versions, health",
    .params = params,
    .facts = facts_seen,
    .headline = "{status}, {desired} desired ({min} to {max})",
    .target = "node_group",
    .network = true,
    .observe = observe,
    .expect = "status",
    .expect_to_be = "ACTIVE"};
