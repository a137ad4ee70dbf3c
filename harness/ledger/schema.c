/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and how a file is recognised and migrated. `user_version` counts the migrations
 * that a file has seen. Triggers keep the tables append-only and the chains unbroken against
 * every writer that goes through SQL; against one that edits the file there is the hash chain. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

/* Updating and deleting are refused, and so is INSERT OR REPLACE, which deletes without firing a
 * delete trigger. */
#define APPEND_ONLY(table)                                                                         \
  "CREATE TRIGGER " table "_no_update BEFORE UPDATE ON " table                                     \
  " BEGIN SELECT RAISE(ABORT, '" table " is append-only'); END;"                                   \
  "CREATE TRIGGER " table "_no_delete BEFORE DELETE ON " table                                     \
  " BEGIN SELECT RAISE(ABORT, '" table " is append-only'); END;"

/* One string a table; ISO C asks no compiler to take longer ones. */
static const char *const version_1[] = {
    "CREATE TABLE ledger (" /* one row a chain; one of them is our own */
    " ledger_id TEXT PRIMARY KEY, own INTEGER NOT NULL CHECK (own IN (0, 1))) STRICT;"
    "CREATE UNIQUE INDEX ledger_own ON ledger (own) WHERE own = 1;" APPEND_ONLY(
        "ledger") "CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger"
                  " WHEN EXISTS (SELECT 1 FROM ledger WHERE ledger_id = NEW.ledger_id)"
                  " BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;",

    /* Columns behind `record` repeat what the record says, for searching; verify compares them. */
    "CREATE TABLE run ("
    " ledger_id TEXT NOT NULL REFERENCES ledger, seq INTEGER NOT NULL CHECK (seq > 0),"
    " recorded_ms INTEGER NOT NULL, prev_sha256 TEXT NOT NULL, record_sha256 TEXT NOT NULL,"
    " stored INTEGER NOT NULL, journal_seq INTEGER NOT NULL, journal_sha256 TEXT NOT NULL,"
    " entry_sha256 TEXT NOT NULL UNIQUE, record TEXT NOT NULL,"
    " run_id TEXT NOT NULL UNIQUE, command TEXT NOT NULL, class TEXT NOT NULL,"
    " workload TEXT NOT NULL, scope TEXT NOT NULL, verdict TEXT NOT NULL, drill TEXT NOT NULL,"
    " cleanup TEXT NOT NULL, started_ms INTEGER NOT NULL, elapsed_ms INTEGER NOT NULL,"
    " interrupted INTEGER NOT NULL CHECK (interrupted IN (0, 1)),"
    " PRIMARY KEY (ledger_id, seq)) STRICT;"
    "CREATE INDEX run_started ON run (started_ms);"
    "CREATE INDEX run_command ON run (command, started_ms);" APPEND_ONLY(
        "run") "CREATE TRIGGER run_in_order BEFORE INSERT ON run"
               " WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM run WHERE ledger_id = "
               "NEW.ledger_id)"
               " OR NEW.prev_sha256 <> coalesce((SELECT entry_sha256 FROM run"
               "  WHERE ledger_id = NEW.ledger_id ORDER BY seq DESC LIMIT 1), '')"
               " OR EXISTS (SELECT 1 FROM run WHERE run_id = NEW.run_id)"
               " BEGIN SELECT RAISE(ABORT, 'a run goes to the end of its chain, once'); END;",

    /* Which workloads a run looked at. */
    "CREATE TABLE run_workload ("
    " ledger_id TEXT NOT NULL, seq INTEGER NOT NULL, workload TEXT NOT NULL,"
    " PRIMARY KEY (workload, ledger_id, seq),"
    " FOREIGN KEY (ledger_id, seq) REFERENCES run) STRICT;"
    "CREATE INDEX run_workload_run ON run_workload (ledger_id, seq);" APPEND_ONLY("run_workload"),

    "CREATE TABLE observation ("
    " ledger_id TEXT NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,"
    " address TEXT NOT NULL, path TEXT NOT NULL, provider_id TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (ledger_id, seq, n),"
    " FOREIGN KEY (ledger_id, seq) REFERENCES run) STRICT;" APPEND_ONLY("observation"),

    "CREATE TABLE artifact ("
    " sha256 TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;" APPEND_ONLY(
        "artifact") "CREATE TRIGGER artifact_no_replace BEFORE INSERT ON artifact"
                    " WHEN EXISTS (SELECT 1 FROM artifact WHERE sha256 = NEW.sha256)"
                    " BEGIN SELECT RAISE(ABORT, 'artifact is append-only'); END;",

    "CREATE TABLE journal ("
    " ledger_id TEXT NOT NULL REFERENCES ledger, drill TEXT NOT NULL,"
    " seq INTEGER NOT NULL CHECK (seq > 0), kind TEXT NOT NULL, step TEXT NOT NULL,"
    " name TEXT NOT NULL, who TEXT NOT NULL, ref INTEGER NOT NULL, detail TEXT NOT NULL,"
    " wall_ms INTEGER NOT NULL, mono_ms INTEGER NOT NULL, boot TEXT NOT NULL,"
    " pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,"
    " prev_sha256 TEXT NOT NULL, row_sha256 TEXT NOT NULL,"
    " PRIMARY KEY (ledger_id, drill, seq)) STRICT;"
    "CREATE INDEX journal_ends ON journal (ledger_id, drill) WHERE kind = 'end';" APPEND_ONLY(
        "journal") "CREATE TRIGGER journal_in_order BEFORE INSERT ON journal"
                   " WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal"
                   "  WHERE ledger_id = NEW.ledger_id AND drill = NEW.drill)"
                   " OR NEW.prev_sha256 <> coalesce((SELECT row_sha256 FROM journal"
                   "  WHERE ledger_id = NEW.ledger_id AND drill = NEW.drill ORDER BY seq DESC "
                   "LIMIT 1), '')"
                   " BEGIN SELECT RAISE(ABORT, 'a journal row goes to the end of its drill'); END;",
    NULL};

