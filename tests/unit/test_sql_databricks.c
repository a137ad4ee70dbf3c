/* SPDX-License-Identifier: Apache-2.0 */
/* Databricks' Statement Execution API against a stub made from its documentation
 * (docs.databricks.com/api/statement-execution); the SDK for Python, 0.156, reads its answers as
 * they are written here. No workspace was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "support/sql_world.h"

#define ID "01eea4a3-4f6d-1f31-a8d4-dbc7b6b1a5c4"
#define STATE(state) "{\"statement_id\":\"" ID "\",\"status\":{\"state\":\"" state "\"}}"
#define MANIFEST(rows, type)                                                                       \
  "\"manifest\":{\"format\":\"JSON_ARRAY\",\"schema\":{\"column_count\":1,\"columns\":[{"          \
  "\"name\":\"count(1)\",\"position\":0,\"type_name\":\"" type "\",\"type_text\":\"bigint\"}]},"   \
  "\"total_chunk_count\":1,\"total_row_count\":" rows ",\"truncated\":false}"
#define SUCCEEDED(manifest, result)                                                                \
  "{\"statement_id\":\"" ID "\",\"status\":{\"state\":\"SUCCEEDED\"}," manifest                    \
  ",\"result\":" result "}"
#define COUNTED                                                                                    \
  SUCCEEDED(                                                                                       \
      MANIFEST("1", "LONG"),                                                                       \
      "{\"chunk_index\":0,\"row_offset\":0,\"row_count\":1,\"data_array\":[[\"41208117\"]]}")

static const struct mu_sql_target DATABRICKS = {
    .engine = "databricks", .warehouse = "abc123", .token = "dapi-x"};

static enum mu_errc count(struct sql_world *w) {
  return sql_world_run(w, DATABRICKS, "SELECT count(*) FROM t");
}

static int64_t counted(const struct sql_world *w) {
  int64_t rows = -1;
  struct mu_err err = {0};
  assert_int_equal(mu_sql_one_count(&w->result, &rows, &err), 0);
  return rows;
}

static void a_count_that_was_waited_for(void **state) {
  struct sql_world *w = *state;
  struct mu_sql_target target = DATABRICKS;
  target.catalog = "main";
  target.schema = "fin\"ance";
  SQL_TOLD(w, {.body = STATE("PENDING")}, {.body = STATE("PENDING")}, {.body = STATE("RUNNING")},
           {.body = COUNTED});
  assert_int_equal(sql_world_run(w, target, "SELECT count(*) FROM t"), MU_E_NONE);
  assert_int_equal(counted(w), 41208117);
  assert_true(sql_world_saw(w, 0, "POST /api/2.0/sql/statements\r\n"));
  assert_true(sql_world_saw(w, 0, "Authorization: Bearer dapi-x\r\n"));
  assert_true(sql_world_saw(w, 0, "\"statement\":\"SELECT count(*) FROM t\""));
  assert_true(sql_world_saw(w, 0, "\"warehouse_id\":\"abc123\""));
  assert_true(sql_world_saw(w, 0, "\"wait_timeout\":\"0s\""));
  assert_true(sql_world_saw(w, 0, "\"catalog\":\"main\",\"schema\":\"fin\\\"ance\""));
  assert_true(sql_world_saw(w, 3, "GET /api/2.0/sql/statements/" ID "\r\n"));
  assert_string_equal(w->result.query_id, ID);
  assert_true(w->result.queued_ms >= 100); /* as long as it was seen pending */
  assert_true(w->result.queued_ms < w->result.elapsed_ms);
}

static void the_first_answer_may_be_the_last(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.body = COUNTED});
  assert_int_equal(count(w), MU_E_NONE);
  assert_int_equal(counted(w), 41208117);
  assert_int_equal(w->seen_n, 1);
}

