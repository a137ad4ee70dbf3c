/* SPDX-License-Identifier: Apache-2.0 */
/* The iceberg probe over folders: the shared tables through a mapped prefix, and small tables laid
 * out by the tests, each broken in one way. Without the shared folder everything here is skipped,
 * and says so. */
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
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "probe.h"

extern const struct mu_probe mu_probe_iceberg;

enum { MAX_FILE = 64 * 1024 * 1024, SKIP = 77 };

struct bench {
  struct mu_arena *arena;
  const char *lake; /* the shared folder */
  const char *copy; /* one of its tables, to break */
  struct mu_facts facts;
  struct mu_err err;
  bool absent;
};

static const char *lake(struct mu_arena *arena) {
  const char *shared = getenv("MUSTER_SHARED");
  return mu_arena_fmt(arena, "%s/fixtures/lake", shared ? shared : MU_SOURCE_DIR "/../shared");
}

static int run(const char *const *argv) {
  struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result = {0};
  struct mu_err err = {0};
  return mu_exec_run(&spec, &result, &err) == 0 ? result.status : -1;
}

static int setup(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct bench *bench = mu_arena_alloc(arena, sizeof *bench);
  char template[] = "/tmp/muster-lake-XXXXXX";
  bench->arena = arena;
  bench->lake = lake(arena);
  bench->copy = mu_arena_str(arena, mkdtemp(template));
  mu_facts_init(&bench->facts, arena);
  *state = bench;
  return bench->copy ? 0 : -1;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  int rc = run((const char *const[]){"rm", "-rf", bench->copy, NULL});
  mu_arena_free(bench->arena);
  return rc;
}

static struct mu_arg str_arg(const char *name, const char *value) {
  return (struct mu_arg){name, {.type = MU_T_STR, .s = value}};
}

static struct mu_arg list_arg(struct bench *bench, const char *name, enum mu_type type,
                              const char *a, const char *b) {
  const char **at = mu_arena_array(bench->arena, 2, sizeof *at);
  at[0] = a;
  at[1] = b;
  return (struct mu_arg){name, {.type = type, .list = {at, b ? 2 : 1}}};
}

static int observe(struct bench *bench, const struct mu_arg *args, size_t n) {
  struct mu_probe_ctx ctx = {.arena = bench->arena,
                             .clock = mu_clock_system(),
                             .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 30000};
  struct mu_args all = {.at = args, .n = n};
  mu_facts_init(&bench->facts, bench->arena);
  bench->absent = false;
  bench->err = (struct mu_err){0};
  return mu_probe_iceberg.observe(&all, &ctx, &bench->facts, &bench->absent, &bench->err);
}

/* A table of the shared folder as s3://, mapped to `folder`. */
static int observe_table(struct bench *bench, const char *metadata, const char *folder,
                         const char *inside, bool footers) {
  struct mu_arg args[] = {
      str_arg("metadata", metadata),
      list_arg(bench, "map", MU_T_MAP, "s3://lake/", folder),
      list_arg(bench, "inside", MU_T_LIST, inside, NULL),
      {"footers", {.type = MU_T_INT, .i = footers ? 1000 : 0}},
  };
  return observe(bench, args, MU_LEN(args));
}

static int64_t number(struct bench *bench, const char *name) {
  const struct mu_fact *fact = mu_fact_find(&bench->facts, name);
  if (!fact) {
    fail_msg("no fact %s (%s)", name, bench->err.msg);
  }
  return fact->value.i;
}

static bool truth(struct bench *bench, const char *name) {
  const struct mu_fact *fact = mu_fact_find(&bench->facts, name);
  assert_non_null(fact);
  return fact->value.b;
}

static const char *text(struct bench *bench, const char *name) {
  const struct mu_fact *fact = mu_fact_find(&bench->facts, name);
  assert_non_null(fact);
  return fact->value.s;
}

static const struct mu_json_node *table_of(const struct mu_json *doc, const char *name,
                                           const char **metadata) {
  const struct mu_json_node *table = mu_json_get(mu_json_root(doc), name);
  *metadata = mu_json_str(mu_json_get(table, "metadata_location"), NULL);
  assert_non_null(*metadata);
  return table;
}

