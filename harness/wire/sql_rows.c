/* SPDX-License-Identifier: Apache-2.0 */
/* Columns, rows and values, as engines name and write them. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/sql_int.h"

/* ---- one value ---- */

static bool is_type(const char *type, const char *const *words, size_t n) {
  size_t length = strcspn(type, "( ");
  for (size_t i = 0; i < n; i++) {
    if (strlen(words[i]) == length && strncasecmp(words[i], type, length) == 0) {
      return true;
    }
  }
  return false;
}

static const char *const WHOLE[] = {"bigint",  "integer", "int",   "smallint",
                                    "tinyint", "long",    "short", "byte"};
static const char *const FLOATING[] = {"double", "real", "float"};
static const char *const DECIMAL[] = {"decimal", "numeric"};
static const char *const INSTANT[] = {"timestamp"};

static void set_text(struct mu_sql_cell *cell, const char *text, struct mu_arena *arena) {
  cell->value = (struct mu_value){.type = MU_T_STR, .s = mu_arena_str(arena, text)};
}

/* A number that is none (NaN, a decimal over every cap) stays text. */
static bool set_number(struct mu_sql_cell *cell, const char *text, bool may_be_whole) {
  struct mu_value value = {.type = MU_T_INT};
  if (may_be_whole && mu_num_parse_i64(text, &value.i) == 0) {
    cell->value = value;
    return true;
  }
  value.type = MU_T_REAL;
  if (mu_num_parse_f64(text, &value.f) != 0) {
    return false;
  }
  cell->value = value;
  return true;
}

/* "2026-11-22 03:58:00.000 UTC" (Trino, Athena), "2026-11-22T03:58:00.000Z" (Databricks). Without a
 * zone it is no point in time, and a zone by name would need tables of zones: those stay text. */
static bool set_time(struct mu_sql_cell *cell, const char *text) {
  size_t n = strlen(text);
  MU_STR(plain, 64);
  if (mu_str_ends(text, " UTC")) {
    mu_str_addn(&plain, text, n - 4);
    mu_str_addc(&plain, 'Z');
  } else if (n > 7 && text[n - 7] == ' ' && strchr("+-", text[n - 6])) {
    mu_str_addn(&plain, text, n - 7);
    mu_str_add(&plain, text + n - 6);
  } else {
    mu_str_add(&plain, text);
  }
  int64_t ms = 0;
  if (plain.failed || mu_time_parse(mu_str_get(&plain), &ms) != 0) {
    return false;
  }
  cell->value = (struct mu_value){.type = MU_T_TIME, .i = ms};
  return true;
}

void mu_sql_cell_text(struct mu_sql_cell *cell, const char *text, struct mu_arena *arena) {
  const char *type = cell->type;
  bool done = false;
  if (is_type(type, WHOLE, MU_LEN(WHOLE)) || is_type(type, DECIMAL, MU_LEN(DECIMAL))) {
    done = set_number(cell, text, true);
  } else if (is_type(type, FLOATING, MU_LEN(FLOATING))) {
    done = set_number(cell, text, false);
  } else if (strcasecmp(type, "boolean") == 0) {
    done = strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0;
    cell->value = (struct mu_value){.type = MU_T_BOOL, .b = strcasecmp(text, "true") == 0};
  } else if (is_type(type, INSTANT, MU_LEN(INSTANT))) {
    done = set_time(cell, text);
  }
  if (!done) {
    set_text(cell, text, arena);
  }
}

void mu_sql_cell_json(struct mu_sql_cell *cell, const struct mu_json_node *node,
                      struct mu_arena *arena) {
  cell->is_null = false;
  switch (mu_json_type(node)) {
  case MU_JSON_INT:
    cell->value = (struct mu_value){.type = MU_T_INT, .i = mu_json_int(node, 0)};
    break;
  case MU_JSON_REAL:
    cell->value = (struct mu_value){.type = MU_T_REAL, .f = mu_json_real(node, 0)};
    break;
  case MU_JSON_BOOL:
    cell->value = (struct mu_value){.type = MU_T_BOOL, .b = mu_json_bool(node, false)};
    break;
  case MU_JSON_STR:
    mu_sql_cell_text(cell, mu_json_str(node, ""), arena);
    break;
  case MU_JSON_ARRAY:
  case MU_JSON_OBJECT:
    set_text(cell, mu_json_text(node, arena), arena);
    break;
  case MU_JSON_ABSENT:
  case MU_JSON_NULL:
    cell->is_null = true;
    set_text(cell, "", arena);
    break;
  }
}

