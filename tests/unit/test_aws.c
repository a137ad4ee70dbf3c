/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS client against a stub that answers as told: retries, refusals, clocks, credentials,
 * endpoints. */
#define _DEFAULT_SOURCE /* setenv, mkdtemp */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "support/aws_world.h"
#include "support/oracle.h"
#include "wire/aws_int.h"
#include "wire/s3.h"

/* ---- what may be sent ---- */

static void a_reader_cannot_change(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply ok[] = {{200, NULL, "{}", false}};
  struct mu_err err;
  TOLD(w, ok);
  static const char *const changes[][2] = {{"glue", "CreateTable"},
                                           {"eks", "UpdateNodegroupConfig"},
                                           {"route53", "ChangeResourceRecordSets"},
                                           {"s3", "PutObject"}};
  for (size_t i = 0; i < MU_LEN(changes); i++) {
    MU_AWS_ANSWER(a);
    assert_int_equal(aws_world_ask(w, MU_AWS_READ_ONLY, changes[i][0], changes[i][1],
                                   (struct mu_aws_args){0}, &a, &err),
                     MU_E_USAGE);
    assert_non_null(strstr(err.msg, "only reads"));
    assert_int_equal(mu_aws_changes(changes[i][0], changes[i][1]), 1);
  }
  MU_AWS_ANSWER(b);
  assert_int_equal(aws_world_ask(w, MU_AWS_MAY_CHANGE, "glue", "DropEverything",
                                 (struct mu_aws_args){0}, &b, &err),
                   MU_E_USAGE);
  assert_int_equal(w->seen_n, 0);
  assert_int_equal(mu_aws_changes("glue", "GetTable"), 0);
  assert_int_equal(mu_aws_changes("glue", "DropEverything"), -1);
}

/* ---- answers ---- */

static void errors_are_told_apart(void **state) {
  struct aws_world *w = *state;
  static const struct {
    const char *service, *operation;
    struct aws_reply reply;
    enum mu_errc code;
  } cases[] = {
      {"glue",
       "GetTable",
       {400, NULL, "{\"__type\":\"a#EntityNotFoundException\"}", false},
       MU_E_ABSENT},
      {"glue",
       "GetTable",
       {400, "x-amzn-ErrorType: AccessDeniedException:http://x\r\n", "{}", false},
       MU_E_DENIED},
      {"glue", "GetTable", {400, NULL, "{\"__type\":\"ValidationException\"}", false}, MU_E_INPUT},
      {"glue",
       "CreateTable",
       {400, NULL, "{\"__type\":\"AlreadyExistsException\"}", false},
       MU_E_CONFLICT},
      {"glue", "GetTable", {403, NULL, "", false}, MU_E_DENIED},
      {"glue", "GetTable", {200, NULL, "<html>", false}, MU_E_REMOTE},
      {"glue", "GetTable", {404, NULL, "<html>not here</html>", false}, MU_E_REMOTE},
      {"s3", "HeadObject", {404, NULL, "", false}, MU_E_REMOTE}, /* nobody signs for it: not AWS */
      {"s3", "HeadObject", {404, "x-amz-request-id: R1\r\n", "", false}, MU_E_ABSENT},
      {"s3", "HeadObject", {403, "x-amz-request-id: R1\r\n", "", false}, MU_E_DENIED},
      {"s3", "GetObject", {404, NULL, "<Error><Code>NoSuchKey</Code></Error>", false}, MU_E_ABSENT},
      {"s3",
       "GetObject",
       {403, NULL, "<Error><Code>AccessDenied</Code></Error>", false},
       MU_E_DENIED},
      {"s3",
       "GetBucketVersioning",
       {200, NULL, "<Error><Code>AccessDenied</Code></Error>", false},
       MU_E_DENIED},
      {"s3", "GetBucketVersioning", {200, NULL, "<Versioning", false}, MU_E_REMOTE},
      {"ec2",
       "DescribeVpcs",
       {400, NULL,
        "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></Errors></Response>",
        false},
       MU_E_ABSENT},
      {"sts",
       "GetCallerIdentity",
       {403, NULL,
        "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>", false},
       MU_E_DENIED},
  };
  for (size_t i = 0; i < MU_LEN(cases); i++) {
    aws_world_told(w, &cases[i].reply, 1);
    enum mu_errc got = aws_world_quick(w, cases[i].service, cases[i].operation);
    if (got != cases[i].code) {
      fail_msg("case %zu: %d instead of %d", i, (int)got, (int)cases[i].code);
    }
    assert_int_equal(w->seen_n, 1);
  }
}

