/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the format, the result is the C library's. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fmt.h"

static int fmt(char *out, size_t cap, const char *format, ...) MU_PRINTF(3, 4);
static int fmt(char *out, size_t cap, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = mu_fmt(out, cap, format, args);
  va_end(args);
  return n;
}

#define SAME(...)                                                                                  \
  do {                                                                                             \
    for (size_t cap = 1; cap <= sizeof ours; cap++) {                                              \
      memset(ours, 'x', sizeof ours);                                                              \
      memset(libc, 'x', sizeof libc);                                                              \
      assert_int_equal(fmt(ours, cap, __VA_ARGS__), snprintf(libc, cap, __VA_ARGS__));             \
      assert_string_equal(ours, libc);                                                             \
    }                                                                                              \
  } while (0)

static void every_format_is_the_c_librarys(void **state) {
  (void)state;
  char ours[48], libc[48];
  SAME("plain");
  SAME("%s", "");
  SAME("%s/%s", "smoke", "check 1");
  SAME("%s.%s%s", "a", "b", "a name that is longer than some of the caps");
  SAME("%d %d %d", INT_MIN, INT_MAX, 0);
  SAME("%zu of %zu", (size_t)0, SIZE_MAX);
  SAME("%lld, %lld", LLONG_MIN, LLONG_MAX);
  SAME("%s %d%%", "half", 50);
  SAME("%.*s|%5d|%-4s|%02x", 2, "abc", 7, "z", 11U);
  SAME("%s %ld %u %c %.1f", "rest", -1L, 4000000000U, 'c', 0.25);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_format_is_the_c_librarys)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
