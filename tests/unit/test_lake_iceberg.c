/* SPDX-License-Identifier: Apache-2.0 */
/* Iceberg tables made by hand: what deletes can reach, how tight the bounds are, which
 * contradictions are seen, and how many of 18,000 damaged manifests get past the cross-checks with
 * a wrong count (none may). */
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
#include "base/str.h"
#include "lake/iceberg.h"
#include "support/avro_file.h"

enum { MAX_MANIFESTS = 4, FLAT_SPEC = 7 };

/* A table of a few manifests; what the list says of them is right unless a test changes it. */
struct table {
  struct mu_arena *arena;
  struct mu_iceberg_manifest list[MAX_MANIFESTS];
  struct mu_str bytes[MAX_MANIFESTS];
  size_t n;
  struct mu_iceberg_meta meta;
  struct mu_iceberg_snapshot snapshot;
  struct mu_iceberg_options options;
  struct mu_iceberg_scan *scan;
  struct mu_iceberg_result result;
  struct mu_err err;
};

static int setup(void **state) {
  static const int64_t flat[] = {FLAT_SPEC};
  struct mu_arena *arena = mu_arena_new();
  struct table *t = mu_arena_alloc(arena, sizeof *t);
  t->arena = arena;
  t->meta = (struct mu_iceberg_meta){
      .version = 3, .location = "s3://b", .flat_specs = flat, .flat_specs_n = 1};
  *state = t;
  return 0;
}

static int teardown(void **state) {
  struct table *t = *state;
  for (size_t i = 0; i < t->n; i++) {
    mu_str_done(&t->bytes[i]);
  }
  mu_iceberg_scan_free(t->scan);
  mu_arena_free(t->arena);
  return 0;
}

static struct mu_iceberg_manifest *add_manifest(struct table *t, const struct avro_entry *entries,
                                                size_t n, bool deletes, const char *codec) {
  static const size_t column[] = {MU_ICEBERG_EXISTING, MU_ICEBERG_ADDED, MU_ICEBERG_DELETED};
  struct mu_iceberg_manifest *manifest = &t->list[t->n];
  struct mu_str *bytes = &t->bytes[t->n++];
  MU_STR(body, 1 << 20);
  *bytes = MU_STR_INIT(1 << 20);
  *manifest = (struct mu_iceberg_manifest){.path = mu_arena_fmt(t->arena, "s3://b/m%zu.avro", t->n),
                                           .sequence_number = 5,
                                           .is_deletes = deletes};
  for (size_t i = 0; i < n; i++) {
    avro_add_entry(&body, &entries[i]);
    manifest->files[column[entries[i].status]]++;
    manifest->rows[column[entries[i].status]] += entries[i].records;
  }
  avro_header(bytes, avro_manifest_schema, codec, NULL);
  avro_block(bytes, (int64_t)n, &body, codec);
  manifest->length = (int64_t)bytes->n;
  return manifest;
}

/* Reads and counts. -1 with t->err where that cannot be done. */
static int count(struct table *t) {
  const struct mu_iceberg_list list = {t->list, t->n};
  mu_iceberg_scan_free(t->scan);
  t->scan = mu_iceberg_scan_new(&t->meta, &t->snapshot, &list, &t->options);
  for (size_t i = 0; i < t->n; i++) {
    const struct mu_iceberg_manifest *manifest = mu_iceberg_scan_at(t->scan, i);
    const struct mu_str *bytes = &t->bytes[manifest - t->list];
    struct mu_iceberg_part *part = NULL;
    if (mu_iceberg_read(t->scan, i, bytes->p, bytes->n, &part, &t->err) != 0 ||
        mu_iceberg_add(t->scan, part, &t->err) != 0) {
      return -1;
    }
  }
  return mu_iceberg_count(t->scan, &t->result, &t->err);
}

static void expect(struct table *t, int64_t lo, int64_t hi) {
  if (count(t) != 0) {
    fail_msg("%s", t->err.msg);
  }
  for (size_t i = 0; i < t->result.contradiction_texts_n; i++) {
    print_error("%s\n", t->result.contradiction_texts[i]);
  }
  assert_int_equal(t->result.contradictions, 0);
  assert_int_equal(t->result.rows_lo, lo);
  assert_int_equal(t->result.rows_hi, hi);
}

