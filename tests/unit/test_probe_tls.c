/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: good, expired, for another name, of a CA that nobody trusts; by the tls probe and
 * behind http checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/str.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "support/httpd.h"
#include "support/suite.h"
#include "table.h"

static char dir[] = "/tmp/muster-tls-XXXXXX";
static struct httpd *good, *expired;

static void run(const char *const *argv) {
  struct mu_exec_result result;
  struct mu_err err = {0};
  const struct mu_exec spec = {.argv = argv, .dir = dir, .timeout_ms = 20000};
  if (mu_exec_run(&spec, &result, &err) != 0 || result.status != 0) {
    fail_msg("%s: %s", argv[0], err.msg);
  }
}

static void serve(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  (void)ctx;
  (void)req;
  mu_str_add(&resp->body, "{\"status\": \"ok\"}");
}

/* A certificate of its own CA for api.example.com; `days` < 0: expired. openssl(1) makes them, so
 * that no test has to know their form. */
static struct httpd *server(const char *name, const char *from, const char *to) {
  char cert[96], key[96], csr[96];
  (void)snprintf(cert, sizeof cert, "%s/%s.pem", dir, name);
  (void)snprintf(key, sizeof key, "%s/%s.key", dir, name);
  (void)snprintf(csr, sizeof csr, "%s/%s.csr", dir, name);
  const char *const request[] = {"openssl",
                                 "req",
                                 "-newkey",
                                 "ec",
                                 "-pkeyopt",
                                 "ec_paramgen_curve:P-256",
                                 "-nodes",
                                 "-keyout",
                                 key,
                                 "-out",
                                 csr,
                                 "-subj",
                                 "/CN=api.example.com",
                                 "-addext",
                                 "subjectAltName=DNS:api.example.com,DNS:www.example.com",
                                 NULL};
  const char *const sign[] = {"openssl",    "ca", "-batch",   "-config", "ca.cnf",
                              "-in",        csr,  "-out",     cert,      "-notext",
                              "-startdate", from, "-enddate", to,        NULL};
  run(request);
  run(sign);
  return httpd_start_tls(serve, NULL, cert, key);
}

static int make_world(void **state) {
  (void)state;
  static const char config[] =
      "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = "
      ".\ncertificate = ca.pem\nprivate_key = ca.key\n"
      "default_md = sha256\npolicy = p\ncopy_extensions = copy\nunique_subject = no\nrand_serial = "
      "yes\n[p]\ncommonName = supplied\n";
  static const char *const ca[] = {
      "openssl", "req",     "-x509",  "-newkey", "ec",     "-pkeyopt", "ec_paramgen_curve:P-256",
      "-nodes",  "-keyout", "ca.key", "-out",    "ca.pem", "-subj",    "/CN=test CA",
      "-days",   "3650",    NULL};
  struct mu_err err = {0};
  char path[96];
  if (!mkdtemp(dir)) {
    return -1;
  }
  (void)snprintf(path, sizeof path, "%s/ca.cnf", dir);
  assert_int_equal(mu_io_write(path, config, strlen(config), &err), 0);
  (void)snprintf(path, sizeof path, "%s/index.txt", dir);
  assert_int_equal(mu_io_write(path, "", 0, &err), 0);
  run(ca);
  good = server("good", "20200101000000Z", "20491231000000Z");
  expired = server("expired", "20200101000000Z", "20210101000000Z");
  return 0;
}

static int end_world(void **state) {
  (void)state;
  const char *const remove[] = {"rm", "-rf", dir, NULL};
  httpd_stop(good);
  httpd_stop(expired);
  struct mu_exec_result result;
  struct mu_err err = {0};
  const struct mu_exec spec = {.argv = remove, .timeout_ms = 20000};
  return mu_exec_run(&spec, &result, &err);
}

static struct mu_run *judge(struct suite *s, const char *yaml) {
  char text[4096];
  size_t n = 0;
  for (const char *at = yaml; *at && n + 128 < sizeof text; at++) {
    if (*at == 'G' || *at == 'E') { /* the good server's port, the expired one's */
      n += (size_t)snprintf(text + n, sizeof text - n, "%d",
                            httpd_port(*at == 'G' ? good : expired));
    } else if (*at == '@') {
      n += (size_t)snprintf(text + n, sizeof text - n, "%s/ca.pem", dir);
    } else {
      text[n++] = *at;
    }
  }
  text[n] = '\0';
  if (suite_load(s, text, "127.0.0.1", mu_probes_all()) != 0) {
    fail_msg("%s", s->diags.at[0].message);
  }
  const struct mu_schedule schedule = {.clock = mu_clock_system(),
                                       .now_ms = mu_wall_ms(mu_clock_system())};
  struct mu_run *r = mu_run_new("check", schedule.now_ms);
  mu_schedule_run(&schedule, &s->plan, r);
  return r;
}

