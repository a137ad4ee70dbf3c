/* SPDX-License-Identifier: Apache-2.0 */
/* The planner: what is planned, and what it says about a config that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan.h"
#include "support/suite.h"

/* Probes of the test's own: the planner knows none by name. */
static const struct mu_param web_params[] = {
    {.name = "url", .type = MU_T_STR, .required = true, .doc = "where"},
    {.name = "headers", .type = MU_T_MAP, .doc = "headers"},
    {.name = "connect_to", .type = MU_T_STR, .doc = "address"},
    {.name = "ca", .type = MU_T_STR, .doc = "file", .is_path = true},
    {.name = "tries", .type = MU_T_INT, .otherwise = "3", .min = 1, .max = 9, .doc = "number"},
    {.name = "how", .type = MU_T_STR, .choices = "any 1.1 2", .doc = "one of"},
    {.name = "words", .type = MU_T_LIST, .doc = "list"},
    {0}};
static const struct mu_fact_def web_facts[] = {
    {.name = "status", .type = MU_T_INT, .finding = MU_F_HTTP_STATUS, .doc = "status"},
    {.name = "json.*", .type = MU_T_STR, .finding = MU_F_HTTP_BODY, .doc = "json"},
    {.name = "total", .type = MU_T_DUR, .finding = MU_F_HTTP_SLOW, .doc = "time"},
    {.name = "body", .type = MU_T_STR, .doc = "body"},
    {.name = "names", .type = MU_T_LIST, .doc = "names"},
    {0}};
static const struct mu_fact_def cert_facts[] = {
    {.name = "not_after", .type = MU_T_TIME, .finding = MU_F_TLS_EXPIRING, .doc = "end"}, {0}};
static const struct mu_param cert_params[] = {{.name = "host", .type = MU_T_STR, .doc = "host"},
                                              {0}};

static int no_args(const struct mu_args *args, struct mu_arena *arena, struct mu_args *out,
                   struct mu_err *err) {
  (void)args;
  (void)arena;
  *out = (struct mu_args){0};
  return mu_fail(err, MU_E_UNSUPPORTED, "none");
}

static const struct mu_probe web = {.name = "web",
                                    .summary = "s",
                                    .params = web_params,
                                    .facts = web_facts,
                                    .headline = "{status}",
                                    .target = "url",
                                    .companion = "cert",
                                    .companion_args = no_args};
static const struct mu_probe cert = {
    .name = "cert", .summary = "s", .params = cert_params, .facts = cert_facts, .headline = "-"};
static const struct mu_probe *const table[] = {&web, &cert};
static const struct mu_probes probes = {table, 2};

static const struct mu_expect_one *expectation(const struct mu_planned *p, const char *fact) {
  static const struct mu_expect_one none;
  for (size_t i = 0; i < p->expect_n; i++) {
    if (mu_streq(p->expect[i].fact, fact)) {
      return &p->expect[i];
    }
  }
  fail_msg("nothing is expected of %s", fact);
  return &none;
}

