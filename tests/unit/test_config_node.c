/* SPDX-License-Identifier: Apache-2.0 */
/* The tree and its places, and how problems are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"
#include "config/node.h"

struct fixture {
  struct mu_arena *arena;
  struct mu_diags diags;
};

static const struct mu_node *load(struct fixture *f, const char *text) {
  mu_arena_free(f->arena);
  f->arena = mu_arena_new();
  mu_diags_init(&f->diags, f->arena, "f", text);
  return mu_node_load(text, strlen(text), &f->diags);
}

static void shows(struct fixture *f, const char *expected) {
  MU_STR(out, 1 << 20);
  mu_diags_write(&f->diags, &out);
  assert_string_equal(mu_str_get(&out), expected);
}

static void at(const struct mu_node *node, int line, int col, int end_col) {
  assert_non_null(node);
  assert_int_equal(node->line, line);
  assert_int_equal(node->col, col);
  assert_int_equal(node->end_col, end_col);
}

static void places(void **state) {
  struct fixture *f = *state;
  const struct mu_node *root =
      load(f, "a: 1\n\"b\": [x, \"y z\"]\nc:\n  - { d: e }\n  -\n    |\n    t\n    u\nempty:\n");
  assert_int_equal(f->diags.n, 0);
  assert_int_equal(root->n, 4);
  at(root, 1, 1, 2);
  at(mu_node_get(root, "a"), 1, 4, 5);
  const struct mu_node *b = mu_node_get(root, "b"), *c = mu_node_get(root, "c");
  at(b, 2, 6, 16);
  assert_int_equal(root->members[1].key_col, 1);
  assert_int_equal(root->members[1].key_end_col, 4);
  at(b->members[1].value, 2, 10, 15);
  assert_true(b->members[1].value->quoted && !b->members[0].value->quoted);
  assert_null(b->members[0].key);
  at(c->members[0].value, 4, 5, 13);
  assert_string_equal(mu_node_text(c->members[1].value), "t\nu\n");
  at(c->members[1].value, 6, 5, 6); /* a block: its first character */
  assert_null(mu_node_get(root, "d"));
  assert_null(mu_node_get(b, "d"));
  assert_null(mu_node_get(NULL, "d"));
  assert_null(mu_node_text(b));
  assert_true(mu_node_is_null(mu_node_get(root, "empty")));
}

