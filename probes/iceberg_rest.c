/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an Iceberg REST catalog: its configuration, one table, and what each refusal means. */
#include "iceberg_rest.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/http.h"
#include "wire/sigv4.h"
#include "wire/url.h"

enum {
  MAX_ANSWER = 64 * 1024 * 1024,
  MAX_HEADERS = 32,
  MAX_SAID = 200,
  ATTEMPTS = 3,
  PAUSE_MS = 300,
  MAX_PAUSE_MS = 5000
};

/* ---- one request ---- */

/* The catalog's own words, safe to print. */
static const char *said(const struct mu_json_node *root, struct mu_arena *arena) {
  const struct mu_json_node *error = mu_json_get(root, "error");
  const char *type = mu_json_str(mu_json_get(error, "type"), "");
  const char *message = mu_json_str(mu_json_get(error, "message"), "");
  MU_STR(safe, MAX_SAID * 8);
  mu_str_add_safe(&safe, type, strnlen(type, MAX_SAID));
  mu_str_add(&safe, *type && *message ? ": " : "");
  mu_str_add_safe(&safe, message, strnlen(message, MAX_SAID));
  return mu_str_copy(&safe, arena);
}

/* Some catalogs answer 404 for what one may not see, and say so in words: that is no absence. */
static bool hints_at_rights(const char *message) {
  static const char *const words[] = {"permission", "authoriz", "privilege", "forbidden"};
  for (const char *at = message; *at; at++) {
    for (size_t i = 0; i < MU_LEN(words); i++) {
      if (strncasecmp(at, words[i], strlen(words[i])) == 0) {
        return true;
      }
    }
  }
  return false;
}

/* 404 stands for the table only where the catalog says so; a proxy's own 404 proves nothing. */
static enum mu_errc kind_of(int status, const struct mu_json_node *root) {
  const char *type = mu_json_str(mu_json_path(root, "error.type"), "");
  bool is_gone = status == 404 && (mu_streq(type, "NoSuchTableException") ||
                                   mu_streq(type, "NoSuchNamespaceException"));
  if (is_gone && !hints_at_rights(mu_json_str(mu_json_path(root, "error.message"), ""))) {
    return MU_E_ABSENT;
  }
  bool is_denied = is_gone || status == 401 || status == 403 || status == 419;
  return is_denied ? MU_E_DENIED : MU_E_REMOTE;
}

static int judge(const struct mu_http_resp *resp, const struct mu_json_node *root,
                 struct mu_arena *arena, struct mu_err *err) {
  if (resp->error != MU_E_NONE) {
    return mu_fail(err, resp->error, "the catalog: %s",
                   resp->error_msg ? resp->error_msg : "no answer");
  }
  if (resp->status >= 200 && resp->status < 300) {
    return mu_json_type(root) == MU_JSON_OBJECT
               ? 0
               : mu_fail(err, MU_E_REMOTE, "the catalog's answer is no JSON object");
  }
  const char *words = said(root, arena);
  return mu_fail(err, kind_of(resp->status, root), "the catalog answers %d%s%s", resp->status,
                 *words ? ": " : "", words);
}

/* The headers of every request: how we are known, what we want, and what the operator adds. */
static int headers_for(struct mu_rest *rest, const char *url, struct mu_http_req *req,
                       struct mu_err *err) {
  struct mu_arena *arena = rest->ctx->arena;
  const char **lines = mu_arena_array(arena, MAX_HEADERS, sizeof *lines);
  const char *name = NULL, *value = NULL;
  size_t n = 0, auth_n = 0;
  lines[n++] = "Accept: application/json";
  if (rest->wants_keys) {
    lines[n++] = "X-Iceberg-Access-Delegation: vended-credentials";
  }
  if (mu_rest_auth_lines(rest, url, lines + n, &auth_n, err) != 0) {
    return -1;
  }
  n += auth_n;
  for (size_t i = 0; mu_arg_pair(rest->args, "headers", i, &name, &value); i++) {
    if (n == MAX_HEADERS) {
      return mu_fail(err, MU_E_LIMIT, "more headers than the cap of %d", (int)MAX_HEADERS);
    }
    lines[n++] = mu_arena_fmt(arena, "%s: %s", name, value);
  }
  req->headers = lines;
  req->headers_n = n;
  return 0;
}

/* How long the catalog wants to be left alone; -1: it need not be asked again. */
static int64_t pause_ms(const struct mu_http_resp *resp, int attempt) {
  const char *asked = mu_http_header(resp, "Retry-After");
  int64_t seconds = 0;
  bool is_busy = resp->status == 429 || resp->status >= 500;
  if (attempt == ATTEMPTS || (resp->error != MU_E_NET && !(resp->error == MU_E_NONE && is_busy))) {
    return -1;
  }
  if (asked && mu_num_parse_i64(asked, &seconds) == 0 && seconds > 0) {
    return seconds < MAX_PAUSE_MS / 1000 ? seconds * 1000 : MAX_PAUSE_MS;
  }
  return (int64_t)PAUSE_MS * attempt;
}

