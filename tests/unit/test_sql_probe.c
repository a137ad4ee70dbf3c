/* SPDX-License-Identifier: Apache-2.0 */
/* The sql probe, engines as a config describes them, and the replica whose rows metadata leaves
 * open: against a stub that speaks Trino's protocol. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/str.h"
#include "config/config.h"
#include "probe.h"
#include "smoke/suites.h"
#include "support/conf.h"
#include "support/lake_table.h"
#include "support/sql_world.h"
#include "support/suite.h"
#include "table.h"

extern const struct mu_probe mu_probe_sql, mu_probe_iceberg;

#define PAGE(type, data)                                                                           \
  "{\"id\":\"q1\",\"columns\":[{\"name\":\"Newest\",\"type\":\"" type "\"}],\"data\":[" data "]}"
#define COUNTED(n) PAGE("bigint", "[" #n "]")

struct look {
  struct mu_facts facts;
  struct mu_err err;
  bool absent;
};

static struct mu_arg text_arg(const char *name, const char *value) {
  return (struct mu_arg){name, {.type = MU_T_STR, .s = value}};
}

static int observe(struct sql_world *w, const struct mu_probe *probe, const struct mu_arg *at,
                   size_t n, const char *const *selectors, size_t selectors_n, struct look *look) {
  const struct mu_args args = {
      .at = at, .n = n, .selectors = selectors, .selectors_n = selectors_n};
  const struct mu_probe_ctx ctx = {.arena = w->arena,
                                   .clock = &w->clock,
                                   .deadline_mono_ms = mu_mono_ms(&w->clock) + 20000,
                                   .http = w->http};
  *look = (struct look){0};
  mu_facts_init(&look->facts, w->arena);
  return probe->observe(&args, &ctx, &look->facts, &look->absent, &look->err);
}

static int ask(struct sql_world *w, const char *what, const char *text, struct look *look) {
  static const char *const selectors[] = {"row.newest", "row.nothing"};
  const struct mu_arg at[] = {text_arg("engine", "trino"), text_arg("url", w->base),
                              text_arg(what, text)};
  return observe(w, &mu_probe_sql, at, MU_LEN(at), selectors, MU_LEN(selectors), look);
}

static const struct mu_value *value(const struct look *look, const char *name) {
  const struct mu_fact *fact = mu_fact_find(&look->facts, name);
  if (!fact) {
    fail_msg("no fact %s (%s)", name, look->err.msg);
  }
  return &fact->value;
}

/* ---- the sql probe ---- */

static void a_table_is_counted(void **state) {
  struct sql_world *w = *state;
  struct look look;
  SQL_TOLD(w, {.body = COUNTED(41208117)});
  assert_int_equal(ask(w, "table", "lake.\"odd.one\".t", &look), 0);
  assert_true(sql_world_saw(w, 0, "SELECT count(*) FROM \"lake\".\"odd.one\".\"t\""));
  assert_int_equal(value(&look, "sql.rows")->i, 41208117);
  assert_string_equal(value(&look, "sql.answer")->s, "41 208 117 rows");
  assert_string_equal(value(&look, "sql.query_id")->s, "q1");
  assert_string_equal(value(&look, "sql.engine")->s, "trino");
  assert_null(mu_fact_find(&look.facts, "sql.value"));
}

static void a_table_that_the_engine_does_not_know_is_absent(void **state) {
  struct sql_world *w = *state;
  struct look look;
  SQL_TOLD(w, {.body = "{\"id\":\"q1\",\"error\":{\"errorName\":\"TABLE_NOT_FOUND\",\"errorType\":"
                       "\"USER_ERROR\",\"message\":\"no\"}}"});
  assert_int_equal(ask(w, "table", "t", &look), 0);
  assert_true(look.absent);
  /* In a query of the operator's own it is a mistake in the query. */
  assert_int_equal(ask(w, "query", "SELECT 1 FROM t", &look), -1);
  assert_false(look.absent);
}

