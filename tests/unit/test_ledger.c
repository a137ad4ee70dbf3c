/* SPDX-License-Identifier: Apache-2.0 */
/* Appending runs and finding them again; what happens when the disk is full, the process killed,
 * the file somebody else's. That verification goes red is in test_ledger_verify.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "model/run.h"

static const int64_t night = 1795391467000; /* 2026-11-22T23:51:07Z */

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
  (void)snprintf(f->folder, sizeof f->folder, "/tmp/muster-ledger-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  (void)snprintf(f->path, sizeof f->path, "%s/l%%4.db",
                 f->folder); /* a name that URIs would misread */
  f->arena = mu_arena_new();
  assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  char path[160];
  mu_ledger_close(f->ledger);
  assert_int_equal(chmod(f->folder, 0755), 0);
  static const char *const names[] = {"", "-wal", "-shm"};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    (void)snprintf(path, sizeof path, "%s%s", f->path, names[i]);
    (void)unlink(path);
  }
  int rc = rmdir(f->folder); /* nothing else was made */
  mu_arena_free(f->arena);
  free(f);
  return rc;
}

/* A night's run, with one observed value. */
static struct mu_run *run_of(int64_t started_ms, const char *workload, const char *value) {
  struct mu_run *run = mu_run_new("check", started_ms);
  run->workload = workload;
  run->scope = "all";
  struct mu_check *check = MU_RUN_ADD(run, checks);
  *check = (struct mu_check){.id = "replica/t",
                             .section = "replica",
                             .workload = workload ? workload : "other",
                             .probe = "iceberg",
                             .status = MU_OBSERVED,
                             .verdict = MU_PASS};
  mu_facts_init(&check->facts, run->arena);
  struct mu_observation *seen = MU_RUN_ADD(run, observations);
  *seen = (struct mu_observation){
      .address = "aws_vpc.dr", .path = "arn", .provider_id = "vpc-1", .value = value};
  mu_run_finish(run, started_ms + 900, 900);
  return run;
}

static int append(struct fixture *f, struct mu_run *run, struct mu_entry *out) {
  int rc = mu_ledger_append(f->ledger, run, f->arena, out, &f->err);
  mu_run_free(run);
  return rc;
}

static struct mu_verify verify(struct fixture *f) {
  struct mu_verify result;
  assert_int_equal(mu_ledger_verify(f->ledger, NULL, 0, f->arena, &result, &f->err), 0);
  return result;
}

static void reopen(struct fixture *f) {
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
}

