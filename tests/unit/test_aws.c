/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS client against a stub that answers as told: retries, refusals, clocks, credentials,
 * endpoints. */
#define _DEFAULT_SOURCE /* setenv, mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
#include "base/num.h"
#include "base/str.h"
#include "support/httpd.h"
#include "wire/aws.h"
#include "wire/s3.h"
#include "wire/xml.h"

enum { MAX_SEEN = 64 };

/* What the stub answers, in order; the last one again and again. */
struct reply {
  int status;
  const char *headers, *body;
  bool drop;
};

struct world {
  struct httpd *server;
  struct mu_http *http;
  struct mu_arena *arena;
  struct mu_clock clock;
  int64_t now_ms, slept_ms;
  const struct reply *replies;
  size_t replies_n;
  atomic_size_t seen_n;      /* stored last, so that the rest is seen with it */
  char seen[MAX_SEEN][4096]; /* "METHOD target\r\nhead\r\nbody" */
  char dir[64], base[64];
};

static const char STS_OK[] =
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>tok</SessionToken>"
    "<Expiration>2027-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></"
    "AssumeRoleResponse>";

static void handle(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct world *w = ctx;
  size_t i = w->seen_n;
  if (i < MAX_SEEN) {
    (void)snprintf(w->seen[i], sizeof w->seen[0], "%s %s\r\n%s\r\n%s", req->method, req->target,
                   req->head, req->body);
  }
  const struct reply *reply = &w->replies[i < w->replies_n ? i : w->replies_n - 1];
  resp->status = reply->status;
  resp->drop = reply->drop;
  mu_str_add(&resp->headers, reply->headers ? reply->headers : "");
  mu_str_add(&resp->body, reply->body ? reply->body : "");
  w->seen_n = i + 1;
}

static int64_t now_ms(void *ctx) { return ((struct world *)ctx)->now_ms; }

static void sleep_ms(void *ctx, int64_t ms) {
  struct world *w = ctx;
  w->now_ms += ms;
  w->slept_ms += ms;
}

static const char *const VARIABLES[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_GLUE",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_MAX_ATTEMPTS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CA_BUNDLE",
};

static const char *file(struct world *w, const char *name, const char *text) {
  struct mu_err err = {0};
  const char *path = mu_arena_fmt(w->arena, "%s/%s", w->dir, name);
  assert_int_equal(mu_io_write(path, text, strlen(text), &err), 0);
  return path;
}

static void keys_in_environment(void) {
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDENV", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "env-secret", 1);
}

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  w->arena = mu_arena_new();
  w->http = mu_http_new(NULL);
  w->server = httpd_start(handle, w);
  w->now_ms = INT64_C(1795400000000); /* 2026-11-22 */
  w->clock = (struct mu_clock){w, now_ms, now_ms, sleep_ms};
  (void)snprintf(w->base, sizeof w->base, "http://127.0.0.1:%d", httpd_port(w->server));
  (void)snprintf(w->dir, sizeof w->dir, "/tmp/muster-aws-XXXXXX");
  for (size_t i = 0; i < MU_LEN(VARIABLES); i++) {
    (void)unsetenv(VARIABLES[i]);
  }
  (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  (void)setenv("AWS_ENDPOINT_URL", w->base, 1);
  (void)setenv("AWS_REGION", "eu-central-1", 1);
  *state = w;
  if (!mkdtemp(w->dir)) {
    return -1;
  }
  (void)setenv("HOME", w->dir, 1);
  keys_in_environment();
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  const char *argv[] = {"rm", "-rf", w->dir, NULL};
  struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result;
  (void)!mu_exec_run(&spec, &result, NULL);
  httpd_stop(w->server);
  mu_http_free(w->http);
  mu_arena_free(w->arena);
  free(w);
  return 0;
}