static void values_keep_their_type(void **state) {
  struct sql_world *w = *state;
  struct look look;
  SQL_TOLD(w, {.body = PAGE("timestamp(3) with time zone", "[\"2026-11-22 03:58:00.000 UTC\"]")});
  assert_int_equal(ask(w, "query", "SELECT max(at) AS newest FROM t", &look), 0);
  assert_int_equal(value(&look, "sql.time")->i, 1795319880000);
  assert_int_equal(value(&look, "sql.value")->type, MU_T_TIME);
  assert_int_equal(value(&look, "sql.row.newest")->type, MU_T_TIME); /* in any case */
  assert_null(mu_fact_find(&look.facts, "sql.row.nothing"));
  SQL_TOLD(w, {.body = PAGE("bigint", "[7]")});
  assert_int_equal(ask(w, "query", "SELECT 7", &look), 0);
  assert_int_equal(value(&look, "sql.value")->i, 7);
  assert_null(mu_fact_find(&look.facts, "sql.time"));
}

static void no_single_value_is_no_value(void **state) {
  struct sql_world *w = *state;
  struct look look;
  SQL_TOLD(w, {.body = PAGE("bigint", "[1],[2]")});
  assert_int_equal(ask(w, "query", "SELECT x FROM t", &look), 0);
  assert_int_equal(value(&look, "sql.rows")->i, 2);
  assert_null(mu_fact_find(&look.facts, "sql.value"));
  assert_null(mu_fact_find(&look.facts, "sql.row.newest"));
  assert_non_null(value(&look, "sql.value_why")->s);
  SQL_TOLD(w, {.body = PAGE("bigint", "")});
  assert_int_equal(ask(w, "query", "SELECT x FROM t", &look), 0);
  assert_int_equal(value(&look, "sql.rows")->i, 0);
  SQL_TOLD(w, {.body = PAGE("bigint", "[null]")});
  assert_int_equal(ask(w, "query", "SELECT max(x) FROM t", &look), 0);
  assert_true(value(&look, "sql.is_null")->b);
  assert_null(mu_fact_find(&look.facts, "sql.value"));
  assert_string_equal(value(&look, "sql.answer")->s, "NULL");
}

static void a_count_that_is_none_is_no_count(void **state) {
  struct sql_world *w = *state;
  struct look look;
  static const char *const bodies[] = {PAGE("bigint", ""), PAGE("bigint", "[null]"),
                                       PAGE("bigint", "[1],[2]"), PAGE("bigint", "[-1]"),
                                       PAGE("varchar", "[\"7\"]")};
  for (size_t i = 0; i < MU_LEN(bodies); i++) {
    SQL_TOLD(w, {.body = bodies[i]});
    assert_int_equal(ask(w, "table", "t", &look), -1);
    assert_int_equal(look.err.code, MU_E_REMOTE);
    assert_null(mu_fact_find(&look.facts, "sql.rows"));
  }
}

/* ---- what a config says ---- */

#define HEAD                                                                                       \
  "muster: 1\n"                                                                                    \
  "standbys:\n"                                                                                    \
  "  aws-dr: { cloud: aws, account: \"210987654321\", region: us-east-1 }\n"                       \
  "engines:\n"                                                                                     \
  "  trino-dr: { engine: trino, url: \"https://t.example.com\", user: dana, catalog: lake, "       \
  "session: { a: 1 }, timeout: 3m }\n"                                                             \
  "workloads:\n"                                                                                   \
  "  lakehouse:\n"                                                                                 \
  "    dr: [aws-dr]\n"

static const char *arg(const struct mu_planned *check, const char *name) {
  return mu_arg_str(&check->args, name, NULL);
}

static const char *of_map(const struct mu_planned *check, const char *map, const char *name) {
  const char *key = NULL, *text = NULL;
  for (size_t i = 0; mu_arg_pair(&check->args, map, i, &key, &text); i++) {
    if (mu_streq(key, name)) {
      return text;
    }
  }
  return NULL;
}

