/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler, with the http probe against a small server and with blocking probes of the test's
 * own. */
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
#include "base/str.h"
#include "model/run.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "support/httpd.h"
#include "support/suite.h"
#include "table.h"

/* ---- blocking probes ---- */

static const struct mu_param wait_params[] = {
    {.name = "ms", .type = MU_T_INT, .otherwise = "0", .doc = "how long"},
    {.name = "as",
     .type = MU_T_STR,
     .otherwise = "seen",
     .doc = "seen, absent, error, denied, timeout"},
    {.name = "value", .type = MU_T_INT, .otherwise = "1", .doc = "what is seen"},
    {0}};
static const struct mu_fact_def wait_facts[] = {{.name = "value", .type = MU_T_INT, .doc = "value"},
                                                {0}};

static int wait_observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                        struct mu_facts *facts, bool *absent, struct mu_err *err) {
  const char *as = mu_arg_str(args, "as", "");
  int64_t end = mu_mono_ms(ctx->clock) + mu_arg_int(args, "ms", 0);
  while (mu_mono_ms(ctx->clock) < end) {
    if (mu_canceled(ctx->cancel)) {
      return mu_fail(err, MU_E_CANCELED, "canceled");
    }
    if (mu_mono_ms(ctx->clock) >= ctx->deadline_mono_ms) {
      return mu_fail(err, MU_E_TIMEOUT, "no answer in time");
    }
    mu_sleep_ms(ctx->clock, 5);
  }
  if (mu_streq(as, "error") || mu_streq(as, "denied")) {
    return mu_fail(err, mu_streq(as, "error") ? MU_E_NET : MU_E_DENIED, "%s", as);
  }
  *absent = mu_streq(as, "absent");
  (void)mu_fact_int(facts, "wait.value", mu_arg_int(args, "value", 0), NULL);
  return 0;
}

static const struct mu_probe wait_probe = {.name = "wait",
                                           .summary = "s",
                                           .params = wait_params,
                                           .facts = wait_facts,
                                           .headline = "value {value}",
                                           .target = "as",
                                           .observe = wait_observe};

/* Stands in for the handshake behind a URL. */
static int handshakes;
static const struct mu_fact_def cert_facts[] = {
    {.name = "not_after", .type = MU_T_TIME, .finding = MU_F_TLS_EXPIRING, .doc = "end"}, {0}};
static pthread_mutex_t handshake_lock = PTHREAD_MUTEX_INITIALIZER;

static int cert_observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                        struct mu_facts *facts, bool *absent, struct mu_err *err) {
  (void)args;
  (void)absent;
  (void)err;
  (void)pthread_mutex_lock(&handshake_lock);
  handshakes++;
  (void)pthread_mutex_unlock(&handshake_lock);
  (void)mu_fact_time(facts, "cert.not_after", ctx->now_ms + 10 * INT64_C(86400000));
  return 0;
}
static const struct mu_probe cert_probe = {.name = "cert",
                                           .summary = "s",
                                           .params = wait_params,
                                           .facts = cert_facts,
                                           .headline = "-",
                                           .observe = cert_observe};

static int same_host(const struct mu_args *args, struct mu_arena *arena, struct mu_args *out,
                     struct mu_err *err) {
  (void)args;
  (void)err;
  struct mu_arg *at = mu_arena_array(arena, 1, sizeof *at);
  at[0] = (struct mu_arg){"host", {.type = MU_T_STR, .s = "h"}};
  *out = (struct mu_args){.at = at, .n = 1};
  return 0;
}

/* ---- the server ---- */

struct site {
  int hits;
  int ready_after; /* /late answers 503 before */
  char seen[64];   /* path of the last request below /orders/ */
};