#define A "s3://b/data/a.parquet"
#define B "s3://b/data/b.parquet"

/* Two files of a day, 100 and 50 rows, of sequence 2; and the deletes given. */
static void with_deletes(struct table *t, const struct avro_entry *deletes, size_t n) {
  const struct avro_entry data[] = {
      {.status = 1, .sequence = 2, .path = A, .day = 1, .records = 100, .size = 10},
      {.status = 0, .sequence = 2, .path = B, .day = 1, .records = 50, .size = 10},
      {.status = 2, .sequence = 2, .path = "s3://b/data/gone.parquet", .records = 999},
  };
  (void)add_manifest(t, data, MU_LEN(data), false, "deflate");
  (void)add_manifest(t, deletes, n, true, NULL);
}

/* ---- Deletes ---- */

struct delete_case {
  const char *what;
  struct avro_entry deletes[3];
  size_t n;
  int64_t lo, hi;
};

#define GONE "s3://b/data/gone.parquet"
/* A position delete file, another one beside it, an equality delete file, a deletion vector. */
#define POS(on, ...)                                                                               \
  { .status = 1, .content = 1, .path = "s3://b/d", .day = on, __VA_ARGS__ }
#define POS2(on, ...)                                                                              \
  { .status = 1, .content = 1, .path = "s3://b/d2", .day = on, __VA_ARGS__ }
#define EQ(on, ...)                                                                                \
  { .status = 1, .content = 2, .path = "s3://b/e", .day = on, __VA_ARGS__ }
#define VECTOR(of, rows)                                                                           \
  {                                                                                                \
    .status = 1, .content = 1, .format = "PUFFIN", .path = "s3://b/v", .day = 1, .records = rows,  \
    .about = of                                                                                    \
  }
#define NAMED(file, from, to) .lower = file, .upper = file, .first = from, .last = to

static const struct delete_case delete_cases[] = {
    {"a vector is exact", {VECTOR(A, 7)}, 1, 143, 143},
    {"a vector of a file that is gone takes nothing", {VECTOR(GONE, 7)}, 1, 150, 150},
    {"position deletes by partition may all miss", {POS(1, .records = 7)}, 1, 143, 150},
    {"of another partition", {POS(2, .records = 7)}, 1, 150, 150},
    {"older than the data", {POS(1, .records = 7, .sequence = 1)}, 1, 150, 150},
    {"more records than rows", {POS(1, .records = 700)}, 1, 0, 150},
    {"naming a file: one row at least", {POS(1, .records = 7, NAMED(B, 0, 49))}, 1, 143, 149},
    {"naming one outright", {POS(1, .records = 7, .about = A)}, 1, 143, 149},
    {"one older than it", {POS(1, .records = 7, .about = A, .sequence = 1)}, 1, 150, 150},
    {"one record about one file is exact", {POS(1, .records = 1, NAMED(A, 3, 3))}, 1, 149, 149},
    {"a row named twice is one row", {POS(1, .records = 4, NAMED(A, 3, 3))}, 1, 149, 149},
    {"two files, one row each, apart: exact",
     {POS(1, .records = 1, NAMED(A, 3, 3)), POS2(1, .records = 1, NAMED(A, 4, 4))},
     2,
     148,
     148},
    {"two files, perhaps the same row",
     {POS(1, .records = 1, NAMED(A, 3, 3)), POS2(1, .records = 1, NAMED(A, 3, 3))},
     2,
     148,
     149},
    {"no more rows than the file has",
     {POS(1, .records = 40, .about = B), POS2(1, .records = 40, .about = B)},
     2,
     100,
     149},
    {"naming a file that is gone", {POS(1, .records = 7, NAMED(GONE, 0, 9))}, 1, 150, 150},
    {"a bound that is cut short names nothing",
     {POS(1, .records = 7, NAMED("s3://b/data/", 0, 99))},
     1,
     143,
     150},
    {"bounds of the path leave one file out",
     {POS(1, .records = 70, .lower = "s3://b/data/b", .upper = "s3://b/data/c", .last = 99)},
     1,
     100,
     150},
    {"equality deletes of the partition", {EQ(1, .records = 1)}, 1, 0, 150},
    {"equality deletes elsewhere", {EQ(2, .records = 1)}, 1, 150, 150},
    {"equality deletes of the same commit", {EQ(1, .records = 1, .sequence = 2)}, 1, 150, 150},
    {"a vector beside an equality delete", {VECTOR(A, 7), EQ(1, .records = 1)}, 2, 0, 143},
    {"a vector replaces position deletes of its file",
     {VECTOR(A, 7), POS(1, .records = 5, .about = A)},
     2,
     143,
     143},
    {"a vector replaces position deletes by partition",
     {VECTOR(A, 7),
      POS(1, .records = 5, .lower = "s3://b/data/a", .upper = "s3://b/data/aa", .last = 9)},
     2,
     143,
     143},
    {"deletes that were removed",
     {{.status = 2, .content = 1, .path = "s3://b/d", .day = 1, .records = 7}},
     1,
     150,
     150},
};

