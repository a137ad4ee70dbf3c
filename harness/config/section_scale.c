/* SPDX-License-Identifier: Apache-2.0 */
/* scale: the node group that a drill takes from nothing to its working size. */
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_scale, member)
enum { NODES_MAX = 100000 };

static const struct mu_field fields[] = {
    {.key = "cluster",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED | MU_ROW_REFS,
     AT(cluster),
     .doc = "the EKS cluster"},
    {.key = "node_group",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED | MU_ROW_REFS,
     AT(node_group),
     .doc = "its node group"},
    {.key = "desired",
     .type = MU_FIELD_INT,
     .flags = MU_ROW_REQUIRED,
     AT(desired),
     .min = 1,
     .max = NODES_MAX,
     .doc = "how many nodes a drill runs on"},
    {.key = "min",
     .type = MU_FIELD_INT,
     AT(min),
     .otherwise = "-1",
     .min = -1,
     .max = NODES_MAX,
     .doc = "least size to set; -1: as it is"},
    {.key = "max",
     .type = MU_FIELD_INT,
     AT(max),
     .otherwise = "-1",
     .min = -1,
     .max = NODES_MAX,
     .doc = "largest size to set; -1: as it is"},
    {.key = "within",
     .type = MU_FIELD_DUR,
     AT(within_ms),
     .otherwise = "15m",
     .doc = "how long to wait until the nodes are ready"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_scale *scale = out;
  const struct mu_node *desired = mu_node_get(place.member->value, "desired");
  if (!desired || scale->desired == 0) {
    return;
  }
  if (scale->max >= 0 && scale->desired > scale->max) {
    mu_diag_add(r->diags, desired, "desired: %lld nodes are more than max, %lld",
                (long long)scale->desired, (long long)scale->max);
  }
  if (scale->min >= 0 && scale->desired < scale->min) {
    mu_diag_add(r->diags, desired, "desired: %lld nodes are less than min, %lld",
                (long long)scale->desired, (long long)scale->min);
  }
}

const struct mu_section mu_section_scale = {
    .name = "scale",
    .doc = "The node group that a drill scales out.",
    .size = sizeof(struct mu_conf_scale),
    .fields = fields,
    .node = offsetof(struct mu_conf_scale, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
};
