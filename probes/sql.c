/* SPDX-License-Identifier: Apache-2.0 */
/* One statement at an SQL engine: the rows of a table, any single value, the columns of a single
 * row. The statement can only read; the engines and their protocols are wire/sql.h. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql_target.h"

static const struct mu_param params[] = {
    {.name = "engine",
     .type = MU_T_STR,
     .required = true,
     .doc = "what is asked: athena, databricks or trino; in a config also the name of one of its "
            "engines"},
    {.name = "table",
     .type = MU_T_STR,
     .doc = "counted: catalog.schema.table, parts with odd characters in double quotes"},
    {.name = "query",
     .type = MU_T_STR,
     .doc = "instead of a table: one statement that only reads (SELECT, WITH, VALUES, TABLE, SHOW, "
            "DESCRIBE, EXPLAIN)"},
    {.name = "snapshot",
     .type = MU_T_STR,
     .doc = "of the table: the id of an Iceberg snapshot, or the version of a Delta table"},
    {.name = "url",
     .type = MU_T_STR,
     .doc = "of Trino's coordinator or the Databricks workspace; https where secrets are sent"},
    {.name = "user", .type = MU_T_STR, .doc = "Trino: who asks"},
    {.name = "password", .type = MU_T_STR, .doc = "Trino: the user's", .secret = true},
    {.name = "token", .type = MU_T_STR, .doc = "bearer token", .secret = true},
    {.name = "credential",
     .type = MU_T_STR,
     .doc = "Databricks: ID:SECRET of a service principal, exchanged for a token by OAuth2 client "
            "credentials",
     .secret = true},
    {.name = "oauth_uri", .type = MU_T_STR, .doc = "where, if not at URL/oidc/v1/token"},
    {.name = "scope", .type = MU_T_STR, .doc = "of that token; default: all-apis"},
    {.name = "catalog",
     .type = MU_T_STR,
     .doc = "that names without one are looked up in; Athena: AwsDataCatalog unless named"},
    {.name = "schema", .type = MU_T_STR, .doc = "likewise; Athena: the database"},
    {.name = "warehouse", .type = MU_T_STR, .doc = "Databricks: id of the SQL warehouse"},
    {.name = "workgroup", .type = MU_T_STR, .doc = "Athena: default: primary"},
    {.name = "output",
     .type = MU_T_STR,
     .doc = "Athena: s3:// prefix that gets the result's file, where the workgroup names none; "
            "never one inside the replica"},
    {.name = "region", .type = MU_T_STR, .doc = "AWS region"},
    {.name = "profile", .type = MU_T_STR, .doc = "AWS profile"},
    {.name = "session", .type = MU_T_MAP, .doc = "Trino: session properties"},
    {.name = "ca",
     .type = MU_T_STR,
     .doc = "PEM file of certificates to trust besides the system's",
     .is_path = true},
    {.name = "cert", .type = MU_T_STR, .doc = "client certificate, PEM file", .is_path = true},
    {.name = "key",
     .type = MU_T_STR,
     .doc = "key of the client certificate, PEM file",
     .is_path = true},
    {0},
};

static const struct mu_fact_def facts_seen[] = {
    {.name = "rows",
     .type = MU_T_INT,
     .unit = "rows",
     .finding = MU_F_EXPECTATION_FAILED,
     .doc = "of the table, or of the query's result"},
    {.name = "value",
     .type = MU_T_STR,
     .is_open = true,
     .doc = "of a query with one row and one column; a number, a truth value, a time with its "
            "zone, else text"},
    {.name = "time", .type = MU_T_TIME, .doc = "the value, where it is a point in time"},
    {.name = "row.*",
     .type = MU_T_STR,
     .doc = "of a query with one row: the column of that name, any case"},
    {.name = "is_null", .type = MU_T_BOOL, .doc = "the value is NULL"},
    {.name = "value_why", .type = MU_T_STR, .doc = "why there is no value"},
    {.name = "answer", .type = MU_T_STR, .doc = "what came, in words"},
    {.name = "columns", .type = MU_T_INT, .doc = "columns of the query's result"},
    {.name = "engine", .type = MU_T_STR, .doc = "that answered"},
    {.name = "query_id", .type = MU_T_STR, .is_volatile = true, .doc = "the engine's own"},
    {.name = "elapsed",
     .type = MU_T_DUR,
     .is_volatile = true,
     .doc = "from sending the statement to its last row"},
    {.name = "queued",
     .type = MU_T_DUR,
     .is_volatile = true,
     .doc = "waiting for the engine, as it says; Databricks: as long as it was seen pending"},
    {.name = "scanned", .type = MU_T_SIZE, .is_volatile = true, .doc = "bytes read, as it says"},
    {.name = "left_at",
     .type = MU_T_STR,
     .is_volatile = true,
     .doc = "where the engine left a copy of the result (Athena); it stays there"},
    {0},
};

/* ---- facts ---- */

static void add_cell(struct mu_facts *facts, const char *name, const struct mu_sql_cell *cell) {
  switch (cell->value.type) {
  case MU_T_INT:
    (void)mu_fact_int(facts, name, cell->value.i, NULL);
    break;
  case MU_T_REAL:
    (void)mu_fact_real(facts, name, cell->value.f, NULL);
    break;
  case MU_T_BOOL:
    (void)mu_fact_bool(facts, name, cell->value.b);
    break;
  case MU_T_TIME:
    (void)mu_fact_time(facts, name, cell->value.i);
    break;
  default:
    (void)mu_fact_str(facts, name, cell->value.s);
    break;
  }
}