static void a_whole_check(void **state) {
  (void)state;
  struct suite s;
  assert_int_equal(
      suite_load(&s,
                 "- name: first\n"
                 "  web: { url: 'http://h/', headers: { A: b }, ca: pki/ca.pem, words: [x, y] }\n"
                 "  expect: { status: [200, 204], json.a.b: '> 5', web.total: '< 1s', "
                 "cert.days_left: '> 21' }\n"
                 "  retry: { for: 10m, every: 5s, backoff: 1.5 }\n"
                 "  timeout: 3s\n"
                 "  severity: low\n"
                 "- name: second\n"
                 "  needs: first\n"
                 "  web: 'http://h/2'\n",
                 "192.0.2.1", &probes),
      0);
  const struct mu_planned *p = suite_find(&s, "first");
  const char *key = NULL, *value = NULL;
  assert_string_equal(p->id, "smoke/first");
  assert_string_equal(p->target, "http://h/");
  assert_int_equal(p->timeout_ms, 3000);
  assert_int_equal(p->retry.for_ms, 600000);
  assert_int_equal(p->retry.every_ms, 5000);
  assert_true(p->retry.backoff > 1.49 && p->retry.backoff < 1.51);
  assert_int_equal(p->severity, MU_LOW);
  assert_int_equal(mu_arg_int(&p->args, "tries", 0), 3);
  assert_string_equal(mu_arg_str(&p->args, "ca", ""), "/suite/pki/ca.pem");
  assert_string_equal(mu_arg_str(&p->args, "connect_to", ""), "192.0.2.1");
  assert_string_equal(mu_arg_item(&p->args, "words", 1), "y");
  assert_true(mu_arg_pair(&p->args, "headers", 0, &key, &value));
  assert_string_equal(value, "b");
  assert_int_equal(p->expect_n, 4);
  assert_string_equal(expectation(p, "web.status")->written, "any of 200, 204");
  assert_int_equal(expectation(p, "web.status")->finding, MU_F_HTTP_STATUS);
  assert_int_equal(expectation(p, "cert.days_left")->finding, MU_F_TLS_EXPIRING);
  assert_string_equal(mu_arg_selector(&p->args, "json", 0), "a.b");
  assert_true(p->asks_companion);
  p = suite_find(&s, "second");
  assert_int_equal(p->needs_n, 1);
  assert_int_equal(p->needs[0], 0);
  assert_string_equal(p->target, "http://h/2");
  assert_false(p->asks_companion);
  suite_done(&s);
}

