/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/finding.h"

static void table_is_sound(void **state) {
  (void)state;
  for (enum mu_finding_id id = 0; id < MU_F_N_; id++) {
    const struct mu_finding_def *def = mu_finding_def(id);
    enum mu_finding_id back = MU_F_N_;
    /* The lookup finds the first of a name: a second one would come back as another id. */
    assert_ptr_equal(mu_finding_by_name(def->name, &back), def);
    assert_int_equal(back, id);
    for (const char *c = def->name; *c; c++) {
      assert_true(isupper((unsigned char)*c) || *c == '_');
    }
    assert_true(def->title[0] != '\0' && def->doc[0] != '\0');
    assert_null(strchr(def->title, '\n'));
    assert_true(def->title[strlen(def->title) - 1] != '.');
    /* Lower case, unless an acronym stands first ("DNS did not come back"). */
    assert_true(!isupper((unsigned char)def->title[0]) || isupper((unsigned char)def->title[1]));
    assert_true(def->severity < MU_SEVERITY_N_);
    assert_true(def->verdict == MU_PASS || def->verdict == MU_INCONCLUSIVE ||
                def->verdict == MU_FAIL);
  }
  enum mu_finding_id kept = MU_F_TIMEOUT;
  assert_null(mu_finding_by_name("NO_SUCH_FINDING", &kept));
  assert_int_equal(kept, MU_F_TIMEOUT);
}

/* What could not be verified is never graded as a pass, and never as a difference that was seen. */
static void unverified_is_inconclusive(void **state) {
  (void)state;
  static const enum mu_finding_id unverified[] = {
      MU_F_UNREACHABLE,       MU_F_TIMEOUT,         MU_F_ACCESS_DENIED, MU_F_UNREADABLE,
      MU_F_NEEDS_UNMET,       MU_F_NOT_IMPLEMENTED, MU_F_FACT_MISSING,  MU_F_REFERENCE_UNRESOLVED,
      MU_F_REPLICA_UNSTAMPED, MU_F_CLEANUP_UNKNOWN};
  for (size_t i = 0; i < sizeof unverified / sizeof unverified[0]; i++) {
    assert_int_equal(mu_finding_def(unverified[i])->verdict, MU_INCONCLUSIVE);
  }
}

static struct mu_finding one(struct mu_arena *arena, enum mu_finding_id id, const char *check,
                             const char *subject, const char *path) {
  struct mu_findings list;
  mu_findings_init(&list, arena);
  return *mu_finding_add(&list, id, check, subject, path);
}

static void fingerprint_is_over_what_it_is_about(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_finding a = one(arena, MU_F_DRIFT_EXTRA, "drift", "sg.alb", "ingress");
  struct mu_finding same = one(arena, MU_F_DRIFT_EXTRA, "drift", "sg.alb", "ingress");
  same.expected = "[]";
  same.severity = MU_LOW;
  assert_string_equal(a.fingerprint, same.fingerprint);
  assert_int_equal(strlen(a.fingerprint), 64);
  const struct mu_finding others[] = {
      one(arena, MU_F_DRIFT_CHANGED, "drift", "sg.alb", "ingress"),
      one(arena, MU_F_DRIFT_EXTRA, "drift2", "sg.alb", "ingress"),
      one(arena, MU_F_DRIFT_EXTRA, "drift", "sg.albi", "ngress"),
      one(arena, MU_F_DRIFT_EXTRA, "drift", "sg.alb,7:ingress", ""),
      one(arena, MU_F_DRIFT_EXTRA, "drift", "sg.alb", ""),
      one(arena, MU_F_DRIFT_EXTRA, "drift", "sg.alb", NULL),
      one(arena, MU_F_DRIFT_EXTRA, "drift", NULL, "sg.alb"),
  };
  const size_t n = sizeof others / sizeof others[0];
  for (size_t i = 0; i < n; i++) {
    assert_string_not_equal(a.fingerprint, others[i].fingerprint);
    for (size_t k = i + 1; k < n; k++) {
      assert_string_not_equal(others[i].fingerprint, others[k].fingerprint);
    }
  }
  /* Pinned: ledgers match findings of different versions by it. */
  assert_string_equal(a.fingerprint,
                      "699c09a307b52bd571406a230c6ce69e1f4294f2f6bcc38379d9588c6d4133b2");
  mu_arena_free(arena);
}

static void strings_are_copied(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_findings list;
  char word[] = "check";
  mu_findings_init(&list, arena);
  struct mu_finding *f = mu_finding_add(&list, MU_F_TIMEOUT, word, word, NULL);
  word[0] = 'X';
  assert_string_equal(f->check, "check");
  assert_string_equal(f->subject, "check");
  mu_finding_say(&list, f, "%d of %d", 3, 8);
  assert_string_equal(f->message, "3 of 8");
  mu_arena_free(arena);
}

static void sorted_worst_first_whatever_came_first(void **state) {
  (void)state;
  static const struct {
    enum mu_finding_id id;
    const char *check, *subject;
  } rows[] = {{MU_F_SECRET_STALE, "a", "x"}, /* FAIL high */
              {MU_F_SECRET_STALE, "b", "a"}, {MU_F_SECRET_STALE, "b", "b"},
              {MU_F_PLAN_OLD, "a", "a"},     /* FAIL medium */
              {MU_F_TIMEOUT, "a", "a"},      /* INCONCLUSIVE high */
              {MU_F_DRIFT_ORDER, "a", "a"}}; /* PASS info */
  const size_t n = sizeof rows / sizeof rows[0];
  struct mu_arena *arena = mu_arena_new();
  for (size_t turn = 0; turn < n; turn++) {
    struct mu_findings list;
    mu_findings_init(&list, arena);
    for (size_t i = 0; i < n; i++) {
      size_t k = (turn + i * 5) % n; /* 5 and 6 have no common divisor: each row once */
      mu_finding_add(&list, rows[k].id, rows[k].check, rows[k].subject, NULL);
    }
    mu_findings_sort(&list);
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(list.at[i].id, rows[i].id);
      assert_string_equal(list.at[i].check, rows[i].check);
      assert_string_equal(list.at[i].subject, rows[i].subject);
    }
  }
  mu_arena_free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table_is_sound),
      cmocka_unit_test(unverified_is_inconclusive),
      cmocka_unit_test(fingerprint_is_over_what_it_is_about),
      cmocka_unit_test(strings_are_copied),
      cmocka_unit_test(sorted_worst_first_whatever_came_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
