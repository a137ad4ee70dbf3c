/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to engines that speak JSON over HTTP: what may be asked again, and what an answer that
 * is none means. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/sql_int.h"

enum {
  REQUEST_MS = 30000,
  HEADERS_MAX = 24,
  LOST_MAX = 5, /* answers lost in a row before somebody who lost them all gives up */
  AGAIN_MS = 100,
  AGAIN_MAX_MS = 1000,
  RETRY_AFTER_MAX_S = 60,
  TEXT_MAX = 240,
};

const char *mu_sql_clean(struct mu_arena *arena, const char *text) {
  MU_STR(out, 4 * TEXT_MAX);
  size_t n = strlen(text);
  mu_str_add_safe(&out, text, n < TEXT_MAX ? n : TEXT_MAX);
  return mu_str_copy(&out, arena);
}

/* Both of the forms that engines and what stands before them use: {"message"}, or plain text. */
static int refused(struct mu_sql_run *run, const struct mu_http_resp *resp, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err ignored = {0};
  const char *said = resp->body;
  if (mu_json_parse(resp->body, resp->body_n, &doc, &ignored) == 0) {
    said = mu_json_str(mu_json_get(mu_json_root(doc), "message"), said);
  }
  bool is_denied = resp->status == 401 || resp->status == 403;
  bool is_page = *said == '<'; /* of a proxy: nothing worth a line */
  said = is_page ? "" : mu_sql_clean(run->ctx->arena, said);
  return mu_fail(err, is_denied ? MU_E_DENIED : MU_E_REMOTE, "HTTP %d%s%s", resp->status,
                 *said ? ": " : "", said);
}

static bool is_for_later(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Retry-After in seconds (RFC 9110, 10.2.3); its other form, a date, is rare and falls back. */
static void pause_before_again(struct mu_sql_run *run, const struct mu_http_resp *resp) {
  const char *after = mu_http_header(resp, "retry-after");
  int64_t seconds = 0;
  run->pause_ms = run->tries * AGAIN_MS < AGAIN_MAX_MS ? run->tries * AGAIN_MS : AGAIN_MAX_MS;
  if (after && mu_num_parse_i64(after, &seconds) == 0 && seconds > 0) {
    run->pause_ms = 1000 * (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S);
  }
}

/* Would the pause end behind the deadline, then what came is the answer. */
static int again(struct mu_sql_run *run, const struct mu_http_resp *resp, struct mu_err *err) {
  int64_t left = run->deadline_mono_ms - mu_mono_ms(run->ctx->clock);
  run->tries++;
  pause_before_again(run, resp);
  if (left > run->pause_ms) {
    return 0;
  }
  if (resp->error == MU_E_TIMEOUT) { /* the request had what was left, and used it up */
    return mu_sql_no_answer(run, err);
  }
  if (resp->error != MU_E_NONE) {
    return mu_fail(err, resp->error, "%s (%d tries)", resp->error_msg, run->tries);
  }
  return mu_fail(err, MU_E_REMOTE, "HTTP %d, %d tries", resp->status, run->tries);
}

static void build(const struct mu_sql_run *run, const struct mu_sql_ask *ask,
                  const char *headers[HEADERS_MAX], struct mu_http_req *req) {
  const struct mu_sql_target *target = run->target;
  int64_t left = run->deadline_mono_ms - mu_mono_ms(run->ctx->clock);
  size_t n = 0;
  headers[n++] = "Accept: application/json";
  if (run->authorization) {
    headers[n++] = run->authorization;
  }
  MU_ASSERT(ask->headers_n + n <= HEADERS_MAX);
  for (size_t i = 0; i < ask->headers_n; i++) {
    headers[n++] = ask->headers[i];
  }
  *req = (struct mu_http_req){.method = ask->method,
                              .url = ask->url,
                              .headers = headers,
                              .headers_n = n,
                              .body = ask->body,
                              .body_n = ask->body ? strlen(ask->body) : 0,
                              .timeout_ms = left < 1            ? 1
                                            : left < REQUEST_MS ? left
                                                                : REQUEST_MS,
                              .ca_file = target->ca_file,
                              .cert_file = target->cert_file,
                              .key_file = target->key_file,
                              .max_body = MU_SQL_MAX_PAGE,
                              .path_as_is = true,
                              .once = !ask->may_repeat};
}

static int lost(struct mu_sql_run *run, const struct mu_sql_ask *ask,
                const struct mu_http_resp *resp, struct mu_err *err) {
  bool transient =
      resp->error == MU_E_NET || resp->error == MU_E_TIMEOUT || resp->error == MU_E_REMOTE;
  if (ask->may_repeat && transient && !resp->in_tls && run->tries < LOST_MAX) {
    return again(run, resp, err);
  }
  return mu_fail(err, resp->error, "%s%s", resp->error_msg,
                 !ask->may_repeat && resp->sent
                     ? "; the statement was sent, and may run without anybody waiting for it"
                     : "");
}

static int parse(struct mu_sql_run *run, const struct mu_http_resp *resp, struct mu_json **doc,
                 struct mu_err *err) {
  run->bytes += (int64_t)resp->body_n;
  if (resp->truncated || run->bytes > MU_SQL_MAX_BYTES) {
    return mu_fail(err, MU_E_LIMIT, "the result is over the cap of %d bytes", MU_SQL_MAX_BYTES);
  }
  if (mu_json_parse(resp->body, resp->body_n, doc, err) != 0) {
    err->code = MU_E_REMOTE;
    return mu_wrap(err, "the answer");
  }
  if (mu_json_type(mu_json_root(*doc)) != MU_JSON_OBJECT) {
    mu_json_free(*doc);
    *doc = NULL;
    return mu_fail(err, MU_E_REMOTE, "the answer is no JSON object");
  }
  return 0;
}

int mu_sql_ask(struct mu_sql_run *run, const struct mu_sql_ask *ask, struct mu_json **doc,
               struct mu_err *err) {
  const char *headers[HEADERS_MAX];
  struct mu_http_req req;
  struct mu_http_resp resp = {0};
  struct mu_err why = {0};
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  *doc = NULL;
  build(run, ask, headers, &req);
  if (mu_http_do(run->ctx->http, &req, scratch, &resp, &why) != 0) {
    if (resp.error == MU_E_NONE) { /* the request itself is impossible */
      *err = why;
      return -1;
    }
    return lost(run, ask, &resp, err);
  }
  if (is_for_later(resp.status)) {
    return again(run, &resp, err);
  }
  if (resp.status < 200 || resp.status > 299) {
    return refused(run, &resp, err);
  }
  run->tries = 0;
  return parse(run, &resp, doc, err);
}

int mu_sql_tell(struct mu_sql_run *run, struct mu_http *http, const struct mu_sql_ask *ask,
                struct mu_err *err) {
  const char *headers[HEADERS_MAX];
  struct mu_http_req req;
  struct mu_http_resp resp = {0};
  build(run, ask, headers, &req);
  if (mu_http_do(http, &req, run->ctx->arena, &resp, err) != 0) {
    return -1;
  }
  return resp.status >= 200 && resp.status < 300 ? 0 : refused(run, &resp, err);
}
