/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "base/utf8.h"

static void characters(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    uint32_t code;
  } rows[] = {{"a", 1, 'a'},
              {"\xC3\xA9", 2, 0xE9},
              {"\xE2\x82\xAC", 3, 0x20AC},
              {"\xF0\x9F\x98\x80", 4, 0x1F600},
              {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    uint32_t code = 0;
    assert_int_equal(mu_utf8_next(rows[i].text, strlen(rows[i].text), &code), rows[i].len);
    assert_int_equal(code, rows[i].code);
  }
}

static void broken(void **state) {
  (void)state;
  static const char *const rows[] = {
      "\x80",             /* a continuation alone */
      "\xC0\xAF",         /* overlong '/' */
      "\xE0\x80\xAF",     /* the same in three */
      "\xED\xA0\x80",     /* a surrogate */
      "\xF4\x90\x80\x80", /* above U+10FFFF */
      "\xF6\x80\x80\x80",
      "\xC3",
      "\xE2\x82",
      "\xC3(",
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    uint32_t code = 7;
    assert_int_equal(mu_utf8_next(rows[i], strlen(rows[i]), &code), 0);
    assert_int_equal(code, 7); /* nothing written */
  }
}

static void columns(void **state) {
  (void)state;
  assert_int_equal(mu_utf8_width('a'), 1);
  assert_int_equal(mu_utf8_width(0xE9), 1);
  assert_int_equal(mu_utf8_width(0x301), 0);   /* combining acute */
  assert_int_equal(mu_utf8_width(0x200D), 0);  /* zero width joiner */
  assert_int_equal(mu_utf8_width(0x30C7), 2);  /* katakana */
  assert_int_equal(mu_utf8_width(0xAC00), 2);  /* hangul */
  assert_int_equal(mu_utf8_width(0x1F600), 2); /* emoji */
  assert_int_equal(mu_utf8_width(0x2500), 1);  /* box drawing */
  assert_int_equal(mu_utf8_width(0x2714), 1);  /* the check mark of reports */
  assert_int_equal(mu_utf8_width(0x10FFFF), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(characters), cmocka_unit_test(broken),
                                     cmocka_unit_test(columns)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
