/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sigv4.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/str.h"

enum { MAX_CANONICAL = 1 << 20, STAMP = 17 };

void mu_uri_encode(struct mu_str *out, const char *text, bool keep_slash) {
  static const char hex[] = "0123456789ABCDEF";
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 strchr("-._~", c) || (keep_slash && c == '/');
    if (plain) {
      mu_str_addc(out, (char)c);
    } else {
      mu_str_addc(out, '%');
      mu_str_addc(out, hex[c >> 4]);
      mu_str_addc(out, hex[c & 15]);
    }
  }
}

struct pair {
  const char *name, *value; /* encoded */
};

static int by_pair(const void *a, const void *b) {
  const struct pair *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  return order ? order : strcmp(x->value, y->value);
}

static const char *encoded(struct mu_arena *arena, const char *text) {
  MU_STR(out, MAX_CANONICAL);
  mu_uri_encode(&out, text, false);
  return mu_str_copy(&out, arena);
}

void mu_uri_query(struct mu_str *out, const struct mu_param_row *rows, size_t n) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct pair *pairs = mu_arena_array(arena, n + 1, sizeof *pairs);
  for (size_t i = 0; i < n; i++) {
    pairs[i] = (struct pair){encoded(arena, rows[i].name), encoded(arena, rows[i].value)};
  }
  qsort(pairs, n, sizeof *pairs, by_pair);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out, "%s%s=%s", i > 0 ? "&" : "", pairs[i].name, pairs[i].value);
  }
}

/* Removes "." and ".." segments and empty ones (RFC 3986, as AWS asks of all services but S3). */
static void add_normalized(struct mu_str *out, const char *path) {
  for (const char *at = path; *at;) {
    at += strspn(at, "/");
    size_t n = strcspn(at, "/");
    if (n == 2 && memcmp(at, "..", 2) == 0) {
      while (out->n > 0 && out->p[out->n - 1] != '/') {
        out->p[--out->n] = '\0';
      }
      if (out->n > 0) {
        out->p[--out->n] = '\0';
      }
    } else if (n > 0 && !(n == 1 && *at == '.')) {
      mu_str_addc(out, '/');
      mu_str_addn(out, at, n);
    }
    at += n;
  }
  if (out->n == 0 || (path[0] && path[strlen(path) - 1] == '/')) {
    mu_str_addc(out, '/');
  }
}

/* The path on the wire is encoded once. S3 signs it so; every other service signs the encoding of
 * it. */
static void add_path(struct mu_str *out, const struct mu_sigv4_req *req) {
  const char *path = req->path && req->path[0] ? req->path : "/";
  if (strcmp(req->service, "s3") == 0) {
    mu_str_add(out, path);
    return;
  }
  MU_STR(normal, MAX_CANONICAL);
  add_normalized(&normal, path);
  mu_uri_encode(out, mu_str_get(&normal), true);
}

struct signing {
  char stamp[STAMP];              /* 20150830T123600Z */
  char hash[MU_SHA256_HEX];       /* of the body */
  const char *scope;              /* 20150830/us-east-1/iam/aws4_request */
  struct mu_http_header *headers; /* lower-case, trimmed, sorted */
  size_t n;
  const char *names; /* host;x-amz-date */
};

static void write_stamp(int64_t unix_ms, char out[STAMP]) {
  char text[MU_TIME_TEXT];
  mu_time_seconds(unix_ms, text); /* 2015-08-30T12:36:00Z */
  size_t n = 0;
  for (const char *at = text; *at && n + 1 < STAMP; at++) {
    if (*at != '-' && *at != ':') {
      out[n++] = *at;
    }
  }
  out[n] = '\0';
}

static char *lower(struct mu_arena *arena, const char *text) {
  char *copy = mu_arena_str(arena, text);
  for (char *at = copy; *at; at++) {
    if (*at >= 'A' && *at <= 'Z') {
      *at = (char)(*at - 'A' + 'a');
    }
  }
  return copy;
}

/* Trimmed, runs of blanks folded into one. */
static char *fold(struct mu_arena *arena, const char *text) {
  char *copy = mu_arena_alloc(arena, strlen(text) + 1);
  size_t n = 0;
  for (; *text; text++) {
    bool blank = *text == ' ' || *text == '\t';
    if (!blank) {
      copy[n++] = *text;
    } else if (n > 0 && copy[n - 1] != ' ') {
      copy[n++] = ' ';
    }
  }
  while (n > 0 && copy[n - 1] == ' ') {
    n--;
  }
  copy[n] = '\0';
  return copy;
}

