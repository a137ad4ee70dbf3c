/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's rows from a ledger, and every reason of the gate. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "drill/registry.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "support/conf.h"

#define DAY INT64_C(86400000)
#define NOW (20000 * DAY)

struct world {
  char dir[32];
  struct mu_arena *arena;
  struct mu_config *config;
  struct mu_ledger *ledger;
};

static const char yaml[] = "muster: 1\n"
                           "standbys:\n"
                           "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"
                           "workloads:\n"
                           "  app: { dr: [dr], drill: quarterly, rpo: 24h, rto: 8h }\n"
                           "  other: { dr: [dr], drill: quarterly }\n";

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  struct mu_err err = {0};
  (void)snprintf(w->dir, sizeof w->dir, "/tmp/muster-reg-XXXXXX");
  assert_non_null(mkdtemp(w->dir));
  w->arena = mu_arena_new();
  w->config = conf_parse("muster.yaml", yaml);
  assert_int_equal(mu_ledger_open(mu_arena_fmt(w->arena, "%s/l.db", w->dir), &w->ledger, &err), 0);
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  mu_ledger_close(w->ledger);
  mu_config_free(w->config);
  mu_io_remove_tree(w->dir);
  mu_arena_free(w->arena);
  free(w);
  return 0;
}

/* A drill that passed and left nothing, so far; append() puts it into the ledger. */
static struct mu_run *drill(const char *workload, int64_t days_ago) {
  struct mu_run *run = mu_run_new("drill", NOW - days_ago * DAY);
  run->workload = workload;
  run->drill = "2026-Q4-app-1";
  run->verdict = MU_PASS;
  run->cleanup = "clean";
  return run;
}

