/* SPDX-License-Identifier: Apache-2.0 */
/* Every table of the shared fixtures, written by Spark and pyiceberg, against what the writer's own
 * engine counted by scanning. The folder is found by MUSTER_SHARED, or ../shared beside the source
 * tree; missing: skipped, and said so. */
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
#include "lake/iceberg.h"

enum { MAX_FILE = 64 * 1024 * 1024, SKIP = 77 };

static const char *lake(struct mu_arena *arena) {
  const char *shared = getenv("MUSTER_SHARED");
  if (!shared) {
    shared = MU_SOURCE_DIR "/../shared";
  }
  return mu_arena_fmt(arena, "%s/fixtures/lake", shared);
}

/* s3://lake/KEY lies at FOLDER/s3/lake/KEY. */
static void load(struct mu_arena *arena, const char *uri, struct mu_str *out) {
  struct mu_err err = {0};
  assert_true(mu_str_starts(uri, "s3://"));
  const char *path = mu_arena_fmt(arena, "%s/s3/%s", lake(arena), uri + strlen("s3://"));
  *out = MU_STR_INIT(MAX_FILE);
  if (mu_io_read(path, out, &err) != 0) {
    fail_msg("%s", err.msg);
  }
}

static void load_json(struct mu_arena *arena, const char *name, struct mu_json **out) {
  struct mu_err err = {0};
  MU_STR(text, MAX_FILE);
  const char *path = mu_arena_fmt(arena, "%s/%s", lake(arena), name);
  if (mu_io_read(path, &text, &err) != 0 || mu_json_parse(text.p, text.n, out, &err) != 0) {
    fail_msg("%s", err.msg);
  }
}

static void must(int rc, const struct mu_err *err) {
  if (rc != 0) {
    fail_msg("%s", err->msg);
  }
}

static void scan_all(struct mu_arena *arena, struct mu_iceberg_scan *scan,
                     struct mu_iceberg_result *out) {
  struct mu_err err = {0};
  for (size_t i = 0; i < mu_iceberg_scan_n(scan); i++) {
    struct mu_str bytes;
    struct mu_iceberg_part *part = NULL;
    load(arena, mu_iceberg_scan_at(scan, i)->path, &bytes);
    must(mu_iceberg_read(scan, i, bytes.p, bytes.n, &part, &err), &err);
    must(mu_iceberg_add(scan, part, &err), &err);
    mu_str_done(&bytes);
  }
  must(mu_iceberg_count(scan, out, &err), &err);
}

/* The scan borrows from the arena. */
static struct mu_iceberg_scan *count(struct mu_arena *arena, const char *metadata,
                                     const char *inside, struct mu_iceberg_result *out) {
  struct mu_err err = {0};
  struct mu_str bytes;
  struct mu_iceberg_meta *meta = NULL;
  struct mu_iceberg_list *list = mu_arena_alloc(arena, sizeof *list);
  load(arena, metadata, &bytes);
  must(mu_iceberg_meta_parse(bytes.p, bytes.n, arena, &meta, &err), &err);
  mu_str_done(&bytes);
  *out = (struct mu_iceberg_result){.summary_agrees = true, .is_proven = true, .total_records = -1};
  if (!meta->current) {
    return NULL;
  }
  load(arena, meta->current->manifest_list, &bytes);
  must(mu_iceberg_list_parse(bytes.p, bytes.n, arena, list, &err), &err);
  mu_str_done(&bytes);
  const char **prefixes = mu_arena_array(arena, 1, sizeof *prefixes);
  prefixes[0] = inside;
  struct mu_iceberg_options options = {
      .inside = prefixes, .inside_n = 1, .list_files = true, .partitions = true};
  struct mu_iceberg_scan *scan = mu_iceberg_scan_new(meta, meta->current, list, &options);
  scan_all(arena, scan, out);
  return scan;
}

static int64_t number(const struct mu_json_node *table, const char *key) {
  return mu_json_int(mu_json_get(table, key), 0);
}

static void check_table(const char *name, const struct mu_json_node *table) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_iceberg_result r;
  const char *metadata = mu_json_str(mu_json_get(table, "metadata_location"), "");
  struct mu_iceberg_scan *scan = count(arena, metadata, "s3://lake/", &r);
  int64_t scanned = number(table, "rows_scanned_by_writer_engine");
  int64_t deletes = number(table, "pos_delete_files") + number(table, "eq_delete_files");
  printf("%-22s scanned %5lld  got %5lld..%-5lld %-6s %s\n", name, (long long)scanned,
         (long long)r.rows_lo, (long long)r.rows_hi, r.rows_lo == r.rows_hi ? "exact" : "bounds",
         r.why ? r.why : "");
  assert_true(r.rows_lo <= scanned && scanned <= r.rows_hi);
  if (deletes == 0) {
    assert_int_equal(r.rows_lo, r.rows_hi);
  }
  assert_int_equal(r.data.files, number(table, "data_files"));
  assert_int_equal(r.data.rows, number(table, "data_rows"));
  assert_int_equal(r.positions.files, number(table, "pos_delete_files"));
  assert_int_equal(r.positions.rows, number(table, "pos_delete_rows"));
  assert_int_equal(r.vectors.files, number(table, "dvs"));
  assert_int_equal(r.vectors.rows, number(table, "dv_rows"));
  assert_int_equal(r.equalities.files, number(table, "eq_delete_files"));
  assert_int_equal(r.equalities.rows, number(table, "eq_delete_rows"));
  if (r.vectors.files < 2) { /* vectors share a file; counts.json adds its size once for each */
    assert_int_equal(r.data.bytes + r.positions.bytes + r.vectors.bytes + r.equalities.bytes,
                     number(table, "bytes"));
  }
  for (size_t i = 0; i < r.contradiction_texts_n; i++) {
    print_error("%s\n", r.contradiction_texts[i]);
  }
  assert_int_equal(r.contradictions, 0);
  assert_true(r.is_proven);
  assert_true(r.summary_agrees);
  mu_iceberg_scan_free(scan);
  mu_arena_free(arena);
}

static void every_table_of_the_fixtures(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  load_json(arena, "counts.json", &doc);
  const struct mu_json_node *tables = mu_json_root(doc);
  assert_true(mu_json_len(tables) > 40);
  for (size_t i = 0; i < mu_json_len(tables); i++) {
    const char *name = NULL;
    const struct mu_json_node *table = mu_json_member(tables, i, &name);
    check_table(name, table);
  }
  mu_arena_free(arena);
}

static void a_prefix_elsewhere_is_seen(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_iceberg_result r;
  load_json(arena, "counts.json", &doc);
  const struct mu_json_node *table = mu_json_get(mu_json_root(doc), "v2_unpart");
  struct mu_iceberg_scan *scan =
      count(arena, mu_json_str(mu_json_get(table, "metadata_location"), ""), "s3://lak", &r);
  assert_int_equal(r.outside, 5 + 5 + 2); /* data files, manifests, location, manifest list */
  mu_iceberg_scan_free(scan);
  mu_arena_free(arena);
}

int main(void) {
  struct mu_arena *arena = mu_arena_new();
  bool is_there = mu_io_exists(mu_arena_fmt(arena, "%s/counts.json", lake(arena)));
  mu_arena_free(arena);
  if (!is_there) {
    (void)fprintf(stderr, "SKIPPED: the shared tables are not there (set MUSTER_SHARED)\n");
    return SKIP;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_table_of_the_fixtures),
      cmocka_unit_test(a_prefix_elsewhere_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