static void messages_name_the_request(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply bad[] = {{400, "x-amzn-RequestId: req-7\r\n",
                                   "{\"__type\":\"X\",\"Message\":\"two\\nlines \\u001b[2J\"}",
                                   false}};
  struct mu_err err;
  TOLD(w, bad);
  MU_AWS_ANSWER(a);
  (void)aws_world_ask(w, MU_AWS_READ_ONLY, "glue", "GetTable", (struct mu_aws_args){0}, &a, &err);
  assert_string_equal(a.request_id, "req-7");
  assert_non_null(strstr(err.msg, "glue GetTable: X: two"));
  assert_non_null(strstr(err.msg, "(request req-7)"));
  assert_null(strpbrk(err.msg, "\n\x1b"));
}

/* ---- retries ---- */

static void what_passes_is_asked_again(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply later[] = {
      {503, NULL, "", false}, {500, NULL, "", false}, {200, NULL, "{\"a\":1}", false}};
  const struct aws_reply throttled[] = {{400, NULL, "{\"__type\":\"ThrottlingException\"}", false},
                                        {200, NULL, "{}", false}};
  const struct aws_reply never[] = {{500, NULL, "", false}};
  struct mu_err err;
  MU_AWS_ANSWER(a);
  TOLD(w, later);
  assert_int_equal(
      aws_world_ask(w, MU_AWS_READ_ONLY, "glue", "GetTable", (struct mu_aws_args){0}, &a, &err),
      MU_E_NONE);
  assert_int_equal(a.attempts, 3);
  assert_int_equal(mu_json_int(mu_json_get(a.json, "a"), 0), 1);
  assert_true(w->slept_ms > 0 && w->slept_ms <= 3000);
  TOLD(w, throttled);
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_NONE);
  TOLD(w, never);
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 3);
  (void)setenv("AWS_MAX_ATTEMPTS", "5", 1);
  TOLD(w, never);
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 5);
}

static void a_change_is_not_repeated_blindly(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply dropped[] = {{0, NULL, NULL, true}};
  const struct aws_reply broken[] = {{500, NULL, "", false}};
  const struct aws_reply throttled[] = {{400, NULL, "{\"__type\":\"ThrottlingException\"}", false},
                                        {200, NULL, "{}", false}};
  const struct aws_reply ok[] = {{200, NULL, "{}", false}};
  TOLD(w, ok); /* leaves a connection behind: curl would send again by itself what an old one
                  swallows */
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_NONE);
  TOLD(w, dropped);
  assert_int_equal(aws_world_quick(w, "glue", "CreateTable"), MU_E_NET);
  assert_int_equal(w->seen_n, 1);
  TOLD(w, broken);
  assert_int_equal(aws_world_quick(w, "glue", "CreateTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 1);
  TOLD(w, throttled); /* refused: nothing happened */
  assert_int_equal(aws_world_quick(w, "glue", "CreateTable"), MU_E_NONE);
  assert_int_equal(w->seen_n, 2);
  TOLD(w, broken); /* deleting twice is deleting */
  assert_int_equal(aws_world_quick(w, "glue", "DeleteTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 3);
}

static void an_outage_empties_the_bucket(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply never[] = {{500, NULL, "", false}};
  struct mu_aws_batch_call calls[200] = {0};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
  for (size_t i = 0; i < MU_LEN(calls); i++) {
    calls[i] = (struct mu_aws_batch_call){.service = "glue", .operation = "GetTable"};
  }
  TOLD(w, never);
  mu_aws_batch(aws, w->http, calls, MU_LEN(calls), w->arena);
  assert_int_equal(w->seen_n, 200 + 500 / 5); /* not 600 */
  mu_aws_free(aws);
}

static void deadlines_hold(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply never[] = {{503, NULL, "", false}};
  struct mu_err err;
  TOLD(w, never);
  MU_AWS_ANSWER(a);
  struct mu_aws_args args = {.deadline_mono_ms = w->now_ms};
  assert_int_equal(aws_world_ask(w, MU_AWS_READ_ONLY, "glue", "GetTable", args, &a, &err),
                   MU_E_TIMEOUT);
  assert_int_equal(w->seen_n, 0);
  struct mu_cancel cancel = {.signal = 2};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){.cancel = &cancel});
  assert_int_equal(mu_aws_call(aws, w->http, "glue", "GetTable", NULL, w->arena, &a, &err), -1);
  assert_int_equal(err.code, MU_E_CANCELED);
  mu_aws_free(aws);
}

struct worker {
  struct mu_aws *aws;
  int good;
};

static void *ask_often(void *ctx) {
  struct worker *worker = ctx;
  struct mu_http *http = mu_http_new(NULL);
  struct mu_arena *arena = mu_arena_new();
  for (int i = 0; i < 30; i++) {
    MU_AWS_ANSWER(a);
    worker->good += mu_aws_call(worker->aws, http, "glue", "GetTable", NULL, arena, &a, NULL) == 0;
  }
  mu_arena_free(arena);
  mu_http_free(http);
  return NULL;
}

static void threads_share_a_client(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply replies[] = {{503, NULL, "", false}, {200, NULL, "{}", false}};
  const struct mu_aws_options options = {.clock = NULL};
  struct mu_aws *aws = NULL;
  struct mu_err err = {0};
  pthread_t threads[3];
  struct worker workers[3];
  TOLD(w, replies);
  assert_int_equal(mu_aws_new(&options, &aws, &err), 0);
  for (size_t i = 0; i < MU_LEN(threads); i++) {
    workers[i] = (struct worker){aws, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &workers[i]), 0);
  }
  for (size_t i = 0; i < MU_LEN(threads); i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(workers[i].good, 30);
  }
  assert_int_equal(w->seen_n, 91);
  mu_aws_free(aws);
}

