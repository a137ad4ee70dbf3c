/* SPDX-License-Identifier: Apache-2.0 */
/* From an operation and its arguments to a signed HTTP request. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "wire/aws_int.h"

enum { MAX_URL = 64 * 1024, MAX_FORM = 1 << 20, MAX_BODY = 16 << 20, OWN_HEADERS = 2 };

static const char *param(const struct mu_aws_args *args, const char *name, size_t name_n) {
  for (size_t i = 0; i < args->params_n; i++) {
    if (strlen(args->params[i].name) == name_n && memcmp(args->params[i].name, name, name_n) == 0) {
      return args->params[i].value;
    }
  }
  return NULL;
}

static bool in_path(const struct mu_aws_op *op, const char *name) {
  size_t n = strlen(name);
  for (const char *at = strchr(op->path, '{'); at; at = strchr(at + 1, '{')) {
    if (strncmp(at + 1, name, n) == 0 && (at[1 + n] == '}' || at[1 + n] == '+')) {
      return true;
    }
  }
  return false;
}

static int add_path(const struct mu_aws_call *call, const char *template, struct mu_str *out,
                    struct mu_err *err) {
  for (const char *at = template; *at && *at != '?';) {
    if (*at != '{') {
      mu_str_addc(out, *at++);
      continue;
    }
    const char *end = strchr(at, '}');
    bool greedy = end[-1] == '+';
    size_t n = (size_t)(end - at) - (greedy ? 2 : 1);
    const char *value = param(call->args, at + 1, n);
    if (!value || !*value) {
      return mu_fail(err, MU_E_USAGE, "%s %s: parameter %.*s is missing", call->service->name,
                     call->op->name, (int)n, at + 1);
    }
    const char *slash = strrchr(value, '/');
    if (strcmp(call->service->name, "route53") == 0 && slash) {
      value = slash + 1; /* ids are answered as "/hostedzone/Z1" and asked for as "Z1" */
    }
    mu_uri_encode(out, value, greedy);
    at = end + 1;
  }
  return 0;
}

/* What the path's template holds behind '?', and every parameter that is not in the path. */
static const char *make_query(const struct mu_aws_call *call, struct mu_arena *arena) {
  const struct mu_aws_args *args = call->args;
  struct mu_param_row *rows = mu_arena_array(arena, args->params_n + 8, sizeof *rows);
  size_t n = 0;
  const char *fixed = strchr(call->op->path, '?');
  char *rest = NULL;
  for (char *word = fixed ? strtok_r(mu_arena_str(arena, fixed + 1), "&", &rest) : NULL;
       word && n < 8; word = strtok_r(NULL, "&", &rest)) {
    char *value = word + strcspn(word, "=");
    if (*value) {
      *value++ = '\0';
    }
    rows[n++] = (struct mu_param_row){word, value};
  }
  for (size_t i = 0; i < args->params_n; i++) {
    if (!in_path(call->op, args->params[i].name)) {
      rows[n++] = args->params[i];
    }
  }
  MU_STR(query, MAX_URL);
  mu_uri_query(&query, rows, n);
  return mu_str_copy(&query, arena);
}

static const char *make_form(const struct mu_aws_call *call, struct mu_arena *arena) {
  const struct mu_aws_args *args = call->args;
  struct mu_param_row *rows = mu_arena_array(arena, args->params_n + 2, sizeof *rows);
  rows[0] = (struct mu_param_row){"Action", call->op->name};
  rows[1] = (struct mu_param_row){"Version", call->service->argument};
  for (size_t i = 0; i < args->params_n; i++) {
    rows[i + 2] = args->params[i];
  }
  MU_STR(form, MAX_FORM);
  mu_uri_query(&form, rows, args->params_n + 2);
  return mu_str_copy(&form, arena);
}

struct parts {
  struct mu_sigv4_req sign;
  struct mu_http_header *headers;
  size_t headers_n;
};

static void add_header(struct parts *p, const char *name, const char *value) {
  p->headers[p->headers_n++] = (struct mu_http_header){name, value};
}

static void set_text(struct parts *p, const char *text) {
  p->sign.body = text;
  p->sign.body_n = strlen(text);
}

