/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request: status, headers, body, and where the time went. Reading an answer is a pure
 * function of it. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "probe.h"
#include "wire/http.h"
#include "wire/url.h"

enum { BODY_MAX = 1 << 20 };

static const struct mu_param params[] = {
    {.name = "url",
     .type = MU_T_STR,
     .required = true,
     .doc = "http or https URL; its host stays in SNI and Host"},
    {.name = "method", .type = MU_T_STR, .doc = "GET, or POST where there is a body, unless named"},
    {.name = "headers", .type = MU_T_MAP, .doc = "request headers", .secret = true},
    {.name = "body", .type = MU_T_STR, .doc = "request body", .secret = true},
    {.name = "connect_to",
     .type = MU_T_STR,
     .doc = "ADDRESS or ADDRESS:PORT to connect to instead of the URL's host"},
    {.name = "ca",
     .type = MU_T_STR,
     .doc = "PEM file of certificates to trust besides the system's",
     .is_path = true},
    {.name = "cert", .type = MU_T_STR, .doc = "client certificate, PEM file", .is_path = true},
    {.name = "key",
     .type = MU_T_STR,
     .doc = "key of the client certificate, PEM file",
     .is_path = true},
    {.name = "follow",
     .type = MU_T_BOOL,
     .otherwise = "false",
     .doc = "follow redirects, at most 5"},
    {.name = "compressed",
     .type = MU_T_BOOL,
     .otherwise = "false",
     .doc = "offer gzip and its like"},
    {.name = "max_body",
     .type = MU_T_SIZE,
     .otherwise = "1MiB",
     .min = 1,
     .max = 16 * BODY_MAX,
     .doc = "read no more of the body than this"},
    {.name = "version",
     .type = MU_T_STR,
     .otherwise = "any",
     .choices = "any 1.1 2",
     .doc = "any, 1.1, or 2 (without asking first)"},
    {0}};

static const struct mu_fact_def facts[] = {
    {.name = "status", .type = MU_T_INT, .finding = MU_F_HTTP_STATUS, .doc = "HTTP status"},
    {.name = "json.*",
     .type = MU_T_STR,
     .finding = MU_F_HTTP_BODY,
     .doc = "value at a path of the JSON body: json.items[0].id"},
    {.name = "header.*",
     .type = MU_T_STR,
     .finding = MU_F_HTTP_HEADER,
     .doc = "response header of that name, any case"},
    {.name = "body",
     .type = MU_T_STR,
     .is_volatile = true,
     .finding = MU_F_HTTP_BODY,
     .doc = "body as text; judged, not stored"},
    {.name = "bytes",
     .type = MU_T_SIZE,
     .finding = MU_F_HTTP_BODY,
     .doc = "size of the body as read"},
    {.name = "truncated",
     .type = MU_T_BOOL,
     .finding = MU_F_HTTP_BODY,
     .doc = "the body was longer than max_body"},
    {.name = "total",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "from the start to the last byte"},
    {.name = "first_byte",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "from the start to the first byte"},
    {.name = "dns",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "name resolution; 0 on a reused connection"},
    {.name = "connect",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "TCP connection; 0 on a reused one"},
    {.name = "tls_handshake",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "TLS handshake; 0 on a reused connection"},
    {.name = "http_version", .type = MU_T_STR, .doc = "1.1 or 2"},
    {.name = "remote",
     .type = MU_T_STR,
     .is_volatile = true,
     .doc = "address and port that answered"},
    {.name = "url", .type = MU_T_STR, .doc = "URL after redirects"},
    {.name = "redirects", .type = MU_T_INT, .doc = "redirects followed"},
    {0}};

/* ---- the request ---- */

static int build_headers(const struct mu_args *args, struct mu_arena *arena,
                         struct mu_http_req *req) {
  const struct mu_arg *arg = mu_arg_find(args, "headers");
  size_t n = arg && arg->value.type == MU_T_MAP ? arg->value.list.n / 2 : 0;
  const char **lines = mu_arena_array(arena, n + 1, sizeof *lines);
  const char *name = NULL, *value = NULL;
  for (size_t i = 0; mu_arg_pair(args, "headers", i, &name, &value); i++) {
    lines[i] = mu_arena_fmt(arena, "%s: %s", name, value);
  }
  req->headers = lines;
  req->headers_n = n;
  return 0;
}

