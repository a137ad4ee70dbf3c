/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests read by several threads while the next ones are fetched: the same count as by one, the
 * same refusal whichever of them is damaged, gone or of another length. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/str.h"
#include "iceberg_readers.h"
#include "probe.h"
#include "support/avro_file.h"

extern const struct mu_probe mu_probe_iceberg;

enum { MANIFESTS = 80, ENTRIES = 60, ROWS = 7, MAX_FILE = 1 << 20, DELETES = 5 };

struct bench {
  struct mu_arena *arena;
  const char *folder;
  struct mu_facts facts;
  struct mu_err err;
};

static const char *path_of(struct bench *b, int i) {
  return mu_arena_fmt(b->arena, "%s/metadata/m%03d.avro", b->folder, i);
}

static void write_file(const char *path, const struct mu_str *bytes) {
  struct mu_err err = {0};
  assert_int_equal(mu_io_write(path, bytes->p, bytes->n, &err), 0);
}

static void write_manifest(struct bench *b, int i, struct mu_str *list) {
  static const char *const data[] = {"content", "data", NULL}, *const deletes[] = {"content",
                                                                                   "deletes", NULL};
  bool is_deletes = i < DELETES;
  int entries = is_deletes ? 1 : ENTRIES;
  MU_STR(body, MAX_FILE);
  MU_STR(file, MAX_FILE);
  for (int k = 0; k < entries; k++) {
    const struct avro_entry entry = {
        .status = 1,
        .content = is_deletes ? 1 : 0,
        .path = mu_arena_fmt(b->arena, "%s/data/a-name-as-long-as-writers-make-them-%03d-%05d.x",
                             b->folder, i, k),
        .about =
            is_deletes
                ? mu_arena_fmt(b->arena, "%s/data/a-name-as-long-as-writers-make-them-%03d-%05d.x",
                               b->folder, i + DELETES, 0)
                : NULL,
        .sequence = is_deletes ? 2 : 1,
        .records = is_deletes ? 2 : ROWS,
        .size = 10};
    avro_add_entry(&body, &entry);
  }
  avro_header(&file, avro_manifest_schema, NULL, is_deletes ? deletes : data);
  avro_block(&file, entries, &body, NULL);
  write_file(path_of(b, i), &file);
  const int64_t rows = is_deletes ? 2 : ROWS * ENTRIES, counts[] = {entries, 0, 0, rows, 0, 0};
  avro_list_entry(list, path_of(b, i), (int64_t)file.n, is_deletes ? 1 : 0, is_deletes ? 2 : 1,
                  counts);
}

static int set_up(void **state) {
  struct mu_arena *arena = mu_arena_new();
  struct bench *b = mu_arena_alloc(arena, sizeof *b);
  char template[] = "/tmp/muster-readers-XXXXXX";
  struct mu_err err = {0};
  b->arena = arena;
  b->folder = mu_arena_str(arena, mkdtemp(template));
  assert_int_equal(mu_io_mkdirs(mu_arena_fmt(arena, "%s/metadata", b->folder), &err), 0);
  MU_STR(list, MAX_FILE);
  MU_STR(file, MAX_FILE);
  MU_STR(json, MAX_FILE);
  for (int i = 0; i < MANIFESTS; i++) {
    write_manifest(b, i, &list);
  }
  avro_header(&file, avro_list_schema, NULL, NULL);
  avro_block(&file, MANIFESTS, &list, NULL);
  write_file(mu_arena_fmt(arena, "%s/metadata/list.avro", b->folder), &file);
  mu_str_addf(
      &json,
      "{\"format-version\":2,\"location\":\"%s\",\"current-snapshot-id\":1,\"snapshots\":"
      "[{\"snapshot-id\":1,\"timestamp-ms\":1,\"manifest-list\":\"%s/metadata/list.avro\"}]}",
      b->folder, b->folder);
  write_file(mu_arena_fmt(arena, "%s/metadata/v1.metadata.json", b->folder), &json);
  *state = b;
  return 0;
}

