/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4 ("Create a signed AWS API request", IAM User Guide), header form, as a
 * pure function. libcurl's own signing is not used: no single recipe of it is right on both 7.88
 * and 8.14+. Inputs are borrowed; outputs live in the arena. */
#ifndef MU_WIRE_SIGV4_H
#define MU_WIRE_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/http.h"

struct mu_arena;
struct mu_str;

struct mu_sigv4_keys {
  const char *access_key, *secret_key;
  const char *session_token; /* NULL: long-lived keys */
};

/* A query parameter, not encoded. */
struct mu_param_row {
  const char *name, *value;
};

struct mu_sigv4_req {
  const char *method;
  const char *host;  /* as in the Host header: with the port where it is not the scheme's */
  const char *path;  /* as on the wire: encoded once. "" is "/" */
  const char *query; /* as mu_uri_query() makes it; "" or NULL: none */
  const struct mu_http_header *headers; /* signed besides host and x-amz-date; any order and case */
  size_t headers_n;
  const void *body;
  size_t body_n;
  const char *region, *service;
  int64_t unix_ms;
};

/* Header lines to send besides req->headers: X-Amz-Date, Authorization, with a session token
 * X-Amz-Security-Token, for S3 X-Amz-Content-SHA256. */
struct mu_sigv4_lines {
  const char *at[4];
  size_t n;
};
void mu_sigv4_sign(const struct mu_sigv4_req *req, const struct mu_sigv4_keys *keys,
                   struct mu_arena *arena, struct mu_sigv4_lines *out);

/* Percent-encodes all but A-Za-z0-9-._~ (and '/' if kept), upper-case hex. */
void mu_uri_encode(struct mu_str *out, const char *text, bool keep_slash);
/* "a=1&b=": encoded, sorted by encoded name then value: both what is sent and what is signed. */
void mu_uri_query(struct mu_str *out, const struct mu_param_row *rows, size_t n);

#endif
