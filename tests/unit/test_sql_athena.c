/* SPDX-License-Identifier: Apache-2.0 */
/* Athena's API against a stub made from its reference (version 2017-05-18); no Athena was asked.
 * What goes to and fro is held against botocore's model of the API. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "support/aws_world.h"
#include "support/oracle.h"
#include "wire/sql.h"

#define STARTED "{\"QueryExecutionId\":\"q-1\"}"
#define STATE(state, more)                                                                         \
  "{\"QueryExecution\":{\"QueryExecutionId\":\"q-1\",\"StatementType\":\"DML\",\"Status\":{"       \
  "\"State\":\"" state "\"" more "},\"ResultConfiguration\":{\"OutputLocation\":"                  \
  "\"s3://results/q-1.csv\"},\"Statistics\":{\"QueryQueueTimeInMillis\":40,"                       \
  "\"DataScannedInBytes\":123,\"TotalExecutionTimeInMillis\":900}}}"
#define SET(rows, name, type, next)                                                                \
  "{\"ResultSet\":{\"Rows\":[" rows "],\"ResultSetMetadata\":{\"ColumnInfo\":[{\"CatalogName\":"   \
  "\"hive\",\"Name\":\"" name "\",\"Label\":\"" name "\",\"Type\":\"" type "\"}]}}" next "}"
#define ROW(text) "{\"Data\":[{\"VarCharValue\":\"" text "\"}]}"
#define COUNTED SET(ROW("_col0") "," ROW("41208117"), "_col0", "bigint", "")

static struct mu_sql_result result;
static struct mu_err err;
static struct mu_cancel canceled;
static int64_t time_ms;

static enum mu_errc run(struct aws_world *w, struct mu_sql_target target, const char *statement) {
  const struct mu_aws_options options = {
      .clock = &w->clock, .cancel = &canceled, .max_attempts = 2};
  struct mu_aws *aws = NULL;
  err = (struct mu_err){0};
  assert_int_equal(mu_aws_new(&options, &aws, &err), 0); /* one that only reads */
  const struct mu_sql_ctx ctx = {.arena = w->arena,
                                 .clock = &w->clock,
                                 .cancel = &canceled,
                                 .deadline_mono_ms = w->now_ms + time_ms,
                                 .http = w->http,
                                 .aws = aws};
  target.engine = "athena";
  int rc = mu_sql_run(&target, &ctx, statement, &result, &err);
  mu_aws_free(aws);
  return rc == 0 ? MU_E_NONE : err.code;
}

static enum mu_errc count(struct aws_world *w) {
  return run(w, (struct mu_sql_target){0}, "SELECT count(*) FROM t");
}

static int set_up(void **state) {
  time_ms = 60000;
  canceled.signal = 0;
  return aws_world_set_up(state);
}

static bool saw(const struct aws_world *w, size_t i, const char *text) {
  return i < w->seen_n && strstr(w->seen[i], text);
}

static void a_count_that_was_waited_for(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {{200, NULL, STARTED, false},
                                             {200, NULL, STATE("QUEUED", ""), false},
                                             {200, NULL, STATE("RUNNING", ""), false},
                                             {200, NULL, STATE("SUCCEEDED", ""), false},
                                             {200, NULL, COUNTED, false}};
  const struct mu_sql_target target = {.catalog = "AwsDataCatalog",
                                       .schema = "finance",
                                       .workgroup = "dr",
                                       .output = "s3://results/"};
  TOLD(w, replies);
  assert_int_equal(run(w, target, "SELECT count(*) FROM \"t\";"), MU_E_NONE);
  int64_t rows = 0;
  assert_int_equal(mu_sql_one_count(&result, &rows, &err), 0);
  assert_int_equal(rows, 41208117);
  assert_int_equal(w->seen_n, 5);
  assert_true(saw(w, 0, "X-Amz-Target: AmazonAthena.StartQueryExecution\r\n"));
  assert_true(saw(w, 0, "\"QueryString\":\"SELECT count(*) FROM \\\"t\\\"\""));
  assert_true(saw(w, 0, "\"ClientRequestToken\":\"muster-"));
  assert_true(saw(w, 0, "{\"Catalog\":\"AwsDataCatalog\",\"Database\":\"finance\"}"));
  assert_true(saw(w, 0, "\"WorkGroup\":\"dr\""));
  assert_true(saw(w, 0, "\"ResultConfiguration\":{\"OutputLocation\":\"s3://results/\"}"));
  assert_true(saw(w, 1, "X-Amz-Target: AmazonAthena.GetQueryExecution\r\n"));
  assert_true(saw(w, 4, "X-Amz-Target: AmazonAthena.GetQueryResults\r\n"));
  assert_string_equal(result.query_id, "q-1");
  assert_int_equal(result.queued_ms, 40);
  assert_int_equal(result.scanned, 123);
  assert_string_equal(result.left_at, "s3://results/q-1.csv");
}

