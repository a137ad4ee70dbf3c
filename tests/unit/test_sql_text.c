/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that may be sent and those that may not, names of tables, values by type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/sql_int.h"

static struct mu_arena *arena;

static int set_up(void **state) {
  (void)state;
  arena = mu_arena_new();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  mu_arena_free(arena);
  return 0;
}

static bool reads(const char *engine, const char *text) {
  const char *out = NULL;
  struct mu_err err = {0};
  int rc = mu_sql_reads(engine, text, arena, &out, &err);
  assert_true(rc == 0 ? out != NULL : err.code != MU_E_NONE && !out);
  return rc == 0;
}

static void what_reads_may_be_sent(void **state) {
  (void)state;
  static const char *const texts[] = {
      "SELECT 1",
      "select count(*) from t",
      "  -- a comment; with a semicolon\n SELECT 1",
      "/* ; DROP TABLE t */ SELECT 1",
      "(SELECT 1) UNION (SELECT 2)",
      "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
      "VALUES (1), (2)",
      "TABLE lake.db.t",
      "SHOW CREATE TABLE t",
      "SHOW TABLES",
      "DESCRIBE t",
      "desc t",
      "EXPLAIN SELECT 1",
      "EXPLAIN ANALYZE SELECT 1",
      "SELECT 'it''s; DROP TABLE t' FROM t",
      "SELECT \"delete\", \"a;b\" FROM t",
      "SELECT t.update, x.delete FROM t, x",
      "SELECT replace(a, 'x', 'y'), truncate(b), merge(c) FROM t",
      "SELECT created, updated_at, is_deleted, dropped FROM t",
      "SELECT 1 ;  -- the end",
      "SELECT * FROM t FOR VERSION AS OF 42",
      "SELECT query FROM t",
      "SELECT 1 AS \303\274",
  };
  for (size_t i = 0; i < MU_LEN(texts); i++) {
    if (!reads("trino", texts[i]) || !reads("athena", texts[i])) {
      fail_msg("refused: %s", texts[i]);
    }
  }
}

static void what_writes_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      ";",
      "-- nothing",
      "DROP TABLE t",
      "insert into t values (1)",
      "DELETE FROM t",
      "UPDATE t SET a = 1",
      "MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE",
      "CREATE TABLE x AS SELECT 1",
      "CALL system.sync_partition_metadata('a', 'b', 'FULL')",
      "ALTER TABLE t EXECUTE optimize",
      "EXECUTE IMMEDIATE 'DROP TABLE t'",
      "PREPARE p FROM DELETE FROM t",
      "SET SESSION a = 1",
      "USE x.y",
      "GRANT SELECT ON t TO u",
      "UNLOAD (SELECT 1) TO 's3://b/' WITH (format = 'ORC')",
      "MSCK REPAIR TABLE t",
      "OPTIMIZE t",
      "VACUUM t",
      "REFRESH TABLE t",
      "COPY INTO t FROM 's3://b/'",
      "SELECT 1; DROP TABLE t",
      "SELECT 1;;",
      "SELECT 1 /* ; */ ; SELECT 2",
      "SELECT a INTO b FROM t",
      "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
      "WITH a AS (SELECT 1) DELETE FROM t",
      "WITH a AS (SELECT 1) SELECT 1.DELETE FROM t",
      "EXPLAIN ANALYZE INSERT INTO t SELECT 1",
      "EXPLAIN ANALYZE /* */ CREATE TABLE x AS SELECT 1",
      "SELECT * FROM TABLE(pg.system.query(query => 'DELETE FROM t RETURNING 1'))",
      "SELECT * FROM TABLE(es.system.raw_query(index => 'a', query => '{}'))",
      "SELECT 'open",
      "SELECT \"open",
      "SELECT /* open",
      "\"SELECT\" 1",
  };
  for (size_t i = 0; i < MU_LEN(texts); i++) {
    if (reads("trino", texts[i]) || reads("databricks", texts[i])) {
      fail_msg("not refused: %s", texts[i]);
    }
  }
  assert_false(reads("trino", "SELECT * FROM TABLE(pg.system.\"query\" (query => 'x'))"));
  assert_false(reads("oracle", "SELECT 1"));
}

