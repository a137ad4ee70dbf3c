/* SPDX-License-Identifier: Apache-2.0 */
/* control: an expectation that is broken on purpose. If it is not red, the drill has shown nothing.
 */
#include "base/arena.h"
#include "base/str.h"
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_control, member)

static const struct mu_field replica_fields[] = {
    {.key = "table",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(table),
     .doc = "a table of section replica"},
    {0},
};

static void replica_rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_control *control = out;
  if (!control->expect) {
    mu_diag_add_key(r->diags, place.member,
                    "%s: expects nothing that could fail; write for example rows: \"== 0\"",
                    place.path);
  } else {
    mu_read_refs(r, control->expect);
  }
}

static const struct mu_section replica_control = {
    .name = "replica_control",
    .doc = "A table, and an expectation that it must break.",
    .size = sizeof(struct mu_conf_control),
    .fields = replica_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = offsetof(struct mu_conf_control, expect),
    .rest_schema = "expectation",
    .rules = replica_rules,
};

static const struct mu_field fields[] = {
    {.key = "replica",
     .type = MU_FIELD_MAP,
     .section = &replica_control,
     .doc = "a table, and what it must not be"},
    {.key = "check",
     .type = MU_FIELD_MAP,
     .flags = MU_ROW_LATER,
     .section = &mu_section_check,
     .doc = "any check that must break its expectation"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_conf_control *control = out;
  const struct mu_node *map = place.member->value;
  const struct mu_member *check = mu_member_find(map, "check");
  if (check) {
    struct mu_conf_check *one = mu_arena_alloc(r->arena, sizeof *one);
    mu_read_field(
        r, &(struct mu_field){.key = "check", .type = MU_FIELD_MAP, .section = &mu_section_check},
        mu_place_of(r, place, check, 0), one);
    one->must_fail = true;
    control->check = one;
  }
  bool replica = mu_node_get(map, "replica") != NULL;
  if (replica == (check != NULL)) {
    mu_diag_add_key(r->diags, place.member, "%s: needs %s of 'replica' and 'check'", place.path,
                    replica ? "only one" : "one");
  }
}

static void refs(struct mu_reader *r, const struct mu_conf_workload *workload, const char *key) {
  (void)key;
  const struct mu_conf_control *control = &workload->control;
  if (!control->table) {
    return;
  }
  const char **names = mu_arena_array(r->arena, workload->replica.tables.n, sizeof *names);
  for (size_t i = 0; i < workload->replica.tables.n; i++) {
    names[i] = workload->replica.tables.at[i].name;
    if (mu_streq(names[i], control->table)) {
      return;
    }
  }
  const struct mu_node *table = mu_node_get(mu_node_get(control->node, "replica"), "table");
  mu_diag_add(r->diags, table, "table: '%s' is not a table of section replica%s", control->table,
              mu_read_hint(r, control->table, names, workload->replica.tables.n));
}

const struct mu_section mu_section_control = {
    .name = "control",
    .doc = "The negative control of every drill.",
    .size = sizeof(struct mu_conf_control),
    .fields = fields,
    .node = offsetof(struct mu_conf_control, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
    .refs = refs,
};
