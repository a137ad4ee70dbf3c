/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"

static void grows_up_to_its_cap(void **state) {
  (void)state;
  MU_STR(s, 10);
  assert_string_equal(mu_str_get(&s), "");
  mu_str_add(&s, "abc");
  mu_str_addc(&s, 'd');
  mu_str_addf(&s, "%d", 42);
  assert_string_equal(mu_str_get(&s), "abcd42");
  assert_int_equal(s.n, 6);
  mu_str_add(&s, "wxyz");
  assert_false(s.failed);
  assert_int_equal(s.n, 10);
  mu_str_addc(&s, '!');
  assert_true(s.failed);
  assert_string_equal(mu_str_get(&s), "abcd42wxyz");
}

static void failure_is_sticky_and_keeps_a_prefix(void **state) {
  (void)state;
  MU_STR(s, 4);
  mu_str_add(&s, "abcdef");
  assert_true(s.failed);
  assert_string_equal(mu_str_get(&s), "abcd");
  mu_str_clear(&s);
  assert_false(s.failed);
  mu_str_add(&s, "abc");
  mu_str_add(&s, "de");
  mu_str_add(&s, "f");
  assert_string_equal(mu_str_get(&s), "abcd");
}

static void formats_more_than_the_small_buffer(void **state) {
  (void)state;
  MU_STR(s, 4096);
  mu_str_addf(&s, "%1000d|", 7);
  assert_int_equal(s.n, 1001);
  assert_int_equal(s.p[999], '7');
  assert_int_equal(s.p[1000], '|');
}

static void take_and_copy(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  MU_STR(s, 100);
  char *empty = mu_str_take(&s);
  assert_string_equal(empty, "");
  free(empty);
  mu_str_add(&s, "text");
  assert_string_equal(mu_str_copy(&s, arena), "text");
  char *taken = mu_str_take(&s);
  assert_string_equal(taken, "text");
  assert_int_equal(s.n, 0);
  free(taken);
  mu_arena_free(arena);
}

struct quoted {
  const char *in, *out;
};

static void quotes_json(void **state) {
  (void)state;
  static const struct quoted rows[] = {
      {"", "\"\""},
      {"plain", "\"plain\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\""},
      {"\x01\x1b\x7f", "\"\\u0001\\u001b\\u007f\""},
      {"h\xC3\xA9 \xF0\x9F\x98\x80", "\"h\xC3\xA9 \xF0\x9F\x98\x80\""},
      {"\xFFz", "\"\xEF\xBF\xBDz\""},
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                 /* overlong */
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* surrogate */
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                 /* cut short */
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    MU_STR(s, 100);
    mu_str_add_json(&s, rows[i].in, strlen(rows[i].in));
    assert_string_equal(mu_str_get(&s), rows[i].out);
  }
  MU_STR(s, 100);
  mu_str_add_json(&s, "a\0b", 3);
  assert_string_equal(mu_str_get(&s), "\"a\\u0000b\"");
}

