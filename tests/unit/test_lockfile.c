/* SPDX-License-Identifier: Apache-2.0 */
/* The dependency lock file and version constraints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "provenance/lockfile.h"

#define AWS "registry.terraform.io/hashicorp/aws"

static int parse(struct mu_arena *arena, const char *text, struct mu_lock *lock,
                 struct mu_err *err) {
  *lock = (struct mu_lock){0};
  *err = (struct mu_err){0};
  return mu_lock_parse(text, strlen(text), arena, lock, err);
}

static void what_terraform_writes(void **state) {
  (void)state;
  static const char text[] =
      "# This file is maintained automatically by \"terraform init\".\n"
      "# Manual edits may be lost in future updates.\n\n"
      "provider \"" AWS "\" {\n"
      "  version     = \"5.100.0\"\n"
      "  constraints = \"~> 5.0, != 5.98.0\"\n"
      "  hashes = [\n"
      "    \"h1:edXOJWE4ORX8Fm+dpVpICzMZJat4AX0VRCAy/xkcOc0=\",\n"
      "    \"zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644\",\n"
      "  ]\n"
      "}\n\n"
      "provider \"registry.opentofu.org/hashicorp/random\" {\n"
      "  version = \"3.6.3\"\n"
      "}\n";
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_lock lock;
  struct mu_err err;
  assert_int_equal(parse(arena, text, &lock, &err), 0);
  assert_int_equal(lock.n, 2);
  const struct mu_lock_provider *aws = mu_lock_find(&lock, AWS);
  assert_non_null(aws);
  assert_string_equal(aws->version, "5.100.0");
  assert_string_equal(aws->constraints, "~> 5.0, != 5.98.0");
  assert_int_equal(aws->hashes_n, 2);
  assert_string_equal(aws->hashes[0], "h1:edXOJWE4ORX8Fm+dpVpICzMZJat4AX0VRCAy/xkcOc0=");
  assert_true(mu_lock_same_package(aws, aws));
  const char *one[] = {"zh:054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644"},
             *other[] = {"h1:other"};
  assert_true(mu_lock_same_package(aws, &(struct mu_lock_provider){.hashes = one, .hashes_n = 1}));
  assert_false(
      mu_lock_same_package(aws, &(struct mu_lock_provider){.hashes = other, .hashes_n = 1}));
  assert_string_equal(lock.at[1].version, "3.6.3");
  assert_null(lock.at[1].constraints);
  assert_null(mu_lock_find(&lock, "hashicorp/aws"));
}

static void what_people_make_of_it(void **state) {
  (void)state;
  static const char *const fine[] = {
      "",
      "# nothing\n",
      "\xEF\xBB\xBFprovider \"a/b/c\" {\r\n  version = \"1\"\r\n}\r\n",
      "/* a\n * b */ // c\nprovider \"a/b/c\" { version = \"1\" }",
      "provider \"a/b/c\" {\n version = \"1\"\n other = { x = [1, true, \"}\"], y : null }\n}\n"
      "module \"m\" {\n  inner \"x\" \"y\" {\n    version = \"9\"\n  }\n}\nanswer = 42\n",
  };
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_lock lock;
  struct mu_err err;
  for (size_t i = 0; i < MU_LEN(fine); i++) {
    if (parse(arena, fine[i], &lock, &err) != 0) {
      fail_msg("%zu: %s", i, err.msg);
    }
    assert_int_equal(lock.n, i > 1);
    assert_true(!lock.n || mu_streq(lock.at[0].version, "1"));
  }
}