static void serve(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct site *site = ctx;
  site->hits++;
  if (mu_streq(req->target, "/late") && site->hits <= site->ready_after) {
    resp->status = 503;
  } else if (mu_streq(req->target, "/slow")) {
    resp->delay_ms = 400;
  } else if (mu_streq(req->target, "/hang")) {
    resp->delay_ms = 1200;
  } else if (mu_streq(req->target, "/drop")) {
    resp->drop = true;
  } else if (mu_str_starts(req->target, "/orders/")) {
    (void)snprintf(site->seen, sizeof site->seen, "%s", req->target);
  }
  mu_str_add(&resp->headers, "X-Served-By: aws\r\n");
  mu_str_add(&resp->body, "{\"status\": \"ok\", \"id\": 17, \"total\": 12.5}");
}

struct world {
  struct site site;
  struct httpd *httpd;
  struct suite suite;
  struct mu_run *run;
  struct mu_probe http;
  const struct mu_probe *probes[3];
  struct mu_probes all;
  struct mu_schedule schedule;
};

static void setup(struct world *w, const char *yaml) {
  char text[8192];
  memset(&w->schedule, 0, sizeof w->schedule);
  w->site = (struct site){.hits = 0, .ready_after = w->site.ready_after};
  w->httpd = httpd_start(serve, &w->site);
  w->http = mu_probe_http;
  w->http.companion = "cert";
  w->http.companion_args = same_host;
  w->probes[0] = &w->http;
  w->probes[1] = &wait_probe;
  w->probes[2] = &cert_probe;
  w->all = (struct mu_probes){w->probes, 3};
  size_t n = 0;
  for (const char *at = yaml; *at && n + 32 < sizeof text; at++) { /* PORT is the server's */
    if (strncmp(at, "PORT", 4) == 0) {
      n += (size_t)snprintf(text + n, sizeof text - n, "http://127.0.0.1:%d", httpd_port(w->httpd));
      at += 3;
    } else {
      text[n++] = *at;
    }
  }
  text[n] = '\0';
  if (suite_load(&w->suite, text, NULL, &w->all) != 0) {
    fail_msg("%s", w->suite.diags.at[0].message);
  }
  w->schedule.clock = mu_clock_system();
  w->schedule.now_ms = 1800000000000;
}

static void go(struct world *w) {
  w->run = mu_run_new("check", w->schedule.now_ms);
  mu_schedule_run(&w->schedule, &w->suite.plan, w->run);
}

static void teardown(struct world *w) {
  mu_run_free(w->run);
  suite_done(&w->suite);
  httpd_stop(w->httpd);
}

static const struct mu_check *check(const struct world *w, const char *title) {
  for (size_t i = 0; i < w->run->checks.n; i++) {
    if (mu_streq(w->run->checks.at[i].title, title)) {
      return &w->run->checks.at[i];
    }
  }
  fail_msg("no check %s", title);
  return NULL;
}

static int finding(const struct world *w, const char *title) {
  const struct mu_check *c = check(w, title);
  for (size_t i = 0; i < w->run->findings.n; i++) {
    if (mu_streq(w->run->findings.at[i].check, c->id)) {
      return (int)w->run->findings.at[i].id;
    }
  }
  return -1;
}

#define WORLD(w, yaml)                                                                             \
  struct world w = {0};                                                                            \
  setup(&w, yaml)

