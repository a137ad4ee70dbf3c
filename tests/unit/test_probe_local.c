/* SPDX-License-Identifier: Apache-2.0 */
/* Probes that need nothing but this machine: tcp, exec, dns (against a small server of the test's
 * own), git. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan.h"
#include "table.h"

struct look {
  struct mu_arena *arena;
  struct mu_facts facts;
  bool absent;
  int result;
  struct mu_err err;
};

static struct look look(const char *probe, const char *const *words, size_t n, int64_t timeout_ms) {
  struct look l = {.arena = mu_arena_new()};
  struct mu_plan plan = {0};
  if (mu_plan_words(&plan, "t", "t", probe, words, n, mu_probes_all(), l.arena, &l.err) != 0) {
    fail_msg("%s", l.err.msg);
  }
  const struct mu_clock *clock = mu_clock_system();
  const struct mu_probe_ctx ctx = {
      .arena = l.arena, .clock = clock, .deadline_mono_ms = mu_mono_ms(clock) + timeout_ms};
  mu_facts_init(&l.facts, l.arena);
  l.result = plan.at[0].probe->observe(&plan.at[0].args, &ctx, &l.facts, &l.absent, &l.err);
  return l;
}
#define LOOK(l, probe, ms, ...)                                                                    \
  const char *const l##_words[] = {__VA_ARGS__};                                                   \
  struct look l = look(probe, l##_words, MU_LEN(l##_words), ms)

static const struct mu_value *fact(const struct look *l, const char *name) {
  static const struct mu_value none;
  const struct mu_fact *f = mu_fact_find(&l->facts, name);
  if (!f) {
    fail_msg("%s was not seen", name);
  }
  return f ? &f->value : &none;
}

static int listener(int type, int *port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof a;
  int fd = socket(AF_INET, type, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
  *port = ntohs(a.sin_port);
  return fd;
}

/* ---- tcp ---- */

static void a_port_is_open_or_closed(void **state) {
  (void)state;
  int port = 0, fd = listener(SOCK_STREAM, &port);
  char to[64], host[64];
  assert_int_equal(listen(fd, 4), 0);
  (void)snprintf(to, sizeof to, "connect_to=127.0.0.1:%d", port);
  (void)snprintf(host, sizeof host, "host=127.0.0.1:%d", port);
  LOOK(open, "tcp", 2000, host);
  assert_int_equal(open.result, 0);
  assert_false(open.absent);
  assert_string_equal(fact(&open, "tcp.address")->s, "127.0.0.1");
  assert_int_equal(fact(&open, "tcp.port")->i, port);
  mu_arena_free(open.arena);
  LOOK(named, "tcp", 2000, "host=api.example.com", "port=443", to); /* the name is not resolved */
  assert_int_equal(named.result, 0);
  mu_arena_free(named.arena);
  (void)close(fd);
  LOOK(closed, "tcp", 2000, host);
  assert_int_equal(closed.result, 0);
  assert_true(closed.absent); /* refused: looked at, and proven closed */
  mu_arena_free(closed.arena);
  LOOK(none, "tcp", 2000, "host=127.0.0.1");
  assert_int_equal(none.result, -1);
  assert_int_equal(none.err.code, MU_E_INPUT);
  mu_arena_free(none.arena);
}

/* ---- exec ---- */

static void a_program_says_what_it_says(void **state) {
  (void)state;
  LOOK(ok, "exec", 5000, "run=printf", "run={\"v\": %s, \"s\": \"x\"}", "run=7",
       "pattern=v\": (\\d)", "expect:json.v=7", "expect:json.s=x");
  assert_int_equal(ok.result, 0);
  assert_int_equal(fact(&ok, "exec.exit")->i, 0);
  assert_string_equal(fact(&ok, "exec.match")->s, "7");
  assert_string_equal(fact(&ok, "exec.json.v")->s, "7");
  assert_string_equal(fact(&ok, "exec.stdout")->s, "{\"v\": 7, \"s\": \"x\"}");
  mu_arena_free(ok.arena);
  LOOK(no_shell, "exec", 5000, "run=printf", "run=%s", "run=$(id); `id` | cat");
  assert_string_equal(fact(&no_shell, "exec.stdout")->s, "$(id); `id` | cat");
  mu_arena_free(no_shell.arena);
  LOOK(with_env, "exec", 5000, "run=sh", "run=-c", "run=cat; echo \"$A\"; exit 3", "env.A=b c",
       "input=in ");
  assert_int_equal(fact(&with_env, "exec.exit")->i, 3);
  assert_string_equal(fact(&with_env, "exec.stdout")->s, "in b c\n");
  mu_arena_free(with_env.arena);
}

