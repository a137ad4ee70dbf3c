/* SPDX-License-Identifier: Apache-2.0 */
/* Keys to storage that a REST catalog lends: which of them is used for which object, that they are
 * asked for anew when they end, what is refused, and that none of them is told. One stub plays the
 * catalog and the S3 behind it, which knows who may read what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/redact.h"
#include "base/str.h"
#include "probe.h"
#include "support/httpd.h"
#include "wire/http.h"
#include "wire/tokens.h"

extern const struct mu_probe mu_probe_iceberg;

static const char empty_table[] = "{\"format-version\":2,\"location\":\"s3://lake/wh/t\","
                                  "\"current-snapshot-id\":-1,\"snapshots\":[]}";
#define OBJECT "/lake/wh/t/metadata/v1.metadata.json"
#define FIRST "AKFIRST"
#define SECOND "AKSECOND"

struct stub {
  struct mu_arena *arena;
  struct httpd *httpd;
  struct mu_http *http;
  struct mu_tokens *tokens;
  const char *endpoints;     /* what /v1/config lists */
  const char *config, *lent; /* of the table's answer: "config" and "storage-credentials" */
  const char *lent_later;    /* what is lent when asked again */
  const char *reads;         /* the only access key that S3 takes */
  bool first_is_over;        /* S3 calls the first key expired */
  int tables, credentials;   /* how often each was asked for */
  struct mu_facts facts;
  struct mu_err err;
};

static void s3(struct stub *stub, const struct httpd_req *req, struct httpd_resp *resp) {
  char who[1024] = "", token[64] = "";
  (void)httpd_header(req, "Authorization", who, sizeof who);
  (void)httpd_header(req, "X-Amz-Security-Token", token, sizeof token);
  const char *wanted = mu_arena_fmt(stub->arena, "Credential=%s/", stub->reads);
  if (stub->first_is_over && strstr(who, "Credential=" FIRST "/")) {
    resp->status = 400;
    mu_str_add(&resp->body, "<Error><Code>ExpiredToken</Code><Message>over</Message></Error>");
  } else if (!strstr(who, wanted) || !mu_str_starts(token, "session-token-of-")) {
    resp->status = 403;
    mu_str_add(&resp->body, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
  } else if (strcmp(req->target, OBJECT) == 0) {
    mu_str_add(&resp->body, empty_table);
  } else if (strstr(req->target, "list-type=2")) {
    mu_str_add(&resp->body,
               "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>"
               "wh/t/metadata/v1.metadata.json</Key><Size>1</Size></Contents></ListBucketResult>");
  } else {
    resp->status = 404;
    mu_str_add(&resp->body, "<Error><Code>NoSuchKey</Code></Error>");
  }
}

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct stub *stub = ctx;
  char who[64] = "";
  (void)httpd_header(req, "Authorization", who, sizeof who);
  if (mu_str_starts(req->target, "/v1/config")) {
    mu_str_addf(&resp->body, "{\"defaults\":{},\"overrides\":{},\"endpoints\":[%s]}",
                stub->endpoints);
  } else if (strcmp(req->target, "/v1/namespaces/db/tables/t") == 0) {
    stub->tables++;
    mu_str_addf(&resp->body,
                "{\"metadata-location\":\"s3://lake/wh/t/metadata/v1.metadata.json\","
                "\"metadata\":{},\"config\":{%s},\"storage-credentials\":[%s]}",
                stub->config, stub->tables > 1 ? stub->lent_later : stub->lent);
  } else if (strcmp(req->target, "/v1/namespaces/db/tables/t/credentials") == 0) {
    stub->credentials++;
    resp->status = strstr(who, "Bearer of-the-table") ? 200 : 401;
    mu_str_addf(&resp->body, "{\"storage-credentials\":[%s]}", stub->lent_later);
  } else {
    s3(stub, req, resp);
  }
}

/* One entry of storage-credentials; ends_ms 0: not told. */
static const char *lent(struct stub *stub, const char *prefix, const char *key, int64_t ends_ms) {
  const char *ends = ends_ms
                         ? mu_arena_fmt(stub->arena, ",\"s3.session-token-expires-at-ms\":\"%lld\"",
                                        (long long)ends_ms)
                         : "";
  return mu_arena_fmt(stub->arena,
                      "{\"prefix\":\"%s\",\"config\":{\"s3.access-key-id\":\"%s\","
                      "\"s3.secret-access-key\":\"secret-of-%s\","
                      "\"s3.session-token\":\"session-token-of-%s\"%s}}",
                      prefix, key, key, key, ends);
}

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct stub *stub = mu_arena_alloc(arena, sizeof *stub);
  stub->arena = arena;
  stub->httpd = httpd_start(answer, stub);
  stub->http = mu_http_new(NULL);
  stub->tokens = mu_tokens_new(mu_clock_system());
  stub->endpoints = "\"GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials\"";
  stub->config = mu_arena_fmt(arena,
                              "\"s3.endpoint\":\"http://127.0.0.1:%d\","
                              "\"client.region\":\"eu-west-1\",\"token\":\"of-the-table\"",
                              httpd_port(stub->httpd));
  stub->lent = stub->lent_later = "";
  stub->reads = FIRST;
  *state = stub;
  return 0;
}

static int teardown(void **state) {
  struct stub *stub = *state;
  httpd_stop(stub->httpd);
  mu_http_free(stub->http);
  mu_tokens_free(stub->tokens);
  mu_arena_free(stub->arena);
  return 0;
}

