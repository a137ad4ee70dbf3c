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
     TABLE(partitions),
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
    {.key = "source",
     .type = MU_FIELD_STR,
     TABLE(source),
     .pattern = "^(s3a?|abfss?|wasbs?)://.+",
     .flags = MU_ROW_REFS,
     .expected = "a Delta table's address; write it as abfss://container@account.dfs.core.windows"
                 ".net/path or s3://bucket/path",
     .doc = "the Delta table that it is a copy of; its log is read at night, never in a drill"},
    {0},
};

/* "rows: exact" asks how the rows are known, not how many they are: no predicate on a number. */
static void take_exact(struct mu_conf_table *table, struct mu_arena *arena) {
  struct mu_node *rest = mu_arena_alloc(arena, sizeof *rest);
  if (!table->expect || !mu_streq(mu_node_text(mu_node_get(table->expect, "rows")), "exact")) {
    return;
  }
  *rest = *table->expect;
  rest->members = mu_arena_array(arena, rest->n, sizeof *rest->members);
  rest->n = 0;
  for (size_t i = 0; i < table->expect->n; i++) {
    if (!mu_streq(table->expect->members[i].key, "rows")) {
      rest->members[rest->n++] = table->expect->members[i];
    }
  }
  table->expect = rest->n > 0 ? rest : NULL;
  table->rows_exact = true;
}

static void table_rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_conf_table *table = out;
  (void)place;
  const char *dot = strrchr(table->name, '.');
  if (dot && !table->database) {
    table->database = mu_arena_strn(r->arena, table->name, (size_t)(dot - table->name));
  }
  if (!table->table) {
    table->table = dot ? dot + 1 : table->name;
  }
  take_exact(table, r->arena);
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
     .choices = "glue|rest|none",
     .otherwise = "glue",
     .doc = "where tables are registered: glue, rest (an Iceberg REST catalog), or none"},
    {.key = "rest",
     .type = MU_FIELD_MAP,
     AT(rest),
     .section = &mu_section_rest,
     .doc = "the REST catalog"},
    {.key = "ca_file",
     .type = MU_FIELD_PATH,
     AT(ca_file),
     .doc = "PEM file of further trust anchors, for a catalog and storage of one's own"},
    {.key = "inside",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(inside),
     .pattern = "^s3://[a-z0-9][a-z0-9.-]+/(.*/)?$",
     .expected = "a bucket or folder; write it as s3://bucket/ or s3://bucket/path/, with the '/' "
                 "at the end",
     .doc = "every path of every table lies below it"},
    {.key = "bucket_owner",
     .type = MU_FIELD_STR,
     AT(bucket_owner),
     .form = MU_FORM_ACCOUNT,
     .doc = "the account that must own the buckets, 12 digits in quotes: what is another's is "
            "refused"},
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
    {.key = "source",
     .type = MU_FIELD_MAP,
     AT(source),
     .section = &mu_section_source,
     .doc = "how the tables at home are read, and how far a copy may be from them"},
    {.key = "engine",
     .type = MU_FIELD_STR,
     AT(engine_name),
     .doc = "one of the config's engines: counts the rows that metadata leaves open"},
    {.key = "tables",
     .type = MU_FIELD_NAMED,
     .flags = MU_ROW_REQUIRED,
     AT(tables),
     .section = &table_section,
     .doc = "the tables, each with what is expected of it"},
    {0},
};

/* What an engine leaves behind must not lie where every object is one of the replica's. */
static void check_output(struct mu_reader *r, const struct mu_conf_replica *replica,
                         const struct mu_node *at) {
  const struct mu_conf_engine *engine = replica->engine;
  for (size_t i = 0; i < engine->args.n && replica->inside; i++) {
    if (mu_streq(engine->args.at[i].name, "output") &&
        mu_str_starts(engine->args.at[i].value, replica->inside)) {
      mu_diag_add(r->diags, at,
                  "engine: '%s' would leave its results in the replica, at %s; give it another "
                  "'output'",
                  engine->name, engine->args.at[i].value);
    }
  }
}

static void read_engine(struct mu_reader *r, struct mu_place place,
                        struct mu_conf_replica *replica) {
  const struct mu_config *config = r->config;
  const struct mu_node *at = mu_node_get(place.member->value, "engine");
  if (!replica->engine_name) {
    return;
  }
  replica->engine = mu_config_engine(config, replica->engine_name);
  if (replica->engine) {
    check_output(r, replica, at);
    return;
  }
  const char **names = mu_arena_array(r->arena, config->engines.n + 1, sizeof *names);
  for (size_t i = 0; i < config->engines.n; i++) {
    names[i] = config->engines.at[i].name;
  }
  mu_diag_add(r->diags, at, "engine: there is no engine '%s' under 'engines'%s",
              replica->engine_name,
              mu_read_hint(r, replica->engine_name, names, config->engines.n));
}

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_conf_replica *replica = out;
  read_engine(r, place, replica);
  bool is_rest = mu_streq(replica->catalog, "rest"), has_source = false;
  if (is_rest != (replica->rest.node != NULL)) {
    mu_diag_add_key(r->diags, place.member,
                    is_rest ? "%s: catalog: rest needs 'rest' with the catalog's uri"
                            : "%s: 'rest' says where a REST catalog is; write catalog: rest, or "
                              "leave it out",
                    place.path);
  }
  for (size_t i = 0; i < replica->tables.n; i++) {
    const struct mu_conf_table *table = &replica->tables.at[i];
    if (mu_streq(replica->catalog, "none") && !table->location) {
      mu_diag_add(
          r->diags, table->node,
          "%s: without a catalog a table needs its 'location'; write it as s3://bucket/path",
          table->name);
    }
    has_source = has_source || mu_node_get(table->node, "source");
  }
  if (replica->source.node && !has_source && replica->tables.n > 0) {
    mu_diag_add(r->diags, replica->source.node,
                "%s.source: no table names its own; write 'source: abfss://…' at each table that "
                "is a copy of one",
                place.path);
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
