/* SPDX-License-Identifier: Apache-2.0 */
/* Trino's protocol against a stub made from its documentation: pages, authentication, errors, and
 * everything that can go wrong on the way. The real one is asked by tests/e2e/80-trino. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "support/sql_world.h"
#include "wire/sql_int.h"

#define QUEUED                                                                                     \
  "{\"id\":\"q1\",\"infoUri\":\"@/ui\",\"nextUri\":\"@/v1/statement/queued/q1/y/1\",\"stats\":{"   \
  "\"state\":\"QUEUED\",\"queuedTimeMillis\":12}}"
#define WAITING(n)                                                                                 \
  "{\"id\":\"q1\",\"nextUri\":\"@/v1/statement/executing/q1/y/" n "\",\"stats\":{\"state\":"       \
  "\"RUNNING\"}}"
#define COLUMNS                                                                                    \
  "\"columns\":[{\"name\":\"_col0\",\"type\":\"bigint\",\"typeSignature\":{\"rawType\":"           \
  "\"bigint\",\"arguments\":[]}}]"
#define COUNTED                                                                                    \
  "{\"id\":\"q1\",\"nextUri\":\"@/v1/statement/executing/q1/y/3\"," COLUMNS                        \
  ",\"data\":[[41208117]],\"stats\":{\"state\":\"RUNNING\",\"queuedTimeMillis\":15,"               \
  "\"physicalInputBytes\":4096}}"
#define ENDED "{\"id\":\"q1\",\"stats\":{\"state\":\"FINISHED\",\"queuedTimeMillis\":15}}"

static const struct mu_sql_target TRINO = {.engine = "trino", .user = "dana"};

static enum mu_errc count(struct sql_world *w) {
  return sql_world_run(w, TRINO, "SELECT count(*) FROM t;");
}

static void assert_counted(const struct sql_world *w) {
  int64_t rows = 0;
  struct mu_err err = {0};
  assert_int_equal(mu_sql_one_count(&w->result, &rows, &err), 0);
  assert_int_equal(rows, 41208117);
}

static void a_count_over_its_pages(void **state) {
  struct sql_world *w = *state;
  /* The first page names the columns, another holds the data, the last one neither. */
  SQL_TOLD(w, {.body = QUEUED},
           {.body = "{\"id\":\"q1\",\"nextUri\":\"@/v1/statement/executing/q1/y/2\"," COLUMNS "}"},
           {.body = COUNTED}, {.body = ENDED});
  assert_int_equal(count(w), MU_E_NONE);
  assert_counted(w);
  assert_int_equal(w->seen_n, 4);
  assert_true(sql_world_saw(w, 0, "POST /v1/statement\r\n"));
  assert_true(sql_world_saw(w, 0, "\r\nSELECT count(*) FROM t"));
  assert_false(sql_world_saw(w, 0, "FROM t;")); /* a syntax error to Trino */
  assert_true(sql_world_saw(w, 0, "X-Trino-User: dana\r\n"));
  assert_true(sql_world_saw(w, 0, "X-Trino-Source: muster\r\n"));
  assert_true(sql_world_saw(w, 0, "X-Trino-Time-Zone: UTC\r\n"));
  assert_false(sql_world_saw(w, 0, "X-Trino-Catalog"));
  assert_true(sql_world_saw(w, 1, "GET /v1/statement/queued/q1/y/1\r\n"));
  assert_true(sql_world_saw(w, 3, "GET /v1/statement/executing/q1/y/3\r\n"));
  assert_string_equal(w->result.query_id, "q1");
  assert_int_equal(w->result.queued_ms, 15);
  assert_int_equal(w->result.scanned, 4096);
}

static void where_and_as_whom(void **state) {
  struct sql_world *w = *state;
  static const char *const session[] = {"query_max_run_time", "5m", "lake.x", "a b,c"};
  struct mu_sql_target target = TRINO;
  SQL_TOLD(w, {.body = COUNTED}, {.body = ENDED});
  target.catalog = "lake";
  target.schema = "finance";
  target.password = "s3cret:x";
  target.session = session;
  target.session_n = 4;
  assert_int_equal(sql_world_run(w, target, "SELECT 1"), MU_E_NONE);
  assert_true(sql_world_saw(w, 0, "X-Trino-Catalog: lake\r\n"));
  assert_true(sql_world_saw(w, 0, "X-Trino-Schema: finance\r\n"));
  assert_true(sql_world_saw(w, 0, "X-Trino-Session: query_max_run_time=5m,lake.x=a%20b%2Cc\r\n"));
  assert_true(sql_world_saw(w, 0, "Authorization: Basic ZGFuYTpzM2NyZXQ6eA==\r\n"));
  assert_true(sql_world_saw(w, 1, "Authorization: Basic ZGFuYTpzM2NyZXQ6eA==\r\n"));
  SQL_TOLD(w, {.body = COUNTED}, {.body = ENDED});
  assert_int_equal(
      sql_world_run(w, (struct mu_sql_target){.engine = "trino", .token = "tok"}, "SELECT 1"),
      MU_E_NONE);
  assert_true(sql_world_saw(w, 0, "Authorization: Bearer tok\r\n"));
  assert_false(sql_world_saw(w, 0, "X-Trino-User")); /* the token says who */
  SQL_TOLD(w, {.body = COUNTED}, {.body = ENDED});
  target = (struct mu_sql_target){.engine = "trino", .catalog = "a\r\nX-Evil: b"};
  assert_int_equal(sql_world_run(w, target, "SELECT 1"), MU_E_INPUT);
  assert_int_equal(w->seen_n, 0);
}

