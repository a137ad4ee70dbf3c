/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, gzip and YAML: what comes out, what is refused, and where it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "base/attr.h"
#include "base/base64.h"
#include "base/err.h"
#include "base/gunzip.h"
#include "base/str.h"
#include "base/yaml.h"

static void base64(void **state) {
  (void)state;
  static const struct {
    const char *text, *bytes; /* NULL: none */
  } rows[] = {
      {"", ""},
      {"QQ==", "A"},
      {"QQ", "A"},
      {"QUI=", "AB"},
      {"QUJD", "ABC"},
      {"Q U\nJD", "ABC"},
      {"+/+/", "\xFB\xFF\xBF"},
      {"Q", NULL},
      {"QQ=", NULL},
      {"QQ===", NULL},
      {"Q===", NULL},
      {"QR==", NULL},
      {"QQ==QQ==", NULL},
      {"QU_D", NULL},
      {"QU-D", NULL},
      {"=", NULL},
      {"QUJD=", NULL},
      {"QUJD====", NULL},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    unsigned char out[64];
    size_t n = mu_base64_decode(rows[i].text, strlen(rows[i].text), out);
    bool good = rows[i].bytes ? n == strlen(rows[i].bytes) && memcmp(out, rows[i].bytes, n) == 0
                              : n == SIZE_MAX;
    if (!good) {
      fail_msg("%s: %zu", rows[i].text, n);
    }
  }
}

static size_t pack(const void *bytes, size_t n, unsigned char *out, size_t room) {
  struct libdeflate_compressor *c = libdeflate_alloc_compressor(9);
  size_t made = libdeflate_gzip_compress(c, bytes, n, out, room);
  libdeflate_free_compressor(c);
  assert_true(made > 0);
  return made;
}

static void gunzip(void **state) {
  (void)state;
  enum { LARGE = 1 << 20 };
  unsigned char *large = calloc(1, LARGE), *packed = malloc(LARGE), *out = NULL;
  struct mu_err err = {0};
  size_t n = 0;
  assert_non_null(large);
  assert_non_null(packed);
  size_t m = pack("hello", 5, packed, LARGE);
  m += pack(" world", 6, packed + m, LARGE - m); /* two members */
  assert_int_equal(mu_gunzip(packed, m, 100, &out, &n, &err), 0);
  assert_int_equal(n, 11);
  assert_memory_equal(out, "hello world", 11);
  free(out);
  assert_int_equal(mu_gunzip(packed, m, 10, &out, &n, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
  for (size_t i = 0; i < m; i++) { /* cut short anywhere but between the two */
    bool whole = mu_gunzip(packed, i, 100, &out, &n, &err) == 0;
    if (whole) {
      assert_int_equal(n, 5);
      free(out);
    }
  }
  packed[m] = 0; /* something behind the end */
  assert_int_equal(mu_gunzip(packed, m + 1, 100, &out, &n, &err), -1);
  assert_int_equal(err.code, MU_E_INPUT);
  m = pack(large, LARGE, packed, LARGE); /* a thousandth of its size */
  assert_int_equal(mu_gunzip(packed, m, LARGE - 1, &out, &n, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
  assert_int_equal(mu_gunzip(packed, m, LARGE, &out, &n, &err), 0);
  assert_int_equal(n, LARGE);
  free(out);
  free(large);
  free(packed);
}

static void yaml(void **state) {
  (void)state;
  static const struct {
    const char *text, *json;
    enum mu_errc code;
  } rows[] = {
      {"a: b\nc: [d, 'e', \"f\\n\"]\n", "{\"a\":\"b\",\"c\":[\"d\",\"e\",\"f\\n\"]}", MU_E_NONE},
      {"- 1\n- '1'\n- \n- yes\n- text\n",
       "[{\"\\u0001\":\"1\"},\"1\",{\"\\u0001\":\"\"},{\"\\u0001\":\"yes\"},\"text\"]", MU_E_NONE},
      {"{\"a\": {\"b\": []}}", "{\"a\":{\"b\":[]}}", MU_E_NONE},
      {"a: !Sub x\nb: !Join [',', [c]]\n",
       "{\"a\":{\"\\u0001!Sub\":\"x\"},\"b\":{\"\\u0001!Join\":[\",\",[\"c\"]]}}", MU_E_NONE},
      {"2012-10-17: x\n'2012-10-17': z\n", "{\"\\u00012012-10-17\":\"x\",\"2012-10-17\":\"z\"}",
       MU_E_NONE},
      {"a: 1\na: 2\n", "{\"a\":{\"\\u0001\":\"1\"},\"a\":{\"\\u0001\":\"2\"}}", MU_E_NONE},
      {"# only a comment\n", NULL, MU_E_INPUT},
      {"", NULL, MU_E_INPUT},
      {"a: 1\n---\nb: 2\n", NULL, MU_E_INPUT},
      {"a: [1\n", NULL, MU_E_INPUT},
      {"a: &x 1\nb: *x\n", NULL, MU_E_UNSUPPORTED},
      {"[a]: b\n", NULL, MU_E_UNSUPPORTED},
      {"? {a: b}\n: c\n", NULL, MU_E_UNSUPPORTED},
      {"!x a: b\n", NULL, MU_E_UNSUPPORTED},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    MU_STR(out, 4096);
    struct mu_err err = {0};
    int rc = mu_yaml_json(rows[i].text, strlen(rows[i].text), &out, &err);
    if (rows[i].json ? rc != 0 || strcmp(mu_str_get(&out), rows[i].json) != 0
                     : rc != -1 || err.code != rows[i].code) {
      fail_msg("%s: %s %s", rows[i].text, mu_str_get(&out), err.msg);
    }
  }
  char deep[400];
  memset(deep, '[', sizeof deep - 1);
  deep[sizeof deep - 1] = '\0';
  MU_STR(out, 4096);
  MU_STR(narrow, 8);
  struct mu_err err = {0};
  assert_int_equal(mu_yaml_json(deep, strlen(deep), &out, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
  assert_int_equal(mu_yaml_json("a: bbbbbbbbbbbbbbbb", 19, &narrow, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(base64), cmocka_unit_test(gunzip),
                                     cmocka_unit_test(yaml)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
