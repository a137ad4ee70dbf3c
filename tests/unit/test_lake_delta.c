/* SPDX-License-Identifier: Apache-2.0 */
/* Delta logs: those of delta-rs and delta-spark in the shared fixtures against the engines' counts,
 * and small ones written here. */
#include <dirent.h>
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
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "lake/delta.h"

enum { MAX_LOG = 64, MAX_FILE = 64 * 1024 * 1024 };

struct log {
  struct mu_arena *arena;
  struct mu_delta_name names[MAX_LOG];
  struct mu_str bytes[MAX_LOG];
  size_t n;
  struct mu_delta *delta;
  struct mu_delta_plan plan;
  struct mu_delta_result result;
  struct mu_err err;
};

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct log *log = mu_arena_alloc(arena, sizeof *log);
  log->arena = arena;
  *state = log;
  return 0;
}

static int teardown(void **state) {
  struct log *log = *state;
  for (size_t i = 0; i < log->n; i++) {
    mu_str_done(&log->bytes[i]);
  }
  mu_delta_free(log->delta);
  mu_arena_free(log->arena);
  return 0;
}

static void add(struct log *log, const char *name, const char *text) {
  assert_true(log->n < MAX_LOG);
  log->names[log->n] = mu_delta_name_parse(name);
  log->bytes[log->n] = MU_STR_INIT(MAX_FILE);
  mu_str_add(&log->bytes[log->n++], text);
}

static int count(struct log *log, int64_t version) {
  mu_delta_free(log->delta);
  log->delta = mu_delta_new();
  if (mu_delta_plan(log->names, log->n, version, log->arena, &log->plan, &log->err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < log->plan.n; i++) {
    size_t at = log->plan.at[i];
    if (mu_delta_read(log->delta, &log->names[at], log->bytes[at].p, log->bytes[at].n, &log->err) !=
        0) {
      return -1;
    }
  }
  return mu_delta_count(log->delta, &log->plan, &log->result, &log->err);
}

/* ---- The shared tables ---- */

static const char *shared(struct mu_arena *arena) {
  const char *folder = getenv("MUSTER_SHARED");
  return mu_arena_fmt(arena, "%s/fixtures/lake", folder ? folder : MU_SOURCE_DIR "/../shared");
}

static void load_log(struct log *log, const char *folder) {
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    struct mu_err err = {0};
    if (mu_delta_name_parse(entry->d_name).kind == MU_DELTA_OTHER) {
      continue;
    }
    add(log, entry->d_name, "");
    if (mu_io_read(mu_arena_fmt(log->arena, "%s/%s", folder, entry->d_name),
                   &log->bytes[log->n - 1], &err) != 0) {
      fail_msg("%s", err.msg);
    }
  }
  (void)closedir(dir);
}

static void check_table(const char *root, const char *name, const struct mu_json_node *table) {
  struct log *log = NULL;
  (void)setup((void **)&log);
  int64_t rows = mu_json_int(mu_json_get(table, "rows"), -1),
          files = mu_json_int(mu_json_get(table, "files"), -1);
  load_log(log, mu_arena_fmt(log->arena, "%s/delta/%s/_delta_log", root, name));
  if (count(log, -1) != 0) {
    fail_msg("%s: %s", name, log->err.msg);
  }
  printf("%-20s engine %4lld rows  got %4lld in %2lld files at version %2lld  %s\n", name,
         (long long)rows, (long long)log->result.rows, (long long)log->result.files,
         (long long)log->plan.version, log->result.is_complete ? "complete" : log->result.why);
  if (mu_streq(name, "rs_ckpt_clean")) { /* its first commits are only in a Parquet checkpoint, and
                                            there is no checksum */
    assert_false(log->result.is_complete);
  } else {
    assert_true(log->result.is_complete);
    assert_int_equal(log->result.without_records, 0);
    assert_int_equal(log->result.rows, rows);
    assert_true(files < 0 || files == log->result.files);
  }
  (void)teardown((void **)&log);
}

