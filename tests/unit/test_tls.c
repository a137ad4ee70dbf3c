/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes with servers that are right, late, named otherwise, unknown, silent; and HTTPS by the
 * same certificates. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/str.h"
#include "support/certs.h"
#include "support/httpd.h"
#include "wire/http.h"
#include "wire/tls.h"

enum { DAY_S = 86400 };

struct world {
  struct mu_arena *arena;
  char dir[64], ca[96];
  struct httpd *good, *late;
};

static void handle(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  (void)ctx;
  (void)req;
  mu_str_add(&resp->body, "ok");
}

static struct httpd *serve(struct world *w, const char *name) {
  return httpd_start_tls(handle, NULL, mu_arena_fmt(w->arena, "%s/%s.pem", w->dir, name),
                         mu_arena_fmt(w->arena, "%s/%s.key", w->dir, name));
}

static int set_up(void **state) {
  static struct world w;
  w.arena = mu_arena_new();
  (void)snprintf(w.dir, sizeof w.dir, "/tmp/muster-tls-XXXXXX");
  if (!mkdtemp(w.dir)) {
    return -1;
  }
  (void)snprintf(w.ca, sizeof w.ca, "%s/ca.pem", w.dir);
  certs_make(w.dir, "good", "DNS:api.example.com,DNS:*.dr.example.com,IP:127.0.0.1", -DAY_S,
             30 * DAY_S);
  certs_make(w.dir, "late", "DNS:api.example.com", -30 * DAY_S, -DAY_S);
  w.good = serve(&w, "good");
  w.late = serve(&w, "late");
  *state = &w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  const char *argv[] = {"rm", "-rf", w->dir, NULL};
  struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result;
  (void)!mu_exec_run(&spec, &result, NULL);
  httpd_stop(w->good);
  httpd_stop(w->late);
  mu_arena_free(w->arena);
  return 0;
}

