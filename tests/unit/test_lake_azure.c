/* SPDX-License-Identifier: Apache-2.0 */
/* The delta probe and a stub of Azure's blob endpoint and of Microsoft Entra ID: who we are,
 * paging, retries, and what each refusal means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "probe.h"
#include "store_azure.h"
#include "support/httpd.h"
#include "wire/http.h"
#include "wire/tokens.h"

extern const struct mu_probe mu_probe_delta;

#define NAME "00000000000000000000.json"
#define LOG "/lake/a%20b/t/_delta_log/" NAME

static const char commit[] =
    "{\"protocol\":{\"minReaderVersion\":1}}\n{\"metaData\":{\"id\":\"t\"}}\n"
    "{\"add\":{\"path\":\"x.parquet\",\"size\":10,\"stats\":\"{\\\"numRecords\\\":7}\"}}\n";

struct stub {
  struct mu_arena *arena;
  struct httpd *httpd;
  struct mu_http *http;
  int failures; /* answers of 503 before a good one */
  int requests;
  bool is_gone, is_proxy, cut;
  struct mu_tokens *tokens;
  int tokens_given;
  int good_from;    /* tokens before this one are refused, as if they had ended */
  bool no_such_app; /* Entra's answer */
  struct mu_facts facts;
  struct mu_err err;
  bool absent;
};

static void list(const char *target, struct httpd_resp *resp) {
  bool second = strstr(target, "&marker=p%2F2") != NULL;
  mu_str_add(&resp->body, "<EnumerationResults><Blobs>");
  if (second) {
    mu_str_add(&resp->body,
               "<Blob><Name>a b/t/_delta_log/" NAME
               "</Name><Properties><Content-Length>9</Content-Length>"
               "<Last-Modified>Mon, 23 Nov 2026 02:31:01 GMT</Last-Modified></Properties></Blob>");
  } else {
    mu_str_add(
        &resp->body,
        "<Blob><Name>a b/t/_delta_log/sub</Name><Properties><ResourceType>directory</ResourceType>"
        "<Content-Length>0</Content-Length></Properties></Blob>");
  }
  mu_str_addf(&resp->body, "</Blobs><NextMarker>%s</NextMarker></EnumerationResults>",
              second ? "" : "p/2");
}

static void give_token(struct stub *stub, const struct httpd_req *req, struct httpd_resp *resp) {
  static const char wanted[] = "grant_type=client_credentials&client_id=app&client_secret=s%2Fcret"
                               "&scope=https%3A%2F%2Fstorage.azure.com%2F.default";
  stub->tokens_given++;
  if (stub->no_such_app || strcmp(req->body, wanted) != 0) {
    resp->status = 401;
    mu_str_add(&resp->body, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: "
                            "Invalid client secret provided.\\r\\nTrace ID: 0a\"}");
    return;
  }
  mu_str_addf(&resp->body,
              "{\"token_type\":\"Bearer\",\"expires_in\":3599,"
              "\"access_token\":\"aad-token-%d\"}",
              stub->tokens_given);
}

