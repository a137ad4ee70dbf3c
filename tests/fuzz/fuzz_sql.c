/* SPDX-License-Identifier: Apache-2.0 */
/* Statements, names of tables, and the answers of engines, as any bytes. The first byte says which.
 * What may be sent stays so when it is read again, and a name never becomes anything but a name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/sql_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void statement(const char *engine, const char *text, struct mu_arena *arena) {
  const char *once = NULL, *twice = NULL;
  struct mu_err err = {0};
  if (mu_sql_reads(engine, text, arena, &once, &err) != 0) {
    MU_ASSERT(err.code != MU_E_NONE && !once);
    return;
  }
  MU_ASSERT(mu_str_starts(text, once));
  MU_ASSERT(mu_sql_reads(engine, once, arena, &twice, &err) == 0 && strcmp(once, twice) == 0);
}

static void name(const char *engine, const char *text, struct mu_arena *arena) {
  const char *counts = NULL, *read = NULL;
  struct mu_err err = {0};
  if (mu_sql_count(engine, text, "7", arena, &counts, &err) == 0) {
    MU_ASSERT(mu_sql_reads(engine, counts, arena, &read, &err) == 0 && strcmp(counts, read) == 0);
  }
}

static void answer(char kind, const char *text, size_t n, struct mu_arena *arena) {
  struct mu_json *doc = NULL;
  struct mu_err err = {0};
  struct mu_sql_result result = {.query_id = ""};
  const struct mu_sql_target target = {.engine = "trino", .url = "https://t.example.com"};
  const struct mu_sql_ctx ctx = {.arena = arena, .clock = mu_clock_system()};
  struct mu_sql_run run = {.target = &target,
                           .ctx = &ctx,
                           .result = &result,
                           .base = "https://t.example.com",
                           .has_header = n % 2,
                           .promised = -1};
  if (mu_json_parse(text, n, &doc, &err) != 0) {
    return;
  }
  const struct mu_json_node *root = mu_json_root(doc);
  int rc = kind == 't'   ? mu_sql_trino_page(&run, root, &err)
           : kind == 's' ? mu_sql_athena_status(&run, root, &err)
           : kind == 'a' ? mu_sql_athena_page(&run, root, &err)
                         : mu_sql_databricks_page(&run, root, &err);
  if (rc != 0) {
    MU_ASSERT(err.code != MU_E_NONE);
  } else if (kind == 't') {
    MU_ASSERT(run.is_done == !run.next);
    MU_ASSERT(!run.next || strncmp(run.next + 4, "s://", 4) == 0);
  }
  MU_ASSERT(result.rows >= 0 && result.rows <= MU_SQL_MAX_ROWS);
  MU_ASSERT(!run.is_done || result.columns_n > 0 || kind == 'a');
  for (size_t i = 0; i < result.columns_n; i++) {
    MU_ASSERT(result.columns[i].value.type != MU_T_STR || result.columns[i].value.s);
  }
  mu_json_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  struct mu_arena *arena = mu_arena_new();
  const char *text = mu_arena_strn(arena, (const char *)data + 1, size - 1);
  char kind = (char)data[0];
  if (kind == 'T' || kind == 'D') {
    statement(kind == 'T' ? "trino" : "databricks", text, arena);
  } else if (kind == 'n') {
    name("trino", text, arena);
    name("databricks", text, arena);
  } else if (kind == 'v') {
    static const char *const types[] = {"bigint", "decimal(9,2)", "boolean", "double", "timestamp"};
    for (size_t i = 0; i < MU_LEN(types); i++) {
      struct mu_sql_cell cell = {.column = "c", .type = types[i]};
      mu_sql_cell_text(&cell, text, arena);
    }
  } else {
    answer(kind, text, strlen(text), arena);
  }
  mu_arena_free(arena);
  return 0;
}