static void every_mistake_has_its_place_and_its_cure(void **state) {
  (void)state;
  const struct {
    const char *yaml;
    int line;
    const char *says;
  } rows[] = {
      {"- name: a\n  wbe: { url: x }\n", 1, "did you mean 'web'?"},
      {"- name: a\n  web: { url: x,\n    trise: 3 }\n", 3,
       "unknown parameter 'trise' of web; did you mean 'tries'?"},
      {"- name: a\n  web: { tries: 3 }\n", 2, "web needs 'url'"},
      {"- name: a\n  web: { url: x, tries: many }\n", 2, "'many' is not a whole number"},
      {"- name: a\n  web: { url: x, tries: 10 }\n", 2, "tries: '10' is not from 1 to 9"},
      {"- name: a\n  web: { url: x, how: 3 }\n", 2, "how: '3' is none of any, 1.1, 2"},
      {"- name: a\n  web: { url: x, how: an }\n", 2, "how: 'an' is none of"},
      {"- name: a\n  web: { url: [x] }\n", 2, "url: a string is expected"},
      {"- name: a\n  web: { url: x, headers: y }\n", 2, "a map of names and values"},
      {"- name: a\n  web: x\n  expect: { statsu: 200 }\n", 3,
       "web has no fact 'statsu'; did you mean 'status'?"},
      {"- name: a\n  web: x\n  expect: { jsno.a: 200 }\n", 3, "did you mean 'json.a'?"},
      {"- name: a\n  web: x\n  expect: { cert.days_lef: 2 }\n", 3,
       "did you mean 'cert.days_left'?"},
      {"- name: a\n  web: x\n  expect: { status: ok }\n", 3, "expected a whole number"},
      {"- name: a\n  web: x\n  expect: { total: '< 800' }\n", 3,
       "expected a duration with its unit"},
      {"- name: a\n  web: x\n  expect: { cert.not_after: '> 21d' }\n", 3, "not_after_left"},
      {"- name: a\n  web: x\n  expect: { cert.days_left: soon }\n", 3, "not a number of days"},
      {"- name: a\n  web: x\n  expect: { body: { match: x } }\n", 3,
       "unknown predicate 'match'; did you mean 'matches'?"},
      {"- name: a\n  web: x\n  expect: { body: { matches: '(' } }\n", 3, "pattern, at offset"},
      {"- name: a\n  web: x\n  expect: { status: { matches: '2..' } }\n", 3,
       "'matches' is for text"},
      {"- name: a\n  web: x\n  expect: { status: [] }\n", 3, "a list of 1 to"},
      {"- name: a\n  web: x\n  expect: {}\n", 3, "no expectation at all"},
      {"- name: a\n  web: x\n  must_fail: true\n", 1, "must fail, but expects nothing"},
      {"- name: a\n  web: x\n  retry: { every: 1s }\n", 3, "retry needs 'for'"},
      {"- name: a\n  web: x\n  retry: { for: 10 }\n", 3, "for: a duration"},
      {"- name: a\n  web: x\n  retry: { for: 1m, backof: 2 }\n", 3, "did you mean 'backoff'?"},
      {"- name: a\n  web: x\n  retry: { for: 1m, backoff: 0.5 }\n", 3, "a factor from 1 to 10"},
      {"- name: a\n  web: x\n  capture: { id: jsn.id }\n", 3, "web has no fact 'jsn.id'"},
      {"- name: a\n  web: '${capture:id}'\n", 1, "which no other check captures"},
      {"- name: a\n  web: '${capture:id}'\n  capture: { id: json.id }\n", 1,
       "which no other check captures"},
      {"- name: a\n  web: '${matrix.b}'\n  matrix: { a: [1] }\n", 2,
       "names no list of the check's matrix"},
      {"- name: a\n  web: x\n  matrix: { a: 1 }\n", 3, "is not a list of values"},
      {"- name: a\n  web: x\n  needs: anwser\n- name: answer\n  web: x\n", 3,
       "needs 'anwser', which does not exist; did you mean 'answer'?"},
      {"- name: a\n  web: x\n  needs: b\n- name: b\n  web: x\n  needs: a\n", 1, "waits for itself"},
      {"- name: a\n  web: x\n- name: a\n  web: x\n", 3, "two checks named 'a'"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct suite s;
    size_t errors = suite_load(&s, rows[i].yaml, NULL, &probes);
    if (errors != 1 || !suite_says(&s, rows[i].line, rows[i].says)) {
      fail_msg("%s-> %zu errors, first at %d: %s; wanted at %d: %s", rows[i].yaml, errors,
               s.diags.n ? s.diags.at[0].line : 0, s.diags.n ? s.diags.at[0].message : "-",
               rows[i].line, rows[i].says);
    }
    suite_done(&s);
  }
}

static void what_an_expectation_says_of_itself(void **state) {
  (void)state;
  const struct {
    const char *expect, *written;
  } rows[] = {{"{ names: [] }", "none"},
              {"{ names: [a, b] }", "[a, b]"},
              {"{ names: { contains: a } }", "contains a"},
              {"{ body: { not: { matches: x } } }", "not matches x"},
              {"{ body: { matches: x, not: y } }", "matches x and not y"},
              {"{ json.a: { present: false } }", "absent"},
              {"{ status: { any: [200, '>= 300'] } }", "any of 200, >= 300"}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    char yaml[256];
    struct suite s;
    (void)snprintf(yaml, sizeof yaml, "- name: a\n  web: x\n  expect: %s\n", rows[i].expect);
    assert_int_equal(suite_load(&s, yaml, NULL, &probes), 0);
    assert_string_equal(s.plan.at[0].expect[0].written, rows[i].written);
    suite_done(&s);
  }
}

static void all_mistakes_at_once(void **state) {
  (void)state;
  struct suite s;
  assert_int_equal(
      suite_load(&s,
                 "- name: a\n  web: { url: x, trise: 3 }\n  expect: { statsu: 1, total: 5 }\n"
                 "- name: b\n  wbe: x\n",
                 NULL, &probes),
      4);
  suite_done(&s);
}

static void a_matrix_is_one_check_a_row(void **state) {
  (void)state;
  struct suite s;
  assert_int_equal(
      suite_load(&s,
                 "- name: up\n"
                 "  matrix: { address: [192.0.2.1, 192.0.2.2], port: [80, 443] }\n"
                 "  web: { url: 'http://h:${matrix.port}/', connect_to: '${matrix.address}' }\n"
                 "- name: after\n  web: x\n  needs: up\n",
                 "198.51.100.9", &probes),
      0);
  assert_int_equal(s.plan.n, 5);
  const struct mu_planned *p = suite_find(&s, "up [192.0.2.2, 80]");
  assert_non_null(p);
  assert_string_equal(p->target, "http://h:80/");
  assert_string_equal(mu_arg_str(&p->args, "connect_to", ""), "192.0.2.2");
  assert_int_equal(suite_find(&s, "after")->needs_n, 4);
  suite_done(&s);
}

static void a_capture_is_a_need(void **state) {
  (void)state;
  struct suite s;
  assert_int_equal(
      suite_load(
          &s,
          "- name: use\n  web: 'http://h/${capture:id}'\n  expect: { json.id: '${capture:id}' }\n"
          "- name: make\n  web: x\n  capture: { id: json.id }\n",
          NULL, &probes),
      0);
  const struct mu_planned *p = suite_find(&s, "use");
  assert_int_equal(p->needs_n, 1);
  assert_int_equal(p->needs[0], 1);
  assert_non_null(p->expect[0].late);
  assert_null(p->expect[0].predicate);
  p = suite_find(&s, "make");
  assert_string_equal(p->captures[0].value, "web.json.id");
  assert_string_equal(mu_arg_selector(&p->args, "json", 0), "id");
  suite_done(&s);
}

static void the_marker_goes_on_every_check_that_can_see_it(void **state) {
  (void)state;
  struct suite s;
  assert_int_equal(suite_load(&s,
                              "- name: a\n  web: x\n  expect: { json.by: aws }\n"
                              "- name: b\n  web: x\n"
                              "- name: c\n  cert: { host: x }\n",
                              NULL, &probes),
                   0);
  mu_plan_marker(&s.plan, 0, "json.by", "aws", s.arena);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(s.plan.at[i].expect_n, 1);
    assert_int_equal(s.plan.at[i].expect[0].finding, MU_F_ANSWERED_BY_PRIMARY);
  }
  assert_int_equal(s.plan.at[2].expect_n, 0);
  suite_done(&s);
}