/* ---- corrections ---- */

static void a_wrong_clock_is_set_right(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply skewed[] = {{403, "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\n",
                                      "<Error><Code>RequestTimeTooSkewed</Code></Error>", false},
                                     {200, NULL, "<VersioningConfiguration/>", false}};
  TOLD(w, skewed);
  assert_int_equal(aws_world_quick(w, "s3", "GetBucketVersioning"), MU_E_NONE);
  assert_int_equal(w->seen_n, 2);
  assert_non_null(strstr(w->seen[1], "X-Amz-Date: 20261123T140000Z"));
  const struct aws_reply stubborn[] = {{403, "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\n",
                                        "<Error><Code>RequestTimeTooSkewed</Code></Error>", false}};
  TOLD(w, stubborn);
  assert_int_equal(aws_world_quick(w, "s3", "GetBucketVersioning"), MU_E_DENIED);
  assert_int_equal(w->seen_n, 2);
}

/* HEAD has no body, and so no code: only the Date tells a wrong clock from a refusal. */
static void a_wrong_clock_is_seen_without_a_body(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply skewed[] = {
      {403, "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\nx-amz-request-id: R\r\n", NULL, false},
      {200, NULL, NULL, false}};
  const struct aws_reply denied[] = {
      {403, "Date: Mon, 23 Nov 2026 02:13:30 GMT\r\nx-amz-request-id: R\r\n", NULL, false}};
  TOLD(w, skewed);
  assert_int_equal(aws_world_quick(w, "s3", "HeadObject"), MU_E_NONE);
  assert_non_null(strstr(w->seen[1], "X-Amz-Date: 20261123T140000Z"));
  TOLD(w, denied);
  assert_int_equal(aws_world_quick(w, "s3", "HeadObject"), MU_E_DENIED);
  assert_int_equal(w->seen_n, 1);
}

/* Once the clock is set right, a refusal is one: it is not asked for again. */
static void a_clock_set_right_stays_so(void **state) {
  struct aws_world *w = *state;
  static const char date[] = "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\nx-amz-request-id: R\r\n";
  const struct aws_reply replies[] = {{403, date, NULL, false}, {403, date, NULL, false}};
  struct mu_aws_batch_call calls[2];
  static const struct mu_param_row params[] = {{"Bucket", "lake"}, {"Key", "k"}};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
  TOLD(w, replies);
  for (size_t round = 0; round < MU_LEN(calls); round++) {
    calls[0] = (struct mu_aws_batch_call){
        .service = "s3", .operation = "HeadObject", .args = {.params = params, .params_n = 2}};
    mu_aws_batch(aws, w->http, calls, 1, w->arena);
    assert_int_equal(calls[0].result, -1);
    assert_int_equal(calls[0].err.code, MU_E_DENIED);
  }
  assert_int_equal(w->seen_n, 3);
  mu_aws_free(aws);
}

static void ask_all(struct aws_world *w, struct mu_aws *aws, struct mu_aws_batch_call *calls,
                    size_t n) {
  mu_aws_batch(aws, w->http, calls, n, w->arena);
  for (size_t i = 0; i < n; i++) {
    mu_aws_answer_done(&calls[i].answer);
  }
}

