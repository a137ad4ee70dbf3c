/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sigv4_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/num.h"
#include "base/str.h"

enum { MAX_HEADERS = 64, MAX_LINE = 8192 };

/* "20261123T140000Z" */
static int parse_stamp(const char *stamp, int64_t *unix_ms) {
  char iso[32];
  if (strlen(stamp) != 16) {
    return -1;
  }
  (void)snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", stamp, stamp + 4, stamp + 6,
                 stamp + 9, stamp + 11, stamp + 13);
  return mu_time_parse(iso, unix_ms);
}

static bool is_listed(const char *names, const char *name, size_t n) {
  for (const char *at = names; *at;) {
    size_t length = strcspn(at, ";,");
    if (length == n && strncasecmp(at, name, n) == 0) {
      return true;
    }
    if (at[length] != ';') {
      return false;
    }
    at += length + 1;
  }
  return false;
}

/* The signer adds these by itself. */
static bool is_own(const char *name, size_t n) {
  static const char *const own[] = {"host", "x-amz-date", "x-amz-security-token",
                                    "x-amz-content-sha256"};
  for (size_t i = 0; i < MU_LEN(own); i++) {
    if (strlen(own[i]) == n && strncasecmp(own[i], name, n) == 0) {
      return true;
    }
  }
  return false;
}

/* False: a header of Amazon's that nobody signed. */
static bool collect(const struct httpd_req *req, const char *names, struct mu_arena *arena,
                    struct mu_http_header *out, size_t *n) {
  for (const char *line = req->head; *line;) {
    const char *end = strstr(line, "\r\n");
    size_t name_n = strcspn(line, ":");
    const char *value = line + name_n + 1;
    bool listed = is_listed(names, line, name_n);
    if (!end || (strncasecmp(line, "x-amz-", 6) == 0 && !listed)) {
      return false;
    }
    if (listed && !is_own(line, name_n) && *n < MAX_HEADERS) {
      value += strspn(value, " ");
      out[(*n)++] = (struct mu_http_header){mu_arena_strn(arena, line, name_n),
                                            mu_arena_strn(arena, value, (size_t)(end - value))};
    }
    line = end + 2;
  }
  return true;
}

static const char *check(const struct httpd_req *req, const struct mu_sigv4_keys *keys,
                         struct mu_arena *arena, int64_t *unix_ms) {
  char authorization[MAX_LINE], stamp[64], host[256], day[16], region[64], service[64], key[128];
  char token[MAX_LINE];
  struct mu_http_header headers[MAX_HEADERS];
  struct mu_sigv4_lines lines;
  size_t n = 0;
  if (!httpd_header(req, "Authorization", authorization, sizeof authorization) ||
      !httpd_header(req, "X-Amz-Date", stamp, sizeof stamp) ||
      !httpd_header(req, "Host", host, sizeof host) || parse_stamp(stamp, unix_ms) != 0 ||
      sscanf(authorization, "AWS4-HMAC-SHA256 Credential=%127[^/]/%15[^/]/%63[^/]/%63[^/]", key,
             day, region, service) != 4) {
    return "AccessDenied";
  }
  const char *names = strstr(authorization, "SignedHeaders=");
  if (!names || !collect(req, names + strlen("SignedHeaders="), arena, headers, &n)) {
    return "AccessDenied";
  }
  bool has_token = httpd_header(req, "X-Amz-Security-Token", token, sizeof token);
  if (strcmp(key, keys->access_key) != 0) {
    return "InvalidAccessKeyId";
  }
  if (keys->session_token && (!has_token || strcmp(token, keys->session_token) != 0)) {
    return "ExpiredToken";
  }
  size_t path_n = strcspn(req->target, "?");
  const struct mu_sigv4_req again = {.method = req->method,
                                     .host = host,
                                     .path = mu_arena_strn(arena, req->target, path_n),
                                     .query = req->target[path_n] ? req->target + path_n + 1 : "",
                                     .headers = headers,
                                     .headers_n = n,
                                     .body = req->body,
                                     .body_n = req->body_n,
                                     .region = region,
                                     .service = service,
                                     .unix_ms = *unix_ms};
  mu_sigv4_sign(&again, keys, arena, &lines);
  return strcmp(lines.at[lines.n - 1] + strlen("Authorization: "), authorization) == 0
             ? NULL
             : "SignatureDoesNotMatch";
}

const char *sigv4_check(const struct httpd_req *req, const struct mu_sigv4_keys *keys,
                        int64_t *unix_ms) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  return check(req, keys, arena, unix_ms);
}