/* The same token both times: whatever became of the first, one query runs. */
static void a_start_that_got_lost_is_repeated_as_the_same(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {{0, NULL, NULL, true},
                                             {200, NULL, STARTED, false},
                                             {200, NULL, STATE("SUCCEEDED", ""), false},
                                             {200, NULL, COUNTED, false}};
  TOLD(w, replies);
  assert_int_equal(count(w), MU_E_NONE);
  const char *first = strstr(w->seen[0], "\"ClientRequestToken\"");
  const char *second = strstr(w->seen[1], "\"ClientRequestToken\"");
  assert_non_null(first);
  assert_non_null(second);
  assert_true(strlen(first) > 80);
  assert_memory_equal(first, second, 80);
}

static void pages_are_added_up(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {
      {200, NULL, STARTED, false},
      {200, NULL, STATE("SUCCEEDED", ""), false},
      {200, NULL,
       SET(ROW("name") "," ROW("a") ",{\"Data\":[{}]}", "name", "varchar",
           ",\"NextToken\":\"tok/1\""),
       false},
      {200, NULL, SET(ROW("name"), "name", "varchar", ""), false}};
  TOLD(w, replies);
  assert_int_equal(count(w), MU_E_NONE);
  assert_int_equal(result.rows, 3); /* "name" on the second page is a value */
  assert_string_equal(result.columns[0].value.s, "a");
  assert_true(saw(w, 3, "\"NextToken\":\"tok/1\""));
}

static void null_is_not_the_empty_text(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply null[] = {
      {200, NULL, STARTED, false},
      {200, NULL, STATE("SUCCEEDED", ""), false},
      {200, NULL, SET(ROW("m") ",{\"Data\":[{}]}", "m", "varchar", ""), false}};
  static const struct aws_reply empty[] = {
      {200, NULL, STARTED, false},
      {200, NULL, STATE("SUCCEEDED", ""), false},
      {200, NULL, SET(ROW("m") "," ROW(""), "m", "varchar", ""), false}};
  TOLD(w, null);
  assert_int_equal(count(w), MU_E_NONE);
  assert_true(result.columns[0].is_null);
  TOLD(w, empty);
  assert_int_equal(count(w), MU_E_NONE);
  assert_false(result.columns[0].is_null);
}

static void a_result_without_its_header_is_refused(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {
      {200, NULL, STARTED, false},
      {200, NULL, STATE("SUCCEEDED", ""), false},
      {200, NULL, SET(ROW("41208117"), "_col0", "bigint", ""), false}};
  static const struct aws_reply shown[] = {
      {200, NULL, STARTED, false},
      {200, NULL,
       "{\"QueryExecution\":{\"StatementType\":\"UTILITY\",\"Status\":{\"State\":\"SUCCEEDED\"}}}",
       false},
      {200, NULL, SET(ROW("tab_name"), "tab_name", "string", ""), false}};
  TOLD(w, replies);
  assert_int_equal(count(w), MU_E_REMOTE);
  TOLD(w, shown); /* SHOW has none: its first row is a row */
  assert_int_equal(run(w, (struct mu_sql_target){0}, "SHOW TABLES"), MU_E_NONE);
  assert_int_equal(result.rows, 1);
}

