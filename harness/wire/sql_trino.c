/* SPDX-License-Identifier: Apache-2.0 */
/* Trino's client protocol (trino: docs/src/main/sphinx/develop/client-protocol.md): POST the text
 * to /v1/statement, GET nextUri until there is none, DELETE it to cancel. A page is asked for again
 * after 502, 503, 504 and 429, or when it was lost on the way: the coordinator keeps the last one.
 * Where the query stands is in nextUri and error alone; stats are for people. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/sigv4.h"
#include "wire/sql_int.h"
#include "wire/url.h"

enum {
  HEADERS_MAX = 12,
  MAX_HEADER = 8192,
  MAX_URI = 4096,
  EMPTY_MS = 10, /* after a page without rows: the coordinator waits by itself, a proxy may not */
  EMPTY_MAX_MS = 200,
};

/* ---- a page ---- */

/* Its own words of what went wrong, with the place where they lack it. */
static int failed(const struct mu_json_node *error, struct mu_arena *arena, struct mu_err *err) {
  static const char *const gone[] = {"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"};
  const char *name = mu_json_str(mu_json_get(error, "errorName"), "");
  const char *type = mu_json_str(mu_json_get(error, "errorType"), "");
  const char *message = mu_json_str(mu_json_get(error, "message"), "");
  int64_t line = mu_json_int(mu_json_path(error, "errorLocation.lineNumber"), 0);
  int64_t column = mu_json_int(mu_json_path(error, "errorLocation.columnNumber"), 0);
  enum mu_errc code = mu_streq(type, "USER_ERROR") ? MU_E_INPUT : MU_E_REMOTE;
  if (mu_streq(name, gone[0]) || mu_streq(name, gone[1])) {
    code = MU_E_ABSENT;
  } else if (mu_streq(name, "PERMISSION_DENIED")) {
    code = MU_E_DENIED;
  }
  MU_STR(text, MU_ERR_MAX);
  mu_str_addf(&text, "%.60s (%.30s): %s", mu_sql_clean(arena, name), mu_sql_clean(arena, type),
              mu_sql_clean(arena, message));
  if (line > 0 && !mu_str_starts(message, "line ")) {
    mu_str_addf(&text, " (line %lld:%lld)", (long long)line, (long long)column);
  }
  return mu_fail(err, code, "%s", mu_str_get(&text));
}

/* The next page comes from where the statement went: an answer must not send credentials to another
 * host, or in clear. */
static int check_origin(const struct mu_sql_run *run, const char *next, struct mu_err *err) {
  struct mu_url ours, theirs;
  struct mu_arena *arena = run->ctx->arena;
  if (strlen(next) > MAX_URI) {
    return mu_fail(err, MU_E_LIMIT, "nextUri is over the cap of %d bytes", MAX_URI);
  }
  if (mu_url_parse(run->base, arena, &ours, err) != 0 ||
      mu_url_parse(next, arena, &theirs, err) != 0) {
    err->code = MU_E_REMOTE;
    return mu_wrap(err, "nextUri");
  }
  if (ours.tls && !theirs.tls) {
    return mu_fail(err, MU_E_REMOTE,
                   "nextUri would go on without TLS; behind a proxy the coordinator needs "
                   "http-server.process-forwarded=true");
  }
  if (ours.tls != theirs.tls || ours.port != theirs.port ||
      strcasecmp(ours.host, theirs.host) != 0) {
    return mu_fail(err, MU_E_REMOTE, "nextUri leads to another host, %.80s:%d",
                   mu_sql_clean(arena, theirs.host), theirs.port);
  }
  return 0;
}

static void take_stats(struct mu_sql_result *result, const struct mu_json_node *stats) {
  result->queued_ms = mu_json_int(mu_json_get(stats, "queuedTimeMillis"), result->queued_ms);
  result->scanned = mu_json_int(mu_json_get(stats, "physicalInputBytes"), result->scanned);
}

int mu_sql_trino_page(struct mu_sql_run *run, const struct mu_json_node *page, struct mu_err *err) {
  struct mu_sql_result *result = run->result;
  struct mu_arena *arena = run->ctx->arena;
  const char *id = mu_json_str(mu_json_get(page, "id"), NULL);
  const char *next = mu_json_str(mu_json_get(page, "nextUri"), NULL);
  const struct mu_json_node *error = mu_json_get(page, "error");
  if (!id) {
    return mu_fail(err, MU_E_REMOTE, "the answer is no page of a query");
  }
  result->query_id = *result->query_id ? result->query_id : mu_sql_clean(arena, id);
  take_stats(result, mu_json_get(page, "stats"));
  run->is_running = run->is_running && next;
  if (mu_json_type(error) == MU_JSON_OBJECT) {
    run->is_running = false;
    return failed(error, arena, err);
  }
  if (next) {
    if (check_origin(run, next, err) != 0) {
      return -1;
    }
    run->next = mu_arena_str(arena, next);
    run->is_running = true;
  }
  if (mu_sql_columns(result, mu_json_get(page, "columns"), "name", "type", arena, err) != 0 ||
      mu_sql_rows(result, mu_json_get(page, "data"), arena, err) != 0) {
    return -1;
  }
  if (!next && result->columns_n == 0) {
    return mu_fail(err, MU_E_REMOTE, "the query ended without a result");
  }
  run->is_done = !next;
  return 0;
}

