/* SPDX-License-Identifier: Apache-2.0 */
/* The world in which the SQL client is tested: a server that answers as told and writes down what
 * it was asked, a clock that only moves when somebody sleeps. The answers are made after the
 * engines' documentation, not by the engines. */
#ifndef MU_TESTS_SQL_WORLD_H
#define MU_TESTS_SQL_WORLD_H

#include <stdatomic.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "support/httpd.h"
#include "wire/sql.h"

enum { SQL_WORLD_SEEN = 256 };

struct sql_reply {
  int status;                 /* 0: 200 */
  const char *headers, *body; /* "@" in the body stands for the server's URL */
  bool drop, cut;
  int delay_ms;
};

struct sql_world {
  struct httpd *server;
  struct mu_http *http;
  struct mu_arena *arena;
  struct mu_clock clock;
  bool real_time;
  int64_t now_ms, slept_ms;
  struct mu_cancel cancel;
  const struct sql_reply *replies; /* in order; the last one again and again */
  size_t replies_n;
  size_t cancel_after;        /* an interrupt once so many requests came; 0: none */
  atomic_size_t seen_n;       /* stored last, so that the rest is seen with it */
  char *seen[SQL_WORLD_SEEN]; /* "METHOD target\r\nhead\r\nbody" */
  char base[64];
  int64_t time_ms; /* given to a statement */
  struct mu_sql_result result;
  struct mu_err err;
};

/* cmocka's setup and teardown. */
int sql_world_set_up(void **state);
int sql_world_tear_down(void **state);

void sql_world_told(struct sql_world *w, const struct sql_reply *replies, size_t n);
#define SQL_TOLD(w, ...)                                                                           \
  sql_world_told((w), (const struct sql_reply[]){__VA_ARGS__},                                     \
                 MU_LEN(((const struct sql_reply[]){__VA_ARGS__})))

/* Runs a statement; target.url NULL: at the stub. The outcome is in w->result and w->err. */
enum mu_errc sql_world_run(struct sql_world *w, struct mu_sql_target target, const char *statement);
/* The i-th request (from 0) holds the text. */
bool sql_world_saw(const struct sql_world *w, size_t i, const char *text);
/* The last request was of that method and target. */
bool sql_world_ended_with(const struct sql_world *w, const char *method_and_target);

#endif
