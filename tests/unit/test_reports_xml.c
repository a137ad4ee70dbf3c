/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reports against the parsers and schemas of others, by xmllint (libxml2-utils). */
#include "base/err.h"
#include "base/exec.h"
#include "base/str.h"
#include "model/run.h"
#include "reports/table.h"
#include "support/golden.h"

enum { REPORT_MAX = 64 << 20, NO_XMLLINT = 77 };

static const char *schema_path(const char *name) {
  static char path[1024];
  (void)snprintf(path, sizeof path, "%s/fixtures/schemas/%s", MU_SOURCE_DIR, name);
  return path;
}

/* xmllint's exit status for a report of a record; its words in *said. */
static int lint(const char *record, const char *report, bool strict, const char *const *options,
                struct mu_str *said) {
  struct mu_run *run = golden_run(record);
  struct mu_report_opts opts = {.strict = strict};
  struct mu_err err = {0};
  struct mu_exec_result result = {0};
  MU_STR(text, REPORT_MAX);
  mu_report_find(&mu_reports_table, report)->write(run, &opts, &text);
  mu_run_free(run);
  const char *argv[8] = {"xmllint", "--noout", "--nonet"};
  size_t n = 3;
  for (; *options; options++) {
    argv[n++] = *options;
  }
  argv[n] = "-";
  struct mu_exec spec = {.argv = argv,
                         .input = mu_str_get(&text),
                         .input_n = text.n,
                         .timeout_ms = 60000,
                         .errors = said};
  if (mu_exec_run(&spec, &result, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return result.status;
}

static void expect_valid(const char *record, const char *report, bool strict,
                         const char *const *options) {
  MU_STR(said, 1 << 16);
  if (lint(record, report, strict, options, &said) != 0) {
    fail_msg("%s of %s: %s", report, record, mu_str_get(&said));
  }
}

static void junit_is_valid_for_jenkins(void **state) {
  (void)state;
  const char *const options[] = {"--schema", schema_path("junit-10.xsd"), NULL};
  for (size_t r = 0; golden_records[r]; r++) {
    expect_valid(golden_records[r], "junit", false, options);
    expect_valid(golden_records[r], "junit", true, options);
  }
}

static void strict_junit_is_valid_for_ant(void **state) {
  (void)state;
  const char *const options[] = {"--schema", schema_path("junit-windyroad.xsd"), NULL};
  for (size_t r = 0; golden_records[r]; r++) {
    expect_valid(golden_records[r], "junit", true, options);
  }
}

/* The schema bites: output of test cases, which the default has, is what it refuses. */
static void the_strict_schema_refuses_the_default(void **state) {
  (void)state;
  const char *const options[] = {"--schema", schema_path("junit-windyroad.xsd"), NULL};
  MU_STR(said, 1 << 16);
  assert_int_not_equal(lint("drill", "junit", false, options, &said), 0);
  assert_non_null(strstr(mu_str_get(&said), "system-out"));
}

static void html_is_well_formed(void **state) {
  (void)state;
  const char *const options[] = {NULL};
  for (size_t r = 0; golden_records[r]; r++) {
    expect_valid(golden_records[r], "html", false, options);
  }
}

int main(void) {
  static const char *const argv[] = {"xmllint", "--version", NULL};
  struct mu_exec spec = {.argv = argv, .timeout_ms = 10000};
  struct mu_exec_result result = {0};
  if (mu_exec_run(&spec, &result, NULL) != 0) {
    (void)fprintf(
        stderr,
        "SKIPPED: xmllint is not installed (Debian: libxml2-utils), so no report was validated\n");
    return NO_XMLLINT;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(junit_is_valid_for_jenkins),
      cmocka_unit_test(strict_junit_is_valid_for_ant),
      cmocka_unit_test(the_strict_schema_refuses_the_default),
      cmocka_unit_test(html_is_well_formed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