static void an_answer_is_judged(void **state) {
  (void)state;
  WORLD(
      w,
      "- name: good\n  http: PORT/health\n"
      "  expect: { status: 200, json.status: ok, json.id: '> 16', json.total: 12.5, "
      "header.X-Served-By: aws,\n"
      "            body: { matches: '\"total\":\\s*\\d+' }, total: '< 5s', bytes: '> 10' }\n"
      "- name: wrong status\n  http: PORT/health\n  expect: { status: 500 }\n"
      "- name: wrong body\n  http: PORT/health\n  expect: { json.status: bad }\n"
      "- name: no such path\n  http: PORT/health\n  expect: { json.nope.x: 1 }\n"
      "- name: wrong case\n  http: PORT/health\n  expect: { header.x-served-by: AWS }\n"
      "- name: dropped\n  http: PORT/drop\n"
      "- name: refused\n  http: 'http://127.0.0.1:1/'\n"
      "- name: control\n  http: PORT/health\n  expect: { status: 500 }\n  must_fail: true\n"
      "- name: green control\n  http: PORT/health\n  expect: { status: 200 }\n  must_fail: true\n");
  go(&w);
  assert_int_equal(check(&w, "good")->verdict, MU_PASS);
  assert_non_null(strstr(check(&w, "good")->headline, "HTTP 200 in "));
  assert_null(mu_fact_find(&check(&w, "good")->facts, "http.body")); /* judged, not kept */
  assert_int_equal(finding(&w, "wrong status"), MU_F_HTTP_STATUS);
  assert_int_equal(finding(&w, "wrong body"), MU_F_HTTP_BODY);
  assert_int_equal(finding(&w, "no such path"), MU_F_FACT_MISSING);
  assert_int_equal(finding(&w, "wrong case"), MU_F_HTTP_HEADER);
  assert_int_equal(finding(&w, "dropped"), MU_F_UNREACHABLE);
  assert_int_equal(check(&w, "dropped")->verdict, MU_INCONCLUSIVE);
  assert_int_equal(finding(&w, "refused"), MU_F_UNREACHABLE);
  assert_int_equal(check(&w, "control")->verdict, MU_PASS);
  assert_int_equal(finding(&w, "green control"), MU_F_CONTROL_GREEN);
  for (size_t i = 0; i < w.run->checks.n; i++) { /* the plan's order */
    assert_string_equal(w.run->checks.at[i].id, w.suite.plan.at[i].id);
    assert_int_equal(w.run->checks.at[i].attempts_n, 1);
  }
  teardown(&w);
}

static void every_attempt_is_on_record(void **state) {
  (void)state;
  struct world w = {.site.ready_after = 3};
  setup(&w, "- name: late\n  http: PORT/late\n  expect: { status: 200 }\n  retry: { for: 5s, "
            "every: 20ms, backoff: 2 }\n");
  go(&w);
  const struct mu_check *c = check(&w, "late");
  assert_int_equal(c->verdict, MU_PASS);
  assert_int_equal(c->attempts_n, 4);
  assert_true(c->elapsed_ms >= 20 + 40 + 80);
  assert_true(c->attempts[3].started_ms - c->attempts[2].started_ms >= 75);
  assert_int_equal(w.run->findings.n, 0); /* only the last look is judged */
  teardown(&w);
}

static void retries_end(void **state) {
  (void)state;
  WORLD(w,
        "- name: never\n  http: PORT/x\n  expect: { status: 204 }\n  retry: { for: 200ms, every: "
        "30ms }\n"
        "- name: refused\n  http: 'http://127.0.0.1:1/'\n  retry: { for: 100ms, every: 30ms }\n");
  int64_t begin = mu_mono_ms(mu_clock_system());
  go(&w);
  assert_true(mu_mono_ms(mu_clock_system()) - begin < 2000);
  assert_int_equal(finding(&w, "never"), MU_F_HTTP_STATUS);
  assert_true(check(&w, "never")->attempts_n >= 3);
  assert_true(check(&w, "refused")->attempts_n >= 2);
  assert_non_null(check(&w, "refused")->attempts[0].error);
  assert_int_equal(w.run->findings.n, 2);
  teardown(&w);
}

static void needs_and_captures(void **state) {
  (void)state;
  WORLD(
      w,
      "- name: use\n  http: 'PORT/orders/${capture:id}'\n  expect: { json.id: '${capture:id}' }\n"
      "- name: make\n  http: PORT/new\n  expect: { status: 200 }\n  capture: { id: json.id }\n"
      "- name: broken\n  http: PORT/new\n  expect: { status: 500 }\n  capture: { other: json.id }\n"
      "- name: after broken\n  http: PORT/new\n  needs: broken\n"
      "- name: after that\n  http: PORT/new\n  needs: [after broken, make]\n");
  go(&w);
  assert_int_equal(check(&w, "use")->verdict, MU_PASS);
  assert_string_equal(w.site.seen, "/orders/17");
  assert_int_equal(finding(&w, "after broken"), MU_F_NEEDS_UNMET);
  assert_int_equal(check(&w, "after broken")->attempts_n, 0);
  assert_non_null(strstr(check(&w, "after broken")->error, "needs 'broken', which is FAIL"));
  assert_int_equal(check(&w, "after that")->verdict, MU_INCONCLUSIVE);
  teardown(&w);
}

