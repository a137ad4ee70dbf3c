/* SPDX-License-Identifier: Apache-2.0 */
/* RPO and RTO: intervals against targets, and everything that keeps a figure from being MET. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"
#include "drill/clocks.h"

enum { SECOND = 1000, HOUR = 3600 * SECOND };

static void add_event(struct mu_run *run, const char *name, int64_t wall_ms, int64_t mono_ms) {
  struct mu_event *event = MU_RUN_ADD(run, events);
  event->name = name;
  event->wall_ms = wall_ms;
  event->mono_ms = mono_ms;
}

/* The target of a name, clock and subject; NULL means that it must have none. */
static const struct mu_target *target(const struct mu_run *run, const char *name, const char *clock,
                                      const char *subject) {
  for (size_t i = 0; i < run->targets.n; i++) {
    const struct mu_target *one = &run->targets.at[i];
    if (mu_streq(one->name, name) && mu_streq(one->clock, clock) &&
        mu_streq(one->subject, subject)) {
      return one;
    }
  }
  fail_msg("no target %s %s %s", name, clock ? clock : "", subject ? subject : "");
  return NULL;
}

static void an_interval_is_held_against_its_target(void **state) {
  (void)state;
  static const struct {
    int64_t lo, hi, target;
    enum mu_outcome want;
  } rows[] = {
      {0, 0, 0, MU_MET},
      {9, 10, 10, MU_MET},
      {10, 11, 10, MU_INDETERMINATE},
      {11, 12, 10, MU_MISSED},
      {0, 100, 10, MU_INDETERMINATE},
      {11, 11, 10, MU_MISSED},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    assert_int_equal(mu_clock_outcome(rows[i].lo, rows[i].hi, rows[i].target), rows[i].want);
  }
}

static void the_worst_table_is_the_workloads_rpo(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "declare", 100 * HOUR, 0);
  const struct mu_clock_table tables[] = {
      {.name = "new", .measured = true, .as_of_ms = 99 * HOUR},
      {.name = "old", .measured = true, .as_of_ms = 80 * HOUR},
  };
  const struct mu_clock_in in = {.rpo_ms = 24 * HOUR,
                                 .clock_error_ms = 2 * SECOND,
                                 .same_boot = true,
                                 .tables = tables,
                                 .tables_n = 2};
  mu_clocks_derive(run, &in);
  assert_int_equal(target(run, "rpo", NULL, "new")->hi_ms, HOUR + 2 * SECOND);
  assert_false(target(run, "rpo", NULL, "new")->gate);
  const struct mu_target *whole = target(run, "rpo", NULL, NULL);
  assert_int_equal(whole->lo_ms, 20 * HOUR - 2 * SECOND);
  assert_int_equal(whole->hi_ms, 20 * HOUR + 2 * SECOND);
  assert_int_equal(whole->outcome, MU_MET);
  assert_true(whole->gate);
  assert_string_equal(whole->basis, "worst: old");
  mu_run_free(run);
}

/* A drill with one table, its as-of `age_ms` before the declaration. */
static enum mu_outcome rpo_of(int64_t age_ms, bool interrupted) {
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "declare", 100 * HOUR, 0);
  const struct mu_clock_table table = {
      .name = "t", .measured = true, .as_of_ms = 100 * HOUR - age_ms};
  const struct mu_clock_in in = {.rpo_ms = 24 * HOUR,
                                 .clock_error_ms = SECOND,
                                 .same_boot = true,
                                 .interrupted = interrupted,
                                 .tables = &table,
                                 .tables_n = 1};
  mu_clocks_derive(run, &in);
  enum mu_outcome outcome = target(run, "rpo", NULL, NULL)->outcome;
  assert_int_equal(target(run, "rpo", NULL, "t")->outcome, outcome);
  assert_true(target(run, "rpo", NULL, NULL)->lo_ms >= 0);
  mu_run_free(run);
  return outcome;
}

static void the_clock_error_decides_nothing(void **state) {
  (void)state;
  assert_int_equal(rpo_of(24 * HOUR - SECOND, false), MU_MET);
  assert_int_equal(rpo_of(24 * HOUR, false), MU_INDETERMINATE);
  assert_int_equal(rpo_of(24 * HOUR + SECOND, false), MU_INDETERMINATE);
  assert_int_equal(rpo_of(24 * HOUR + SECOND + 1, false), MU_MISSED);
  assert_int_equal(rpo_of(-HOUR, false), MU_MET); /* copied after the declaration: nothing lost */
}

