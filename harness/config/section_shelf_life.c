/* SPDX-License-Identifier: Apache-2.0 */
/* shelf_life: how near an end of support may come, and ends that the built-in table does not know.
 */
#include "base/arena.h"
#include "base/str.h"
#include "config/table.h"

static const struct mu_field end_fields[] = {
    {.key = "type",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_shelf_rule, type),
     .doc = "of the resource; * matches anything"},
    {.key = "attribute",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_shelf_rule, attribute),
     .pattern = "^[A-Za-z_][A-Za-z0-9_-]*$",
     .expected = "the name of an attribute; write \"engine_version\"",
     .doc = "of the resource, that holds the version"},
    {.key = "engine",
     .type = MU_FIELD_STR,
     .offset = offsetof(struct mu_shelf_rule, engine),
     .doc = "what its attribute 'engine' must say; left out: anything"},
    {.key = "version",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_shelf_rule, version),
     .doc = "or the beginning of one, up to a dot"},
    {.key = "until",
     .type = MU_FIELD_DATE,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_shelf_rule, until_ms),
     .doc = "the last day of support, as in 2027-03-31"},
    {.key = "extended",
     .type = MU_FIELD_DATE,
     .offset = offsetof(struct mu_shelf_rule, extended_ms),
     .doc = "the last day of support at extra cost"},
    {.key = "source",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_shelf_rule, source),
     .doc = "where the date is from"},
    {0},
};

static void end_rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_shelf_rule *rule = out;
  if (rule->extended_ms && rule->until_ms && rule->extended_ms <= rule->until_ms) {
    mu_diag_add(r->diags, mu_node_get(place.member->value, "extended"),
                "extended: is not after 'until'; leave it out where there is no support beyond");
  }
}

static const struct mu_section end = {
    .name = "end_of_support",
    .doc = "A version and the day on which its support ends.",
    .size = sizeof(struct mu_shelf_rule),
    .fields = end_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = end_rules,
};

#define AT(member) .offset = offsetof(struct mu_conf_shelf_life, member)

static const struct mu_field fields[] = {
    {.key = "warn",
     .type = MU_FIELD_DUR,
     AT(warn_ms),
     .otherwise = "180d",
     .doc = "an end that is nearer is worth a line"},
    {.key = "fail",
     .type = MU_FIELD_DUR,
     AT(fail_ms),
     .otherwise = "60d",
     .doc = "an end that is nearer, or support at extra cost, is of severity medium"},
    {.key = "certificate",
     .type = MU_FIELD_DUR,
     AT(certificate_ms),
     .otherwise = "21d",
     .doc = "the same for certificates, which are renewed late by design"},
    {.key = "ends",
     .type = MU_FIELD_LIST,
     AT(ends),
     .section = &end,
     .doc = "ends of support; they come before the built-in table"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_shelf_life *life = out;
  if (life->fail_ms > life->warn_ms) {
    const struct mu_node *map = place.member->value;
    const struct mu_node *at = mu_node_get(map, "fail");
    mu_diag_add(r->diags, at ? at : mu_node_get(map, "warn"),
                "fail: is longer than 'warn'; what fails has been warned of before");
  }
}

const struct mu_section mu_section_shelf_life = {
    .name = "shelf_life",
    .doc = "Ends of support and of certificates, looked up every night.",
    .size = sizeof(struct mu_conf_shelf_life),
    .fields = fields,
    .node = offsetof(struct mu_conf_shelf_life, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
};
