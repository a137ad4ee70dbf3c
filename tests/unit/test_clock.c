/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void system_clock_moves_forward(void **state) {
  (void)state;
  const struct mu_clock *clock = mu_clock_system();
  assert_true(mu_wall_ms(clock) > 1700000000000);
  int64_t from = mu_mono_ms(clock);
  mu_sleep_ms(clock, 20);
  assert_true(mu_mono_ms(clock) - from >= 19);
  mu_sleep_ms(clock, 0);
  mu_sleep_ms(clock, -5);
}

static void boot_id_is_stable(void **state) {
  (void)state;
  char a[MU_BOOT_ID], b[MU_BOOT_ID];
  mu_boot_id(a);
  mu_boot_id(b);
  assert_string_equal(a, b);
  assert_int_equal(strlen(a), 36);
}

static void ulid_sorts_by_time(void **state) {
  (void)state;
  char a[MU_ULID], b[MU_ULID], c[MU_ULID];
  mu_ulid(1469918176385, a);
  assert_memory_equal(a, "01ARYZ6S41", 10); /* the example of the ULID specification */
  assert_int_equal(strlen(a), 26);
  assert_int_equal(strspn(a, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
  mu_ulid(1469918176385, b);
  assert_string_not_equal(a, b);
  mu_ulid(1469918176386, c);
  assert_true(strcmp(a, c) < 0);
}

static void cancel_flag(void **state) {
  (void)state;
  struct mu_cancel cancel = {0};
  assert_false(mu_canceled(NULL));
  assert_false(mu_canceled(&cancel));
  cancel.signal = 2;
  assert_true(mu_canceled(&cancel));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(system_clock_moves_forward),
      cmocka_unit_test(boot_id_is_stable),
      cmocka_unit_test(ulid_sorts_by_time),
      cmocka_unit_test(cancel_flag),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
