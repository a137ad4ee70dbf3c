/* SPDX-License-Identifier: Apache-2.0 */
/* The iceberg probe and a REST catalog that is a stub: prefix, separator, token, and what each
 * refusal means. The table lies in a folder, mapped. */
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
#include "wire/http.h"

extern const struct mu_probe mu_probe_iceberg;

static const char empty_table[] = "{\"format-version\":2,\"location\":\"s3://lake/"
                                  "t\",\"current-snapshot-id\":-1,\"snapshots\":[]}";

struct stub {
  struct mu_arena *arena;
  struct httpd *httpd;
  struct mu_http *http;
  char folder[32];
  int status; /* of the table's answer */
  const char *type, *location;
  bool wants_token, saw_token_request;
  struct mu_facts facts;
  struct mu_err err;
  bool absent;
};

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct stub *stub = ctx;
  char authorization[128] = "";
  (void)httpd_header(req, "Authorization", authorization, sizeof authorization);
  if (strcmp(req->target, "/c/v1/oauth/tokens") == 0) {
    stub->saw_token_request = strstr(req->body, "client_id=me&client_secret=s%3Acret") != NULL;
    mu_str_add(&resp->body, "{\"access_token\":\"tok\"}");
  } else if (stub->wants_token && strcmp(authorization, "Bearer tok") != 0) {
    resp->status = 401;
    mu_str_add(
        &resp->body,
        "{\"error\":{\"message\":\"who?\",\"type\":\"NotAuthorizedException\",\"code\":401}}");
  } else if (strcmp(req->target, "/c/v1/config?warehouse=w%2F1") == 0) {
    mu_str_add(&resp->body, "{\"defaults\":{\"prefix\":\"no\"},\"overrides\":{\"prefix\":\"main\","
                            "\"namespace-separator\":\"%2E\"}}");
  } else if (strcmp(req->target, "/c/v1/main/namespaces/db%2Enest/tables/t%20x") == 0 &&
             stub->status == 200) {
    mu_str_addf(&resp->body, "{\"metadata-location\":\"%s\",\"metadata\":{}}", stub->location);
  } else {
    resp->status = stub->status == 200 ? 404 : stub->status;
    mu_str_addf(&resp->body, "{\"error\":{\"message\":\"no\",\"type\":\"%s\",\"code\":404}}",
                stub->type);
  }
}

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct stub *stub = mu_arena_alloc(arena, sizeof *stub);
  struct mu_err err = {0};
  stub->arena = arena;
  stub->status = 200;
  stub->type = "";
  stub->location = "s3://lake/v1.metadata.json";
  strcpy(stub->folder, "/tmp/muster-rest-XXXXXX");
  stub->httpd = httpd_start(answer, stub);
  stub->http = mu_http_new(NULL);
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
  (void)unlink(mu_arena_fmt(stub->arena, "%s/v1.metadata.json", stub->folder));
  (void)rmdir(stub->folder);
  mu_arena_free(stub->arena);
  return 0;
}

static int observe(struct stub *stub, const char *secret_name, const char *secret) {
  const char *const map[] = {"s3://lake/", stub->folder};
#define STR_ARG(n, v)                                                                              \
  {                                                                                                \
    n, {                                                                                           \
      .type = MU_T_STR, .s = v                                                                     \
    }                                                                                              \
  }
  const char *uri = mu_arena_fmt(stub->arena, "http://127.0.0.1:%d/c/", httpd_port(stub->httpd));
  const struct mu_arg at[] = {
      STR_ARG("catalog", "rest"),   STR_ARG("uri", uri),
      STR_ARG("warehouse", "w/1"),  STR_ARG("database", "db.nest"),
      STR_ARG("table", "t x"),      {"map", {.type = MU_T_MAP, .list = {map, 2}}},
      STR_ARG(secret_name, secret),
  };
  const struct mu_args args = {.at = at, .n = MU_LEN(at) - (secret_name ? 0 : 1)};
  const struct mu_probe_ctx ctx = {.arena = stub->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 10000,
                                   .http = stub->http};
  mu_facts_init(&stub->facts, stub->arena);
  stub->absent = false;
  stub->err = (struct mu_err){0};
  return mu_probe_iceberg.observe(&args, &ctx, &stub->facts, &stub->absent, &stub->err);
}

static void a_table_is_found_below_prefix_and_namespace(void **state) {
  struct stub *stub = *state;
  if (observe(stub, NULL, NULL) != 0) {
    fail_msg("%s", stub->err.msg);
  }
  assert_int_equal(mu_fact_find(&stub->facts, "iceberg.rows")->value.i, 0);
  assert_string_equal(mu_fact_find(&stub->facts, "iceberg.metadata_found_by")->value.s, "catalog");
  assert_true(mu_fact_find(&stub->facts, "iceberg.pointer_ok")->value.b);
}

static void tokens_given_and_fetched(void **state) {
  struct stub *stub = *state;
  stub->wants_token = true;
  assert_int_equal(observe(stub, NULL, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
  assert_int_equal(observe(stub, "token", "tok"), 0);
  assert_int_equal(observe(stub, "credential", "me:s:cret"), 0);
  assert_true(stub->saw_token_request);
}

static void only_the_catalog_s_own_word_is_absence(void **state) {
  struct stub *stub = *state;
  stub->status = 404;
  assert_int_equal(observe(stub, NULL, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_REMOTE);
  stub->type = "NoSuchTableException";
  assert_int_equal(observe(stub, NULL, NULL), 0);
  assert_true(stub->absent);
  stub->status = 503;
  assert_int_equal(observe(stub, NULL, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_REMOTE);
}

static void a_pointer_to_nothing_is_seen(void **state) {
  struct stub *stub = *state;
  stub->location = "s3://lake/gone.metadata.json";
  assert_int_equal(observe(stub, NULL, NULL), 0);
  assert_false(mu_fact_find(&stub->facts, "iceberg.pointer_ok")->value.b);
  assert_null(mu_fact_find(&stub->facts, "iceberg.rows"));
}

static void the_catalog_names_no_local_file(void **state) {
  struct stub *stub = *state;
  stub->location = "file:///etc/hostname";
  assert_int_equal(observe(stub, NULL, NULL), -1);
  assert_int_equal(stub->err.code, MU_E_DENIED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_table_is_found_below_prefix_and_namespace),
      TEST(tokens_given_and_fetched),
      TEST(only_the_catalog_s_own_word_is_absence),
      TEST(a_pointer_to_nothing_is_seen),
      TEST(the_catalog_names_no_local_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