static bool may_read(const struct stub *stub, const struct httpd_req *req) {
  char who[64] = "";
  bool is_signed = strstr(req->target, "sig=ok") != NULL;
  bool is_app = httpd_header(req, "Authorization", who, sizeof who) &&
                mu_str_starts(who, "Bearer aad-token-") &&
                who[strlen("Bearer aad-token-")] - '0' >= stub->good_from;
  return is_signed || (is_app && !strstr(req->target, "sig="));
}

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct stub *stub = ctx;
  char version[32] = "";
  if (strcmp(req->target, "/tenant-1/oauth2/v2.0/token") == 0) {
    give_token(stub, req, resp);
    return;
  }
  mu_str_add(&resp->headers, "x-ms-request-id: 7d0c-1\r\n");
  bool is_list = strstr(req->target, "comp=list&prefix=a%20b%2Ft%2F_delta_log%2F") != NULL;
  stub->requests++;
  if (stub->failures > 0) {
    stub->failures--;
    resp->status = 503;
  } else if (!may_read(stub, req) || !httpd_header(req, "x-ms-version", version, sizeof version)) {
    bool is_token = strstr(req->head, "Bearer ") != NULL;
    resp->status = is_token ? 401 : 403;
    mu_str_add(&resp->headers, is_token ? "x-ms-error-code: InvalidAuthenticationInfo\r\n"
                                        : "x-ms-error-code: AuthenticationFailed\r\n");
  } else if (stub->is_gone || stub->is_proxy) {
    resp->status = 404;
    mu_str_add(&resp->headers,
               stub->is_gone ? "x-ms-error-code: ContainerNotFound\r\n" : "Via: proxy\r\n");
  } else if (is_list) {
    list(req->target, resp);
  } else if (mu_str_starts(req->target, LOG)) {
    mu_str_add(&resp->body, commit);
    resp->cut = stub->cut;
  } else if (mu_str_starts(req->target, "/lake/a%20b/t/x.parquet")) {
    mu_str_add(&resp->body, "0123456789");
  } else {
    resp->status = 404;
    mu_str_add(&resp->headers, "x-ms-error-code: BlobNotFound\r\n");
  }
}

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct stub *stub = mu_arena_alloc(arena, sizeof *stub);
  stub->arena = arena;
  stub->httpd = httpd_start(answer, stub);
  stub->http = mu_http_new(NULL);
  stub->tokens = mu_tokens_new(mu_clock_system());
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

static int look(struct stub *stub, const struct mu_arg *at, size_t n) {
  const struct mu_args args = {.at = at, .n = n};
  const struct mu_probe_ctx ctx = {.arena = stub->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 10000,
                                   .http = stub->http,
                                   .tokens = stub->tokens};
  mu_facts_init(&stub->facts, stub->arena);
  stub->absent = false;
  stub->err = (struct mu_err){0};
  stub->requests = 0;
  return mu_probe_delta.observe(&args, &ctx, &stub->facts, &stub->absent, &stub->err);
}

static const char *address(const struct stub *stub) {
  return mu_arena_fmt(stub->arena, "http://127.0.0.1:%d", httpd_port(stub->httpd));
}

#define TEXT(n, v)                                                                                 \
  {                                                                                                \
    n, {                                                                                           \
      .type = MU_T_STR, .s = v                                                                     \
    }                                                                                              \
  }
#define TABLE "abfss://lake@acct.dfs.core.windows.net/a b/t/"

/* With a shared access signature. */
static int observe(struct stub *stub, const char *sas) {
  const struct mu_arg at[] = {TEXT("location", TABLE),
                              TEXT("azure_endpoint", address(stub)),
                              TEXT("azure_sas", sas),
                              {"files", {.type = MU_T_BOOL, .b = true}}};
  return look(stub, at, MU_LEN(at));
}

/* As an application. */
static int observe_as_app(struct stub *stub) {
  const struct mu_arg at[] = {TEXT("location", TABLE),
                              TEXT("azure_endpoint", address(stub)),
                              TEXT("azure_tenant", "tenant-1"),
                              TEXT("azure_client", "app"),
                              TEXT("azure_secret", "s/cret"),
                              TEXT("azure_authority", address(stub)),
                              {"files", {.type = MU_T_BOOL, .b = true}}};
  return look(stub, at, MU_LEN(at));
}

static int64_t number(struct stub *stub, const char *name) {
  const struct mu_fact *fact = mu_fact_find(&stub->facts, name);
  return fact ? fact->value.i : -1;
}