/* From version i to i + 1. */
static const char *const *const migrations[MU_DB_VERSION] = {version_1};

int mu_schema_accept(struct mu_ledger *ledger, bool *empty, struct mu_err *err) {
  int64_t application = 0, version = 0, objects = 0;
  if (mu_db_scalar(ledger, "PRAGMA application_id", &application, err) != 0 ||
      mu_db_scalar(ledger, "PRAGMA user_version", &version, err) != 0 ||
      mu_db_scalar(ledger, "SELECT count(*) FROM sqlite_schema", &objects, err) != 0) {
    return -1;
  }
  *empty = application == 0 && version == 0 && objects == 0;
  if (*empty) {
    return 0;
  }
  if (application != MU_DB_APPLICATION) {
    return mu_fail(err, MU_E_INPUT,
                   "ledger %s: this SQLite database belongs to another program; name another file",
                   ledger->path);
  }
  if (version > MU_DB_VERSION) {
    return mu_fail(
        err, MU_E_UNSUPPORTED,
        "ledger %s: written by a newer muster (format %lld, this one knows %d); use that version",
        ledger->path, (long long)version, (int)MU_DB_VERSION);
  }
  if (version < 1) {
    return mu_fail(err, MU_E_INPUT, "ledger %s: its format number %lld is none of ours",
                   ledger->path, (long long)version);
  }
  return 0;
}

static int apply(struct mu_ledger *ledger, bool is_new, int64_t version, struct mu_err *err) {
  char pragma[64];
  for (; version < MU_DB_VERSION; version++) {
    for (const char *const *sql = migrations[version]; *sql; sql++) {
      if (mu_db_exec(ledger, *sql, "creating its tables", err) != 0) {
        return -1;
      }
    }
  }
  (void)snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 (int)MU_DB_APPLICATION, (int)MU_DB_VERSION);
  if (mu_db_exec(ledger, pragma, "creating its tables", err) != 0) {
    return -1;
  }
  if (!is_new) {
    return 0;
  }
  char id[MU_ULID];
  mu_ulid(mu_wall_ms(mu_clock_system()), id);
  return mu_db_run(ledger, "creating its chain", err, "INSERT INTO ledger VALUES (?, 1)", "s", id);
}

/* Everything is asked again inside the transaction: another process may have been faster. */
int mu_schema_migrate(struct mu_ledger *ledger, struct mu_err *err) {
  bool is_new = false;
  int64_t version = 0;
  if (mu_db_begin(ledger, err) != 0) {
    return -1;
  }
  if (mu_schema_accept(ledger, &is_new, err) != 0 ||
      mu_db_scalar(ledger, "PRAGMA user_version", &version, err) != 0 ||
      (version < MU_DB_VERSION && apply(ledger, is_new, version, err) != 0)) {
    mu_db_rollback(ledger);
    return -1;
  }
  return mu_db_commit(ledger, err);
}

/* Name and text of everything in sqlite_schema, side by side, in an order of their own. */
static int list_schema(struct mu_ledger *ledger, bool only_tables, struct mu_arena *arena,
                       const char ***out, size_t *n, struct mu_err *err) {
  MU_STMT(stmt);
  const char **at = NULL;
  size_t count = 0, cap = 0;
  int row = 0;
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema"
                  " WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'"
                  " AND (?1 = 0 OR type IN ('table', 'view')) ORDER BY 1",
                  "i", (int64_t)only_tables) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "reading its tables", err)) > 0) {
    for (int column = 0; column < 2; column++) {
      at = mu_arena_grow(arena, at, count, &cap, sizeof *at);
      at[count++] = mu_db_copy(stmt, column, arena);
    }
  }
  if (row < 0) {
    return -1;
  }
  *out = at;
  *n = count;
  return 0;
}

int mu_schema_compare(struct mu_ledger *ledger, bool only_tables, struct mu_arena *arena,
                      const char **what, struct mu_err *err) {
  struct mu_ledger *fresh MU_CLEANUP(mu_ledger_cleanup) = NULL;
  const char **ours = NULL, **theirs = NULL;
  size_t n = 0, m = 0, i = 0, k = 0;
  if (mu_ledger_open_scratch(&fresh, err) != 0 ||
      list_schema(fresh, only_tables, arena, &ours, &n, err) != 0 ||
      list_schema(ledger, only_tables, arena, &theirs, &m, err) != 0) {
    return -1;
  }
  for (; i < n || k < m; i += 2, k += 2) {
    int order = i >= n ? 1 : k >= m ? -1 : strcmp(ours[i], theirs[k]);
    if (order != 0) {
      *what = mu_arena_fmt(arena, order < 0 ? "%s is missing" : "%s was added",
                           order < 0 ? ours[i] : theirs[k]);
      return 0;
    }
    if (strcmp(ours[i + 1], theirs[k + 1]) != 0) {
      *what = mu_arena_fmt(arena, "%s was changed", ours[i]);
      return 0;
    }
  }
  return 0;
}