static void every_table_of_the_fixtures(void **state) {
  struct log *log = *state;
  const char *root = shared(log->arena);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err err = {0};
  MU_STR(text, MAX_FILE);
  if (mu_io_read(mu_arena_fmt(log->arena, "%s/delta-counts.json", root), &text, &err) != 0) {
    (void)fprintf(stderr, "SKIPPED: the shared tables are not there (set MUSTER_SHARED)\n");
    skip();
  }
  assert_int_equal(mu_json_parse(text.p, text.n, &doc, &err), 0);
  assert_true(mu_json_len(mu_json_root(doc)) >= 16);
  for (size_t i = 0; i < mu_json_len(mu_json_root(doc)); i++) {
    const char *name = NULL;
    const struct mu_json_node *table = mu_json_member(mu_json_root(doc), i, &name);
    check_table(root, name, table);
  }
}

/* ---- Logs written here ---- */

#define V(n) "0000000000000000000" #n
#define PROTOCOL                                                                                   \
  "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n{\"metaData\":{\"id\":\"t\","   \
  "\"configuration\":{}}}\n"
#define ADD(path, size, rows)                                                                      \
  "{\"add\":{\"path\":\"" path "\",\"size\":" #size ",\"stats\":\"{\\\"numRecords\\\":" #rows      \
  "}\"}}\n"
#define REMOVE(path) "{\"remove\":{\"path\":\"" path "\"}}\n"

static void the_newest_word_wins(void **state) {
  struct log *log = *state;
  add(log, V(0) ".json", PROTOCOL ADD("a%20b", 10, 100) ADD("b", 20, 50));
  add(log, V(1) ".json", REMOVE("b") ADD("c", 5, 7));
  assert_int_equal(count(log, -1), 0);
  assert_true(log->result.is_complete);
  assert_int_equal(log->result.rows, 107);
  assert_int_equal(log->result.bytes, 15);
  assert_string_equal(log->result.live[0].path, "a b");
  assert_int_equal(count(log, 0), 0);
  assert_int_equal(log->result.rows, 150);
  assert_int_equal(count(log, 2), -1);
  assert_int_equal(log->err.code, MU_E_ABSENT);
}

static void files_without_statistics_are_not_guessed(void **state) {
  struct log *log = *state;
  add(log, V(0) ".json", PROTOCOL "{\"add\":{\"path\":\"a\",\"size\":1}}\n" ADD("b", 20, 50));
  assert_int_equal(count(log, -1), 0);
  assert_int_equal(log->result.without_records, 1);
  assert_int_equal(log->result.rows, 50);
}

static void a_cleaned_log_needs_proof(void **state) {
  struct log *log = *state;
  add(log, V(3) ".json", ADD("c", 5, 7));
  add(log, V(4) ".json", ADD("d", 5, 8));
  add(log, V(3) ".checkpoint.parquet", "");
  assert_int_equal(count(log, -1), 0);
  assert_false(log->result.is_complete);
  add(log, V(4) ".crc",
      "{\"numFiles\":3,\"tableSizeBytes\":90,\"protocol\":{\"minReaderVersion\":1}}");
  assert_int_equal(count(log, -1), 0);
  assert_false(log->result.is_complete); /* one file is only in the checkpoint */
  mu_str_clear(&log->bytes[3]);
  mu_str_add(&log->bytes[3],
             "{\"numFiles\":2,\"tableSizeBytes\":10,\"protocol\":{\"minReaderVersion\":1}}");
  assert_int_equal(count(log, -1), 0);
  assert_true(log->result.is_complete);
  assert_int_equal(log->result.rows, 15);
}

static void a_checksum_that_contradicts_is_damage(void **state) {
  struct log *log = *state;
  add(log, V(0) ".json", PROTOCOL ADD("a", 10, 100));
  add(log, V(0) ".crc", "{\"numFiles\":2,\"tableSizeBytes\":10}");
  assert_int_equal(count(log, -1), -1);
  assert_int_equal(log->err.code, MU_E_INPUT);
}

