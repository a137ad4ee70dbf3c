/* SPDX-License-Identifier: Apache-2.0 */
/* Shares counted on the wire, against an authority of the test's own; and the interval around them
 * against published values. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/stat.h"
#include "base/str.h"
#include "drill/dns/dns.h"

enum { QUERIES = 100 };

/* What the authority answers, in turn: 'p' primary, 's' standby, 'o' another address, 'b' both at
 * once, 'n' NXDOMAIN, 'e' nothing, 'r' the primary without the AA bit, 'c' a name and the primary's
 * address behind it. */
struct authority {
  int fd, port;
  const char *script;
  atomic_int asked;
  atomic_bool stop;
  pthread_t thread;
};

struct message {
  unsigned char bytes[512];
  size_t n;
};

static void put(struct message *m, const void *bytes, size_t n) {
  memcpy(m->bytes + m->n, bytes, n);
  m->n += n;
}

static void add_record(struct message *m, unsigned char type, unsigned char ttl, const char *data,
                       unsigned char n) {
  const unsigned char head[] = {0xc0, 12, 0, type, 0, 1, 0, 0, 0, ttl, 0, n};
  put(m, head, sizeof head);
  put(m, data, n);
  m->bytes[7]++;
}

static void answer(char what, struct message *m) {
  m->bytes[2] = what == 'r' ? 0x80 : 0x84;
  if (strchr("pbr", what)) {
    add_record(m, 1, 30, "\xc0\0\2\1", 4);
  }
  if (strchr("sb", what)) {
    add_record(m, 1, 60, "\xc0\0\2\2", 4);
  }
  if (what == 'o') {
    add_record(m, 1, 5, "\xc0\0\2\11", 4);
  }
  if (what == 'c') {
    add_record(m, 5, 5, "\3lb1\7example\3net", 17);
    add_record(m, 1, 5, "\xc0\0\2\1", 4);
  }
  m->bytes[3] = what == 'n' ? 3 : 0;
}

static void *serve(void *ctx) {
  struct authority *a = ctx;
  while (!atomic_load(&a->stop)) {
    struct pollfd p = {.fd = a->fd, .events = POLLIN};
    struct sockaddr_in from;
    socklen_t from_n = sizeof from;
    struct message m = {.n = 0};
    if (poll(&p, 1, 50) <= 0) {
      continue;
    }
    ssize_t n = recvfrom(a->fd, m.bytes, 256, 0, (struct sockaddr *)&from, &from_n);
    if (n < 17) {
      continue;
    }
    m.n = (size_t)n;
    int i = atomic_fetch_add(&a->asked, 1);
    answer(a->script[(size_t)i % strlen(a->script)], &m);
    (void)sendto(a->fd, m.bytes, m.n, 0, (struct sockaddr *)&from, from_n);
  }
  return NULL;
}