static void add_value(struct mu_facts *facts, const struct mu_sql_result *result) {
  if (result->rows != 1 || result->columns_n != 1) {
    (void)mu_fact_str(facts, "sql.value_why",
                      mu_arena_fmt(facts->arena,
                                   "a value is one row with one column; these are %lld and %zu",
                                   (long long)result->rows, result->columns_n));
    return;
  }
  const struct mu_sql_cell *cell = &result->columns[0];
  (void)mu_fact_bool(facts, "sql.is_null", cell->is_null);
  if (cell->is_null) {
    (void)mu_fact_str(facts, "sql.value_why", "it is NULL");
    return;
  }
  add_cell(facts, "sql.value", cell);
  if (cell->value.type == MU_T_TIME) {
    (void)mu_fact_time(facts, "sql.time", cell->value.i);
  }
}

static void add_row(struct mu_facts *facts, const struct mu_args *args,
                    const struct mu_sql_result *result) {
  const char *wanted = NULL;
  for (size_t i = 0; result->rows == 1 && (wanted = mu_arg_selector(args, "row", i)); i++) {
    for (size_t c = 0; c < result->columns_n; c++) {
      if (strcasecmp(result->columns[c].column, wanted) == 0 && !result->columns[c].is_null) {
        add_cell(facts, mu_arena_fmt(facts->arena, "sql.row.%s", wanted), &result->columns[c]);
      }
    }
  }
}

/* For the line that people read. */
static void add_answer(struct mu_facts *facts, const struct mu_sql_result *result) {
  const struct mu_fact *value = mu_fact_find(facts, "sql.value");
  if (!value) {
    value = mu_fact_find(facts, "sql.rows");
  }
  const char *text = result->rows == 1 && result->columns_n == 1 && result->columns[0].is_null
                         ? "NULL"
                         : mu_value_text(&value->value, value->unit, facts->arena);
  (void)mu_fact_str(facts, "sql.answer", text);
}

static void add_query(struct mu_facts *facts, const struct mu_sql_target *target,
                      const struct mu_sql_result *result) {
  (void)mu_fact_str(facts, "sql.engine", target->engine);
  mu_fact_str(facts, "sql.query_id", result->query_id)->is_volatile = true;
  mu_fact_dur(facts, "sql.elapsed", result->elapsed_ms)->is_volatile = true;
  if (result->queued_ms >= 0) {
    mu_fact_dur(facts, "sql.queued", result->queued_ms)->is_volatile = true;
  }
  if (result->scanned >= 0) {
    mu_fact_size(facts, "sql.scanned", result->scanned)->is_volatile = true;
  }
  if (result->left_at) {
    mu_fact_str(facts, "sql.left_at", result->left_at)->is_volatile = true;
  }
}

/* ---- the look ---- */

static bool is_late(const char *text) {
  return text && strstr(text, "${");
}

/* What a config can be told before anything runs. */
static int check(const struct mu_args *args, struct mu_arena *arena, struct mu_err *err) {
  const char *table = mu_arg_str(args, "table", NULL), *query = mu_arg_str(args, "query", NULL);
  const char *snapshot = mu_arg_str(args, "snapshot", NULL), *ignored = NULL;
  struct mu_sql_target target;
  mu_sql_target_of_args(args, &target);
  if (!table == !query) {
    return mu_fail(err, MU_E_CONFIG, "sql needs either 'table' or 'query'");
  }
  if (snapshot && query) {
    return mu_fail(err, MU_E_CONFIG, "snapshot: belongs to 'table'; a query says it itself");
  }
  if (is_late(target.engine)) {
    return 0;
  }
  if (mu_sql_check(&target, arena, err) != 0) {
    return -1;
  }
  if (query) {
    return is_late(query) ? 0 : mu_sql_reads(target.engine, query, arena, &ignored, err);
  }
  return is_late(table) || is_late(snapshot)
             ? 0
             : mu_sql_count(target.engine, table, snapshot, arena, &ignored, err);
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  const char *table = mu_arg_str(args, "table", NULL);
  const char *statement = mu_arg_str(args, "query", "");
  struct mu_sql_target target;
  struct mu_sql_result result;
  if (check(args, ctx->arena, err) != 0) {
    return -1;
  }
  mu_sql_target_of_args(args, &target);
  if (table && mu_sql_count(target.engine, table, mu_arg_str(args, "snapshot", NULL), ctx->arena,
                            &statement, err) != 0) {
    return -1;
  }
  if (mu_sql_target_ask(&target, ctx, statement, &result, err) != 0) {
    *absent = table && err->code == MU_E_ABSENT;
    return *absent ? 0 : -1;
  }
  if (table) {
    int64_t rows = 0;
    if (mu_sql_one_count(&result, &rows, err) != 0) {
      return -1;
    }
    (void)mu_fact_int(facts, "sql.rows", rows, "rows");
  } else {
    (void)mu_fact_int(facts, "sql.rows", result.rows, "rows");
    (void)mu_fact_int(facts, "sql.columns", (int64_t)result.columns_n, NULL);
    add_value(facts, &result);
    add_row(facts, args, &result);
  }
  add_answer(facts, &result);
  add_query(facts, &target, &result);
  return 0;
}

const struct mu_probe mu_probe_sql = {
    .name = "sql",
    .summary = "rows of a table, or any single value, asked of Trino, Athena or Databricks SQL",
    .params = params,
    .facts = facts_seen,
    .headline = "{answer} in {elapsed}",
    .target = "table",
    .network = true,
    .check = check,
    .observe = observe,
};
