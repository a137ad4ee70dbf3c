/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* errno is not always still there: SQLite rolls back before it reports. */
static int fail_io(struct mu_ledger *ledger, const char *doing, struct mu_err *err) {
  int sys = sqlite3_system_errno(ledger->db);
  if (sqlite3_extended_errcode(ledger->db) == SQLITE_IOERR_WRITE || sys == EFBIG || sys == EDQUOT ||
      sys == ENOSPC) {
    (void)mu_fail(
        err, MU_E_IO,
        "ledger %s: %s: could not be written%s; nothing was recorded: look at free space, "
        "quota and size limits, then run it again",
        ledger->path, doing, sys == EDQUOT ? " (quota)" : "");
    if (err) {
      err->sys = sys;
    }
    return -1;
  }
  return sys ? mu_fail_sys(err, sys, "ledger %s: %s", ledger->path, doing)
             : mu_fail(err, MU_E_IO, "ledger %s: %s: %s", ledger->path, doing,
                       sqlite3_errmsg(ledger->db));
}

int mu_db_fail(struct mu_ledger *ledger, const char *doing, struct mu_err *err) {
  const char *path = ledger->path, *why = sqlite3_errmsg(ledger->db);
  switch (sqlite3_errcode(ledger->db)) {
  case SQLITE_FULL:
    (void)mu_fail(
        err, MU_E_IO,
        "ledger %s: %s: the disk is full; nothing was recorded: free some and run it again", path,
        doing);
    if (err) {
      err->sys = ENOSPC;
    }
    return -1;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return mu_fail(err, MU_E_BUSY,
                   "ledger %s: %s: another process holds it; wait for it to end, then run it again",
                   path, doing);
  case SQLITE_NOTADB:
    return mu_fail(err, MU_E_INPUT, "ledger %s: this file is no ledger (not an SQLite database)",
                   path);
  case SQLITE_CORRUPT:
    return mu_fail(
        err, MU_E_INPUT,
        "ledger %s: %s: the file is damaged (%s); keep it as it is and go back to a copy", path,
        doing, why);
  case SQLITE_READONLY:
    return mu_fail(err, MU_E_IO, "ledger %s: %s: the file or its folder cannot be written to", path,
                   doing);
  case SQLITE_CONSTRAINT:
    return mu_fail(err, MU_E_CONFLICT, "ledger %s: %s: refused: %s", path, doing, why);
  case SQLITE_TOOBIG:
    return mu_fail(err, MU_E_LIMIT, "ledger %s: %s: larger than any record may be", path, doing);
  case SQLITE_NOMEM:
    MU_BUG("out of memory in SQLite");
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
    return fail_io(ledger, doing, err);
  default:
    return mu_fail(err, MU_E_IO, "ledger %s: %s: %s", path, doing, why);
  }
}

int mu_db_exec(struct mu_ledger *ledger, const char *sql, const char *doing, struct mu_err *err) {
  return sqlite3_exec(ledger->db, sql, NULL, NULL, NULL) == SQLITE_OK
             ? 0
             : mu_db_fail(ledger, doing, err);
}

void mu_db_finish(sqlite3_stmt **stmt) {
  (void)sqlite3_finalize(*stmt);
  *stmt = NULL;
}