/* curl's form: HOST:PORT:ADDRESS:PORT. */
static int build_connect(const char *url, const char *to, struct mu_arena *arena,
                         struct mu_http_req *req, struct mu_err *err) {
  struct mu_url parts;
  const char *address = NULL;
  if (mu_url_parse(url, arena, &parts, err) != 0) {
    return -1;
  }
  int port = parts.port;
  if (!to) {
    return 0;
  }
  if (mu_url_host_port(to, arena, &address, &port, err) != 0) {
    return mu_wrap(err, "connect_to");
  }
  const char **rows = mu_arena_array(arena, 1, sizeof *rows);
  bool v6 = strchr(address, ':') != NULL;
  rows[0] = mu_arena_fmt(arena, "%s:%d:%s%s%s:%d", strchr(parts.host, ':') ? "" : parts.host,
                         parts.port, v6 ? "[" : "", address, v6 ? "]" : "", port);
  req->connect_to = rows;
  req->connect_to_n = 1;
  return 0;
}

static int build_version(const char *text, enum mu_http_version *out, struct mu_err *err) {
  if (mu_streq(text, "1.1")) {
    *out = MU_HTTP_1_1;
  } else if (mu_streq(text, "2")) {
    *out = MU_HTTP_2_CLEAR;
  } else if (mu_streq(text, "any")) {
    *out = MU_HTTP_ANY;
  } else {
    return mu_fail(err, MU_E_INPUT, "version '%s' is none of any, 1.1, 2", text);
  }
  return 0;
}

static int request(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_http_req *out, struct mu_err *err) {
  struct mu_http_req req = {.url = mu_arg_str(args, "url", ""),
                            .method = mu_arg_str(args, "method", NULL),
                            .body = mu_arg_str(args, "body", NULL),
                            .ca_file = mu_arg_str(args, "ca", ctx->ca_file),
                            .cert_file = mu_arg_str(args, "cert", NULL),
                            .key_file = mu_arg_str(args, "key", NULL),
                            .follow = mu_arg_bool(args, "follow", false),
                            .compressed = mu_arg_bool(args, "compressed", false)};
  req.max_body = (size_t)mu_arg_int(args, "max_body", BODY_MAX);
  req.body_n = req.body ? strlen(req.body) : 0;
  if (build_headers(args, ctx->arena, &req) != 0 ||
      build_connect(req.url, mu_arg_str(args, "connect_to", NULL), ctx->arena, &req, err) != 0 ||
      build_version(mu_arg_str(args, "version", "any"), &req.version, err) != 0) {
    return -1;
  }
  *out = req;
  return 0;
}

/* ---- the answer ---- */

static void add_json(struct mu_facts *list, const char *path, const struct mu_json_node *node) {
  const char *name = mu_arena_fmt(list->arena, "http.json.%s", path);
  switch (mu_json_type(node)) {
  case MU_JSON_ABSENT:
    break;
  case MU_JSON_BOOL:
    (void)mu_fact_bool(list, name, mu_json_bool(node, false));
    break;
  case MU_JSON_INT:
    (void)mu_fact_int(list, name, mu_json_int(node, 0), NULL);
    break;
  case MU_JSON_REAL:
    (void)mu_fact_real(list, name, mu_json_real(node, 0), NULL);
    break;
  case MU_JSON_NULL:
  case MU_JSON_STR:
  case MU_JSON_ARRAY:
  case MU_JSON_OBJECT:
    (void)mu_fact_str(list, name, mu_json_text(node, list->arena));
    break;
  }
}

/* A body that is no JSON is no failure of the look: the fact is just not there, and the expectation
 * on it says so. */
static void read_json(const struct mu_args *args, const struct mu_http_resp *resp,
                      struct mu_facts *list) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err err = {0};
  if (!mu_arg_selector(args, "json", 0) || resp->truncated ||
      mu_json_parse(resp->body, resp->body_n, &doc, &err) != 0) {
    return;
  }
  const char *path = NULL;
  for (size_t i = 0; (path = mu_arg_selector(args, "json", i)); i++) {
    add_json(list, path, mu_json_path(mu_json_root(doc), path));
  }
}