static void compacted_commits_and_json_checkpoints_are_read(void **state) {
  struct log *log = *state;
  add(log, V(5) ".checkpoint.81042b52-9e04-4a99-8abb-6ca7e2a4ae43.json", PROTOCOL ADD("a", 1, 10));
  add(log, V(6) "." V(7) ".compacted.json", ADD("b", 1, 5));
  add(log, V(8) ".json", ADD("c", 1, 1));
  assert_int_equal(count(log, -1), 0);
  assert_true(log->result.is_complete);
  assert_int_equal(log->result.rows, 16);
  mu_str_add(&log->bytes[0], "{\"sidecar\":{\"path\":\"x.parquet\"}}\n");
  assert_int_equal(count(log, -1), 0);
  assert_false(log->result.is_complete);
}

static void times_within_commits_are_understood(void **state) {
  struct log *log = *state;
  add(log, V(0) ".json",
      "{\"commitInfo\":{\"inCommitTimestamp\":1111,\"timestamp\":5}}\n{\"protocol\":{"
      "\"minReaderVersion\":1}}\n"
      "{\"metaData\":{\"id\":\"t\",\"configuration\":{\"delta.enableInCommitTimestamps\":\"true\"}}"
      "}\n" ADD("a", 1, 1));
  assert_int_equal(count(log, -1), 0);
  assert_int_equal(log->result.timestamp_ms, 1111);
  mu_str_clear(&log->bytes[0]);
  mu_str_add(&log->bytes[0],
             "{\"commitInfo\":{\"inCommitTimestamp\":1111,\"timestamp\":5}}\n" PROTOCOL);
  assert_int_equal(count(log, -1), 0);
  assert_int_equal(log->result.timestamp_ms, -1);
  assert_int_equal(log->result.info_ms, 5);
}

static void what_is_not_known_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum mu_errc code;
  } table[] = {
      {"{\"protocol\":{\"minReaderVersion\":4}}", MU_E_UNSUPPORTED},
      {"{\"protocol\":{\"minReaderVersion\":3,\"readerFeatures\":[\"catalogManaged\"]}}",
       MU_E_UNSUPPORTED},
      {"{\"protocol\":{\"minReaderVersion\":3,\"readerFeatures\":[\"timeTravelToMars\"]}}",
       MU_E_UNSUPPORTED},
      {"{\"add\":{\"path\":\"\",\"size\":1}}", MU_E_INPUT},
      {"{\"add\":{\"path\":\"a\"}}", MU_E_INPUT},
      {"{\"add\":{\"path\":\"a\",\"size\":1,\"stats\":\"{\"}}", MU_E_INPUT},
      {"{\"add\":{\"path\":\"a\",\"size\":1,\"stats\":\"{\\\"numRecords\\\":-5}\"}}", MU_E_INPUT},
      {"{\"add\":{\"path\":\"a\",\"size\":1,\"stats\":\"{\\\"numRecords\\\":5}\","
       "\"deletionVector\":{\"cardinality\":6}}}",
       MU_E_INPUT},
      {"{\"add\":{\"path\":\"a\",\"size\":1,\"deletionVector\":{\"cardinality\":6}}}", MU_E_INPUT},
      {"{\"add\":{\"path\":\"a\",\"size\":1,\"deletionVector\":{}}}", MU_E_INPUT},
      {"not json", MU_E_INPUT},
  };
  for (size_t i = 0; i < MU_LEN(table); i++) {
    struct log *log = NULL;
    (void)setup((void **)&log);
    add(log, V(0) ".json", table[i].text);
    if (count(log, -1) != -1 || log->err.code != table[i].code) {
      fail_msg("accepted: %s", table[i].text);
    }
    (void)teardown((void **)&log);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(every_table_of_the_fixtures),
      TEST(the_newest_word_wins),
      TEST(files_without_statistics_are_not_guessed),
      TEST(a_cleaned_log_needs_proof),
      TEST(a_checksum_that_contradicts_is_damage),
      TEST(compacted_commits_and_json_checkpoints_are_read),
      TEST(times_within_commits_are_understood),
      cmocka_unit_test(what_is_not_known_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
