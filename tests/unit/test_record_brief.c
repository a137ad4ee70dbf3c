/* SPDX-License-Identifier: Apache-2.0 */
/* A record without its checks still says everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/record.h"
#include "model/run.h"

static void note(void *ctx, const char *workload) {
  mu_str_addf(ctx, "%s;", workload);
}

static void all_but_the_checks(void **state) {
  (void)state;
  struct mu_run *run = mu_run_new("check", 1800000000000);
  for (int i = 0; i < 3; i++) {
    struct mu_check *check = MU_RUN_ADD(run, checks);
    check->id = check->section = check->title = check->probe = mu_arena_fmt(run->arena, "c%d", i);
    check->workload = i == 1 ? NULL : "odd \"name\" \xc3\xa9";
    check->status = MU_OBSERVED;
    mu_facts_init(&check->facts, run->arena);
    (void)mu_fact_str(&check->facts, "x.workload", "not this one");
    check->verdict = MU_PASS;
  }
  (void)mu_finding_add(&run->findings, MU_F_TIMEOUT, "c1", "s", NULL);
  MU_STR(whole, MU_RECORD_MAX);
  MU_STR(brief, MU_RECORD_MAX);
  MU_STR(workloads, 1024);
  struct mu_err err = {0};
  mu_run_finish(run, 1800000000000, 1);
  mu_record_write(run, &whole);
  assert_int_equal(
      mu_record_brief(mu_str_get(&whole), whole.n, run->arena, note, &workloads, &brief, &err), 0);
  assert_string_equal(mu_str_get(&workloads), "odd \"name\" \xc3\xa9;odd \"name\" \xc3\xa9;");
  assert_null(strstr(mu_str_get(&brief), "not this one"));
  struct mu_run *back = NULL;
  assert_int_equal(mu_record_read(mu_str_get(&brief), brief.n, &back, &err), 0);
  assert_int_equal(back->checks.n, 0);
  assert_int_equal(back->findings.n, 1);
  assert_string_equal(back->findings.at[0].fingerprint, run->findings.at[0].fingerprint);
  assert_string_equal(back->id, run->id);
  mu_run_free(back);
  mu_run_free(run);
}

static void damage_is_an_error(void **state) {
  (void)state;
  static const char *const rows[] = {
      "",           "[]",  "{", "{\"checks\":[{\"workload\":\"a\"]}", "{\"checks\":[{]}",
      "{\"a\":01}", "{} x"};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_arena *arena = mu_arena_new();
    MU_STR(brief, 1024);
    struct mu_err err = {0};
    if (mu_record_brief(rows[i], strlen(rows[i]), arena, NULL, NULL, &brief, &err) != -1) {
      fail_msg("'%s' was taken for a record", rows[i]);
    }
    assert_int_equal(err.code, MU_E_INPUT);
    mu_arena_free(arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_but_the_checks),
                                     cmocka_unit_test(damage_is_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