static void an_interrupted_drill_meets_nothing(void **state) {
  (void)state;
  assert_int_equal(rpo_of(HOUR, true), MU_INDETERMINATE);
  assert_int_equal(rpo_of(48 * HOUR, true), MU_MISSED);
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "declare", 0, 0);
  add_event(run, "infra-start", 10, 10);
  add_event(run, "smoke-green", 20, 20);
  add_event(run, "service-green", 30, 30);
  const struct mu_clock_in in = {.rto_ms = HOUR, .interrupted = true, .same_boot = true};
  mu_clocks_derive(run, &in);
  static const char *const clocks[] = {"technical", "service", "projected"};
  for (size_t i = 0; i < MU_LEN(clocks); i++) {
    assert_int_equal(target(run, "rto", clocks[i], NULL)->outcome, MU_NOT_MEASURED);
    assert_string_equal(target(run, "rto", clocks[i], NULL)->basis, "the drill was interrupted");
  }
  assert_true(target(run, "rto", "projected", NULL)->gate);
  mu_run_free(run);
}

/* One table that was read, `with` beside it. */
static struct mu_run *beside(struct mu_clock_table with, int64_t as_of_ms) {
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "declare", 100 * HOUR, 0);
  const struct mu_clock_table tables[] = {{.name = "read", .measured = true, .as_of_ms = as_of_ms},
                                          with};
  const struct mu_clock_in in = {
      .rpo_ms = 24 * HOUR, .same_boot = true, .tables = tables, .tables_n = 2};
  mu_clocks_derive(run, &in);
  return run;
}

static void a_table_without_a_stamp_is_not_measured(void **state) {
  (void)state;
  const struct mu_clock_table blank = {.name = "blank", .why_not = "no stamp"};
  struct mu_run *run = beside(blank, 99 * HOUR);
  assert_int_equal(target(run, "rpo", NULL, "blank")->outcome, MU_NOT_MEASURED);
  assert_string_equal(target(run, "rpo", NULL, "blank")->basis, "no stamp");
  assert_int_equal(target(run, "rpo", NULL, NULL)->outcome, MU_NOT_MEASURED);
  assert_string_equal(target(run, "rpo", NULL, NULL)->basis, "blank: no stamp");
  mu_run_free(run);
  run = beside(blank, 10 * HOUR); /* what is missed already stays missed, whatever the other */
  assert_int_equal(target(run, "rpo", NULL, NULL)->outcome, MU_MISSED);
  mu_run_free(run);
}

static void a_waived_datastore_is_not_counted(void **state) {
  (void)state;
  const struct mu_clock_table cache = {.name = "cache", .why_not = "a cache", .waived = true};
  struct mu_run *run = beside(cache, 99 * HOUR);
  assert_int_equal(target(run, "rpo", NULL, NULL)->outcome, MU_MET);
  for (size_t i = 0; i < run->targets.n; i++) {
    assert_false(mu_streq(run->targets.at[i].subject, "cache"));
  }
  mu_run_free(run);
}

static void a_target_without_data_is_not_met(void **state) {
  (void)state;
  const struct mu_clock_table waived = {.name = "cache", .waived = true};
  for (size_t n = 0; n < 2; n++) {
    struct mu_run *run = mu_run_new("drill", 0);
    add_event(run, "declare", 0, 0);
    const struct mu_clock_in in = {.rpo_ms = HOUR, .tables = &waived, .tables_n = n};
    mu_clocks_derive(run, &in);
    assert_int_equal(target(run, "rpo", NULL, NULL)->outcome, MU_NOT_MEASURED);
    assert_true(target(run, "rpo", NULL, NULL)->gate);
    mu_run_free(run);
  }
  struct mu_run *run = mu_run_new("drill", 0);
  const struct mu_clock_table table = {.name = "t", .measured = true};
  const struct mu_clock_in in = {.rpo_ms = HOUR, .tables = &table, .tables_n = 1};
  mu_clocks_derive(run, &in); /* nobody declared */
  assert_int_equal(target(run, "rpo", NULL, NULL)->outcome, MU_NOT_MEASURED);
  assert_string_equal(target(run, "rpo", NULL, NULL)->basis, "t: not declared");
  mu_run_free(run);
}

static void without_a_target_nothing_gates(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("drill", 0);
  const struct mu_clock_in in = {.same_boot = true};
  mu_clocks_derive(run, &in);
  for (size_t i = 0; i < run->targets.n; i++) {
    assert_false(run->targets.at[i].gate);
    assert_string_equal(run->targets.at[i].name, "rto");
  }
  add_event(run, "declare", HOUR, 0);
  const struct mu_clock_table table = {
      .name = "t", .measured = true, .has_exposure = true, .exposure_ms = HOUR};
  const struct mu_clock_in with_data = {.same_boot = true, .tables = &table, .tables_n = 1};
  mu_clocks_derive(run, &with_data); /* measured, and held against nothing */
  for (size_t i = 0; i < run->targets.n; i++) {
    assert_false(run->targets.at[i].gate);
  }
  assert_int_equal(target(run, "rpo", NULL, NULL)->hi_ms, HOUR);
  mu_run_free(run);
}

