/* SPDX-License-Identifier: Apache-2.0 */
/* One statement at an SQL engine, by the engine's own protocol: sent, waited for, taken back when
 * time is up or somebody interrupts. Only statements that read are sent. An engine is a row of
 * sql_engines.def and a file. Everything is borrowed for the call; results live in its arena. */
#ifndef MU_WIRE_SQL_H
#define MU_WIRE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/fact.h"

struct mu_arena;
struct mu_aws;
struct mu_cancel;
struct mu_clock;
struct mu_err;
struct mu_http;
struct mu_str;
struct mu_tokens;

enum {
  MU_SQL_MAX_ROWS = 100000,            /* of a result: more is MU_E_LIMIT */
  MU_SQL_MAX_COLUMNS = 1000,           /* likewise */
  MU_SQL_MAX_PAGE = 32 * 1024 * 1024,  /* bytes of one answer */
  MU_SQL_MAX_BYTES = 64 * 1024 * 1024, /* bytes of all of them */
  MU_SQL_MAX_STATEMENT = 256 * 1024,
};

/* Which engine, where, and as whom. What an engine has no use for is refused, not ignored. */
struct mu_sql_target {
  const char *engine;          /* a row of sql_engines.def */
  const char *url;             /* Trino's coordinator, Databricks' workspace */
  const char *user, *password; /* Trino */
  const char *token;           /* bearer */
  const char *credential;      /* Databricks: "ID:SECRET" of a service principal, for a token */
  const char *oauth_uri, *scope;
  const char *catalog,
      *schema;           /* what unqualified names are looked up in; NULL: the engine's own */
  const char *warehouse; /* Databricks: id of the SQL warehouse */
  const char *workgroup, *output; /* Athena; output: s3:// prefix that gets the result file */
  const char *region, *profile;   /* Athena */
  const char *const *session;     /* Trino: session properties, name, value, name, value, … */
  size_t session_n;
  const char *ca_file, *cert_file, *key_file;
};

/* Is the target complete, and one that secrets may be sent to? Reads nothing, sends nothing; values
 * that still hold a ${…} count as given. MU_E_CONFIG says what is missing or too much. */
MU_CHECKED int mu_sql_check(const struct mu_sql_target *target, struct mu_arena *arena,
                            struct mu_err *err);
/* The engines' names, with a blank between. */
extern const char *const mu_sql_engines;

/* One statement that can only read: SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE or EXPLAIN, without
 * a second one behind it, a word that writes in it, or a function that hands text to somebody else
 * to run. *out is the statement without its last ';'. Read by the engine's own rules of quoting;
 * what those leave in doubt is refused. MU_E_CONFIG. It is a guard against mistakes: what a
 * function does inside the engine nobody can see from here, so the account that asks should only be
 * able to read. */
MU_CHECKED int mu_sql_reads(const char *engine, const char *text, struct mu_arena *arena,
                            const char **out, struct mu_err *err);

/* "SELECT count(*) FROM …" of a table by its name: up to three parts with dots between, each bare
 * or quoted as in SQL ("a.b" or `a.b`, the quote doubled inside). snapshot (NULL: the current one)
 * is the number of the Iceberg snapshot, or Delta version, to read. MU_E_CONFIG. */
MU_CHECKED int mu_sql_count(const char *engine, const char *table, const char *snapshot,
                            struct mu_arena *arena, const char **out, struct mu_err *err);
/* An identifier, quoted for that engine. */
void mu_sql_add_name(struct mu_str *out, const char *engine, const char *name);

struct mu_sql_cell {
  const char *column, *type; /* as the engine names them */
  bool is_null;
  /* INT, REAL, BOOL, TIME (with a time zone, or an instant by type), else STR. A decimal is an INT
   * where it is a whole number of 64 bits, else a REAL. */
  struct mu_value value;
};

struct mu_sql_result {
  struct mu_sql_cell *columns; /* with the first row's values, where there is a row */
  size_t columns_n;
  int64_t rows;
  const char *query_id; /* the engine's own; "" where it never said */
  int64_t elapsed_ms;   /* from sending the statement to its last row, here */
  int64_t queued_ms;    /* waiting for the engine, as it says; -1: not told */
  int64_t scanned;      /* bytes, as it says; -1: not told */
  const char *left_at;  /* where the engine left a copy of the result; NULL: nowhere that it says */
};

/* The number that count(*) gave: one row, one column, a whole number. MU_E_REMOTE. */
MU_CHECKED int mu_sql_one_count(const struct mu_sql_result *result, int64_t *rows,
                                struct mu_err *err);

struct mu_sql_ctx {
  struct mu_arena *arena;
  const struct mu_clock *clock;
  const struct mu_cancel *cancel; /* may be NULL */
  int64_t deadline_mono_ms;       /* a little of it is kept for taking the statement back */
  struct mu_http *http;           /* nothing pending on it */
  struct mu_aws *aws;             /* Athena only */
  struct mu_tokens *tokens;       /* may be NULL: fetched for this statement alone */
};

/* Runs the statement, after mu_sql_check() and mu_sql_reads(). -1: MU_E_ABSENT, the engine says
 * that the table does not exist (Trino; others say so as well of what they will not show, which is
 * MU_E_REMOTE); MU_E_DENIED; MU_E_INPUT, the statement is wrong; MU_E_TIMEOUT and MU_E_CANCELED, it
 * was taken back at the engine or the message says why not; MU_E_LIMIT; MU_E_NET, MU_E_REMOTE.
 * *result holds the query's id then, too. */
MU_CHECKED int mu_sql_run(const struct mu_sql_target *target, const struct mu_sql_ctx *ctx,
                          const char *statement, struct mu_sql_result *result, struct mu_err *err);

#endif