static int observe(struct stub *stub, const char *access) {
#define STR_ARG(n, v)                                                                              \
  {                                                                                                \
    n, {                                                                                           \
      .type = MU_T_STR, .s = v                                                                     \
    }                                                                                              \
  }
  const char *uri = mu_arena_fmt(stub->arena, "http://127.0.0.1:%d", httpd_port(stub->httpd));
  const struct mu_arg at[] = {STR_ARG("catalog", "rest"), STR_ARG("uri", uri),
                              STR_ARG("database", "db"), STR_ARG("table", "t"),
                              STR_ARG("access", access)};
  const struct mu_args args = {.at = at, .n = MU_LEN(at)};
  const struct mu_probe_ctx ctx = {.arena = stub->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 10000,
                                   .http = stub->http,
                                   .tokens = stub->tokens};
  bool absent = false;
  mu_facts_init(&stub->facts, stub->arena);
  stub->err = (struct mu_err){0};
  stub->tables = stub->credentials = 0;
  int rc = mu_probe_iceberg.observe(&args, &ctx, &stub->facts, &absent, &stub->err);
  assert_false(absent);
  return rc;
}

static void must_see(struct stub *stub) {
  if (observe(stub, "vended") != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(mu_fact_find(&stub->facts, "iceberg.rows")->value.i, 0);
  assert_true(mu_fact_find(&stub->facts, "iceberg.pointer_ok")->value.b);
  assert_string_equal(mu_fact_find(&stub->facts, "iceberg.access")->value.s, "vended");
}

static void lent_keys_open_the_storage(void **state) {
  struct stub *stub = *state;
  stub->lent = lent(stub, "s3", FIRST, 0);
  must_see(stub);
  assert_int_equal(stub->credentials, 0);
  /* Catalogs of before 2024 write them into the table's config. */
  stub->lent = "";
  stub->config = mu_arena_fmt(stub->arena,
                              "%s,\"s3.access-key-id\":\"" FIRST "\",\"s3.secret-access-key\":"
                              "\"x\",\"s3.session-token\":\"session-token-of-it\"",
                              stub->config);
  must_see(stub);
}

static void the_longest_prefix_counts(void **state) {
  struct stub *stub = *state;
  const char *wide = lent(stub, "s3://lake/", SECOND, 0),
             *tight = lent(stub, "s3a://lake/wh/", FIRST, 0);
  const char *elsewhere = lent(stub, "s3://lake/other/and/longer/", SECOND, 0);
  stub->lent = mu_arena_fmt(stub->arena, "%s,%s,%s", wide, tight, elsewhere);
  must_see(stub);
  stub->lent = mu_arena_fmt(stub->arena, "%s,%s,%s", elsewhere, tight, wide);
  must_see(stub);
  stub->lent = elsewhere; /* and nobody's keys are used for what they are not lent for */
  assert_int_equal(observe(stub, "vended"), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
}

static void keys_that_end_are_asked_for_anew(void **state) {
  struct stub *stub = *state;
  int64_t now = mu_wall_ms(mu_clock_system());
  stub->lent = lent(stub, "s3://lake/", FIRST, now - 1000);
  stub->lent_later = lent(stub, "s3://lake/", SECOND, now + 3600000);
  stub->reads = SECOND;
  must_see(stub);
  assert_int_equal(stub->credentials, 1);
  /* the storage's word counts as much as the clock */
  stub->lent = lent(stub, "s3://lake/", FIRST, now + 3600000);
  stub->first_is_over = true;
  must_see(stub);
  assert_int_equal(stub->credentials, 1);
  /* a catalog that does not lend them alone lends them with the table */
  stub->endpoints = "";
  must_see(stub);
  assert_int_equal(stub->credentials, 0);
  assert_int_equal(stub->tables, 2);
  /* and one that lends none any more */
  stub->lent_later = "";
  assert_int_equal(observe(stub, "vended"), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
}

static void remote_signing_is_refused(void **state) {
  struct stub *stub = *state;
  const char *plain = stub->config;
  stub->config = mu_arena_fmt(stub->arena, "%s,\"s3.remote-signing-enabled\":\"true\"", plain);
  assert_int_equal(observe(stub, "vended"), -1);
  assert_int_equal(stub->err.code, MU_E_UNSUPPORTED);
  assert_non_null(strstr(stub->err.msg, "access: own"));
  /* with our own keys nobody has to sign for us: the look goes on, to a client that is not there */
  assert_int_equal(observe(stub, "own"), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
  assert_non_null(strstr(stub->err.msg, "no AWS credentials"));
  stub->lent = lent(stub, "s3", FIRST, 0); /* where keys come as well, they are used */
  must_see(stub);
}

static void no_key_is_told(void **state) {
  struct stub *stub = *state;
  struct mu_redact *redact = mu_redact_new();
  stub->lent = lent(stub, "s3", FIRST, 0);
  must_see(stub);
  mu_tokens_tell(stub->tokens, redact);
  static const char all[] = "secret-of-" FIRST " session-token-of-" FIRST " of-the-table";
  MU_STR(out, 1000);
  assert_int_equal(mu_redact_write(redact, all, sizeof all - 1, &out), 3);
  mu_redact_free(redact);
  stub->reads = SECOND; /* a refusal names the object, not the key */
  assert_int_equal(observe(stub, "vended"), -1);
  assert_null(strstr(stub->err.msg, "-of-"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(lent_keys_open_the_storage),
      TEST(the_longest_prefix_counts),
      TEST(keys_that_end_are_asked_for_anew),
      TEST(remote_signing_is_refused),
      TEST(no_key_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