static void set_body(struct parts *p, const struct mu_aws_call *call, struct mu_arena *arena) {
  const struct mu_aws_args *args = call->args;
  switch (call->service->protocol) {
  case QUERY:
    add_header(p, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    set_text(p, make_form(call, arena));
    break;
  case JSON_10:
  case JSON_11:
    add_header(p, "Content-Type",
               call->service->protocol == JSON_10 ? "application/x-amz-json-1.0"
                                                  : "application/x-amz-json-1.1");
    add_header(p, "X-Amz-Target",
               mu_arena_fmt(arena, "%s.%s", call->service->argument, call->op->name));
    set_text(p, args->json ? args->json : "{}");
    break;
  case REST_JSON:
  case REST_XML:
    if (args->json) {
      add_header(p, "Content-Type", "application/json");
      set_text(p, args->json);
    } else if (args->body) {
      p->sign.body = args->body;
      p->sign.body_n = args->body_n;
      if (args->content_type) {
        add_header(p, "Content-Type", args->content_type);
      }
    } else if (strcmp(call->op->method, "PUT") == 0 || strcmp(call->op->method, "POST") == 0) {
      set_text(p, "");
    }
    break;
  }
}

/* "https://host:443/prefix": what curl will send as Host, and the prefix of all paths. */
static const char *split_base(const char *base, struct mu_arena *arena, const char **prefix) {
  const char *host = strstr(base, "://");
  host = host ? host + 3 : base;
  size_t n = strcspn(host, "/");
  *prefix = host + n;
  char *copy = mu_arena_strn(arena, host, n);
  const char *port = mu_str_starts(base, "https:") ? ":443" : ":80";
  if (mu_str_ends(copy, port)) {
    copy[n - strlen(port)] = '\0';
  }
  return copy;
}

static void finish_lines(const struct parts *p, const struct mu_sigv4_lines *signed_lines,
                         struct mu_arena *arena, struct mu_http_req *out) {
  size_t n = 0;
  const char **lines = mu_arena_array(arena, p->headers_n + signed_lines->n, sizeof *lines);
  for (size_t i = 0; i < p->headers_n; i++) {
    lines[n++] = mu_arena_fmt(arena, "%s: %s", p->headers[i].name, p->headers[i].value);
  }
  for (size_t i = 0; i < signed_lines->n; i++) {
    lines[n++] = signed_lines->at[i];
  }
  out->headers = lines;
  out->headers_n = n;
}

/* The address of the operation: where to send it, and what to sign of it. */
static int locate(const struct mu_aws *aws, const struct mu_aws_call *call, struct mu_arena *arena,
                  struct mu_sigv4_req *sign, const char **url, struct mu_err *err) {
  struct mu_aws_endpoint endpoint;
  bool is_rest = call->service->protocol == REST_JSON || call->service->protocol == REST_XML;
  const char *template = is_rest ? call->op->path : "/", *prefix = NULL;
  const char *bucket = mu_str_starts(template, "/{Bucket}") ? param(call->args, "Bucket", 6) : NULL;
  int in_host = bucket ? mu_aws_bucket_endpoint(aws, call->service, bucket, call->region, arena,
                                                &endpoint, err)
                       : mu_aws_endpoint(aws, call->service, call->region, arena, &endpoint, err);
  if (in_host < 0) {
    return -1;
  }
  template += in_host == 1 ? strlen("/{Bucket}") : 0;
  sign->host = split_base(endpoint.base, arena, &prefix);
  MU_STR(path, MAX_URL);
  mu_str_add(&path, prefix);
  mu_str_add(&path, template[0] == '/' ? "" : "/");
  if (add_path(call, template, &path, err) != 0) {
    return -1;
  }
  sign->path = mu_str_copy(&path, arena);
  sign->query = is_rest ? make_query(call, arena) : "";
  if (path.failed || strlen(sign->path) + strlen(sign->query) >= MAX_URL) {
    return mu_fail(err, MU_E_LIMIT, "%s %s: a URL over the cap of %d bytes", call->service->name,
                   call->op->name, (int)MAX_URL);
  }
  sign->region = endpoint.region;
  *url = mu_arena_fmt(arena, "%.*s%s%s%s", (int)(prefix - endpoint.base), endpoint.base, sign->path,
                      *sign->query ? "?" : "", sign->query);
  return 0;
}

int mu_aws_build(const struct mu_aws *aws, const struct mu_aws_call *call,
                 const struct mu_sigv4_keys *keys, int64_t unix_ms, struct mu_arena *arena,
                 struct mu_http_req *out, struct mu_err *err) {
  const struct mu_aws_args *args = call->args;
  struct parts p = {0};
  struct mu_sigv4_lines lines = {0};
  struct mu_http_req req = {.timeout_ms = aws->options.timeout_ms,
                            .ca_file = aws->ca_file,
                            .max_body = args->max_body > 0 ? args->max_body : (size_t)MAX_BODY,
                            .once = call->op->kind == CHANGES_ONCE,
                            .path_as_is = true,
                            .proxy_from_env = true};
  p.headers = mu_arena_array(arena, args->headers_n + OWN_HEADERS, sizeof *p.headers);
  if (locate(aws, call, arena, &p.sign, &req.url, err) != 0) {
    return -1;
  }
  set_body(&p, call, arena);
  for (size_t i = 0; i < args->headers_n; i++) {
    add_header(&p, args->headers[i].name, args->headers[i].value);
  }
  p.sign.method = req.method = call->op->method[0] ? call->op->method : "POST";
  p.sign.service = call->service->signing;
  p.sign.unix_ms = unix_ms;
  p.sign.headers = p.headers;
  p.sign.headers_n = p.headers_n;
  if (!call->is_unsigned) {
    mu_sigv4_sign(&p.sign, keys, arena, &lines);
  }
  finish_lines(&p, &lines, arena, &req);
  req.body = p.sign.body;
  req.body_n = p.sign.body_n;
  *out = req;
  return 0;
}