static struct mu_aws *client(struct world *w, struct mu_aws_options options) {
  struct mu_aws *aws = NULL;
  struct mu_err err = {0};
  options.clock = &w->clock;
  if (mu_aws_new(&options, &aws, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return aws;
}

static void told(struct world *w, const struct reply *replies, size_t n) {
  w->replies = replies;
  w->replies_n = n;
  w->seen_n = 0;
}
#define TOLD(w, replies) told(w, replies, MU_LEN(replies))

/* One call with a new client: how it ended. */
static enum mu_errc ask(struct world *w, enum mu_aws_mode mode, const char *service,
                        const char *operation, struct mu_aws_args args,
                        struct mu_aws_answer *answer, struct mu_err *err) {
  struct mu_aws *aws = client(w, (struct mu_aws_options){.mode = mode});
  *err = (struct mu_err){0};
  int result = mu_aws_do(aws, w->http, service, operation, &args, w->arena, answer, err);
  mu_aws_free(aws);
  assert_int_equal(result, err->code == MU_E_NONE ? 0 : -1);
  return err->code;
}

static enum mu_errc quick(struct world *w, const char *service, const char *operation) {
  static const struct mu_param_row params[] = {{"Bucket", "lake"}, {"Key", "k"}};
  bool rest = strcmp(service, "s3") == 0;
  MU_AWS_ANSWER(a);
  struct mu_err err;
  return ask(w, MU_AWS_MAY_CHANGE, service, operation,
             (struct mu_aws_args){.params = rest ? params : NULL, .params_n = rest ? 2 : 0}, &a,
             &err);
}

/* ---- what may be sent ---- */

static void a_reader_cannot_change(void **state) {
  struct world *w = *state;
  const struct reply ok[] = {{200, NULL, "{}", false}};
  struct mu_err err;
  TOLD(w, ok);
  static const char *const changes[][2] = {{"glue", "CreateTable"},
                                           {"eks", "UpdateNodegroupConfig"},
                                           {"route53", "ChangeResourceRecordSets"},
                                           {"s3", "PutObject"}};
  for (size_t i = 0; i < MU_LEN(changes); i++) {
    MU_AWS_ANSWER(a);
    assert_int_equal(
        ask(w, MU_AWS_READ_ONLY, changes[i][0], changes[i][1], (struct mu_aws_args){0}, &a, &err),
        MU_E_USAGE);
    assert_non_null(strstr(err.msg, "only reads"));
    assert_int_equal(mu_aws_changes(changes[i][0], changes[i][1]), 1);
  }
  MU_AWS_ANSWER(b);
  assert_int_equal(
      ask(w, MU_AWS_MAY_CHANGE, "glue", "DropEverything", (struct mu_aws_args){0}, &b, &err),
      MU_E_USAGE);
  assert_int_equal(w->seen_n, 0);
  assert_int_equal(mu_aws_changes("glue", "GetTable"), 0);
  assert_int_equal(mu_aws_changes("glue", "DropEverything"), -1);
}

/* ---- answers ---- */

static void errors_are_told_apart(void **state) {
  struct world *w = *state;
  static const struct {
    const char *service, *operation;
    struct reply reply;
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
    told(w, &cases[i].reply, 1);
    enum mu_errc got = quick(w, cases[i].service, cases[i].operation);
    if (got != cases[i].code) {
      fail_msg("case %zu: %d instead of %d", i, (int)got, (int)cases[i].code);
    }
    assert_int_equal(w->seen_n, 1);
  }
}

static void messages_name_the_request(void **state) {
  struct world *w = *state;
  const struct reply bad[] = {{400, "x-amzn-RequestId: req-7\r\n",
                               "{\"__type\":\"X\",\"Message\":\"two\\nlines \\u001b[2J\"}", false}};
  struct mu_err err;
  TOLD(w, bad);
  MU_AWS_ANSWER(a);
  (void)ask(w, MU_AWS_READ_ONLY, "glue", "GetTable", (struct mu_aws_args){0}, &a, &err);
  assert_string_equal(a.request_id, "req-7");
  assert_non_null(strstr(err.msg, "glue GetTable: X: two"));
  assert_non_null(strstr(err.msg, "(request req-7)"));
  assert_null(strpbrk(err.msg, "\n\x1b"));
}

/* ---- retries ---- */

static void what_passes_is_asked_again(void **state) {
  struct world *w = *state;
  const struct reply later[] = {
      {503, NULL, "", false}, {500, NULL, "", false}, {200, NULL, "{\"a\":1}", false}};
  const struct reply throttled[] = {{400, NULL, "{\"__type\":\"ThrottlingException\"}", false},
                                    {200, NULL, "{}", false}};
  const struct reply never[] = {{500, NULL, "", false}};
  struct mu_err err;
  MU_AWS_ANSWER(a);
  TOLD(w, later);
  assert_int_equal(ask(w, MU_AWS_READ_ONLY, "glue", "GetTable", (struct mu_aws_args){0}, &a, &err),
                   MU_E_NONE);
  assert_int_equal(a.attempts, 3);
  assert_int_equal(mu_json_int(mu_json_get(a.json, "a"), 0), 1);
  assert_true(w->slept_ms > 0 && w->slept_ms <= 3000);
  TOLD(w, throttled);
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_NONE);
  TOLD(w, never);
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 3);
  (void)setenv("AWS_MAX_ATTEMPTS", "5", 1);
  TOLD(w, never);
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 5);
}