static void add_header(struct signing *s, struct mu_arena *arena, const char *name,
                       const char *value) {
  const char *low = lower(arena, name), *folded = fold(arena, value);
  size_t at = s->n;
  for (size_t i = 0; i < s->n; i++) {
    if (strcmp(s->headers[i].name, low) ==
        0) { /* a repeated header is one, its values joined in their order */
      s->headers[i].value = mu_arena_fmt(arena, "%s,%s", s->headers[i].value, folded);
      return;
    }
  }
  for (; at > 0 && strcmp(s->headers[at - 1].name, low) > 0; at--) {
    s->headers[at] = s->headers[at - 1];
  }
  s->headers[at] = (struct mu_http_header){low, folded};
  s->n++;
}

static void collect_headers(struct signing *s, const struct mu_sigv4_req *req,
                            const struct mu_sigv4_keys *keys, struct mu_arena *arena) {
  s->headers = mu_arena_array(arena, req->headers_n + 4, sizeof *s->headers);
  add_header(s, arena, "host", req->host);
  add_header(s, arena, "x-amz-date", s->stamp);
  if (keys->session_token) {
    add_header(s, arena, "x-amz-security-token", keys->session_token);
  }
  if (strcmp(req->service, "s3") == 0) {
    add_header(s, arena, "x-amz-content-sha256", s->hash);
  }
  for (size_t i = 0; i < req->headers_n; i++) {
    add_header(s, arena, req->headers[i].name, req->headers[i].value);
  }
  MU_STR(names, MAX_CANONICAL);
  for (size_t i = 0; i < s->n; i++) {
    mu_str_addf(&names, "%s%s", i > 0 ? ";" : "", s->headers[i].name);
  }
  s->names = mu_str_copy(&names, arena);
}

static void hash_canonical(const struct signing *s, const struct mu_sigv4_req *req,
                           char out[MU_SHA256_HEX]) {
  MU_STR(text, MAX_CANONICAL);
  mu_str_addf(&text, "%s\n", req->method);
  add_path(&text, req);
  mu_str_addf(&text, "\n%s\n", req->query ? req->query : "");
  for (size_t i = 0; i < s->n; i++) {
    mu_str_addf(&text, "%s:%s\n", s->headers[i].name, s->headers[i].value);
  }
  mu_str_addf(&text, "\n%s\n%s", s->names, s->hash);
  mu_sha256_hex(mu_str_get(&text), text.n, out);
}

/* HMAC chain over date, region, service and the constant; then over the string to sign. */
static void sign_text(const struct signing *s, const struct mu_sigv4_req *req,
                      const char *secret_key, const char *text, char out[MU_SHA256_HEX]) {
  MU_STR(first, 4096);
  mu_str_addf(&first, "AWS4%s", secret_key);
  unsigned char key[MU_SHA256], next[MU_SHA256];
  mu_hmac_sha256(mu_str_get(&first), first.n, s->stamp, 8, key);
  const char *const links[] = {req->region, req->service, "aws4_request", text};
  for (size_t i = 0; i < MU_LEN(links); i++) {
    mu_hmac_sha256(key, sizeof key, links[i], strlen(links[i]), next);
    memcpy(key, next, sizeof key);
  }
  mu_hex(key, sizeof key, out);
}

void mu_sigv4_sign(const struct mu_sigv4_req *req, const struct mu_sigv4_keys *keys,
                   struct mu_arena *arena, struct mu_sigv4_lines *out) {
  struct signing s = {0};
  write_stamp(req->unix_ms, s.stamp);
  mu_sha256_hex(req->body ? req->body : "", req->body ? req->body_n : 0, s.hash);
  s.scope = mu_arena_fmt(arena, "%.8s/%s/%s/aws4_request", s.stamp, req->region, req->service);
  collect_headers(&s, req, keys, arena);
  char canonical[MU_SHA256_HEX], signature[MU_SHA256_HEX];
  hash_canonical(&s, req, canonical);
  const char *text =
      mu_arena_fmt(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", s.stamp, s.scope, canonical);
  sign_text(&s, req, keys->secret_key, text, signature);
  *out = (struct mu_sigv4_lines){0};
  out->at[out->n++] = mu_arena_fmt(arena, "X-Amz-Date: %s", s.stamp);
  if (keys->session_token) {
    out->at[out->n++] = mu_arena_fmt(arena, "X-Amz-Security-Token: %s", keys->session_token);
  }
  if (strcmp(req->service, "s3") == 0) {
    out->at[out->n++] = mu_arena_fmt(arena, "X-Amz-Content-SHA256: %s", s.hash);
  }
  out->at[out->n++] = mu_arena_fmt(
      arena, "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
      keys->access_key, s.scope, s.names, signature);
}
