/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a ledger file: to write, to read, or as a private scratch file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "model/record.h"

enum { BUSY_MS = 10000, PATH_CAP = 16 * 1024, VALUE_MAX = 2 * MU_RECORD_MAX };

/* Takes every parameter of the URI apart from ours out of the operator's hands. */
static void add_uri(struct mu_str *uri, const char *path, const char *parameters) {
  mu_str_add(uri, "file:");
  if (path[0] == '/') {
    mu_str_add(uri, "//"); /* an empty authority, or "//x" would be read as a host */
  }
  for (; *path; path++) {
    unsigned char c = (unsigned char)*path;
    if (c == '%' || c == '?' || c == '#' || c < 0x20 || c >= 0x7F) {
      mu_str_addf(uri, "%%%02X", (unsigned)c);
    } else {
      mu_str_addc(uri, (char)c);
    }
  }
  mu_str_add(uri, parameters);
}

static int configure(struct mu_ledger *ledger, struct mu_err *err) {
  (void)sqlite3_extended_result_codes(ledger->db, 0);
  (void)sqlite3_limit(ledger->db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
  (void)sqlite3_busy_timeout(ledger->db, BUSY_MS);
  (void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  (void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
  (void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
  (void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
  (void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
  return mu_db_exec(ledger,
                    "PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON;"
                    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY",
                    "opening", err);
}

static int connect(const char *path, const char *parameters, int flags, struct mu_ledger **out,
                   struct mu_err *err) {
  struct mu_ledger *ledger = calloc(1, sizeof *ledger);
  char *name = strdup(path);
  if (!ledger || !name) {
    MU_BUG("out of memory");
  }
  ledger->path = name;
  MU_STR(uri, PATH_CAP);
  if (*path) {
    add_uri(&uri, path, parameters);
  }
  int rc = uri.failed ? SQLITE_CANTOPEN
                      : sqlite3_open_v2(mu_str_get(&uri), &ledger->db,
                                        flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
  if (!ledger->db) {
    MU_BUG("out of memory in SQLite");
  }
  if (rc != SQLITE_OK || configure(ledger, err) != 0) {
    if (rc != SQLITE_OK) {
      (void)mu_db_fail(ledger, "opening", err);
    }
    mu_ledger_close(ledger);
    return -1;
  }
  *out = ledger;
  return 0;
}

static int load_identity(struct mu_ledger *ledger, struct mu_err *err) {
  MU_STMT(stmt);
  int64_t runs = 0;
  if (mu_db_query(ledger, &stmt, err, "SELECT ledger_id FROM ledger WHERE own = 1", "") != 0) {
    return -1;
  }
  int row = mu_db_step(ledger, stmt, "opening", err);
  if (row < 0 || mu_db_scalar(ledger, "SELECT EXISTS (SELECT 1 FROM run)", &runs, err) != 0) {
    return -1;
  }
  if (row == 0 || strlen(mu_db_text(stmt, 0)) != MU_ULID - 1) {
    return mu_fail(err, MU_E_INPUT, "ledger %s: damaged: it does not say which chain is its own",
                   ledger->path);
  }
  (void)snprintf(ledger->id, sizeof ledger->id, "%s", mu_db_text(stmt, 0));
  ledger->was_new = runs == 0;
  return 0;
}

/* The journal mode cannot be changed while somebody else is just opening the file: that is
 * short, so wait for it. */
static int use_wal(struct mu_ledger *ledger, struct mu_err *err) {
  for (int tries = 0;; tries++) {
    if (sqlite3_exec(ledger->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK) {
      return 0;
    }
    if (sqlite3_errcode(ledger->db) != SQLITE_BUSY || tries == 100) {
      return mu_db_fail(ledger, "opening", err);
    }
    mu_sleep_ms(mu_clock_system(), 20);
  }
}

int mu_ledger_open(const char *path, struct mu_ledger **out, struct mu_err *err) {
  struct mu_ledger *ledger MU_CLEANUP(mu_ledger_cleanup) = NULL;
  bool empty = false;
  if (connect(path, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &ledger, err) != 0 ||
      mu_schema_accept(ledger, &empty, err) != 0) {
    return -1;
  }
  if (sqlite3_db_readonly(ledger->db, "main") == 1) {
    return mu_fail(err, MU_E_IO, "ledger %s: the file cannot be written to", path);
  }
  if (mu_schema_migrate(ledger, err) != 0 || use_wal(ledger, err) != 0 ||
      load_identity(ledger, err) != 0) {
    return -1;
  }
  *out = ledger;
  ledger = NULL;
  return 0;
}

int mu_ledger_open_scratch(struct mu_ledger **out, struct mu_err *err) {
  struct mu_ledger *ledger MU_CLEANUP(mu_ledger_cleanup) = NULL;
  if (connect("", "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &ledger, err) != 0 ||
      mu_schema_migrate(ledger, err) != 0 || load_identity(ledger, err) != 0) {
    return -1;
  }
  *out = ledger;
  ledger = NULL;
  return 0;
}

static bool can_write_beside(const char *path) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const char *slash = strrchr(path, '/');
  const char *folder = !slash          ? "."
                       : slash == path ? "/"
                                       : mu_arena_strn(arena, path, (size_t)(slash - path));
  return access(folder, W_OK) == 0 && access(path, W_OK) == 0;
}

static bool has_wal(const char *path) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct stat st;
  return stat(mu_arena_fmt(arena, "%s-wal", path), &st) == 0 && st.st_size > 0;
}

/* A file in WAL mode can only be read through its -wal and -shm files, which SQLite makes where
 * they are missing and, in a writable connection, takes away again. Where nothing can be made
 * there, the file alone is read as one that nobody writes to; that is only right without a -wal
 * file that still holds entries. */
int mu_ledger_open_readonly(const char *path, struct mu_ledger **out, struct mu_err *err) {
  struct mu_ledger *ledger MU_CLEANUP(mu_ledger_cleanup) = NULL;
  struct stat st;
  bool empty = false, wal = has_wal(path), writable = can_write_beside(path);
  if (stat(path, &st) != 0) {
    int sys = errno;
    return sys == ENOENT ? mu_fail(err, MU_E_ABSENT, "ledger %s: no such file", path)
                         : mu_fail_sys(err, sys, "ledger %s", path);
  }
  if (wal && !writable) {
    return mu_fail(
        err, MU_E_IO,
        "ledger %s: newer entries are still in %s-wal, which cannot be read here; copy both files "
        "into a folder that can be written to, or run `muster ledger export` at the source",
        path, path);
  }
  const char *parameters = wal ? "?mode=ro" : writable ? "?mode=rw" : "?immutable=1";
  int flags = writable && !wal ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  if (connect(path, parameters, flags, &ledger, err) != 0 ||
      mu_db_exec(ledger, "PRAGMA query_only = ON", "opening", err) != 0 ||
      mu_schema_accept(ledger, &empty, err) != 0) {
    return -1;
  }
  ledger->readonly = true;
  if (empty) {
    return mu_fail(err, MU_E_INPUT, "ledger %s: the file is empty", path);
  }
  if (load_identity(ledger, err) != 0) {
    return -1;
  }
  *out = ledger;
  ledger = NULL;
  return 0;
}

void mu_ledger_close(struct mu_ledger *ledger) {
  if (ledger) {
    (void)sqlite3_close_v2(ledger->db);
    free(ledger->path);
    free(ledger);
  }
}

void mu_ledger_cleanup(struct mu_ledger **ledger) {
  mu_ledger_close(*ledger);
  *ledger = NULL;
}

const char *mu_ledger_path(const struct mu_ledger *ledger) {
  return ledger->path;
}
const char *mu_ledger_id(const struct mu_ledger *ledger) {
  return ledger->id;
}
bool mu_ledger_is_new(const struct mu_ledger *ledger) {
  return ledger->was_new;
}