static void runs_are_chained_and_found_again(void **state) {
  struct fixture *f = *state;
  struct mu_entry one, two, three, found;
  struct mu_entries all;
  assert_true(mu_ledger_is_new(f->ledger));
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), &one), 0);
  assert_int_equal(append(f, run_of(night + 86400000, "lakehouse", "1"), &two), 0);
  assert_int_equal(append(f, run_of(night + 5, NULL, "1"), &three), 0);
  assert_int_equal(one.seq, 1);
  assert_int_equal(three.seq, 3);
  assert_string_equal(one.ledger, mu_ledger_id(f->ledger));
  reopen(f);
  assert_false(mu_ledger_is_new(f->ledger));

  assert_int_equal(mu_ledger_list(f->ledger, NULL, f->arena, &all, &f->err), 0);
  assert_int_equal(all.n, 3);
  assert_string_equal(all.at[0].run, two.run); /* newest first, by start */
  assert_string_equal(all.at[1].run, three.run);
  const struct mu_ledger_filter oldest = {.oldest_first = true, .limit = 1, .command = "check"};
  assert_int_equal(mu_ledger_list(f->ledger, &oldest, f->arena, &all, &f->err), 0);
  assert_int_equal(all.n, 1);
  assert_string_equal(all.at[0].run, one.run);
  const struct mu_ledger_filter since = {.since_ms = night + 1, .workload = "lakehouse"};
  assert_int_equal(mu_ledger_list(f->ledger, &since, f->arena, &all, &f->err), 0);
  assert_int_equal(all.n, 1);
  const struct mu_ledger_filter drills = {.command = "drill"};
  assert_int_equal(mu_ledger_latest(f->ledger, &drills, f->arena, &found, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  /* a run over several workloads is found by each that it looked at */
  const struct mu_ledger_filter other = {.workload = "other", .class = "REAL", .scope = "all"};
  assert_int_equal(mu_ledger_latest(f->ledger, &other, f->arena, &found, &f->err), 0);
  assert_string_equal(found.run, three.run);
  assert_string_equal(found.workload, "");
  struct mu_verify result = verify(f);
  assert_true(result.ok);
  assert_int_equal(result.entries, 3);
  assert_int_equal(result.chains, 1);
}

static void a_run_is_named_by_a_prefix(void **state) {
  struct fixture *f = *state;
  struct mu_entry one, two, found;
  char prefix[MU_ULID];
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), &one), 0);
  assert_int_equal(append(f, run_of(night + 1000, "lakehouse", "1"), &two), 0);
  assert_int_equal(mu_ledger_find(f->ledger, one.run, f->arena, &found, &f->err), 0);
  assert_string_equal(found.run, one.run);
  (void)snprintf(prefix, sizeof prefix, "%.20s", one.run);
  prefix[3] = (char)(prefix[3] | (prefix[3] >= 'A' ? 0x20 : 0)); /* either case */
  assert_int_equal(mu_ledger_find(f->ledger, prefix, f->arena, &found, &f->err), 0);
  assert_string_equal(found.run, one.run);
  (void)snprintf(prefix, sizeof prefix, "%.5s", one.run);
  assert_int_equal(mu_ledger_find(f->ledger, prefix, f->arena, &found, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  assert_non_null(strstr(f->err.msg, two.run));
  assert_int_equal(mu_ledger_find(f->ledger, "0000", f->arena, &found, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  assert_int_equal(mu_ledger_find(f->ledger, "%%%%", f->arena, &found, &f->err), -1);
  assert_int_equal(mu_ledger_find(f->ledger, "01", f->arena, &found, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_USAGE);
  assert_int_equal(mu_ledger_find(f->ledger, "last", f->arena, &found, &f->err), 0);
  assert_string_equal(found.run, two.run);
}

static void the_record_comes_back_byte_by_byte(void **state) {
  struct fixture *f = *state;
  static const char record[] =
      "{\"schema\":\"muster.run/"
      "1\",\"run\":{\"id\":\"01JDB3X0M8Q4\",\"class\":\"REHEARSAL\",\"command\":\"drill\","
      "\"workload\":\"lakehouse\",\"started\":\"2026-11-22T23:51:07.114Z\",\"elapsed_ms\":912,"
      "\"interrupted\":true,\"cleanup\":\"leftovers\"},\"verdict\":\"FAIL\",\"later\":\"\\u00e9\"}";
  struct mu_entry entry, found;
  MU_STR(text, 4096);
  assert_int_equal(
      mu_ledger_append_json(f->ledger, record, sizeof record - 1, f->arena, &entry, &f->err), 0);
  assert_int_equal(mu_ledger_find(f->ledger, "01JDB3X0", f->arena, &found, &f->err), 0);
  assert_string_equal(found.class, "REHEARSAL");
  assert_string_equal(found.verdict, "FAIL");
  assert_string_equal(found.cleanup, "leftovers");
  assert_true(found.interrupted);
  assert_true(found.started_ms == 1795391467114 && found.elapsed_ms == 912);
  assert_int_equal(mu_ledger_record(f->ledger, &found, &text, &f->err), 0);
  assert_string_equal(mu_str_get(&text), record);
  MU_STR(small, 10);
  assert_int_equal(mu_ledger_record(f->ledger, &found, &small, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_LIMIT);
  /* the same run twice, and what is no record */
  assert_int_equal(
      mu_ledger_append_json(f->ledger, record, sizeof record - 1, f->arena, NULL, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  static const char *const bad[] = {"", "{}", "[", "{\"schema\":\"muster.run/1\",\"run\":{}}",
                                    "{\"schema\":\"other/1\",\"run\":{\"id\":\"x\"}}"};
  for (size_t i = 0; i < MU_LEN(bad); i++) {
    assert_int_equal(
        mu_ledger_append_json(f->ledger, bad[i], strlen(bad[i]), f->arena, NULL, &f->err), -1);
    assert_int_equal(f->err.code, MU_E_INPUT);
  }
  assert_int_equal(verify(f).entries, 1);
}

static void a_run_reads_back_as_a_run(void **state) {
  struct fixture *f = *state;
  struct mu_entry entry;
  struct mu_run *run = NULL;
  assert_int_equal(append(f, run_of(night, "lakehouse", "{\"a\":1}"), &entry), 0);
  assert_int_equal(mu_ledger_run(f->ledger, &entry, &run, &f->err), 0);
  assert_string_equal(run->id, entry.run);
  assert_string_equal(run->checks.at[0].workload, "lakehouse");
  mu_run_free(run);
}

static void the_latest_observation_and_since_when(void **state) {
  struct fixture *f = *state;
  struct mu_observations seen;
  struct mu_entry last;
  assert_int_equal(append(f, run_of(night, "lakehouse", "\"a\""), NULL), 0);
  assert_int_equal(append(f, run_of(night + 1000, "lakehouse", "\"b\""), NULL), 0);
  assert_int_equal(append(f, run_of(night + 3000, "lakehouse", "\"b\""), &last), 0);
  assert_int_equal(append(f, run_of(night + 2000, "lakehouse", "\"b\""), NULL),
                   0); /* recorded late */
  assert_int_equal(append(f, run_of(night + 9000, "elsewhere", "\"z\""), NULL), 0);
  struct mu_run *more = run_of(night - 5, "lakehouse", "\"b\"");
  struct mu_observation *second = MU_RUN_ADD(more, observations);
  *second = (struct mu_observation){
      .address = "aws_vpc.dr", .path = "arn", .provider_id = "vpc-2", .value = "\"hmac:77\""};
  assert_int_equal(append(f, more, NULL), 0);
  assert_int_equal(mu_ledger_observations(f->ledger, "lakehouse", "REAL", f->arena, &seen, &f->err),
                   0);
  assert_int_equal(seen.n, 2);
  assert_string_equal(seen.at[0].provider_id, "vpc-1");
  assert_string_equal(seen.at[0].value, "\"b\"");
  assert_string_equal(seen.at[0].run, last.run);
  assert_true(seen.at[0].observed_ms == night + 3000);
  assert_true(seen.at[0].first_ms == night + 1000); /* "a" lies between */
  assert_string_equal(seen.at[1].value, "\"hmac:77\"");
  assert_int_equal(
      mu_ledger_observations(f->ledger, "lakehouse", "REHEARSAL", f->arena, &seen, &f->err), 0);
  assert_int_equal(seen.n, 0);
}

static void evidence_is_stored_once(void **state) {
  struct fixture *f = *state;
  char hex[MU_SHA256_HEX], again[MU_SHA256_HEX];
  MU_STR(text, 100);
  assert_int_equal(mu_ledger_store(f->ledger, "abc\0d", 5, hex, &f->err), 0);
  assert_int_equal(mu_ledger_store(f->ledger, "abc\0d", 5, again, &f->err), 0);
  assert_string_equal(hex, again);
  assert_int_equal(mu_ledger_fetch(f->ledger, hex, &text, &f->err), 0);
  assert_int_equal(text.n, 5);
  assert_memory_equal(mu_str_get(&text), "abc\0d", 5);
  assert_int_equal(mu_ledger_store(f->ledger, "", 0, again, &f->err), 0);
  assert_int_equal(mu_ledger_fetch(f->ledger, again, &text, &f->err), 0);
  assert_int_equal(text.n, 0);
  assert_int_equal(verify(f).artifacts, 2);
  again[0] = again[0] == 'f' ? '0' : 'f';
  assert_int_equal(mu_ledger_fetch(f->ledger, again, &text, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  size_t large = MU_LEDGER_ARTIFACT_MAX + 1;
  char *bytes = calloc(1, large);
  assert_int_equal(mu_ledger_store(f->ledger, bytes, large, hex, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_LIMIT);
  free(bytes);
}

static void sql_cannot_change_what_was_written(void **state) {
  struct fixture *f = *state;
  static const char *const attempts[] = {
      "UPDATE run SET verdict = 'PASS'",
      "DELETE FROM run",
      "INSERT OR REPLACE INTO run SELECT * FROM run",
      "INSERT INTO run SELECT ledger_id, seq + 5, recorded_ms, entry_sha256, record_sha256, stored,"
      " 0, '', 'x', record, 'y', command, class, workload, scope, verdict, drill, cleanup,"
      " started_ms, elapsed_ms, interrupted FROM run",
      "UPDATE observation SET value = '2'",
      "INSERT OR REPLACE INTO observation SELECT ledger_id, seq, n, 'x', path, provider_id, value"
      " FROM observation",
      "DELETE FROM run_workload",
      "INSERT OR REPLACE INTO run_workload SELECT * FROM run_workload",
      "UPDATE ledger SET own = 0",
      "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
      "INSERT OR REPLACE INTO artifact SELECT sha256, x'00' FROM artifact",
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''",
  };
  char hex[MU_SHA256_HEX];
  assert_int_equal(mu_ledger_store(f->ledger, "x", 1, hex, &f->err), 0);
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  for (size_t i = 0; i < MU_LEN(attempts); i++) {
    assert_int_equal(mu_db_exec(f->ledger, attempts[i], "trying", &f->err), -1);
  }
  assert_true(verify(f).ok);
}

/* ---- when things go wrong ---- */

/* Writes that belong together: all or none, and a failure among them takes back the ones before. */
static void together_or_not_at_all(void **state) {
  struct fixture *f = *state;
  assert_int_equal(mu_ledger_together(f->ledger, &f->err), 0);
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  mu_ledger_together_drop(f->ledger);
  assert_int_equal(verify(f).entries, 0);
  assert_int_equal(mu_ledger_together(f->ledger, &f->err), 0);
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  assert_int_equal(append(f, run_of(night + 1, "lakehouse", "1"), NULL), 0);
  assert_int_equal(mu_ledger_together_keep(f->ledger, &f->err), 0);
  reopen(f);
  assert_int_equal(verify(f).entries, 2);
  assert_int_equal(append(f, run_of(night + 2, "lakehouse", "1"), NULL), 0);
  assert_int_equal(verify(f).entries, 3);
}

/* Pages run out in the middle of a large record: an error that says so, the ledger as it was,
 * and the next append works. */
static void a_full_disk_loses_nothing(void **state) {
  struct fixture *f = *state;
  struct mu_anchor before, after;
  char pragma[64];
  int64_t pages = 0;
  static char large[400001];
  memset(large, 'x', sizeof large - 1);
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  assert_int_equal(mu_ledger_anchor(f->ledger, &before, &f->err), 0);
  assert_int_equal(mu_db_scalar(f->ledger, "PRAGMA page_count", &pages, &f->err), 0);
  (void)snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %d", (int)pages + 20);
  assert_int_equal(mu_db_exec(f->ledger, pragma, "", &f->err), 0);
  struct mu_run *run = run_of(night + 1, "lakehouse", "1");
  run->why = large;
  assert_int_equal(append(f, run, NULL), -1);
  assert_int_equal(f->err.code, MU_E_IO);
  assert_int_equal(f->err.sys, ENOSPC);
  assert_non_null(strstr(f->err.msg, "nothing was recorded"));
  assert_int_equal(mu_ledger_anchor(f->ledger, &after, &f->err), 0);
  assert_memory_equal(&before, &after, sizeof before);
  assert_true(verify(f).ok);
  assert_int_equal(mu_db_exec(f->ledger, "PRAGMA max_page_count = 100000", "", &f->err), 0);
  assert_int_equal(append(f, run_of(night + 2, "lakehouse", "1"), NULL), 0);
  assert_int_equal(verify(f).entries, 2);
}

/* The same where the system refuses the write. */
static void a_file_that_cannot_grow_loses_nothing(void **state) {
  struct fixture *f = *state;
  struct rlimit old, small;
  static char large[400001];
  memset(large, 'x', sizeof large - 1);
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  struct mu_run *run = run_of(night + 1, "lakehouse", "1");
  run->why = large;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  small = old;
  small.rlim_cur = 200000;
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  int rc = append(f, run, NULL);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(rc, -1);
  assert_int_equal(f->err.code, MU_E_IO);
  assert_non_null(strstr(f->err.msg, "nothing was recorded"));
  assert_int_equal(append(f, run_of(night + 2, "lakehouse", "1"), NULL), 0);
  reopen(f);
  struct mu_verify result = verify(f);
  assert_true(result.ok);
  assert_int_equal(result.entries, 2);
}

static void append_until_killed(const char *path, int told) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_ledger *ledger = NULL;
  struct mu_err err;
  if (mu_ledger_open(path, &ledger, &err) != 0) {
    _exit(1);
  }
  for (int64_t i = 0;; i++) {
    struct mu_entry entry;
    struct mu_run *run = run_of(night + i, "lakehouse", "1");
    if (mu_ledger_append(ledger, run, arena, &entry, &err) != 0 ||
        write(told, &entry.seq, sizeof entry.seq) != sizeof entry.seq) {
      _exit(2);
    }
    mu_run_free(run);
  }
}

/* Killed at moments that differ from round to round: what was reported as recorded is there, and
 * the chain holds. */
static void kill_9_while_appending(void **state) {
  struct fixture *f = *state;
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  int64_t last = 0;
  for (int round = 0; round < 12; round++) {
    int told[2], status = 0;
    int64_t seq = 0;
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
      (void)close(told[0]);
      append_until_killed(f->path, told[1]);
    }
    assert_int_equal(close(told[1]), 0);
    for (int i = 0; i < 3 + round % 4; i++) {
      assert_int_equal(read(told[0], &seq, sizeof seq), sizeof seq);
    }
    mu_sleep_ms(mu_clock_system(), round % 5);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    do {
      last = seq;
    } while (read(told[0], &seq, sizeof seq) == sizeof seq);
    assert_int_equal(close(told[0]), 0);
    assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
    struct mu_verify result = verify(f);
    assert_true(result.ok);
    assert_true(result.entries == last || result.entries == last + 1);
    mu_ledger_close(f->ledger);
    f->ledger = NULL;
  }
}

static void two_processes_append(void **state) {
  struct fixture *f = *state;
  enum { EACH = 40, WRITERS = 3 };
  pid_t pids[WRITERS];
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  for (int w = 0; w < WRITERS; w++) {
    pids[w] = fork();
    assert_true(pids[w] >= 0);
    if (pids[w] == 0) {
      bool ok = mu_ledger_open(f->path, &f->ledger, &f->err) == 0;
      for (int i = 0; ok && i < EACH; i++) {
        ok = append(f, run_of(night + i, "lakehouse", "1"), NULL) == 0;
      }
      _exit(ok ? 0 : 1);
    }
  }
  for (int w = 0; w < WRITERS; w++) {
    int status = 0;
    assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
  assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
  struct mu_verify result = verify(f);
  assert_true(result.ok);
  assert_int_equal(result.entries, EACH * WRITERS);
}

static void several_processes_create_one_ledger(void **state) {
  struct fixture *f = *state;
  enum { WRITERS = 6 };
  pid_t pids[WRITERS];
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  assert_int_equal(unlink(f->path), 0);
  for (int w = 0; w < WRITERS; w++) {
    pids[w] = fork();
    assert_true(pids[w] >= 0);
    if (pids[w] == 0) {
      _exit(mu_ledger_open(f->path, &f->ledger, &f->err) == 0 &&
                    append(f, run_of(night, "lakehouse", "1"), NULL) == 0
                ? 0
                : 1);
    }
  }
  for (int w = 0; w < WRITERS; w++) {
    int status = 0;
    assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  assert_int_equal(mu_ledger_open(f->path, &f->ledger, &f->err), 0);
  assert_int_equal(verify(f).entries, WRITERS);
}

static void a_locked_ledger_says_so(void **state) {
  struct fixture *f = *state;
  struct mu_ledger *other = NULL;
  assert_int_equal(mu_ledger_open(f->path, &other, &f->err), 0);
  assert_int_equal(mu_db_begin(other, &f->err), 0);
  (void)sqlite3_busy_timeout(f->ledger->db, 50); /* not the ten seconds of real life */
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), -1);
  assert_int_equal(f->err.code, MU_E_BUSY);
  assert_non_null(strstr(f->err.msg, "another process holds it"));
  mu_ledger_close(other);
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
}

static int open_after(struct fixture *f, const char *sql) {
  struct mu_ledger *ledger = NULL;
  assert_int_equal(mu_db_exec(f->ledger, sql, "", &f->err), 0);
  int rc = mu_ledger_open(f->path, &ledger, &f->err);
  mu_ledger_close(ledger);
  if (rc == -1) {
    enum mu_errc code = f->err.code;
    assert_int_equal(mu_ledger_open_readonly(f->path, &ledger, &f->err), -1);
    assert_int_equal(f->err.code, code);
  }
  return rc;
}

static void newer_and_foreign_databases(void **state) {
  struct fixture *f = *state;
  assert_int_equal(open_after(f, "PRAGMA user_version = 2"), -1);
  assert_int_equal(f->err.code, MU_E_UNSUPPORTED);
  assert_non_null(strstr(f->err.msg, "newer muster"));
  assert_int_equal(open_after(f, "PRAGMA user_version = 0"), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_int_equal(open_after(f, "PRAGMA user_version = 1; PRAGMA application_id = 7"), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_non_null(strstr(f->err.msg, "another program"));
  assert_int_equal(open_after(f, "PRAGMA application_id = 1299542900"), 0); /* "Must" */
}

static void what_is_no_ledger(void **state) {
  struct fixture *f = *state;
  struct mu_ledger *ledger = NULL;
  static const char text[] = "workload,verdict\nlakehouse,PASS\n";
  static char noise[8192];
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  assert_int_equal(mu_io_write(f->path, text, sizeof text - 1, &f->err), 0);
  assert_int_equal(mu_ledger_open(f->path, &ledger, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_non_null(strstr(f->err.msg, "no ledger"));
  MU_STR(kept, 8192);
  assert_int_equal(mu_io_read(f->path, &kept, &f->err), 0);
  assert_string_equal(mu_str_get(&kept), text); /* and it was not touched */
  memcpy(noise, "SQLite format 3", 16);
  memset(noise + 16, 0x5A, sizeof noise - 16);
  assert_int_equal(mu_io_write(f->path, noise, sizeof noise, &f->err), 0);
  assert_int_equal(mu_ledger_open(f->path, &ledger, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_int_equal(mu_ledger_open(f->folder, &ledger, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_IO);
  assert_int_equal(mu_ledger_open("/tmp/muster-none/l.db", &ledger, &f->err), -1);
  assert_int_equal(mu_ledger_open_readonly("/tmp/muster-none/l.db", &ledger, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  assert_int_equal(mu_io_write(f->path, "", 0, &f->err), 0);
  assert_int_equal(mu_ledger_open_readonly(f->path, &ledger, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
}

static void a_damaged_file_says_so(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < 30; i++) {
    assert_int_equal(append(f, run_of(night + i, "lakehouse", "1"), NULL), 0);
  }
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  MU_STR(bytes, 1 << 20);
  assert_int_equal(mu_io_read(f->path, &bytes, &f->err), 0);
  for (size_t at = 4096; at < bytes.n; at += 4096) { /* every page but the first loses its header */
    memset(bytes.p + at, 0xEE, 16);
  }
  assert_int_equal(mu_io_write(f->path, bytes.p, bytes.n, &f->err), 0);
  int rc = mu_ledger_open(f->path, &f->ledger, &f->err);
  rc = rc == 0 ? append(f, run_of(night, "lakehouse", "1"), NULL) : rc;
  assert_int_equal(rc, -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_non_null(strstr(f->err.msg, "damaged"));
}

/* ---- copies for an auditor ---- */

static void reading_changes_nothing(void **state) {
  struct fixture *f = *state;
  struct mu_ledger *ledger = NULL;
  char before[MU_SHA256_HEX], after[MU_SHA256_HEX], wal[160];
  struct mu_entry entry;
  struct mu_verify result;
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  assert_int_equal(mu_sha256_file(f->path, before, NULL, &f->err), 0);
  assert_int_equal(mu_ledger_open_readonly(f->path, &ledger, &f->err), 0);
  assert_int_equal(mu_ledger_verify(ledger, NULL, 0, f->arena, &result, &f->err), 0);
  assert_true(result.ok);
  struct mu_run *run = run_of(night, "lakehouse", "1");
  assert_int_equal(mu_ledger_append(ledger, run, f->arena, &entry, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_IO);
  mu_run_free(run);
  mu_ledger_close(ledger);
  assert_int_equal(mu_sha256_file(f->path, after, NULL, &f->err), 0);
  assert_string_equal(before, after);
  (void)snprintf(wal, sizeof wal, "%s-wal", f->path);
  assert_false(mu_io_exists(wal));
}

/* Run by a child that has no right to write; answers as the exit status. */
static void verify_as_reader(struct fixture *f, int expected) {
  int status = 0;
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    struct mu_ledger *ledger = NULL;
    struct mu_verify result = {.ok = false};
    if (getuid() == 0 && setuid(65534) != 0) {
      _exit(9);
    }
    int rc = mu_ledger_open_readonly(f->path, &ledger, &f->err);
    rc = rc == 0 ? mu_ledger_verify(ledger, NULL, 0, f->arena, &result, &f->err) : rc;
    _exit(rc != 0                            ? (strstr(f->err.msg, "-wal") ? 2 : 3)
          : result.ok && result.entries == 1 ? 0
                                             : 1);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), expected);
}

static void a_copy_on_read_only_media(void **state) {
  struct fixture *f = *state;
  assert_int_equal(append(f, run_of(night, "lakehouse", "1"), NULL), 0);
  assert_int_equal(chmod(f->path, 0444), 0);
  assert_int_equal(chmod(f->folder, 0555), 0);
  verify_as_reader(f,
                   2); /* still open here: the entry is in the -wal file, and the message says so */
  mu_ledger_close(f->ledger);
  f->ledger = NULL;
  if (getuid() != 0) { /* our own closing could not fold it in */
    skip();
  }
  verify_as_reader(f, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(runs_are_chained_and_found_again),
      TEST(a_run_is_named_by_a_prefix),
      TEST(the_record_comes_back_byte_by_byte),
      TEST(a_run_reads_back_as_a_run),
      TEST(the_latest_observation_and_since_when),
      TEST(evidence_is_stored_once),
      TEST(sql_cannot_change_what_was_written),
      TEST(together_or_not_at_all),
      TEST(a_full_disk_loses_nothing),
      TEST(a_file_that_cannot_grow_loses_nothing),
      TEST(kill_9_while_appending),
      TEST(two_processes_append),
      TEST(several_processes_create_one_ledger),
      TEST(a_locked_ledger_says_so),
      TEST(newer_and_foreign_databases),
      TEST(what_is_no_ledger),
      TEST(a_damaged_file_says_so),
      TEST(reading_changes_nothing),
      TEST(a_copy_on_read_only_media),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
