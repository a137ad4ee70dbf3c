/* SPDX-License-Identifier: Apache-2.0 */
/* Amazon Athena (API reference, version 2017-05-18): StartQueryExecution, GetQueryExecution until
 * it is settled, GetQueryResults page by page, StopQueryExecution to cancel. A start carries a
 * token, so that one that is sent twice runs once. The result of each query stays behind as a file
 * where the workgroup or the caller says, unless the workgroup keeps results itself. A result is
 * never taken from the cache of an earlier one: that is off unless asked for. */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/aws.h"
#include "wire/sql_int.h"

enum {
  LOOK_MS = 100, /* the first pause; each is half as long again as the one before */
  LOOK_MAX_MS = 3000,
  MAX_BODY = 1024 * 1024,
  PAGE_ROWS = 1000, /* the most that one page can have */
};

static int call(struct mu_sql_run *run, struct mu_http *http, const char *operation,
                const char *json, bool despite_cancel, struct mu_aws_answer *answer,
                struct mu_err *err) {
  if (!run->ctx->aws) {
    return mu_fail(err, MU_E_DENIED, "there are no AWS credentials");
  }
  const struct mu_aws_args args = {.json = json,
                                   .max_body = MU_SQL_MAX_PAGE,
                                   .deadline_mono_ms = run->deadline_mono_ms,
                                   .may_query = true,
                                   .despite_cancel = despite_cancel};
  return mu_aws_do(run->ctx->aws, http, "athena", operation, &args, run->ctx->arena, answer, err);
}

/* ---- what the answers say ---- */

/* Who may not see a table is told that there is none (Lake Formation): that is no proof. */
static int failed(const struct mu_json_node *status, struct mu_arena *arena, struct mu_err *err) {
  const char *state = mu_json_str(mu_json_get(status, "State"), "");
  const char *reason = mu_json_str(mu_json_get(status, "StateChangeReason"), "");
  bool is_users = mu_json_int(mu_json_path(status, "AthenaError.ErrorCategory"), 0) == 2;
  bool is_denied = strstr(reason, "AccessDenied") || strstr(reason, "Insufficient permissions") ||
                   strstr(reason, "Access Denied") || mu_str_starts(reason, "PERMISSION_DENIED");
  bool is_hidden =
      mu_str_starts(reason, "TABLE_NOT_FOUND") || mu_str_starts(reason, "SCHEMA_NOT_FOUND");
  enum mu_errc code = is_denied ? MU_E_DENIED : is_users && !is_hidden ? MU_E_INPUT : MU_E_REMOTE;
  return mu_fail(err, code, "the query is %s: %s", mu_sql_clean(arena, state),
                 *reason ? mu_sql_clean(arena, reason) : "no reason was given");
}

/* GetQueryExecution. */
int mu_sql_athena_status(struct mu_sql_run *run, const struct mu_json_node *page,
                         struct mu_err *err) {
  struct mu_arena *arena = run->ctx->arena;
  const struct mu_json_node *query = mu_json_get(page, "QueryExecution");
  const struct mu_json_node *status = mu_json_get(query, "Status");
  const struct mu_json_node *statistics = mu_json_get(query, "Statistics");
  const char *state = mu_json_str(mu_json_get(status, "State"), "");
  const char *left = mu_json_str(mu_json_path(query, "ResultConfiguration.OutputLocation"), NULL);
  struct mu_sql_result *result = run->result;
  result->queued_ms =
      mu_json_int(mu_json_get(statistics, "QueryQueueTimeInMillis"), result->queued_ms);
  result->scanned = mu_json_int(mu_json_get(statistics, "DataScannedInBytes"), result->scanned);
  if (mu_streq(state, "QUEUED") || mu_streq(state, "RUNNING")) {
    return 0;
  }
  run->is_running = false;
  result->left_at = left ? mu_sql_clean(arena, left) : NULL;
  if (!mu_streq(state, "SUCCEEDED")) {
    return failed(status, arena, err);
  }
  run->has_header = mu_streq(mu_json_str(mu_json_get(query, "StatementType"), ""), "DML");
  run->next = ""; /* the first page of the result */
  return 0;
}

static const char *cell_text(const struct mu_json_node *row, size_t i) {
  return mu_json_str(mu_json_get(mu_json_at(mu_json_get(row, "Data"), i), "VarCharValue"), NULL);
}

/* The first row of a query's result names the columns; that of SHOW and DESCRIBE does not. */
static bool is_header(const struct mu_sql_result *result, const struct mu_json_node *row) {
  for (size_t i = 0; i < result->columns_n; i++) {
    if (!mu_streq(cell_text(row, i), result->columns[i].column)) {
      return false;
    }
  }
  return true;
}

static void take_first(struct mu_sql_result *result, const struct mu_json_node *row,
                       struct mu_arena *arena) {
  for (size_t i = 0; i < result->columns_n; i++) {
    const char *text = cell_text(row, i);
    result->columns[i].is_null = !text;
    if (text) {
      mu_sql_cell_text(&result->columns[i], text, arena);
    }
  }
}

