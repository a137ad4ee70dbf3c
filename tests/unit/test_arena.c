/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  unsigned char *last = NULL;
  for (size_t size = 1; size < 70000; size = size * 3 + 1) {
    unsigned char *p = mu_arena_alloc(arena, size);
    assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
    for (size_t i = 0; i < size; i++) {
      assert_int_equal(p[i], 0);
    }
    memset(p, 0xAA, size);
    assert_ptr_not_equal(p, last);
    last = p;
  }
  mu_arena_free(arena);
  mu_arena_free(NULL);
}

static void strings(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  assert_null(mu_arena_str(arena, NULL));
  assert_string_equal(mu_arena_str(arena, "abc"), "abc");
  assert_string_equal(mu_arena_strn(arena, "abc", 2), "ab");
  assert_string_equal(mu_arena_strn(arena, NULL, 0), "");
  assert_string_equal(mu_arena_fmt(arena, "%s-%05d", "x", 42), "x-00042");
  mu_arena_free(arena);
}

static void grows_an_array(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  int *at = NULL;
  size_t n = 0, cap = 0;
  for (int i = 0; i < 1000; i++) {
    at = mu_arena_grow(arena, at, n, &cap, sizeof *at);
    at[n++] = i;
  }
  for (int i = 0; i < 1000; i++) {
    assert_int_equal(at[i], i);
  }
  mu_arena_free(arena);
}

static void a_child_lives_as_long_as_its_parent(void **state) {
  (void)state;
  struct mu_arena *parent = mu_arena_new(), *last = parent;
  const char *kept = NULL;
  for (int i = 0; i < 1000; i++) { /* a chain, which must not cost stack when freed */
    struct mu_arena *child = mu_arena_new();
    kept = mu_arena_str(child, "kept");
    mu_arena_give(last, child);
    last = child;
  }
  for (int i = 0; i < 10; i++) {
    mu_arena_give(parent, mu_arena_new());
  }
  assert_string_equal(kept, "kept");
  mu_arena_free(parent);
}

static void counts_what_it_gave(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new(), *child = mu_arena_new();
  (void)mu_arena_alloc(arena, 100);
  (void)mu_arena_alloc(child, 100000);
  size_t before = mu_arena_used(arena);
  assert_in_range(before, 100, 200);
  mu_arena_give(arena, child);
  assert_in_range(mu_arena_used(arena), 100100, 100400);
  mu_arena_free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
      cmocka_unit_test(strings),
      cmocka_unit_test(grows_an_array),
      cmocka_unit_test(a_child_lives_as_long_as_its_parent),
      cmocka_unit_test(counts_what_it_gave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
