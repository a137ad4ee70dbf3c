/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"

static const char drill_1[] = "2026-Q4-lakehouse-1";

struct fixture {
  char folder[64], path[96];
  struct mu_ledger *ledger;
  struct mu_arena *arena;
  struct mu_err err;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f) {
    return -1;
  }
  (void)snprintf(f->folder, sizeof f->folder, "/tmp/muster-journal-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  (void)snprintf(f->path, sizeof f->path, "%s/l.db", f->folder);
  f->arena = mu_arena_new();
  assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  static const char *const names[] = {"", "-wal", "-shm", ".lakehouse.lock", ".%2E%2E%2Fetc.lock"};
  char path[160];
  mu_ledger_close(f->ledger);
  for (size_t i = 0; i < MU_LEN(names); i++) {
    (void)snprintf(path, sizeof path, "%s%s", f->path, names[i]);
    (void)unlink(path);
  }
  int rc = rmdir(f->folder); /* nothing else was made */
  mu_arena_free(f->arena);
  free(f);
  return rc;
}

static struct mu_journal *begin(struct fixture *f, const char *drill) {
  struct mu_journal *journal = NULL;
  assert_int_equal(mu_journal_begin(f->ledger, mu_clock_system(), drill, "lakehouse",
                                    "{\"rto_ms\":28800000}", &journal, &f->err),
                   0);
  return journal;
}

static struct mu_verify verify(struct fixture *f) {
  struct mu_verify result;
  assert_int_equal(mu_ledger_verify(f->ledger, NULL, 0, f->arena, &result, &f->err), 0);
  return result;
}

static void names_count_up_within_the_quarter(void **state) {
  struct fixture *f = *state;
  const int64_t november = 1795391467114, january = 1798761600000;
  const char *name = NULL;
  assert_int_equal(mu_journal_name(f->ledger, "lakehouse", november, f->arena, &name, &f->err), 0);
  assert_string_equal(name, drill_1);
  struct mu_journal *journal = begin(f, name);
  assert_int_equal(mu_journal_end(journal, "finished", NULL, &f->err), 0);
  mu_journal_free(journal);
  assert_int_equal(mu_journal_name(f->ledger, "lakehouse", november, f->arena, &name, &f->err), 0);
  assert_string_equal(name, "2026-Q4-lakehouse-2");
  assert_int_equal(mu_journal_name(f->ledger, "lakehouse", january, f->arena, &name, &f->err), 0);
  assert_string_equal(name, "2027-Q1-lakehouse-1");
  assert_int_equal(mu_journal_name(f->ledger, "other", november, f->arena, &name, &f->err), 0);
  assert_string_equal(name, "2026-Q4-other-1");
}

static void a_whole_drill_reads_back_in_order(void **state) {
  struct fixture *f = *state;
  struct mu_journal *journal = begin(f, drill_1);
  struct mu_rows rows;
  struct mu_acts acts;
  int64_t apply = 0, dns = 0, open_act = 0;
  assert_int_equal(mu_journal_step(journal, "stand-up", "begun", NULL, &f->err), 0);
  assert_int_equal(mu_journal_event(journal, "stand-up", "infra-start", NULL, &f->err), 0);
  assert_int_equal(
      mu_journal_intent(journal, "stand-up", "terraform.apply", "{\"v\":1}", &apply, &f->err), 0);
  assert_int_equal(mu_journal_child(journal, "stand-up", "terraform", getpid(), 77, &f->err), 0);
  assert_int_equal(mu_journal_child_gone(journal, getpid(), 77, &f->err), 0);
  assert_int_equal(mu_journal_outcome(journal, apply, MU_ACT_DONE, "{\"created\":41}", &f->err), 0);
  assert_int_equal(
      mu_journal_intent(journal, "dns", "dns.weights", "{\"v\":1,\"was\":[100,0]}", &dns, &f->err),
      0);
  assert_int_equal(mu_journal_outcome(journal, dns, MU_ACT_FAILED, NULL, &f->err), 0);
  assert_int_equal(mu_journal_outcome(journal, dns, MU_ACT_UNDONE, NULL, &f->err), 0);
  assert_int_equal(mu_journal_intent(journal, "dns", "dns.weights", NULL, &open_act, &f->err), 0);
  assert_int_equal(mu_journal_end(journal, "aborted", NULL, &f->err), 0);
  mu_journal_free(journal);

  assert_int_equal(mu_journal_rows(f->ledger, drill_1, f->arena, &rows, &f->err), 0);
  static const enum mu_row_kind kinds[] = {
      MU_ROW_BEGIN,   MU_ROW_STEP,   MU_ROW_EVENT,   MU_ROW_INTENT,  MU_ROW_CHILD,  MU_ROW_GONE,
      MU_ROW_OUTCOME, MU_ROW_INTENT, MU_ROW_OUTCOME, MU_ROW_OUTCOME, MU_ROW_INTENT, MU_ROW_END};
  assert_int_equal(rows.n, MU_LEN(kinds));
  for (size_t i = 0; i < rows.n; i++) {
    assert_int_equal(rows.at[i].kind, kinds[i]);
    assert_int_equal(rows.at[i].seq, i + 1);
  }
  assert_string_equal(rows.at[0].detail, "{\"rto_ms\":28800000}");
  assert_int_equal(rows.at[0].pid, getpid());
  assert_true(rows.at[0].start_ticks == mu_exec_start_ticks(getpid()));
  assert_int_equal(strlen(rows.at[0].boot), 36);

  mu_rows_acts(&rows, f->arena, &acts);
  assert_int_equal(acts.n, 3);
  assert_int_equal(acts.at[0].status, MU_ACT_DONE);
  assert_string_equal(acts.at[0].detail, "{\"created\":41}");
  assert_int_equal(acts.at[1].status, MU_ACT_UNDONE);
  assert_string_equal(acts.at[1].undo, "{\"v\":1,\"was\":[100,0]}");
  assert_int_equal(acts.at[2].status, MU_ACT_OPEN);
  struct mu_verify result = verify(f);
  assert_true(result.ok);
  assert_int_equal(result.journal_rows, 12);
}

