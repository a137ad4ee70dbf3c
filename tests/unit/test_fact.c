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
#include "model/fact.h"

static struct mu_arena *arena;

static int set_up(void **state) {
  (void)state;
  arena = mu_arena_new();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  mu_arena_free(arena);
  return 0;
}

static void shown(const struct mu_fact *fact, const char *text, const char *json) {
  assert_string_equal(mu_value_text(&fact->value, fact->unit, arena), text);
  assert_string_equal(mu_value_json(&fact->value, arena), json);
}

static void values_for_people_and_machines(void **state) {
  (void)state;
  const char *const items[] = {"a", "b\"c"};
  struct mu_facts f;
  mu_facts_init(&f, arena);
  shown(mu_fact_bool(&f, "x", true), "true", "true");
  shown(mu_fact_int(&f, "x", 41208117, "rows"), "41 208 117 rows", "41208117");
  shown(mu_fact_int(&f, "x", 24883, NULL), "24883", "24883");
  shown(mu_fact_real(&f, "x", 0.5, "%"), "0.5 %", "0.5");
  shown(mu_fact_strn(&f, "x", "abcdef", 3), "abc", "\"abc\"");
  shown(mu_fact_time(&f, "x", INT64_C(1795391467000)), "2026-11-22T23:51:07Z",
        "\"2026-11-22T23:51:07.000Z\"");
  shown(mu_fact_dur(&f, "x", 70920000), "19h42m", "70920000");
  shown(mu_fact_size(&f, "x", 512), "512 B", "512");
  shown(mu_fact_size(&f, "x", 1536), "1.5 KiB", "1536");
  shown(mu_fact_list(&f, "x", items, 2), "a, b\"c", "[\"a\",\"b\\\"c\"]");
  shown(mu_fact_range(&f, "x", 900, 1000, "rows"), "900 to 1 000 rows", "[900,1000]");
  shown(mu_fact_range(&f, "x", 7, 7, NULL), "7", "[7,7]");
  shown(mu_fact_range(&f, "x", 900, -1, "rows"), "at least 900 rows", "[900,null]");
}

/* A bound may never look better than it is: down for the lower one, up for the upper one. */
static void bounds_are_rounded_outward(void **state) {
  (void)state;
  struct mu_facts f;
  mu_facts_init(&f, arena);
  shown(mu_fact_range(&f, "x", 70920001, 70949999, "ms"), "19h42m to 19h43m",
        "[70920001,70949999]");
}

static void last_one_of_a_name_counts(void **state) {
  (void)state;
  struct mu_facts f;
  mu_facts_init(&f, arena);
  mu_fact_int(&f, "a", 1, NULL);
  mu_fact_int(&f, "b", 2, NULL);
  mu_fact_int(&f, "a", 3, NULL);
  assert_int_equal(mu_fact_find(&f, "a")->value.i, 3);
  assert_null(mu_fact_find(&f, "c"));
}

static void types_read_back(void **state) {
  (void)state;
  for (enum mu_type t = 0; t < MU_TYPE_N_; t++) {
    enum mu_type back = MU_TYPE_N_;
    assert_true(mu_type_parse(mu_type_text(t), &back));
    assert_int_equal(back, t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(values_for_people_and_machines, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bounds_are_rounded_outward, set_up, tear_down),
      cmocka_unit_test_setup_teardown(last_one_of_a_name_counts, set_up, tear_down),
      cmocka_unit_test(types_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
