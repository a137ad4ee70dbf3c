/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP/1.1 server for tests, on a free loopback port: one thread a connection, keep-alive,
 * each request handed to a function that says what to answer, well or badly. The server is the
 * caller's to stop. The function is called from many threads, one call at a time. */
#ifndef MU_TESTS_HTTPD_H
#define MU_TESTS_HTTPD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct httpd;

struct httpd_req {
  const char *method, *target; /* the target as sent: path and query */
  const char *head;            /* all header lines, "Name: value\r\n" */
  const char *body;
  size_t body_n;
};
/* The value of a header (any case) copied to out, or false. */
bool httpd_header(const struct httpd_req *req, const char *name, char *out, size_t out_n);

struct httpd_resp {
  int status;            /* 0: 200 */
  struct mu_str headers; /* further lines, each with its \r\n */
  struct mu_str body;
  int delay_ms;
  int drip_ms;  /* the body comes in many pieces, with this pause before each */
  size_t claim; /* what Content-Length says; 0: the truth */
  bool drop;    /* close without an answer */
  bool cut;     /* send half of the body, then close */
  bool close;   /* answer, then close */
};

struct httpd *httpd_start(void (*handle)(void *ctx, const struct httpd_req *req,
                                         struct httpd_resp *resp),
                          void *ctx);
/* The same with TLS: PEM files of the chain and the key. */
struct httpd *httpd_start_tls(void (*handle)(void *ctx, const struct httpd_req *req,
                                             struct httpd_resp *resp),
                              void *ctx, const char *cert_file, const char *key_file);
int httpd_port(const struct httpd *d);
int httpd_connections(const struct httpd *d); /* accepted so far */
void httpd_stop(struct httpd *d);

#endif
