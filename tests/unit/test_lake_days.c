/* SPDX-License-Identifier: Apache-2.0 */
/* partitions: by-day, from the table's files to the finding: a day that is missing behind a right
 * total is seen, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/redact.h"
#include "base/str.h"
#include "model/run.h"
#include "probes/table.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "support/lake_table.h"

enum { FIRST_DAY = 20780 }; /* 2026-11-23 */

struct bench {
  struct mu_arena *arena;
  char folder[40];
  struct mu_run *run;
};

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct bench *bench = mu_arena_alloc(arena, sizeof *bench);
  bench->arena = arena;
  strcpy(bench->folder, "/tmp/muster-days-XXXXXX");
  *state = bench;
  return mkdtemp(bench->folder) ? 0 : -1;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  const char *const argv[] = {"rm", "-rf", bench->folder, NULL};
  struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result = {0};
  struct mu_err err = {0};
  int rc = mu_exec_run(&spec, &result, &err);
  mu_run_free(bench->run);
  mu_arena_free(bench->arena);
  return rc;
}

/* One file a day with so many rows; a day of none has no file. */
static void lay_out(struct bench *bench, const int64_t *rows, size_t n) {
  struct avro_entry files[8] = {0};
  size_t files_n = 0;
  for (size_t i = 0; i < n; i++) {
    if (rows[i] > 0) {
      files[files_n++] =
          (struct avro_entry){.path = mu_arena_fmt(bench->arena, "s3://lake/d%zu.parquet", i),
                              .day = FIRST_DAY + (int64_t)i,
                              .records = rows[i],
                              .size = 1};
    }
  }
  lake_table_write(bench->folder, files, files_n, ",\"source-rows\":\"600\"");
}

/* As a suite plans it; the run judges. */
static enum mu_verdict judge(struct bench *bench) {
  const char *words[] = {
      mu_arena_fmt(bench->arena, "metadata=%s/v1.metadata.json", bench->folder),
      mu_arena_fmt(bench->arena, "map.s3://lake/=%s", bench->folder),
      "partitions=by-day",
      "files=false",
      "expect:rows=source",
      "expect:days_missing=== 0",
  };
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  const struct mu_schedule schedule = {.clock = mu_clock_system()};
  mu_run_free(bench->run);
  bench->run = mu_run_new("test", 0);
  if (mu_plan_words(&plan, "t", "t", "iceberg", words, MU_LEN(words), mu_probes_all(),
                    bench->run->arena, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  mu_schedule_run(&schedule, &plan, bench->run);
  return bench->run->checks.at[0].verdict;
}

static const struct mu_finding *only_finding(const struct bench *bench) {
  assert_int_equal(bench->run->findings.n, 1);
  return &bench->run->findings.at[0];
}

static const struct mu_fact *fact(const struct bench *bench, const char *name) {
  return mu_fact_find(&bench->run->checks.at[0].facts, name);
}

static void all_days_are_there(void **state) {
  struct bench *bench = *state;
  static const int64_t rows[] = {100, 100, 100, 100, 100, 100};
  lay_out(bench, rows, MU_LEN(rows));
  assert_int_equal(judge(bench), MU_PASS);
  assert_int_equal(bench->run->findings.n, 0);
  assert_int_equal(fact(bench, "iceberg.days")->value.i, 6);
}

static void a_missing_day_is_seen_behind_a_right_total(void **state) {
  struct bench *bench = *state;
  static const int64_t rows[] = {100, 100, 200, 0, 100, 100};
  lay_out(bench, rows, MU_LEN(rows));
  assert_int_equal(judge(bench), MU_FAIL);
  const struct mu_finding *finding = only_finding(bench);
  assert_int_equal(finding->id, MU_F_REPLICA_DAY_MISSING);
  assert_string_equal(finding->path, "iceberg.days_missing");
  assert_int_equal(fact(bench, "iceberg.rows")->value.i, 600);
  assert_string_equal(fact(bench, "iceberg.days_missing_names")->value.list.at[0], "2026-11-26");
}

static void the_ends_are_not_missing(void **state) {
  struct bench *bench = *state;
  static const int64_t rows[] = {0, 300, 300, 0};
  lay_out(bench, rows, MU_LEN(rows));
  assert_int_equal(judge(bench), MU_PASS); /* what lies beyond is freshness' to judge */
  assert_int_equal(fact(bench, "iceberg.days")->value.i, 2);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(all_days_are_there),
      TEST(a_missing_day_is_seen_behind_a_right_total),
      TEST(the_ends_are_not_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