static int tear_down(void **state) {
  struct bench *b = *state;
  struct mu_exec spec = {.argv = (const char *const[]){"rm", "-rf", b->folder, NULL}};
  struct mu_exec_result result;
  int rc = mu_exec_run(&spec, &result, NULL);
  mu_arena_free(b->arena);
  return rc;
}

static int observe(struct bench *b) {
  const struct mu_arg at[] = {
      {"metadata",
       {.type = MU_T_STR, .s = mu_arena_fmt(b->arena, "%s/metadata/v1.metadata.json", b->folder)}},
      {"files", {.type = MU_T_BOOL, .b = false}},
  };
  const struct mu_args args = {.at = at, .n = MU_LEN(at)};
  const struct mu_probe_ctx ctx = {.arena = b->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms = mu_mono_ms(mu_clock_system()) + 60000};
  bool absent = false;
  mu_facts_init(&b->facts, b->arena);
  b->err = (struct mu_err){0};
  return mu_probe_iceberg.observe(&args, &ctx, &b->facts, &absent, &b->err);
}

static void it_is_worth_threads(void **state) {
  (void)state;
  assert_int_equal(mu_readers_worth(1, INT64_MAX), 0);
  assert_int_equal(mu_readers_worth(100, 1000), 0);
  if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
    assert_in_range(mu_readers_worth(MANIFESTS, MANIFESTS * ENTRIES * 150), 2, 8);
  }
}

static void the_count_is_right(void **state) {
  struct bench *b = *state;
  for (int round = 0; round < 5; round++) {
    if (observe(b) != 0) {
      fail_msg("%s", b->err.msg);
    }
    const struct mu_fact *rows = mu_fact_find(&b->facts, "iceberg.rows");
    const int data = (MANIFESTS - DELETES) * ENTRIES * ROWS;
    assert_non_null(rows);
    assert_int_equal(rows->value.type, MU_T_RANGE); /* a delete of 2 rows may name one twice */
    assert_int_equal(rows->value.range.lo, data - 2 * DELETES);
    assert_int_equal(rows->value.range.hi, data - DELETES);
    assert_int_equal(mu_fact_find(&b->facts, "iceberg.manifests")->value.i, MANIFESTS);
  }
}

/* Whichever of the manifests: of the first batch, in the middle, the last. */
static void one_that_is_damaged_spoils_all(void **state) {
  struct bench *b = *state;
  static const int which[] = {DELETES - 1, DELETES, 40, MANIFESTS - 1};
  for (size_t i = 0; i < MU_LEN(which); i++) {
    const char *path = path_of(b, which[i]);
    MU_STR(good, MAX_FILE);
    MU_STR(bad, MAX_FILE);
    struct mu_err err = {0};
    assert_int_equal(mu_io_read(path, &good, &err), 0);
    mu_str_addn(&bad, good.p, good.n);
    bad.p[bad.n - 1] ^= 1; /* the sync marker */
    write_file(path, &bad);
    assert_int_equal(observe(b), -1);
    assert_int_equal(b->err.code, MU_E_INPUT);
    assert_non_null(strstr(b->err.msg, path));
    assert_null(mu_fact_find(&b->facts, "iceberg.rows"));
    mu_str_addc(&bad, 'x'); /* not the length that the list knows: not read at all */
    write_file(path, &bad);
    assert_int_equal(observe(b), 0);
    assert_null(mu_fact_find(&b->facts, "iceberg.rows"));
    assert_int_equal(mu_fact_find(&b->facts, "iceberg.files_wrong_size")->value.i, 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(observe(b), 0);
    assert_null(mu_fact_find(&b->facts, "iceberg.rows"));
    assert_int_equal(mu_fact_find(&b->facts, "iceberg.files_missing")->value.i, 1);
    write_file(path, &good);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_worth_threads),
      TEST(the_count_is_right),
      TEST(one_that_is_damaged_spoils_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
