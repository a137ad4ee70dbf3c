/* SPDX-License-Identifier: Apache-2.0 */
/* The iceberg probe and a REST catalog that is a stub: prefix, separator, who we are to it, and
 * what each refusal means. The table lies in a folder, mapped. Keys that a catalog lends are in
 * test_lake_vended.c. */
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
#include "base/io.h"
#include "base/str.h"
#include "probe.h"
#include "support/httpd.h"
#include "support/sigv4_check.h"
#include "wire/aws.h"
#include "wire/http.h"
#include "wire/tokens.h"

extern const struct mu_probe mu_probe_iceberg;

static const char empty_table[] = "{\"format-version\":2,\"location\":\"s3://lake/"
                                  "t\",\"current-snapshot-id\":-1,\"snapshots\":[]}";

enum { ARGS_MAX = 12 };

struct stub {
  struct mu_arena *arena;
  struct httpd *httpd;
  struct mu_http *http;
  struct mu_tokens *tokens;
  struct mu_aws *aws;
  char folder[32];
  const char *wants;  /* the Authorization that it takes; NULL: any */
  const char *config; /* its answer to /v1/config */
  bool config_for_all;
  const char *table; /* the path of the table */
  const char *location;
  const struct mu_sigv4_keys *keys; /* what requests must be signed with; NULL: they need not */
  int status;                       /* of the table's answer, where it is not 200 */
  const char *type, *message;
  int failures; /* answers of 503 before a good one */
  int tokens_given, requests, token_status;
  const char *form; /* what the last token was asked with */
  char seen[512];   /* the head of the last request for the table */
  struct mu_facts facts;
  struct mu_err err;
  bool absent;
};

static void refuse(struct httpd_resp *resp, int status, const char *type, const char *message) {
  resp->status = status;
  mu_str_addf(&resp->body, "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"code\":%d}}", message,
              type, status);
}

/* Each token is another one, so that it is seen which one is used. */
static void give_token(struct stub *stub, const struct httpd_req *req, struct httpd_resp *resp) {
  stub->form = mu_arena_str(stub->arena, req->body);
  stub->tokens_given++;
  if (stub->token_status) {
    resp->status = stub->token_status;
    mu_str_add(&resp->body, "{\"error\":\"invalid_client\",\"error_description\":\"no s3cret:with "
                            "for you\\r\\nTrace ID: 1\"}");
    return;
  }
  mu_str_addf(&resp->body,
              "{\"access_token\":\"tok%d\",\"token_type\":\"bearer\","
              "\"expires_in\":3600}",
              stub->tokens_given);
}

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct stub *stub = ctx;
  char who[1024] = "";
  (void)httpd_header(req, "Authorization", who, sizeof who);
  bool is_config = mu_str_starts(req->target, "/c/v1/config");
  int64_t signed_ms = 0;
  const char *wrong = stub->keys ? sigv4_check(req, stub->keys, &signed_ms) : NULL;
  stub->requests++;
  if (wrong) {
    refuse(resp, 403, wrong, "signature");
  } else if (strstr(req->target, "/oauth/tokens") || mu_str_starts(req->target, "/idp")) {
    give_token(stub, req, resp);
  } else if (stub->wants && !mu_str_starts(who, stub->wants) &&
             !(is_config && stub->config_for_all)) {
    refuse(resp, 401, "NotAuthorizedException", "who?");
  } else if (is_config) {
    assert_string_equal(req->target, "/c/v1/config?warehouse=w%2F1");
    mu_str_add(&resp->body, stub->config);
  } else if (strcmp(req->target, stub->table) != 0) {
    refuse(resp, 404, "", "no such path");
  } else if (stub->failures > 0) {
    stub->failures--;
    refuse(resp, 503, "ServiceUnavailableException", "later");
  } else if (stub->status) {
    refuse(resp, stub->status, stub->type, stub->message);
  } else {
    (void)snprintf(stub->seen, sizeof stub->seen, "%s", req->head);
    mu_str_addf(&resp->body, "{\"metadata-location\":\"%s\",\"metadata\":{}}", stub->location);
  }
}

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct stub *stub = mu_arena_alloc(arena, sizeof *stub);
  struct mu_err err = {0};
  stub->arena = arena;
  stub->type = stub->message = "";
  stub->location = "s3://lake/v1.metadata.json";
  stub->config = "{\"defaults\":{\"prefix\":\"no\"},\"overrides\":{\"prefix\":\"main\","
                 "\"namespace-separator\":\"%2E\"}}";
  stub->table = "/c/v1/main/namespaces/db%2Enest/tables/t%20x";
  strcpy(stub->folder, "/tmp/muster-rest-XXXXXX");
  stub->httpd = httpd_start(answer, stub);
  stub->http = mu_http_new(NULL);
  stub->tokens = mu_tokens_new(mu_clock_system());
  *state = stub;
  if (!stub->httpd || !mkdtemp(stub->folder)) {
    return -1;
  }
  return mu_io_write(mu_arena_fmt(arena, "%s/v1.metadata.json", stub->folder), empty_table,
                     sizeof empty_table - 1, &err);
}