static void a_check_names_an_engine_of_the_config(void **state) {
  (void)state;
  struct mu_config *config = conf_parse(
      "muster.yaml", HEAD
      "    checks:\n"
      "      - name: rows\n"
      "        sql: { engine: trino-dr, table: finance.fact, catalog: other }\n"
      "        expect: { rows: \">= 1\" }\n"
      "      - name: quick\n"
      "        timeout: 20s\n"
      "        sql: { engine: trino-dr, query: SELECT 1 }\n"
      "        expect: { value: \"> 0.5\", time_age: \"< 1d\", row.x: 5 }\n"
      "      - name: table\n"
      "        iceberg: { location: \"s3://bucket/t\", database: db, table: t, engine: trino-dr }\n"
      "      - name: by itself\n"
      "        sql: { engine: athena, table: t, region: eu-west-1 }\n");
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  const struct mu_conf_workload *workload = &config->workloads.at[0];
  if (mu_suite_find("checks")->expand(&plan, workload, NULL, mu_probes_all(), config->arena,
                                      &err) != 0) {
    fail_msg("%s", err.msg);
  }
  assert_int_equal(plan.n, 4);
  assert_string_equal(arg(&plan.at[0], "engine"), "trino");
  assert_string_equal(arg(&plan.at[0], "url"), "https://t.example.com");
  assert_string_equal(arg(&plan.at[0], "user"), "dana");
  assert_string_equal(arg(&plan.at[0], "catalog"), "other"); /* its own word wins */
  assert_string_equal(of_map(&plan.at[0], "session", "a"), "1");
  assert_int_equal(plan.at[0].timeout_ms, 180000);
  assert_int_equal(plan.at[1].timeout_ms, 20000);
  assert_string_equal(of_map(&plan.at[2], "engine", "engine"), "trino");
  assert_string_equal(of_map(&plan.at[2], "engine", "session.a"), "1");
  assert_string_equal(arg(&plan.at[3], "engine"), "athena");
  assert_int_equal(plan.at[3].timeout_ms, 10000);
  mu_config_free(config);
}