static const char *outputs(void *ctx, const char *name, bool *secret) {
  (void)ctx;
  *secret = false;
  return mu_streq(name, "path") ? "orders/5" : NULL;
}

static void references_are_resolved_late(void **state) {
  (void)state;
  WORLD(w,
        "- name: known\n  http: 'PORT/${terraform.path}'\n  expect: { status: 200 }\n"
        "- name: unknown\n  http: 'PORT/${terraform.other}'\n  retry: { for: 1m, every: 10s }\n");
  const struct mu_resolver resolver = {.terraform = outputs};
  w.schedule.resolver = &resolver;
  go(&w);
  assert_int_equal(check(&w, "known")->verdict, MU_PASS);
  assert_string_equal(w.site.seen, "/orders/5");
  assert_int_equal(finding(&w, "unknown"), MU_F_REFERENCE_UNRESOLVED);
  assert_int_equal(check(&w, "unknown")->verdict, MU_INCONCLUSIVE);
  teardown(&w);
}

static void deadlines_hold(void **state) {
  (void)state;
  WORLD(w, "- name: hangs\n  http: PORT/hang\n  timeout: 200ms\n"
           "- name: waits\n  wait: { ms: 5000 }\n  timeout: 150ms\n"
           "- name: quick\n  http: PORT/x\n");
  int64_t begin = mu_mono_ms(mu_clock_system());
  go(&w);
  int64_t took = mu_mono_ms(mu_clock_system()) - begin;
  assert_true(took >= 200 && took < 1500);
  assert_int_equal(check(&w, "hangs")->status, MU_TIMEOUT);
  assert_int_equal(finding(&w, "hangs"), MU_F_TIMEOUT);
  assert_int_equal(check(&w, "waits")->status, MU_TIMEOUT);
  assert_int_equal(check(&w, "quick")->verdict, MU_PASS);
  teardown(&w);
}

static void one_deadline_over_all(void **state) {
  (void)state;
  WORLD(w, "- name: hangs\n  http: PORT/hang\n  timeout: 5s\n"
           "- name: waits\n  wait: { ms: 5000 }\n"
           "- name: behind\n  http: PORT/x\n  needs: waits\n"
           "- name: quick\n  http: PORT/x\n");
  w.schedule.deadline_ms = 300;
  int64_t begin = mu_mono_ms(mu_clock_system());
  go(&w);
  assert_true(mu_mono_ms(mu_clock_system()) - begin < 1500);
  assert_int_equal(finding(&w, "hangs"), MU_F_TIMEOUT);
  assert_int_equal(finding(&w, "waits"), MU_F_TIMEOUT);
  assert_int_not_equal(check(&w, "behind")->verdict, MU_PASS);
  assert_int_equal(check(&w, "quick")->verdict, MU_PASS);
  teardown(&w);
}

static struct mu_cancel cancel;

static void stop_at_quick(void *ctx, const struct mu_check *check_done, size_t done, size_t total) {
  (void)done;
  (void)total;
  (*(size_t *)ctx)++;
  if (mu_streq(check_done->title, "quick")) {
    cancel.signal = 2;
  }
}

static void an_interrupt_ends_it(void **state) {
  (void)state;
  WORLD(
      w,
      "- name: quick\n  http: PORT/x\n- name: hangs\n  http: PORT/hang\n- name: waits\n  http: "
      "PORT/x\n  needs: hangs\n"
      "- name: again\n  http: PORT/x\n  expect: { status: 1 }\n  retry: { for: 1m, every: 20s }\n");
  size_t called = 0;
  cancel.signal = 0;
  w.schedule.cancel = &cancel;
  w.schedule.on_done = stop_at_quick;
  w.schedule.ctx = &called;
  int64_t begin = mu_mono_ms(mu_clock_system());
  go(&w);
  assert_true(mu_mono_ms(mu_clock_system()) - begin < 1500);
  assert_int_equal(called, 4);
  assert_int_equal(check(&w, "quick")->verdict, MU_PASS);
  assert_int_equal(check(&w, "hangs")->verdict, MU_INCONCLUSIVE);
  assert_int_not_equal(check(&w, "again")->verdict, MU_PASS);
  teardown(&w);
}