static struct mu_tls_facts look(struct world *w, const struct httpd *server, const char *host,
                                const char *ca) {
  struct mu_tls_target target = {.host = host,
                                 .port = 443,
                                 .connect = "127.0.0.1",
                                 .connect_port = httpd_port(server),
                                 .ca_file = ca};
  struct mu_tls_facts facts;
  struct mu_err err = {0};
  if (mu_tls_look(&target, 0, w->arena, &facts, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return facts;
}

static void a_good_server(void **state) {
  struct world *w = *state;
  int64_t now = mu_wall_ms(mu_clock_system());
  struct mu_tls_facts f = look(w, w->good, "api.example.com", w->ca);
  assert_true(f.verified && f.chain_valid && f.name_matched);
  assert_string_equal(f.why_not, "");
  assert_string_equal(f.protocol, "TLSv1.3");
  assert_string_equal(f.remote_ip, "127.0.0.1");
  assert_true(f.cipher[0] && f.handshake_us > 0);
  assert_int_equal(f.chain_n, 2);
  assert_string_equal(f.chain[0].subject, "CN=good");
  assert_string_equal(f.chain[0].issuer, "CN=muster test authority");
  assert_string_equal(f.chain[1].subject, "CN=muster test authority");
  assert_string_equal(f.chain[0].key, "EC 256");
  assert_int_equal(strlen(f.chain[0].sha256), 64);
  assert_int_equal(f.chain[0].sans_n, 3);
  assert_string_equal(f.chain[0].sans[1], "*.dr.example.com");
  assert_string_equal(f.chain[0].sans[2], "127.0.0.1");
  assert_in_range(f.chain[0].not_after_ms - now, INT64_C(29) * DAY_S * 1000,
                  INT64_C(31) * DAY_S * 1000);
  assert_true(f.chain[0].not_before_ms < now);
  assert_true(look(w, w->good, "x.dr.example.com", w->ca).verified);
  assert_true(look(w, w->good, "127.0.0.1", w->ca).verified);
}

static void what_is_wrong_is_told_and_collected(void **state) {
  struct world *w = *state;
  struct mu_tls_facts f = look(w, w->late, "api.example.com", w->ca);
  assert_true(!f.verified && !f.chain_valid && f.name_matched);
  assert_string_equal(f.why_not, "certificate has expired");
  assert_int_equal(f.chain_n, 2);
  f = look(w, w->good, "other.example.com", w->ca);
  assert_true(!f.verified && f.chain_valid && !f.name_matched);
  assert_string_equal(f.why_not, "the certificate is not for other.example.com");
  assert_false(look(w, w->good, "a.b.dr.example.com", w->ca).name_matched);
  assert_false(look(w, w->good, "127.0.0.2", w->ca).name_matched);
  f = look(w, w->good, "api.example.com", NULL);
  assert_true(!f.verified && !f.chain_valid && f.name_matched);
  assert_non_null(strstr(f.why_not, "self-signed certificate"));
  assert_string_equal(f.chain[0].subject, "CN=good");
}

static int listen_silently(int *port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(fd, 4), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
  *port = ntohs(at.sin_port);
  return fd;
}

static void no_handshake_is_an_error(void **state) {
  struct world *w = *state;
  struct mu_tls_facts facts;
  struct mu_err err = {0};
  int port = 0;
  int silent = listen_silently(&port);
  struct mu_tls_target target = {.host = "127.0.0.1", .port = port};
  int64_t start = mu_mono_ms(mu_clock_system());
  assert_int_equal(mu_tls_look(&target, start + 200, w->arena, &facts, &err), -1);
  assert_int_equal(err.code, MU_E_TIMEOUT);
  assert_true(mu_mono_ms(mu_clock_system()) - start < 2000);
  (void)close(silent);
  assert_int_equal(mu_tls_look(&target, 0, w->arena, &facts, &err), -1);
  assert_int_equal(err.code, MU_E_NET);
  struct httpd *plain = httpd_start(handle, NULL);
  target.port = httpd_port(plain);
  start = mu_mono_ms(mu_clock_system());
  assert_int_equal(mu_tls_look(&target, start + 500, w->arena, &facts, &err), -1);
  assert_true(err.code == MU_E_NET || err.code == MU_E_TIMEOUT);
  httpd_stop(plain);
  target.ca_file = "/no/such/file.pem";
  assert_int_equal(mu_tls_look(&target, 0, w->arena, &facts, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG);
}

static struct mu_http_resp get(struct world *w, const struct httpd *server, const char *host,
                               const char *ca) {
  struct mu_http *http = mu_http_new(NULL);
  const char *row = mu_arena_fmt(w->arena, "%s:443:127.0.0.1:%d", host, httpd_port(server));
  struct mu_http_req req = {.url = mu_arena_fmt(w->arena, "https://%s/", host),
                            .connect_to = &row,
                            .connect_to_n = 1,
                            .ca_file = ca};
  struct mu_http_resp resp;
  struct mu_err err = {0};
  int result = mu_http_do(http, &req, w->arena, &resp, &err);
  assert_int_equal(result, resp.error == MU_E_NONE ? 0 : -1);
  mu_http_free(http);
  return resp;
}

static void https_always_verifies(void **state) {
  struct world *w = *state;
  struct mu_http_resp resp = get(w, w->good, "api.example.com", w->ca);
  assert_int_equal(resp.status, 200);
  assert_true(resp.tls_us > 0);
  resp = get(w, w->late, "api.example.com", w->ca);
  assert_true(resp.error == MU_E_NET && resp.in_tls && !resp.sent);
  resp = get(w, w->good, "other.example.com", w->ca);
  assert_true(resp.error == MU_E_NET && resp.in_tls);
  resp = get(w, w->good, "api.example.com", NULL);
  assert_true(resp.error == MU_E_NET && resp.in_tls);
  resp = get(w, w->good, "api.example.com", "/no/such/file.pem");
  assert_int_equal(resp.error, MU_E_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_good_server),
      cmocka_unit_test(what_is_wrong_is_told_and_collected),
      cmocka_unit_test(no_handshake_is_an_error),
      cmocka_unit_test(https_always_verifies),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