static void deletes_reach_what_they_can(void **state) {
  for (size_t i = 0; i < MU_LEN(delete_cases); i++) {
    const struct delete_case *c = &delete_cases[i];
    struct table *t = NULL;
    assert_int_equal(setup((void **)&t), 0);
    with_deletes(t, c->deletes, c->n);
    if (count(t) != 0 || t->result.contradictions != 0 || t->result.rows_lo != c->lo ||
        t->result.rows_hi != c->hi) {
      fail_msg("%s: %lld..%lld %s", c->what, (long long)t->result.rows_lo,
               (long long)t->result.rows_hi, t->err.msg);
    }
    (void)teardown((void **)&t);
  }
  (void)state;
}

static void equality_deletes_without_partitions_reach_all(void **state) {
  struct table *t = *state;
  const struct avro_entry deletes[] = {
      {.status = 1, .content = 2, .path = "s3://b/e", .day = 99, .records = 1}};
  with_deletes(t, deletes, 1);
  t->list[1].spec_id = FLAT_SPEC;
  expect(t, 0, 150);
}

static void a_crowd_of_deletes_is_taken_as_one(void **state) {
  struct table *t = *state;
  enum { CROWD = 3000 };
  struct avro_entry *deletes = mu_arena_array(t->arena, CROWD, sizeof *deletes);
  for (size_t i = 0; i < CROWD; i++) {
    deletes[i] = (struct avro_entry){.status = 1,
                                     .content = 1,
                                     .path = mu_arena_fmt(t->arena, "s3://b/d%zu", i),
                                     .day = 1,
                                     .records = i % 100 == 0};
  }
  with_deletes(t, deletes, CROWD);
  expect(t, 120, 150);
}

/* ---- Contradictions ---- */

static void two_files(struct table *t, const char *second) {
  const struct avro_entry data[] = {
      {.status = 1, .path = A, .day = 1, .records = 100, .size = 10},
      {.status = 1, .path = second, .day = 2, .records = 50, .size = 10},
  };
  (void)add_manifest(t, data, MU_LEN(data), false, "deflate");
}

static void what_the_list_promised_must_hold(void **state) {
  struct table *t = *state;
  two_files(t, B);
  expect(t, 150, 150);
  assert_true(t->result.is_proven);
  const struct mu_iceberg_manifest right = t->list[0];
  for (int i = 0; i < 7; i++) {
    t->list[0] = right;
    int64_t *const numbers[] = {&t->list[0].files[0], &t->list[0].files[1], &t->list[0].files[2],
                                &t->list[0].rows[0],  &t->list[0].rows[1],  &t->list[0].rows[2],
                                &t->list[0].length};
    ++*numbers[i];
    assert_int_equal(count(t), 0);
    assert_int_equal(t->result.contradictions, 1);
    assert_int_equal(t->result.is_trusted,
                     i < 3); /* counts of files alone leave the rows certain */
  }
}

