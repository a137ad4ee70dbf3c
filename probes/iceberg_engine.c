/* SPDX-License-Identifier: Apache-2.0 */
/* Where metadata gives only bounds for the rows, the engine that the operator named counts the same
 * snapshot. Its number must lie within the bounds: another one is a contradiction, not an answer.
 * An engine that cannot be asked leaves the bounds as they were. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "iceberg_look.h"
#include "sql_target.h"

enum { NAME_MAX_BYTES = 2048, KEEP_MS = 10000 };

/* "database"."table", as the catalog has it, unless the engine knows it by another name. */
static const char *table_name(const struct mu_args *args, const char *given,
                              struct mu_arena *arena) {
  const char *database = mu_arg_str(args, "database", NULL);
  const char *table = mu_arg_str(args, "table", NULL);
  MU_STR(name, NAME_MAX_BYTES);
  if (given || !database || !table) {
    return given;
  }
  mu_sql_add_name(&name, "trino", database);
  mu_str_addc(&name, '.');
  mu_sql_add_name(&name, "trino", table);
  return mu_str_copy(&name, arena);
}

static bool is_late(const struct mu_args *args) {
  const char *name = NULL, *value = NULL;
  for (size_t i = 0; mu_arg_pair(args, "engine", i, &name, &value); i++) {
    if (mu_streq(name, "engine") && strstr(value, "${")) {
      return true;
    }
  }
  return false;
}

int mu_look_engine_check(const struct mu_args *args, struct mu_arena *arena, struct mu_err *err) {
  struct mu_sql_target target;
  const char *table = NULL;
  if (!mu_arg_find(args, "engine") || is_late(args)) {
    return 0;
  }
  if (mu_sql_target_of_map(args, "engine", arena, &target, &table, err) != 0 ||
      mu_sql_check(&target, arena, err) != 0) {
    return mu_wrap(err, "engine");
  }
  if (!table_name(args, table, arena)) {
    return mu_fail(err, MU_E_CONFIG,
                   "engine: the table has no name there; say it as engine.table=SCHEMA.TABLE");
  }
  return 0;
}

/* Athena is asked where the table itself is, unless the engine says otherwise. */
static void add_account(struct mu_sql_target *target, const struct mu_args *args) {
  if (mu_streq(target->engine, "athena")) {
    target->region = target->region ? target->region : mu_arg_str(args, "region", NULL);
    target->profile = target->profile ? target->profile : mu_arg_str(args, "profile", NULL);
  }
}

static int count(const struct mu_look *look, int64_t *rows, struct mu_sql_result *result,
                 struct mu_sql_target *target, struct mu_err *err) {
  const char *table = NULL, *statement = NULL;
  struct mu_arena *arena = look->ctx->arena;
  struct mu_probe_ctx ctx = *look->ctx;
  int64_t left = ctx.deadline_mono_ms - mu_mono_ms(ctx.clock);
  ctx.deadline_mono_ms -= left / 2 < KEEP_MS ? left / 2 : KEEP_MS; /* the files come after it */
  const char *snapshot = mu_arena_fmt(arena, "%lld", (long long)look->snapshot->id);
  if (mu_sql_target_of_map(look->args, "engine", arena, target, &table, err) != 0) {
    return -1;
  }
  add_account(target, look->args);
  if (mu_sql_count(target->engine, table_name(look->args, table, arena), snapshot, arena,
                   &statement, err) != 0 ||
      mu_sql_target_ask(target, &ctx, statement, result, err) != 0) {
    return -1;
  }
  return mu_sql_one_count(result, rows, err);
}

static void add_contradiction(struct mu_look *look, struct mu_iceberg_result *result,
                              const char *text) {
  struct mu_arena *arena = look->ctx->arena;
  const char **texts = mu_arena_array(arena, result->contradiction_texts_n + 1, sizeof *texts);
  for (size_t i = 0; i < result->contradiction_texts_n; i++) {
    texts[i] = result->contradiction_texts[i];
  }
  texts[result->contradiction_texts_n] = text;
  result->contradiction_texts = texts;
  result->contradiction_texts_n++;
  result->contradictions++;
  result->is_trusted = false;
}

void mu_look_engine(struct mu_look *look, struct mu_iceberg_result *result) {
  struct mu_arena *arena = look->ctx->arena;
  struct mu_sql_target target;
  struct mu_sql_result answer;
  struct mu_err err = {0};
  int64_t rows = 0;
  if (!result->is_trusted || result->rows_lo == result->rows_hi || !look->snapshot ||
      !mu_arg_find(look->args, "engine")) {
    return;
  }
  if (count(look, &rows, &answer, &target, &err) != 0) {
    result->why = mu_arena_fmt(arena, "%s; the engine was asked: %s", result->why, err.msg);
    return;
  }
  (void)mu_fact_str(look->facts, "iceberg.rows_by", target.engine);
  mu_fact_str(look->facts, "iceberg.rows_query", answer.query_id)->is_volatile = true;
  if (rows < result->rows_lo || (result->rows_hi >= 0 && rows > result->rows_hi)) {
    add_contradiction(look, result,
                      mu_arena_fmt(arena, "%s counts %lld rows, the metadata allows %lld to %lld",
                                   target.engine, (long long)rows, (long long)result->rows_lo,
                                   (long long)result->rows_hi));
    return;
  }
  result->rows_lo = result->rows_hi = rows;
}
