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
#include "base/hash.h"
#include "base/io.h"

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void published_vectors(void **state) {
  (void)state;
  char hex[MU_SHA256_HEX];
  mu_sha256_hex("abc", 3, hex); /* FIPS 180-4 */
  assert_string_equal(hex, abc);
  mu_sha256_hex("", 0, hex);
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  unsigned char raw[MU_SHA256];
  mu_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, raw); /* RFC 4231, case 2 */
  mu_hex(raw, sizeof raw, hex);
  assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void in_pieces(void **state) {
  (void)state;
  char hex[MU_SHA256_HEX];
  struct mu_sha256_state *sha = mu_sha256_new();
  mu_sha256_add(sha, "a", 1);
  mu_sha256_add(sha, "", 0);
  mu_sha256_add(sha, "bc", 2);
  mu_sha256_end(sha, hex);
  assert_string_equal(hex, abc);
}

static void files(void **state) {
  (void)state;
  struct mu_err err = {0};
  char path[] = "/tmp/muster-hash-XXXXXX", hex[MU_SHA256_HEX] = "untouched";
  size_t size = 0;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "abc", 3), 3);
  assert_int_equal(close(fd), 0);
  assert_int_equal(mu_sha256_file(path, hex, &size, &err), 0);
  assert_string_equal(hex, abc);
  assert_int_equal(size, 3);
  assert_int_equal(unlink(path), 0);
  (void)snprintf(hex, sizeof hex, "untouched");
  assert_int_equal(mu_sha256_file(path, hex, NULL, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_string_equal(hex, "untouched");
  assert_int_equal(mu_sha256_file("/tmp", hex, NULL, &err), -1);
  assert_int_equal(err.code, MU_E_IO);
}

static void randomness_differs(void **state) {
  (void)state;
  unsigned char a[16], b[16];
  mu_random(a, sizeof a);
  mu_random(b, sizeof b);
  assert_memory_not_equal(a, b, sizeof a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_vectors),
      cmocka_unit_test(in_pieces),
      cmocka_unit_test(files),
      cmocka_unit_test(randomness_differs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