static int send(struct mu_rest *rest, const char *url, struct mu_http_resp *resp,
                struct mu_err *err) {
  const struct mu_probe_ctx *ctx = rest->ctx;
  struct mu_http_req req = {.url = url,
                            .ca_file = mu_store_ca_file(rest->args, ctx),
                            .max_body = MAX_ANSWER,
                            .path_as_is = true,
                            .compressed = true,
                            .proxy_from_env = true};
  bool renewed = false;
  for (int attempt = 1;; attempt++) {
    int64_t left_ms = ctx->deadline_mono_ms - mu_mono_ms(ctx->clock);
    struct mu_err why = {0};
    if (!ctx->http || left_ms <= 0 || mu_canceled(ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "no time left to ask the catalog");
    }
    req.timeout_ms = left_ms < MU_HTTP_TIMEOUT_MS ? left_ms : MU_HTTP_TIMEOUT_MS;
    if (headers_for(rest, url, &req, err) != 0) {
      return -1;
    }
    if (mu_http_do(ctx->http, &req, ctx->arena, resp, &why) != 0 && resp->error == MU_E_NONE) {
      *err = why; /* it could not even be queued */
      return -1;
    }
    bool is_expired = resp->status == 401 || resp->status == 419;
    if (is_expired && !renewed && mu_rest_auth_again(rest)) {
      renewed = true;
      continue;
    }
    int64_t pause = pause_ms(resp, attempt);
    if (pause < 0) {
      return 0;
    }
    mu_sleep_ms(ctx->clock, pause < left_ms ? pause : left_ms);
  }
}

int mu_rest_ask(struct mu_rest *rest, const char *url, struct mu_json **out, struct mu_err *err) {
  struct mu_json *doc = NULL;
  struct mu_http_resp resp = {0};
  struct mu_err ignored = {0};
  if (send(rest, url, &resp, err) != 0) {
    return -1;
  }
  if (!resp.body || resp.truncated || mu_json_parse(resp.body, resp.body_n, &doc, &ignored) != 0) {
    doc = NULL;
  }
  if (judge(&resp, mu_json_root(doc), rest->ctx->arena, err) != 0) {
    mu_json_free(doc);
    return -1;
  }
  *out = doc;
  return 0;
}

/* ---- the configuration ---- */

const char *mu_rest_setting(const struct mu_rest *rest, const char *name, const char *own) {
  const struct mu_json_node *root = mu_json_root(rest->config);
  const char *proposed = mu_json_str(mu_json_get(mu_json_get(root, "defaults"), name), NULL);
  return mu_json_str(mu_json_get(mu_json_get(root, "overrides"), name), own ? own : proposed);
}

/* A prefix comes ready for a path from some servers ("arn%3Aaws…") and plain from others
 * ("main|lake"): what may stand in a path stays, the rest is encoded. */
static void add_path(struct mu_str *out, const char *text) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "-._~/:@!$&'()*+,;=";
  for (; *text; text++) {
    char one[2] = {*text, '\0'};
    bool is_escape = *text == '%' && strspn(text + 1, "0123456789abcdefABCDEF") >= 2;
    if (is_escape || strchr(plain, *text)) {
      mu_str_addc(out, *text);
    } else {
      mu_uri_encode(out, one, false);
    }
  }
}

static bool is_separator(const char *text) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%";
  return *text && text[strspn(text, plain)] == '\0' && !mu_streq(text, "..");
}

/* A catalog behind a proxy may name another address of its own. To follow it to another host would
 * hand our token to whoever that is. */
static int follow(struct mu_rest *rest, struct mu_err *err) {
  const char *uri = mu_rest_setting(rest, "uri", rest->uri);
  struct mu_url here, there;
  if (mu_url_parse(rest->uri, rest->ctx->arena, &here, err) != 0) {
    return -1;
  }
  if (mu_url_parse(uri, rest->ctx->arena, &there, err) != 0 || (here.tls && !there.tls) ||
      strcasecmp(here.host, there.host) != 0) {
    return mu_fail(err, MU_E_REMOTE,
                   "the catalog sends us to %.200s, which is another host or not encrypted; if "
                   "that is right, write it as its uri",
                   uri);
  }
  size_t n = strlen(uri);
  while (n > 1 && uri[n - 1] == '/') {
    n--;
  }
  rest->uri = mu_arena_strn(rest->ctx->arena, uri, n);
  return 0;
}

static int ask_config(struct mu_rest *rest, struct mu_err *err) {
  const char *warehouse = mu_arg_str(rest->args, "warehouse", NULL);
  struct mu_json *doc = NULL;
  MU_STR(url, MU_REST_MAX_URL);
  mu_str_addf(&url, "%s/v1/config", rest->uri);
  if (warehouse) {
    mu_str_add(&url, "?warehouse=");
    mu_uri_encode(&url, warehouse, false);
  }
  if (url.failed) {
    return mu_fail(err, MU_E_LIMIT, "the catalog's address is too long");
  }
  if (mu_rest_ask(rest, mu_str_get(&url), &doc, err) != 0) {
    return -1;
  }
  mu_json_free(rest->config);
  rest->config = doc;
  return 0;
}