/* The same bytes are one statement to one engine and two to another. */
static void quotes_are_read_as_the_engine_reads_them(void **state) {
  (void)state;
  assert_false(reads("trino", "SELECT '\\'; DROP TABLE t; --'"));
  assert_true(reads("databricks", "SELECT '\\'; DROP TABLE t; --'"));
  assert_false(reads("databricks", "SELECT r'\\'; DROP TABLE t; --'"));
  assert_true(reads("databricks", "SELECT r'\\', R\"\\\" FROM t"));
  assert_true(reads("databricks", "SELECT \"a; b\" FROM `odd;name`"));
  assert_false(reads("trino", "SELECT /* /* */ ; DROP TABLE t */ 1"));
  assert_true(reads("databricks", "SELECT /* /* */ ; DROP TABLE t */ 1"));
  assert_false(reads("databricks", "SELECT remote_query('c', query => 'DELETE FROM t')"));
  assert_false(reads("databricks", "SELECT http_request(conn => 'c', method => 'POST')"));
  assert_false(reads("databricks", "SELECT reflect('java.lang.System', 'exit')"));
}

static void the_last_semicolon_is_left_out(void **state) {
  (void)state;
  const char *out = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_sql_reads("trino", "SELECT ';' ; -- x", arena, &out, &err), 0);
  assert_string_equal(out, "SELECT ';' ");
}

static const char *count(const char *engine, const char *table, const char *snapshot) {
  const char *out = NULL;
  struct mu_err err = {0};
  return mu_sql_count(engine, table, snapshot, arena, &out, &err) == 0 ? out : NULL;
}

static void names_of_tables_are_quoted(void **state) {
  (void)state;
  assert_string_equal(count("trino", "t", NULL), "SELECT count(*) FROM \"t\"");
  assert_string_equal(count("trino", "lake.db.t", NULL),
                      "SELECT count(*) FROM \"lake\".\"db\".\"t\"");
  assert_string_equal(count("athena", "db.\"a.b\".\"it\"\"s\"", NULL),
                      "SELECT count(*) FROM \"db\".\"a.b\".\"it\"\"s\"");
  assert_string_equal(count("databricks", "a.`b``c`.\"d`e\"", NULL),
                      "SELECT count(*) FROM `a`.`b``c`.`d``e`");
  assert_string_equal(count("trino", "`a\"b`", NULL), "SELECT count(*) FROM \"a\"\"b\"");
  assert_string_equal(count("trino", "db.t", "8954597067493422955"),
                      "SELECT count(*) FROM \"db\".\"t\" FOR VERSION AS OF 8954597067493422955");
  assert_string_equal(count("athena", "t", "0"), "SELECT count(*) FROM \"t\" FOR VERSION AS OF 0");
  assert_string_equal(count("databricks", "t", "7"), "SELECT count(*) FROM `t` VERSION AS OF 7");
}

static void what_is_no_name_is_refused(void **state) {
  (void)state;
  static const char *const names[] = {"",     ".",        "a.",         ".a",     "a..b", "a.b.c.d",
                                      "a b",  "a;b",      "t; DROP",    "\"open", "\"\"", "\"a\"b",
                                      "a\"b", "a.\"b\"c", "(SELECT 1)", "t'",     "`a"};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    if (count("trino", names[i], NULL)) {
      fail_msg("not refused: %s", names[i]);
    }
  }
  assert_null(count("trino", "t", "main"));
  assert_null(count("trino", "t", "-1"));
  assert_null(count("trino", "t", "1 OR 1=1"));
  /* What was quoted reads only, whatever stands in it. */
  assert_true(reads("trino", count("trino", "\"x; DROP TABLE y\"", NULL)));
  assert_true(reads("databricks", count("databricks", "\"x`; DROP TABLE y; --\"", NULL)));
}

static struct mu_sql_cell cell(const char *type, const char *text) {
  struct mu_sql_cell cell = {.column = "c", .type = type};
  mu_sql_cell_text(&cell, text, arena);
  return cell;
}

