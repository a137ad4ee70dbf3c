/* SPDX-License-Identifier: Apache-2.0 */
/* Is a TCP port open? The address that is connected to is a fact, apart from the name it was asked
 * by. Every address of the name is tried in turn, as a client would. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "probe.h"
#include "wire/url.h"

enum { ADDRESSES_MAX = 64, POLL_MS = 100, ADDRESS_TEXT = 64 };

static const struct mu_param params[] = {
    {.name = "host",
     .type = MU_T_STR,
     .required = true,
     .doc = "name or address; host:port is fine too. A refused connection is an answer: the port "
            "is closed"},
    {.name = "port", .type = MU_T_INT, .min = 1, .max = 65535, .doc = "port, unless host says it"},
    {.name = "connect_to",
     .type = MU_T_STR,
     .doc = "ADDRESS or ADDRESS:PORT to connect to instead"},
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "connect",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "how long the connection took"},
    {.name = "resolve",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "how long name resolution took"},
    {.name = "address", .type = MU_T_STR, .is_volatile = true, .doc = "address that accepted"},
    {.name = "port", .type = MU_T_INT, .doc = "port that was asked"},
    {.name = "addresses",
     .type = MU_T_LIST,
     .is_volatile = true,
     .doc = "all addresses of the name"},
    {0}};

struct attempt {
  const struct mu_probe_ctx *ctx;
  const char *host;
  int port;
  struct addrinfo *list;
  int64_t resolve_ms;
};

static int resolve(struct attempt *a, struct mu_err *err) {
  const struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
  int64_t start = mu_mono_ms(a->ctx->clock);
  const char *service = mu_arena_fmt(a->ctx->arena, "%d", a->port);
  int code = getaddrinfo(a->host, service, &hints, &a->list);
  a->resolve_ms = mu_mono_ms(a->ctx->clock) - start;
  if (code != 0) {
    a->list = NULL;
    return mu_fail(err, MU_E_NET, "%s: %s", a->host,
                   code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
  }
  return 0;
}

static const char *address_text(const struct addrinfo *ai, struct mu_arena *arena) {
  char text[ADDRESS_TEXT];
  if (getnameinfo(ai->ai_addr, ai->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0) {
    return "?";
  }
  return mu_arena_str(arena, text);
}

static int refuse(struct mu_err *err, int why) {
  (void)mu_fail(err, MU_E_NET, "%s", strerror(why));
  err->sys = why;
  return -1;
}

/* Until connected, refused, out of time or canceled. */
static int wait_for(int fd, const struct mu_probe_ctx *ctx, struct mu_err *err) {
  for (;;) {
    int64_t left = ctx->deadline_mono_ms - mu_mono_ms(ctx->clock);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (mu_canceled(ctx->cancel)) {
      return mu_fail(err, MU_E_CANCELED, "canceled");
    }
    if (left <= 0) {
      return mu_fail(err, MU_E_TIMEOUT, "no connection in time");
    }
    int n = poll(&p, 1, left < POLL_MS ? (int)left : POLL_MS);
    if (n > 0) {
      int why = 0;
      socklen_t size = sizeof why;
      (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
      return why == 0 ? 0 : refuse(err, why);
    }
    if (n < 0 && errno != EINTR) {
      return mu_fail_sys(err, errno, "poll");
    }
  }
}

static int connect_one(const struct addrinfo *ai, const struct mu_probe_ctx *ctx,
                       struct mu_err *err) {
  MU_FD(fd) = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
  if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    return mu_fail_sys(err, errno, "socket");
  }
  if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return refuse(err, errno);
  }
  return wait_for(fd, ctx, err);
}

static void add_addresses(struct mu_facts *facts, const struct addrinfo *list) {
  const char *all[ADDRESSES_MAX];
  size_t n = 0;
  for (const struct addrinfo *ai = list; ai && n < ADDRESSES_MAX; ai = ai->ai_next) {
    all[n++] = address_text(ai, facts->arena);
  }
  mu_fact_list(facts, "tcp.addresses", all, n)->is_volatile = true;
}

/* *closed: every address said no, which is an answer. Silence is none. */
static int connect_any(const struct attempt *a, struct mu_facts *facts, bool *closed,
                       struct mu_err *err) {
  *closed = true;
  for (const struct addrinfo *ai = a->list; ai; ai = ai->ai_next) {
    int64_t start = mu_mono_ms(a->ctx->clock);
    const char *text = address_text(ai, a->ctx->arena);
    if (connect_one(ai, a->ctx, err) == 0) {
      mu_fact_dur(facts, "tcp.connect", mu_mono_ms(a->ctx->clock) - start)->is_volatile = true;
      mu_fact_str(facts, "tcp.address", text)->is_volatile = true;
      return 0;
    }
    *closed = *closed && err->code == MU_E_NET && err->sys == ECONNREFUSED;
    (void)mu_wrap(err, "%s port %d", text, a->port);
    if (err->code != MU_E_NET) {
      break;
    }
  }
  return -1;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  bool closed = false;
  struct attempt a = {.ctx = ctx, .port = (int)mu_arg_int(args, "port", 0)};
  const char *to = mu_arg_str(args, "connect_to", NULL);
  if (mu_url_host_port(mu_arg_str(args, "host", ""), ctx->arena, &a.host, &a.port, err) != 0 ||
      (to && mu_url_host_port(to, ctx->arena, &a.host, &a.port, err) != 0)) {
    return -1;
  }
  if (a.port < 1 || a.port > 65535) {
    return mu_fail(err, MU_E_INPUT, "tcp needs a port from 1 to 65535");
  }
  if (resolve(&a, err) != 0) {
    return -1;
  }
  int status = connect_any(&a, facts, &closed, err);
  add_addresses(facts, a.list);
  freeaddrinfo(a.list);
  (void)mu_fact_int(facts, "tcp.port", a.port, NULL);
  mu_fact_dur(facts, "tcp.resolve", a.resolve_ms)->is_volatile = true;
  *absent = status != 0 && closed;
  return *absent ? 0 : status;
}

const struct mu_probe mu_probe_tcp = {.name = "tcp",
                                      .summary = "a TCP port: open, and how quickly",
                                      .params = params,
                                      .facts = facts_seen,
                                      .headline = "{address} port {port} open in {connect}",
                                      .target = "host",
                                      .network = true,
                                      .observe = observe};
