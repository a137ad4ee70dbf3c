/* SPDX-License-Identifier: Apache-2.0 */
/* New, persisting, resolved; and what nobody looked at is none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/age.h"
#include "model/run.h"

enum { YESTERDAY = 1000, TODAY = 2000 };

static struct mu_run *run_with(int64_t at_ms, const char *check, enum mu_status status) {
  struct mu_run *run = mu_run_new("check", at_ms);
  if (check) {
    struct mu_check *one = MU_RUN_ADD(run, checks);
    one->id = check;
    one->status = status;
  }
  return run;
}

static struct mu_finding *stale(struct mu_run *run, const char *subject) {
  struct mu_finding *finding =
      mu_finding_add(&run->findings, MU_F_REPLICA_STALE, "replica/t", subject, NULL);
  mu_finding_say(&run->findings, finding, "old");
  return finding;
}

static const struct mu_finding *aged(const struct mu_run *run, const char *subject) {
  for (size_t i = 0; i < run->findings.n; i++) {
    if (mu_streq(run->findings.at[i].subject, subject)) {
      return &run->findings.at[i];
    }
  }
  return NULL;
}

static void a_first_run_has_no_ages(void **state) {
  (void)state;
  struct mu_run *run = run_with(TODAY, "replica/t", MU_OBSERVED);
  stale(run, "a");
  mu_run_age(run, NULL);
  assert_null(aged(run, "a")->age);
  assert_null(run->previous);
  assert_int_equal(mu_run_new_findings(run), 0);
  mu_run_free(run);
}

static void each_finding_is_held_against_the_last_run(void **state) {
  (void)state;
  struct mu_run *before = run_with(YESTERDAY, "replica/t", MU_OBSERVED);
  struct mu_run *run = run_with(TODAY, "replica/t", MU_OBSERVED);
  stale(before, "stays");
  stale(before, "long")->since_ms = 7;
  stale(before, "goes");
  stale(run, "stays");
  stale(run, "long");
  stale(run, "comes");
  mu_run_age(run, before);
  assert_string_equal(run->previous, before->id);
  assert_string_equal(aged(run, "stays")->age, "persisting");
  assert_int_equal(aged(run, "stays")->since_ms, YESTERDAY);
  assert_int_equal(aged(run, "long")->since_ms, 7);
  assert_string_equal(aged(run, "comes")->age, "new");
  assert_string_equal(aged(run, "goes")->age, "resolved");
  assert_int_equal(aged(run, "goes")->verdict, MU_PASS);
  assert_string_equal(aged(run, "goes")->message, "old");
  assert_int_equal(mu_run_new_findings(run), 1);
  struct mu_run *next = run_with(3000, "replica/t", MU_OBSERVED);
  stale(next, "goes");
  mu_run_age(next, run); /* resolved in between: it is new again, and what was resolved is over */
  assert_string_equal(aged(next, "goes")->age, "new");
  mu_run_free(next);
  mu_run_free(run);
  mu_run_free(before);
}

static void what_was_resolved_is_said_once(void **state) {
  (void)state;
  struct mu_run *first = run_with(1, "replica/t", MU_OBSERVED);
  struct mu_run *second = run_with(2, "replica/t", MU_OBSERVED);
  struct mu_run *third = run_with(3, "replica/t", MU_OBSERVED);
  stale(first, "a");
  mu_run_age(second, first);
  assert_int_equal(second->findings.n, 1);
  mu_run_age(third, second);
  assert_int_equal(third->findings.n, 0);
  mu_run_free(first);
  mu_run_free(second);
  mu_run_free(third);
}

static void nothing_is_resolved_that_nobody_looked_at(void **state) {
  (void)state;
  static const enum mu_status not_looked[] = {MU_ERROR, MU_TIMEOUT, MU_STATUS_SKIPPED,
                                              MU_NOT_IMPLEMENTED, MU_STATUS_NOT_APPLICABLE};
  struct mu_run *before = run_with(YESTERDAY, "replica/t", MU_OBSERVED);
  stale(before, "a");
  for (size_t i = 0; i < sizeof not_looked / sizeof *not_looked; i++) {
    struct mu_run *run = run_with(TODAY, "replica/t", not_looked[i]);
    mu_run_age(run, before);
    assert_null(aged(run, "a"));
    mu_run_free(run);
  }
  struct mu_run *absent = run_with(TODAY, "replica/t", MU_ABSENT); /* that was a look */
  mu_run_age(absent, before);
  assert_string_equal(aged(absent, "a")->age, "resolved");
  mu_run_free(absent);
  struct mu_run *deselected = run_with(TODAY, NULL, MU_OBSERVED); /* the check is not in this run */
  mu_run_age(deselected, before);
  assert_null(aged(deselected, "a"));
  mu_run_free(deselected);
  mu_run_free(before);
}

static void findings_of_steps_and_of_the_run(void **state) {
  (void)state;
  struct mu_run *before = run_with(YESTERDAY, NULL, MU_OBSERVED);
  mu_finding_add(&before->findings, MU_F_STEP_FAILED, "smoke", "step", NULL);
  mu_finding_add(&before->findings, MU_F_LEDGER_LOST, NULL, "whole", NULL);
  struct mu_run *run = run_with(TODAY, NULL, MU_OBSERVED);
  struct mu_run_step *step = MU_RUN_ADD(run, steps);
  step->id = "smoke";
  step->verdict = MU_INCONCLUSIVE; /* not reached */
  mu_run_age(run, before);
  assert_null(aged(run, "step"));
  assert_string_equal(aged(run, "whole")->age, "resolved");
  run->findings.n = 0;
  step->verdict = MU_PASS;
  mu_run_age(run, before);
  assert_string_equal(aged(run, "step")->age, "resolved");
  mu_run_free(run);
  mu_run_free(before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_first_run_has_no_ages),
      cmocka_unit_test(each_finding_is_held_against_the_last_run),
      cmocka_unit_test(what_was_resolved_is_said_once),
      cmocka_unit_test(nothing_is_resolved_that_nobody_looked_at),
      cmocka_unit_test(findings_of_steps_and_of_the_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
