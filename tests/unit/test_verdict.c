/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/verdict.h"

/* The algebra is small enough to be proven by looking at every case. */
#define EACH(v)                                                                                    \
  enum mu_verdict v = 0;                                                                           \
  v < MU_VERDICT_N_;                                                                               \
  v++

static void join_commutes(void **state) {
  (void)state;
  for (EACH(a)) {
    for (EACH(b)) {
      assert_int_equal(mu_verdict_join(a, b), mu_verdict_join(b, a));
    }
  }
}

static void join_associates(void **state) {
  (void)state;
  for (EACH(a)) {
    for (EACH(b)) {
      for (EACH(c)) {
        assert_int_equal(mu_verdict_join(a, mu_verdict_join(b, c)),
                         mu_verdict_join(mu_verdict_join(a, b), c));
      }
    }
  }
}

static void join_is_idempotent_and_never_better(void **state) {
  (void)state;
  for (EACH(a)) {
    assert_int_equal(mu_verdict_join(a, a), a);
    for (EACH(b)) {
      assert_true(mu_verdict_join(a, b) >= a && mu_verdict_join(a, b) >= b);
    }
  }
}

static void order_is_the_promised_one(void **state) {
  (void)state;
  static const char *const names[] = {"NOT_APPLICABLE", "SKIPPED", "PASS", "INCONCLUSIVE", "FAIL"};
  for (EACH(a)) {
    assert_string_equal(mu_verdict_text(a), names[a]);
  }
}

/* All lists of up to three verdicts. */
static void whole_needs_one_pass(void **state) {
  (void)state;
  assert_int_equal(mu_verdict_of(NULL, 0), MU_INCONCLUSIVE);
  for (EACH(a)) {
    for (EACH(b)) {
      for (EACH(c)) {
        const enum mu_verdict parts[] = {a, b, c};
        enum mu_verdict all = mu_verdict_join(a, mu_verdict_join(b, c));
        bool passed = a == MU_PASS || b == MU_PASS || c == MU_PASS;
        enum mu_verdict want = all >= MU_INCONCLUSIVE ? all : passed ? MU_PASS : MU_INCONCLUSIVE;
        assert_int_equal(mu_verdict_of(parts, 3), want);
      }
    }
  }
}

static void exit_codes(void **state) {
  (void)state;
  for (EACH(v)) {
    assert_int_equal(mu_verdict_exit(v), v == MU_PASS ? 0 : v == MU_FAIL ? 1 : 3);
  }
}

static void words_read_back(void **state) {
  (void)state;
  for (EACH(v)) {
    enum mu_verdict back = MU_VERDICT_N_;
    assert_true(mu_verdict_parse(mu_verdict_text(v), &back));
    assert_int_equal(back, v);
  }
  for (enum mu_severity s = 0; s < MU_SEVERITY_N_; s++) {
    enum mu_severity back = MU_SEVERITY_N_;
    assert_true(mu_severity_parse(mu_severity_text(s), &back));
    assert_int_equal(back, s);
  }
  for (enum mu_status s = 0; s < MU_STATUS_N_; s++) {
    enum mu_status back = MU_STATUS_N_;
    assert_true(mu_status_parse(mu_status_text(s), &back));
    assert_int_equal(back, s);
  }
  for (enum mu_outcome o = 0; o < MU_OUTCOME_N_; o++) {
    enum mu_outcome back = MU_OUTCOME_N_;
    assert_true(mu_outcome_parse(mu_outcome_text(o), &back));
    assert_int_equal(back, o);
  }
  enum mu_verdict kept = MU_FAIL;
  assert_false(mu_verdict_parse("pass", &kept));
  assert_int_equal(kept, MU_FAIL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(join_commutes),
      cmocka_unit_test(join_associates),
      cmocka_unit_test(join_is_idempotent_and_never_better),
      cmocka_unit_test(order_is_the_promised_one),
      cmocka_unit_test(whole_needs_one_pass),
      cmocka_unit_test(exit_codes),
      cmocka_unit_test(words_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
