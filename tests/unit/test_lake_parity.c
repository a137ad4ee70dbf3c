/* SPDX-License-Identifier: Apache-2.0 */
/* The parity probe over folders, judged as a night judges it: a copy and the Delta log of its
 * source, each broken in one way. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/str.h"
#include "model/run.h"
#include "probes/table.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "support/lake_table.h"

enum { HOUR_S = 3600 };

struct bench {
  struct mu_arena *arena;
  char folder[40]; /* holds copy/ and source/ */
  struct mu_run *run;
};

static const char *in(const struct bench *bench, const char *name) {
  return mu_arena_fmt(bench->arena, "%s/%s", bench->folder, name);
}

/* Version n of the source adds a file of 100 rows, and was committed so many hours ago. */
static void commit(struct bench *bench, int64_t version, int hours_ago, const char *stats) {
  const char *path =
      in(bench, mu_arena_fmt(bench->arena, "source/_delta_log/%020lld.json", (long long)version));
  const char *text = mu_arena_fmt(
      bench->arena, "%s{\"add\":{\"path\":\"%lld.parquet\",\"size\":10,\"dataChange\":true%s}}\n",
      version == 0 ? "{\"protocol\":{\"minReaderVersion\":1}}\n{\"metaData\":{\"id\":\"t\"}}\n"
                   : "",
      (long long)version, stats);
  struct mu_err err = {0};
  struct timespec times[2] = {{.tv_sec = time(NULL) - (time_t)hours_ago * HOUR_S}};
  times[1] = times[0];
  assert_int_equal(mu_io_write(path, text, strlen(text), &err), 0);
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static const char rows_100[] = ",\"stats\":\"{\\\"numRecords\\\":100}\"";

/* The source: versions 0, 1 and 2 of 100, 200 and 300 rows, 30, 20 and 10 hours old. */
static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct bench *bench = mu_arena_alloc(arena, sizeof *bench);
  struct mu_err err = {0};
  bench->arena = arena;
  strcpy(bench->folder, "/tmp/muster-parity-XXXXXX");
  *state = bench;
  if (!mkdtemp(bench->folder) || mu_io_mkdirs(in(bench, "copy"), &err) != 0 ||
      mu_io_mkdirs(in(bench, "source/_delta_log"), &err) != 0) {
    return -1;
  }
  for (int i = 0; i < 3; i++) {
    commit(bench, i, 30 - 10 * i, rows_100);
  }
  return 0;
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

static void copy(struct bench *bench, int64_t rows, const char *stamps) {
  const struct avro_entry file = {
      .path = "s3://lake/a.parquet", .day = 1, .records = rows, .size = 1};
  lake_table_write(in(bench, "copy"), &file, 1, stamps);
}

/* Judged as the suite plans it. */
static enum mu_verdict judge(struct bench *bench) {
  const char *words[] = {
      mu_arena_fmt(bench->arena, "metadata=%s", in(bench, "copy/v1.metadata.json")),
      mu_arena_fmt(bench->arena, "map.s3://lake/=%s", in(bench, "copy")),
      mu_arena_fmt(bench->arena, "source=%s/", in(bench, "source")),
      "expect:stamp_true=== true",
      "expect:rows=source \xc2\xb1 1%",
      "expect:behind=<= 1",
      "expect:copied_until_age=<= 15h",
  };
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  const struct mu_schedule schedule = {.clock = mu_clock_system(),
                                       .now_ms = mu_wall_ms(mu_clock_system())};
  mu_run_free(bench->run);
  bench->run = mu_run_new("test", schedule.now_ms);
  if (mu_plan_words(&plan, "t", "t", "parity", words, MU_LEN(words), mu_probes_all(),
                    bench->run->arena, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  mu_schedule_run(&schedule, &plan, bench->run);
  return bench->run->checks.at[0].verdict;
}

/* Exactly these findings, one word each. */
static void must_find(const struct bench *bench, const char *wanted) {
  MU_STR(found, 1000);
  for (size_t i = 0; i < bench->run->findings.n; i++) {
    mu_str_addf(&found, "%s%s", i ? " " : "", mu_finding_def(bench->run->findings.at[i].id)->name);
  }
  assert_string_equal(mu_str_get(&found), wanted);
}

static int64_t number(const struct bench *bench, const char *name) {
  const struct mu_fact *fact = mu_fact_find(&bench->run->checks.at[0].facts, name);
  return fact ? fact->value.i : -1;
}

static void a_copy_of_the_latest_version(void **state) {
  struct bench *bench = *state;
  copy(bench, 300, ",\"source-version\":\"2\",\"source-rows\":\"300\"");
  assert_int_equal(judge(bench), MU_PASS);
  must_find(bench, "");
  assert_int_equal(number(bench, "parity.source_rows"), 300);
  assert_int_equal(number(bench, "parity.behind"), 0);
  assert_int_equal(number(bench, "parity.copied_until"), bench->run->started_ms);
}

static void a_copy_of_an_older_version_is_held_against_that_one(void **state) {
  struct bench *bench = *state;
  copy(bench, 199, ",\"source-version\":\"1\"");
  assert_int_equal(judge(bench), MU_PASS); /* 199 of 200 then, not of 300 now */
  assert_int_equal(number(bench, "parity.behind"), 1);
  int64_t gone_ms = bench->run->started_ms - number(bench, "parity.copied_until");
  assert_true(gone_ms > 9 * 3600000 && gone_ms < 11 * 3600000); /* version 2 came ten hours ago */
}

static void rows_that_differ(void **state) {
  struct bench *bench = *state;
  copy(bench, 290, ",\"source-version\":\"2\",\"source-rows\":\"300\"");
  assert_int_equal(judge(bench), MU_FAIL);
  must_find(bench, "REPLICA_PARITY");
}

static void a_stamp_that_lies(void **state) {
  struct bench *bench = *state;
  /* The job stamps what it wrote, not what the source holds: by the stamp alone all is well. */
  copy(bench, 300, ",\"source-version\":\"2\",\"source-rows\":\"290\"");
  assert_int_equal(judge(bench), MU_FAIL);
  must_find(bench, "REPLICA_STAMP_FALSE");
  copy(bench, 300, ",\"source-version\":\"7\"");
  assert_int_equal(judge(bench), MU_FAIL);
  assert_int_equal(bench->run->findings.at[0].id, MU_F_REPLICA_STAMP_FALSE);
}

static void too_far_behind(void **state) {
  struct bench *bench = *state;
  copy(bench, 100, ",\"source-version\":\"0\"");
  assert_int_equal(judge(bench), MU_FAIL);
  must_find(bench, "REPLICA_BEHIND REPLICA_BEHIND"); /* two versions, and 20 hours */
  assert_int_equal(number(bench, "parity.behind"), 2);
}

static void without_a_stamp_nothing_is_known(void **state) {
  struct bench *bench = *state;
  copy(bench, 300, ",\"source-rows\":\"300\"");
  assert_int_equal(judge(bench), MU_INCONCLUSIVE);
  must_find(bench, "REPLICA_UNSTAMPED REPLICA_UNSTAMPED REPLICA_UNSTAMPED REPLICA_UNSTAMPED");
}

static void a_log_that_does_not_tell(void **state) {
  struct bench *bench = *state;
  copy(bench, 300, ",\"source-version\":\"2\"");
  commit(bench, 1, 20, ""); /* a file without statistics */
  assert_int_equal(judge(bench), MU_INCONCLUSIVE);
  must_find(bench, "UNREADABLE");
  assert_int_equal(unlink(in(bench, "source/_delta_log/00000000000000000000.json")), 0);
  assert_int_equal(judge(bench), MU_INCONCLUSIVE); /* cleaned up behind a checkpoint */
  must_find(bench, "UNREADABLE");
}

static void a_source_that_is_gone_is_not_a_copy_that_is_gone(void **state) {
  struct bench *bench = *state;
  const char *log = in(bench, "source/_delta_log");
  copy(bench, 300, ",\"source-version\":\"2\"");
  assert_int_equal(rename(log, in(bench, "elsewhere")), 0);
  assert_int_equal(judge(bench), MU_INCONCLUSIVE);
  must_find(bench, "UNREADABLE");
  assert_int_equal(bench->run->checks.at[0].status, MU_ERROR);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_copy_of_the_latest_version),
      TEST(a_copy_of_an_older_version_is_held_against_that_one),
      TEST(rows_that_differ),
      TEST(a_stamp_that_lies),
      TEST(too_far_behind),
      TEST(without_a_stamp_nothing_is_known),
      TEST(a_log_that_does_not_tell),
      TEST(a_source_that_is_gone_is_not_a_copy_that_is_gone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