/* ---- columns and rows ---- */

int mu_sql_columns(struct mu_sql_result *result, const struct mu_json_node *columns,
                   const char *name_key, const char *type_key, struct mu_arena *arena,
                   struct mu_err *err) {
  size_t n = mu_json_len(columns);
  if (result->columns_n > 0 || n == 0) {
    return 0;
  }
  if (mu_json_type(columns) != MU_JSON_ARRAY || n > MU_SQL_MAX_COLUMNS) {
    return mu_fail(err, MU_E_LIMIT, "more than %d columns", MU_SQL_MAX_COLUMNS);
  }
  result->columns = mu_arena_array(arena, n, sizeof *result->columns);
  for (size_t i = 0; i < n; i++) {
    const struct mu_json_node *column = mu_json_at(columns, i);
    const char *name = mu_json_str(mu_json_get(column, name_key), NULL);
    const char *type = mu_json_str(mu_json_get(column, type_key), NULL);
    type = type ? type : mu_json_str(mu_json_get(column, "type_text"), NULL);
    if (!name || !type) {
      return mu_fail(err, MU_E_REMOTE, "a column without a name or a type");
    }
    result->columns[i] = (struct mu_sql_cell){.column = mu_arena_str(arena, name),
                                              .type = mu_arena_str(arena, type),
                                              .is_null = true,
                                              .value = {.type = MU_T_STR, .s = ""}};
  }
  result->columns_n = n;
  return 0;
}

int mu_sql_count_rows(struct mu_sql_result *result, size_t n, struct mu_err *err) {
  if (n > MU_SQL_MAX_ROWS || result->rows + (int64_t)n > MU_SQL_MAX_ROWS) {
    return mu_fail(err, MU_E_LIMIT,
                   "the result has more than %d rows; let the engine count: SELECT count(*) …",
                   MU_SQL_MAX_ROWS);
  }
  result->rows += (int64_t)n;
  return 0;
}

int mu_sql_rows(struct mu_sql_result *result, const struct mu_json_node *rows,
                struct mu_arena *arena, struct mu_err *err) {
  size_t n = mu_json_len(rows);
  if (mu_json_type(rows) == MU_JSON_ABSENT || mu_json_type(rows) == MU_JSON_NULL) {
    return 0;
  }
  if (mu_json_type(rows) != MU_JSON_ARRAY || (n > 0 && result->columns_n == 0)) {
    return mu_fail(err, MU_E_REMOTE, "rows of no known form");
  }
  for (size_t i = 0; i < n; i++) {
    const struct mu_json_node *row = mu_json_at(rows, i);
    if (mu_json_type(row) != MU_JSON_ARRAY || mu_json_len(row) != result->columns_n) {
      return mu_fail(err, MU_E_REMOTE, "a row has %zu values for %zu columns", mu_json_len(row),
                     result->columns_n);
    }
  }
  for (size_t i = 0; n > 0 && result->rows == 0 && i < result->columns_n; i++) {
    mu_sql_cell_json(&result->columns[i], mu_json_at(mu_json_at(rows, 0), i), arena);
  }
  return mu_sql_count_rows(result, n, err);
}

int mu_sql_one_count(const struct mu_sql_result *result, int64_t *rows, struct mu_err *err) {
  const struct mu_sql_cell *cell = result->columns;
  if (result->rows != 1 || result->columns_n != 1 || cell->is_null ||
      cell->value.type != MU_T_INT || cell->value.i < 0) {
    return mu_fail(err, MU_E_REMOTE, "the answer to count(*) is no number of rows");
  }
  *rows = cell->value.i;
  return 0;
}