static void without_promises_the_summary_must_confirm(void **state) {
  struct table *t = *state;
  const struct mu_iceberg_pair right = {"total-records", "150"}, wrong = {"total-records", "149"};
  two_files(t, B);
  for (size_t i = 0; i < MU_ICEBERG_STATUSES; i++) {
    t->list[0].files[i] = t->list[0].rows[i] = -1;
  }
  expect(t, 150, 150);
  assert_false(t->result.is_proven);
  t->snapshot.summary = &right;
  t->snapshot.summary_n = 1;
  expect(t, 150, 150);
  assert_true(t->result.is_proven);
  t->snapshot.summary = &wrong;
  expect(t, 150, 150);
  assert_false(t->result.is_proven);
  assert_false(t->result.summary_agrees);
}

static void a_file_live_twice_is_seen(void **state) {
  struct table *t = *state;
  two_files(t, "s3a://b/data/a.parquet"); /* the same under another spelling */
  assert_int_equal(count(t), 0);
  assert_int_equal(t->result.contradictions, 1);
  t->options.list_files = true;
  assert_int_equal(count(t), 0);
  assert_int_equal(t->result.contradictions, 1);
  assert_non_null(strstr(t->result.contradiction_texts[0], "a.parquet is live twice"));
}

static void two_vectors_of_one_file_are_seen(void **state) {
  struct table *t = *state;
  const struct avro_entry deletes[] = {
      {.status = 1,
       .content = 1,
       .format = "puffin",
       .path = "s3://b/v",
       .day = 1,
       .records = 7,
       .about = A,
       .size = 30},
      {.status = 1,
       .content = 1,
       .format = "puffin",
       .path = "s3://b/v",
       .day = 1,
       .records = 7,
       .about = A,
       .size = 30},
  };
  with_deletes(t, deletes, MU_LEN(deletes));
  assert_int_equal(count(t), 0);
  assert_int_equal(t->result.contradictions, 1);
  assert_int_equal(t->result.vectors.bytes, 30);
}

static void a_vector_that_does_not_fit_its_file_is_seen(void **state) {
  struct table *t = *state;
  const struct avro_entry deletes[] = {{.status = 1,
                                        .content = 1,
                                        .format = "puffin",
                                        .path = "s3://b/v",
                                        .day = 1,
                                        .records = 101,
                                        .about = A}};
  with_deletes(t, deletes, 1);
  assert_int_equal(count(t), 0);
  assert_int_equal(t->result.contradictions, 1);
}

static void what_cannot_be_read_is_no_count(void **state) {
  (void)state;
  static const struct {
    struct avro_entry entry;
    enum mu_errc code;
  } table[] = {
      {{.status = 3, .path = A}, MU_E_INPUT},
      {{.status = 1, .path = ""}, MU_E_INPUT},
      {{.status = 1, .path = A, .records = -1}, MU_E_INPUT},
      {{.status = 1, .path = A, .content = 1}, MU_E_INPUT},
      {{.status = 1, .path = A, .key = "secret"}, MU_E_UNSUPPORTED},
  };
  for (size_t i = 0; i < MU_LEN(table); i++) {
    struct table *t = NULL;
    assert_int_equal(setup((void **)&t), 0);
    struct avro_entry shown = table[i].entry;
    shown.status = shown.status > 2 ? 1 : shown.status;
    (void)add_manifest(t, &shown, 1, false, NULL);
    MU_STR(body, 4096);
    mu_str_clear(&t->bytes[0]);
    avro_add_entry(&body, &table[i].entry);
    avro_header(&t->bytes[0], avro_manifest_schema, NULL, NULL);
    avro_block(&t->bytes[0], 1, &body, NULL);
    assert_int_equal(count(t), -1);
    assert_int_equal(t->err.code, table[i].code);
    (void)teardown((void **)&t);
  }
}

static void totals_beyond_the_numbers_are_refused(void **state) {
  struct table *t = *state;
  const struct avro_entry data[] = {{.status = 1, .path = A, .records = INT64_MAX},
                                    {.status = 1, .path = B, .records = INT64_MAX}};
  (void)add_manifest(t, data, 1, false, NULL);
  MU_STR(body, 4096);
  avro_add_entry(&body, &data[0]);
  avro_add_entry(&body, &data[1]);
  mu_str_clear(&t->bytes[0]);
  avro_header(&t->bytes[0], avro_manifest_schema, NULL, NULL);
  avro_block(&t->bytes[0], 2, &body, NULL);
  assert_int_equal(count(t), -1);
  assert_int_equal(t->err.code, MU_E_INPUT);
}

