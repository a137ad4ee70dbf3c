/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "support/httpd.h"
#include "wire/http.h"

enum { MANY = 300 };

struct world {
  struct httpd *server;
  struct mu_arena *arena;
  struct mu_http *http;
  char base[64];
};

static void handle(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  (void)ctx;
  char text[256];
  if (mu_str_starts(req->target, "/echo")) {
    mu_str_addf(&resp->body, "%s %s\n%s\n", req->method, req->target, req->head);
    mu_str_addn(&resp->body, req->body, req->body_n);
  } else if (mu_streq(req->target, "/teapot")) {
    resp->status = 418;
    mu_str_add(&resp->headers, "X-One: first\r\nx-one: second\r\nX-Empty:\r\n");
  } else if (mu_streq(req->target, "/large")) {
    for (int i = 0; i < 100000; i++) {
      mu_str_add(&resp->body, "0123456789");
    }
  } else if (mu_streq(req->target, "/head")) {
    for (int i = 0; i < 5000; i++) {
      mu_str_addf(&resp->headers, "X-%d: %060d\r\n", i, i);
    }
  } else if (mu_streq(req->target, "/slow")) {
    resp->delay_ms = 400;
  } else if (mu_streq(req->target, "/drop")) {
    resp->drop = true;
  } else if (mu_streq(req->target, "/cut")) {
    mu_str_add(&resp->body, "half of this is not sent");
    resp->cut = true;
  } else if (mu_streq(req->target, "/to-teapot")) {
    resp->status = 302;
    mu_str_add(&resp->headers, "Location: /teapot\r\nX-Redirect: 1\r\n");
  } else if (mu_streq(req->target, "/to-file")) {
    resp->status = 302;
    mu_str_add(&resp->headers, "Location: file:///etc/passwd\r\n");
  } else if (mu_streq(req->target, "/host")) {
    mu_str_add(&resp->body, httpd_header(req, "Host", text, sizeof text) ? text : "none");
  }
}

static int set_up(void **state) {
  static struct world w;
  w.server = httpd_start(handle, NULL);
  w.arena = mu_arena_new();
  w.http = mu_http_new(NULL);
  (void)snprintf(w.base, sizeof w.base, "http://127.0.0.1:%d", httpd_port(w.server));
  *state = &w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  mu_http_free(w->http);
  mu_arena_free(w->arena);
  httpd_stop(w->server);
  return 0;
}

static struct mu_http_resp get(struct world *w, const char *path, struct mu_http_req req) {
  struct mu_http_resp resp = {0};
  struct mu_err err = {0};
  req.url = mu_arena_fmt(w->arena, "%s%s", w->base, path);
  int got = mu_http_do(w->http, &req, w->arena, &resp, &err);
  assert_int_equal(got, resp.error == MU_E_NONE ? 0 : -1);
  assert_int_equal(err.code, resp.error);
  return resp;
}

static void an_answer_is_told_whole(void **state) {
  struct world *w = *state;
  struct mu_http_resp resp = get(w, "/teapot", (struct mu_http_req){0});
  assert_int_equal(resp.status, 418);
  assert_string_equal(mu_http_header(&resp, "X-ONE"), "first");
  assert_string_equal(mu_http_header(&resp, "x-empty"), "");
  assert_null(mu_http_header(&resp, "x-none"));
  assert_string_equal(resp.version, "1.1");
  assert_string_equal(resp.remote_ip, "127.0.0.1");
  assert_int_equal(resp.remote_port, httpd_port(w->server));
  assert_true(resp.total_us > 0 && resp.first_byte_us > 0 && resp.connect_us > 0 &&
              resp.tls_us == 0);
  assert_false(resp.reused);
  resp = get(w, "/teapot", (struct mu_http_req){0});
  assert_true(resp.reused);
  assert_int_equal(resp.connect_us, 0);
  assert_int_equal(httpd_connections(w->server), 1);
}