/* GetQueryResults. A row may have fewer cells than there are columns: the rest is NULL. */
int mu_sql_athena_page(struct mu_sql_run *run, const struct mu_json_node *page,
                       struct mu_err *err) {
  struct mu_sql_result *result = run->result;
  struct mu_arena *arena = run->ctx->arena;
  const struct mu_json_node *set = mu_json_get(page, "ResultSet");
  const struct mu_json_node *rows = mu_json_get(set, "Rows");
  size_t n = mu_json_len(rows), from = 0;
  if (mu_json_type(rows) != MU_JSON_ARRAY) {
    return mu_fail(err, MU_E_REMOTE, "the answer holds no rows");
  }
  if (mu_sql_columns(result, mu_json_path(set, "ResultSetMetadata.ColumnInfo"), "Name", "Type",
                     arena, err) != 0) {
    return -1;
  }
  if (run->has_header) {
    run->has_header = false;
    if (n == 0 || !is_header(result, mu_json_at(rows, 0))) {
      return mu_fail(err, MU_E_REMOTE, "the result does not begin with the names of its columns");
    }
    from = 1;
  }
  for (size_t i = from; i < n; i++) {
    size_t cells = mu_json_len(mu_json_get(mu_json_at(rows, i), "Data"));
    if (cells > result->columns_n) {
      return mu_fail(err, MU_E_REMOTE, "a row has %zu values for %zu columns", cells,
                     result->columns_n);
    }
  }
  if (result->rows == 0 && from < n) {
    take_first(result, mu_json_at(rows, from), arena);
  }
  const char *next = mu_json_str(mu_json_get(page, "NextToken"), NULL);
  run->next = mu_arena_str(arena, next);
  run->is_done = !next;
  return mu_sql_count_rows(result, n - from, err);
}

/* ---- the calls ---- */

static const char *start_body(const struct mu_sql_run *run) {
  const struct mu_sql_target *target = run->target;
  int64_t now = mu_wall_ms(run->ctx->clock);
  char token[2][MU_ULID];
  struct mu_jw w;
  MU_STR(body, MAX_BODY);
  mu_ulid(now, token[0]);
  mu_ulid(now, token[1]);
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "QueryString", run->statement);
  mu_jw_kstr(&w, "ClientRequestToken",
             mu_arena_fmt(run->ctx->arena, "muster-%s%s", token[0], token[1]));
  if (target->catalog || target->schema) {
    mu_jw_key(&w, "QueryExecutionContext");
    mu_jw_object(&w);
    mu_jw_kstr_opt(&w, "Catalog", target->catalog);
    mu_jw_kstr_opt(&w, "Database", target->schema);
    mu_jw_end(&w);
  }
  mu_jw_kstr_opt(&w, "WorkGroup", target->workgroup);
  if (target->output) {
    mu_jw_key(&w, "ResultConfiguration");
    mu_jw_object(&w);
    mu_jw_kstr(&w, "OutputLocation", target->output);
    mu_jw_end(&w);
  }
  mu_jw_end(&w);
  return body.failed ? NULL : mu_str_copy(&body, run->ctx->arena);
}

static int start(struct mu_sql_run *run, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  const char *body = start_body(run);
  if (!body) {
    return mu_fail(err, MU_E_LIMIT, "the statement is too long");
  }
  if (call(run, run->ctx->http, "StartQueryExecution", body, false, &answer, err) != 0) {
    return -1;
  }
  const char *id = mu_json_str(mu_json_get(answer.json, "QueryExecutionId"), NULL);
  if (!id || !*id || strlen(id) > 128) {
    return mu_fail(err, MU_E_REMOTE, "the answer to the start names no query");
  }
  run->result->query_id = mu_sql_clean(run->ctx->arena, id);
  run->is_running = true;
  mu_sql_slower(run, LOOK_MS, LOOK_MAX_MS);
  return 0;
}

static const char *id_body(const struct mu_sql_run *run, bool paging) {
  struct mu_jw w;
  MU_STR(body, MAX_BODY);
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "QueryExecutionId", run->result->query_id);
  if (paging) {
    mu_jw_kint(&w, "MaxResults", PAGE_ROWS);
    mu_jw_kstr_opt(&w, "NextToken", *run->next ? run->next : NULL);
  }
  mu_jw_end(&w);
  return mu_str_copy(&body, run->ctx->arena);
}

static int look(struct mu_sql_run *run, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  bool paging = run->next != NULL;
  const char *operation = paging ? "GetQueryResults" : "GetQueryExecution";
  if (call(run, run->ctx->http, operation, id_body(run, paging), false, &answer, err) != 0) {
    return -1;
  }
  if (paging) {
    return mu_sql_athena_page(run, answer.json, err);
  }
  if (mu_sql_athena_status(run, answer.json, err) != 0) {
    return -1;
  }
  if (run->next) { /* the result is there already */
    run->pause_ms = 0;
  } else {
    mu_sql_slower(run, LOOK_MS, LOOK_MAX_MS);
  }
  return 0;
}

static int stop(struct mu_sql_run *run, struct mu_http *http, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  return call(run, http, "StopQueryExecution", id_body(run, false), true, &answer, err);
}

const struct mu_sql_engine mu_sql_athena = {
    .name = "athena",
    .quote = '"',
    .version_as = " FOR VERSION AS OF ",
    .needs = "",
    .takes = "catalog schema workgroup output region profile",
    .start = start,
    .look = look,
    .stop = stop,
};