static void a_program_that_does_not_end_well_is_not_observed(void **state) {
  (void)state;
  LOOK(gone, "exec", 5000, "run=/nonexistent/program");
  assert_int_equal(gone.result, -1);
  mu_arena_free(gone.arena);
  LOOK(slow, "exec", 150, "run=sleep", "run=20");
  assert_int_equal(slow.result, -1);
  assert_int_equal(slow.err.code, MU_E_TIMEOUT);
  mu_arena_free(slow.arena);
  LOOK(killed, "exec", 5000, "run=sh", "run=-c", "run=kill -KILL $$");
  assert_int_equal(killed.result, -1);
  assert_non_null(strstr(killed.err.msg, "signal 9"));
  mu_arena_free(killed.arena);
  LOOK(much, "exec", 10000, "run=head", "run=-c", "run=2000000", "run=/dev/zero");
  assert_int_equal(much.result, -1);
  assert_int_equal(much.err.code, MU_E_LIMIT);
  mu_arena_free(much.arena);
}

/* ---- dns ---- */

/* Answers each A question in turn with 192.0.2.1 (three of four) and 198.51.100.1, TTL 60, AA;
 * names with "nx" get NXDOMAIN. */
static void *answer_dns(void *arg) {
  int fd = *(int *)arg;
  unsigned char q[512];
  for (int i = 0;; i++) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t n = recvfrom(fd, q, sizeof q - 16, 0, (struct sockaddr *)&from, &size);
    if (n < 13) {
      return NULL; /* the test is over: it sends an empty datagram */
    }
    static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
    static const unsigned char sides[2][4] = {{192, 0, 2, 1}, {198, 51, 100, 1}};
    bool nx = q[13] == 'n' && q[14] == 'x';
    q[2] = 0x84;
    q[3] = nx ? 3 : 0;
    q[7] = nx ? 0 : 1;
    size_t used = (size_t)n;
    if (!nx) {
      memcpy(q + used, record, sizeof record);
      memcpy(q + used + sizeof record, sides[i % 4 == 3], 4);
      used += sizeof record + 4;
    }
    (void)sendto(fd, q, used, 0, (struct sockaddr *)&from, size);
  }
}

static void names_and_shares(void **state) {
  (void)state;
  pthread_t thread;
  char server[64];
  int port = 0, fd = listener(SOCK_DGRAM, &port);
  (void)snprintf(server, sizeof server, "server=127.0.0.1:%d", port);
  assert_int_equal(pthread_create(&thread, NULL, answer_dns, &fd), 0);
  LOOK(one, "dns", 3000, "name=api.example.com", server);
  assert_int_equal(one.result, 0);
  assert_string_equal(fact(&one, "dns.addresses")->list.at[0], "192.0.2.1");
  assert_int_equal(fact(&one, "dns.ttl")->i, 60000);
  assert_true(fact(&one, "dns.aa")->b);
  assert_string_equal(fact(&one, "dns.rcode")->s, "NOERROR");
  mu_arena_free(one.arena);
  LOOK(nx, "dns", 3000, "name=nx.example.com", server);
  assert_int_equal(nx.result, 0);
  assert_true(nx.absent);
  mu_arena_free(nx.arena);
  LOOK(many, "dns", 5000, "name=api.example.com", server, "samples=400",
       "sides.aws=192.0.2.1, 192.0.2.2", "sides.azure=203.0.113.9");
  assert_int_equal(many.result, 0);
  assert_int_equal(fact(&many, "dns.samples")->i, 400);
  assert_true(fact(&many, "dns.share.aws")->f > 74 && fact(&many, "dns.share.aws")->f < 76);
  assert_true(fact(&many, "dns.share_low.aws")->f > 70 && fact(&many, "dns.share_low.aws")->f < 71);
  assert_true(fact(&many, "dns.share_high.aws")->f > 78 &&
              fact(&many, "dns.share_high.aws")->f < 80);
  assert_true(fact(&many, "dns.share.azure")->f < 0.01);
  assert_true(fact(&many, "dns.share_high.azure")->f > 0.9); /* none of 400 is not none */
  assert_int_equal(fact(&many, "dns.other")->i, 100);
  mu_arena_free(many.arena);
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  (void)sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof to);
  (void)pthread_join(thread, NULL);
  (void)close(fd);
}

static void silence_is_not_absence(void **state) {
  (void)state;
  char server[64];
  int port = 0, fd = listener(SOCK_DGRAM, &port);
  (void)snprintf(server, sizeof server, "server=127.0.0.1:%d", port);
  LOOK(silent, "dns", 300, "name=api.example.com", server);
  assert_int_equal(silent.result, -1);
  assert_int_equal(silent.err.code, MU_E_TIMEOUT);
  mu_arena_free(silent.arena);
  (void)close(fd);
}

/* ---- git ---- */

static void what_is_in_no_repository_says_so(void **state) {
  (void)state;
  LOOK(none, "git", 1000, "path=/etc/passwd");
  assert_int_equal(none.result, 0);
  assert_string_not_equal(fact(&none, "git.state")->s, "tracked");
  assert_null(mu_fact_find(&none.facts, "git.commit"));
  mu_arena_free(none.arena);
  LOOK(gone, "git", 1000, "path=/nonexistent/file");
  assert_true(gone.absent);
  mu_arena_free(gone.arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_port_is_open_or_closed),
      cmocka_unit_test(a_program_says_what_it_says),
      cmocka_unit_test(a_program_that_does_not_end_well_is_not_observed),
      cmocka_unit_test(names_and_shares),
      cmocka_unit_test(silence_is_not_absence),
      cmocka_unit_test(what_is_in_no_repository_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
