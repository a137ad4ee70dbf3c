/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP and HTTPS by libcurl's multi interface: many requests in flight, one thread. What a request
 * points at is borrowed until it was answered; a response is borrowed for the callback, or lives in
 * the arena it was asked into. TLS is always verified; no netrc, no cookies, no proxy unless asked
 * for, no scheme but http and https. An engine belongs to one thread at a time, mu_http_wakeup()
 * excepted. */
#ifndef MU_WIRE_HTTP_H
#define MU_WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct mu_arena;
struct mu_cancel;
struct mu_http;

enum {
  MU_HTTP_TIMEOUT_MS = 30000,
  MU_HTTP_CONNECT_MS = 10000,
  MU_HTTP_MAX_BODY = 1 << 20,
  MU_HTTP_MAX_REDIRECTS = 5,
  MU_HTTP_MAX_HEADERS = 256 * 1024, /* bytes of one response's head; more is MU_E_LIMIT */
};

enum mu_http_version {
  MU_HTTP_ANY, /* 2 where the server offers it by ALPN, else 1.1 */
  MU_HTTP_1_1,
  MU_HTTP_2_CLEAR, /* 2 without asking first ("prior knowledge") */
};

struct mu_http_req {
  const char *method; /* NULL: GET, or POST where there is a body */
  const char *url;
  const char *const
      *headers; /* "Name: value"; no line breaks. "Name:" leaves one of curl's own out */
  size_t headers_n;
  const void *body; /* no Content-Type is added to it */
  size_t body_n;
  int64_t timeout_ms, connect_timeout_ms; /* the whole exchange, the connection with its handshake;
                                             0: the defaults above */
  /* "HOST:PORT:ADDRESS:PORT": connect there, while SNI, Host and the certificate's check keep the
   * name of the URL. */
  const char *const *connect_to;
  size_t connect_to_n;
  const char
      *ca_file; /* trusted besides the system's certificate folder; NULL: the system's bundle */
  const char *cert_file, *key_file; /* client certificate, PEM */
  size_t max_body; /* 0: MU_HTTP_MAX_BODY; the transfer ends there and `truncated` is set */
  bool follow;     /* redirects; at most MU_HTTP_MAX_REDIRECTS, credentials stay with their host */
  bool compressed; /* offer gzip & co.; the cap counts unpacked bytes */
  bool path_as_is; /* leave /../ alone (object keys) */
  bool once; /* a new connection: on an old one that dies, curl sends the request a second time by
                itself */
  bool proxy_from_env; /* obey HTTPS_PROXY, http_proxy, NO_PROXY */
  enum mu_http_version version;
};

struct mu_http_header {
  const char *name, *value;
};

struct mu_http_resp {
  enum mu_errc error; /* MU_E_NONE: there is an answer, whatever its status */
  const char *error_msg;
  bool sent; /* any part of the request left this machine: a change may have happened although there
                is no answer */
  bool in_tls; /* the failure was the peer's certificate or the handshake */
  int status;
  const struct mu_http_header *headers; /* of the last response, not of redirects or 1xx */
  size_t headers_n;
  const char *body; /* NUL-terminated besides */
  size_t body_n;
  bool truncated;
  /* Durations; 0 where a connection was reused. first_byte_us and total_us count from the start. */
  int64_t dns_us, connect_us, tls_us, first_byte_us, total_us;
  const char *remote_ip;
  int remote_port;
  const char *version; /* "1.1", "2" */
  const char *url;     /* after redirects */
  int redirects;
  bool reused; /* no new connection was made */
};

/* The value of the first header of that name, any case; NULL: not there. */
const char *mu_http_header(const struct mu_http_resp *resp, const char *name);

struct mu_http_options {
  int max_in_flight; /* 0: 50. Filled step by step: a quick server is asked over few connections */
  int max_per_host;  /* connections; 0: no limit but the above */
  const char *user_agent; /* NULL: "muster" */
  const struct mu_cancel
      *cancel; /* once set, everything queued and in flight ends with MU_E_CANCELED */
};
struct mu_http *mu_http_new(const struct mu_http_options *options); /* NULL: defaults */
void mu_http_free(struct mu_http *h); /* what is still in flight is dropped, without a callback */
void mu_http_cleanup(struct mu_http **h);

/* Queues one. MU_E_INPUT: a header or method that would break the request's framing. `user` comes
 * back with the answer. */
MU_CHECKED int mu_http_add(struct mu_http *h, const struct mu_http_req *req, void *user,
                           struct mu_err *err);
/* Queued and in flight. */
size_t mu_http_pending(const struct mu_http *h);
/* From now on no more than n in flight, within the options' own limit; 0: that limit. What is in
 * flight already stays. */
void mu_http_limit(struct mu_http *h, size_t n);

struct mu_http_sink {
  void *ctx;
  /* resp is borrowed for the call; adding further requests from here is fine. */
  void (*done)(void *ctx, void *user, const struct mu_http_resp *resp);
};
/* Fills free slots from the queue, moves what can be moved, hands over what is done, and if nothing
 * is, waits for something to happen, a wake-up, or timeout_ms. Returns how many were handed over.
 */
size_t mu_http_run_once(struct mu_http *h, int timeout_ms, const struct mu_http_sink *sink);
void mu_http_wakeup(struct mu_http *h); /* from any thread: ends the wait */

/* Blocking, on an engine that has nothing pending. do: -1 where there is no answer (resp is filled
 * in all the same). batch: resps[i] answers reqs[i]; look at each one's error. -1 only where a
 * request could not be queued (none is sent). */
MU_CHECKED int mu_http_do(struct mu_http *h, const struct mu_http_req *req, struct mu_arena *arena,
                          struct mu_http_resp *resp, struct mu_err *err);
MU_CHECKED int mu_http_batch(struct mu_http *h, const struct mu_http_req *reqs, size_t n,
                             struct mu_arena *arena, struct mu_http_resp *resps,
                             struct mu_err *err);
/* A copy that lives in the arena. */
void mu_http_keep(const struct mu_http_resp *resp, struct mu_arena *arena,
                  struct mu_http_resp *out);

#endif
