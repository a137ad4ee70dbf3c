/* SPDX-License-Identifier: Apache-2.0 */
/* Verification goes red for whatever is changed: every column of every row of every table, one
 * by one, on a copy. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "ledger/chain.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/run.h"

static const int64_t night = 1795391467000;
static const char drill_1[] = "2026-Q4-lakehouse-1";

struct fixture {
  char folder[64], original[96], copy[96];
  struct mu_anchor anchor;
  char runs[3][MU_ULID];
  struct mu_arena *arena;
  struct mu_err err;
};

static void add_run(struct fixture *f, struct mu_ledger *ledger, int n, const char *evidence) {
  struct mu_run *run = mu_run_new(n == 1 ? "drill" : "check", night + n);
  struct mu_entry entry;
  run->workload = "lakehouse";
  run->drill = n == 1 ? drill_1 : NULL;
  run->cleanup = n == 1 ? "clean" : NULL;
  for (int i = 0; i < 2; i++) {
    struct mu_observation *seen = MU_RUN_ADD(run, observations);
    *seen = (struct mu_observation){
        .address = i ? "aws_vpc.b" : "aws_vpc.a", .path = "arn", .provider_id = "id", .value = "1"};
  }
  struct mu_evidence *stored = MU_RUN_ADD(run, evidence);
  stored->name = "outputs.json";
  (void)snprintf(stored->sha256, sizeof stored->sha256, "%s", evidence);
  mu_run_finish(run, night + n, 1);
  assert_int_equal(mu_ledger_append(ledger, run, f->arena, &entry, &f->err), 0);
  (void)snprintf(f->runs[n], MU_ULID, "%s", entry.run);
  mu_run_free(run);
}

static void add_journal(struct fixture *f, struct mu_ledger *ledger) {
  struct mu_journal *journal = NULL;
  int64_t act = 0;
  assert_int_equal(
      mu_journal_begin(ledger, mu_clock_system(), drill_1, "lakehouse", "{}", &journal, &f->err),
      0);
  assert_int_equal(mu_journal_intent(journal, "dns", "dns.weights", "{\"v\":1}", &act, &f->err), 0);
  assert_int_equal(mu_journal_outcome(journal, act, MU_ACT_DONE, NULL, &f->err), 0);
  assert_int_equal(mu_journal_end(journal, "finished", NULL, &f->err), 0);
  mu_journal_free(journal);
}

/* Three runs, the middle one of a drill with its journal; observations and evidence. */
static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f) {
    return -1;
  }
  struct mu_ledger *ledger = NULL;
  char hex[MU_SHA256_HEX];
  (void)snprintf(f->folder, sizeof f->folder, "/tmp/muster-verify-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  (void)snprintf(f->original, sizeof f->original, "%s/l.db", f->folder);
  (void)snprintf(f->copy, sizeof f->copy, "%s/copy.db", f->folder);
  f->arena = mu_arena_new();
  assert_int_equal(mu_ledger_open(f->original, &ledger, &f->err), 0);
  assert_int_equal(mu_ledger_store(ledger, "evidence", 8, hex, &f->err), 0);
  add_run(f, ledger, 0, hex);
  add_journal(f, ledger);
  add_run(f, ledger, 1, hex);
  add_run(f, ledger, 2, hex);
  assert_int_equal(mu_ledger_anchor(ledger, &f->anchor, &f->err), 0);
  mu_ledger_close(ledger);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  (void)unlink(f->original);
  (void)unlink(f->copy);
  int rc = rmdir(f->folder);
  mu_arena_free(f->arena);
  free(f);
  return rc;
}

/* ---- an attacker with an editor for SQLite files ---- */

/* Without waiting for the disk: there are some hundred copies. */
static void write_copy(struct fixture *f, const struct mu_str *bytes) {
  FILE *file = fopen(f->copy, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes->p, 1, bytes->n, file), bytes->n);
  assert_int_equal(fclose(file), 0);
}