static void an_act_has_one_outcome_and_one_undo(void **state) {
  struct fixture *f = *state;
  struct mu_journal *journal = begin(f, drill_1);
  int64_t act = 0;
  assert_int_equal(mu_journal_intent(journal, "s", "a", NULL, &act, &f->err), 0);
  assert_int_equal(mu_journal_outcome(journal, act + 1, MU_ACT_DONE, NULL, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  assert_int_equal(mu_journal_outcome(journal, 1, MU_ACT_DONE, NULL, &f->err),
                   -1); /* the begin row */
  assert_int_equal(mu_journal_outcome(journal, act, MU_ACT_DONE, NULL, &f->err), 0);
  assert_int_equal(mu_journal_outcome(journal, act, MU_ACT_FAILED, NULL, &f->err), -1);
  assert_int_equal(mu_journal_outcome(journal, act, MU_ACT_UNDONE, NULL, &f->err), 0);
  assert_int_equal(mu_journal_outcome(journal, act, MU_ACT_UNDONE, NULL, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  mu_journal_free(journal);
}

static void what_is_no_json_is_refused(void **state) {
  struct fixture *f = *state;
  struct mu_journal *journal = NULL;
  int64_t act = -1;
  assert_int_equal(
      mu_journal_begin(f->ledger, mu_clock_system(), drill_1, "lakehouse", "{", &journal, &f->err),
      -1);
  journal = begin(f, drill_1);
  assert_int_equal(mu_journal_intent(journal, "s", "a", "{\"v\":", &act, &f->err), -1);
  assert_int_equal(act, -1);
  mu_journal_free(journal);
}

static void one_drill_of_a_workload_at_a_time(void **state) {
  struct fixture *f = *state;
  struct mu_journal *journal = begin(f, drill_1), *other = NULL;
  struct mu_drill_lines lines;
  assert_int_equal(mu_journal_step(journal, "guard", "begun", NULL, &f->err), 0);
  assert_int_equal(mu_journal_begin(f->ledger, mu_clock_system(), "2026-Q4-lakehouse-2",
                                    "lakehouse", NULL, &other, &f->err),
                   -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  assert_non_null(strstr(f->err.msg, "muster drill resume 2026-Q4-lakehouse-1"));
  assert_int_equal(
      mu_journal_begin(f->ledger, mu_clock_system(), "x-1", "x", NULL, &other, &f->err), 0);
  mu_journal_free(other);
  mu_journal_free(journal);

  assert_int_equal(mu_journal_list(f->ledger, "lakehouse", true, f->arena, &lines, &f->err), 0);
  assert_int_equal(lines.n, 1);
  assert_string_equal(lines.at[0].drill, drill_1);
  assert_string_equal(lines.at[0].last_step, "guard");
  assert_true(lines.at[0].ended_ms == 0);
  assert_int_equal(
      mu_journal_reopen(f->ledger, mu_clock_system(), drill_1, "abort", &journal, &f->err), 0);
  assert_string_equal(mu_journal_workload(journal), "lakehouse");
  assert_int_equal(mu_journal_end(journal, "aborted", NULL, &f->err), 0);
  assert_int_equal(mu_journal_step(journal, "guard", "begun", NULL, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  mu_journal_free(journal);
  assert_int_equal(
      mu_journal_reopen(f->ledger, mu_clock_system(), drill_1, "abort", &journal, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  assert_int_equal(
      mu_journal_reopen(f->ledger, mu_clock_system(), "none", "abort", &journal, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  assert_int_equal(
      mu_journal_begin(f->ledger, mu_clock_system(), drill_1, "lakehouse", NULL, &journal, &f->err),
      -1); /* the name is spent */
  assert_int_equal(mu_journal_list(f->ledger, NULL, false, f->arena, &lines, &f->err), 0);
  assert_int_equal(lines.n, 2);
}

static void children_of_this_boot_that_may_live(void **state) {
  struct fixture *f = *state;
  struct mu_journal *journal = begin(f, drill_1);
  struct mu_rows rows, children;
  assert_int_equal(mu_journal_child(journal, "s", "one", 101, 1, &f->err), 0);
  assert_int_equal(mu_journal_child(journal, "s", "two", 102, 2, &f->err), 0);
  assert_int_equal(mu_journal_child_gone(journal, 101, 1, &f->err), 0);
  assert_int_equal(mu_journal_child(journal, "s", "one again", 101, 9, &f->err), 0);
  mu_journal_free(journal);
  assert_int_equal(mu_journal_rows(f->ledger, drill_1, f->arena, &rows, &f->err), 0);
  mu_rows_children(&rows, f->arena, &children);
  assert_int_equal(children.n, 2);
  assert_string_equal(children.at[0].name, "two");
  assert_string_equal(children.at[1].name, "one again");
  (void)snprintf(rows.at[2].boot, sizeof rows.at[2].boot, "another boot");
  mu_rows_children(&rows, f->arena, &children);
  assert_int_equal(children.n, 1);
}

static void approvals_come_from_another_connection(void **state) {
  struct fixture *f = *state;
  const struct mu_clock *clock = mu_clock_system();
  struct mu_journal *journal = begin(f, drill_1);
  struct mu_ledger *other = NULL;
  struct mu_approval a;
  assert_int_equal(mu_ledger_open(f->path, &other, &f->err), 0);
  assert_int_equal(mu_journal_approve(other, clock, drill_1, "dns", "kim", NULL, true, &f->err),
                   -1);
  assert_int_equal(f->err.code, MU_E_ABSENT); /* nobody asked */
  assert_int_equal(mu_journal_ask(journal, "dns", "shift api to 50/50?", &f->err), 0);
  assert_int_equal(mu_journal_approval(f->ledger, drill_1, "dns", f->arena, &a, &f->err), 0);
  assert_true(a.waiting && !a.given && !a.refused);
  assert_string_equal(a.question, "shift api to 50/50?");
  assert_int_equal(
      mu_journal_approve(other, clock, drill_1, "dns", "kim", "go \"on\"", true, &f->err), 0);
  assert_int_equal(mu_journal_approval(f->ledger, drill_1, "dns", f->arena, &a, &f->err), 0);
  assert_true(!a.waiting && a.given && !a.refused && a.wall_ms > 0);
  assert_string_equal(a.who, "kim");
  assert_string_equal(a.note, "go \"on\"");
  assert_int_equal(mu_journal_approve(other, clock, drill_1, "dns", "eve", NULL, false, &f->err),
                   -1);
  /* asked again, the earlier answer does not count any more */
  assert_int_equal(mu_journal_ask(journal, "dns", "again?", &f->err), 0);
  assert_int_equal(mu_journal_approval(f->ledger, drill_1, "dns", f->arena, &a, &f->err), 0);
  assert_true(a.waiting && !a.given);
  assert_int_equal(mu_journal_approve(other, clock, drill_1, "dns", "eve", NULL, false, &f->err),
                   0);
  assert_int_equal(mu_journal_approval(f->ledger, drill_1, "dns", f->arena, &a, &f->err), 0);
  assert_true(a.refused && !a.given);
  assert_int_equal(mu_journal_approval(f->ledger, drill_1, "smoke", f->arena, &a, &f->err), 0);
  assert_true(!a.waiting && !a.given && !a.refused);
  mu_ledger_close(other);
  mu_journal_free(journal);
  assert_true(verify(f).ok);
}

/* A child takes the lock, says so, and is killed; only then may we have it. */
static void the_lock_dies_with_its_owner(void **state) {
  struct fixture *f = *state;
  struct mu_lock *lock = NULL;
  struct mu_lock_owner owner = {0};
  int ready[2], status = 0;
  bool held = true;
  char c = 0;
  assert_int_equal(mu_lock_look(f->ledger, "lakehouse", &held, &owner, &f->err), 0);
  assert_false(held);
  assert_int_equal(pipe(ready), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    if (mu_lock_take(f->ledger, "lakehouse", drill_1, 1795391467114, &lock, NULL, &f->err) == 0 &&
        write(ready[1], "x", 1) == 1) {
      (void)pause();
    }
    _exit(1);
  }
  assert_int_equal(close(ready[1]), 0);
  assert_int_equal(read(ready[0], &c, 1), 1);
  assert_int_equal(close(ready[0]), 0);

  assert_int_equal(mu_lock_take(f->ledger, "lakehouse", "x", 1, &lock, &owner, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_BUSY);
  assert_int_equal(owner.pid, pid);
  assert_true(owner.start_ticks == mu_exec_start_ticks(pid));
  assert_string_equal(owner.drill, drill_1);
  assert_non_null(strstr(f->err.msg, "since 2026-11-22T23:51:07Z"));
  assert_int_equal(mu_lock_look(f->ledger, "lakehouse", &held, &owner, &f->err), 0);
  assert_true(held);
  assert_int_equal(mu_lock_take(f->ledger, "../etc", "y", 1, &lock, NULL, &f->err),
                   0); /* another workload */
  mu_lock_free(lock);

  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(mu_lock_look(f->ledger, "lakehouse", &held, &owner, &f->err), 0);
  assert_false(held);
  assert_int_equal(mu_lock_take(f->ledger, "lakehouse", "x", 1, &lock, NULL, &f->err), 0);
  /* a second one in the same process is refused as well */
  struct mu_lock *second = NULL;
  assert_int_equal(mu_lock_take(f->ledger, "lakehouse", "x", 1, &second, NULL, &f->err), -1);
  mu_lock_free(lock);
}

/* The journal is whole after a kill at any moment: what was reported as written is there. */
static void kill_9_between_rows(void **state) {
  struct fixture *f = *state;
  int told[2], status = 0;
  struct mu_rows rows;
  mu_ledger_close(f->ledger); /* not carried across the fork */
  f->ledger = NULL;
  assert_int_equal(pipe(told), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    struct mu_journal *journal = NULL;
    int64_t act = 0;
    if (mu_ledger_open(f->path, &f->ledger, &f->err) != 0 ||
        mu_journal_begin(f->ledger, mu_clock_system(), drill_1, "lakehouse", NULL, &journal,
                         &f->err) != 0) {
      _exit(1);
    }
    while (mu_journal_intent(journal, "s", "a", "{\"v\":1}", &act, &f->err) == 0 &&
           write(told[1], &act, sizeof act) == sizeof act &&
           mu_journal_outcome(journal, act, MU_ACT_DONE, NULL, &f->err) == 0) {}
    _exit(1);
  }
  assert_int_equal(close(told[1]), 0);
  int64_t last = 0, act = 0;
  for (int i = 0; i < 40; i++) {
    assert_int_equal(read(told[0], &act, sizeof act), sizeof act);
    last = act;
  }
  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  while (read(told[0], &act, sizeof act) == sizeof act) {
    last = act;
  }
  assert_int_equal(close(told[0]), 0);
  assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
  assert_int_equal(mu_journal_rows(f->ledger, drill_1, f->arena, &rows, &f->err), 0);
  assert_true(rows.n >= (size_t)last);
  assert_int_equal(rows.at[last - 1].kind, MU_ROW_INTENT);
  assert_true(verify(f).ok);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(names_count_up_within_the_quarter),
      TEST(a_whole_drill_reads_back_in_order),
      TEST(an_act_has_one_outcome_and_one_undo),
      TEST(what_is_no_json_is_refused),
      TEST(one_drill_of_a_workload_at_a_time),
      TEST(children_of_this_boot_that_may_live),
      TEST(approvals_come_from_another_connection),
      TEST(the_lock_dies_with_its_owner),
      TEST(kill_9_between_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
