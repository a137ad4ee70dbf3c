/* SPDX-License-Identifier: Apache-2.0 */
/* ${…}: syntax, values, and that secrets reach the redactor before anybody can print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "config/config.h"

static const char *output(void *ctx, const char *name, bool *secret) {
  (void)ctx;
  *secret = mu_streq(name, "db_password");
  return *secret                              ? "swordfish-output"
         : mu_streq(name, "alb.dns_name")     ? "lb-1.example.com"
         : mu_streq(name, "looks_like_a_ref") ? "${env:NOT_AGAIN}"
                                              : NULL;
}

static const char *captured(void *ctx, const char *name) {
  (void)ctx;
  return mu_streq(name, "token of order 1") ? "t-1" : NULL;
}

struct fixture {
  struct mu_arena *arena;
  struct mu_redact *redact;
  struct mu_resolver resolver;
  char dir[32];
};

static void resolves(struct fixture *f, const char *text, const char *expected) {
  const char *out = NULL;
  struct mu_err err = {0};
  if (mu_config_resolve(text, &f->resolver, f->arena, &out, &err) != 0) {
    fail_msg("%s: %s", text, err.msg);
  }
  assert_string_equal(out, expected);
}

static void refuses(struct fixture *f, const char *text, enum mu_errc code, const char *message) {
  const char *out = "untouched";
  struct mu_err err = {0};
  assert_int_equal(mu_config_resolve(text, &f->resolver, f->arena, &out, &err), -1);
  assert_string_equal(err.msg, message);
  assert_int_equal(err.code, code);
  assert_string_equal(out, "untouched");
}

static void values(void **state) {
  struct fixture *f = *state;
  resolves(f, "", "");
  resolves(f, "plain $ {text} $x", "plain $ {text} $x");
  resolves(f, "Bearer ${env:MU_TEST_TOKEN}!", "Bearer swordfish-env!");
  resolves(f, "${env:MU_TEST_TOKEN}${env:MU_TEST_TOKEN}", "swordfish-envswordfish-env");
  resolves(f, "${file:secret}", "swordfish-file");
  resolves(f, "${file:crlf}", "two\nlines");
  resolves(f, "https://${terraform.alb.dns_name}/", "https://lb-1.example.com/");
  resolves(f, "${capture:token of order 1}", "t-1");
  resolves(f, "$${env:X} ${env:MU_TEST_TOKEN}", "${env:X} swordfish-env");
  resolves(f, "${terraform.looks_like_a_ref}",
           "${env:NOT_AGAIN}"); /* what comes from outside is text, never a reference */
}

static void absent_values(void **state) {
  struct fixture *f = *state;
  refuses(f, "${env:MU_TEST_NOT_SET}", MU_E_ABSENT,
          "environment variable MU_TEST_NOT_SET is not set");
  refuses(f, "${env:MU_TEST_EMPTY}", MU_E_ABSENT, "environment variable MU_TEST_EMPTY is empty");
  refuses(f, "${terraform.nothing}", MU_E_ABSENT, "Terraform output 'nothing' is not known");
  refuses(f, "${capture:nothing}", MU_E_ABSENT, "nothing was captured as 'nothing'");
  refuses(f, "${matrix:region}", MU_E_ABSENT, "the check has no matrix with 'region'");
  f->resolver.terraform = NULL;
  f->resolver.capture = NULL;
  refuses(f, "${terraform.x}", MU_E_ABSENT,
          "Terraform output 'x' is not known here; nothing is stood up");
  refuses(f, "${capture:x}", MU_E_ABSENT, "nothing was captured as 'x'");
  const char *out = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_config_resolve("${file:nowhere}", &f->resolver, f->arena, &out, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_int_equal(mu_config_resolve("${file:nul}", &f->resolver, f->arena, &out, &err), -1);
  assert_int_equal(err.code, MU_E_INPUT);
  assert_int_equal(mu_config_resolve("${file:empty}", &f->resolver, f->arena, &out, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
}

static void broken_references(void **state) {
  struct fixture *f = *state;
  static const char *const rows[] = {"${",
                                     "${env:A",
                                     "${}",
                                     "${env}",
                                     "${env:}",
                                     "${env:1A}",
                                     "${env:A B}",
                                     "${env:A-B}",
                                     "${terraform.}",
                                     "${terraform:x}",
                                     "${file:}",
                                     "${capture:}",
                                     "${ENV:A}",
                                     "${vault:a}",
                                     "${env:A} ${b}",
                                     "${terraform.a b}",
                                     "${file:${env:A}}"};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    const char *out = NULL;
    struct mu_err err = {0};
    if (mu_config_resolve(rows[i], &f->resolver, f->arena, &out, &err) == 0) {
      fail_msg("'%s' is accepted", rows[i]);
    }
    if (err.code != MU_E_CONFIG) {
      fail_msg("'%s': %s", rows[i], err.msg);
    }
  }
}

static void secrets_are_redacted(void **state) {
  struct fixture *f = *state;
  resolves(f, "${env:MU_TEST_TOKEN}${file:secret}${terraform.db_password}${terraform.alb.dns_name}",
           "swordfish-envswordfish-fileswordfish-outputlb-1.example.com");
  MU_STR(out, 4096);
  const char text[] = "a swordfish-env b swordfish-file c swordfish-output d lb-1.example.com";
  assert_int_equal(mu_redact_write(f->redact, text, strlen(text), &out), 3);
  assert_string_equal(out.p, "a [redacted] b [redacted] c [redacted] d lb-1.example.com");
}

static void needs_terraform(void **state) {
  struct fixture *f = *state;
  assert_string_equal(mu_config_needs_terraform("${env:A}/${terraform.b}/${terraform.c}", f->arena),
                      "b");
  assert_null(mu_config_needs_terraform("${env:A}", f->arena));
  assert_null(mu_config_needs_terraform("$${terraform.b}", f->arena));
  assert_null(mu_config_needs_terraform("${terraform.b", f->arena));
}

static void put(const struct fixture *f, const char *name, const char *bytes, size_t n) {
  char path[64];
  (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
  assert_int_equal(mu_io_write(path, bytes, n, NULL), 0);
}

static int setup(void **state) {
  static struct fixture f;
  f = (struct fixture){
      .arena = mu_arena_new(), .redact = mu_redact_new(), .dir = "/tmp/test_refs.XXXXXX"};
  if (!mkdtemp(f.dir)) {
    return -1;
  }
  f.resolver = (struct mu_resolver){.terraform = output,
                                    .capture = captured,
                                    .redact = f.redact,
                                    .base = mu_arena_fmt(f.arena, "%s/muster.yaml", f.dir)};
  put(&f, "secret", "swordfish-file\n", 15);
  put(&f, "crlf", "two\nlines\r\n", 11);
  put(&f, "nul", "a\0b", 3);
  put(&f, "empty", "\n", 1);
  (void)setenv("MU_TEST_TOKEN", "swordfish-env", 1);
  (void)setenv("MU_TEST_EMPTY", "", 1);
  (void)unsetenv("MU_TEST_NOT_SET");
  *state = &f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  static const char *const files[] = {"secret", "crlf", "nul", "empty"};
  for (size_t i = 0; i < MU_LEN(files); i++) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
    (void)unlink(path);
  }
  (void)rmdir(f->dir);
  mu_redact_free(f->redact);
  mu_arena_free(f->arena);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(values),
      TEST(absent_values),
      TEST(broken_references),
      TEST(secrets_are_redacted),
      TEST(needs_terraform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