static void methods_and_bodies(void **state) {
  struct world *w = *state;
  const char *headers[] = {"X-Amz-Target: a.b", "Accept:"};
  struct mu_http_req post = {.headers = headers, .headers_n = 2, .body = "{}", .body_n = 2};
  struct mu_http_resp resp = get(w, "/echo", post);
  assert_true(mu_str_starts(resp.body, "POST /echo\n"));
  assert_non_null(strstr(resp.body, "X-Amz-Target: a.b\r\n"));
  assert_null(strstr(resp.body, "Content-Type"));
  assert_null(strstr(resp.body, "Expect"));
  assert_null(strstr(resp.body, "Accept"));
  assert_true(mu_str_ends(resp.body, "\n{}"));
  resp = get(w, "/echo", (struct mu_http_req){.method = "PUT", .body = "", .body_n = 0});
  assert_true(mu_str_starts(resp.body, "PUT /echo\n"));
  resp = get(w, "/echo", (struct mu_http_req){.method = "DELETE"});
  assert_true(mu_str_starts(resp.body, "DELETE /echo\n"));
  assert_null(strstr(resp.body, "X-Amz-Target")); /* nothing of the one before */
  resp = get(w, "/echo", (struct mu_http_req){.method = "HEAD"});
  assert_int_equal(resp.status, 200);
  assert_int_equal(resp.body_n, 0);
  resp = get(w, "/echo/../x", (struct mu_http_req){.path_as_is = true});
  assert_true(mu_str_starts(resp.body, "GET /echo/../x\n"));
}

static void a_body_ends_at_its_cap(void **state) {
  struct world *w = *state;
  struct mu_http_resp resp = get(w, "/large", (struct mu_http_req){.max_body = 1000});
  assert_int_equal(resp.status, 200);
  assert_int_equal(resp.body_n, 1000);
  assert_true(resp.truncated);
  resp = get(w, "/large", (struct mu_http_req){0});
  assert_int_equal(resp.body_n, 1000000);
  assert_false(resp.truncated);
}

static void failures_say_what_they_are(void **state) {
  struct world *w = *state;
  struct mu_http_resp resp = get(w, "/slow", (struct mu_http_req){.timeout_ms = 100});
  assert_int_equal(resp.error, MU_E_TIMEOUT);
  assert_true(resp.sent);
  assert_int_equal(get(w, "/drop", (struct mu_http_req){0}).error, MU_E_NET);
  assert_int_equal(get(w, "/cut", (struct mu_http_req){0}).error, MU_E_NET);
  assert_int_equal(get(w, "/head", (struct mu_http_req){0}).error, MU_E_LIMIT);
  struct mu_err err = {0};
  struct mu_http_req file = {.url = "file:///etc/passwd"};
  assert_int_equal(mu_http_do(w->http, &file, w->arena, &resp, &err), -1);
  assert_int_equal(err.code, MU_E_INPUT);
  struct mu_http_req closed = {.url = "http://127.0.0.1:1/"};
  assert_int_equal(mu_http_do(w->http, &closed, w->arena, &resp, &err), -1);
  assert_int_equal(err.code, MU_E_NET);
  assert_false(resp.sent);
}

static void what_breaks_framing_is_refused(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  const char *bad[] = {"X: a\r\nY: b"};
  const char *bare[] = {"no colon"};
  struct mu_http_req reqs[] = {
      {.url = w->base, .headers = bad, .headers_n = 1},
      {.url = w->base, .headers = bare, .headers_n = 1},
      {.url = w->base, .method = "GET /x HTTP/1.1\r\n"},
      {.url = w->base, .method = ""},
      {.url = "http://127.0.0.1/\r\nX: y"},
      {.url = NULL},
  };
  for (size_t i = 0; i < sizeof reqs / sizeof reqs[0]; i++) {
    err.code = MU_E_NONE;
    assert_int_equal(mu_http_add(w->http, &reqs[i], NULL, &err), -1);
    assert_int_equal(err.code, MU_E_INPUT);
  }
  assert_int_equal(mu_http_pending(w->http), 0);
}

static void redirects_only_when_asked(void **state) {
  struct world *w = *state;
  struct mu_http_resp resp = get(w, "/to-teapot", (struct mu_http_req){0});
  assert_int_equal(resp.status, 302);
  resp = get(w, "/to-teapot", (struct mu_http_req){.follow = true});
  assert_int_equal(resp.status, 418);
  assert_int_equal(resp.redirects, 1);
  assert_null(mu_http_header(&resp, "x-redirect"));
  assert_true(mu_str_ends(resp.url, "/teapot"));
  resp = get(w, "/to-file", (struct mu_http_req){.follow = true});
  assert_int_equal(resp.error, MU_E_REMOTE);
}