static void read_headers(const struct mu_args *args, const struct mu_http_resp *resp,
                         struct mu_facts *list) {
  const char *wanted = NULL;
  for (size_t i = 0; (wanted = mu_arg_selector(args, "header", i)); i++) {
    const char *value = mu_http_header(resp, wanted);
    if (value) {
      (void)mu_fact_str(list, mu_arena_fmt(list->arena, "http.header.%s", wanted), value);
    }
  }
}

static bool is_selected(const struct mu_args *args, const char *name) {
  for (size_t i = 0; i < args->selectors_n; i++) {
    if (strcmp(args->selectors[i], name) == 0) {
      return true;
    }
  }
  return false;
}

static void add_time(struct mu_facts *list, const char *name, int64_t us) {
  mu_fact_dur(list, name, (us + 999) / 1000)->is_volatile =
      true; /* outward: never quicker than it was */
}

/* A phase that a reused connection did not have is not worth a line, unless an expectation asks for
 * it. */
static void add_phase(const struct mu_args *args, struct mu_facts *list, const char *phase,
                      int64_t us) {
  if (us > 0 || is_selected(args, phase)) {
    add_time(list, mu_arena_fmt(list->arena, "http.%s", phase), us);
  }
}

static int read_answer(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                       const struct mu_http_resp *resp, struct mu_facts *list, struct mu_err *err) {
  (void)ctx;
  (void)err;
  bool v6 = strchr(resp->remote_ip, ':') != NULL;
  (void)mu_fact_int(list, "http.status", resp->status, NULL);
  read_headers(args, resp, list);
  read_json(args, resp, list);
  (void)mu_fact_size(list, "http.bytes", (int64_t)resp->body_n);
  if (resp->truncated || is_selected(args, "truncated")) {
    (void)mu_fact_bool(list, "http.truncated", resp->truncated);
  }
  add_time(list, "http.total", resp->total_us);
  add_time(list, "http.first_byte", resp->first_byte_us);
  add_phase(args, list, "dns", resp->dns_us);
  add_phase(args, list, "connect", resp->connect_us);
  add_phase(args, list, "tls_handshake", resp->tls_us);
  (void)mu_fact_str(list, "http.http_version", resp->version);
  mu_fact_str(list, "http.remote",
              mu_arena_fmt(list->arena, "%s%s%s:%d", v6 ? "[" : "", resp->remote_ip, v6 ? "]" : "",
                           resp->remote_port))
      ->is_volatile = true;
  if (is_selected(args, "body")) {
    mu_fact_strn(list, "http.body", resp->body, resp->body_n)->is_body = true;
  }
  if (resp->redirects > 0 || is_selected(args, "url") || is_selected(args, "redirects")) {
    (void)mu_fact_str(list, "http.url", resp->url);
    (void)mu_fact_int(list, "http.redirects", resp->redirects, NULL);
  }
  return 0;
}

/* ---- the certificate behind the URL ---- */

static int tls_args(const struct mu_args *args, struct mu_arena *arena, struct mu_args *out,
                    struct mu_err *err) {
  static const char *const same[] = {"connect_to", "ca"};
  struct mu_url parts;
  if (mu_url_parse(mu_arg_str(args, "url", ""), arena, &parts, err) != 0) {
    return -1;
  }
  if (!parts.tls) {
    return mu_fail(err, MU_E_UNSUPPORTED, "no TLS on an http URL");
  }
  struct mu_arg *at = mu_arena_array(arena, 2 + MU_LEN(same), sizeof *at);
  at[0] = (struct mu_arg){"host", {.type = MU_T_STR, .s = parts.host}};
  at[1] = (struct mu_arg){"port", {.type = MU_T_INT, .i = parts.port}};
  size_t n = 2;
  for (size_t i = 0; i < MU_LEN(same); i++) {
    const struct mu_arg *arg = mu_arg_find(args, same[i]);
    if (arg) {
      at[n++] = *arg;
    }
  }
  *out = (struct mu_args){.at = at, .n = n};
  return 0;
}

const struct mu_probe mu_probe_http = {.name = "http",
                                       .summary =
                                           "one HTTP request: status, headers, body, timings",
                                       .params = params,
                                       .facts = facts,
                                       .headline = "HTTP {status} in {total}",
                                       .target = "url",
                                       .network = true,
                                       .request = request,
                                       .read = read_answer,
                                       .expect = "status",
                                       .expect_to_be = "200 .. 399",
                                       .companion = "tls",
                                       .companion_args = tls_args};