static enum mu_errc fails(struct aws_world *w, const char *status) {
  const char *body = mu_arena_fmt(w->arena, "{\"QueryExecution\":{\"Status\":%s}}", status);
  struct aws_reply *replies = mu_arena_array(w->arena, 2, sizeof *replies);
  replies[0] = (struct aws_reply){200, NULL, STARTED, false};
  replies[1] = (struct aws_reply){200, NULL, body, false};
  aws_world_told(w, replies, 2);
  return count(w);
}

static void failures(void **state) {
  struct aws_world *w = *state;
  assert_int_equal(fails(w, "{\"State\":\"FAILED\",\"StateChangeReason\":\"SYNTAX_ERROR: line 1:8: "
                            "no\",\"AthenaError\":{\"ErrorCategory\":2,\"ErrorType\":1006}}"),
                   MU_E_INPUT);
  assert_string_equal(err.msg, "athena: the query is FAILED: SYNTAX_ERROR: line 1:8: no");
  assert_int_equal(fails(w, "{\"State\":\"FAILED\",\"StateChangeReason\":\"TABLE_NOT_FOUND: line "
                            "1:22: Table 'awsdatacatalog.dr.t' does not exist\",\"AthenaError\":{"
                            "\"ErrorCategory\":2}}"),
                   MU_E_REMOTE);
  assert_int_equal(fails(w, "{\"State\":\"FAILED\",\"StateChangeReason\":\"Insufficient "
                            "permissions to execute the query.\"}"),
                   MU_E_DENIED);
  assert_int_equal(fails(w, "{\"State\":\"FAILED\",\"AthenaError\":{\"ErrorCategory\":1}}"),
                   MU_E_REMOTE);
  assert_int_equal(fails(w, "{\"State\":\"CANCELLED\"}"), MU_E_REMOTE);
  assert_int_equal(fails(w, "{}"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 2); /* none of them runs any more */
  static const struct aws_reply denied[] = {
      {400, NULL, "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}", false}};
  TOLD(w, denied);
  assert_int_equal(count(w), MU_E_DENIED);
  static const struct aws_reply none[] = {{200, NULL, "{}", false}};
  TOLD(w, none);
  assert_int_equal(count(w), MU_E_REMOTE);
}

static void time_up_stops_the_query(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {{200, NULL, STARTED, false},
                                             {200, NULL, STATE("RUNNING", ""), false}};
  time_ms = 20000;
  TOLD(w, replies);
  assert_int_equal(count(w), MU_E_TIMEOUT);
  assert_true(saw(w, w->seen_n - 1, "X-Amz-Target: AmazonAthena.StopQueryExecution\r\n"));
  assert_true(saw(w, w->seen_n - 1, "{\"QueryExecutionId\":\"q-1\"}"));
  assert_true(w->seen_n < 20); /* the pauses grow */
  assert_non_null(strstr(err.msg, "query q-1 was canceled at the engine"));
}

static void an_interrupt_stops_the_query(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {{200, NULL, STARTED, false}};
  TOLD(w, replies);
  canceled.signal = 2;
  assert_int_equal(count(w), MU_E_CANCELED);
  assert_int_equal(w->seen_n, 0);
}

/* Once at rest between two looks the operator interrupts: the clock's sleep is where it happens. */
static int64_t slept;
static void interrupting_sleep(void *ctx, int64_t ms) {
  struct aws_world *w = ctx;
  w->now_ms += ms;
  slept += ms;
  if (slept > 500) {
    canceled.signal = 2;
  }
}

static void an_interrupt_on_the_way_stops_the_query(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply replies[] = {{200, NULL, STARTED, false},
                                             {200, NULL, STATE("RUNNING", ""), false}};
  slept = 0;
  w->clock.sleep_ms = interrupting_sleep;
  TOLD(w, replies);
  assert_int_equal(count(w), MU_E_CANCELED);
  assert_true(saw(w, w->seen_n - 1, "X-Amz-Target: AmazonAthena.StopQueryExecution\r\n"));
}

/* "OPERATION\trequest\tanswer" of everything that the stub saw since it was told. */
static void add_exchanges(struct mu_str *out, const struct aws_world *w) {
  static const char target[] = "X-Amz-Target: AmazonAthena.";
  for (size_t i = 0; i < w->seen_n; i++) {
    const char *name = strstr(w->seen[i], target), *body = strstr(w->seen[i], "\r\n\r\n");
    const struct aws_reply *reply = &w->replies[i < w->replies_n ? i : w->replies_n - 1];
    assert_non_null(name);
    assert_non_null(body);
    name += strlen(target);
    mu_str_addn(out, name, strcspn(name, "\r"));
    mu_str_addf(out, "\t%s\t", strstr(body, "{"));
    mu_str_addf(out, "%s\n", mu_str_starts(name, "Stop") ? "" : reply->body);
  }
}

static void exchanges_have_the_documented_shape(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply pages[] = {
      {200, NULL, STARTED, false},
      {200, NULL, STATE("QUEUED", ""), false},
      {200, NULL, STATE("SUCCEEDED", ""), false},
      {200, NULL, SET(ROW("name") ",{\"Data\":[{}]}", "name", "varchar", ",\"NextToken\":\"t\""),
       false},
      {200, NULL, SET(ROW("b"), "name", "varchar", ""), false}};
  static const struct aws_reply failed[] = {
      {200, NULL, STARTED, false},
      {200, NULL,
       STATE("FAILED", ",\"StateChangeReason\":\"TABLE_NOT_FOUND: no\",\"AthenaError\":{"
                       "\"ErrorCategory\":2,\"ErrorType\":1,\"Retryable\":false}"),
       false}};
  static const struct aws_reply running[] = {{200, NULL, STARTED, false},
                                             {200, NULL, STATE("RUNNING", ""), false}};
  const struct mu_sql_target target = {.catalog = "AwsDataCatalog",
                                       .schema = "finance",
                                       .workgroup = "dr",
                                       .output = "s3://results/"};
  MU_STR(exchanges, 1 << 20);
  TOLD(w, pages);
  assert_int_equal(run(w, target, "SELECT name FROM t"), MU_E_NONE);
  add_exchanges(&exchanges, w);
  TOLD(w, failed);
  assert_int_equal(count(w), MU_E_REMOTE);
  add_exchanges(&exchanges, w);
  time_ms = 3000;
  TOLD(w, running);
  assert_int_equal(count(w), MU_E_TIMEOUT);
  add_exchanges(&exchanges, w);
  if (!oracle_check("athena_oracle.py", NULL, mu_str_get(&exchanges), exchanges.n)) {
    skip();
  }
}

/* Without the SQL client's word that it only reads, a client that only reads sends no query. */
static void queries_are_not_sent_by_the_way(void **state) {
  struct aws_world *w = *state;
  MU_AWS_ANSWER(answer);
  static const struct aws_reply replies[] = {{200, NULL, STARTED, false}};
  TOLD(w, replies);
  assert_int_equal(aws_world_ask(w, MU_AWS_READ_ONLY, "athena", "StartQueryExecution",
                                 (struct mu_aws_args){.json = "{}"}, &answer, &err),
                   MU_E_USAGE);
  assert_int_equal(w->seen_n, 0);
  assert_int_equal(aws_world_ask(w, MU_AWS_READ_ONLY, "glue", "DeleteTable",
                                 (struct mu_aws_args){.json = "{}", .may_query = true}, &answer,
                                 &err),
                   MU_E_USAGE);
  assert_int_equal(w->seen_n, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, aws_world_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_count_that_was_waited_for),
      TEST(a_start_that_got_lost_is_repeated_as_the_same),
      TEST(pages_are_added_up),
      TEST(null_is_not_the_empty_text),
      TEST(a_result_without_its_header_is_refused),
      TEST(failures),
      TEST(time_up_stops_the_query),
      TEST(an_interrupt_stops_the_query),
      TEST(an_interrupt_on_the_way_stops_the_query),
      TEST(exchanges_have_the_documented_shape),
      TEST(queries_are_not_sent_by_the_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
