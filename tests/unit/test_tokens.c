/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens by OAuth2 client credentials: fetched once, also by many threads, renewed before they end,
 * refusals remembered, secrets told to nobody but the redactor. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/redact.h"
#include "base/str.h"
#include "support/httpd.h"
#include "wire/http.h"
#include "wire/tokens.h"

enum { THREADS = 6 };

struct world {
  struct mu_arena *arena;
  struct httpd *httpd;
  struct mu_http *http;
  struct mu_tokens *tokens;
  struct mu_clock clock;
  int64_t now_ms;
  const char *lasts; /* the JSON of expires_in, with its key and comma; "" for none */
  const char *body;  /* instead of a token */
  int status, failures, asked;
  char form[256], who[256];
};

static int64_t now(void *ctx) {
  return ((const struct world *)ctx)->now_ms;
}

static void pass(void *ctx, int64_t ms) {
  ((struct world *)ctx)->now_ms += ms;
}

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct world *w = ctx;
  w->asked++;
  (void)snprintf(w->form, sizeof w->form, "%s", req->body);
  if (!httpd_header(req, "Authorization", w->who, sizeof w->who)) {
    w->who[0] = '\0';
  }
  resp->delay_ms = 20;
  if (w->failures > 0) {
    w->failures--;
    resp->status = 503;
  } else if (w->body) {
    resp->status = w->status;
    mu_str_add(&resp->body, w->body);
  } else {
    mu_str_addf(&resp->body, "{\"access_token\":\"a-token-%d\"%s}", w->asked, w->lasts);
  }
}

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct world *w = mu_arena_alloc(arena, sizeof *w);
  w->arena = arena;
  w->clock = (struct mu_clock){w, now, now, pass};
  w->lasts = ",\"expires_in\":3600";
  w->httpd = httpd_start(answer, w);
  w->http = mu_http_new(NULL);
  w->tokens = mu_tokens_new(&w->clock);
  *state = w;
  return w->httpd ? 0 : -1;
}

static int teardown(void **state) {
  struct world *w = *state;
  httpd_stop(w->httpd);
  mu_http_free(w->http);
  mu_tokens_free(w->tokens);
  mu_arena_free(w->arena);
  return 0;
}

static struct mu_token_ask ask_of(const struct world *w) {
  return (struct mu_token_ask){
      .url = mu_arena_fmt(w->arena, "http://127.0.0.1:%d/token", httpd_port(w->httpd)),
      .client_id = "a b",
      .secret = "s3cret/word",
      .scope = "x",
      .deadline_mono_ms = w->now_ms + 20000};
}

static const char *get(struct world *w, struct mu_err *err) {
  const struct mu_token_ask ask = ask_of(w);
  const char *token = NULL;
  return mu_tokens_get(w->tokens, w->http, &ask, w->arena, &token, err) == 0 ? token : NULL;
}

static void a_token_is_renewed_before_it_ends(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  assert_string_equal(get(w, &err), "a-token-1");
  assert_string_equal(w->form, "grant_type=client_credentials&client_id=a%20b&client_secret="
                               "s3cret%2Fword&scope=x");
  w->now_ms += 3500 * 1000;
  assert_string_equal(get(w, &err), "a-token-1");
  w->now_ms += 50 * 1000; /* fifty seconds are left: too few to be sure that it arrives in time */
  assert_string_equal(get(w, &err), "a-token-2");
}

static void lifetimes_as_endpoints_write_them(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  w->lasts = ",\"expires_in\":\"100\""; /* a text */
  assert_string_equal(get(w, &err), "a-token-1");
  w->now_ms += 30 * 1000;
  assert_string_equal(get(w, &err), "a-token-1");
  w->now_ms += 20 * 1000;
  w->lasts = ""; /* none: good until it is refused */
  assert_string_equal(get(w, &err), "a-token-2");
  w->now_ms += INT64_C(100000) * 1000;
  assert_string_equal(get(w, &err), "a-token-2");
  mu_tokens_drop(w->tokens, "a-token-2");
  assert_string_equal(get(w, &err), "a-token-3");
}

