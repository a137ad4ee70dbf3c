/* SPDX-License-Identifier: Apache-2.0 */
/* The DNS client against an authority of our own on a loopback port (UDP and TCP), and the decoder
 * against hand-made messages. */
#define _DEFAULT_SOURCE /* usleep */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
#include "wire/dns.h"

struct authority {
  int udp, tcp, port;
  atomic_int asked, recursion_asked;
  atomic_bool stop;
  pthread_t thread;
  uint16_t ports[4]; /* source ports of the first askers */
};

struct message {
  unsigned char bytes[2048];
  size_t n;
};

static void put16(struct message *m, unsigned v) {
  m->bytes[m->n++] = (unsigned char)(v >> 8);
  m->bytes[m->n++] = (unsigned char)v;
}

static void put_record(struct message *m, unsigned type, unsigned ttl, const void *data, size_t n) {
  put16(m, 0xc00c); /* the question's name */
  put16(m, type);
  put16(m, 1);
  put16(m, ttl >> 16);
  put16(m, ttl & 0xffff);
  put16(m, (unsigned)n);
  memcpy(m->bytes + m->n, data, n);
  m->n += n;
}

/* Answers by the first label of the name. False: says nothing. */
static bool answer(struct authority *a, const unsigned char *query, size_t n, bool by_tcp,
                   struct message *out) {
  char label[64] = "";
  int asked = atomic_fetch_add(&a->asked, 1);
  memcpy(label, query + 13, query[12]);
  memcpy(out->bytes, query, n);
  out->n = n;
  atomic_fetch_add(&a->recursion_asked, query[2] & 1);
  out->bytes[2] = 0x84; /* QR, AA */
  out->bytes[3] = 0;
  if (strcmp(label, "deaf") == 0 || (strcmp(label, "second") == 0 && asked == 0)) {
    return false;
  }
  if (strcmp(label, "nx") == 0) {
    out->bytes[3] = 3;
    out->bytes[9] = 1; /* one authority record */
    put_record(out, 6, 300, "\2ns\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 27);
    return true;
  }
  if (strcmp(label, "long") == 0 && !by_tcp) {
    out->bytes[2] |= 2;
    return true;
  }
  out->bytes[7] = 1;
  if (strcmp(label, "share") == 0) {
    put_record(out, 1, 60, asked % 10 == 0 ? "\xc0\0\2\2" : "\xc0\0\2\1", 4);
  } else if (strcmp(label, "text") == 0) {
    put_record(out, 16, 5, "\3a\0b\4 c\n!", 9);
  } else if (strcmp(label, "alias") == 0) {
    put_record(out, 5, 5, "\3a.b\1*\xc0\x0c", 8);
  } else if (strcmp(label, "six") == 0) {
    put_record(out, 28, 5, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
  } else if (strcmp(label, "bad") == 0) {
    put_record(out, 1, 5, "\1\2\3", 3);
  } else {
    put_record(out, 1, 60, "\xc0\0\2\1", 4);
  }
  return true;
}

static void serve_udp(struct authority *a) {
  unsigned char query[512];
  struct sockaddr_in from;
  socklen_t from_n = sizeof from;
  struct message m = {.n = 0};
  ssize_t n = recvfrom(a->udp, query, sizeof query, 0, (struct sockaddr *)&from, &from_n);
  int i = atomic_load(&a->asked);
  if (n < 17) {
    return;
  }
  if (i < 4) {
    a->ports[i] = ntohs(from.sin_port);
  }
  if (!answer(a, query, (size_t)n, false, &m)) {
    return;
  }
  struct message forged = m;
  forged.bytes[0] ^= 0x55; /* somebody guesses the id, and somebody answers another question */
  (void)sendto(a->udp, forged.bytes, forged.n, 0, (struct sockaddr *)&from, from_n);
  forged = m;
  forged.bytes[13] ^= 1;
  (void)sendto(a->udp, forged.bytes, forged.n, 0, (struct sockaddr *)&from, from_n);
  (void)sendto(a->udp, m.bytes, m.n, 0, (struct sockaddr *)&from, from_n);
}

static void serve_tcp(struct authority *a) {
  unsigned char query[514];
  struct message m = {.n = 0};
  int fd = accept(a->tcp, NULL, NULL);
  ssize_t n = recv(fd, query, sizeof query, 0);
  if (n > 19 && answer(a, query + 2, (size_t)n - 2, true, &m)) {
    unsigned char size[2] = {(unsigned char)(m.n >> 8), (unsigned char)m.n};
    (void)!write(fd, size, 1); /* in pieces */
    (void)usleep(2000);
    (void)!write(fd, size + 1, 1);
    (void)!write(fd, m.bytes, m.n);
  }
  (void)close(fd);
}

static void *serve(void *ctx) {
  struct authority *a = ctx;
  while (!atomic_load(&a->stop)) {
    struct pollfd fds[2] = {{.fd = a->udp, .events = POLLIN}, {.fd = a->tcp, .events = POLLIN}};
    if (poll(fds, 2, 20) > 0) {
      if (fds[0].revents) {
        serve_udp(a);
      }
      if (fds[1].revents) {
        serve_tcp(a);
      }
    }
  }
  return NULL;
}

static int set_up(void **state) {
  static struct authority a;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  memset(&a, 0, sizeof a);
  a.tcp = socket(AF_INET, SOCK_STREAM, 0);
  a.udp = socket(AF_INET, SOCK_DGRAM, 0);
  *state = &a;
  if (bind(a.tcp, (struct sockaddr *)&at, sizeof at) != 0 || listen(a.tcp, 16) != 0 ||
      getsockname(a.tcp, (struct sockaddr *)&at, &n) != 0 ||
      bind(a.udp, (struct sockaddr *)&at, sizeof at) != 0) {
    return -1;
  }
  a.port = ntohs(at.sin_port);
  return pthread_create(&a.thread, NULL, serve, &a);
}

static int tear_down(void **state) {
  struct authority *a = *state;
  atomic_store(&a->stop, true);
  (void)pthread_join(a->thread, NULL);
  (void)close(a->udp);
  (void)close(a->tcp);
  return 0;
}

static struct mu_dns_question about(const struct authority *a, const char *name, int type) {
  return (struct mu_dns_question){
      .server = "127.0.0.1", .port = a->port, .name = name, .type = type, .timeout_ms = 300};
}

static int ask(struct mu_dns_question q, struct mu_arena *arena, struct mu_dns_answer *out,
               struct mu_err *err) {
  *err = (struct mu_err){0};
  return mu_dns_ask(&q, 0, arena, out, err);
}

static void answers_are_told(void **state) {
  struct authority *a = *state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_dns_answer got;
  struct mu_err err;
  assert_int_equal(ask(about(a, "API.example.com.", MU_DNS_A), arena, &got, &err), 0);
  assert_true(got.authoritative && !got.truncated && !got.by_tcp && got.n == 1);
  assert_string_equal(got.records[0].name, "API.example.com");
  assert_string_equal(got.records[0].data, "192.0.2.1");
  assert_int_equal(got.records[0].ttl_s, 60);
  assert_int_equal(atomic_load(&a->recursion_asked), 0);
  assert_int_equal(ask(about(a, "text.example.com", MU_DNS_TXT), arena, &got, &err), 0);
  assert_int_equal(got.records[0].data_n, 7);
  assert_memory_equal(got.records[0].data, "a\0b c\n!", 7);
  assert_int_equal(ask(about(a, "alias.example.com", MU_DNS_A), arena, &got, &err), 0);
  assert_int_equal(got.records[0].type, MU_DNS_CNAME);
  assert_string_equal(got.records[0].data, "a\\.b.*.alias.example.com");
  assert_int_equal(ask(about(a, "six.example.com", MU_DNS_AAAA), arena, &got, &err), 0);
  assert_string_equal(got.records[0].data, "2001:db8::1");
  assert_int_equal(ask(about(a, "nx.example.com", MU_DNS_A), arena, &got, &err), 0);
  assert_int_equal(got.rcode, MU_DNS_NXDOMAIN);
  assert_int_equal(got.records[0].section, MU_DNS_AUTHORITY);
  assert_string_equal(got.records[0].data, "ns.nx.example.com nx.example.com 1 2 3 4 5");
  struct mu_dns_question recursive = about(a, "x.example.com", MU_DNS_A);
  recursive.recurse = true;
  assert_int_equal(ask(recursive, arena, &got, &err), 0);
  assert_int_equal(atomic_load(&a->recursion_asked), 1);
  mu_arena_free(arena);
}

static void truncation_leads_to_tcp(void **state) {
  struct authority *a = *state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_dns_answer got;
  struct mu_err err;
  assert_int_equal(ask(about(a, "long.example.com", MU_DNS_A), arena, &got, &err), 0);
  assert_true(got.by_tcp && !got.truncated && got.n == 1);
  assert_int_equal(atomic_load(&a->asked), 2);
  struct mu_dns_question q = about(a, "x.example.com", MU_DNS_A);
  q.tcp = true;
  assert_int_equal(ask(q, arena, &got, &err), 0);
  assert_true(got.by_tcp);
  mu_arena_free(arena);
}

static void silence_is_tried_again(void **state) {
  struct authority *a = *state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_dns_answer got;
  struct mu_err err;
  assert_int_equal(ask(about(a, "second.example.com", MU_DNS_A), arena, &got, &err), 0);
  assert_int_equal(atomic_load(&a->asked), 2);
  assert_int_not_equal(a->ports[0], a->ports[1]);
  struct mu_dns_question deaf = about(a, "deaf.example.com", MU_DNS_A);
  deaf.timeout_ms = 50;
  assert_int_equal(ask(deaf, arena, &got, &err), -1);
  assert_int_equal(err.code, MU_E_TIMEOUT);
  assert_int_equal(atomic_load(&a->asked), 5);
  deaf.timeout_ms = 5000;
  int64_t start = mu_mono_ms(mu_clock_system());
  assert_int_equal(mu_dns_ask(&deaf, start + 100, arena, &got, &err), -1);
  assert_int_equal(err.code, MU_E_TIMEOUT);
  assert_true(mu_mono_ms(mu_clock_system()) - start < 1000);
  mu_arena_free(arena);
}

static void failures_are_told_apart(void **state) {
  struct authority *a = *state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_dns_answer got;
  struct mu_err err;
  struct mu_dns_question q = about(a, "x.example.com", MU_DNS_A);
  q.port = 1;
  assert_int_equal(ask(q, arena, &got, &err), -1);
  assert_int_equal(err.code, MU_E_NET);
  q.server = "ns.example.com";
  assert_int_equal(ask(q, arena, &got, &err), -1);
  assert_int_equal(err.code, MU_E_INPUT);
  assert_int_equal(ask(about(a, "bad.example.com", MU_DNS_A), arena, &got, &err), -1);
  assert_int_equal(err.code, MU_E_REMOTE);
  static const char *const names[] = {
      "",
      "a..b",
      ".a",
      "a\\",
      "a\\25",
      "a\\256",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com"};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    assert_int_equal(ask(about(a, names[i], MU_DNS_A), arena, &got, &err), -1);
    assert_int_equal(err.code, MU_E_INPUT);
  }
  assert_int_equal(ask(about(a, "\\042.x\\.y.com", MU_DNS_A), arena, &got, &err), 0);
  assert_string_equal(got.records[0].name, "*.x\\.y.com");
  mu_arena_free(arena);
}

struct tally {
  int standby, primary, failed;
};

static void count(void *ctx, const struct mu_dns_answer *got, const struct mu_err *why) {
  (void)why;
  struct tally *t = ctx;
  t->failed += !got;
  if (got && got->n == 1) {
    t->standby += strcmp(got->records[0].data, "192.0.2.2") == 0;
    t->primary += strcmp(got->records[0].data, "192.0.2.1") == 0;
  }
}

static void two_thousand_samples(void **state) {
  struct authority *a = *state;
  struct mu_dns_question q = about(a, "share.example.com", MU_DNS_A);
  const struct mu_dns_sampling sampling = {.n = 2000};
  struct tally t = {0};
  struct mu_err err;
  int64_t start = mu_mono_ms(mu_clock_system());
  assert_int_equal(mu_dns_sample(&q, &sampling, count, &t, &err), 2000);
  print_message("2000 queries in %lld ms\n", (long long)(mu_mono_ms(mu_clock_system()) - start));
  assert_int_equal(t.standby, 200);
  assert_int_equal(t.primary, 1800);
  assert_int_equal(t.failed, 0);
}

static void sampling_keeps_its_deadline(void **state) {
  struct authority *a = *state;
  struct mu_dns_question q = about(a, "share.example.com", MU_DNS_A);
  int64_t start = mu_mono_ms(mu_clock_system());
  const struct mu_dns_sampling sampling = {
      .n = 1000, .interval_ms = 10, .deadline_mono_ms = start + 205};
  struct tally t = {0};
  struct mu_err err;
  int64_t asked = mu_dns_sample(&q, &sampling, count, &t, &err);
  assert_in_range(asked, 10, 21);
  assert_int_equal(t.standby + t.primary + t.failed, asked);
  const struct mu_cancel cancel = {.signal = 2};
  const struct mu_dns_sampling canceled = {.n = 10, .cancel = &cancel};
  assert_int_equal(mu_dns_sample(&q, &canceled, count, &t, &err), 0);
}

static void decode_refuses(const unsigned char *bytes, size_t n) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_dns_answer got;
  struct mu_err err = {0};
  assert_int_equal(mu_dns_decode(bytes, n, arena, &got, &err), -1);
  assert_int_equal(err.code, MU_E_REMOTE);
  mu_arena_free(arena);
}

static void malformed_messages(void **state) {
  (void)state;
  static const unsigned char loop[] = "\0\1\x80\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1";
  static const unsigned char forward[] = "\0\1\x80\0\0\1\0\0\0\0\0\0\xc0\x10\0\1\0\1\1a\0";
  static const unsigned char missing[] = "\0\1\x80\0\0\0\0\1\0\0\0\0";
  static const unsigned char query[] = "\0\1\0\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1";
  static const unsigned char label[] = "\0\1\x80\0\0\1\0\0\0\0\0\0\x40zzz\0\0\1\0\1";
  static const unsigned char data[] = "\0\1\x80\0\0\0\0\1\0\0\0\0\0\0\1\0\1\0\0\0\1\0\xff\1\2\3\4";
  decode_refuses(loop, sizeof loop - 1);
  decode_refuses(forward, sizeof forward - 1);
  decode_refuses(missing, sizeof missing - 1);
  decode_refuses(query, sizeof query - 1);
  decode_refuses(label, sizeof label - 1);
  decode_refuses(data, sizeof data - 1);
  decode_refuses(query, 3);
}

static void the_system_resolves(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  const char *const *list = NULL;
  size_t n = 0;
  struct mu_err err = {0};
  assert_int_equal(mu_dns_resolve("localhost", arena, &list, &n, &err), 0);
  assert_true(n >= 1);
  assert_true(strcmp(list[0], "127.0.0.1") == 0 || strcmp(list[0], "::1") == 0);
  assert_int_equal(mu_dns_type_parse("cname"), MU_DNS_CNAME);
  assert_int_equal(mu_dns_type_parse("ANY"), 0);
  char text[MU_DNS_TYPE_TEXT];
  mu_dns_type_text(65, text);
  assert_string_equal(text, "TYPE65");
  assert_string_equal(mu_dns_rcode_text(5), "REFUSED");
  mu_arena_free(arena);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(answers_are_told),
      TEST(truncation_leads_to_tcp),
      TEST(silence_is_tried_again),
      TEST(failures_are_told_apart),
      TEST(two_thousand_samples),
      TEST(sampling_keeps_its_deadline),
      cmocka_unit_test(malformed_messages),
      cmocka_unit_test(the_system_resolves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
