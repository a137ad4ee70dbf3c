/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/map.h"

static void bytes_of_a_file(void **state) {
  (void)state;
  char path[] = "/tmp/muster-test-map-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  struct mu_map map = {0};
  struct mu_err err = {0};
  assert_int_equal(mu_map_open(path, 100, &map, &err), 0); /* empty */
  assert_null(map.p);
  mu_map_breathe(&map);
  mu_map_done(&map);
  assert_int_equal(write(fd, "hello", 5), 5);
  assert_int_equal(mu_map_open(path, 5, &map, &err), 0);
  assert_int_equal(map.n, 5);
  mu_map_breathe(&map); /* what was given back is there again when it is touched */
  assert_memory_equal(map.p, "hello", 5);
  mu_map_done(&map);
  assert_null(map.p);
  assert_int_equal(mu_map_open(path, 4, &map, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
  (void)close(fd);
  (void)unlink(path);
  assert_int_equal(mu_map_open(path, 4, &map, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_int_equal(mu_map_open("/tmp", 4, &map, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_of_a_file)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
