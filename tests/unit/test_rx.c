/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rx.h"

static int match(const char *pattern, const char *text, size_t n, struct mu_arena *arena,
                 const char **capture, struct mu_err *err) {
  struct mu_rx *rx = NULL;
  assert_int_equal(mu_rx_new(pattern, &rx, err), 0);
  int got = mu_rx_match(rx, text, n, arena, capture, err);
  mu_rx_free(rx);
  return got;
}

static void group_one_or_everything(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  const char *capture = NULL;
  assert_int_equal(match("v(\\d+)", "api v17", 7, arena, &capture, &err), 1);
  assert_string_equal(capture, "17");
  assert_int_equal(match("v\\d+", "api v17", 7, arena, &capture, &err), 1);
  assert_string_equal(capture, "v17");
  assert_int_equal(match("a|(b)", "a", 1, arena, &capture, &err), 1);
  assert_string_equal(capture, "a");
  assert_int_equal(match("x", "api", 3, NULL, NULL, &err), 0);
  mu_arena_free(arena);
}

static void invalid_utf8_is_text_too(void **state) {
  (void)state;
  struct mu_err err = {0};
  assert_int_equal(match("ok", "\xff\xfe ok", 5, NULL, NULL, &err), 1);
}

static void a_wrong_pattern_says_where(void **state) {
  (void)state;
  struct mu_rx *rx = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_rx_new("a(b", &rx, &err), -1);
  assert_int_equal(err.code, MU_E_INPUT);
  assert_non_null(strstr(err.msg, "offset 3"));
}

static void catastrophes_end(void **state) {
  (void)state;
  char text[64];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = 'b';
  struct mu_err err = {0};
  assert_int_equal(match("^(a+)+$", text, sizeof text, NULL, NULL, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(group_one_or_everything),
      cmocka_unit_test(invalid_utf8_is_text_too),
      cmocka_unit_test(a_wrong_pattern_says_where),
      cmocka_unit_test(catastrophes_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