static void start(struct authority *a, const char *script) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  *a = (struct authority){.script = script};
  a->fd = socket(AF_INET, SOCK_DGRAM, 0);
  assert_int_equal(bind(a->fd, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(getsockname(a->fd, (struct sockaddr *)&at, &n), 0);
  a->port = ntohs(at.sin_port);
  assert_int_equal(pthread_create(&a->thread, NULL, serve, a), 0);
}

static void stop(struct authority *a) {
  atomic_store(&a->stop, true);
  assert_int_equal(pthread_join(a->thread, NULL), 0);
  (void)close(a->fd);
}

static const struct mu_dns_ctx sides = {
    .name = "api.example.com", .primary = "192.0.2.1", .standby = "192.0.2.2"};

/* One authority with a script, asked QUERIES times. */
static struct mu_dns_share measured(struct mu_arena *arena, const struct mu_dns_ctx *of,
                                    const char *script) {
  struct authority a;
  struct mu_dns_ctx ctx = *of;
  struct mu_dns_share share = {0};
  struct mu_err err = {0};
  start(&a, script);
  ctx.arena = arena;
  const char *at = mu_arena_fmt(arena, "127.0.0.1:%d", a.port);
  if (mu_dns_measure(&ctx, &at, 1, QUERIES, 0, &share, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  stop(&a);
  assert_int_equal(share.asked, QUERIES);
  assert_int_equal(share.primary + share.standby + share.other + share.failed, QUERIES);
  return share;
}

static void answers_are_counted_by_side(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_dns_share share = measured(arena, &sides, "psps");
  assert_int_equal(share.primary, 50);
  assert_int_equal(share.standby, 50);
  assert_int_equal(share.ttl_s, 60); /* the largest */
  assert_int_equal(share.not_authoritative, 0);
  assert_null(share.failure);
  assert_true(share.lo > 0.40 && share.lo < 0.41 && share.hi > 0.59 && share.hi < 0.60);
  share = measured(arena, &sides, "prrrr");
  assert_int_equal(share.primary, 100);
  assert_int_equal(share.not_authoritative, 80);
}

static void what_is_neither_sides_is_said(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_dns_share share = measured(arena, &sides, "pso");
  assert_true(share.other >= 33 && share.other <= 34);
  assert_string_equal(share.other_example, "192.0.2.9");
  share = measured(arena, &sides, "b"); /* one answer, counted once, and nobody's */
  assert_int_equal(share.other, 100);
  assert_int_equal(share.primary + share.standby, 0);
  assert_string_equal(share.other_example, "both sides at once");
}

static void what_is_no_answer_failed(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_dns_share share = measured(arena, &sides, "n");
  assert_int_equal(share.failed, 100);
  assert_string_equal(share.failure, "NXDOMAIN");
  assert_true(share.lo == 0 && share.hi == 1); /* nothing is known */
  share = measured(arena, &sides, "e");
  assert_int_equal(share.failed, 100);
  assert_string_equal(share.failure, "NOERROR");
}

static void sides_that_are_names_are_seen_as_cname(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const struct mu_dns_ctx names = {
      .name = "api.example.com", .primary = "lb0.example.net", .standby = "LB1.example.net."};
  struct mu_dns_share share = measured(arena, &names, "c");
  assert_int_equal(share.standby, 100);
  assert_int_equal(share.other, 0); /* the address behind the name says nothing of sides */
}

static void every_authority_is_asked(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct authority a, b;
  struct mu_dns_ctx ctx = sides;
  struct mu_dns_share share = {0};
  struct mu_err err = {0};
  start(&a, "p");
  start(&b, "s");
  ctx.arena = arena;
  const char *at[] = {mu_arena_fmt(arena, "127.0.0.1:%d", a.port),
                      mu_arena_fmt(arena, "localhost:%d", b.port)};
  if (mu_dns_measure(&ctx, at, 2, 10, 0, &share, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  stop(&a);
  stop(&b);
  assert_int_equal(share.asked, 20);
  assert_int_equal(share.primary, 10);
  assert_int_equal(share.standby, 10);
}

static void an_authority_that_is_none_is_refused(void **state) {
  (void)state;
  static const char *const none[] = {"127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:dns",
                                     "no.such.name.invalid:53"};
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_dns_ctx ctx = sides;
  ctx.arena = arena;
  for (size_t i = 0; i < MU_LEN(none); i++) {
    struct mu_dns_share share = {.asked = -1};
    struct mu_err err = {0};
    assert_int_equal(mu_dns_measure(&ctx, &none[i], 1, 1, 0, &share, &err), -1);
    assert_non_null(strstr(err.msg, mu_arena_strn(arena, none[i], strcspn(none[i], ":"))));
    assert_int_equal(share.asked, -1);
  }
}

/* R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3. */
static void the_interval_is_wilsons(void **state) {
  (void)state;
  static const struct {
    int64_t k, n;
    double lo, hi;
  } published[] = {
      {81, 263, 0.2553, 0.3662},
      {15, 148, 0.0624, 0.1605},
      {0, 20, 0.0, 0.1611},
      {1, 29, 0.0061, 0.1718},
  };
  for (size_t i = 0; i < MU_LEN(published); i++) {
    double lo = -1, hi = -1;
    mu_wilson(published[i].k, published[i].n, 1.959964, &lo, &hi);
    assert_true(fabs(lo - published[i].lo) < 0.00006 && fabs(hi - published[i].hi) < 0.00006);
    mu_wilson(published[i].n - published[i].k, published[i].n, 1.959964, &lo, &hi);
    assert_true(fabs(1 - lo - published[i].hi) < 0.00006);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_are_counted_by_side),
      cmocka_unit_test(what_is_neither_sides_is_said),
      cmocka_unit_test(what_is_no_answer_failed),
      cmocka_unit_test(sides_that_are_names_are_seen_as_cname),
      cmocka_unit_test(every_authority_is_asked),
      cmocka_unit_test(an_authority_that_is_none_is_refused),
      cmocka_unit_test(the_interval_is_wilsons),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