static void id_and_secret_by_basic(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  struct mu_token_ask ask = ask_of(w);
  const char *token = NULL;
  ask.basic = true;
  assert_int_equal(mu_tokens_get(w->tokens, w->http, &ask, w->arena, &token, &err), 0);
  assert_string_equal(w->who, "Basic YSUyMGI6czNjcmV0JTJGd29yZA=="); /* a%20b:s3cret%2Fword */
  assert_string_equal(w->form, "grant_type=client_credentials&scope=x");
}

static void what_is_no_token(void **state) {
  struct world *w = *state;
  static const struct {
    int status;
    const char *body;
    enum mu_errc code;
    const char *said;
  } rows[] = {
      {200, "{}", MU_E_REMOTE, "without a token"},
      {200, "{\"access_token\":\"\"}", MU_E_REMOTE, "without a token"},
      {200, "{\"access_token\":\"a\\r\\nX: y\"}", MU_E_REMOTE, "without a token"},
      {200, "<html>", MU_E_REMOTE, "without a token"},
      {404, "", MU_E_REMOTE, "answers 404"},
      {400, "{\"error\":\"invalid_scope\"}", MU_E_DENIED, "answers 400: invalid_scope"},
      {401, "{\"error\":{\"type\":\"NotAuthorizedException\",\"message\":\"no s3cret/word\"}}",
       MU_E_DENIED, "NotAuthorizedException: no [redacted]"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_err err = {0};
    mu_tokens_free(w->tokens); /* a refusal is remembered */
    w->tokens = mu_tokens_new(&w->clock);
    w->status = rows[i].status;
    w->body = rows[i].body;
    assert_null(get(w, &err));
    assert_int_equal(err.code, rows[i].code);
    if (!strstr(err.msg, rows[i].said) || strstr(err.msg, "s3cret/word")) {
      fail_msg("%s", err.msg);
    }
  }
}

static void a_busy_endpoint_is_asked_again_a_refusal_is_not(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  w->failures = 2;
  assert_string_equal(get(w, &err), "a-token-3");
  mu_tokens_drop(w->tokens, "a-token-3");
  w->failures = 3;
  assert_null(get(w, &err));
  assert_int_equal(err.code, MU_E_REMOTE);
  assert_string_equal(get(w, &err), "a-token-7"); /* an outage is not remembered */
  mu_tokens_drop(w->tokens, "a-token-7");
  w->status = 401;
  w->body = "{\"error\":\"invalid_client\"}";
  assert_null(get(w, &err));
  assert_null(get(w, &err));
  assert_int_equal(w->asked, 8);
}

static void *ask_for_one(void *arg) {
  struct world *w = arg;
  struct mu_arena *arena = mu_arena_new();
  struct mu_http *http = mu_http_new(NULL);
  const struct mu_token_ask ask = {
      .url = mu_arena_fmt(arena, "http://127.0.0.1:%d/token", httpd_port(w->httpd)),
      .client_id = "a b",
      .secret = "s3cret/word",
      .deadline_mono_ms = INT64_MAX / 2};
  const char *token = NULL;
  struct mu_err err = {0};
  bool fine = mu_tokens_get(w->tokens, http, &ask, arena, &token, &err) == 0 &&
              mu_streq(token, "a-token-1");
  mu_tokens_note(w->tokens, "lent-to-a-thread");
  mu_http_free(http);
  mu_arena_free(arena);
  return fine ? w : NULL;
}

static void threads_share_one(void **state) {
  struct world *w = *state;
  pthread_t threads[THREADS];
  void *fine = NULL;
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, ask_for_one, w), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], &fine), 0);
    assert_non_null(fine);
  }
  assert_int_equal(w->asked, 1);
  struct mu_redact *redact = mu_redact_new();
  mu_tokens_tell(w->tokens, redact);
  MU_STR(out, 100);
  assert_int_equal(mu_redact_write(redact, "a-token-1 lent-to-a-thread", 26, &out), 2);
  assert_string_equal(mu_str_get(&out), "[redacted] [redacted]");
  mu_redact_free(redact);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_token_is_renewed_before_it_ends),
      TEST(lifetimes_as_endpoints_write_them),
      TEST(id_and_secret_by_basic),
      TEST(what_is_no_token),
      TEST(a_busy_endpoint_is_asked_again_a_refusal_is_not),
      TEST(threads_share_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
