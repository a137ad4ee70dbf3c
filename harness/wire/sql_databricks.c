/* SPDX-License-Identifier: Apache-2.0 */
/* Databricks SQL Statement Execution API (docs.databricks.com/api/statement-execution): POST the
 * statement to a warehouse, GET its state until it is settled, the chunks of the result, POST
 * cancel. The statement is never waited for in the call that sends it (wait_timeout 0s): until that
 * returns, nobody would know the id to cancel. A warehouse that sleeps takes minutes to start;
 * that is time in state PENDING, and counts. */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/sql_int.h"
#include "wire/tokens.h"

enum {
  LOOK_MS = 100,
  LOOK_MAX_MS = 5000, /* the service itself may be that far behind */
  BYTES_MAX = 16 * 1024 * 1024,
  MAX_BODY = 1024 * 1024,
  MAX_PATH = 1024,
};

/* ---- what the answers say ---- */

static int failed(const struct mu_json_node *status, const char *state, struct mu_arena *arena,
                  struct mu_err *err) {
  const char *code = mu_json_str(mu_json_path(status, "error.error_code"), "");
  const char *message = mu_json_str(mu_json_path(status, "error.message"), "");
  const char *sql_state = mu_json_str(mu_json_get(status, "sql_state"), "");
  bool is_denied = mu_streq(sql_state, "42501") || mu_streq(code, "UNAUTHENTICATED") ||
                   strstr(message, "INSUFFICIENT_PERMISSIONS") ||
                   strstr(message, "PERMISSION_DENIED");
  /* 42P01, 42704: no such table or schema, or none that these credentials may see. */
  bool is_hidden = mu_streq(sql_state, "42P01") || mu_streq(sql_state, "42704");
  bool is_users = mu_streq(code, "BAD_REQUEST") && !is_hidden;
  return mu_fail(err,
                 is_denied  ? MU_E_DENIED
                 : is_users ? MU_E_INPUT
                            : MU_E_REMOTE,
                 "the statement is %s: %s%s%s", mu_sql_clean(arena, state),
                 mu_sql_clean(arena, code), *message ? ": " : "", mu_sql_clean(arena, message));
}

/* A path on the same host, of this statement; anything else is no link of the service. */
static int take_link(struct mu_sql_run *run, const char *link, struct mu_err *err) {
  const char *prefix = mu_arena_fmt(run->ctx->arena, "/api/2.0/sql/statements/%s/result/chunks/",
                                    run->result->query_id);
  if (!mu_str_starts(link, prefix) || strlen(link) > MAX_PATH || strstr(link, "..")) {
    return mu_fail(err, MU_E_REMOTE, "the next chunk's link leads elsewhere");
  }
  run->next = mu_arena_str(run->ctx->arena, link);
  return 0;
}

static int take_rows(struct mu_sql_run *run, const struct mu_json_node *part, struct mu_err *err) {
  const char *link = mu_json_str(mu_json_get(part, "next_chunk_internal_link"), NULL);
  if (mu_sql_rows(run->result, mu_json_get(part, "data_array"), run->ctx->arena, err) != 0) {
    return -1;
  }
  run->next = NULL;
  run->is_done = !link;
  return link ? take_link(run, link, err) : 0;
}

/* Each chunk was counted; together they are what the manifest promises. */
static int check_total(const struct mu_sql_run *run, int64_t promised, struct mu_err *err) {
  if (run->is_done && promised >= 0 && promised != run->result->rows) {
    return mu_fail(err, MU_E_REMOTE, "%lld rows came of %lld", (long long)run->result->rows,
                   (long long)promised);
  }
  return 0;
}

static int succeeded(struct mu_sql_run *run, const struct mu_json_node *page, struct mu_err *err) {
  const struct mu_json_node *manifest = mu_json_get(page, "manifest");
  const struct mu_json_node *part = mu_json_get(page, "result");
  run->is_running = false;
  if (mu_json_bool(mu_json_get(manifest, "truncated"), false)) {
    return mu_fail(
        err, MU_E_LIMIT,
        "the result is over %d rows or %d bytes; let the engine count: SELECT count(*) …",
        MU_SQL_MAX_ROWS, BYTES_MAX);
  }
  if (mu_sql_columns(run->result, mu_json_path(manifest, "schema.columns"), "name", "type_name",
                     run->ctx->arena, err) != 0) {
    return -1;
  }
  if (run->result->columns_n == 0 || !part) {
    return mu_fail(err, MU_E_REMOTE, "the statement ended without a result");
  }
  run->promised = mu_json_int(mu_json_get(manifest, "total_row_count"), -1);
  return take_rows(run, part, err) == 0 ? check_total(run, run->promised, err) : -1;
}