static void values_by_their_type(void **state) {
  (void)state;
  static const struct {
    const char *type, *text;
    enum mu_type is;
    int64_t i;
  } rows[] = {
      {"bigint", "9223372036854775807", MU_T_INT, INT64_MAX},
      {"LONG", "-5", MU_T_INT, -5},
      {"integer", "7", MU_T_INT, 7},
      {"decimal(38,0)", "12", MU_T_INT, 12},
      {"decimal(38,2)", "12.50", MU_T_REAL, 0},
      {"decimal(38,0)", "99999999999999999999", MU_T_REAL, 0},
      {"DOUBLE", "3", MU_T_REAL, 0},
      {"double", "NaN", MU_T_STR, 0},
      {"double", "Infinity", MU_T_STR, 0},
      {"boolean", "true", MU_T_BOOL, 0},
      {"BOOLEAN", "perhaps", MU_T_STR, 0},
      {"varchar", "12", MU_T_STR, 0},
      {"varchar(2)", "12", MU_T_STR, 0},
      {"timestamp(3) with time zone", "2026-11-22 03:58:00.000 UTC", MU_T_TIME, 1795319880000},
      {"timestamp(6) with time zone", "2026-11-22 04:58:00.000123 +01:00", MU_T_TIME,
       1795319880000},
      {"timestamp with time zone", "2026-11-22 03:58:00.000 Europe/Vienna", MU_T_STR, 0},
      {"timestamp(3)", "2026-11-22 03:58:00.000", MU_T_STR, 0},
      {"TIMESTAMP", "2026-11-22T03:58:00.000Z", MU_T_TIME, 1795319880000},
      {"TIMESTAMP_NTZ", "2026-11-22T03:58:00.000Z", MU_T_STR, 0},
      {"date", "2026-11-22", MU_T_STR, 0},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_sql_cell seen = cell(rows[i].type, rows[i].text);
    if (seen.value.type != rows[i].is) {
      fail_msg("%s %s is a %s", rows[i].type, rows[i].text, mu_type_text(seen.value.type));
    }
    if (rows[i].is == MU_T_INT || rows[i].is == MU_T_TIME) {
      assert_int_equal(seen.value.i, rows[i].i);
    } else if (rows[i].is == MU_T_STR) {
      assert_string_equal(seen.value.s, rows[i].text);
    }
  }
  assert_true(cell("decimal(4,2)", "12.50").value.f > 12.49);
}

static enum mu_errc check(struct mu_sql_target target) {
  struct mu_err err = {0};
  return mu_sql_check(&target, arena, &err) == 0 ? MU_E_NONE : err.code;
}

static void targets_are_whole_and_hold_nothing_useless(void **state) {
  (void)state;
#define TARGET(...) check((struct mu_sql_target){__VA_ARGS__})
  assert_int_equal(TARGET(.engine = "trino", .url = "https://t.example.com"), MU_E_NONE);
  assert_int_equal(TARGET(.engine = "athena"), MU_E_NONE);
  assert_int_equal(TARGET(.engine = "databricks", .url = "https://d", .warehouse = "w"), MU_E_NONE);
  assert_int_equal(TARGET(.engine = "trino"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = NULL), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "presto", .url = "https://t"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "databricks", .url = "https://d"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "athena", .url = "https://a"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "trino", .url = "https://t", .warehouse = "w"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "trino", .url = "t:8080"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "trino", .url = "https://a:b@t"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "trino", .url = "https://t", .password = "p"), MU_E_CONFIG);
  assert_int_equal(
      TARGET(.engine = "trino", .url = "https://t", .user = "u", .password = "p", .token = "t"),
      MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "databricks", .url = "https://d", .warehouse = "w",
                          .credential = "no-colon"),
                   MU_E_CONFIG);
  /* Secrets do not travel in clear, but to this machine itself. */
  assert_int_equal(TARGET(.engine = "trino", .url = "http://t", .token = "t"), MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "trino", .url = "http://127.0.0.1:8080", .token = "t"),
                   MU_E_NONE);
  assert_int_equal(TARGET(.engine = "trino", .url = "http://127.example.com", .token = "t"),
                   MU_E_CONFIG);
  assert_int_equal(TARGET(.engine = "trino", .url = "http://t"), MU_E_NONE);
  assert_int_equal(TARGET(.engine = "trino", .url = "${env:URL}", .token = "t"), MU_E_NONE);
  assert_int_equal(TARGET(.engine = "databricks", .url = "https://d", .warehouse = "w",
                          .credential = "a:b", .oauth_uri = "http://login.example.com/t"),
                   MU_E_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_reads_may_be_sent),
      cmocka_unit_test(what_writes_is_refused),
      cmocka_unit_test(quotes_are_read_as_the_engine_reads_them),
      cmocka_unit_test(the_last_semicolon_is_left_out),
      cmocka_unit_test(names_of_tables_are_quoted),
      cmocka_unit_test(what_is_no_name_is_refused),
      cmocka_unit_test(values_by_their_type),
      cmocka_unit_test(targets_are_whole_and_hold_nothing_useless),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