static void a_change_is_not_repeated_blindly(void **state) {
  struct world *w = *state;
  const struct reply dropped[] = {{0, NULL, NULL, true}};
  const struct reply broken[] = {{500, NULL, "", false}};
  const struct reply throttled[] = {{400, NULL, "{\"__type\":\"ThrottlingException\"}", false},
                                    {200, NULL, "{}", false}};
  const struct reply ok[] = {{200, NULL, "{}", false}};
  TOLD(w, ok); /* leaves a connection behind: curl would send again by itself what an old one
                  swallows */
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_NONE);
  TOLD(w, dropped);
  assert_int_equal(quick(w, "glue", "CreateTable"), MU_E_NET);
  assert_int_equal(w->seen_n, 1);
  TOLD(w, broken);
  assert_int_equal(quick(w, "glue", "CreateTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 1);
  TOLD(w, throttled); /* refused: nothing happened */
  assert_int_equal(quick(w, "glue", "CreateTable"), MU_E_NONE);
  assert_int_equal(w->seen_n, 2);
  TOLD(w, broken); /* deleting twice is deleting */
  assert_int_equal(quick(w, "glue", "DeleteTable"), MU_E_REMOTE);
  assert_int_equal(w->seen_n, 3);
}

static void an_outage_empties_the_bucket(void **state) {
  struct world *w = *state;
  const struct reply never[] = {{500, NULL, "", false}};
  struct mu_aws_batch_call calls[200] = {0};
  struct mu_aws *aws = client(w, (struct mu_aws_options){0});
  for (size_t i = 0; i < MU_LEN(calls); i++) {
    calls[i] = (struct mu_aws_batch_call){.service = "glue", .operation = "GetTable"};
  }
  TOLD(w, never);
  mu_aws_batch(aws, w->http, calls, MU_LEN(calls), w->arena);
  assert_int_equal(w->seen_n, 200 + 500 / 5); /* not 600 */
  mu_aws_free(aws);
}

static void deadlines_hold(void **state) {
  struct world *w = *state;
  const struct reply never[] = {{503, NULL, "", false}};
  struct mu_err err;
  TOLD(w, never);
  MU_AWS_ANSWER(a);
  struct mu_aws_args args = {.deadline_mono_ms = w->now_ms};
  assert_int_equal(ask(w, MU_AWS_READ_ONLY, "glue", "GetTable", args, &a, &err), MU_E_TIMEOUT);
  assert_int_equal(w->seen_n, 0);
  struct mu_cancel cancel = {.signal = 2};
  struct mu_aws *aws = client(w, (struct mu_aws_options){.cancel = &cancel});
  assert_int_equal(mu_aws_call(aws, w->http, "glue", "GetTable", NULL, w->arena, &a, &err), -1);
  assert_int_equal(err.code, MU_E_CANCELED);
  mu_aws_free(aws);
}

/* ---- corrections ---- */

static void a_wrong_clock_is_set_right(void **state) {
  struct world *w = *state;
  const struct reply skewed[] = {{403, "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\n",
                                  "<Error><Code>RequestTimeTooSkewed</Code></Error>", false},
                                 {200, NULL, "<VersioningConfiguration/>", false}};
  TOLD(w, skewed);
  assert_int_equal(quick(w, "s3", "GetBucketVersioning"), MU_E_NONE);
  assert_int_equal(w->seen_n, 2);
  assert_non_null(strstr(w->seen[1], "X-Amz-Date: 20261123T140000Z"));
  const struct reply stubborn[] = {{403, "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\n",
                                    "<Error><Code>RequestTimeTooSkewed</Code></Error>", false}};
  TOLD(w, stubborn);
  assert_int_equal(quick(w, "s3", "GetBucketVersioning"), MU_E_DENIED);
  assert_int_equal(w->seen_n, 2);
}

static void a_bucket_elsewhere_is_found(void **state) {
  struct world *w = *state;
  const struct reply moved[] = {{301, "x-amz-bucket-region: ap-south-1\r\n",
                                 "<Error><Code>PermanentRedirect</Code></Error>", false},
                                {200, NULL, "<VersioningConfiguration/>", false}};
  TOLD(w, moved);
  assert_int_equal(quick(w, "s3", "GetBucketVersioning"), MU_E_NONE);
  assert_non_null(strstr(w->seen[0], "/eu-central-1/s3/aws4_request"));
  assert_non_null(strstr(w->seen[1], "/ap-south-1/s3/aws4_request"));
}

static void expired_keys_are_fetched_again(void **state) {
  struct world *w = *state;
  const char *path =
      file(w, "keys", "{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\",\"SecretAccessKey\":\"s\"}");
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  (void)setenv(
      "AWS_CONFIG_FILE",
      file(w, "config",
           mu_arena_fmt(w->arena,
                        "[default]\ncredential_process = sh -c \"cat '%s'; echo >>%s.n\"\n", path,
                        path)),
      1);
  const struct reply expired[] = {{400, NULL, "{\"__type\":\"ExpiredTokenException\"}", false},
                                  {200, NULL, "{}", false}};
  TOLD(w, expired);
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_NONE);
  MU_STR(runs, 100);
  struct mu_err err;
  assert_int_equal(mu_io_read(mu_arena_fmt(w->arena, "%s.n", path), &runs, &err), 0);
  assert_int_equal(runs.n, 2);
}