static struct mu_json *load_counts(struct bench *bench) {
  MU_STR(json, MAX_FILE);
  struct mu_json *doc = NULL;
  struct mu_err err = {0};
  if (mu_io_read(mu_arena_fmt(bench->arena, "%s/counts.json", bench->lake), &json, &err) != 0 ||
      mu_json_parse(json.p, json.n, &doc, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return doc;
}

static void every_table_is_whole(void **state) {
  struct bench *bench = *state;
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = load_counts(bench);
  const char *folder = mu_arena_fmt(bench->arena, "%s/s3/lake/", bench->lake);
  for (size_t i = 0; i < mu_json_len(mu_json_root(doc)); i++) {
    const char *name = NULL, *metadata = NULL;
    (void)mu_json_member(mu_json_root(doc), i, &name);
    const struct mu_json_node *table = table_of(doc, name, &metadata);
    int64_t scanned = mu_json_int(mu_json_get(table, "rows_scanned_by_writer_engine"), -1);
    if (observe_table(bench, metadata, folder, "s3://lake/", true) != 0) {
      fail_msg("%s: %s", name, bench->err.msg);
    }
    const struct mu_fact *rows = mu_fact_find(&bench->facts, "iceberg.rows");
    assert_non_null(rows);
    if (rows->value.type == MU_T_INT) {
      assert_int_equal(rows->value.i, scanned);
    } else {
      assert_in_range(scanned, rows->value.range.lo, rows->value.range.hi);
    }
    assert_int_equal(number(bench, "iceberg.files_missing"), 0);
    assert_int_equal(number(bench, "iceberg.files_wrong_size"), 0);
    assert_int_equal(number(bench, "iceberg.paths_outside"), 0);
    assert_true(truth(bench, "iceberg.consistent"));
    if (scanned > 0) {
      assert_int_equal(number(bench, "iceberg.footers_wrong"), 0);
    }
  }
}

/* Copies one table below bench->copy and gives back its metadata's URI. */
static const char *copy_table(struct bench *bench, const char *name) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = load_counts(bench);
  const char *metadata = NULL;
  (void)table_of(doc, name, &metadata);
  const char *key = metadata + strlen("s3://lake/");
  const char *table = mu_io_dirname(bench->arena, mu_io_dirname(bench->arena, key));
  const char *parent =
      mu_arena_fmt(bench->arena, "%s/%s", bench->copy, mu_io_dirname(bench->arena, table));
  struct mu_err err = {0};
  assert_int_equal(mu_io_mkdirs(parent, &err), 0);
  const char *from = mu_arena_fmt(bench->arena, "%s/s3/lake/%s", bench->lake, table);
  assert_int_equal(run((const char *const[]){"cp", "-r", from, parent, NULL}), 0);
  assert_int_equal(run((const char *const[]){"chmod", "-R", "u+w", bench->copy, NULL}), 0);
  return mu_arena_str(bench->arena, metadata);
}

/* The path of the first file below the copy that ends so. */
static const char *find(struct bench *bench, const char *pattern) {
  MU_STR(out, 8192);
  struct mu_exec spec = {.argv = (const char *const[]){"find", bench->copy, "-name", pattern, NULL},
                         .out = &out};
  struct mu_exec_result result = {0};
  struct mu_err err = {0};
  assert_int_equal(mu_exec_run(&spec, &result, &err), 0);
  size_t n = strcspn(mu_str_get(&out), "\n");
  assert_true(n > 0);
  return mu_arena_strn(bench->arena, mu_str_get(&out), n);
}

static int observe_copy(struct bench *bench, const char *metadata) {
  return observe_table(bench, metadata, bench->copy, "s3://lake/", false);
}

static void a_deleted_data_file_is_missing(void **state) {
  struct bench *bench = *state;
  const char *metadata = copy_table(bench, "v2_identity");
  assert_int_equal(unlink(find(bench, "*.parquet")), 0);
  assert_int_equal(observe_copy(bench, metadata), 0);
  assert_int_equal(number(bench, "iceberg.rows"), 300);
  assert_int_equal(number(bench, "iceberg.files_missing"), 1);
  assert_non_null(mu_fact_find(&bench->facts, "iceberg.files_missing_names"));
}

static void a_cut_data_file_has_another_size(void **state) {
  struct bench *bench = *state;
  const char *metadata = copy_table(bench, "v2_identity");
  assert_int_equal(truncate(find(bench, "*.parquet"), 100), 0);
  assert_int_equal(observe_copy(bench, metadata), 0);
  assert_int_equal(number(bench, "iceberg.files_wrong_size"), 1);
  assert_int_equal(number(bench, "iceberg.files_missing"), 0);
}

static void a_missing_manifest_leaves_no_count(void **state) {
  struct bench *bench = *state;
  const char *metadata = copy_table(bench, "v2_overwrite");
  assert_int_equal(
      run((const char *const[]){"find", bench->copy, "-name", "*-m?.avro", "-delete", NULL}), 0);
  assert_int_equal(observe_copy(bench, metadata), 0);
  assert_null(mu_fact_find(&bench->facts, "iceberg.rows"));
  assert_true(number(bench, "iceberg.files_missing") >= 1);
  assert_null(mu_fact_find(&bench->facts, "iceberg.paths_outside")); /* none seen is no proof */
}

static void paths_elsewhere_are_reported_and_not_followed(void **state) {
  struct bench *bench = *state;
  const char *metadata = copy_table(bench, "v2_identity");
  const char *file =
      mu_arena_fmt(bench->arena, "%s/%s", bench->copy, metadata + strlen("s3://lake/"));
  struct mu_arg args[] = {
      str_arg("metadata", file),
      list_arg(bench, "inside", MU_T_LIST, bench->copy, NULL),
  };
  assert_int_equal(observe(bench, args, MU_LEN(args)), 0);
  assert_null(mu_fact_find(&bench->facts, "iceberg.rows"));
  assert_true(number(bench, "iceberg.paths_outside") >= 1);
  assert_null(mu_fact_find(&bench->facts, "iceberg.files_missing"));
}

static void a_folder_is_found_by_its_hint_or_without(void **state) {
  struct bench *bench = *state;
  const char *metadata = copy_table(bench, "v2_overwrite");
  const char *location = mu_io_dirname(bench->arena, mu_io_dirname(bench->arena, metadata));
  struct mu_arg args[] = {
      str_arg("location", location),
      list_arg(bench, "map", MU_T_MAP, "s3://lake/", bench->copy),
  };
  assert_int_equal(observe(bench, args, MU_LEN(args)), 0);
  assert_int_equal(number(bench, "iceberg.rows"), 30);
  assert_string_equal(text(bench, "iceberg.metadata_found_by"), "listing, no version hint");
  const char *hint = mu_arena_fmt(bench->arena, "%s/%s/metadata/version-hint.text", bench->copy,
                                  location + strlen("s3://lake/"));
  struct mu_err err = {0};
  assert_int_equal(mu_io_write(hint, "3\n", 2, &err), 0);
  assert_int_equal(observe(bench, args, MU_LEN(args)), 0);
  assert_string_equal(text(bench, "iceberg.metadata_found_by"), "version hint");
  assert_int_equal(mu_io_write(hint, "1", 1, &err), 0);
  assert_int_equal(observe(bench, args, MU_LEN(args)), 0);
  assert_string_equal(text(bench, "iceberg.metadata_found_by"),
                      "listing, the version hint is stale");
  assert_int_equal(number(bench, "iceberg.rows"), 30);
  assert_int_equal(mu_io_write(hint, "4", 1, &err), 0);
  assert_int_equal(observe(bench, args, MU_LEN(args)), 0);
  assert_string_equal(text(bench, "iceberg.metadata_found_by"),
                      "listing, the version hint names a newer one");
  assert_false(mu_fact_find(&bench->facts, "iceberg.pointer_ok")->value.b);
}

static void a_table_without_a_snapshot_holds_nothing(void **state) {
  static const char metadata[] =
      "{\"format-version\":2,\"table-uuid\":\"9c12d441-03fe-4693-9a96-a0705ddf69c1\","
      "\"location\":\"/fresh\",\"last-sequence-number\":0,\"last-updated-ms\":1,"
      "\"last-column-id\":1,\"current-schema-id\":0,\"schemas\":[{\"type\":\"struct\","
      "\"schema-id\":0,\"fields\":[{\"id\":1,\"name\":\"x\",\"required\":false,\"type\":"
      "\"long\"}]}],\"default-spec-id\":0,\"partition-specs\":[{\"spec-id\":0,\"fields\":[]}],"
      "\"last-partition-id\":999,\"default-sort-order-id\":0,\"sort-orders\":[{\"order-id\":0,"
      "\"fields\":[]}],\"properties\":{},\"current-snapshot-id\":-1,\"snapshots\":[]}";
  struct bench *bench = *state;
  struct mu_err err = {0};
  const char *file = mu_arena_fmt(bench->arena, "%s/v1.metadata.json", bench->copy);
  assert_int_equal(mu_io_write(file, metadata, sizeof metadata - 1, &err), 0);
  assert_int_equal(observe_table(bench, file, bench->copy, "/", true), 0);
  assert_int_equal(number(bench, "iceberg.rows"), 0);
  assert_true(truth(bench, "iceberg.rows_exact"));
  assert_int_equal(number(bench, "iceberg.paths_outside"), 0);
  assert_int_equal(number(bench, "iceberg.files_missing"), 0);
  assert_int_equal(number(bench, "iceberg.footers_read"), 0);
  assert_int_equal(number(bench, "iceberg.footers_wrong"), 0);
}

static void no_folder_is_absent_and_no_table_is_too(void **state) {
  struct bench *bench = *state;
  struct mu_arg args[] = {
      str_arg("location", mu_arena_fmt(bench->arena, "%s/nothing", bench->copy))};
  assert_int_equal(observe(bench, args, 1), 0);
  assert_true(bench->absent);
}

static void snapshots_by_name_and_id(void **state) {
  struct bench *bench = *state;
  const char *metadata = copy_table(bench, "v2_tag_branch");
  struct mu_arg args[] = {
      str_arg("metadata", metadata),
      list_arg(bench, "map", MU_T_MAP, "s3://lake/", bench->copy),
      str_arg("snapshot", "no such branch"),
  };
  assert_int_equal(observe(bench, args, MU_LEN(args)), -1);
  assert_int_equal(bench->err.code, MU_E_ABSENT);
  args[2] = str_arg("snapshot", "2000-01-01T00:00:00Z");
  assert_int_equal(observe(bench, args, MU_LEN(args)), -1);
  args[2] = str_arg("snapshot", "2100-01-01T00:00:00Z");
  assert_int_equal(observe(bench, args, MU_LEN(args)), 0);
  assert_int_equal(number(bench, "iceberg.rows"), 110);
}

static void untrusted_metadata_names_no_local_file(void **state) {
  struct bench *bench = *state;
  static const char json[] =
      "{\"format-version\":2,\"location\":\"s3://lake/t\",\"current-snapshot-id\":1,\"snapshots\":["
      "{\"snapshot-id\":1,\"timestamp-ms\":1,\"manifest-list\":\"file:///etc/hostname\"}]}";
  struct mu_err err = {0};
  const char *file = mu_arena_fmt(bench->arena, "%s/v1.metadata.json", bench->copy);
  assert_int_equal(mu_io_write(file, json, sizeof json - 1, &err), 0);
  struct mu_arg args[] = {
      str_arg("metadata", "s3://lake/v1.metadata.json"),
      list_arg(bench, "map", MU_T_MAP, "s3://lake/", bench->copy),
  };
  assert_int_equal(observe(bench, args, MU_LEN(args)), -1);
  assert_int_equal(bench->err.code, MU_E_DENIED);
  args[0] = str_arg("metadata", "s3://lake/x/../../v1.metadata.json");
  assert_int_equal(observe(bench, args, MU_LEN(args)), -1);
  assert_int_equal(bench->err.code, MU_E_DENIED);
}

int main(void) {
  struct mu_arena *arena = mu_arena_new();
  bool is_there = mu_io_exists(mu_arena_fmt(arena, "%s/counts.json", lake(arena)));
  mu_arena_free(arena);
  if (!is_there) {
    (void)fprintf(stderr, "SKIPPED: the shared tables are not there (set MUSTER_SHARED)\n");
    return SKIP;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(every_table_is_whole),
      TEST(a_deleted_data_file_is_missing),
      TEST(a_cut_data_file_has_another_size),
      TEST(a_missing_manifest_leaves_no_count),
      TEST(paths_elsewhere_are_reported_and_not_followed),
      TEST(a_folder_is_found_by_its_hint_or_without),
      TEST(a_table_without_a_snapshot_holds_nothing),
      TEST(no_folder_is_absent_and_no_table_is_too),
      TEST(snapshots_by_name_and_id),
      TEST(untrusted_metadata_names_no_local_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
