/* SPDX-License-Identifier: Apache-2.0 */
/* The http probe's two pure functions, and what it hands to its companion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan.h"
#include "table.h"
#include "wire/http.h"
#include "wire/url.h"

struct look {
  struct mu_arena *arena;
  struct mu_plan plan;
  struct mu_args args;
  struct mu_probe_ctx ctx;
  struct mu_err err;
};

static struct look look(const char *const *words, size_t n) {
  struct look l = {.arena = mu_arena_new()};
  if (mu_plan_words(&l.plan, "t", "t", "http", words, n, mu_probes_all(), l.arena, &l.err) != 0) {
    fail_msg("%s", l.err.msg);
  }
  l.args = l.plan.at[0].args;
  l.ctx = (struct mu_probe_ctx){
      .arena = l.arena, .clock = mu_clock_system(), .ca_file = "/config/ca.pem"};
  return l;
}

static void a_request_says_what_the_config_says(void **state) {
  (void)state;
  const char *const words[] = {"url=https://api.example.com:8443/x?y=1",
                               "method=PUT",
                               "headers.A=b",
                               "headers.C=d e",
                               "body=hello",
                               "connect_to=192.0.2.7",
                               "follow=true",
                               "version=1.1",
                               "max_body=2KiB"};
  struct look l = look(words, MU_LEN(words));
  struct mu_http_req req = {0};
  assert_int_equal(mu_probe_http.request(&l.args, &l.ctx, &req, &l.err), 0);
  assert_string_equal(req.url, "https://api.example.com:8443/x?y=1");
  assert_string_equal(req.method, "PUT");
  assert_int_equal(req.headers_n, 2);
  assert_string_equal(req.headers[1], "C: d e");
  assert_int_equal(req.body_n, 5);
  assert_string_equal(req.connect_to[0], "api.example.com:8443:192.0.2.7:8443");
  assert_string_equal(req.ca_file, "/config/ca.pem");
  assert_true(req.follow);
  assert_int_equal(req.version, MU_HTTP_1_1);
  assert_int_equal(req.max_body, 2048);
  mu_arena_free(l.arena);
}

static void connect_to_knows_ports_and_v6(void **state) {
  (void)state;
  const struct {
    const char *url, *to, *want;
  } rows[] = {{"url=http://h/", "connect_to=192.0.2.7:81", "h:80:192.0.2.7:81"},
              {"url=https://h/", "connect_to=[2001:db8::1]:444", "h:443:[2001:db8::1]:444"},
              {"url=https://h/", "connect_to=2001:db8::1", "h:443:[2001:db8::1]:443"},
              {"url=https://h/", "connect_to=lb.example.net", "h:443:lb.example.net:443"}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    const char *const words[] = {rows[i].url, rows[i].to};
    struct look l = look(words, 2);
    struct mu_http_req req = {0};
    assert_int_equal(mu_probe_http.request(&l.args, &l.ctx, &req, &l.err), 0);
    assert_string_equal(req.connect_to[0], rows[i].want);
    mu_arena_free(l.arena);
  }
}

static void what_cannot_be_asked_is_an_error(void **state) {
  (void)state;
  const char *const rows[][2] = {
      {"url=ftp://h/", "method=GET"},           {"url=http://u:p@h/", "method=GET"},
      {"url=http:///x", "method=GET"},          {"url=http://h:0/", "method=GET"},
      {"url=http://h/", "connect_to=a:b:c:d/"}, {"url=http://h/", "connect_to=x:99999"}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct look l = look(rows[i], 2);
    struct mu_http_req req = {0};
    assert_int_equal(mu_probe_http.request(&l.args, &l.ctx, &req, &l.err), -1);
    assert_int_equal(l.err.code, MU_E_INPUT);
    mu_arena_free(l.arena);
  }
}

static const struct mu_http_header headers[] = {{"Content-Type", "application/json"},
                                                {"X-Served-By", "aws"}};

static struct mu_http_resp answer(const char *body) {
  return (struct mu_http_resp){.status = 201,
                               .headers = headers,
                               .headers_n = 2,
                               .body = body,
                               .body_n = strlen(body),
                               .remote_ip = "2001:db8::1",
                               .remote_port = 443,
                               .version = "2",
                               .url = "https://h/",
                               .total_us = 1001};
}

static void an_answer_becomes_facts(void **state) {
  (void)state;
  const char *const words[] = {"url=https://h/",
                               "expect:json.a[1].b=x",
                               "expect:json.n=1",
                               "expect:json.none=1",
                               "expect:json.flag=true",
                               "expect:json.nul=null",
                               "expect:header.x-SERVED-by=aws",
                               "expect:body=x"};
  struct look l = look(words, MU_LEN(words));
  const char *body =
      "{\"a\": [1, {\"b\": \"x\"}], \"n\": 9007199254740993, \"flag\": true, \"nul\": null}";
  struct mu_http_resp resp = answer(body);
  struct mu_facts facts;
  mu_facts_init(&facts, l.arena);
  assert_int_equal(mu_probe_http.read(&l.args, &l.ctx, &resp, &facts, &l.err), 0);
  assert_int_equal(mu_fact_find(&facts, "http.status")->value.i, 201);
  assert_string_equal(mu_fact_find(&facts, "http.json.a[1].b")->value.s, "x");
  assert_true(mu_fact_find(&facts, "http.json.n")->value.i == INT64_C(9007199254740993));
  assert_true(mu_fact_find(&facts, "http.json.flag")->value.b);
  assert_string_equal(mu_fact_find(&facts, "http.json.nul")->value.s, "null");
  assert_null(mu_fact_find(&facts, "http.json.none"));
  assert_string_equal(mu_fact_find(&facts, "http.header.x-SERVED-by")->value.s, "aws");
  assert_string_equal(mu_fact_find(&facts, "http.remote")->value.s, "[2001:db8::1]:443");
  assert_int_equal(mu_fact_find(&facts, "http.total")->value.i, 2); /* rounded outward */
  assert_true(mu_fact_find(&facts, "http.body")->is_body);
  mu_arena_free(l.arena);
}

