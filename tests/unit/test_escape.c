/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "reports/escape.h"

static struct mu_str out;

static int set_up(void **state) {
  (void)state;
  out = MU_STR_INIT(1 << 20);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  mu_str_done(&out);
  return 0;
}

static void text_is_markup_free(void **state) {
  (void)state;
  mu_escape_text(&out, "a<b> & \"c\" 'd' ]]> \x1b[31mred\x1b[0m \x01\xff \xc3\xa9");
  assert_string_equal(
      mu_str_get(&out),
      "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ]]&gt; red \xEF\xBF\xBD \xc3\xa9");
}

static void line_breaks_are_of_one_kind(void **state) {
  (void)state;
  mu_escape_text(&out, "a\r\nb\rc\n");
  assert_string_equal(mu_str_get(&out), "a\nb\nc\n");
}

static void text_names_what_turns_the_writing_direction(void **state) {
  (void)state;
  mu_escape_text(&out, "<\xe2\x80\xae"
                       "exe.gpj\xe2\x80\xac \xc2\x85 \xe2\x81\xa6 \xe2\x82\xac");
  assert_string_equal(mu_str_get(&out),
                      "&lt;[U+202E]exe.gpj[U+202C] [U+0085] [U+2066] \xe2\x82\xac");
}

static void long_text_is_cut_in_the_middle_and_says_so(void **state) {
  (void)state;
  size_t n = (size_t)3 * MU_ESCAPE_MAX;
  char *text = malloc(n + 1);
  assert_non_null(text);
  for (size_t i = 0; i < n;
       i += 3) { /* three bytes a character: cuts must not fall inside of one */
    memcpy(text + i, "\xe2\x82\xac", 3);
  }
  text[0] = 'H';
  text[1] = text[2] = 'h';
  memcpy(text + n - 3, "END", 3);
  text[n] = '\0';
  mu_escape_text(&out, text);
  assert_true(out.n < (size_t)MU_ESCAPE_MAX + 100);
  assert_true(mu_str_starts(mu_str_get(&out), "Hhh"));
  assert_true(mu_str_ends(mu_str_get(&out), "END"));
  assert_non_null(strstr(mu_str_get(&out), " bytes cut"));
  assert_null(strstr(mu_str_get(&out), "\xEF\xBF\xBD"));
  free(text);
}

static void attributes_keep_their_line_breaks(void **state) {
  (void)state;
  mu_escape_attr(&out, "a\n\t\"<>");
  assert_string_equal(mu_str_get(&out), "a&#10;&#9;&quot;&lt;&gt;");
}

static void a_line_is_one_line(void **state) {
  (void)state;
  mu_escape_line(&out, "a\n\n b\tc\r\x1b[2J");
  assert_string_equal(mu_str_get(&out), "a b c \\x1b[2J");
}

static void markdown_is_plain_text(void **state) {
  (void)state;
  mu_escape_markdown(&out, "a|b [x](y) *z* <b> `c` https://e www.e");
  assert_string_equal(mu_str_get(&out),
                      "a\\|b \\[x\\]\\(y\\) \\*z\\* &lt;b&gt; \\`c\\` https:\\//e www\\.e");
}

static void labels_stay_inside_their_quotes(void **state) {
  (void)state;
  mu_escape_label(&out, "a\"} 1\nb\\");
  assert_string_equal(mu_str_get(&out), "a\\\"} 1 b\\\\");
}

static void commands_stay_on_their_line(void **state) {
  (void)state;
  mu_escape_command(&out, "a%\n::error::x", 0);
  mu_str_add(&out, "|");
  mu_escape_command(&out, "a:b,c", 1);
  assert_string_equal(mu_str_get(&out), "a%25%0A::error::x|a%3Ab%2Cc");
}

static void clipped_by_characters(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  assert_string_equal(mu_escape_clip(arena, "\xc3\xa9\xc3\xa9\xc3\xa9", 3),
                      "\xc3\xa9\xc3\xa9\xc3\xa9");
  assert_string_equal(mu_escape_clip(arena, "\xc3\xa9\xc3\xa9\xc3\xa9", 2), "\xc3\xa9\xe2\x80\xa6");
  assert_int_equal(mu_escape_columns("\xe6\xbc\xa2", 3), 2); /* wide */
  assert_string_equal(mu_escape_clip(arena, "\xe6\xbc\xa2\xe6\xbc\xa2", 3),
                      "\xe6\xbc\xa2\xe2\x80\xa6");
  mu_arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(text_is_markup_free),
      TEST(line_breaks_are_of_one_kind),
      TEST(text_names_what_turns_the_writing_direction),
      TEST(long_text_is_cut_in_the_middle_and_says_so),
      TEST(attributes_keep_their_line_breaks),
      TEST(a_line_is_one_line),
      TEST(markdown_is_plain_text),
      TEST(labels_stay_inside_their_quotes),
      TEST(commands_stay_on_their_line),
      TEST(clipped_by_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