static void only_what_reads_is_sent(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.body = COUNTED});
  assert_int_equal(sql_world_run(w, TRINO, "DROP TABLE t"), MU_E_CONFIG);
  assert_int_equal(sql_world_run(w, TRINO, "SELECT 1; SELECT 2"), MU_E_CONFIG);
  assert_int_equal(w->seen_n, 0);
}

static enum mu_errc fails(struct sql_world *w, const char *error) {
  const char *body = mu_arena_fmt(w->arena, "{\"id\":\"q1\",\"stats\":{},\"error\":%s}", error);
  SQL_TOLD(w, {.body = QUEUED}, {.body = body});
  return count(w);
}

static void errors_keep_their_name_type_and_place(void **state) {
  struct sql_world *w = *state;
  assert_int_equal(
      fails(w, "{\"message\":\"line 1:22: Table 'lake.db.t' does not exist\",\"errorCode\":46,"
               "\"errorName\":\"TABLE_NOT_FOUND\",\"errorType\":\"USER_ERROR\",\"errorLocation\":"
               "{\"lineNumber\":1,\"columnNumber\":22}}"),
      MU_E_ABSENT);
  assert_string_equal(w->err.msg, "trino: TABLE_NOT_FOUND (USER_ERROR): line 1:22: Table "
                                  "'lake.db.t' does not exist");
  assert_int_equal(fails(w, "{\"message\":\"mismatched input\",\"errorName\":\"SYNTAX_ERROR\","
                            "\"errorType\":\"USER_ERROR\",\"errorLocation\":{\"lineNumber\":2,"
                            "\"columnNumber\":7}}"),
                   MU_E_INPUT);
  assert_string_equal(w->err.msg, "trino: SYNTAX_ERROR (USER_ERROR): mismatched input (line 2:7)");
  assert_int_equal(fails(w, "{\"message\":\"Access Denied: Cannot select from table db.t\","
                            "\"errorName\":\"PERMISSION_DENIED\",\"errorType\":\"USER_ERROR\"}"),
                   MU_E_DENIED);
  assert_int_equal(fails(w, "{\"message\":\"no\",\"errorName\":\"CATALOG_NOT_FOUND\",\"errorType\":"
                            "\"USER_ERROR\"}"),
                   MU_E_INPUT);
  assert_int_equal(fails(w, "{\"message\":\"no nodes\",\"errorName\":\"NO_NODES_AVAILABLE\","
                            "\"errorType\":\"INSUFFICIENT_RESOURCES\"}"),
                   MU_E_REMOTE);
  assert_int_equal(fails(w, "{}"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 2); /* a query that failed is not canceled */
}

static void a_busy_or_broken_way_is_tried_again(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.status = 503}, {.status = 429, .headers = "Retry-After: 2\r\n"}, {.body = QUEUED},
           {.status = 502}, {.status = 504}, {.drop = true}, {.body = COUNTED, .cut = true},
           {.body = COUNTED}, {.body = ENDED});
  assert_int_equal(count(w), MU_E_NONE);
  assert_counted(w);
  assert_true(w->slept_ms >= 2000);
  assert_true(sql_world_saw(w, 2, "POST /v1/statement\r\n"));
  for (size_t i = 3; i < 8; i++) {
    assert_true(sql_world_saw(w, i, "GET /v1/statement/queued/q1/y/1\r\n"));
  }
}

static void a_busy_way_has_an_end(void **state) {
  struct sql_world *w = *state;
  w->time_ms = 10000;
  SQL_TOLD(w, {.status = 503});
  assert_int_equal(count(w), MU_E_REMOTE);
  assert_non_null(strstr(w->err.msg, "HTTP 503, "));
  assert_true(w->slept_ms <= 10000 && w->seen_n < 30);
  SQL_TOLD(w, {.body = QUEUED}, {.drop = true});
  assert_int_equal(count(w), MU_E_NET);
  assert_true(w->slept_ms < 3000); /* who loses five in a row gives up */
  assert_true(w->seen_n < 40);     /* libcurl itself asks again where an old connection dies */
}