static const struct mu_check *check(const struct mu_run *r, const char *title) {
  for (size_t i = 0; i < r->checks.n; i++) {
    if (mu_streq(r->checks.at[i].title, title)) {
      return &r->checks.at[i];
    }
  }
  fail_msg("no check %s", title);
  return NULL;
}

static bool found(const struct mu_run *r, const char *title, enum mu_finding_id id) {
  for (size_t i = 0; i < r->findings.n; i++) {
    if (mu_streq(r->findings.at[i].check, check(r, title)->id) && r->findings.at[i].id == id) {
      return true;
    }
  }
  return false;
}

static void by_the_probe(void **state) {
  (void)state;
  struct suite s;
  struct mu_run *r =
      judge(&s, "- name: good\n  tls: { host: 'api.example.com:G', ca: '@' }\n"
                "  expect: { verified: true, days_left: '> 1000', sans: { contains: "
                "www.example.com }, protocol: TLSv1.3, issuer: CN=test CA }\n"
                "- name: expired\n  tls: { host: 'api.example.com:E', ca: '@' }\n  expect: { "
                "days_left: '> 21' }\n"
                "- name: just looked at\n  tls: { host: 'api.example.com:E', ca: '@' }\n"
                "- name: untrusted\n  tls: { host: 'api.example.com:G' }\n"
                "- name: another name\n  tls: { host: 'db.example.com:G', ca: '@' }\n  expect: { "
                "name_matches: true }\n");
  assert_int_equal(check(r, "good")->verdict, MU_PASS);
  assert_true(found(r, "expired", MU_F_TLS_EXPIRING));
  assert_int_equal(check(r, "expired")->status, MU_OBSERVED);
  assert_true(found(r, "just looked at", MU_F_TLS_UNTRUSTED));
  assert_true(found(r, "untrusted", MU_F_TLS_UNTRUSTED));
  assert_true(found(r, "another name", MU_F_TLS_UNTRUSTED));
  mu_run_free(r);
  suite_done(&s);
}

static void behind_http_checks(void **state) {
  (void)state;
  struct suite s;
  struct mu_run *r =
      judge(&s, "- name: good\n  http: { url: 'https://api.example.com:G/', ca: '@' }\n  expect: { "
                "status: 200, tls.days_left: '> 1000', tls.verified: true }\n"
                "- name: expired\n  http: { url: 'https://api.example.com:E/', ca: '@' }\n  "
                "expect: { status: 200, tls.days_left: '> 21' }\n"
                "- name: expired, nobody asked\n  http: { url: 'https://api.example.com:E/', ca: "
                "'@' }\n  expect: { status: 200 }\n"
                "- name: another name\n  http: { url: 'https://db.example.com:G/', ca: '@' }\n  "
                "expect: { status: 200 }\n"
                "- name: untrusted\n  http: { url: 'https://api.example.com:G/' }\n  expect: { "
                "status: 200 }\n"
                "- name: control\n  http: { url: 'https://api.example.com:E/', ca: '@' }\n  "
                "expect: { status: 200 }\n  must_fail: true\n");
  assert_int_equal(check(r, "good")->verdict, MU_PASS);
  assert_true(found(r, "expired", MU_F_TLS_EXPIRING));
  assert_int_equal(check(r, "expired")->verdict, MU_FAIL);
  assert_true(found(r, "expired, nobody asked", MU_F_TLS_UNTRUSTED));
  assert_int_equal(check(r, "expired, nobody asked")->verdict, MU_FAIL);
  assert_true(found(r, "another name", MU_F_TLS_UNTRUSTED));
  assert_true(found(r, "untrusted", MU_F_TLS_UNTRUSTED));
  assert_int_equal(check(r, "control")->verdict,
                   MU_INCONCLUSIVE); /* no answer is not the answer that the control wants */
  mu_run_free(r);
  suite_done(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_the_probe),
                                     cmocka_unit_test(behind_http_checks)};
  return cmocka_run_group_tests(tests, make_world, end_world);
}