static sqlite3 *open_copy(struct fixture *f) {
  MU_STR(bytes, 4 << 20);
  sqlite3 *db = NULL;
  assert_int_equal(mu_io_read(f->original, &bytes, &f->err), 0);
  write_copy(f, &bytes);
  assert_int_equal(sqlite3_open(f->copy, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
  return db;
}

static int run_sql(sqlite3 *db, const char *sql) {
  char *why = NULL;
  int rc = sqlite3_exec(db, sql, NULL, NULL, &why);
  if (why) {
    sqlite3_free(why);
  }
  return rc;
}

/* The triggers out of the way for one statement, and put back exactly as they were. */
static int tamper(struct fixture *f, sqlite3 *db, const char *sql) {
  char *triggers[32];
  size_t n = 0;
  sqlite3_stmt *list = NULL;
  assert_int_equal(run_sql(db, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON"),
                   SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db,
                                      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
                                      -1, &list, NULL),
                   SQLITE_OK);
  const char *drops[32];
  while (sqlite3_step(list) == SQLITE_ROW) {
    drops[n] = mu_arena_fmt(f->arena, "DROP TRIGGER %s", sqlite3_column_text(list, 0));
    triggers[n++] = strdup((const char *)sqlite3_column_text(list, 1));
  }
  assert_true(n > 5);
  (void)sqlite3_finalize(list);
  assert_int_equal(run_sql(db, "BEGIN"), SQLITE_OK);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(run_sql(db, drops[i]), SQLITE_OK);
  }
  int rc = run_sql(db, sql);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(run_sql(db, triggers[i]), SQLITE_OK);
    free(triggers[i]);
  }
  assert_int_equal(run_sql(db, "COMMIT"), SQLITE_OK);
  return rc;
}

/* As an auditor would: read-only, with or without an anchor. A file that does not open as a
 * ledger is red as well. */
static struct mu_verify verify(struct fixture *f, const char *path, bool with_anchor) {
  struct mu_ledger *ledger = NULL;
  struct mu_verify result = {.ok = false, .where = "open", .what = f->err.msg};
  if (mu_ledger_open_readonly(path, &ledger, &f->err) != 0) {
    assert_int_equal(f->err.code, MU_E_INPUT);
    return result;
  }
  assert_int_equal(
      mu_ledger_verify(ledger, &f->anchor, with_anchor ? 1 : 0, f->arena, &result, &f->err), 0);
  mu_ledger_close(ledger);
  return result;
}