static void words_of_a_command_line(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  const char *const words[] = {"url=http://h/?a=b", "headers.X-A=1",
                               "words=a",           "words=b",
                               "expect:status=200", "expect:cert.days_left=> 21"};
  assert_int_equal(mu_plan_words(&plan, "probe", "probe", "web", words, 6, &probes, arena, &err),
                   0);
  const struct mu_planned *p = &plan.at[0];
  assert_string_equal(p->target, "http://h/?a=b");
  assert_string_equal(mu_arg_item(&p->args, "words", 1), "b");
  assert_int_equal(p->expect_n, 2);
  assert_true(p->asks_companion);
  const struct {
    const char *probe, *word, *says;
  } bad[] = {{"wbe", "url=x", "did you mean 'web'"},
             {"web", "ulr=x", "did you mean 'url'"},
             {"web", "url", "not of the form name=value"},
             {"web", "expect:statsu=1", "did you mean 'status'"},
             {"web", "tries=1", "web needs 'url'"},
             {"web", "expect:status=ok", "a whole number"}};
  for (size_t i = 0; i < MU_LEN(bad); i++) {
    const char *const two[] = {bad[i].word, "url=x"};
    size_t n = strstr(bad[i].word, "tries") ? 1 : 2;
    assert_int_equal(
        mu_plan_words(&plan, "probe", "probe", bad[i].probe, two, n, &probes, arena, &err), -1);
    if (!strstr(err.msg, bad[i].says)) {
      fail_msg("%s: %s", bad[i].word, err.msg);
    }
    assert_int_equal(plan.n, 1);
  }
  mu_arena_free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_whole_check),
      cmocka_unit_test(every_mistake_has_its_place_and_its_cure),
      cmocka_unit_test(what_an_expectation_says_of_itself),
      cmocka_unit_test(all_mistakes_at_once),
      cmocka_unit_test(a_matrix_is_one_check_a_row),
      cmocka_unit_test(a_capture_is_a_need),
      cmocka_unit_test(the_marker_goes_on_every_check_that_can_see_it),
      cmocka_unit_test(words_of_a_command_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
