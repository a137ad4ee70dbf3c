/* SPDX-License-Identifier: Apache-2.0 */
/* Asking: a few tries in flight, each on a UDP socket that is connected to the server, so that
 * nobody else's packet gets in. */
#define _GNU_SOURCE /* SOCK_CLOEXEC, SOCK_NONBLOCK */
#include "wire/dns.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/str.h"
#include "wire/dns_int.h"

enum {
  TIMEOUT_MS = 2000,
  TRIES = 3,
  IN_FLIGHT = 8,
  MAX_IN_FLIGHT = 64,
  MAX_UDP = 4096,
  MAX_TCP = 65535,
  TICK_MS = 50
};

struct target {
  struct sockaddr_storage address;
  socklen_t n;
  struct mu_dns_query query;
  const struct mu_dns_question *question;
  int64_t timeout_ms, deadline_ms; /* deadline_ms: monotonic, INT64_MAX for none */
  int tries;
};

struct slot {
  int fd; /* -1: free */
  int tries;
  int64_t sent_us;
  struct mu_dns_query query;
};

static int64_t now_us(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t earlier(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static int find_server(const struct mu_dns_question *q, struct target *out, struct mu_err *err) {
  char port[16];
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  (void)snprintf(port, sizeof port, "%d", q->port > 0 ? q->port : 53);
  if (!q->server || getaddrinfo(q->server, port, &hints, &found) != 0) {
    MU_STR(safe, MU_ERR_MAX);
    mu_str_add_safe(&safe, q->server ? q->server : "", q->server ? strlen(q->server) : 0);
    return mu_fail(err, MU_E_INPUT, "DNS server \"%s\" is no address", mu_str_get(&safe));
  }
  memcpy(&out->address, found->ai_addr, found->ai_addrlen);
  out->n = found->ai_addrlen;
  freeaddrinfo(found);
  return 0;
}

static int aim(const struct mu_dns_question *q, int64_t deadline_mono_ms, struct target *out,
               struct mu_err *err) {
  *out = (struct target){.question = q};
  out->timeout_ms = q->timeout_ms > 0 ? q->timeout_ms : TIMEOUT_MS;
  out->tries = q->tries > 0 ? q->tries : TRIES;
  out->deadline_ms = deadline_mono_ms > 0 ? deadline_mono_ms : INT64_MAX;
  return find_server(q, out, err) != 0 ? -1 : mu_dns_encode(q, &out->query, err);
}

static int open_socket(const struct target *t, int kind) {
  int fd = socket(t->address.ss_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect(fd, (const struct sockaddr *)&t->address, t->n) != 0 &&
      errno != EINPROGRESS) {
    (void)close(fd);
    return -1;
  }
  return fd;
}

/* ---- TCP: a length of two bytes, then the message ---- */

static int wait_for(int fd, short events, int64_t until_ms) {
  for (;;) {
    int64_t left = until_ms - mu_mono_ms(mu_clock_system());
    struct pollfd p = {.fd = fd, .events = events};
    if (left <= 0) {
      return -1;
    }
    int n = poll(&p, 1, (int)earlier(left, 1000));
    if (n > 0) {
      return 0;
    }
    if (n < 0 && errno != EINTR) {
      return -1;
    }
  }
}

/* Moves exactly n bytes, or fails. */
static int move_all(int fd, unsigned char *bytes, size_t n, bool out, int64_t until_ms) {
  while (n > 0) {
    if (wait_for(fd, out ? POLLOUT : POLLIN, until_ms) != 0) {
      return -1;
    }
    ssize_t done = out ? send(fd, bytes, n, MSG_NOSIGNAL) : recv(fd, bytes, n, 0);
    if (done == 0 || (done < 0 && errno != EINTR && errno != EAGAIN)) {
      return -1;
    }
    if (done > 0) {
      bytes += done;
      n -= (size_t)done;
    }
  }
  return 0;
}

static int ask_tcp(const struct target *t, struct mu_arena *arena, struct mu_dns_answer *answer,
                   struct mu_err *err) {
  struct mu_dns_query query = t->query;
  unsigned char frame[2 + MU_DNS_QUERY_MAX], size[2];
  uint16_t id = 0;
  int64_t started = now_us();
  int64_t until_ms = earlier(t->deadline_ms, started / 1000 + t->timeout_ms);
  mu_random(&id, sizeof id);
  mu_dns_set_id(&query, id);
  frame[0] = (unsigned char)(query.n >> 8);
  frame[1] = (unsigned char)query.n;
  memcpy(frame + 2, query.bytes, query.n);
  MU_FD(fd) = open_socket(t, SOCK_STREAM);
  if (fd < 0 || move_all(fd, frame, query.n + 2, true, until_ms) != 0 ||
      move_all(fd, size, 2, false, until_ms) != 0) {
    bool late = mu_mono_ms(mu_clock_system()) >= until_ms;
    return mu_fail(err, late ? MU_E_TIMEOUT : MU_E_NET, "DNS server %s: no answer over TCP",
                   t->question->server);
  }
  size_t n = (size_t)size[0] << 8 | size[1];
  unsigned char *message = mu_arena_alloc(arena, n + 1);
  if (move_all(fd, message, n, false, until_ms) != 0) {
    return mu_fail(err, MU_E_NET, "DNS server %s: an answer that breaks off", t->question->server);
  }
  if (!mu_dns_answers(&query, message, n)) {
    return mu_fail(err, MU_E_REMOTE, "DNS server %s: an answer to another question",
                   t->question->server);
  }
  if (mu_dns_decode(message, n, arena, answer, err) != 0) {
    return -1;
  }
  answer->by_tcp = true;
  answer->elapsed_us = now_us() - started;
  return 0;
}

/* ---- UDP ---- */

struct run {
  const struct target *target;
  const struct mu_dns_sampling *sampling;
  void (*on_answer)(void *ctx, const struct mu_dns_answer *answer, const struct mu_err *why);
  void *ctx;
  struct slot *slots;
  size_t slots_n, started, busy;
  int64_t next_start_us;
};

static void close_slot(struct slot *slot) {
  if (slot->fd >= 0) {
    (void)close(slot->fd);
    slot->fd = -1;
  }
}

static void report(struct run *run, struct slot *slot, const struct mu_dns_answer *answer,
                   const struct mu_err *why) {
  close_slot(slot);
  run->busy--;
  run->on_answer(run->ctx, answer, why);
}

static void report_error(struct run *run, struct slot *slot, enum mu_errc code, const char *what) {
  struct mu_err why = {0};
  (void)mu_fail(&why, code, "DNS server %s: %s", run->target->question->server, what);
  report(run, slot, NULL, &why);
}

/* The next try: a new socket, hence a new source port, and a new id. */
static void send_try(struct run *run, struct slot *slot) {
  uint16_t id = 0;
  close_slot(slot);
  slot->tries++;
  slot->query = run->target->query;
  mu_random(&id, sizeof id);
  mu_dns_set_id(&slot->query, id);
  slot->fd = open_socket(run->target, SOCK_DGRAM);
  slot->sent_us = now_us();
  if (slot->fd < 0 || send(slot->fd, slot->query.bytes, slot->query.n, MSG_NOSIGNAL) < 0) {
    report_error(run, slot, MU_E_NET, "it cannot be reached");
  }
}

static void over_tcp(struct run *run, struct slot *slot) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_dns_answer answer;
  struct mu_err why = {0};
  int result = ask_tcp(run->target, arena, &answer, &why);
  report(run, slot, result == 0 ? &answer : NULL, &why);
}

static void receive(struct run *run, struct slot *slot) {
  unsigned char message[MAX_UDP];
  ssize_t n = recv(slot->fd, message, sizeof message, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (n < 0) {
    report_error(run, slot, MU_E_NET,
                 errno == ECONNREFUSED ? "connection refused" : "it cannot be reached");
    return;
  }
  if (!mu_dns_answers(&slot->query, message, (size_t)n)) {
    return; /* somebody's guess; the true one may still come */
  }
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_dns_answer answer;
  struct mu_err why = {0};
  if (mu_dns_decode(message, (size_t)n, arena, &answer, &why) != 0) {
    report(run, slot, NULL, &why);
  } else if (answer.truncated) {
    over_tcp(run, slot);
  } else {
    answer.elapsed_us = now_us() - slot->sent_us;
    report(run, slot, &answer, NULL);
  }
}

static void start_more(struct run *run) {
  for (size_t i = 0; i < run->slots_n && run->started < run->sampling->n; i++) {
    int64_t now = now_us();
    if (run->slots[i].fd >= 0 || now < run->next_start_us) {
      continue;
    }
    run->slots[i].tries = 0;
    run->started++;
    run->busy++;
    run->next_start_us = now + run->sampling->interval_ms * 1000;
    if (run->target->question->tcp) {
      over_tcp(run, &run->slots[i]);
    } else {
      send_try(run, &run->slots[i]);
    }
  }
}

static void expire(struct run *run) {
  int64_t now = now_us();
  for (size_t i = 0; i < run->slots_n; i++) {
    struct slot *slot = &run->slots[i];
    if (slot->fd < 0 || now - slot->sent_us < run->target->timeout_ms * 1000) {
      continue;
    }
    if (slot->tries < run->target->tries) {
      send_try(run, slot);
    } else {
      report_error(run, slot, MU_E_TIMEOUT, "no answer");
    }
  }
}

static void wait_and_receive(struct run *run, int64_t deadline_ms) {
  struct pollfd fds[MAX_IN_FLIGHT];
  int64_t now = now_us(), wake = now + (int64_t)TICK_MS * 1000;
  for (size_t i = 0; i < run->slots_n; i++) {
    fds[i] = (struct pollfd){.fd = run->slots[i].fd, .events = POLLIN};
    if (run->slots[i].fd >= 0) {
      wake = earlier(wake, run->slots[i].sent_us + run->target->timeout_ms * 1000);
    }
  }
  if (run->started < run->sampling->n && run->busy < run->slots_n) {
    wake = earlier(wake, run->next_start_us);
  }
  wake = deadline_ms < INT64_MAX / 1000 ? earlier(wake, deadline_ms * 1000) : wake;
  if (poll(fds, (nfds_t)run->slots_n, wake > now ? (int)((wake - now + 999) / 1000) : 0) <= 0) {
    return;
  }
  for (size_t i = 0; i < run->slots_n; i++) {
    if (fds[i].revents && run->slots[i].fd >= 0) {
      receive(run, &run->slots[i]);
    }
  }
}

static void run_all(struct run *run, int64_t deadline_ms) {
  while (run->started < run->sampling->n || run->busy > 0) {
    if (mu_canceled(run->sampling->cancel) || mu_mono_ms(mu_clock_system()) >= deadline_ms) {
      break;
    }
    start_more(run);
    if (run->busy > 0 || run->started < run->sampling->n) {
      wait_and_receive(run, deadline_ms);
      expire(run);
    }
  }
  bool canceled = mu_canceled(run->sampling->cancel);
  for (size_t i = 0; i < run->slots_n; i++) {
    if (run->slots[i].fd >= 0) {
      report_error(run, &run->slots[i], canceled ? MU_E_CANCELED : MU_E_TIMEOUT,
                   "no answer before the deadline");
    }
  }
}

int64_t mu_dns_sample(const struct mu_dns_question *question,
                      const struct mu_dns_sampling *sampling,
                      void (*on_answer)(void *ctx, const struct mu_dns_answer *answer,
                                        const struct mu_err *why),
                      void *ctx, struct mu_err *err) {
  struct target target;
  struct slot slots[MAX_IN_FLIGHT];
  if (aim(question, sampling->deadline_mono_ms, &target, err) != 0) {
    return -1;
  }
  struct run run = {
      .target = &target, .sampling = sampling, .on_answer = on_answer, .ctx = ctx, .slots = slots};
  run.slots_n = sampling->in_flight > 0 ? sampling->in_flight : IN_FLIGHT;
  run.slots_n = run.slots_n < MAX_IN_FLIGHT ? run.slots_n : MAX_IN_FLIGHT;
  for (size_t i = 0; i < run.slots_n; i++) {
    slots[i] = (struct slot){.fd = -1};
  }
  run_all(&run, target.deadline_ms);
  return (int64_t)run.started;
}

/* ---- one question ---- */

struct single {
  struct mu_arena *arena;
  struct mu_dns_answer *answer;
  struct mu_err why;
  bool answered;
};

static void keep_answer(void *ctx, const struct mu_dns_answer *answer, const struct mu_err *why) {
  struct single *s = ctx;
  if (!answer) {
    s->why = *why;
    return;
  }
  struct mu_dns_record *records = mu_arena_array(s->arena, answer->n + 1, sizeof *records);
  for (size_t i = 0; i < answer->n; i++) {
    records[i] = answer->records[i];
    records[i].name = mu_arena_str(s->arena, records[i].name);
    records[i].data = mu_arena_strn(s->arena, records[i].data, records[i].data_n);
  }
  *s->answer = *answer;
  s->answer->records = records;
  s->answered = true;
}

int mu_dns_ask(const struct mu_dns_question *question, int64_t deadline_mono_ms,
               struct mu_arena *arena, struct mu_dns_answer *answer, struct mu_err *err) {
  const struct mu_dns_sampling once = {
      .n = 1, .in_flight = 1, .deadline_mono_ms = deadline_mono_ms};
  struct single s = {.arena = arena, .answer = answer};
  int64_t asked = mu_dns_sample(question, &once, keep_answer, &s, err);
  if (asked < 0) {
    return -1;
  }
  if (asked == 0) {
    return mu_fail(err, MU_E_TIMEOUT, "no time left to ask DNS server %s", question->server);
  }
  return s.answered ? 0 : mu_fail(err, s.why.code, "%s", s.why.msg);
}

/* ---- as the system sees it ---- */

static bool is_listed(const char *const *list, size_t n, const char *text) {
  for (size_t i = 0; i < n; i++) {
    if (strcmp(list[i], text) == 0) {
      return true;
    }
  }
  return false;
}

int mu_dns_resolve(const char *name, struct mu_arena *arena, const char *const **addresses,
                   size_t *n, struct mu_err *err) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  const char **list = NULL;
  size_t count = 0, cap = 0;
  int why = getaddrinfo(name, NULL, &hints, &found);
  if (why != 0) {
    bool absent = why == EAI_NONAME || why == EAI_NODATA;
    return mu_fail(err, absent ? MU_E_ABSENT : MU_E_NET, "%s: %s", name, gai_strerror(why));
  }
  for (struct addrinfo *at = found; at; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0 &&
        !is_listed(list, count, text)) {
      list = mu_arena_grow(arena, list, count, &cap, sizeof *list);
      list[count++] = mu_arena_str(arena, text);
    }
  }
  freeaddrinfo(found);
  *addresses = list;
  *n = count;
  return 0;
}
