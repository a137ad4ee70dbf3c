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
#include "model/run.h"

static struct mu_check *add_check(struct mu_run *run, const char *id, enum mu_status status) {
  struct mu_check *check = MU_RUN_ADD(run, checks);
  check->id = id;
  check->status = status;
  return check;
}

static void status_alone_decides_without_findings(void **state) {
  (void)state;
  static const enum mu_verdict want[MU_STATUS_N_] = {
      [MU_OBSERVED] = MU_PASS,
      [MU_ABSENT] = MU_PASS,
      [MU_STATUS_NOT_APPLICABLE] = MU_NOT_APPLICABLE,
      [MU_ERROR] = MU_INCONCLUSIVE,
      [MU_TIMEOUT] = MU_INCONCLUSIVE,
      [MU_STATUS_SKIPPED] = MU_SKIPPED,
      [MU_NOT_IMPLEMENTED] = MU_INCONCLUSIVE,
  };
  for (enum mu_status s = 0; s < MU_STATUS_N_; s++) {
    struct mu_run *run = mu_run_new("check", 0);
    struct mu_check *check = add_check(run, "c", s);
    mu_run_judge_check(run, check);
    assert_int_equal(check->verdict, want[s]);
    mu_run_free(run);
  }
}

static void findings_of_a_check_count_for_it_alone(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 0);
  add_check(run, "a", MU_OBSERVED);
  add_check(run, "b", MU_OBSERVED);
  add_check(run, "c", MU_OBSERVED);
  mu_finding_add(&run->findings, MU_F_HTTP_STATUS, "a", "x", NULL);
  mu_finding_add(&run->findings, MU_F_FACT_MISSING, "b", "x", NULL);
  mu_finding_add(&run->findings, MU_F_DRIFT_ORDER, "c", "x", NULL);
  for (size_t i = 0; i < 3; i++) {
    mu_run_judge_check(run, &run->checks.at[i]);
  }
  assert_int_equal(run->checks.at[0].verdict, MU_FAIL);
  assert_int_equal(run->checks.at[1].verdict, MU_INCONCLUSIVE);
  assert_int_equal(run->checks.at[2].verdict, MU_PASS);
  mu_run_free(run);
}

/* must_fail over every status, with and without the finding that it is built to provoke. */
static void only_a_broken_expectation_satisfies_a_control(void **state) {
  (void)state;
  for (enum mu_status s = 0; s < MU_STATUS_N_; s++) {
    for (int broken = 0; broken <= 1; broken++) {
      struct mu_run *run = mu_run_new("check", 0);
      struct mu_check *check = add_check(run, "control", s);
      check->must_fail = true;
      if (broken) {
        mu_finding_add(&run->findings, MU_F_REPLICA_ROWS, "control", "t", "iceberg.rows");
      }
      mu_run_judge_check(run, check);
      bool completed = s == MU_OBSERVED || s == MU_ABSENT;
      assert_true((check->verdict == MU_PASS) == (completed && broken));
      assert_true((check->verdict == MU_FAIL) == (completed && !broken));
      mu_run_free(run);
    }
  }
}

static void a_green_control_is_a_finding(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 0);
  struct mu_check *check = add_check(run, "control", MU_OBSERVED);
  check->must_fail = true;
  mu_run_judge_check(run, check);
  mu_run_judge_check(run, check); /* twice is once */
  assert_int_equal(check->verdict, MU_FAIL);
  assert_int_equal(run->findings.n, 1);
  assert_int_equal(run->findings.at[0].id, MU_F_CONTROL_GREEN);
  mu_run_free(run);
}

static void a_red_control_leaves_no_defect(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 0);
  struct mu_check *check = add_check(run, "control", MU_OBSERVED);
  check->must_fail = true;
  mu_finding_add(&run->findings, MU_F_REPLICA_ROWS, "control", "t", NULL);
  mu_run_judge_check(run, check);
  mu_run_judge_check(run, check);
  assert_int_equal(check->verdict, MU_PASS);
  assert_int_equal(run->findings.n, 1);
  assert_int_equal(run->findings.at[0].verdict, MU_PASS);
  assert_int_equal(run->findings.at[0].severity, MU_INFO);
  assert_string_equal(run->findings.at[0].klass, "must_fail");
  mu_run_free(run);
}

static void a_control_that_was_half_seen_is_inconclusive(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 0);
  struct mu_check *check = add_check(run, "control", MU_OBSERVED);
  check->must_fail = true;
  mu_finding_add(&run->findings, MU_F_REPLICA_ROWS, "control", "t", NULL);
  mu_finding_add(&run->findings, MU_F_FACT_MISSING, "control", "t", NULL);
  mu_run_judge_check(run, check);
  assert_int_equal(check->verdict, MU_INCONCLUSIVE);
  mu_run_free(run);
}

static enum mu_verdict finish(struct mu_run *run) {
  mu_run_finish(run, 2000, 1000);
  enum mu_verdict verdict = run->verdict;
  assert_non_null(run->why);
  assert_int_equal(run->ended_ms, 2000);
  assert_int_equal(run->elapsed_ms, 1000);
  mu_run_free(run);
  return verdict;
}