static void a_table_is_listed_and_read(void **state) {
  struct stub *stub = *state;
  if (observe(stub, "?sv=1&sig=ok") != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(number(stub, "delta.rows"), 7);
  assert_int_equal(number(stub, "delta.files_missing"), 0);
  assert_int_equal(number(stub, "delta.files_wrong_size"), 0);
  assert_int_equal(number(stub, "delta.version_time"), 1795401061000);
  assert_int_equal(stub->requests, 2 + 1 + 1); /* two pages, the commit, a look at the file */
}

static void what_a_refusal_means(void **state) {
  struct stub *stub = *state;
  assert_int_equal(observe(stub, "sig=wrong"), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
  assert_null(strstr(stub->err.msg, "sig="));
  assert_non_null(strstr(stub->err.msg, "403 AuthenticationFailed (request 7d0c-1)"));
  stub->is_proxy = true;
  assert_int_equal(observe(stub, "sig=ok"), -1);
  assert_int_equal(stub->err.code, MU_E_REMOTE);
  stub->is_gone = true;
  assert_int_equal(observe(stub, "sig=ok"), 0);
  assert_true(stub->absent);
}

static void a_busy_service_is_asked_again(void **state) {
  struct stub *stub = *state;
  stub->failures = 2;
  assert_int_equal(observe(stub, "sig=ok"), 0);
  assert_int_equal(number(stub, "delta.rows"), 7);
  stub->failures = 3;
  assert_int_equal(observe(stub, "sig=ok"), -1);
  assert_int_equal(stub->err.code, MU_E_REMOTE);
}

static void a_cut_answer_is_no_log(void **state) {
  struct stub *stub = *state;
  stub->cut = true;
  assert_int_equal(observe(stub, "sig=ok"), -1);
}

static void an_application_reads_too(void **state) {
  struct stub *stub = *state;
  if (observe_as_app(stub) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(number(stub, "delta.rows"), 7);
  assert_int_equal(number(stub, "delta.files_missing"), 0);
  assert_int_equal(observe_as_app(stub), 0);
  assert_int_equal(stub->tokens_given, 1); /* for both */
}

static void a_token_that_ended_is_renewed_once_asked(void **state) {
  struct stub *stub = *state;
  stub->good_from = 2; /* the first one is refused at once */
  if (observe_as_app(stub) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(number(stub, "delta.rows"), 7);
  assert_int_equal(stub->tokens_given, 2);
  stub->good_from = 9; /* and where none will do, it is a refusal, not an absence */
  assert_int_equal(observe_as_app(stub), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
  assert_non_null(strstr(stub->err.msg, "InvalidAuthenticationInfo"));
}

static void an_unknown_application_is_a_refusal(void **state) {
  struct stub *stub = *state;
  stub->no_such_app = true;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(observe_as_app(stub), -1);
    assert_int_equal(stub->err.code, MU_E_DENIED);
    assert_non_null(strstr(stub->err.msg, "AADSTS7000215: Invalid client secret provided."));
    assert_null(strstr(stub->err.msg, "Trace"));
  }
  assert_int_equal(stub->tokens_given, 1);
}

static void national_clouds_have_hosts_of_their_own(void **state) {
  struct stub *stub = *state;
  static const char *const uris[] = {"abfss://c@acct.dfs.core.usgovcloudapi.net/x",
                                     "wasbs://c@acct.blob.core.usgovcloudapi.net/x"};
  struct mu_azure_place place;
  for (size_t i = 0; i < MU_LEN(uris); i++) {
    assert_true(mu_azure_split(uris[i], stub->arena, &place));
    assert_string_equal(place.account, "acct");
    assert_string_equal(place.suffix, "core.usgovcloudapi.net");
  }
}

static void only_azure_s_own_spellings(void **state) {
  struct stub *stub = *state;
  static const char *const wrong[] = {"s3://b/k",     "abfss://lake/x",   "abfss://@a.b/x",
                                      "abfss://l@/x", "abfss://l@host/x", "abfs:"};
  struct mu_azure_place place;
  for (size_t i = 0; i < MU_LEN(wrong); i++) {
    assert_false(mu_azure_split(wrong[i], stub->arena, &place));
  }
  assert_true(mu_azure_split("wasbs://c@acct.blob.core.windows.net", stub->arena, &place));
  assert_string_equal(place.account, "acct");
  assert_string_equal(place.path, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_table_is_listed_and_read),
      TEST(what_a_refusal_means),
      TEST(a_busy_service_is_asked_again),
      TEST(a_cut_answer_is_no_log),
      TEST(only_azure_s_own_spellings),
      TEST(an_application_reads_too),
      TEST(a_token_that_ended_is_renewed_once_asked),
      TEST(an_unknown_application_is_a_refusal),
      TEST(national_clouds_have_hosts_of_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