static void quotes_xml(void **state) {
  (void)state;
  static const struct quoted rows[] = {
      {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
      {"x\x01y\x0bz", "xyz"},
      {"tab\tnl\n", "tab\tnl\n"},
      {"\x1b[31mred\x1b[0m", "red"},
      {"\x1b]0;title\x07"
       "after",
       "after"},
      {"\x1b]8;;http://x\x1b\\link", "link"},
      {"\x1b", ""},
      {"\x1b[", ""},
      {"\xFF<", "\xEF\xBF\xBD&lt;"},
      {"\xEF\xBF\xBE.", "."}, /* U+FFFE */
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    MU_STR(s, 100);
    mu_str_add_xml(&s, rows[i].in, strlen(rows[i].in));
    assert_string_equal(mu_str_get(&s), rows[i].out);
  }
}

static void quotes_shell(void **state) {
  (void)state;
  static const struct quoted rows[] = {
      {"", "''"},           {"plain/path-1.json", "plain/path-1.json"},
      {"a b", "'a b'"},     {"it's", "'it'\\''s'"},
      {"$HOME", "'$HOME'"}, {"~", "'~'"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    MU_STR(s, 100);
    mu_str_add_shell(&s, rows[i].in);
    assert_string_equal(mu_str_get(&s), rows[i].out);
  }
}

static void encodes_base64(void **state) {
  (void)state;
  static const struct quoted rows[] = {/* RFC 4648, 10 */
                                       {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xfb\xff", "+/8="}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    MU_STR(s, 100);
    mu_str_add_base64(&s, rows[i].in, strlen(rows[i].in));
    assert_string_equal(mu_str_get(&s), rows[i].out);
  }
}

static void shows_control_characters(void **state) {
  (void)state;
  static const struct quoted rows[] = {
      {"ok \xC3\xA9", "ok \xC3\xA9"},
      {"a\nb\x1b[2J", "a\\x0ab\\x1b[2J"},
      {"\xC2\x9B"
       "31m",
       "\\xc2\\x9b31m"}, /* CSI as a C1 character */
      {"\xE2\x80\xAE"
       "x",
       "\\xe2\\x80\\xaex"}, /* right-to-left override */
      {"\xFE", "\\xfe"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    MU_STR(s, 100);
    mu_str_add_safe(&s, rows[i].in, strlen(rows[i].in));
    assert_string_equal(mu_str_get(&s), rows[i].out);
  }
}

static void small_questions(void **state) {
  (void)state;
  assert_true(mu_streq(NULL, NULL));
  assert_false(mu_streq(NULL, ""));
  assert_true(mu_streq("a", "a"));
  assert_true(mu_str_starts("abc", "ab"));
  assert_false(mu_str_starts("a", "ab"));
  assert_true(mu_str_ends("abc", "bc"));
  assert_false(mu_str_ends("c", "bc"));
}

static void globs(void **state) {
  (void)state;
  assert_true(mu_str_glob("*", ""));
  assert_true(mu_str_glob("*.tags.*", "aws_s3_bucket.x.tags.Name"));
  assert_true(mu_str_glob("a?c", "abc"));
  assert_false(mu_str_glob("a?c", "ac"));
  assert_true(mu_str_glob("*a*b", "xaybzab"));
  assert_false(mu_str_glob("*a*b", "xaybz"));
  assert_false(mu_str_glob("", "a"));
  assert_true(mu_str_glob("", ""));
  assert_true(mu_str_glob("[x]", "[x]"));
  char many[4097];
  memset(many, 'a', sizeof many - 1);
  many[sizeof many - 1] = '\0';
  assert_false(mu_str_glob("*a*a*a*a*a*a*a*a*b", many)); /* returns at all: no exponential search */
}

static void nearest_name(void **state) {
  (void)state;
  static const char *const names[] = {"drill", "drift", "smoke", "ls"};
  assert_int_equal(mu_str_distance("drill", "dirll", 2), 1);
  assert_int_equal(mu_str_distance("kitten", "sitting", 9), 3);
  assert_int_equal(mu_str_distance("abcdef", "uvwxyz", 2), 3);
  assert_int_equal(mu_str_distance("abc", "abcde", 2), 2);
  assert_int_equal(mu_str_distance("abcdef", "abc", 2), 3);
  assert_string_equal(mu_str_nearest("dril", names, MU_LEN(names)), "drill");
  assert_string_equal(mu_str_nearest("somke", names, MU_LEN(names)), "smoke");
  assert_string_equal(mu_str_nearest("sl", names, MU_LEN(names)), "ls");
  assert_null(mu_str_nearest("xyz", names, MU_LEN(names)));
  char longer[200];
  memset(longer, 'd', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  assert_null(mu_str_nearest(longer, names, MU_LEN(names)));
}

/* Quoting looks at eight bytes at once: what one byte becomes does not depend on where it stands.
 */
static void json_quoting_is_the_same_everywhere(void **state) {
  (void)state;
  char text[24];
  for (unsigned c = 0; c < 256; c++) {
    MU_STR(alone, 64);
    char byte = (char)c;
    mu_str_add_json(&alone, &byte, 1);
    for (size_t n = 1; n < sizeof text; n++) {
      for (size_t at = 0; at < n; at++) {
        MU_STR(quoted, 256);
        MU_STR(want, 256);
        memset(text, 'a', n);
        text[at] = byte;
        mu_str_add_json(&quoted, text, n);
        mu_str_addf(&want, "\"%.*s%.*s%.*s\"", (int)at, "aaaaaaaaaaaaaaaaaaaaaaaa",
                    (int)(alone.n - 2), alone.p + 1, (int)(n - at - 1), "aaaaaaaaaaaaaaaaaaaaaaaa");
        assert_string_equal(mu_str_get(&quoted), mu_str_get(&want));
      }
    }
  }
}

static void room_is_counted_and_capped(void **state) {
  (void)state;
  MU_STR(s, 100);
  memset(mu_str_room(&s, 80), 'x', 80);
  assert_int_equal(s.n, 80);
  assert_null(mu_str_room(&s, 21));
  assert_int_equal(s.n, 80);
  assert_non_null(mu_str_room(&s, 20));
  assert_null(mu_str_room(&s, 1));
  assert_false(s.failed); /* nothing was left out */
  mu_str_add(&s, "y");
  assert_true(s.failed);
  assert_null(mu_str_room(&s, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grows_up_to_its_cap),
      cmocka_unit_test(failure_is_sticky_and_keeps_a_prefix),
      cmocka_unit_test(formats_more_than_the_small_buffer),
      cmocka_unit_test(take_and_copy),
      cmocka_unit_test(quotes_json),
      cmocka_unit_test(quotes_xml),
      cmocka_unit_test(quotes_shell),
      cmocka_unit_test(encodes_base64),
      cmocka_unit_test(shows_control_characters),
      cmocka_unit_test(small_questions),
      cmocka_unit_test(globs),
      cmocka_unit_test(nearest_name),
      cmocka_unit_test(json_quoting_is_the_same_everywhere),
      cmocka_unit_test(room_is_counted_and_capped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
