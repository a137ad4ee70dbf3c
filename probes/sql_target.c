/* SPDX-License-Identifier: Apache-2.0 */
#include "sql_target.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

static const struct {
  const char *name;
  size_t offset;
} rows[] = {
#define ROW(param, member)                                                                         \
  { param, offsetof(struct mu_sql_target, member) }
    ROW("engine", engine),       ROW("url", url),
    ROW("user", user),           ROW("password", password),
    ROW("token", token),         ROW("credential", credential),
    ROW("oauth_uri", oauth_uri), ROW("scope", scope),
    ROW("catalog", catalog),     ROW("schema", schema),
    ROW("warehouse", warehouse), ROW("workgroup", workgroup),
    ROW("output", output),       ROW("region", region),
    ROW("profile", profile),     ROW("ca", ca_file),
    ROW("cert", cert_file),      ROW("key", key_file),
#undef ROW
};

static void set(struct mu_sql_target *target, size_t row, const char *value) {
  memcpy((char *)target + rows[row].offset, &value, sizeof value);
}

void mu_sql_target_of_args(const struct mu_args *args, struct mu_sql_target *out) {
  const struct mu_arg *session = mu_arg_find(args, "session");
  *out = (struct mu_sql_target){0};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    set(out, i, mu_arg_str(args, rows[i].name, NULL));
  }
  if (session && session->value.type == MU_T_MAP && session->value.list.n > 0) {
    out->session = session->value.list.at;
    out->session_n = session->value.list.n;
  }
}

static int unknown(const char *map, const char *name, struct mu_err *err) {
  const char *known[MU_LEN(rows)];
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    known[i] = rows[i].name;
  }
  const char *near = mu_str_nearest(name, known, MU_LEN(rows));
  return mu_fail(err, MU_E_CONFIG, "%s: unknown parameter '%s'%s%s%s", map, name,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "session.NAME" of a map, whose values are texts. */
static void add_session(struct mu_sql_target *target, const char *name, const char *value,
                        struct mu_arena *arena) {
  const char **session = mu_arena_array(arena, target->session_n + 2, sizeof *session);
  for (size_t i = 0; i < target->session_n; i++) {
    session[i] = target->session[i];
  }
  session[target->session_n++] = name;
  session[target->session_n++] = value;
  target->session = session;
}

int mu_sql_target_of_map(const struct mu_args *args, const char *map, struct mu_arena *arena,
                         struct mu_sql_target *out, const char **table, struct mu_err *err) {
  const char *name = NULL, *value = NULL, *other_name = NULL;
  struct mu_sql_target target = {0};
  for (size_t i = 0; mu_arg_pair(args, map, i, &name, &value); i++) {
    size_t row = 0;
    while (row < MU_LEN(rows) && !mu_streq(rows[row].name, name)) {
      row++;
    }
    if (mu_streq(name, "table")) {
      other_name = value;
    } else if (mu_str_starts(name, "session.")) {
      add_session(&target, name + strlen("session."), value, arena);
    } else if (row < MU_LEN(rows)) {
      set(&target, row, value);
    } else {
      return unknown(map, name, err);
    }
  }
  *out = target;
  *table = other_name;
  return 0;
}

int mu_sql_target_ask(const struct mu_sql_target *target, const struct mu_probe_ctx *ctx,
                      const char *statement, struct mu_sql_result *result, struct mu_err *err) {
  struct mu_sql_target full = *target;
  bool by_aws = mu_streq(target->engine, "athena"); /* whose client has trust anchors of its own */
  full.ca_file = target->ca_file || by_aws ? target->ca_file : ctx->ca_file;
  const struct mu_sql_ctx sql = {
      .arena = ctx->arena,
      .clock = ctx->clock,
      .cancel = ctx->cancel,
      .deadline_mono_ms = ctx->deadline_mono_ms,
      .http = ctx->http,
      .aws = by_aws && ctx->aws ? ctx->aws(ctx->aws_ctx, target->region, target->profile) : NULL,
      .tokens = ctx->tokens,
  };
  return mu_sql_run(&full, &sql, statement, result, err);
}