static void core_schema(void **state) {
  struct fixture *f = *state;
  const struct mu_node *root =
      load(f, "[~, null, '', 'null', true, FALSE, 'true', yes, no, on, n, 0]");
  static const int nulls[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  static const int bools[] = {0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0};
  assert_int_equal(root->n, MU_LEN(nulls));
  for (size_t i = 0; i < root->n; i++) {
    assert_int_equal(mu_node_is_null(root->members[i].value), nulls[i]);
    assert_int_equal(mu_node_is_bool(root->members[i].value), bools[i]);
  }
}

static void duplicates_keep_the_first(void **state) {
  struct fixture *f = *state;
  const struct mu_node *root = load(f, "z: 0\na: 1\nb: 2\na: 3\nb: 4\na: 5\n'z': 6\n");
  assert_int_equal(f->diags.errors, 4);
  assert_int_equal(root->n, 3);
  assert_string_equal(mu_node_text(mu_node_get(root, "a")), "1");
  assert_string_equal(mu_node_text(mu_node_get(root, "b")), "2");
  assert_string_equal(root->members[0].key, "z");
  MU_STR(out, 1 << 16);
  mu_diags_write(&f->diags, &out);
  assert_non_null(
      strstr(out.p, "f:6:1: error: key 'a' is written twice in one map, in lines 2 and 6"));
}

static void depth_has_a_limit(void **state) {
  struct fixture *f = *state;
  MU_STR(text, 1 << 20);
  for (int i = 0; i < MU_NODE_DEPTH; i++) {
    mu_str_addc(&text, '[');
  }
  for (int i = 0; i < MU_NODE_DEPTH; i++) {
    mu_str_addc(&text, ']');
  }
  assert_non_null(load(f, text.p));
  assert_int_equal(f->diags.n, 0);
  mu_str_clear(&text);
  for (int i = 0; i < 200000; i++) { /* quadratic in libyaml, were it allowed to go on */
    mu_str_addc(&text, '[');
  }
  assert_null(load(f, text.p));
  assert_string_equal(f->diags.at[0].message, "nested deeper than the limit of 64 levels");
}

static void sorted_and_counted(void **state) {
  struct fixture *f = *state;
  const struct mu_node *root = load(f, "a: 1\nb: 2\n");
  mu_diag_add(&f->diags, mu_node_get(root, "b"), "second");
  mu_diag_add_key(&f->diags, &root->members[0], "first");
  mu_diag_warn(&f->diags, mu_node_get(root, "b"), "third, same place");
  shows(f, "f:1:1: error: first\n    1 | a: 1\n      | ^\n"
           "f:2:4: error: second\n    2 | b: 2\n      |    ^\n"
           "f:2:4: warning: third, same place\n    2 | b: 2\n      |    ^\n"
           "2 errors, 1 warning in f\n");
  assert_int_equal(f->diags.errors, 2);
}

static void only_warnings(void **state) {
  struct fixture *f = *state;
  const struct mu_node *root = load(f, "a: 1");
  shows(f, "");
  mu_diag_warn(&f->diags, root, "hm");
  mu_diag_warn(&f->diags, root, "hm");
  MU_STR(out, 1 << 16);
  mu_diags_write(&f->diags, &out);
  assert_true(mu_str_ends(out.p, "\n2 warnings in f\n"));
  assert_int_equal(f->diags.errors, 0);
}

/* What a terminal shows is what the caret stands under. */
static void carets(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *text;
    int col, end_col;
    const char *shown;
  } rows[] = {
      {"key: value", 6, 11, "    1 | key: value\n      |      ^~~~~\n"},
      {"k:\tvalue", 4, 9, "    1 | k:\tvalue\n      |   \t^~~~~\n"},
      {"k: a\tb", 4, 7, "    1 | k: a b\n      |    ^~~\n"},
      {"日本: 値", 5, 6, "    1 | 日本: 値\n      |       ^~\n"},
      {"e\xCC\x81: x", 5, 6, "    1 | e\xCC\x81: x\n      |    ^\n"},
      {"a\x1b[2J: x", 8, 9, "    1 | a\\x1b[2J: x\n      |           ^\n"},
      {"ab", 3, 4, "    1 | ab\n      |   ^\n"},
      {"ab", 9, 4, "    1 | ab\n      |   ^\n"},
      {"", 1, 2, "    1 | \n      | ^\n"},
      {"one\r\ntwo", 1, 4, "    1 | one\n      | ^~~\n"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    mu_arena_free(f->arena);
    f->arena = mu_arena_new();
    mu_diags_init(&f->diags, f->arena, "f", rows[i].text);
    mu_diag_at(&f->diags, 1, rows[i].col, rows[i].end_col, false, "x");
    MU_STR(expected, 4096);
    mu_str_addf(&expected, "f:1:%d: error: x\n%s1 error in f\n", rows[i].col, rows[i].shown);
    shows(f, mu_str_get(&expected));
  }
}

static void line_ends(void **state) {
  struct fixture *f = *state;
  static const char *const ends[] = {"\n",       "\r\n",         "\r",
                                     "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
  for (size_t i = 0; i < MU_LEN(ends); i++) {
    MU_STR(text, 256);
    mu_str_addf(&text, "a: 1%sb: 2%sc: 3", ends[i], ends[i]);
    const struct mu_node *root = load(f, text.p);
    mu_diag_add(&f->diags, mu_node_get(root, "c"), "x");
    shows(f, "f:3:4: error: x\n    3 | c: 3\n      |    ^\n1 error in f\n");
  }
}

static void a_line_that_is_not_there(void **state) {
  struct fixture *f = *state;
  (void)load(f, "a: 1\n");
  mu_diag_at(&f->diags, 7, 1, 2, false, "x");
  shows(f, "f:7:1: error: x\n1 error in f\n");
}

static int setup(void **state) {
  static struct fixture f;
  f = (struct fixture){0};
  *state = &f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  mu_arena_free(f->arena);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(places),
      TEST(core_schema),
      TEST(duplicates_keep_the_first),
      TEST(depth_has_a_limit),
      TEST(sorted_and_counted),
      TEST(only_warnings),
      TEST(carets),
      TEST(line_ends),
      TEST(a_line_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