/* Half a document proves nothing about a value in it. */
static void a_truncated_body_is_not_read_as_json(void **state) {
  (void)state;
  const char *const words[] = {"url=https://h/", "expect:json.a=1"};
  for (int cut = 0; cut < 3; cut++) {
    struct look l = look(words, 2);
    struct mu_http_resp resp = answer(cut == 2 ? "<html>" : "{\"a\": 1}");
    struct mu_facts facts;
    mu_facts_init(&facts, l.arena);
    resp.truncated = cut == 1;
    assert_int_equal(mu_probe_http.read(&l.args, &l.ctx, &resp, &facts, &l.err), 0);
    assert_int_equal(mu_fact_find(&facts, "http.json.a") != NULL, cut == 0);
    mu_arena_free(l.arena);
  }
}

static void the_companion_looks_at_the_same_place(void **state) {
  (void)state;
  const char *const words[] = {"url=https://api.example.com/x", "connect_to=192.0.2.7",
                               "ca=pki/ca.pem", "headers.A=b"};
  struct look l = look(words, MU_LEN(words));
  struct mu_args tls = {0};
  assert_int_equal(mu_probe_http.companion_args(&l.args, l.arena, &tls, &l.err), 0);
  assert_string_equal(mu_arg_str(&tls, "host", ""), "api.example.com");
  assert_int_equal(mu_arg_int(&tls, "port", 0), 443);
  assert_string_equal(mu_arg_str(&tls, "connect_to", ""), "192.0.2.7");
  assert_string_equal(mu_arg_str(&tls, "ca", ""), "pki/ca.pem");
  assert_null(mu_arg_find(&tls, "headers"));
  mu_arena_free(l.arena);
  const char *const plain[] = {"url=http://h/"};
  l = look(plain, 1);
  assert_int_equal(mu_probe_http.companion_args(&l.args, l.arena, &tls, &l.err), -1);
  mu_arena_free(l.arena);
}

/* Every row of the table can be shown, planned and judged. */
static void every_probe_is_complete(void **state) {
  (void)state;
  const struct mu_probes *all = mu_probes_all();
  for (size_t i = 0; i < all->n; i++) {
    const struct mu_probe *p = all->at[i];
    if (!p->summary || !p->headline || !p->facts || !p->params ||
        (!p->observe && !(p->request && p->read))) {
      fail_msg("%s lacks something", p->name);
    }
    bool target = !p->target;
    for (const struct mu_param *q = p->params; q->name; q++) {
      target = target || mu_streq(q->name, p->target);
      assert_true(q->doc && *q->doc);
    }
    assert_true(target);
    for (const struct mu_fact_def *f = p->facts; f->name; f++) {
      assert_true(f->doc && *f->doc);
    }
    if (i > 0 && strcmp(all->at[i - 1]->name, p->name) >= 0) {
      fail_msg("%s is out of order in table.def", p->name);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_says_what_the_config_says),
      cmocka_unit_test(connect_to_knows_ports_and_v6),
      cmocka_unit_test(what_cannot_be_asked_is_an_error),
      cmocka_unit_test(an_answer_becomes_facts),
      cmocka_unit_test(a_truncated_body_is_not_read_as_json),
      cmocka_unit_test(the_companion_looks_at_the_same_place),
      cmocka_unit_test(every_probe_is_complete),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