static void connect_to_keeps_the_name(void **state) {
  struct world *w = *state;
  char row[128], url[128];
  (void)snprintf(row, sizeof row, "api.example.com:80:127.0.0.1:%d", httpd_port(w->server));
  (void)snprintf(url, sizeof url, "http://api.example.com/host");
  const char *rows[] = {row};
  struct mu_http_req req = {.url = url, .connect_to = rows, .connect_to_n = 1};
  struct mu_http_resp resp;
  struct mu_err err = {0};
  assert_int_equal(mu_http_do(w->http, &req, w->arena, &resp, &err), 0);
  assert_string_equal(resp.body, "api.example.com");
  assert_string_equal(resp.remote_ip, "127.0.0.1");
}

static void many_at_once(void **state) {
  struct world *w = *state;
  struct mu_http_req reqs[MANY];
  static struct mu_http_resp resps[MANY];
  for (int i = 0; i < MANY; i++) {
    reqs[i] = (struct mu_http_req){.url = mu_arena_fmt(w->arena, "%s/echo/%d", w->base, i)};
  }
  struct mu_err err = {0};
  assert_int_equal(mu_http_batch(w->http, reqs, MANY, w->arena, resps, &err), 0);
  for (int i = 0; i < MANY; i++) {
    char start[40];
    (void)snprintf(start, sizeof start, "GET /echo/%d\n", i);
    assert_int_equal(resps[i].status, 200);
    assert_true(mu_str_starts(resps[i].body, start));
  }
}

/* 60 answers of 400 ms: at a width of 50 two rounds, at the first width of 12 five. */
static void slow_servers_get_the_full_width(void **state) {
  struct world *w = *state;
  struct mu_http_req reqs[60];
  static struct mu_http_resp resps[60];
  for (size_t i = 0; i < 60; i++) {
    reqs[i] = (struct mu_http_req){.url = mu_arena_fmt(w->arena, "%s/slow", w->base)};
  }
  struct mu_err err = {0};
  int64_t start = mu_mono_ms(mu_clock_system());
  assert_int_equal(mu_http_batch(w->http, reqs, 60, w->arena, resps, &err), 0);
  assert_in_range(mu_mono_ms(mu_clock_system()) - start, 700, 1600);
}

struct counter {
  int done, canceled;
};

static void count(void *ctx, void *user, const struct mu_http_resp *resp) {
  (void)user;
  struct counter *c = ctx;
  c->done++;
  c->canceled += resp->error == MU_E_CANCELED;
}

static void cancellation_ends_all(void **state) {
  struct world *w = *state;
  struct mu_cancel cancel = {0};
  struct mu_http_options options = {.max_in_flight = 2, .cancel = &cancel};
  struct mu_http *http = mu_http_new(&options);
  struct mu_err err = {0};
  struct mu_http_req req = {.url = mu_arena_fmt(w->arena, "%s/slow", w->base)};
  for (int i = 0; i < 5; i++) {
    assert_int_equal(mu_http_add(http, &req, NULL, &err), 0);
  }
  struct counter c = {0};
  const struct mu_http_sink sink = {&c, count};
  (void)mu_http_run_once(http, 10, &sink);
  assert_int_equal(mu_http_pending(http), 5);
  cancel.signal = 2;
  assert_int_equal(mu_http_run_once(http, 10, &sink), 5);
  assert_int_equal(c.canceled, 5);
  assert_int_equal(mu_http_pending(http), 0);
  mu_http_free(http);
}

static void *wake_later(void *ctx) {
  struct timespec pause = {0, 100000000L};
  (void)nanosleep(&pause, NULL);
  mu_http_wakeup(ctx);
  return NULL;
}

static void a_wakeup_ends_the_wait(void **state) {
  struct world *w = *state;
  struct counter c = {0};
  const struct mu_http_sink sink = {&c, count};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, wake_later, w->http), 0);
  int64_t start = mu_mono_ms(mu_clock_system());
  assert_int_equal(mu_http_run_once(w->http, 5000, &sink), 0);
  assert_true(mu_mono_ms(mu_clock_system()) - start < 2000);
  assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(an_answer_is_told_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(methods_and_bodies, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_body_ends_at_its_cap, set_up, tear_down),
      cmocka_unit_test_setup_teardown(failures_say_what_they_are, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_breaks_framing_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(redirects_only_when_asked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(connect_to_keeps_the_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(many_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(slow_servers_get_the_full_width, set_up, tear_down),
      cmocka_unit_test_setup_teardown(cancellation_ends_all, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_wakeup_ends_the_wait, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
