/* SPDX-License-Identifier: Apache-2.0 */
#include "support/httpd.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

enum { MAX_CONNECTIONS = 512, MAX_REQUEST = 4 << 20, DRIPS = 50 };

struct connection {
  struct httpd *server;
  int fd;
  SSL *tls;
  struct mu_str in;
};

struct httpd {
  int fd, port;
  void (*handle)(void *ctx, const struct httpd_req *req, struct httpd_resp *resp);
  void *ctx;
  SSL_CTX *tls;
  pthread_t acceptor;
  pthread_mutex_t one;
  atomic_int accepted;
  atomic_bool stopping;
  pthread_t threads[MAX_CONNECTIONS];
  int fds[MAX_CONNECTIONS];
};

static bool receive(struct connection *c) {
  char bytes[16384];
  ssize_t n = c->tls ? SSL_read(c->tls, bytes, sizeof bytes) : recv(c->fd, bytes, sizeof bytes, 0);
  if (n <= 0) {
    return false;
  }
  mu_str_addn(&c->in, bytes, (size_t)n);
  return !c->in.failed;
}

static void transmit(struct connection *c, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t done = c->tls ? SSL_write(c->tls, bytes, (int)n) : send(c->fd, bytes, n, MSG_NOSIGNAL);
    if (done <= 0) {
      return;
    }
    bytes += done;
    n -= (size_t)done;
  }
}

bool httpd_header(const struct httpd_req *req, const char *name, char *out, size_t out_n) {
  size_t name_n = strlen(name);
  for (const char *line = req->head; *line;) {
    const char *end = strstr(line, "\r\n");
    if (!end) {
      return false;
    }
    if (strncasecmp(line, name, name_n) == 0 && line[name_n] == ':') {
      const char *value = line + name_n + 1;
      value += strspn(value, " ");
      (void)snprintf(out, out_n, "%.*s", (int)(end - value), value);
      return true;
    }
    line = end + 2;
  }
  return false;
}

static void rest(int ms) {
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
  (void)nanosleep(&pause, NULL);
}

static void drip(struct connection *c, const struct httpd_resp *resp) {
  size_t piece = resp->body.n / DRIPS + 1;
  for (size_t at = 0; at < resp->body.n && !atomic_load(&c->server->stopping); at += piece) {
    rest(resp->drip_ms);
    transmit(c, resp->body.p + at, piece < resp->body.n - at ? piece : resp->body.n - at);
  }
}

static void answer(struct connection *c, struct httpd_resp *resp, bool is_head) {
  if (resp->delay_ms > 0) {
    rest(resp->delay_ms);
  }
  MU_STR(out, MAX_REQUEST);
  mu_str_addf(&out, "HTTP/1.1 %d Stub\r\n", resp->status ? resp->status : 200);
  mu_str_addf(&out, "Content-Length: %zu\r\n", resp->claim ? resp->claim : resp->body.n);
  mu_str_add(&out, mu_str_get(&resp->headers));
  mu_str_add(&out, resp->close ? "Connection: close\r\n\r\n" : "\r\n");
  if (!is_head && resp->body.n > 0 && resp->drip_ms == 0) {
    mu_str_addn(&out, resp->body.p, resp->cut ? resp->body.n / 2 : resp->body.n);
  }
  transmit(c, mu_str_get(&out), out.n);
  if (!is_head && resp->drip_ms > 0) {
    drip(c, resp);
  }
}

static void consume(struct mu_str *in, size_t n) {
  memmove(in->p, in->p + n, in->n - n + 1);
  in->n -= n;
}

/* One request: true when the connection stays open. */
static bool serve(struct connection *c) {
  const char *end = NULL;
  while (!(end = strstr(mu_str_get(&c->in), "\r\n\r\n"))) {
    if (!receive(c)) {
      return false;
    }
  }
  size_t head_n = (size_t)(end - c->in.p) + 4;
  char *head = strndup(c->in.p, head_n - 2);
  if (!head) {
    MU_BUG("out of memory");
  }
  char *line_end = strstr(head, "\r\n");
  struct httpd_req req = {.head = line_end + 2};
  *line_end = '\0';
  char *rest = NULL, length[32] = "0";
  req.method = strtok_r(head, " ", &rest);
  req.target = strtok_r(NULL, " ", &rest);
  (void)httpd_header(&req, "Content-Length", length, sizeof length);
  req.body_n = (size_t)strtoul(length, NULL, 10);
  bool open = true;
  while (open && c->in.n < head_n + req.body_n) {
    open = receive(c);
  }
  if (open) {
    char *body = calloc(1, req.body_n + 1);
    if (!body) {
      MU_BUG("out of memory");
    }
    memcpy(body, c->in.p + head_n, req.body_n);
    req.body = body;
    struct httpd_resp resp = {.headers = MU_STR_INIT(1 << 20), .body = MU_STR_INIT(MAX_REQUEST)};
    (void)pthread_mutex_lock(&c->server->one);
    c->server->handle(c->server->ctx, &req, &resp);
    (void)pthread_mutex_unlock(&c->server->one);
    consume(&c->in, head_n + req.body_n);
    if (!resp.drop) {
      answer(c, &resp, strcmp(req.method, "HEAD") == 0);
    }
    open = !resp.drop && !resp.cut && !resp.close && resp.claim == 0;
    mu_str_done(&resp.headers);
    mu_str_done(&resp.body);
    free(body);
  }
  free(head);
  return open;
}