static void a_lost_start_is_not_repeated(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.drop = true});
  assert_int_not_equal(count(w), MU_E_NONE);
  assert_int_equal(w->seen_n, 1);
  assert_non_null(strstr(w->err.msg, "may run without anybody waiting"));
}

static void refusals(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.status = 401, .body = "Basic authentication or X-Trino-User must be sent"});
  assert_int_equal(count(w), MU_E_DENIED);
  assert_string_equal(w->err.msg,
                      "trino: HTTP 401: Basic authentication or X-Trino-User must be sent");
  SQL_TOLD(w, {.status = 403, .body = "{\"message\":\"not \\u001b[31myou\"}"});
  assert_int_equal(count(w), MU_E_DENIED);
  assert_null(strchr(w->err.msg, '\033'));
  SQL_TOLD(w, {.status = 404, .body = "<html>nothing</html>"});
  assert_int_equal(count(w), MU_E_REMOTE);
  assert_string_equal(w->err.msg, "trino: HTTP 404");
  SQL_TOLD(w, {.body = QUEUED}, {.status = 410, .body = "gone"});
  assert_int_equal(count(w), MU_E_REMOTE);
}

static void answers_that_are_none(void **state) {
  struct sql_world *w = *state;
  static const char *const bodies[] = {
      "",
      "not json",
      "[]",
      "{}",
      "{\"id\":\"q1\",\"columns\":[],\"data\":[[1]]}",
      "{\"id\":\"q1\"}",
      "{\"id\":\"q1\"," COLUMNS ",\"data\":[[1,2]]}",
      "{\"id\":\"q1\"," COLUMNS ",\"data\":[1]}",
      "{\"id\":\"q1\"," COLUMNS ",\"data\":{\"encoding\":\"json\",\"segments\":[]}}",
      "{\"id\":\"q1\",\"columns\":[{\"name\":\"a\"}],\"data\":[[1]]}",
      "{\"id\":\"q1\"," COLUMNS ",\"data\":[[92233720368547758070]]}",
  };
  for (size_t i = 0; i < MU_LEN(bodies); i++) {
    SQL_TOLD(w, {.body = bodies[i]});
    enum mu_errc code = count(w);
    if (code != MU_E_REMOTE) {
      fail_msg("%s: %d %s", bodies[i], (int)code, w->err.msg);
    }
  }
  /* Whole, but no count. */
  SQL_TOLD(w, {.body = "{\"id\":\"q1\"," COLUMNS ",\"data\":[[1],[2]]}"});
  assert_int_equal(count(w), MU_E_NONE);
  int64_t rows = -1;
  assert_int_equal(mu_sql_one_count(&w->result, &rows, &w->err), -1);
  assert_int_equal(rows, -1);
}

static void the_next_page_comes_from_the_same_place(void **state) {
  struct sql_world *w = *state;
  static const char *const elsewhere[] = {"http://evil.example.com/v1/statement/q1",
                                          "http://127.0.0.1:1/v1/statement/q1",
                                          "https://127.0.0.1/v1/statement/q1",
                                          "file:///etc/passwd",
                                          "/v1/statement/executing/q1",
                                          "http://a:b@127.0.0.1/",
                                          "http://127.0.0.1\\@evil.example.com/",
                                          ""};
  for (size_t i = 0; i < MU_LEN(elsewhere); i++) {
    const char *body =
        mu_arena_fmt(w->arena, "{\"id\":\"q1\",\"nextUri\":\"%s\"}",
                     i == 6 ? "http://127.0.0.1\\\\@evil.example.com/" : elsewhere[i]);
    SQL_TOLD(w, {.body = QUEUED}, {.body = body}, {.status = 204});
    if (count(w) != MU_E_REMOTE || !strstr(w->err.msg, "nextUri")) {
      fail_msg("%s: %s", elsewhere[i], w->err.msg);
    }
    /* The page before said where the query can be canceled. */
    assert_true(sql_world_ended_with(w, "DELETE /v1/statement/queued/q1/y/1"));
  }
}