static void partitions_are_counted_apart(void **state) {
  struct table *t = *state;
  t->options.partitions = true;
  two_files(t, B);
  expect(t, 150, 150);
  assert_int_equal(t->result.partitions_n, 2);
  assert_string_equal(t->result.partitions[1].text, "day=1970-01-03");
  assert_int_equal(t->result.partitions[1].rows, 50);
}

static void paths_outside_are_counted_and_named(void **state) {
  struct table *t = *state;
  static const char *const inside[] = {"s3://b/"};
  t->options.inside = inside;
  t->options.inside_n = 1;
  two_files(t, "s3://home/data/b.parquet");
  expect(t, 150, 150);
  assert_int_equal(t->result.outside, 1);
  assert_string_equal(t->result.outside_texts[0], "s3://home/data/b.parquet");
}

/* ---- Damage ---- */

static uint64_t next(uint64_t *random) {
  *random ^= *random << 13;
  *random ^= *random >> 7;
  *random ^= *random << 17;
  return *random;
}

/* One to four random bytes changed in a manifest of 50 entries: an error, a contradiction, or the
 * right count. */
static void damage_is_never_a_wrong_count(void **state) {
  (void)state;
  enum { RUNS = 9000, ENTRIES = 50 };
  static const char *const codecs[] = {NULL, "deflate"};
  uint64_t random = 0x2545f4914f6cdd1d;
  int64_t silent[2] = {0}, caught = 0, errors = 0, same = 0;
  for (size_t codec = 0; codec < 2; codec++) {
    struct table *t = NULL;
    struct avro_entry entries[ENTRIES] = {0};
    assert_int_equal(setup((void **)&t), 0);
    int64_t right = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
      entries[i] =
          (struct avro_entry){.status = i % 10 == 9 ? 2 : (int)(i % 2),
                              .sequence = 1,
                              .day = (int64_t)i % 3,
                              .size = 1000,
                              .path = mu_arena_fmt(t->arena, "s3://b/data/%05zu.parquet", i),
                              .records = 100 + (int64_t)i};
      right += entries[i].status == 2 ? 0 : entries[i].records;
    }
    (void)add_manifest(t, entries, ENTRIES, false, codecs[codec]);
    struct mu_str *bytes = &t->bytes[0];
    char *whole = mu_arena_strn(t->arena, bytes->p, bytes->n);
    for (int run = 0; run < RUNS; run++) {
      memcpy(bytes->p, whole, bytes->n);
      for (uint64_t k = 1 + next(&random) % 4; k > 0; k--) {
        bytes->p[next(&random) % bytes->n] = (char)next(&random);
      }
      if (count(t) != 0) {
        errors++;
      } else if (t->result.rows_lo == right && t->result.rows_hi == right) {
        same++;
      } else if (!t->result.is_trusted) {
        caught++;
      } else {
        silent[codec]++;
      }
    }
    (void)teardown((void **)&t);
  }
  printf("18000 damaged manifests: %lld errors, %lld with the right count, %lld wrong ones caught "
         "by cross-checks, %lld silent\n",
         (long long)errors, (long long)same, (long long)caught, (long long)(silent[0] + silent[1]));
  assert_true(caught > 0); /* else the cross-checks were not exercised */
  assert_int_equal(silent[0] + silent[1], 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deletes_reach_what_they_can),
      TEST(equality_deletes_without_partitions_reach_all),
      TEST(a_crowd_of_deletes_is_taken_as_one),
      TEST(what_the_list_promised_must_hold),
      TEST(without_promises_the_summary_must_confirm),
      TEST(a_file_live_twice_is_seen),
      TEST(two_vectors_of_one_file_are_seen),
      TEST(a_vector_that_does_not_fit_its_file_is_seen),
      cmocka_unit_test(what_cannot_be_read_is_no_count),
      TEST(totals_beyond_the_numbers_are_refused),
      TEST(partitions_are_counted_apart),
      TEST(paths_outside_are_counted_and_named),
      cmocka_unit_test(damage_is_never_a_wrong_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