static void append(struct world *w, struct mu_run *run) {
  struct mu_err err = {0};
  if (mu_ledger_append(w->ledger, run, w->arena, NULL, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  mu_run_free(run);
}

static struct mu_registry_row row_of(struct world *w, bool rehearsal) {
  struct mu_registry_row row;
  struct mu_err err = {0};
  if (mu_registry_row(w->ledger, mu_config_workload(w->config, "app"), rehearsal, NOW, w->arena,
                      &row, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  assert_int_equal(err.code, MU_E_NONE); /* success leaves it alone */
  return row;
}

/* The findings of the gate, one "ID: message" a line. */
static const char *gate(struct world *w, bool rehearsal) {
  struct mu_registry_row row = row_of(w, rehearsal);
  struct mu_findings findings;
  MU_STR(text, 4096);
  mu_findings_init(&findings, w->arena);
  mu_registry_gate(&row, &findings);
  for (size_t i = 0; i < findings.n; i++) {
    assert_string_equal(findings.at[i].check, "gate/app");
    mu_str_addf(&text, "%s: %s\n", mu_finding_def(findings.at[i].id)->name, findings.at[i].message);
  }
  mu_registry_done(&row);
  return mu_str_copy(&text, w->arena);
}

static void a_drill_that_passed_passes(void **state) {
  struct world *w = *state;
  append(w, drill("app", 10));
  append(w, drill("other", 1));
  assert_string_equal(gate(w, false), "");
  struct mu_registry_row row = row_of(w, false);
  assert_non_null(row.last);
  assert_false(row.stale);
  assert_int_equal(row.due_ms, NOW - 10 * DAY + 91 * DAY);
  assert_false(row.only_rehearsals);
  mu_registry_done(&row);
  assert_null(row.last);
}

static void no_drill_is_a_reason(void **state) {
  struct world *w = *state;
  append(w, drill("other", 1));
  struct mu_run *night = drill("app", 1);
  night->command = "check";
  append(w, night);
  assert_string_equal(gate(w, false), "DRILL_MISSING: no drill is in the ledger\n");
  struct mu_registry_row row = row_of(w, false);
  assert_true(row.stale);
  assert_int_equal(row.due_ms, NOW);
}

static void a_rehearsal_counts_only_where_asked(void **state) {
  struct world *w = *state;
  struct mu_run *run = drill("app", 1);
  run->rehearsal = true;
  append(w, run);
  assert_string_equal(gate(w, false), "DRILL_REHEARSAL: only rehearsals are in the ledger\n");
  assert_string_equal(gate(w, true), "");
  append(w, drill("app", 3)); /* older, and real: that is the one that counts */
  struct mu_registry_row row = row_of(w, false);
  assert_false(row.last->rehearsal);
  mu_registry_done(&row);
}

static void two_cycles_are_stale(void **state) {
  struct world *w = *state;
  append(w, drill("app", 2 * 91));
  assert_string_equal(gate(w, false), "DRILL_STALE: the last drill was on 2024-04-05, two cycles "
                                      "(quarterly) or more ago\n");
  append(w, drill("app", 2 * 91 - 1));
  assert_string_equal(gate(w, false), "");
}

static void the_last_one_counts_whatever_it_came_to(void **state) {
  struct world *w = *state;
  append(w, drill("app", 5));
  struct mu_run *run = drill("app", 4);
  run->verdict = MU_INCONCLUSIVE;
  run->why = "TLS could not be looked at";
  append(w, run);
  assert_string_equal(gate(w, false), "DRILL_FAILED: drill 2026-Q4-app-1 of 2024-09-30: "
                                      "INCONCLUSIVE, TLS could not be looked at\n");
}

static void what_is_left_or_not_known_is_a_reason(void **state) {
  struct world *w = *state;
  struct mu_run *run = drill("app", 4);
  run->cleanup = "leftovers";
  append(w, run);
  assert_string_equal(gate(w, false), "LEFTOVERS: clean-up of drill 2026-Q4-app-1: leftovers\n");
  run = drill("app", 3);
  run->cleanup = NULL;
  append(w, run);
  assert_string_equal(gate(w, false),
                      "CLEANUP_UNKNOWN: clean-up of drill 2026-Q4-app-1: not proven\n");
}

static void add_target(struct mu_run *run, const char *name, const char *clock,
                       enum mu_outcome outcome, bool gates) {
  struct mu_target *target = MU_RUN_ADD(run, targets);
  *target = (struct mu_target){.name = name,
                               .clock = clock,
                               .target_ms = 8 * 3600 * 1000,
                               .lo_ms = 9 * 3600 * 1000,
                               .hi_ms = 9 * 3600 * 1000,
                               .outcome = outcome,
                               .gate = gates,
                               .basis = "no stamp"};
}

static void targets_that_gate_are_reasons(void **state) {
  struct world *w = *state;
  struct mu_run *run = drill("app", 4);
  add_target(run, "rto", "technical", MU_MISSED, false);
  add_target(run, "rto", "projected", MU_MISSED, true);
  add_target(run, "rpo", NULL, MU_NOT_MEASURED, true);
  add_target(run, "rpo-exposure", NULL, MU_MET, true);
  assert_ptr_equal(mu_registry_target(run, "rto", NULL), &run->targets.at[1]);
  assert_ptr_equal(mu_registry_target(run, "rto", "technical"), &run->targets.at[0]);
  assert_null(mu_registry_target(run, "rta", NULL));
  append(w, run);
  assert_string_equal(
      gate(w, false),
      "TARGET_MISSED: rto projected was MISSED in drill 2026-Q4-app-1: at least 9h, target 8h\n"
      "TARGET_UNCERTAIN: rpo was NOT_MEASURED in drill 2026-Q4-app-1: no stamp, target 8h\n");
}

static void drift_that_is_open_is_a_reason(void **state) {
  struct world *w = *state;
  struct mu_run *run = drill("app", 4);
  mu_finding_say(&run->findings,
                 mu_finding_add(&run->findings, MU_F_DRIFT_ACCESS_WIDER, "capture", "sg", NULL),
                 "0.0.0.0/0");
  mu_finding_add(&run->findings, MU_F_DRIFT_CHANGED, "capture", "db", NULL)->verdict = MU_PASS;
  mu_finding_add(&run->findings, MU_F_HTTP_SLOW, "smoke", "x", NULL);
  append(w, run);
  assert_string_equal(gate(w, false),
                      "DRIFT_ACCESS_WIDER: open since drill 2026-Q4-app-1: 0.0.0.0/0\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_drill_that_passed_passes),
      TEST(no_drill_is_a_reason),
      TEST(a_rehearsal_counts_only_where_asked),
      TEST(two_cycles_are_stale),
      TEST(the_last_one_counts_whatever_it_came_to),
      TEST(what_is_left_or_not_known_is_a_reason),
      TEST(targets_that_gate_are_reasons),
      TEST(drift_that_is_open_is_a_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