static void what_cannot_be_read(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } rows[] = {
      {"<<<<<<< HEAD\n", "line 1, column 1: not the name of a block"},
      {"provider \"a\" {\n  version = \"1\"\n", "line 3, column 1: a block that does not end"},
      {"provider \"a\" {\n  version = \"1\n}\n", "line 2, column 13: a string that does not end"},
      {"provider \"a\" {\n  version = \"${x}\"\n}", "line 2, column 14: a template"},
      {"provider \"a\" {\n  version = \"\\u0041\"\n}", "an escape that a lock file does not have"},
      {"provider \"a\" {\n  hashes = []\n}\n", "line 1, column 1: a provider without a version"},
      {"provider \"a\" {\n  version = 5\n}\n", "not a string"},
      {"provider \"a\" {\n  version = [\"5\"]\n}\n", "not a string"},
      {"provider \"a\" {\n version = \"1\"\n version = \"2\"\n}\n", "said before"},
      {"provider \"a\" { version = \"1\" }\nprovider \"a\" { version = \"2\" }",
       "line 2, column 1: a provider that is locked twice"},
      {"provider {\n}\n", "a provider without a name"},
      {"provider \"a\" \"b\" {\n}\n", "a provider without a name, or with several"},
      {"provider \"a\"\n", "neither an attribute nor a block"},
      {"/* x", "a comment that does not end"},
      {"a = [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "nested too deeply"},
      {"provider \"a\" { b { c { d { e { f { g { h { i { j { k { l { m { n { o { p { q {",
       "nested too deeply"},
      {"a = ]", "neither a name nor a value"},
  };
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_lock lock;
  struct mu_err err;
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    int rc = parse(arena, rows[i].text, &lock, &err);
    if (rc != -1 || err.code != MU_E_INPUT || !strstr(err.msg, rows[i].says)) {
      fail_msg("%zu: %d %s", i, rc, err.msg);
    }
    assert_int_equal(lock.n, 0);
  }
  assert_int_equal(mu_lock_parse("a\0= 1", 6, arena, &lock, &err), -1);
  assert_non_null(strstr(err.msg, "a NUL byte"));
  static char large[MU_LOCK_BYTES + 1];
  assert_int_equal(mu_lock_parse(large, sizeof large, arena, &lock, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
}

static void versions_and_constraints(void **state) {
  (void)state;
  static const struct {
    const char *version, *constraints;
    enum mu_meets meets;
  } rows[] = {
      {"5.100.0", NULL, MU_MEETS},
      {"5.100.0", "", MU_MEETS},
      {"5.100.0", "5.100.0", MU_MEETS},
      {"5.100.0", "= 5.100", MU_MEETS},
      {"5.100.0", "5.99.0", MU_MEETS_NOT},
      {"5.100.0", "!= 5.100.0", MU_MEETS_NOT},
      {"5.100.0", ">= 5.9", MU_MEETS}, /* 100 is more than 9 */
      {"5.100.0", "> 5.100.0", MU_MEETS_NOT},
      {"5.100.0", ">= 4.0, < 5.0", MU_MEETS_NOT},
      {"4.67.0", ">= 4.0, < 5.0", MU_MEETS},
      {"4.67.0", ">=4.0,<5.0,!=4.67.0", MU_MEETS_NOT},
      {"5.100.0", "~> 5.0", MU_MEETS},
      {"6.0.0", "~> 5.0", MU_MEETS_NOT},
      {"5.100.1", "~> 5.100.0", MU_MEETS},
      {"5.101.0", "~> 5.100.0", MU_MEETS_NOT},
      {"5.99.9", "~> 5.100.0", MU_MEETS_NOT},
      {"5.1.0", "~> 5", MU_MEETS},
      {"6.0.0", "~> 5", MU_MEETS_NOT},
      {"6.0.0-beta1", ">= 5.0", MU_MEETS_NOT},
      {"6.0.0-beta1", "6.0.0-beta1", MU_MEETS},
      {"6.0.0-beta1", "6.0.0", MU_MEETS_NOT},
      {"6.0.0", "6.0.0-beta1", MU_MEETS_NOT},
      {"6.0.0", "> 6.0.0-beta1", MU_MEETS},
      {"6.0.0", "< 6.0.0-beta1", MU_MEETS_NOT},
      {"1.2.3+meta", "1.2.3", MU_MEETS},
      {"5.100.0", "latest", MU_MEETS_UNREADABLE},
      {"5.100.0", ">= 5.0,", MU_MEETS_UNREADABLE},
      {"5.100.0", ">= 5.0,, < 6", MU_MEETS_UNREADABLE},
      {"5.100.0", "=> 5.0", MU_MEETS_UNREADABLE},
      {"5.100.0.1", "5.0", MU_MEETS_UNREADABLE},
      {"99999999999.0", ">= 1", MU_MEETS_UNREADABLE},
      {"", ">= 1", MU_MEETS_UNREADABLE},
      {"5.0.0-beta,1+x", "5.0.0-beta,1+x", MU_MEETS_UNREADABLE},
      {"5.0.0-", "5.0.0", MU_MEETS_UNREADABLE},
      {"5.0.0+", "5.0.0", MU_MEETS_UNREADABLE},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    enum mu_meets meets = mu_version_meets(rows[i].version, rows[i].constraints);
    if (meets != rows[i].meets) {
      fail_msg("%s against %s: %d", rows[i].version, rows[i].constraints, (int)meets);
    }
  }
  assert_true(mu_version_exact("5.1.2"));
  assert_true(mu_version_exact("= 5.1.2"));
  assert_true(mu_version_exact(">= 5.0, 5.1.2"));
  assert_false(mu_version_exact("~> 5.1.2"));
  assert_false(mu_version_exact(">= 5.1.2"));
  assert_false(mu_version_exact(NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_terraform_writes),
      cmocka_unit_test(what_people_make_of_it),
      cmocka_unit_test(what_cannot_be_read),
      cmocka_unit_test(versions_and_constraints),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
