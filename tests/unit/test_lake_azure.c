/* SPDX-License-Identifier: Apache-2.0 */
/* The delta probe and a stub of Azure's blob endpoint: signature, paging, retries, and what each
 * refusal means. */
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
  struct mu_facts facts;
  struct mu_err err;
  bool absent;
};

static void list(const char *target, struct httpd_resp *resp) {
  bool second = strstr(target, "&marker=p%2F2&") != NULL;
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

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct stub *stub = ctx;
  char version[32] = "";
  bool is_list = strstr(req->target, "comp=list&prefix=a%20b%2Ft%2F_delta_log%2F") != NULL;
  stub->requests++;
  if (stub->failures > 0) {
    stub->failures--;
    resp->status = 503;
  } else if (!strstr(req->target, "sig=ok") ||
             !httpd_header(req, "x-ms-version", version, sizeof version)) {
    resp->status = 403;
    mu_str_add(&resp->headers, "x-ms-error-code: AuthenticationFailed\r\n");
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
  *state = stub;
  return 0;
}

static int teardown(void **state) {
  struct stub *stub = *state;
  httpd_stop(stub->httpd);
  mu_http_free(stub->http);
  mu_arena_free(stub->arena);
  return 0;
}

static int observe(struct stub *stub, const char *sas) {
  const char *endpoint = mu_arena_fmt(stub->arena, "http://127.0.0.1:%d", httpd_port(stub->httpd));
  const struct mu_arg at[] = {
      {"location", {.type = MU_T_STR, .s = "abfss://lake@acct.dfs.core.windows.net/a b/t/"}},
      {"azure_endpoint", {.type = MU_T_STR, .s = endpoint}},
      {"azure_sas", {.type = MU_T_STR, .s = sas}},
      {"files", {.type = MU_T_BOOL, .b = true}},
  };
  const struct mu_args args = {.at = at, .n = MU_LEN(at)};
  const struct mu_probe_ctx ctx = {.arena = stub->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 10000,
                                   .http = stub->http};
  mu_facts_init(&stub->facts, stub->arena);
  stub->absent = false;
  stub->err = (struct mu_err){0};
  stub->requests = 0;
  return mu_probe_delta.observe(&args, &ctx, &stub->facts, &stub->absent, &stub->err);
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
      TEST(a_table_is_listed_and_read),    TEST(what_a_refusal_means),
      TEST(a_busy_service_is_asked_again), TEST(a_cut_answer_is_no_log),
      TEST(only_azure_s_own_spellings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
