/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SQL client share. */
#ifndef MU_WIRE_SQL_INT_H
#define MU_WIRE_SQL_INT_H

#include "base/err.h"
#include "wire/http.h"
#include "wire/sql.h"

struct mu_json;
struct mu_json_node;

/* One statement on its way. */
struct mu_sql_run {
  const struct mu_sql_target *target;
  const struct mu_sql_ctx *ctx;
  const char *statement;
  struct mu_sql_result *result;
  int64_t started_mono_ms, deadline_mono_ms;
  int64_t bytes;    /* of all answers */
  int64_t pause_ms; /* before the next look */
  int tries;        /* looks in a row that brought no answer worth the name */
  bool is_running;  /* something is at the engine that can be taken back */
  bool is_done;
  const char *authorization; /* header line; NULL: none */
  const char *base;          /* the target's URL without its last slash */
  const char *next; /* where the next page is: nextUri, a token, a link; NULL: not known (yet) */
  bool has_header;  /* Athena: the first row of the first page names the columns */
  int64_t promised; /* Databricks: rows that all chunks have together; -1: not told */
};

struct mu_sql_engine {
  const char *name;
  char quote;     /* of identifiers */
  bool backslash; /* escapes inside strings, which double quotes may be as well; r'…' has none */
  bool nested_comments;
  const char *version_as; /* " FOR VERSION AS OF " */
  /* Parameters, with a blank between: those that must be there, and the others that may be. */
  const char *needs, *takes;
  /* Sends the statement; then one look after another until is_done. -1: it failed, or will. */
  int (*start)(struct mu_sql_run *run, struct mu_err *err);
  int (*look)(struct mu_sql_run *run, struct mu_err *err);
  /* Takes it back, over an HTTP engine of its own that no interrupt stops. -1: could not. */
  int (*stop)(struct mu_sql_run *run, struct mu_http *http, struct mu_err *err);
};
/* NULL: there is none of that name. */
const struct mu_sql_engine *mu_sql_engine_find(const char *name);

/* ---- what the engines have in common (sql_ask.c) ---- */

struct mu_sql_ask {
  const char *method, *url;
  const char *const *headers; /* besides Authorization */
  size_t headers_n;
  const char *body;
  bool may_repeat; /* a lost answer, or none, may be asked for again */
};
/* One request and its answer as JSON. 0 with *doc NULL: not now, look again after run->pause_ms.
 * -1: MU_E_DENIED 401 and 403, MU_E_REMOTE, MU_E_NET, … with what the engine said of it. */
int mu_sql_ask(struct mu_sql_run *run, const struct mu_sql_ask *ask, struct mu_json **doc,
               struct mu_err *err);
/* The same for taking a statement back: any 2xx will do. */
int mu_sql_tell(struct mu_sql_run *run, struct mu_http *http, const struct mu_sql_ask *ask,
                struct mu_err *err);
/* MU_E_TIMEOUT, with the time that was given. */
int mu_sql_no_answer(const struct mu_sql_run *run, struct mu_err *err);
/* The next pause between looks at something that takes its time: from `least` on, half as much
 * again each time, at most `most`. */
void mu_sql_slower(struct mu_sql_run *run, int64_t least, int64_t most);
/* One line, capped, nothing in it that could move a cursor. */
const char *mu_sql_clean(struct mu_arena *arena, const char *text);

/* ---- rows (sql_rows.c): pure functions of an answer ---- */

/* Takes down the columns, once: an array of objects that name each one and its type (types that are
 * newer than Databricks' list of names have a text only). */
int mu_sql_columns(struct mu_sql_result *result, const struct mu_json_node *columns,
                   const char *name_key, const char *type_key, struct mu_arena *arena,
                   struct mu_err *err);
/* Counts rows, an array of arrays, and keeps the first. MU_E_LIMIT over MU_SQL_MAX_ROWS;
 * MU_E_REMOTE where a row has not as many values as there are columns. */
int mu_sql_rows(struct mu_sql_result *result, const struct mu_json_node *rows,
                struct mu_arena *arena, struct mu_err *err);
/* Counts n more rows. MU_E_LIMIT. */
int mu_sql_count_rows(struct mu_sql_result *result, size_t n, struct mu_err *err);
/* A value by the name of its type, as text or as JSON. */
void mu_sql_cell_text(struct mu_sql_cell *cell, const char *text, struct mu_arena *arena);
void mu_sql_cell_json(struct mu_sql_cell *cell, const struct mu_json_node *node,
                      struct mu_arena *arena);

/* One page of an engine's answer into run->result; run->next, is_running and is_done say how it
 * goes on. -1: the query failed, or the page is none. */
int mu_sql_trino_page(struct mu_sql_run *run, const struct mu_json_node *page, struct mu_err *err);
int mu_sql_athena_status(struct mu_sql_run *run, const struct mu_json_node *page,
                         struct mu_err *err);
int mu_sql_athena_page(struct mu_sql_run *run, const struct mu_json_node *page, struct mu_err *err);
int mu_sql_databricks_page(struct mu_sql_run *run, const struct mu_json_node *page,
                           struct mu_err *err);

#define MU_SQL_ENGINE(name) extern const struct mu_sql_engine mu_sql_##name;
#include "wire/sql_engines.def"
#undef MU_SQL_ENGINE

#endif