/* What a stub without TLS cannot show: the page itself is judged. */
static void the_next_page_keeps_its_tls(void **state) {
  struct sql_world *w = *state;
  static const struct {
    const char *next;
    bool is_ours;
  } rows[] = {
      {"https://t.example.com/v1/x", true},       {"https://T.example.com:443/v1/x", true},
      {"http://t.example.com/v1/x", false},       {"http://t.example.com:443/v1/x", false},
      {"https://t.example.com:8443/v1/x", false}, {"https://t.example.com.evil.org/v1/x", false}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_json *doc = NULL;
    struct mu_sql_result result = {.query_id = ""};
    const struct mu_sql_ctx ctx = {.arena = w->arena, .clock = &w->clock};
    struct mu_sql_run run = {.ctx = &ctx, .result = &result, .base = "https://t.example.com"};
    const char *body = mu_arena_fmt(w->arena, "{\"id\":\"q\",\"nextUri\":\"%s\"}", rows[i].next);
    assert_int_equal(mu_json_parse(body, strlen(body), &doc, &w->err), 0);
    int rc = mu_sql_trino_page(&run, mu_json_root(doc), &w->err);
    mu_json_free(doc);
    if ((rc == 0) != rows[i].is_ours) {
      fail_msg("%s", rows[i].next);
    }
    assert_int_equal(run.is_running, rows[i].is_ours);
    if (i == 2) {
      assert_non_null(strstr(w->err.msg, "without TLS"));
    }
  }
}

static void time_up_cancels_at_the_engine(void **state) {
  struct sql_world *w = *state;
  w->time_ms = 5000;
  SQL_TOLD(w, {.body = QUEUED}, {.body = WAITING("2")}); /* for ever */
  assert_int_equal(count(w), MU_E_TIMEOUT);
  assert_true(sql_world_ended_with(w, "DELETE /v1/statement/executing/q1/y/2"));
  assert_true(w->slept_ms >= 3900 && w->slept_ms <= 5000); /* some is kept for canceling */
  assert_true(w->seen_n < 200);
  assert_non_null(strstr(w->err.msg, "query q1 was canceled at the engine"));
}

static void an_interrupt_cancels_at_the_engine(void **state) {
  struct sql_world *w = *state;
  SQL_TOLD(w, {.body = QUEUED}, {.body = WAITING("2")});
  w->cancel_after = 5;
  assert_int_equal(count(w), MU_E_CANCELED);
  assert_int_equal(w->seen_n, 6);
  assert_true(sql_world_ended_with(w, "DELETE /v1/statement/executing/q1/y/2"));
  w->cancel_after = 0;
}

static void a_cancel_that_fails_is_said(void **state) {
  struct sql_world *w = *state;
  w->time_ms = 5000;
  SQL_TOLD(w, {.body = QUEUED}, {.status = 400, .body = "no"});
  assert_int_equal(count(w), MU_E_REMOTE);
  assert_non_null(strstr(w->err.msg, "query q1 may still run: canceling it failed: HTTP 400: no"));
}

static void a_hang_ends_with_the_time(void **state) {
  struct sql_world *w = *state;
  w->real_time = true;
  w->time_ms = 1000;
  int64_t started = mu_mono_ms(mu_clock_system());
  SQL_TOLD(w, {.body = QUEUED}, {.body = WAITING("2"), .delay_ms = 4000}, {.status = 204});
  assert_int_equal(count(w), MU_E_TIMEOUT);
  assert_true(mu_mono_ms(mu_clock_system()) - started < 3000);
  assert_true(sql_world_ended_with(w, "DELETE /v1/statement/queued/q1/y/1"));
  w->real_time = false;
}

static void a_result_has_a_cap(void **state) {
  struct sql_world *w = *state;
  MU_STR(body, 8 * 1024 * 1024);
  mu_str_add(&body, "{\"id\":\"q1\",\"nextUri\":\"@/v1/statement/executing/q1/y/2\"," COLUMNS
                    ",\"data\":[[1]");
  for (int i = 1; i < 60000; i++) {
    mu_str_add(&body, ",[1]");
  }
  mu_str_add(&body, "]}");
  SQL_TOLD(w, {.body = mu_str_get(&body)}, {.body = mu_str_get(&body)}, {.status = 204});
  assert_int_equal(count(w), MU_E_LIMIT);
  assert_true(sql_world_ended_with(w, "DELETE /v1/statement/executing/q1/y/2"));
}

static void nobody_listens(void **state) {
  struct sql_world *w = *state;
  struct mu_sql_target target = TRINO;
  target.url = "http://127.0.0.1:1";
  assert_int_equal(sql_world_run(w, target, "SELECT 1"), MU_E_NET);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sql_world_set_up, sql_world_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_count_over_its_pages),
      TEST(where_and_as_whom),
      TEST(only_what_reads_is_sent),
      TEST(errors_keep_their_name_type_and_place),
      TEST(a_busy_or_broken_way_is_tried_again),
      TEST(a_busy_way_has_an_end),
      TEST(a_lost_start_is_not_repeated),
      TEST(refusals),
      TEST(answers_that_are_none),
      TEST(the_next_page_comes_from_the_same_place),
      TEST(the_next_page_keeps_its_tls),
      TEST(time_up_cancels_at_the_engine),
      TEST(an_interrupt_cancels_at_the_engine),
      TEST(a_cancel_that_fails_is_said),
      TEST(a_hang_ends_with_the_time),
      TEST(a_result_has_a_cap),
      TEST(nobody_listens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