/* A store that says "slow down" is asked fewer things at once, and more again when it can. */
static void a_throttled_store_gets_room(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply replies[] = {{503, NULL, "<Error><Code>SlowDown</Code></Error>", false},
                                      {200, NULL, "{}", false}};
  struct mu_aws_batch_call calls[40] = {0};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
  for (size_t i = 0; i < MU_LEN(calls); i++) {
    calls[i] = (struct mu_aws_batch_call){.service = "glue", .operation = "GetTable"};
  }
  TOLD(w, replies);
  ask_all(w, aws, calls, 1);
  assert_int_equal(aws->width, 16);
  ask_all(w, aws, calls, 16);
  assert_int_equal(aws->width, 17);
  for (int i = 0; i < 20; i++) {
    ask_all(w, aws, calls, MU_LEN(calls));
  }
  assert_int_equal(aws->width, 32);
  const struct aws_reply never[] = {{503, NULL, "<Error><Code>SlowDown</Code></Error>", false}};
  TOLD(w, never);
  ask_all(w, aws, calls, MU_LEN(calls));
  assert_in_range(aws->width, 1, 8); /* 120 refusals are some halvings, not 120 */
  mu_aws_free(aws);
}

static void a_bucket_elsewhere_is_found(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply moved[] = {{301, "x-amz-bucket-region: ap-south-1\r\n",
                                     "<Error><Code>PermanentRedirect</Code></Error>", false},
                                    {200, NULL, "<VersioningConfiguration/>", false}};
  TOLD(w, moved);
  assert_int_equal(aws_world_quick(w, "s3", "GetBucketVersioning"), MU_E_NONE);
  assert_non_null(strstr(w->seen[0], "/eu-central-1/s3/aws4_request"));
  assert_non_null(strstr(w->seen[1], "/ap-south-1/s3/aws4_request"));
  const struct aws_reply said[] = {{400, NULL,
                                    "<Error><Code>AuthorizationHeaderMalformed</Code><Region>"
                                    "ap-south-1</Region></Error>",
                                    false},
                                   {200, NULL, "<VersioningConfiguration/>", false}};
  TOLD(w, said);
  assert_int_equal(aws_world_quick(w, "s3", "GetBucketVersioning"), MU_E_NONE);
  assert_non_null(strstr(w->seen[1], "/ap-south-1/s3/aws4_request"));
}

static void expired_keys_are_fetched_again(void **state) {
  struct aws_world *w = *state;
  const char *path = aws_world_file(
      w, "keys", "{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\",\"SecretAccessKey\":\"s\"}");
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(
                   w, "config",
                   mu_arena_fmt(w->arena,
                                "[default]\ncredential_process = sh -c \"cat '%s'; echo >>%s.n\"\n",
                                path, path)),
               1);
  const struct aws_reply expired[] = {{400, NULL, "{\"__type\":\"ExpiredTokenException\"}", false},
                                      {200, NULL, "{}", false}};
  TOLD(w, expired);
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_NONE);
  MU_STR(runs, 100);
  struct mu_err err;
  assert_int_equal(mu_io_read(mu_arena_fmt(w->arena, "%s.n", path), &runs, &err), 0);
  assert_int_equal(runs.n, 2);
}

/* ---- S3 ---- */

static void a_range_must_be_one(void **state) {
  struct aws_world *w = *state;
  struct mu_err err = {0};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
  const struct aws_reply whole[] = {{200, NULL, "0123456789", false}};
  const struct aws_reply part[] = {
      {206, "Content-Range: bytes 8-9/10\r\nx-amz-object-lock-mode: GOVERNANCE\r\n", "89", false}};
  struct mu_s3_get get = {.bucket = "lake", .key = "k", .first = -2};
  TOLD(w, whole);
  assert_int_equal(mu_s3_get(aws, w->http, &get, w->arena, &err), -1);
  assert_int_equal(err.code, MU_E_REMOTE);
  TOLD(w, part);
  assert_int_equal(mu_s3_get(aws, w->http, &get, w->arena, &err), 0);
  assert_int_equal(get.size, 10);
  assert_string_equal(get.lock_mode, "GOVERNANCE");
  assert_string_equal(get.legal_hold, "");
  assert_non_null(strstr(w->seen[0], "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date"));
  mu_aws_free(aws);
}

static void uris_are_split(void **state) {
  struct aws_world *w = *state;
  const char *bucket = NULL, *key = NULL;
  assert_int_equal(mu_s3_split("s3a://lake/a/b c", w->arena, &bucket, &key), 0);
  assert_string_equal(bucket, "lake");
  assert_string_equal(key, "a/b c");
  assert_int_equal(mu_s3_split("s3://lake", w->arena, &bucket, &key), 0);
  assert_string_equal(key, "");
  assert_int_equal(mu_s3_split("s3:///x", w->arena, &bucket, &key), -1);
  assert_int_equal(mu_s3_split("abfss://c@a/x", w->arena, &bucket, &key), -1);
}

