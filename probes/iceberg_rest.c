/* SPDX-License-Identifier: Apache-2.0 */
/* Where an Iceberg REST catalog (iceberg open-api/rest-catalog-open-api.yaml) says that a table's
 * metadata is: its configuration, a token if asked for one, the table. Storage is read with the
 * standby's own credentials: none are asked of the catalog. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "iceberg_look.h"
#include "wire/http.h"
#include "wire/sigv4.h"

enum { MAX_ANSWER = 64 * 1024 * 1024, MAX_URL = 8192, MAX_FORM = 8192 };

struct rest {
  const struct mu_look *look;
  const char *uri;           /* without its last slash */
  const char *prefix;        /* "" or "main/" */
  const char *separator;     /* of namespace levels, encoded */
  const char *authorization; /* header line, or NULL */
};

/* The catalog's own words, safe to print. */
static const char *message_of(const struct mu_json_node *root, struct mu_arena *arena) {
  const char *text = mu_json_str(mu_json_path(root, "error.message"), "");
  MU_STR(safe, 200);
  mu_str_add_safe(&safe, text, strlen(text));
  return mu_str_copy(&safe, arena);
}

/* 404 stands for the table only where the catalog says so; a proxy's own 404 proves nothing. */
static int judge(const struct mu_http_resp *resp, const struct mu_json_node *root,
                 struct mu_arena *arena, struct mu_err *err) {
  const char *type = mu_json_str(mu_json_path(root, "error.type"), "");
  if (resp->status >= 200 && resp->status < 300) {
    return mu_json_type(root) == MU_JSON_OBJECT
               ? 0
               : mu_fail(err, MU_E_REMOTE, "the catalog's answer is no JSON object");
  }
  bool is_gone = resp->status == 404 && (mu_streq(type, "NoSuchTableException") ||
                                         mu_streq(type, "NoSuchNamespaceException"));
  bool is_denied = resp->status == 401 || resp->status == 403 || resp->status == 419;
  return mu_fail(err,
                 is_gone     ? MU_E_ABSENT
                 : is_denied ? MU_E_DENIED
                             : MU_E_REMOTE,
                 "the catalog answers %d: %s", resp->status, message_of(root, arena));
}

static int ask(const struct rest *rest, const char *url, const char *form, struct mu_json **out,
               struct mu_err *err) {
  const struct mu_probe_ctx *ctx = rest->look->ctx;
  const char *headers[3] = {"Accept: application/json"};
  size_t headers_n = 1;
  struct mu_http_resp resp = {0};
  int64_t left_ms = ctx->deadline_mono_ms - mu_mono_ms(ctx->clock);
  if (!ctx->http || left_ms <= 0) {
    return mu_fail(err, MU_E_TIMEOUT, "no time left to ask the catalog");
  }
  if (rest->authorization) {
    headers[headers_n++] = rest->authorization;
  }
  if (form) {
    headers[headers_n++] = "Content-Type: application/x-www-form-urlencoded";
  }
  struct mu_http_req req = {.url = url,
                            .headers = headers,
                            .headers_n = headers_n,
                            .body = form,
                            .body_n = form ? strlen(form) : 0,
                            .timeout_ms =
                                left_ms < MU_HTTP_TIMEOUT_MS ? left_ms : MU_HTTP_TIMEOUT_MS,
                            .ca_file = ctx->ca_file,
                            .max_body = MAX_ANSWER,
                            .path_as_is = true};
  if (mu_http_do(ctx->http, &req, ctx->arena, &resp, err) != 0) {
    return -1;
  }
  struct mu_json *doc = NULL;
  struct mu_err ignored = {0};
  if (resp.truncated || mu_json_parse(resp.body, resp.body_n, &doc, &ignored) != 0) {
    doc = NULL;
  }
  if (judge(&resp, mu_json_root(doc), ctx->arena, err) != 0) {
    mu_json_free(doc);
    return -1;
  }
  *out = doc;
  return 0;
}