static int bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t n) {
  return sqlite3_bind_text64(stmt, at, text, n, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_all(sqlite3_stmt *stmt, const char *types, va_list args) {
  for (int at = 1; *types; types++, at++) {
    const char *text = NULL;
    int rc = SQLITE_MISUSE;
    switch (*types) {
    case 's':
      text = va_arg(args, const char *);
      rc = text ? bind_text(stmt, at, text, strlen(text)) : sqlite3_bind_null(stmt, at);
      break;
    case 'i':
      rc = sqlite3_bind_int64(stmt, at, va_arg(args, int64_t));
      break;
    case 't':
      text = va_arg(args, const char *);
      rc = bind_text(stmt, at, text, va_arg(args, size_t));
      break;
    case 'b':
      text = va_arg(args, const char *);
      rc = sqlite3_bind_blob64(stmt, at, text ? text : "", va_arg(args, size_t), SQLITE_STATIC);
      break;
    default:
      MU_BUG("parameter type '%c'", *types);
    }
    if (rc != SQLITE_OK) {
      return -1;
    }
  }
  return 0;
}

static int query(struct mu_ledger *ledger, sqlite3_stmt **out, struct mu_err *err, const char *sql,
                 const char *types, va_list args) {
  if (sqlite3_prepare_v2(ledger->db, sql, -1, out, NULL) != SQLITE_OK) {
    return mu_db_fail(ledger, "reading", err);
  }
  if (sqlite3_bind_parameter_count(*out) != (int)strlen(types)) {
    MU_BUG("parameters of: %s", sql);
  }
  if (bind_all(*out, types, args) != 0) {
    (void)mu_db_fail(ledger, "binding", err);
    mu_db_finish(out);
    return -1;
  }
  return 0;
}

int mu_db_query(struct mu_ledger *ledger, sqlite3_stmt **out, struct mu_err *err, const char *sql,
                const char *types, ...) {
  va_list args;
  va_start(args, types);
  int rc = query(ledger, out, err, sql, types, args);
  va_end(args);
  return rc;
}

int mu_db_step(struct mu_ledger *ledger, sqlite3_stmt *stmt, const char *doing,
               struct mu_err *err) {
  switch (sqlite3_step(stmt)) {
  case SQLITE_ROW:
    return 1;
  case SQLITE_DONE:
    return 0;
  default:
    return mu_db_fail(ledger, doing, err);
  }
}

int mu_db_run(struct mu_ledger *ledger, const char *doing, struct mu_err *err, const char *sql,
              const char *types, ...) {
  MU_STMT(stmt);
  va_list args;
  va_start(args, types);
  int rc = query(ledger, &stmt, err, sql, types, args);
  va_end(args);
  return rc == 0 && mu_db_step(ledger, stmt, doing, err) >= 0 ? 0 : -1;
}

int mu_db_scalar(struct mu_ledger *ledger, const char *sql, int64_t *out, struct mu_err *err) {
  MU_STMT(stmt);
  if (mu_db_query(ledger, &stmt, err, sql, "") != 0 ||
      mu_db_step(ledger, stmt, "opening", err) < 0) {
    return -1;
  }
  *out = sqlite3_column_int64(stmt, 0);
  return 0;
}

const char *mu_db_text(sqlite3_stmt *stmt, int column) {
  const char *text = (const char *)sqlite3_column_text(stmt, column);
  return text ? text : "";
}

const char *mu_db_copy(sqlite3_stmt *stmt, int column, struct mu_arena *arena) {
  const char *text = mu_db_text(stmt, column);
  return mu_arena_strn(arena, text, (size_t)sqlite3_column_bytes(stmt, column));
}

int mu_db_begin(struct mu_ledger *ledger, struct mu_err *err) {
  if (ledger->depth == 0 && mu_db_exec(ledger, "BEGIN IMMEDIATE", "waiting to write", err) != 0) {
    return -1;
  }
  ledger->depth++;
  return 0;
}

int mu_db_commit(struct mu_ledger *ledger, struct mu_err *err) {
  if (ledger->depth > 1) {
    ledger->depth--;
    return 0;
  }
  if (mu_db_exec(ledger, "COMMIT", "writing", err) == 0) {
    ledger->depth = 0;
    return 0;
  }
  mu_db_rollback(ledger);
  return -1;
}

void mu_db_rollback(struct mu_ledger *ledger) {
  ledger->depth = 0;
  if (!sqlite3_get_autocommit(ledger->db)) {
    (void)sqlite3_exec(ledger->db, "ROLLBACK", NULL, NULL, NULL);
  }
}

void mu_db_file_name(struct mu_str *out, const char *name) {
  for (const char *p = name; *p; p++) {
    bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                 *p == '-' || *p == '_';
    mu_str_addf(out, plain ? "%c" : "%%%02X", (unsigned char)*p);
  }
}