static int nothing(void *ctx, const struct mu_s3_object *object) {
  (void)ctx;
  (void)object;
  return 0;
}

static void a_listing_that_breaks_off_is_no_listing(void **state) {
  struct aws_world *w = *state;
  static const struct aws_reply bad[] = {
      {200, NULL, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", false},
      {200, NULL, "<Other/>", false},
      {200, NULL,
       "<ListBucketResult><Contents><Key>a</Key><Size>x</Size></Contents></ListBucketResult>",
       false},
      {200, NULL,
       "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t"
       "</NextContinuationToken></ListBucketResult>",
       false}, /* the same page for ever */
  };
  for (size_t i = 0; i < MU_LEN(bad); i++) {
    struct mu_err err = {0};
    struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
    aws_world_told(w, &bad[i], 1);
    assert_int_equal(mu_s3_list(aws, w->http, &(struct mu_s3_below){.bucket = "lake", .prefix = ""},
                                nothing, NULL, &err),
                     -1);
    assert_int_equal(err.code, MU_E_REMOTE);
    mu_aws_free(aws);
  }
}

/* Behind a delete marker: the newest version of that very key, and how long it is locked. */
static void what_was_deleted_is_found_again(void **state) {
  struct aws_world *w = *state;
  static const char none[] =
      "<ListVersionsResult><DeleteMarker><Key>k</Key></DeleteMarker></ListVersionsResult>";
  const struct aws_reply left[] = {
      {200, NULL,
       "<ListVersionsResult><EncodingType>url</EncodingType>"
       "<DeleteMarker><Key>a+b</Key><VersionId>m</VersionId></DeleteMarker>"
       "<Version><Key>a+b%2Fc</Key><VersionId>other</VersionId></Version>"
       "<Version><Key>a+b</Key><VersionId>v2</VersionId>"
       "<LastModified>2026-11-20T00:00:00Z</LastModified></Version>"
       "<Version><Key>a+b</Key><VersionId>v1</VersionId></Version></ListVersionsResult>",
       false},
      {200, "x-amz-object-lock-retain-until-date: 2026-12-20T00:00:00Z\r\n", NULL, false}};
  const struct aws_reply gone[] = {{200, NULL, none, false}};
  const struct aws_reply denied[] = {
      {403, NULL, "<Error><Code>AccessDenied</Code></Error>", false}};
  struct mu_s3_get get = {.bucket = "lake", .key = "a b"};
  struct mu_s3_version found;
  struct mu_err err = {0};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
  TOLD(w, left);
  assert_int_equal(mu_s3_last_version(aws, w->http, &get, 0, w->arena, &found, &err), 0);
  assert_string_equal(found.id, "v2");
  assert_string_equal(found.retain_until, "2026-12-20T00:00:00Z");
  assert_non_null(strstr(w->seen[1], "HEAD /lake/a%20b?versionId=v2\r\n"));
  TOLD(w, gone);
  assert_int_equal(mu_s3_last_version(aws, w->http, &get, 0, w->arena, &found, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  TOLD(w, denied);
  assert_int_equal(mu_s3_last_version(aws, w->http, &get, 0, w->arena, &found, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
  mu_aws_free(aws);
}

static void botocore_has_the_same_tables(void **state) {
  (void)state;
  const char *const words[] = {MU_SOURCE_DIR "/harness/wire/aws_services.def",
                               MU_SOURCE_DIR "/harness/wire/aws_ops.def", NULL};
  if (!oracle_check("aws_oracle.py", words, NULL, 0)) {
    skip();
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, aws_world_set_up, aws_world_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_reader_cannot_change),
      TEST(errors_are_told_apart),
      TEST(messages_name_the_request),
      TEST(what_passes_is_asked_again),
      TEST(a_change_is_not_repeated_blindly),
      TEST(an_outage_empties_the_bucket),
      TEST(deadlines_hold),
      TEST(threads_share_a_client),
      TEST(a_wrong_clock_is_set_right),
      TEST(a_wrong_clock_is_seen_without_a_body),
      TEST(a_clock_set_right_stays_so),
      TEST(a_throttled_store_gets_room),
      TEST(a_bucket_elsewhere_is_found),
      TEST(expired_keys_are_fetched_again),
      TEST(a_range_must_be_one),
      TEST(uris_are_split),
      TEST(a_listing_that_breaks_off_is_no_listing),
      TEST(what_was_deleted_is_found_again),
      cmocka_unit_test(botocore_has_the_same_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