int mu_sql_databricks_page(struct mu_sql_run *run, const struct mu_json_node *page,
                           struct mu_err *err) {
  struct mu_sql_result *result = run->result;
  const struct mu_json_node *status = mu_json_get(page, "status");
  const char *id = mu_json_str(mu_json_get(page, "statement_id"), NULL);
  const char *state = mu_json_str(mu_json_get(status, "state"), NULL);
  if (run->next) { /* a chunk */
    return take_rows(run, page, err) == 0 ? check_total(run, run->promised, err) : -1;
  }
  if (!id || !*id || strspn(id, "0123456789abcdefABCDEF-") != strlen(id) || strlen(id) > 64 ||
      !state) {
    return mu_fail(err, MU_E_REMOTE, "the answer is no state of a statement");
  }
  if (*result->query_id && !mu_streq(result->query_id, id)) {
    return mu_fail(err, MU_E_REMOTE, "the answer is of another statement");
  }
  result->query_id = mu_arena_str(run->ctx->arena, id);
  if (mu_streq(state, "PENDING") || mu_streq(state, "RUNNING")) {
    run->is_running = true;
    if (mu_streq(state, "PENDING")) { /* as long as it was seen so */
      result->queued_ms = mu_mono_ms(run->ctx->clock) - run->started_mono_ms;
    }
    return 0;
  }
  run->is_running = false;
  return mu_streq(state, "SUCCEEDED") ? succeeded(run, page, err)
                                      : failed(status, state, run->ctx->arena, err);
}

/* ---- requests ---- */

static int authorize(struct mu_sql_run *run, struct mu_err *err) {
  const struct mu_sql_target *target = run->target;
  const struct mu_sql_ctx *ctx = run->ctx;
  const char *token = target->token;
  if (target->credential) {
    struct mu_tokens *own MU_CLEANUP(mu_tokens_cleanup) =
        ctx->tokens ? NULL : mu_tokens_new(ctx->clock);
    const char *colon = strchr(target->credential, ':');
    const struct mu_token_ask ask = {
        .url = target->oauth_uri ? target->oauth_uri
                                 : mu_arena_fmt(ctx->arena, "%s/oidc/v1/token", run->base),
        .client_id =
            mu_arena_strn(ctx->arena, target->credential, (size_t)(colon - target->credential)),
        .secret = colon + 1,
        .scope = target->scope ? target->scope : "all-apis",
        .basic = true,
        .ca_file = target->ca_file,
        .deadline_mono_ms = run->deadline_mono_ms};
    if (mu_tokens_get(ctx->tokens ? ctx->tokens : own, ctx->http, &ask, ctx->arena, &token, err) !=
        0) {
      return -1;
    }
  }
  run->authorization = token ? mu_arena_fmt(ctx->arena, "Authorization: Bearer %s", token) : NULL;
  return 0;
}

static const char *start_body(const struct mu_sql_run *run) {
  const struct mu_sql_target *target = run->target;
  struct mu_jw w;
  MU_STR(body, MAX_BODY);
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "statement", run->statement);
  mu_jw_kstr(&w, "warehouse_id", target->warehouse);
  mu_jw_kstr_opt(&w, "catalog", target->catalog);
  mu_jw_kstr_opt(&w, "schema", target->schema);
  mu_jw_kstr(&w, "wait_timeout", "0s");
  mu_jw_kstr(&w, "disposition", "INLINE");
  mu_jw_kstr(&w, "format", "JSON_ARRAY");
  mu_jw_kint(&w, "row_limit", MU_SQL_MAX_ROWS);
  mu_jw_kint(&w, "byte_limit", BYTES_MAX);
  mu_jw_end(&w);
  return body.failed ? NULL : mu_str_copy(&body, run->ctx->arena);
}

static int follow(struct mu_sql_run *run, const struct mu_sql_ask *ask, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_sql_ask(run, ask, &doc, err) != 0) {
    return -1;
  }
  if (!doc) {
    return 0;
  }
  if (mu_sql_databricks_page(run, mu_json_root(doc), err) != 0) {
    return -1;
  }
  if (run->next) { /* the next chunk is there already */
    run->pause_ms = 0;
  } else {
    mu_sql_slower(run, LOOK_MS, LOOK_MAX_MS);
  }
  return 0;
}

static int start(struct mu_sql_run *run, struct mu_err *err) {
  static const char *const headers[] = {"Content-Type: application/json"};
  const char *body = start_body(run);
  if (!body) {
    return mu_fail(err, MU_E_LIMIT, "the statement is too long");
  }
  if (!run->authorization && authorize(run, err) != 0) {
    return -1;
  }
  const struct mu_sql_ask ask = {
      .method = "POST",
      .url = mu_arena_fmt(run->ctx->arena, "%s/api/2.0/sql/statements", run->base),
      .headers = headers,
      .headers_n = MU_LEN(headers),
      .body = body};
  return follow(run, &ask, err);
}

static const char *statement_url(const struct mu_sql_run *run, const char *behind) {
  return mu_arena_fmt(run->ctx->arena, "%s/api/2.0/sql/statements/%s%s", run->base,
                      run->result->query_id, behind);
}

static int look(struct mu_sql_run *run, struct mu_err *err) {
  const char *url = run->next ? mu_arena_fmt(run->ctx->arena, "%s%s", run->base, run->next)
                              : statement_url(run, "");
  const struct mu_sql_ask ask = {.method = "GET", .url = url, .may_repeat = true};
  return follow(run, &ask, err);
}

static int stop(struct mu_sql_run *run, struct mu_http *http, struct mu_err *err) {
  const struct mu_sql_ask ask = {.method = "POST", .url = statement_url(run, "/cancel")};
  return mu_sql_tell(run, http, &ask, err);
}

const struct mu_sql_engine mu_sql_databricks = {
    .name = "databricks",
    .quote = '`',
    .backslash = true,
    .nested_comments = true,
    .version_as = " VERSION AS OF ",
    .needs = "url warehouse",
    .takes = "token credential oauth_uri scope catalog schema ca",
    .start = start,
    .look = look,
    .stop = stop,
};