static void a_service_principal_is_exchanged_for_a_token(void **state) {
  struct sql_world *w = *state;
  struct mu_sql_target target = DATABRICKS;
  target.token = NULL;
  target.credential = "my-id:s3c:ret";
  SQL_TOLD(w, {.body = "{\"access_token\":\"tok\",\"token_type\":\"Bearer\",\"expires_in\":3600}"},
           {.status = 503}, {.body = COUNTED});
  assert_int_equal(sql_world_run(w, target, "SELECT 1"), MU_E_NONE);
  assert_true(sql_world_saw(w, 0, "POST /oidc/v1/token\r\n"));
  assert_true(sql_world_saw(w, 0, "grant_type=client_credentials"));
  assert_true(sql_world_saw(w, 0, "scope=all-apis"));
  assert_true(sql_world_saw(w, 0, "Authorization: Basic bXktaWQ6czNjOnJldA==\r\n") ||
              sql_world_saw(w, 0, "Authorization: Basic bXktaWQ6czNjJTNBcmV0\r\n"));
  assert_true(sql_world_saw(w, 2, "POST /api/2.0/sql/statements\r\n"));
  assert_true(sql_world_saw(w, 2, "Authorization: Bearer tok\r\n"));
  SQL_TOLD(w, {.status = 401, .body = "{\"error\":\"invalid_client\"}"});
  assert_int_equal(sql_world_run(w, target, "SELECT 1"), MU_E_DENIED);
}

static void chunks_are_added_up(void **state) {
  struct sql_world *w = *state;
#define LINK(i)                                                                                    \
  "\"next_chunk_internal_link\":\"/api/2.0/sql/statements/" ID "/result/chunks/" i "?x=1\""
  SQL_TOLD(w, {.body = STATE("RUNNING")},
           {.body = SUCCEEDED(MANIFEST("3", "STRING"),
                              "{\"chunk_index\":0,\"data_array\":[[\"a\"],[null]]," LINK("1") "}")},
           {.body = "{\"chunk_index\":1,\"data_array\":[[\"c\"]]}"});
  assert_int_equal(count(w), MU_E_NONE);
  assert_int_equal(w->result.rows, 3);
  assert_string_equal(w->result.columns[0].value.s, "a");
  assert_true(sql_world_saw(w, 2, "GET /api/2.0/sql/statements/" ID "/result/chunks/1?x=1\r\n"));
  /* A chunk less than promised is no answer. */
  SQL_TOLD(w, {.body = SUCCEEDED(MANIFEST("3", "STRING"), "{\"data_array\":[[\"a\"]]}")});
  assert_int_equal(count(w), MU_E_REMOTE);
  assert_non_null(strstr(w->err.msg, "1 rows came of 3"));
}

/* A type that the API's list of names lacks. */
static void a_type_by_its_text(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(
      w, {.body = SUCCEEDED("\"manifest\":{\"schema\":{\"columns\":[{\"name\":\"t\",\"type_text\":"
                            "\"timestamp_ntz\"}]},\"total_row_count\":1}",
                            "{\"data_array\":[[\"2026-11-22T03:58:00.000\"]]}")});
  assert_int_equal(count(w), MU_E_NONE);
  assert_int_equal(w->result.columns[0].value.type, MU_T_STR);
}

static void links_stay_with_the_statement(void **state) {
  struct sql_world *w = *state;
  static const char *const links[] = {
      "https://evil.example.com/api/2.0/sql/statements/" ID "/result/chunks/1",
      "/api/2.0/sql/statements/other/result/chunks/1",
      "/api/2.0/sql/statements/" ID "/result/chunks/../../../../secrets/list"};
  for (size_t i = 0; i < MU_LEN(links); i++) {
    const char *body =
        mu_arena_fmt(w->arena,
                     SUCCEEDED(MANIFEST("2", "LONG"),
                               "{\"data_array\":[[\"1\"]],\"next_chunk_internal_link\":\"%s\"}"),
                     links[i]);
    SQL_TOLD(w, {.body = body});
    assert_int_equal(count(w), MU_E_REMOTE);
    assert_int_equal(w->seen_n, 1);
  }
}

static enum mu_errc fails(struct sql_world *w, const char *status) {
  const char *body = mu_arena_fmt(w->arena, "{\"statement_id\":\"" ID "\",\"status\":%s}", status);
  SQL_TOLD(w, {.body = STATE("RUNNING")}, {.body = body});
  return count(w);
}