static struct mu_verify after(struct fixture *f, const char *sql) {
  sqlite3 *db = open_copy(f);
  assert_int_equal(tamper(f, db, sql), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  return verify(f, f->copy, true);
}

static void untouched_is_green(void **state) {
  struct fixture *f = *state;
  struct mu_verify result = verify(f, f->original, true);
  assert_true(result.ok);
  assert_int_equal(result.entries, 3);
  assert_int_equal(result.journal_rows, 4);
  assert_int_equal(result.artifacts, 1);
  /* and so is a copy whose triggers were dropped and put back: what goes red below is the change
   * itself */
  assert_true(after(f, "SELECT 1").ok);
}

/* One statement a cell: each column of each row of each table. */
static const char changes_sql[] =
    "SELECT printf('SELECT printf(''UPDATE \"%w\" SET \"%w\" = %s WHERE rowid = %%d'', rowid)"
    "  FROM \"%w\"', t.name, c.name, CASE c.type WHEN 'INTEGER' THEN '\"' || c.name || '\" + 7'"
    "  WHEN 'BLOB' THEN 'x''''00''''' ELSE '\"' || c.name || '\" || ''''x''''' END, t.name)"
    " FROM sqlite_schema t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";

static const char *next_text(sqlite3_stmt *stmt) {
  return sqlite3_step(stmt) == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
}

static void each_cell_of_each_table(void **state) {
  struct fixture *f = *state;
  sqlite3 *db = NULL;
  sqlite3_stmt *columns = NULL, *rows = NULL;
  int cells = 0;
  assert_int_equal(sqlite3_open(f->original, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, changes_sql, -1, &columns, NULL), SQLITE_OK);
  for (const char *column; (column = next_text(columns));) {
    int in_column = 0;
    assert_int_equal(sqlite3_prepare_v2(db, column, -1, &rows, NULL), SQLITE_OK);
    for (const char *change; (change = next_text(rows)); in_column++) {
      struct mu_verify result = after(f, change);
      if (result.ok) {
        print_error("not noticed: %s\n", change);
      }
      assert_false(result.ok);
      assert_true(result.what && *result.what);
    }
    (void)sqlite3_finalize(rows);
    assert_true(in_column > 0); /* a table without rows would prove nothing */
    cells += in_column;
  }
  (void)sqlite3_finalize(columns);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  assert_true(cells > 120);
}

static void each_row_taken_out(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *sql, *where;
  } rows[] = {
      {"DELETE FROM run WHERE seq = 1", "entry"},
      {"DELETE FROM run WHERE seq = 2", "entry"},
      {"DELETE FROM run WHERE seq = 3; DELETE FROM run_workload WHERE seq = 3;"
       "DELETE FROM observation WHERE seq = 3",
       "anchor"},
      {"DELETE FROM run; DELETE FROM run_workload; DELETE FROM observation; DELETE FROM journal",
       "anchor"},
      {"DELETE FROM run_workload WHERE seq = 2", "entry"},
      {"DELETE FROM observation WHERE seq = 2 AND n = 0", "entry"},
      {"DELETE FROM observation WHERE seq = 2 AND n = 1", "entry"},
      {"DELETE FROM journal WHERE seq = 1", "journal"},
      {"DELETE FROM journal WHERE seq = 3", "journal"},
      {"DELETE FROM journal WHERE seq = 4", "entry"}, /* its drill's run knows its end */
      {"DELETE FROM journal", "entry"},
      {"DELETE FROM artifact", "entry"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_verify result = after(f, rows[i].sql);
    assert_false(result.ok);
    assert_string_equal(result.where, rows[i].where);
  }
}

static void the_first_bad_entry_is_named(void **state) {
  struct fixture *f = *state;
  struct mu_verify result =
      after(f, "UPDATE run SET record = replace(record, 'lakehouse', 'lakehorse') WHERE seq >= 2");
  assert_false(result.ok);
  assert_string_equal(result.where, "entry");
  assert_int_equal(result.seq, 2);
  assert_string_equal(result.run, f->runs[1]);
  assert_non_null(strstr(result.what, "record was changed"));
  result = after(f, "DELETE FROM run WHERE seq = 2");
  assert_int_equal(result.seq, 2);
  assert_non_null(strstr(result.what, "missing"));
  result = after(f, "UPDATE run SET verdict = 'PASS' WHERE seq = 3");
  assert_int_equal(result.seq, 3);
  assert_string_equal(result.run, f->runs[2]);
  assert_non_null(strstr(result.what, "column verdict"));
  result = after(f, "UPDATE journal SET detail = '{\"v\":2}' WHERE seq = 2");
  assert_string_equal(result.where, "journal");
  assert_string_equal(result.drill, drill_1);
  assert_int_equal(result.seq, 2);
}

/* An entry that was written again with hashes of its own that are right: the one after it does
 * not follow any more. */
static void an_entry_replaced_by_a_consistent_one(void **state) {
  struct fixture *f = *state;
  struct mu_ledger *ledger = NULL;
  struct mu_entries all;
  char hash[MU_SHA256_HEX];
  const struct mu_ledger_filter order = {.oldest_first = true};
  assert_int_equal(mu_ledger_open_readonly(f->original, &ledger, &f->err), 0);
  assert_int_equal(mu_ledger_list(ledger, &order, f->arena, &all, &f->err), 0);
  mu_ledger_close(ledger);
  const struct mu_link link = {.ledger = all.at[0].ledger,
                               .seq = 1,
                               .recorded_ms = 7,
                               .prev = "",
                               .record_sha256 = all.at[0].record_sha256,
                               .stored = 1,
                               .journal_sha256 = ""};
  mu_link_hash(&link, hash);
  struct mu_verify result = after(
      f, mu_arena_fmt(f->arena, "UPDATE run SET recorded_ms = 7, entry_sha256 = '%s' WHERE seq = 1",
                      hash));
  assert_false(result.ok);
  assert_int_equal(result.seq, 2);
  assert_non_null(strstr(result.what, "does not follow"));
}

static void rows_put_in(void **state) {
  struct fixture *f = *state;
  assert_false(after(f,
                     "INSERT INTO observation SELECT ledger_id, seq, 7, address, path, provider_id,"
                     " value FROM observation WHERE seq = 2 AND n = 1")
                   .ok);
  assert_false(
      after(f, "INSERT INTO run_workload SELECT ledger_id, seq, 'payments' FROM run WHERE seq = 1")
          .ok);
  assert_false(
      after(f, "INSERT INTO journal SELECT ledger_id, drill, 5, 'event', step, name, who, ref,"
               " detail, wall_ms, mono_ms, boot, pid, start_ticks, row_sha256, 'x'"
               " FROM journal WHERE seq = 4")
          .ok);
  assert_false(after(f, "INSERT INTO observation VALUES ('nobody', 9, 0, 'a', 'b', 'c', 'd')").ok);
}

static void a_changed_schema(void **state) {
  struct fixture *f = *state;
  static const char *const changes[] = {
      "DROP TRIGGER run_no_update",
      "CREATE TRIGGER quiet AFTER INSERT ON run BEGIN SELECT 1; END",
      "CREATE VIEW v AS SELECT 1",
      "ALTER TABLE run ADD COLUMN note TEXT",
  };
  for (size_t i = 0; i < MU_LEN(changes); i++) {
    sqlite3 *db = open_copy(f);
    assert_int_equal(run_sql(db, changes[i]), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    struct mu_verify result = verify(f, f->copy, false);
    assert_false(result.ok);
    assert_string_equal(result.where, "schema");
  }
}

/* Whoever can write the file can write the whole chain again: only an anchor kept elsewhere
 * shows it. */
static void only_an_anchor_shows_a_cut_end(void **state) {
  struct fixture *f = *state;
  sqlite3 *db = open_copy(f);
  char text[MU_ANCHOR_TEXT];
  struct mu_anchor back;
  assert_int_equal(tamper(f, db,
                          "DELETE FROM run WHERE seq = 3; DELETE FROM run_workload WHERE seq = 3;"
                          "DELETE FROM observation WHERE seq = 3"),
                   SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  assert_true(verify(f, f->copy, false).ok);
  struct mu_verify result = verify(f, f->copy, true);
  assert_false(result.ok);
  assert_string_equal(result.where, "anchor");
  assert_int_equal(result.seq, 3);
  mu_anchor_text(&f->anchor, text);
  assert_int_equal(mu_anchor_parse(text, &back, &f->err), 0);
  assert_memory_equal(&back, &f->anchor, sizeof back);
  static const char *const bad[] = {"", "x", "a:b:c", "01JDB3X0M8Q401JDB3X0M8Q401:1:", "::"};
  for (size_t i = 0; i < MU_LEN(bad); i++) {
    assert_int_equal(mu_anchor_parse(bad[i], &back, &f->err), -1);
    assert_int_equal(f->err.code, MU_E_USAGE);
  }
}

/* Bytes flipped in the file itself: some lie in unused space, the others are seen, and none may
 * crash. */
static void flipped_bytes(void **state) {
  struct fixture *f = *state;
  MU_STR(bytes, 4 << 20);
  int noticed = 0, tried = 0;
  assert_int_equal(mu_io_read(f->original, &bytes, &f->err), 0);
  for (size_t at = 101; at < bytes.n; at += 997) {
    bytes.p[at] = (char)(bytes.p[at] ^ 0x11);
    write_copy(f, &bytes);
    bytes.p[at] = (char)(bytes.p[at] ^ 0x11);
    struct mu_ledger *ledger = NULL;
    struct mu_verify result = {.ok = false};
    if (mu_ledger_open_readonly(f->copy, &ledger, &f->err) == 0) {
      (void)!mu_ledger_verify(ledger, &f->anchor, 1, f->arena, &result, &f->err);
      mu_ledger_close(ledger);
    }
    noticed += !result.ok;
    tried++;
  }
  assert_true(tried > 20);
  assert_true(noticed * 10 > tried);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(untouched_is_green),
      TEST(each_cell_of_each_table),
      TEST(each_row_taken_out),
      TEST(the_first_bad_entry_is_named),
      TEST(an_entry_replaced_by_a_consistent_one),
      TEST(rows_put_in),
      TEST(a_changed_schema),
      TEST(only_an_anchor_shows_a_cut_end),
      TEST(flipped_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