static void exposure_is_the_worst_gap(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "declare", 100 * HOUR, 0);
  const struct mu_clock_table tables[] = {
      {.name = "a",
       .measured = true,
       .as_of_ms = 99 * HOUR,
       .has_exposure = true,
       .exposure_ms = 23 * HOUR},
      {.name = "b",
       .measured = true,
       .as_of_ms = 99 * HOUR,
       .has_exposure = true,
       .exposure_ms = 26 * HOUR},
      {.name = "c", .measured = true, .as_of_ms = 99 * HOUR},
  };
  const struct mu_clock_in in = {
      .rpo_ms = 24 * HOUR, .same_boot = true, .tables = tables, .tables_n = 3};
  mu_clocks_derive(run, &in);
  const struct mu_target *exposure = target(run, "rpo-exposure", NULL, NULL);
  assert_int_equal(exposure->hi_ms, 26 * HOUR);
  assert_int_equal(exposure->outcome, MU_MISSED);
  assert_true(exposure->gate);
  assert_non_null(strstr(exposure->basis, "worst: b"));
  assert_int_equal(target(run, "rpo", NULL, NULL)->outcome, MU_MET);
  mu_run_free(run);
}

static void the_projected_clock_adds_every_assumption(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "declare", 7 * HOUR, 1 * SECOND);
  add_event(run, "infra-start", 7 * HOUR, 11 * SECOND);
  add_event(run, "smoke-green", 8 * HOUR, 31 * SECOND);
  add_event(run, "service-green", 9 * HOUR, 61 * SECOND);
  const struct mu_assumption assumptions[] = {{"people", HOUR, ""}, {"ttl", 60 * SECOND, ""}};
  struct mu_clock_in in = {.rto_ms = HOUR + 120 * SECOND,
                           .clock_error_ms = SECOND,
                           .same_boot = true,
                           .assumptions = assumptions,
                           .assumptions_n = 2};
  mu_clocks_derive(run, &in);
  assert_int_equal(target(run, "rto", "technical", NULL)->hi_ms, 20 * SECOND);
  assert_int_equal(target(run, "rto", "service", NULL)->lo_ms, 60 * SECOND);
  assert_int_equal(target(run, "rto", "projected", NULL)->hi_ms, HOUR + 120 * SECOND);
  assert_int_equal(target(run, "rto", "projected", NULL)->outcome, MU_MET);
  run->targets.n = 0;
  in.same_boot = false; /* then only the wall clock is left, with its error */
  mu_clocks_derive(run, &in);
  assert_int_equal(target(run, "rto", "service", NULL)->lo_ms, 2 * HOUR - SECOND);
  assert_int_equal(target(run, "rto", "service", NULL)->hi_ms, 2 * HOUR + SECOND);
  assert_int_equal(target(run, "rto", "projected", NULL)->outcome, MU_MISSED);
  mu_run_free(run);
}

static void a_repeated_step_counts_as_it_ended(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("drill", 0);
  add_event(run, "infra-start", 0, 0);
  add_event(run, "smoke-green", 0, 5 * SECOND);
  add_event(run, "smoke-green", 0, 9 * SECOND);
  const struct mu_clock_in in = {.same_boot = true};
  mu_clocks_derive(run, &in);
  assert_int_equal(target(run, "rto", "technical", NULL)->hi_ms, 9 * SECOND);
  run->targets.n = 0;
  add_event(run, "infra-start", 0, 20 * SECOND); /* begun again, and not green since */
  mu_clocks_derive(run, &in);
  assert_int_equal(target(run, "rto", "technical", NULL)->outcome, MU_NOT_MEASURED);
  assert_int_equal(target(run, "rto", "service", NULL)->outcome, MU_NOT_MEASURED);
  mu_run_free(run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_interval_is_held_against_its_target),
      cmocka_unit_test(the_worst_table_is_the_workloads_rpo),
      cmocka_unit_test(the_clock_error_decides_nothing),
      cmocka_unit_test(an_interrupted_drill_meets_nothing),
      cmocka_unit_test(a_table_without_a_stamp_is_not_measured),
      cmocka_unit_test(a_waived_datastore_is_not_counted),
      cmocka_unit_test(a_target_without_data_is_not_met),
      cmocka_unit_test(without_a_target_nothing_gates),
      cmocka_unit_test(exposure_is_the_worst_gap),
      cmocka_unit_test(the_projected_clock_adds_every_assumption),
      cmocka_unit_test(a_repeated_step_counts_as_it_ended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