/* ---- requests ---- */

struct headers {
  const char *at[HEADERS_MAX];
  size_t n;
};

static void add(struct headers *headers, struct mu_arena *arena, const char *name,
                const char *value) {
  if (value) {
    headers->at[headers->n++] = mu_arena_fmt(arena, "%s: %s", name, value);
  }
}

/* name=value, …; values are URL-encoded. */
static const char *session(const struct mu_sql_target *target, struct mu_arena *arena) {
  MU_STR(text, MAX_HEADER);
  for (size_t i = 0; i + 1 < target->session_n; i += 2) {
    mu_str_addf(&text, "%s%s=", i ? "," : "", target->session[i]);
    mu_uri_encode(&text, target->session[i + 1], false);
  }
  return target->session_n > 0 ? mu_str_copy(&text, arena) : NULL;
}

/* Where nobody says who asks, a coordinator without authentication still wants a name. */
static const char *user(const struct mu_sql_target *target) {
  bool is_known = target->user || target->token || target->cert_file;
  return is_known ? target->user : "muster";
}

static void authorize(struct mu_sql_run *run) {
  const struct mu_sql_target *target = run->target;
  struct mu_arena *arena = run->ctx->arena;
  if (target->token) {
    run->authorization = mu_arena_fmt(arena, "Authorization: Bearer %s", target->token);
  } else if (target->password) {
    const char *pair = mu_arena_fmt(arena, "%s:%s", target->user, target->password);
    MU_STR(encoded, MAX_HEADER);
    mu_str_add_base64(&encoded, pair, strlen(pair));
    run->authorization = mu_arena_fmt(arena, "Authorization: Basic %s", mu_str_get(&encoded));
  }
}

static int follow(struct mu_sql_run *run, const struct mu_sql_ask *ask, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  int64_t rows = run->result->rows;
  if (mu_sql_ask(run, ask, &doc, err) != 0) {
    return -1;
  }
  if (!doc) {
    return 0;
  }
  if (mu_sql_trino_page(run, mu_json_root(doc), err) != 0) {
    return -1;
  }
  if (run->result->rows > rows) {
    run->pause_ms = 0;
  } else {
    mu_sql_slower(run, EMPTY_MS, EMPTY_MAX_MS);
  }
  return 0;
}

static int start(struct mu_sql_run *run, struct mu_err *err) {
  const struct mu_sql_target *target = run->target;
  struct mu_arena *arena = run->ctx->arena;
  struct headers headers = {.n = 0};
  authorize(run);
  add(&headers, arena, "Content-Type", "text/plain; charset=utf-8");
  add(&headers, arena, "X-Trino-User", user(target));
  add(&headers, arena, "X-Trino-Source", "muster");
  add(&headers, arena, "X-Trino-Catalog", target->catalog);
  add(&headers, arena, "X-Trino-Schema", target->schema);
  add(&headers, arena, "X-Trino-Time-Zone",
      "UTC"); /* a time without a zone means the same everywhere */
  add(&headers, arena, "X-Trino-Session", session(target, arena));
  const struct mu_sql_ask ask = {.method = "POST",
                                 .url = mu_arena_fmt(arena, "%s/v1/statement", run->base),
                                 .headers = headers.at,
                                 .headers_n = headers.n,
                                 .body = run->statement};
  return follow(run, &ask, err);
}

/* The user is said again: behind some proxies each request is judged by itself. */
static int look(struct mu_sql_run *run, struct mu_err *err) {
  struct headers headers = {.n = 0};
  add(&headers, run->ctx->arena, "X-Trino-User", user(run->target));
  const struct mu_sql_ask ask = {.method = "GET",
                                 .url = run->next,
                                 .headers = headers.at,
                                 .headers_n = headers.n,
                                 .may_repeat = true};
  return follow(run, &ask, err);
}

static int stop(struct mu_sql_run *run, struct mu_http *http, struct mu_err *err) {
  struct headers headers = {.n = 0};
  add(&headers, run->ctx->arena, "X-Trino-User", user(run->target));
  const struct mu_sql_ask ask = {
      .method = "DELETE", .url = run->next, .headers = headers.at, .headers_n = headers.n};
  return mu_sql_tell(run, http, &ask, err);
}

const struct mu_sql_engine mu_sql_trino = {
    .name = "trino",
    .quote = '"',
    .version_as = " FOR VERSION AS OF ",
    .needs = "url",
    .takes = "user password token catalog schema session ca cert key",
    .start = start,
    .look = look,
    .stop = stop,
};
