/* SPDX-License-Identifier: Apache-2.0 */
/* replica: where the data lies, how fresh it must be, and what is expected of each table. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "config/table.h"

#define TABLE(member) .offset = offsetof(struct mu_conf_table, member)

static const struct mu_field table_fields[] = {
    {.key = "partitions",
     .type = MU_FIELD_ENUM,
     .flags = MU_ROW_LATER,
     .choices = "by-day",
     .doc = "by-day: every day of the source must be there"},
    {.key = "database",
     .type = MU_FIELD_STR,
     TABLE(database),
     .doc = "in the catalog; default: what stands before the last dot of the name"},
    {.key = "table",
     .type = MU_FIELD_STR,
     TABLE(table),
     .doc = "in the catalog; default: what stands behind the last dot"},
    {.key = "location",
     .type = MU_FIELD_STR,
     TABLE(location),
     .pattern = "^(s3://.+|\\$\\{.*)",
     .flags = MU_ROW_REFS,
     .expected = "a table's address; write it as s3://bucket/path",
     .doc = "of the table, where there is no catalog"},
    {0},
};

static void table_rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_conf_table *table = out;
  const struct mu_node *partitions = mu_node_get(place.member->value, "partitions");
  const char *word = NULL;
  if (partitions &&
      mu_read_kind(r, mu_place_of(r, place, mu_member_find(place.member->value, "partitions"), 0),
                   MU_NODE_SCALAR)) {
    table->by_day = mu_read_enum(r, &table_fields[0], "partitions", partitions, &word);
  }
  const char *dot = strrchr(table->name, '.');
  if (dot && !table->database) {
    table->database = mu_arena_strn(r->arena, table->name, (size_t)(dot - table->name));
  }
  if (!table->table) {
    table->table = dot ? dot + 1 : table->name;
  }
  if (table->expect) {
    mu_read_refs(r, table->expect);
  }
}

static const struct mu_section table_section = {
    .name = "table",
    .doc = "One table of the replica, and what is expected of it.",
    .size = sizeof(struct mu_conf_table),
    .cap = MU_LONG_LIST_MAX,
    .fields = table_fields,
    .node = offsetof(struct mu_conf_table, node),
    .key = offsetof(struct mu_conf_table, name),
    .rest = offsetof(struct mu_conf_table, expect),
    .rest_schema = "expectation",
    .key_pattern = "^[A-Za-z0-9_$-]+(\\.[A-Za-z0-9_$-]+)+$",
    .key_expected = "a table; write it as database.table",
    .rules = table_rules,
};

#define AT(member) .offset = offsetof(struct mu_conf_replica, member)

static const struct mu_field lock_fields[] = {
    {.key = "mode",
     .type = MU_FIELD_ENUM,
     .flags = MU_ROW_REQUIRED,
     AT(lock_mode),
     .choices = "governance|compliance",
     .doc = "governance or compliance"},
    {.key = "days",
     .type = MU_FIELD_INT,
     .flags = MU_ROW_REQUIRED,
     AT(lock_days),
     .min = 1,
     .max = 36500,
     .doc = "how long each object is locked"},
    {0},
};

static const struct mu_section lock = {
    .name = "object_lock",
    .doc = "Object Lock of the bucket.",
    .size = sizeof(struct mu_conf_replica), /* fills in the replica itself */
    .fields = lock_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

static const struct mu_field fields[] = {
    {.key = "catalog",
     .type = MU_FIELD_ENUM,
     AT(catalog),
     .choices = "glue|none",
     .otherwise = "glue",
     .doc = "where tables are registered: glue, or none"},
    {.key = "inside",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(inside),
     .pattern = "^s3://[a-z0-9][a-z0-9.-]+/(.*/)?$",
     .expected = "a bucket or folder; write it as s3://bucket/ or s3://bucket/path/, with the '/' "
                 "at the end",
     .doc = "every path of every table lies below it"},
    {.key = "object_lock",
     .type = MU_FIELD_MAP,
     .section = &lock,
     .doc = "the lock that the bucket must have"},
    {.key = "as_of",
     .type = MU_FIELD_STR,
     AT(as_of),
     .pattern = "^summary:.+",
     .expected = "a stamp; write it as summary:KEY, the key that the nightly job writes into a "
                 "snapshot's summary",
     .doc = "where a snapshot says how old its data is, as summary:KEY"},
    {.key = "fresher_than",
     .type = MU_FIELD_DUR,
     AT(fresher_than_ms),
     .doc = "the oldest that the data may be"},
    {.key = "tables",
     .type = MU_FIELD_NAMED,
     .flags = MU_ROW_REQUIRED,
     AT(tables),
     .section = &table_section,
     .doc = "the tables, each with what is expected of it"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_replica *replica = out;
  (void)place;
  for (size_t i = 0; i < replica->tables.n; i++) {
    const struct mu_conf_table *table = &replica->tables.at[i];
    if (mu_streq(replica->catalog, "none") && !table->location) {
      mu_diag_add(
          r->diags, table->node,
          "%s: without a catalog a table needs its 'location'; write it as s3://bucket/path",
          table->name);
    }
  }
}

const struct mu_section mu_section_replica = {
    .name = "replica",
    .doc = "The replicated data.",
    .size = sizeof(struct mu_conf_replica),
    .fields = fields,
    .node = offsetof(struct mu_conf_replica, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
};