static int teardown(void **state) {
  struct stub *stub = *state;
  httpd_stop(stub->httpd);
  mu_http_free(stub->http);
  mu_tokens_free(stub->tokens);
  mu_aws_free(stub->aws);
  (void)unlink(mu_arena_fmt(stub->arena, "%s/v1.metadata.json", stub->folder));
  (void)rmdir(stub->folder);
  mu_arena_free(stub->arena);
  return 0;
}

static struct mu_aws *keys_of(void *ctx, const char *region, const char *profile) {
  (void)profile;
  struct stub *stub = ctx;
  const struct mu_aws_options options = {.mode = MU_AWS_READ_ONLY, .region = region};
  struct mu_err err = {0};
  if (!stub->aws && mu_aws_new(&options, &stub->aws, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return stub->aws;
}

static struct mu_arg text_arg(const char *name, const char *value) {
  return (struct mu_arg){name, {.type = MU_T_STR, .s = value}};
}

/* `more`: names and values, NULL at the end. */
static int observe(struct stub *stub, const char *const *more) {
  const char *const map[] = {"s3://lake/", stub->folder};
  static const char *const headers[] = {"Polaris-Realm", "dr"};
  const char *uri = mu_arena_fmt(stub->arena, "http://127.0.0.1:%d/c/", httpd_port(stub->httpd));
  struct mu_arg at[ARGS_MAX] = {
      text_arg("catalog", "rest"),
      text_arg("uri", uri),
      text_arg("warehouse", "w/1"),
      text_arg("database", "db.nest"),
      text_arg("table", "t x"),
      {"map", {.type = MU_T_MAP, .list = {map, 2}}},
      {"headers", {.type = MU_T_MAP, .list = {headers, 2}}},
  };
  size_t n = 7;
  for (; more && *more; more += 2) {
    at[n++] = text_arg(more[0], more[1]);
  }
  const struct mu_args args = {.at = at, .n = n};
  const struct mu_probe_ctx ctx = {.arena = stub->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 10000,
                                   .http = stub->http,
                                   .tokens = stub->tokens,
                                   .aws = keys_of,
                                   .aws_ctx = stub};
  mu_facts_init(&stub->facts, stub->arena);
  stub->absent = false;
  stub->err = (struct mu_err){0};
  return mu_probe_iceberg.observe(&args, &ctx, &stub->facts, &stub->absent, &stub->err);
}

#define WITH(...)                                                                                  \
  (const char *const[]) {                                                                          \
    __VA_ARGS__, NULL                                                                              \
  }

/* ---- where the table is ---- */

static void a_table_is_found_below_prefix_and_namespace(void **state) {
  struct stub *stub = *state;
  if (observe(stub, NULL) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(mu_fact_find(&stub->facts, "iceberg.rows")->value.i, 0);
  assert_string_equal(mu_fact_find(&stub->facts, "iceberg.metadata_found_by")->value.s, "catalog");
  assert_string_equal(mu_fact_find(&stub->facts, "iceberg.access")->value.s, "own");
  assert_true(mu_fact_find(&stub->facts, "iceberg.pointer_ok")->value.b);
  assert_non_null(strstr(stub->seen, "X-Iceberg-Access-Delegation: vended-credentials"));
  assert_non_null(strstr(stub->seen, "Polaris-Realm: dr"));
  assert_int_equal(observe(stub, WITH("access", "own")), 0);
  assert_null(strstr(stub->seen, "X-Iceberg-Access-Delegation"));
}

static void paths_are_made_as_the_catalog_says(void **state) {
  struct stub *stub = *state;
  static const struct {
    const char *config, *table;
  } rows[] = {
      {"{}", "/c/v1/namespaces/db%1Fnest/tables/t%20x"},
      {"{\"defaults\":{\"prefix\":\"a\"}}", "/c/v1/a/namespaces/db%1Fnest/tables/t%20x"},
      /* some send it ready for a path, some do not */
      {"{\"overrides\":{\"prefix\":\"main|s3 x\"}}",
       "/c/v1/main%7Cs3%20x/namespaces/db%1Fnest/tables/t%20x"},
      {"{\"overrides\":{\"prefix\":\"arn%3Aaws%3As3tables\"}}",
       "/c/v1/arn%3Aaws%3As3tables/namespaces/db%1Fnest/tables/t%20x"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    stub->config = rows[i].config;
    stub->table = rows[i].table;
    if (observe(stub, NULL) != 0) {
      fail_msg("%s: %s", rows[i].table, stub->err.msg);
    }
  }
  stub->config = "{\"defaults\":{\"prefix\":\"proposed\"}}";
  stub->table = "/c/v1/mine/namespaces/db%1Fnest/tables/t%20x";
  assert_int_equal(observe(stub, WITH("prefix", "mine")), 0);
  stub->config = "{\"overrides\":{\"namespace-separator\":\"/x/\"}}";
  assert_int_equal(observe(stub, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_REMOTE);
}

static void the_catalog_sends_us_nowhere_else(void **state) {
  struct stub *stub = *state;
  stub->config = "{\"overrides\":{\"uri\":\"http://localhost:1/elsewhere\"}}";
  assert_int_equal(observe(stub, WITH("token", "tok")), -1);
  assert_non_null(strstr(stub->err.msg, "another host"));
  stub->config = mu_arena_fmt(stub->arena, "{\"overrides\":{\"uri\":\"http://127.0.0.1:%d/d/\"}}",
                              httpd_port(stub->httpd));
  stub->table = "/d/v1/namespaces/db%1Fnest/tables/t%20x";
  assert_int_equal(observe(stub, NULL), 0);
}

/* ---- who we are ---- */

static void a_token_is_given(void **state) {
  struct stub *stub = *state;
  stub->wants = "Bearer mine";
  assert_int_equal(observe(stub, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
  assert_int_equal(observe(stub, WITH("token", "mine")), 0);
  assert_int_equal(observe(stub, WITH("token", "mine", "credential", "a:b")), -1);
  assert_int_equal(stub->err.code, MU_E_USAGE);
}

static void a_token_is_fetched_once(void **state) {
  struct stub *stub = *state;
  const char *const with[] = {"credential", "me:s3cret:with", "scope", "a b", "audience", "cat",
                              NULL};
  stub->wants = "Bearer tok1";
  if (observe(stub, with) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(observe(stub, with), 0);
  assert_int_equal(stub->tokens_given, 1);
  assert_string_equal(stub->form, "grant_type=client_credentials&client_id=me&client_secret="
                                  "s3cret%3Awith&scope=a%20b&audience=cat");
}

static void a_token_that_ended_is_fetched_anew(void **state) {
  struct stub *stub = *state;
  stub->wants = "Bearer tok1";
  assert_int_equal(observe(stub, WITH("credential", "me:s3cret:with")), 0);
  stub->wants = "Bearer tok2"; /* the first one is taken back */
  if (observe(stub, WITH("credential", "me:s3cret:with")) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(stub->tokens_given, 2);
  stub->wants = "Bearer never";
  assert_int_equal(observe(stub, WITH("credential", "me:s3cret:with")), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
  assert_int_equal(stub->tokens_given, 3); /* one more try, not a storm */
}

static void the_endpoint_of_tokens_is_found(void **state) {
  struct stub *stub = *state;
  const char *port = mu_arena_fmt(stub->arena, "%d", httpd_port(stub->httpd));
  stub->wants = "Bearer tok1";
  stub->config_for_all = true;
  stub->config =
      mu_arena_fmt(stub->arena,
                   "{\"overrides\":{\"prefix\":\"main\",\"namespace-separator\":\"%%2E\","
                   "\"oauth2-server-uri\":\"http://127.0.0.1:%s/idp/token\"}}",
                   port);
  assert_int_equal(observe(stub, WITH("credential", "me:s3cret:with")), 0);
  const char *elsewhere = mu_arena_fmt(stub->arena, "http://127.0.0.1:%s/idp2", port);
  stub->wants = "Bearer tok2"; /* another endpoint is another token */
  assert_int_equal(observe(stub, WITH("credential", "me:s3cret:with", "oauth_uri", elsewhere)), 0);
}

static void a_wrong_secret_is_tried_once_and_not_told(void **state) {
  struct stub *stub = *state;
  stub->wants = "Bearer tok1";
  stub->token_status = 400;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(observe(stub, WITH("credential", "me:s3cret:with")), -1);
    assert_int_equal(stub->err.code, MU_E_DENIED);
    assert_non_null(strstr(stub->err.msg, "invalid_client"));
    assert_non_null(strstr(stub->err.msg, "[redacted]"));
    assert_null(strstr(stub->err.msg, "s3cret:with"));
    assert_null(strstr(stub->err.msg, "Trace"));
  }
  assert_int_equal(stub->tokens_given, 1);
}

static void requests_are_signed(void **state) {
  static const struct mu_sigv4_keys keys = {"AKIDEXAMPLE", "wJalrXUtnFEMI", NULL};
  struct stub *stub = *state;
  stub->keys = &keys;
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI", 1);
  stub->wants = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/";
  if (observe(stub, WITH("sigv4", "s3tables", "sigv4_region", "eu-west-1")) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_non_null(strstr(stub->seen, "/eu-west-1/s3tables/aws4_request"));
  assert_int_equal(observe(stub, WITH("sigv4", "glue", "region", "us-east-1")), 0);
  assert_non_null(strstr(stub->seen, "/us-east-1/glue/aws4_request"));
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
}

/* ---- what a refusal means ---- */

static void only_the_catalog_s_own_word_is_absence(void **state) {
  struct stub *stub = *state;
  static const struct {
    int status;
    const char *type, *message;
    enum mu_errc code; /* NONE: absent */
  } rows[] = {
      {404, "", "no", MU_E_REMOTE},
      {404, "NoSuchTableException", "no", MU_E_NONE},
      {404, "NoSuchNamespaceException", "no", MU_E_NONE},
      {404, "NoSuchTableException", "not there, or you lack permission", MU_E_DENIED},
      {404, "NoSuchViewException", "no", MU_E_REMOTE},
      {400, "BadRequestException", "no", MU_E_REMOTE},
      {401, "NotAuthorizedException", "no", MU_E_DENIED},
      {403, "ForbiddenException", "no", MU_E_DENIED},
      {419, "AuthenticationTimeoutException", "no", MU_E_DENIED},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    stub->status = rows[i].status;
    stub->type = rows[i].type;
    stub->message = rows[i].message;
    assert_int_equal(observe(stub, NULL), rows[i].code ? -1 : 0);
    assert_int_equal(stub->err.code, rows[i].code);
    assert_int_equal(stub->absent, rows[i].code == MU_E_NONE);
  }
}

static void a_busy_catalog_is_asked_again(void **state) {
  struct stub *stub = *state;
  stub->failures = 2;
  assert_int_equal(observe(stub, NULL), 0);
  stub->failures = 3;
  assert_int_equal(observe(stub, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_REMOTE);
  assert_non_null(strstr(stub->err.msg, "503: ServiceUnavailableException: later"));
}

static void a_pointer_to_nothing_is_seen(void **state) {
  struct stub *stub = *state;
  stub->location = "s3://lake/gone.metadata.json";
  assert_int_equal(observe(stub, NULL), 0);
  assert_false(mu_fact_find(&stub->facts, "iceberg.pointer_ok")->value.b);
  assert_null(mu_fact_find(&stub->facts, "iceberg.rows"));
}

static void the_catalog_names_no_local_file(void **state) {
  struct stub *stub = *state;
  stub->location = "file:///etc/hostname";
  assert_int_equal(observe(stub, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_table_is_found_below_prefix_and_namespace),
      TEST(paths_are_made_as_the_catalog_says),
      TEST(the_catalog_sends_us_nowhere_else),
      TEST(a_token_is_given),
      TEST(a_token_is_fetched_once),
      TEST(a_token_that_ended_is_fetched_anew),
      TEST(the_endpoint_of_tokens_is_found),
      TEST(a_wrong_secret_is_tried_once_and_not_told),
      TEST(requests_are_signed),
      TEST(only_the_catalog_s_own_word_is_absence),
      TEST(a_busy_catalog_is_asked_again),
      TEST(a_pointer_to_nothing_is_seen),
      TEST(the_catalog_names_no_local_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
