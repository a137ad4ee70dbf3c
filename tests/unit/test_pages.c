/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as files: all of them or none, by whether the run is in the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/redact.h"
#include "cli/app.h"
#include "cli/pages.h"
#include "model/run.h"
#include "reports/table.h"
#include "support/cli.h"
#include "support/golden.h"

static const char *const names[] = {"a.json", "b.html", "c.xml", "d.md"};

/* Draws a report of each kind into the folder. */
static int pages(struct cli *c, const struct mu_run *run, struct mu_redact *redact, bool recorded) {
  const char *specs[] = {mu_arena_fmt(c->arena, "json=%s/a.json", c->dir),
                         mu_arena_fmt(c->arena, "html=%s/b.html", c->dir),
                         mu_arena_fmt(c->arena, "junit=%s/c.xml", c->dir),
                         mu_arena_fmt(c->arena, "markdown=%s/d.md", c->dir)};
  const struct mu_parts parts = {.reports = &mu_reports_table};
  struct mu_app app = {.parts = &parts, .arena = c->arena, .redact = redact};
  app.common.quiet = true;
  app.common.reports = (struct mu_opt_list){.at = specs, .n = MU_LEN(specs), .cap = MU_LEN(specs)};
  struct mu_pages *drawn = mu_pages_new(&app, run, false);
  mu_pages_draw(drawn, NULL);
  mu_pages_file(drawn, recorded);
  return mu_pages_end(drawn);
}

static void a_run_without_an_entry_has_no_file(void **state) {
  struct cli *c = *state;
  struct mu_run *run = golden_run("drill");
  assert_int_equal(pages(c, run, NULL, false), 0);
  for (size_t i = 0; i < MU_LEN(names); i++) {
    assert_null(cli_read(c, names[i]));
  }
  assert_int_equal(pages(c, run, NULL, true), 0);
  for (size_t i = 0; i < MU_LEN(names); i++) {
    assert_non_null(cli_read(c, names[i]));
  }
  mu_run_free(run);
}

static void no_file_holds_a_secret(void **state) {
  struct cli *c = *state;
  struct mu_run *run = golden_run("drill");
  struct mu_redact *redact = mu_redact_new();
  mu_redact_add(redact, run->id, strlen(run->id));
  assert_int_equal(pages(c, run, redact, true), 0);
  for (size_t i = 0; i < MU_LEN(names); i++) {
    const char *text = cli_read(c, names[i]);
    assert_non_null(text);
    assert_null(strstr(text, run->id));
  }
  assert_non_null(strstr(cli_read(c, "a.json"), "\"id\": \"[redacted]\""));
  mu_redact_free(redact);
  mu_run_free(run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_run_without_an_entry_has_no_file, cli_set_up,
                                      cli_tear_down),
      cmocka_unit_test_setup_teardown(no_file_holds_a_secret, cli_set_up, cli_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