static void *talk(void *ctx) {
  struct connection *c = ctx;
  bool open = true;
  if (c->server->tls) {
    c->tls = SSL_new(c->server->tls);
    (void)SSL_set_fd(c->tls, c->fd);
    open = SSL_accept(c->tls) == 1;
  }
  while (open && !atomic_load(&c->server->stopping)) {
    open = serve(c);
  }
  (void)shutdown(c->fd, SHUT_RDWR);
  SSL_free(c->tls);
  mu_str_done(&c->in);
  free(c);
  return NULL;
}

static void *accept_all(void *ctx) {
  struct httpd *d = ctx;
  for (;;) {
    int fd = accept(d->fd, NULL, NULL);
    int i = atomic_load(&d->accepted);
    if (fd < 0 || i == MAX_CONNECTIONS) {
      return NULL;
    }
    struct connection *c = calloc(1, sizeof *c);
    if (!c) {
      MU_BUG("out of memory");
    }
    *c = (struct connection){.server = d, .fd = fd, .in = MU_STR_INIT(MAX_REQUEST)};
    d->fds[i] = fd;
    atomic_store(&d->accepted, i + 1); /* before it can be answered */
    if (pthread_create(&d->threads[i], NULL, talk, c) != 0) {
      MU_BUG("no thread");
    }
  }
}

static struct httpd *start(struct httpd *d) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  d->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (d->fd < 0 || bind(d->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(d->fd, 512) != 0 ||
      getsockname(d->fd, (struct sockaddr *)&at, &n) != 0 ||
      pthread_mutex_init(&d->one, NULL) != 0) {
    MU_BUG("the test server does not start");
  }
  d->port = ntohs(at.sin_port);
  if (pthread_create(&d->acceptor, NULL, accept_all, d) != 0) {
    MU_BUG("no thread");
  }
  return d;
}

static struct httpd *
make(void (*handle)(void *ctx, const struct httpd_req *req, struct httpd_resp *resp), void *ctx) {
  struct httpd *d = calloc(1, sizeof *d);
  if (!d) {
    MU_BUG("out of memory");
  }
  d->handle = handle;
  d->ctx = ctx;
  (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
  return d;
}

struct httpd *httpd_start(void (*handle)(void *ctx, const struct httpd_req *req,
                                         struct httpd_resp *resp),
                          void *ctx) {
  return start(make(handle, ctx));
}

struct httpd *httpd_start_tls(void (*handle)(void *ctx, const struct httpd_req *req,
                                             struct httpd_resp *resp),
                              void *ctx, const char *cert_file, const char *key_file) {
  struct httpd *d = make(handle, ctx);
  d->tls = SSL_CTX_new(TLS_server_method());
  if (!d->tls || SSL_CTX_use_certificate_chain_file(d->tls, cert_file) != 1 ||
      SSL_CTX_use_PrivateKey_file(d->tls, key_file, SSL_FILETYPE_PEM) != 1) {
    MU_BUG("the test server's certificate does not load");
  }
  return start(d);
}

int httpd_port(const struct httpd *d) {
  return d->port;
}

int httpd_connections(const struct httpd *d) {
  return atomic_load(&d->accepted);
}

void httpd_stop(struct httpd *d) {
  atomic_store(&d->stopping, true);
  (void)shutdown(d->fd, SHUT_RDWR);
  (void)pthread_join(d->acceptor, NULL);
  (void)close(d->fd);
  int n = atomic_load(&d->accepted);
  for (int i = 0; i < n; i++) {
    (void)shutdown(d->fds[i], SHUT_RDWR);
    (void)pthread_join(d->threads[i], NULL);
    (void)close(d->fds[i]);
  }
  SSL_CTX_free(d->tls);
  (void)pthread_mutex_destroy(&d->one);
  free(d);
}
