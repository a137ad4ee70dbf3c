/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the ledger only: the connection, prepared statements, transactions, and SQLite's errors
 * in words. */
#ifndef MU_LEDGER_DB_H
#define MU_LEDGER_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

struct mu_arena;
struct mu_err;

enum { MU_DB_APPLICATION = 0x4d757374, /* "Must" */ MU_DB_VERSION = 1 };

struct mu_ledger {
  sqlite3 *db;
  char *path;       /* as given: for messages */
  char id[MU_ULID]; /* of our own chain */
  bool readonly, was_new;
  unsigned depth; /* of transactions inside one another: the outermost commits */
};

/* Fills err from the connection's last error: what was being done, where, why, what to do.
 * Returns -1. */
int mu_db_fail(struct mu_ledger *ledger, const char *doing, struct mu_err *err);

/* Runs statements that return nothing. */
MU_CHECKED int mu_db_exec(struct mu_ledger *ledger, const char *sql, const char *doing,
                          struct mu_err *err);

/* Prepares one statement and binds its parameters in order. `types`, a letter each: 's' const
 * char * (NULL: SQL NULL), 'i' int64_t, 't' const char * and size_t (text), 'b' const void * and
 * size_t (blob). They are borrowed until the statement is finished. */
MU_CHECKED int mu_db_query(struct mu_ledger *ledger, sqlite3_stmt **out, struct mu_err *err,
                           const char *sql, const char *types, ...);
/* 1: a row; 0: no more; -1. */
MU_CHECKED int mu_db_step(struct mu_ledger *ledger, sqlite3_stmt *stmt, const char *doing,
                          struct mu_err *err);
/* Prepares, binds, runs and finishes. */
MU_CHECKED int mu_db_run(struct mu_ledger *ledger, const char *doing, struct mu_err *err,
                         const char *sql, const char *types, ...);
/* The first column of the first row, a number. */
MU_CHECKED int mu_db_scalar(struct mu_ledger *ledger, const char *sql, int64_t *out,
                            struct mu_err *err);
void mu_db_finish(sqlite3_stmt **stmt);
#define MU_STMT(name) sqlite3_stmt *name MU_CLEANUP(mu_db_finish) = NULL

/* A column as text ("" for NULL), borrowed until the next step; or copied into the arena. */
const char *mu_db_text(sqlite3_stmt *stmt, int column);
const char *mu_db_copy(sqlite3_stmt *stmt, int column, struct mu_arena *arena);

/* Any name as one that is safe in a folder: letters, digits, '-' and '_' stay, the rest is %XX. */
struct mu_str;
void mu_db_file_name(struct mu_str *out, const char *name);

/* A write transaction from the start, so that what is read in it cannot change before it is
 * written. One inside another joins it; a rollback takes back the whole. */
MU_CHECKED int mu_db_begin(struct mu_ledger *ledger, struct mu_err *err);
MU_CHECKED int mu_db_commit(struct mu_ledger *ledger, struct mu_err *err);
void mu_db_rollback(struct mu_ledger *ledger); /* fine where none is open */

/* schema.c */
/* Makes an empty database ours, or brings an older one up to MU_DB_VERSION. */
MU_CHECKED int mu_schema_migrate(struct mu_ledger *ledger, struct mu_err *err);
/* MU_E_INPUT: no database, or one of another program; MU_E_UNSUPPORTED: newer. *empty: nothing
 * in it yet. */
MU_CHECKED int mu_schema_accept(struct mu_ledger *ledger, bool *empty, struct mu_err *err);
/* What differs from the tables (and, unless `only_tables`, indexes and triggers) that this
 * version makes; *what stays NULL where nothing does. */
MU_CHECKED int mu_schema_compare(struct mu_ledger *ledger, bool only_tables, struct mu_arena *arena,
                                 const char **what, struct mu_err *err);
/* An empty ledger in a private temporary file. */
MU_CHECKED int mu_ledger_open_scratch(struct mu_ledger **out, struct mu_err *err);

#endif