static void wrong_checks_are_errors_of_the_config(void **state) {
  (void)state;
  static const struct {
    const char *args, *says;
  } rows[] = {
      {"engine: athena, query: \"INSERT INTO t VALUES (1)\"", "'INSERT' is none of SELECT"},
      {"engine: athena, query: \"WITH a AS (SELECT 1) DELETE FROM t\"", "'DELETE' writes"},
      {"engine: athena, query: \"SELECT 1; SELECT 2\"", "more than one statement"},
      {"engine: athena", "needs either 'table' or 'query'"},
      {"engine: athena, table: t, query: SELECT 1", "needs either 'table' or 'query'"},
      {"engine: athena, query: SELECT 1, snapshot: 5", "belongs to 'table'"},
      {"engine: athena, table: \"a b\"", "not the name of a table"},
      {"engine: athena, table: t, snapshot: main", "not a number"},
      {"engine: trino-d, table: t", "engine 'trino-d' is none of athena databricks trino"},
      {"engine: trino, table: t", "engine trino needs 'url'"},
      {"engine: athena, table: t, url: \"https://x\"", "engine athena has no use for 'url'"},
      {"engine: trino, table: t, url: \"http://x\", token: \"${env:T}\"", "without TLS"},
      {"table: t", "sql needs 'engine'"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct suite suite;
    MU_STR(yaml, 4096);
    mu_str_addf(&yaml, "- name: a\n  sql: { %s }\n", rows[i].args);
    assert_int_equal(suite_load(&suite, mu_str_get(&yaml), NULL, mu_probes_all()), 1);
    if (!suite_says(&suite, 0, rows[i].says)) {
      fail_msg("%s: %s", rows[i].args, suite.diags.at[0].message);
    }
    suite_done(&suite);
  }
}

/* The config's own table of keys and the client's check are two: they must say the same. */
static void config_and_client_agree_on_keys(void **state) {
  (void)state;
  static const char *const kinds[] = {"athena", "databricks", "trino"};
  static const char *const keys[] = {
      "user",      "password",  "token",  "credential", "oauth_uri", "scope", "catalog", "schema",
      "warehouse", "workgroup", "output", "region",     "profile",   "cert",  "key",     "ca"};
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  for (size_t k = 0; k < MU_LEN(kinds) * MU_LEN(keys); k++) {
    const char *kind = kinds[k / MU_LEN(keys)], *key = keys[k % MU_LEN(keys)];
    bool athena = mu_streq(kind, "athena"), databricks = mu_streq(kind, "databricks");
    struct mu_config *config = NULL;
    struct mu_diags diags;
    struct mu_err err = {0};
    const char *yaml = mu_arena_fmt(
        arena,
        "muster: 1\nstandbys:\n  s: { cloud: aws, account: \"210987654321\", region: us-east-1 }\n"
        "engines:\n  e: { engine: %s%s%s, %s: %s }\nworkloads:\n  w: { dr: [s] }\n",
        kind, athena ? "" : ", url: \"https://x\"",
        databricks && !mu_streq(key, "warehouse") ? ", warehouse: w" : "", key,
        mu_streq(key, "cert") || mu_streq(key, "key") || mu_streq(key, "ca") ? "a.pem"
                                                                             : "\"${env:X}\"");
    bool config_takes = mu_config_parse("m.yaml", yaml, strlen(yaml), &config, &diags, &err) == 0;
    mu_config_free(config);
    const struct mu_arg at[] = {
        text_arg("engine", kind), text_arg("table", "t"), text_arg(key, "a:b"),
        text_arg(athena ? "x" : "url", "https://x"),
        text_arg(databricks && !mu_streq(key, "warehouse") ? "warehouse" : "y", "w")};
    const struct mu_args args = {.at = at, .n = MU_LEN(at)};
    struct mu_err why = {0};
    bool client_takes = mu_probe_sql.check(&args, arena, &why) == 0;
    client_takes = client_takes || strstr(why.msg, "has no use for") == NULL;
    if (config_takes != client_takes) {
      fail_msg("%s %s: config %d, client %d (%s)", kind, key, config_takes, client_takes, why.msg);
    }
  }
}

/* ---- the replica ---- */

static void the_replica_hands_its_engine_on(void **state) {
  (void)state;
  struct mu_config *config =
      conf_parse("muster.yaml", HEAD "    replica:\n"
                                     "      inside: s3://bucket/\n"
                                     "      engine: trino-dr\n"
                                     "      tables:\n"
                                     "        db.exact: { rows: exact }\n"
                                     "        db.some: { rows: \">= 1\" }\n"
                                     "        db.place: { location: "
                                     "\"s3://bucket/t\", rows: exact, files: 3 "
                                     "}\n");
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  const struct mu_conf_workload *workload = &config->workloads.at[0];
  const struct mu_conf_standby *standby = &config->standbys.at[0];
  if (mu_suite_find("replica")->expand(&plan, workload, standby, mu_probes_all(), config->arena,
                                       &err) != 0) {
    fail_msg("%s", err.msg);
  }
  assert_int_equal(plan.n, 3);
  for (size_t i = 0; i < 3; i++) {
    bool exact = false, rows = false;
    assert_string_equal(of_map(&plan.at[i], "engine", "engine"), "trino");
    assert_string_equal(of_map(&plan.at[i], "engine", "catalog"), "lake");
    assert_int_equal(plan.at[i].timeout_ms, 190000);
    for (size_t k = 0; k < plan.at[i].expect_n; k++) {
      exact = exact || mu_streq(plan.at[i].expect[k].fact, "iceberg.rows_exact");
      rows = rows || mu_streq(plan.at[i].expect[k].fact, "iceberg.rows");
    }
    assert_int_equal(exact, i != 1);
    assert_int_equal(rows, i == 1);
  }
  assert_null(of_map(&plan.at[0], "engine", "table"));
  assert_string_equal(of_map(&plan.at[2], "engine", "table"), "\"db\".\"place\"");
  mu_config_free(config);
}

static void remove_folder(const char *folder) {
  const char *argv[] = {"rm", "-rf", folder, NULL};
  struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result;
  (void)!mu_exec_run(&spec, &result, NULL);
}

/* A table of 100 rows of which position deletes may take up to 30. */
static void table_with_deletes(const char *folder) {
  static const struct avro_entry files[] = {
      {.status = 1, .path = "s3://lake/a.parquet", .records = 100, .size = 4},
      {.status = 1, .content = 1, .path = "s3://lake/d.parquet", .records = 30, .size = 4},
  };
  lake_table_write(folder, files, MU_LEN(files), "");
}

static int count_table(struct sql_world *w, const char *folder, const char *more,
                       struct look *look) {
  const char *const map[] = {"s3://lake/", folder};
  const char *const engine[] = {"engine",  "trino", "url",   w->base,
                                "catalog", "lake",  "table", more};
  const struct mu_arg at[] = {
      text_arg("metadata", "s3://lake/v1.metadata.json"),
      {"map", {.type = MU_T_MAP, .list = {map, 2}}},
      {"files", {.type = MU_T_BOOL, .b = false}},
      {"engine", {.type = MU_T_MAP, .list = {engine, more ? 8 : 6}}},
      text_arg("database", "fin.ance"),
      text_arg("table", "fa\"ct"),
  };
  return observe(w, &mu_probe_iceberg, at, MU_LEN(at), NULL, 0, look);
}

static void bounds_are_settled_by_the_engine(void **state) {
  struct sql_world *w = *state;
  char folder[] = "/tmp/muster-sql-XXXXXX";
  struct look look;
  assert_non_null(mkdtemp(folder));
  table_with_deletes(folder);
  SQL_TOLD(w, {.body = COUNTED(77)});
  if (count_table(w, folder, NULL, &look) != 0) {
    fail_msg("%s", look.err.msg);
  }
  assert_int_equal(value(&look, "iceberg.rows")->type, MU_T_INT);
  assert_int_equal(value(&look, "iceberg.rows")->i, 77);
  assert_true(value(&look, "iceberg.rows_exact")->b);
  assert_string_equal(value(&look, "iceberg.rows_by")->s, "trino");
  const char *counted =
      mu_arena_fmt(w->arena, "FROM \"fin.ance\".\"fa\"\"ct\" FOR VERSION AS OF %s",
                   value(&look, "iceberg.snapshot_id")->s);
  assert_true(sql_world_saw(w, 0, counted));
  assert_true(sql_world_saw(w, 0, "X-Trino-Catalog: lake"));

  /* By another name, if the operator says so. */
  SQL_TOLD(w, {.body = COUNTED(70)});
  assert_int_equal(count_table(w, folder, "x.y", &look), 0);
  assert_true(sql_world_saw(w, 0, "FROM \"x\".\"y\" FOR VERSION"));

  /* A number that cannot be is a contradiction, not an answer. */
  SQL_TOLD(w, {.body = COUNTED(101)});
  assert_int_equal(count_table(w, folder, NULL, &look), 0);
  assert_false(value(&look, "iceberg.consistent")->b);
  assert_null(mu_fact_find(&look.facts, "iceberg.rows"));
  assert_non_null(strstr(value(&look, "iceberg.contradictions")->list.at[0], "trino counts 101"));

  /* Whom nobody can ask decides nothing. */
  SQL_TOLD(w, {.status = 401});
  assert_int_equal(count_table(w, folder, NULL, &look), 0);
  assert_int_equal(value(&look, "iceberg.rows")->type, MU_T_RANGE);
  assert_false(value(&look, "iceberg.rows_exact")->b);
  assert_non_null(
      strstr(value(&look, "iceberg.rows_why")->s, "the engine was asked: trino: HTTP 401"));
  assert_null(mu_fact_find(&look.facts, "iceberg.rows_by"));
  remove_folder(folder);
}

static const char *asked_region, *asked_profile;

static struct mu_aws *no_client(void *ctx, const char *region, const char *profile) {
  (void)ctx;
  asked_region = region;
  asked_profile = profile;
  return NULL;
}

static void athena_is_asked_where_the_table_is(void **state) {
  struct sql_world *w = *state;
  char folder[] = "/tmp/muster-sql-XXXXXX";
  struct mu_facts facts;
  struct mu_err err = {0};
  bool absent = false;
  assert_non_null(mkdtemp(folder));
  table_with_deletes(folder);
  const char *const map[] = {"s3://lake/", folder};
  const char *const engine[] = {"engine", "athena", "table", "db.t", "profile", "auditor"};
  const struct mu_arg at[] = {
      text_arg("metadata", "s3://lake/v1.metadata.json"),
      {"map", {.type = MU_T_MAP, .list = {map, 2}}},
      {"files", {.type = MU_T_BOOL, .b = false}},
      {"engine", {.type = MU_T_MAP, .list = {engine, 6}}},
      text_arg("region", "eu-west-1"),
      text_arg("profile", "dr"),
  };
  const struct mu_args args = {.at = at, .n = MU_LEN(at)};
  const struct mu_probe_ctx ctx = {.arena = w->arena,
                                   .clock = &w->clock,
                                   .deadline_mono_ms = mu_mono_ms(&w->clock) + 20000,
                                   .http = w->http,
                                   .aws = no_client};
  mu_facts_init(&facts, w->arena);
  assert_int_equal(mu_probe_iceberg.observe(&args, &ctx, &facts, &absent, &err), 0);
  assert_string_equal(asked_region, "eu-west-1"); /* the table's */
  assert_string_equal(asked_profile, "auditor");  /* its own */
  assert_int_equal(mu_fact_find(&facts, "iceberg.rows")->value.type, MU_T_RANGE);
  remove_folder(folder);
}

static void what_metadata_settles_is_not_asked(void **state) {
  struct sql_world *w = *state;
  char folder[] = "/tmp/muster-sql-XXXXXX";
  struct look look;
  static const struct avro_entry files[] = {
      {.status = 1, .path = "s3://lake/a.parquet", .records = 100, .size = 4}};
  assert_non_null(mkdtemp(folder));
  lake_table_write(folder, files, MU_LEN(files), "");
  SQL_TOLD(w, {.body = COUNTED(1)});
  if (count_table(w, folder, NULL, &look) != 0) {
    fail_msg("%s", look.err.msg);
  }
  assert_int_equal(value(&look, "iceberg.rows")->i, 100);
  assert_null(mu_fact_find(&look.facts, "iceberg.rows_by"));
  assert_int_equal(w->seen_n, 0);
  remove_folder(folder);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sql_world_set_up, sql_world_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_table_is_counted),
      TEST(a_table_that_the_engine_does_not_know_is_absent),
      TEST(values_keep_their_type),
      TEST(no_single_value_is_no_value),
      TEST(a_count_that_is_none_is_no_count),
      cmocka_unit_test(a_check_names_an_engine_of_the_config),
      cmocka_unit_test(wrong_checks_are_errors_of_the_config),
      cmocka_unit_test(config_and_client_agree_on_keys),
      cmocka_unit_test(the_replica_hands_its_engine_on),
      TEST(bounds_are_settled_by_the_engine),
      TEST(athena_is_asked_where_the_table_is),
      TEST(what_metadata_settles_is_not_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