/* ---- S3 ---- */

static void a_range_must_be_one(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  struct mu_aws *aws = client(w, (struct mu_aws_options){0});
  const struct reply whole[] = {{200, NULL, "0123456789", false}};
  const struct reply part[] = {
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
  struct world *w = *state;
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
  struct world *w = *state;
  static const struct reply bad[] = {
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
    struct mu_aws *aws = client(w, (struct mu_aws_options){0});
    told(w, &bad[i], 1);
    assert_int_equal(mu_s3_list(aws, w->http, "lake", "", nothing, NULL, &err), -1);
    assert_int_equal(err.code, MU_E_REMOTE);
    mu_aws_free(aws);
  }
}

/* ---- credentials ---- */

static int who(struct world *w, struct mu_aws_options options, struct mu_aws_who *out,
               struct mu_err *err) {
  struct mu_aws *aws = client(w, options);
  *err = (struct mu_err){0};
  int result = mu_aws_who(aws, w->http, w->arena, out, err);
  mu_aws_free(aws);
  return result;
}

static void check_who(struct world *w, struct mu_aws_options options, const char *source,
                      const char *key) {
  struct mu_aws_who got;
  struct mu_err err;
  if (who(w, options, &got, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  assert_string_equal(got.source, source);
  assert_string_equal(got.access_key, key);
}

static void environment_and_profiles(void **state) {
  struct world *w = *state;
  struct mu_aws_who got;
  struct mu_err err;
  check_who(w, (struct mu_aws_options){0}, "environment", "AKIDENV");
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE",
               file(w, "credentials",
                    "# keys\n[default]\naws_access_key_id=AKIDDEF\naws_secret_access_key = s\n"
                    "[dr]\naws_access_key_id : AKIDDR\naws_secret_access_key=x=#y\n"
                    "[half]\naws_access_key_id=A\n"),
               1);
  check_who(w, (struct mu_aws_options){.profile = "dr"}, "profile dr",
            "AKIDDR"); /* named: not the environment */
  assert_int_equal(who(w, (struct mu_aws_options){.profile = "half"}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err),
                   -1); /* not somebody else's instead */
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  check_who(w, (struct mu_aws_options){0}, "profile default", "AKIDDEF");
  struct mu_aws *aws = NULL;
  struct mu_aws_options nobody = {.profile = "nobody"};
  assert_int_equal(mu_aws_new(&nobody, &aws, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG);
  assert_non_null(strstr(err.msg, "nobody"));
}

static void no_credentials_are_denied(void **state) {
  struct world *w = *state;
  struct mu_aws_who got;
  struct mu_err err;
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
}

static void roles_are_assumed(void **state) {
  struct world *w = *state;
  const struct reply sts[] = {{200, NULL, STS_OK, false}};
  (void)setenv(
      "AWS_CONFIG_FILE",
      file(w, "config",
           "[profile base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=s\n"
           "[profile mid]\nrole_arn=arn:aws:iam::1:role/mid\nsource_profile=base\n"
           "[profile \"top\"]\nrole_arn=arn:aws:iam::2:role/top\nsource_profile=mid\nexternal_id=e "
           "x\n"
           "[profile loop]\nrole_arn=r\nsource_profile=pool\n[profile "
           "pool]\nrole_arn=r\nsource_profile=loop\n"),
      1);
  TOLD(w, sts);
  check_who(w, (struct mu_aws_options){.profile = "top"}, "profile top: assumed role", "ASIAROLE");
  assert_int_equal(w->seen_n, 2);
  assert_non_null(strstr(w->seen[0], "Credential=AKIDBASE/"));
  assert_non_null(strstr(w->seen[0], "role%2Fmid"));
  assert_non_null(strstr(w->seen[1], "Credential=ASIAROLE/"));
  assert_non_null(strstr(w->seen[1], "X-Amz-Security-Token: tok"));
  assert_non_null(strstr(w->seen[1], "ExternalId=e%20x"));
  struct mu_aws_who got;
  struct mu_err err;
  assert_int_equal(who(w, (struct mu_aws_options){.profile = "loop"}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG);
}

static void web_identity_is_unsigned(void **state) {
  struct world *w = *state;
  const struct reply sts[] = {
      {200, NULL,
       "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><"
       "AccessKeyId>ASIAWEB</AccessKeyId>"
       "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</"
       "SessionToken><Expiration>2027-01-01T00:00:00Z</Expiration>"
       "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
       false}};
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  (void)setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(w, "token", "ey.J.x\n"), 1);
  (void)setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod", 1);
  TOLD(w, sts);
  check_who(w, (struct mu_aws_options){0}, "web identity", "ASIAWEB");
  assert_null(strstr(w->seen[0], "Authorization"));
  assert_non_null(strstr(w->seen[0], "WebIdentityToken=ey.J.x"));
}

static void sso_takes_the_cached_token(void **state) {
  struct world *w = *state;
  const struct reply portal[] = {{200, NULL,
                                  "{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\","
                                  "\"secretAccessKey\":\"s\",\"sessionToken\":\"t\","
                                  "\"expiration\":1795500000000}}",
                                  false}};
  struct mu_err err;
  struct mu_aws_who got;
  (void)setenv("AWS_CONFIG_FILE",
               file(w, "config",
                    "[profile sso]\nsso_session=corp\nsso_account_id=1\nsso_role_name=dr\n"
                    "[sso-session corp]\nsso_region=eu-west-1\nsso_start_url=https://x\n"),
               1);
  assert_int_equal(who(w, (struct mu_aws_options){.profile = "sso"}, &got, &err), -1);
  assert_non_null(strstr(err.msg, "aws sso login --profile sso"));
  const char *dir = mu_arena_fmt(w->arena, "%s/.aws/sso/cache", w->dir);
  assert_int_equal(mu_io_mkdirs(dir, &err), 0);
  TOLD(w, portal);
  const char *argv[] = {"sh", "-c", "printf corp | sha1sum | cut -c1-40 | tr -d '\\n'", NULL};
  MU_STR(name, 100);
  struct mu_exec spec = {.argv = argv, .out = &name};
  struct mu_exec_result result;
  assert_int_equal(mu_exec_run(&spec, &result, &err), 0);
  (void)file(w, mu_arena_fmt(w->arena, ".aws/sso/cache/%s.json", mu_str_get(&name)),
             "{\"accessToken\":\"sso-token\",\"expiresAt\":\"2026-12-01T00:00:00Z\"}");
  check_who(w, (struct mu_aws_options){.profile = "sso"}, "profile sso: SSO", "ASIASSO");
  assert_non_null(strstr(w->seen[0], "GET /federation/credentials?account_id=1&role_name=dr\r\n"));
  assert_non_null(strstr(w->seen[0], "x-amz-sso_bearer_token: sso-token"));
}

static void containers_and_instances(void **state) {
  struct world *w = *state;
  const char *json =
      "{\"AccessKeyId\":\"ASIABOX\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":"
      "\"2027-01-01T00:00:00Z\"}";
  struct mu_err err;
  struct mu_aws_who got;
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  const struct reply box[] = {{200, NULL, json, false}};
  TOLD(w, box);
  (void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", mu_arena_fmt(w->arena, "%s/creds", w->base),
               1);
  (void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file(w, "token", "box-token"), 1);
  check_who(w, (struct mu_aws_options){0}, "container", "ASIABOX");
  assert_non_null(strstr(w->seen[0], "Authorization: box-token\r\n"));
  static const char *const evil[] = {"http://evil.example/creds", "http://127.0.0.1.evil.example/",
                                     "ftp://127.0.0.1/"};
  for (size_t i = 0; i < MU_LEN(evil); i++) {
    (void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", evil[i], 1);
    assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
    assert_int_equal(err.code, MU_E_CONFIG);
  }
  (void)unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  (void)setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
  (void)setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", w->base, 1);
  const struct reply imds[] = {
      {200, NULL, "imds-token", false}, {200, NULL, "dr-role\n", false}, {200, NULL, json, false}};
  TOLD(w, imds);
  check_who(w, (struct mu_aws_options){0}, "instance role dr-role", "ASIABOX");
  assert_true(mu_str_starts(w->seen[0], "PUT /latest/api/token\r\n"));
  assert_non_null(strstr(w->seen[2], "X-aws-ec2-metadata-token: imds-token\r\n"));
  assert_true(
      mu_str_starts(w->seen[2], "GET /latest/meta-data/iam/security-credentials/dr-role\r\n"));
}

/* ---- endpoints ---- */

static const char *override_of(struct world *w, struct mu_aws_options options,
                               const char *service) {
  struct mu_aws *aws = client(w, options);
  const struct mu_aws_override *rows = NULL;
  size_t n = mu_aws_overridden(aws, w->arena, &rows);
  const char *found = "none";
  for (size_t i = 0; i < n; i++) {
    if (strcmp(rows[i].service, service) == 0) {
      found = mu_arena_fmt(w->arena, "%s from %s", rows[i].url, rows[i].source);
    }
  }
  mu_aws_free(aws);
  return found;
}

static void endpoints_in_their_order(void **state) {
  struct world *w = *state;
  struct mu_aws_options dr = {.profile = "dr"};
  (void)setenv("AWS_CONFIG_FILE",
               file(w, "config",
                    "[profile dr]\nservices = local\nendpoint_url = http://p\n"
                    "[services local]\nglue =\n  endpoint_url = http://s-glue\n"
                    "route_53 =\n  endpoint_url = http://s-dns\n"),
               1);
  (void)setenv("AWS_ENDPOINT_URL", "http://all", 1);
  (void)setenv("AWS_ENDPOINT_URL_GLUE", "http://glue", 1);
  assert_string_equal(override_of(w, dr, "glue"), "http://glue from AWS_ENDPOINT_URL_GLUE");
  assert_string_equal(override_of(w, dr, "s3"), "http://all from AWS_ENDPOINT_URL");
  (void)unsetenv("AWS_ENDPOINT_URL_GLUE");
  (void)unsetenv("AWS_ENDPOINT_URL");
  assert_string_equal(override_of(w, dr, "glue"), "http://s-glue from services local");
  assert_string_equal(override_of(w, dr, "route53"), "http://s-dns from services local");
  assert_string_equal(override_of(w, dr, "s3"), "http://p from profile dr");
  (void)setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
  assert_string_equal(override_of(w, dr, "glue"), "none");
  (void)unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  (void)unsetenv("AWS_CONFIG_FILE");
  assert_string_equal(override_of(w, (struct mu_aws_options){0}, "glue"), "none");
}

static void what_we_cannot_do_is_said(void **state) {
  (void)state;
  struct mu_aws *aws = NULL;
  struct mu_err err = {0};
  struct mu_aws_options options = {0};
  (void)setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
  assert_int_equal(mu_aws_new(&options, &aws, &err), -1);
  assert_int_equal(err.code, MU_E_UNSUPPORTED);
}

static void a_region_is_needed(void **state) {
  struct world *w = *state;
  const struct reply ok[] = {{200, NULL, "{}", false}};
  TOLD(w, ok);
  (void)unsetenv("AWS_REGION");
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_CONFIG);
  (void)setenv("AWS_REGION", "evil.example/", 1);
  assert_int_equal(quick(w, "glue", "GetTable"), MU_E_CONFIG);
  assert_int_equal(w->seen_n, 0);
}

static void botocore_has_the_same_tables(void **state) {
  (void)state;
  MU_STR(out, 1 << 16);
  const char *argv[] = {"python3", MU_SOURCE_DIR "/tests/unit/aws_oracle.py",
                        MU_SOURCE_DIR "/harness/wire/aws_services.def",
                        MU_SOURCE_DIR "/harness/wire/aws_ops.def", NULL};
  struct mu_exec spec = {.argv = argv, .timeout_ms = 100000, .out = &out, .errors = &out};
  struct mu_exec_result result = {.status = -1};
  struct mu_err err = {0};
  int ran = mu_exec_run(&spec, &result, &err);
  if ((ran != 0 && err.code == MU_E_ABSENT) || result.status == 77) {
    print_message(
        "SKIPPED: no python3 that can import botocore; the operation tables were not compared\n");
    skip();
  }
  if (result.status != 0) {
    fail_msg("%s", mu_str_get(&out));
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_reader_cannot_change),
      TEST(errors_are_told_apart),
      TEST(messages_name_the_request),
      TEST(what_passes_is_asked_again),
      TEST(a_change_is_not_repeated_blindly),
      TEST(an_outage_empties_the_bucket),
      TEST(deadlines_hold),
      TEST(a_wrong_clock_is_set_right),
      TEST(a_bucket_elsewhere_is_found),
      TEST(expired_keys_are_fetched_again),
      TEST(a_range_must_be_one),
      TEST(uris_are_split),
      TEST(a_listing_that_breaks_off_is_no_listing),
      TEST(environment_and_profiles),
      TEST(no_credentials_are_denied),
      TEST(roles_are_assumed),
      TEST(web_identity_is_unsigned),
      TEST(sso_takes_the_cached_token),
      TEST(containers_and_instances),
      TEST(endpoints_in_their_order),
      TEST(what_we_cannot_do_is_said),
      TEST(a_region_is_needed),
      cmocka_unit_test(botocore_has_the_same_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