/* OAuth2 client credentials: "id:secret", or a secret alone. */
static int fetch_token(struct rest *rest, const char *credential, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_arena *arena = rest->look->ctx->arena;
  const char *colon = strchr(credential, ':');
  const char *uri = mu_arg_str(rest->look->args, "oauth_uri", NULL);
  MU_STR(form, MAX_FORM);
  mu_str_add(&form, "grant_type=client_credentials&scope=");
  mu_uri_encode(&form, mu_arg_str(rest->look->args, "scope", "catalog"), false);
  if (colon) {
    mu_str_add(&form, "&client_id=");
    mu_uri_encode(&form, mu_arena_strn(arena, credential, (size_t)(colon - credential)), false);
  }
  mu_str_add(&form, "&client_secret=");
  mu_uri_encode(&form, colon ? colon + 1 : credential, false);
  if (!uri) {
    uri = mu_arena_fmt(arena, "%s/v1/oauth/tokens", rest->uri);
  }
  if (ask(rest, uri, mu_str_get(&form), &doc, err) != 0) {
    return mu_wrap(err, "token");
  }
  const char *token = mu_json_str(mu_json_get(mu_json_root(doc), "access_token"), NULL);
  if (!token || strpbrk(token, "\r\n")) {
    return mu_fail(err, MU_E_REMOTE, "the catalog gives no token");
  }
  rest->authorization = mu_arena_fmt(arena, "Authorization: Bearer %s", token);
  return 0;
}

/* A setting that the server prescribes, or at least proposes. */
static const char *setting(const struct mu_json_node *config, const char *name,
                           const char *otherwise) {
  const char *proposed = mu_json_str(mu_json_get(mu_json_get(config, "defaults"), name), otherwise);
  return mu_json_str(mu_json_get(mu_json_get(config, "overrides"), name), proposed);
}

static int read_config(struct rest *rest, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_arena *arena = rest->look->ctx->arena;
  const char *warehouse = mu_arg_str(rest->look->args, "warehouse", NULL);
  MU_STR(url, MAX_URL);
  mu_str_addf(&url, "%s/v1/config", rest->uri);
  if (warehouse) {
    mu_str_add(&url, "?warehouse=");
    mu_uri_encode(&url, warehouse, false);
  }
  if (ask(rest, mu_str_get(&url), NULL, &doc, err) != 0) {
    return mu_wrap(err, "configuration");
  }
  const char *prefix = setting(mu_json_root(doc), "prefix", "");
  const char *separator = setting(mu_json_root(doc), "namespace-separator", "%1F");
  MU_STR(encoded, MAX_URL);
  mu_uri_encode(&encoded, prefix, true);
  rest->prefix = *prefix ? mu_arena_fmt(arena, "%s/", mu_str_get(&encoded)) : "";
  rest->separator = mu_arena_str(arena, separator);
  return strpbrk(separator, "/?#\r\n ")
             ? mu_fail(err, MU_E_REMOTE, "the catalog wants an impossible separator")
             : 0;
}

/* Levels of a namespace are written with dots here. */
static const char *table_url(const struct rest *rest, const char *database, const char *table) {
  struct mu_arena *arena = rest->look->ctx->arena;
  MU_STR(url, MAX_URL);
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

int mu_look_rest(struct mu_look *look, bool *absent, struct mu_err *err) {
  const char *uri = mu_arg_str(look->args, "uri", NULL),
             *token = mu_arg_str(look->args, "token", NULL);
  const char *database = mu_arg_str(look->args, "database", NULL),
             *table = mu_arg_str(look->args, "table", NULL);
  const char *credential = mu_arg_str(look->args, "credential", NULL);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_arena *arena = look->ctx->arena;
  if (!uri || !database || !table) {
    return mu_fail(err, MU_E_USAGE, "a table in a REST catalog needs uri, database and table");
  }
  size_t n = strlen(uri);
  while (n > 1 && uri[n - 1] == '/') {
    n--;
  }
  struct rest rest = {.look = look, .uri = mu_arena_strn(arena, uri, n)};
  rest.authorization = token ? mu_arena_fmt(arena, "Authorization: Bearer %s", token) : NULL;
  if ((!token && credential && fetch_token(&rest, credential, err) != 0) ||
      read_config(&rest, err) != 0) {
    return -1;
  }
  const char *url = table_url(&rest, database, table);
  if (!url) {
    return mu_fail(err, MU_E_LIMIT, "the name of the table is too long");
  }
  if (ask(&rest, url, NULL, &doc, err) != 0) {
    *absent = err->code == MU_E_ABSENT;
    return *absent ? 0 : -1;
  }
  const char *location = mu_json_str(mu_json_get(mu_json_root(doc), "metadata-location"), NULL);
  if (!location) {
    return mu_fail(err, MU_E_REMOTE, "the catalog does not say where the table's metadata is");
  }
  look->metadata = mu_arena_str(arena, location);
  look->found_by = "catalog";
  return 0;
}