static int read_config(struct mu_rest *rest, struct mu_err *err) {
  struct mu_arena *arena = rest->ctx->arena;
  const char *prefix = mu_rest_setting(rest, "prefix", mu_arg_str(rest->args, "prefix", NULL));
  const char *separator = mu_rest_setting(rest, "namespace-separator", NULL);
  MU_STR(path, MU_REST_MAX_URL);
  add_path(&path, prefix ? prefix : "");
  rest->prefix = path.n ? mu_arena_fmt(arena, "%s/", mu_str_get(&path)) : "";
  rest->separator = mu_arena_str(arena, separator ? separator : "%1F");
  if (path.failed || !is_separator(rest->separator)) {
    return mu_fail(err, MU_E_REMOTE, "the catalog wants an impossible prefix or separator");
  }
  return follow(rest, err);
}

/* Where a token has to be fetched and nobody said where, the configuration may say so to anybody
 * who asks. A catalog that keeps it to itself has the endpoint of old, below its own address. */
static int find_token(struct mu_rest *rest, struct mu_err *err) {
  const char *url = mu_arg_str(rest->args, "oauth_uri", NULL);
  struct mu_err ignored = {0};
  if (!url && ask_config(rest, &ignored) == 0) {
    url = mu_arena_str(rest->ctx->arena, mu_rest_setting(rest, "oauth2-server-uri", NULL));
  }
  return mu_rest_auth_token(rest, url, err);
}

int mu_rest_open(struct mu_rest *rest, const struct mu_args *args, const struct mu_probe_ctx *ctx,
                 struct mu_err *err) {
  const char *uri = mu_arg_str(args, "uri", NULL);
  struct mu_url parts;
  *rest = (struct mu_rest){.args = args, .ctx = ctx};
  if (!uri || mu_url_parse(uri, ctx->arena, &parts, err) != 0) {
    return uri ? -1 : mu_fail(err, MU_E_USAGE, "a REST catalog needs its uri");
  }
  size_t n = strlen(uri);
  while (n > 1 && uri[n - 1] == '/') {
    n--;
  }
  rest->uri = mu_arena_strn(ctx->arena, uri, n);
  rest->wants_keys = mu_streq(mu_arg_str(args, "access", "vended"), "vended");
  if (mu_rest_auth_init(rest, err) != 0) {
    return -1;
  }
  if (rest->credential.secret && find_token(rest, err) != 0) {
    return -1;
  }
  if (ask_config(rest, err) != 0) {
    /* A namespace that is missing here would be the warehouse: not the table that was asked for. */
    err->code = err->code == MU_E_ABSENT ? MU_E_REMOTE : err->code;
    return mu_wrap(err, "configuration");
  }
  return read_config(rest, err);
}

void mu_rest_done(struct mu_rest *rest) {
  mu_rest_drop_keys(rest);
  mu_json_free(rest->config);
  rest->config = NULL;
}

/* ---- the table ---- */

/* Levels of a namespace are written with dots here. */
static const char *table_url(const struct mu_rest *rest, const char *database, const char *table) {
  struct mu_arena *arena = rest->ctx->arena;
  MU_STR(url, MU_REST_MAX_URL);
  mu_str_addf(&url, "%s/v1/%snamespaces/", rest->uri, rest->prefix);
  for (const char *level = database; *level;) {
    size_t n = strcspn(level, ".");
    mu_uri_encode(&url, mu_arena_strn(arena, level, n), false);
    level += n;
    if (*level) {
      mu_str_add(&url, rest->separator);
      level++;
    }
  }
  mu_str_add(&url, "/tables/");
  mu_uri_encode(&url, table, false);
  return url.failed ? NULL : mu_str_copy(&url, arena);
}

int mu_rest_find(struct mu_rest *rest, const char *database, const char *table,
                 const char **metadata, bool *absent, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err why = {0};
  rest->table_url = table_url(rest, database, table);
  if (!rest->table_url) {
    return mu_fail(err, MU_E_LIMIT, "the name of the table is too long");
  }
  if (mu_rest_ask(rest, rest->table_url, &doc, &why) != 0) {
    *absent = why.code == MU_E_ABSENT;
    if (!*absent) {
      *err = why;
    }
    return *absent ? 0 : -1;
  }
  const char *location = mu_json_str(mu_json_get(mu_json_root(doc), "metadata-location"), NULL);
  if (!location) {
    return mu_fail(err, MU_E_REMOTE, "the catalog does not say where the table's metadata is");
  }
  *metadata = mu_arena_str(rest->ctx->arena, location);
  return rest->wants_keys ? mu_rest_take_keys(rest, mu_json_root(doc), err) : 0;
}