static void without_a_pass_nothing_was_shown(void **state) {
  (void)state;
  assert_int_equal(finish(mu_run_new("check", 0)), MU_INCONCLUSIVE);
  for (enum mu_verdict v = 0; v < MU_VERDICT_N_; v++) {
    struct mu_run *run = mu_run_new("check", 0);
    add_check(run, "c", MU_OBSERVED)->verdict = v;
    assert_int_equal(finish(run), v < MU_PASS ? MU_INCONCLUSIVE : v);
  }
}

static void a_pass_with_what_was_deselected_is_a_pass(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 0);
  add_check(run, "a", MU_OBSERVED)->verdict = MU_PASS;
  add_check(run, "b", MU_STATUS_SKIPPED)->verdict = MU_SKIPPED;
  mu_run_finish(run, 0, 0);
  assert_int_equal(run->verdict, MU_PASS);
  assert_string_equal(run->why, "1 of 2 checks passed");
  mu_run_free(run);
}

static struct mu_run *passing(void) {
  struct mu_run *run = mu_run_new("drill", 0);
  add_check(run, "a", MU_OBSERVED)->verdict = MU_PASS;
  return run;
}

static void targets_join_where_they_gate(void **state) {
  (void)state;
  static const enum mu_verdict want[MU_OUTCOME_N_] = {[MU_MET] = MU_PASS,
                                                      [MU_MISSED] = MU_FAIL,
                                                      [MU_INDETERMINATE] = MU_INCONCLUSIVE,
                                                      [MU_NOT_MEASURED] = MU_INCONCLUSIVE};
  for (enum mu_outcome o = 0; o < MU_OUTCOME_N_; o++) {
    for (int gate = 0; gate <= 1; gate++) {
      struct mu_run *run = passing();
      struct mu_target *target = MU_RUN_ADD(run, targets);
      target->name = "rto";
      target->outcome = o;
      target->gate = gate;
      assert_int_equal(finish(run), gate ? want[o] : MU_PASS);
    }
  }
}

static void steps_and_interruption_join(void **state) {
  (void)state;
  for (enum mu_verdict v = 0; v < MU_VERDICT_N_; v++) {
    struct mu_run *run = passing();
    struct mu_run_step *step = MU_RUN_ADD(run, steps);
    step->verdict = v;
    assert_int_equal(finish(run), v < MU_PASS ? MU_PASS : v);
  }
  struct mu_run *run = passing();
  run->interrupted = true;
  assert_int_equal(finish(run), MU_INCONCLUSIVE);
}

static void findings_without_a_check_join_and_observations_prove_nothing(void **state) {
  (void)state;
  struct mu_run *run = passing();
  mu_finding_add(&run->findings, MU_F_LEFTOVERS, "nothing-left", "eip", NULL);
  assert_int_equal(finish(run), MU_FAIL);
  run = mu_run_new("drift", 0);
  mu_finding_add(&run->findings, MU_F_DRIFT_ORDER, "drift", "x", NULL);
  assert_int_equal(finish(run), MU_INCONCLUSIVE);
  /* The check was judged with its finding (below the floor, say): the run does not judge again. */
  run = passing();
  mu_finding_add(&run->findings, MU_F_PLAN_BEHIND, "a", "x", NULL);
  assert_int_equal(finish(run), MU_PASS);
}

static void why_names_what_decided(void **state) {
  (void)state;
  struct mu_run *run = passing();
  add_check(run, "b", MU_OBSERVED)->verdict = MU_FAIL;
  add_check(run, "c", MU_TIMEOUT)->verdict = MU_INCONCLUSIVE;
  struct mu_target *target = MU_RUN_ADD(run, targets);
  *target = (struct mu_target){.name = "rpo-exposure", .outcome = MU_MISSED, .gate = true};
  mu_run_finish(run, 0, 0);
  assert_int_equal(run->verdict, MU_FAIL);
  assert_string_equal(run->why, "1 of 3 checks failed; RPO exposure MISSED");
  mu_run_free(run);
}

static void environment_names_are_unique(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 0);
  mu_run_env(run, "host", "a");
  mu_run_env(run, "host", "b");
  assert_int_equal(run->environment.n, 1);
  assert_string_equal(run->environment.at[0].value, "b");
  mu_run_leave_out(run, "federation", "not implemented");
  assert_string_equal(run->left_out.at[0].value, "not implemented");
  mu_run_free(run);
  mu_run_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(status_alone_decides_without_findings),
      cmocka_unit_test(findings_of_a_check_count_for_it_alone),
      cmocka_unit_test(only_a_broken_expectation_satisfies_a_control),
      cmocka_unit_test(a_green_control_is_a_finding),
      cmocka_unit_test(a_red_control_leaves_no_defect),
      cmocka_unit_test(a_control_that_was_half_seen_is_inconclusive),
      cmocka_unit_test(without_a_pass_nothing_was_shown),
      cmocka_unit_test(a_pass_with_what_was_deselected_is_a_pass),
      cmocka_unit_test(targets_join_where_they_gate),
      cmocka_unit_test(steps_and_interruption_join),
      cmocka_unit_test(findings_without_a_check_join_and_observations_prove_nothing),
      cmocka_unit_test(why_names_what_decided),
      cmocka_unit_test(environment_names_are_unique),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
