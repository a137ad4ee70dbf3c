/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/redact.h"
#include "base/str.h"

static const char SECRET[] = "p\"s&w/rd+1 x";

static void check(const char *text, const char *expected) {
  struct mu_redact *r = mu_redact_new();
  mu_redact_add(r, SECRET, strlen(SECRET));
  mu_redact_add(r, "short", 5);
  MU_STR(out, 4096);
  (void)mu_redact_write(r, text, strlen(text), &out);
  assert_string_equal(mu_str_get(&out), expected);
  MU_STR(in_place, 4096);
  mu_str_add(&in_place, text);
  size_t replaced = mu_redact_str(r, &in_place);
  assert_string_equal(mu_str_get(&in_place), expected);
  assert_int_equal(replaced > 0, strcmp(text, expected) != 0);
  mu_redact_free(r);
}

static void every_form_is_found(void **state) {
  (void)state;
  check("a p\"s&w/rd+1 x b", "a [redacted] b");
  check("{\"k\":\"p\\\"s&w/rd+1 x\"}", "{\"k\":\"[redacted]\"}");
  check("u=p%22s%26w%2Frd%2B1%20x&", "u=[redacted]&");
  check("u=p%22s%26w%2frd%2b1%20x&", "u=[redacted]&");
  check("<v>p&quot;s&amp;w/rd+1 x</v>", "<v>[redacted]</v>");
}

static void base64_at_each_offset(void **state) {
  (void)state;
  check("cCJzJncvcmQrMSB4", "[redacted]");
  check("Basic OnAicyZ3L3JkKzEgeA==", "Basic On[redacted]A==");
  check("YTpwInMmdy9yZCsxIHg=", "YTp[redacted]g=");
  check("dXM6cCJzJncvcmQrMSB4", "dXM6[redacted]");
}

static void other_text_stays(void **state) {
  (void)state;
  check("nothing short here", "nothing short here");
  MU_STR(out, 64);
  assert_int_equal(mu_redact_write(NULL, "abc", 3, &out), 0);
  assert_string_equal(mu_str_get(&out), "abc");
  const char *before = out.p;
  assert_int_equal(mu_redact_str(NULL, &out), 0);
  assert_ptr_equal(out.p, before);
}

static void the_longest_wins(void **state) {
  (void)state;
  struct mu_redact *r = mu_redact_new();
  mu_redact_add(r, "abcdefgh", 8);
  mu_redact_add(r, "abcdefghij", 10);
  MU_STR(out, 64);
  assert_int_equal(mu_redact_write(r, "abcdefghijabcdefghk", 19, &out), 2);
  assert_string_equal(mu_str_get(&out), "[redacted][redacted]k");
  mu_redact_free(r);
}

/* Of many lengths, 20,000 in all: each is found, whole, and none of them holds up the others. */
static void many_that_begin_alike(void **state) {
  (void)state;
  enum { N = 20000, LENGTHS = 20 };
  struct mu_redact *r = mu_redact_new();
  char text[64];
  for (int i = 0; i < N; i++) {
    int n =
        snprintf(text, sizeof text, "postgres-%05d%.*s", i, i % LENGTHS, "aaaaaaaaaaaaaaaaaaaa");
    mu_redact_add(r, text, (size_t)n);
  }
  for (int i = 0; i < N; i++) {
    int n =
        snprintf(text, sizeof text, "postgres-%05d%.*s!", i, i % LENGTHS, "aaaaaaaaaaaaaaaaaaaa");
    MU_STR(out, 64);
    assert_int_equal(mu_redact_write(r, text, (size_t)n, &out), 1);
    assert_string_equal(mu_str_get(&out), "[redacted]!");
  }
  MU_STR(other, 64);
  assert_int_equal(mu_redact_write(r, "postgres-x0001aaaa", 18, &other), 0);
  mu_redact_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_form_is_found),   cmocka_unit_test(base64_at_each_offset),
      cmocka_unit_test(other_text_stays),      cmocka_unit_test(the_longest_wins),
      cmocka_unit_test(many_that_begin_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