static void blocking_probes_run_side_by_side(void **state) {
  (void)state;
  WORLD(w, "- name: many\n  matrix: { i: [1, 2, 3, 4, 5, 6, 7, 8] }\n  wait: { ms: 150, value: "
           "'${matrix.i}' }\n  expect: { value: '>= 1' }\n"
           "- name: error\n  wait: { as: error }\n- name: denied\n  wait: { as: denied }\n- name: "
           "absent\n  wait: { as: absent }\n"
           "- name: gone\n  wait: { as: absent }\n  expect: { absent: true }\n");
  int64_t begin = mu_mono_ms(mu_clock_system());
  go(&w);
  assert_true(mu_mono_ms(mu_clock_system()) - begin < 900);
  assert_int_equal(check(&w, "many [8]")->verdict, MU_PASS);
  assert_string_equal(check(&w, "many [8]")->headline, "value 8");
  assert_int_equal(finding(&w, "error"), MU_F_UNREACHABLE);
  assert_int_equal(finding(&w, "denied"), MU_F_ACCESS_DENIED);
  assert_int_equal(finding(&w, "absent"), MU_F_THING_ABSENT);
  assert_int_equal(check(&w, "gone")->verdict, MU_PASS);
  teardown(&w);
}

static void a_companion_is_asked_once_for_all(void **state) {
  (void)state;
  WORLD(
      w,
      "- name: many\n  matrix: { i: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }\n  http: 'PORT/${matrix.i}'\n"
      "  expect: { status: 200, cert.days_left: '> 9' }\n"
      "- name: short\n  http: PORT/x\n  expect: { cert.days_left: '> 21' }\n"
      "- name: plain\n  http: PORT/x\n");
  handshakes = 0;
  go(&w);
  assert_int_equal(check(&w, "many [10]")->verdict, MU_PASS);
  assert_int_equal(finding(&w, "short"), MU_F_TLS_EXPIRING);
  assert_null(mu_fact_find(&check(&w, "plain")->facts, "cert.not_after"));
  assert_int_equal(handshakes, 1);
  teardown(&w);
}

/* A slow check must not hold up the others, and more checks than slots all get done. */
static void many(void **state) {
  (void)state;
  char yaml[4096];
  int n = snprintf(
      yaml, sizeof yaml,
      "- name: slow\n  http: PORT/slow\n- name: many\n  http: 'PORT/${matrix.a}${matrix.b}'\n"
      "  expect: { status: 200, json.id: 17 }\n  matrix: { a: [1,2,3,4,5,6,7,8,9,10], b: [");
  for (int i = 0; i < 40; i++) {
    n += snprintf(yaml + n, sizeof yaml - (size_t)n, "%s%d", i ? "," : "", 100 + i);
  }
  (void)snprintf(yaml + n, sizeof yaml - (size_t)n, "] }\n");
  WORLD(w, yaml);
  w.schedule.in_flight = 16;
  go(&w);
  assert_int_equal(w.run->checks.n, 401);
  for (size_t i = 0; i < w.run->checks.n; i++) {
    assert_int_equal(w.run->checks.at[i].verdict, MU_PASS);
  }
  mu_run_finish(w.run, w.schedule.now_ms, 1);
  assert_int_equal(w.run->verdict, MU_PASS);
  teardown(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_is_judged),
      cmocka_unit_test(every_attempt_is_on_record),
      cmocka_unit_test(retries_end),
      cmocka_unit_test(needs_and_captures),
      cmocka_unit_test(references_are_resolved_late),
      cmocka_unit_test(deadlines_hold),
      cmocka_unit_test(one_deadline_over_all),
      cmocka_unit_test(an_interrupt_ends_it),
      cmocka_unit_test(blocking_probes_run_side_by_side),
      cmocka_unit_test(a_companion_is_asked_once_for_all),
      cmocka_unit_test(many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