static void failures_come_with_status_200(void **state) {
  struct sql_world *w = *state;
  assert_int_equal(fails(w, "{\"state\":\"FAILED\",\"error\":{\"error_code\":\"BAD_REQUEST\","
                            "\"message\":\"[PARSE_SYNTAX_ERROR] Syntax error\"},\"sql_state\":"
                            "\"42601\"}"),
                   MU_E_INPUT);
  assert_string_equal(w->err.msg, "databricks: the statement is FAILED: BAD_REQUEST: "
                                  "[PARSE_SYNTAX_ERROR] Syntax error");
  /* Who may not see a table is told the same: no proof that it is not there. */
  assert_int_equal(fails(w, "{\"state\":\"FAILED\",\"error\":{\"error_code\":\"BAD_REQUEST\","
                            "\"message\":\"[TABLE_OR_VIEW_NOT_FOUND]\"},\"sql_state\":\"42P01\"}"),
                   MU_E_REMOTE);
  assert_int_equal(fails(w, "{\"state\":\"FAILED\",\"error\":{\"error_code\":\"BAD_REQUEST\","
                            "\"message\":\"[INSUFFICIENT_PERMISSIONS] no\"}}"),
                   MU_E_DENIED);
  assert_int_equal(fails(w, "{\"state\":\"CANCELED\"}"), MU_E_REMOTE);
  assert_int_equal(fails(w, "{\"state\":\"CLOSED\"}"), MU_E_REMOTE);
  assert_int_equal(fails(w, "{\"state\":\"SOMETHING_NEW\"}"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 2); /* none of them runs any more */
  SQL_TOLD(w, {.status = 400,
               .body = "{\"error_code\":\"BAD_REQUEST\",\"message\":\"no such warehouse\"}"});
  assert_int_equal(count(w), MU_E_REMOTE);
  assert_string_equal(w->err.msg, "databricks: HTTP 400: no such warehouse");
  SQL_TOLD(w, {.status = 403, .body = "{\"error_code\":\"403\",\"message\":\"Invalid token\"}"});
  assert_int_equal(count(w), MU_E_DENIED);
}

static void answers_that_are_none(void **state) {
  struct sql_world *w = *state;
  static const char *const bodies[] = {
      "{}",
      "null",
      "{\"statement_id\":\"../../x\",\"status\":{\"state\":\"RUNNING\"}}",
      "{\"statement_id\":\"" ID "\"}",
      STATE("SUCCEEDED"),
      SUCCEEDED("\"manifest\":{}", "{}"),
      SUCCEEDED(MANIFEST("1", "LONG"), "{\"data_array\":[[\"1\",\"2\"]]}"),
      SUCCEEDED(MANIFEST("1", "LONG"), "{\"external_links\":[{}]}"),
  };
  for (size_t i = 0; i < MU_LEN(bodies); i++) {
    SQL_TOLD(w, {.body = bodies[i]});
    if (count(w) != MU_E_REMOTE) {
      fail_msg("%s: %s", bodies[i], w->err.msg);
    }
  }
  SQL_TOLD(w, {.body = STATE("RUNNING")},
           {.body = "{\"statement_id\":\"01eea4a3-0000\",\"status\":{\"state\":\"RUNNING\"}}"},
           {.body = "{}"});
  assert_int_equal(count(w), MU_E_REMOTE);
  assert_true(sql_world_ended_with(w, "POST /api/2.0/sql/statements/" ID "/cancel"));
  SQL_TOLD(w, {.body = "{\"statement_id\":\"" ID "\",\"status\":{\"state\":\"SUCCEEDED\"},"
                       "\"manifest\":{\"truncated\":true},\"result\":{}}"});
  assert_int_equal(count(w), MU_E_LIMIT);
}

static void a_warehouse_that_never_wakes_is_canceled(void **state) {
  struct sql_world *w = *state;
  w->time_ms = 30000;
  SQL_TOLD(w, {.body = STATE("PENDING")});
  assert_int_equal(count(w), MU_E_TIMEOUT);
  assert_true(sql_world_ended_with(w, "POST /api/2.0/sql/statements/" ID "/cancel"));
  assert_true(sql_world_saw(w, w->seen_n - 1, "Authorization: Bearer dapi-x\r\n"));
  assert_true(w->seen_n < 20); /* the pauses grow */
}

static void an_interrupt_is_a_cancel(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.body = STATE("RUNNING")});
  w->cancel_after = 2;
  assert_int_equal(count(w), MU_E_CANCELED);
  assert_int_equal(w->seen_n, 3);
  assert_true(sql_world_ended_with(w, "POST /api/2.0/sql/statements/" ID "/cancel"));
  w->cancel_after = 0;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sql_world_set_up, sql_world_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_count_that_was_waited_for),
      TEST(the_first_answer_may_be_the_last),
      TEST(a_service_principal_is_exchanged_for_a_token),
      TEST(chunks_are_added_up),
      TEST(a_type_by_its_text),
      TEST(links_stay_with_the_statement),
      TEST(failures_come_with_status_200),
      TEST(answers_that_are_none),
      TEST(a_warehouse_that_never_wakes_is_canceled),
      TEST(an_interrupt_is_a_cancel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
