/* SPDX-License-Identifier: Apache-2.0 */
/* How fast Iceberg manifests are counted, against the bare inflating of the same bytes by one
 * thread of libdeflate.
 *
 *   lake FOLDER [THREADS [MANIFESTS [ENTRIES]]]    default: 2, 100, 10000
 *
 * Writes the manifests into the folder unless they are there (ten columns with full statistics,
 * deflate, 64 KB blocks, as Java writes them), then times floor and count in turn, five times each,
 * and prints the best of each with the peak memory of a count, which runs in a process of its own.
 */
#define _DEFAULT_SOURCE /* getrusage's ru_maxrss, wait4 */
#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/iceberg.h"
#include "support/avro_file.h"

enum {
  COLUMNS = 10,
  BLOCK_BYTES = 64000,
  ROUNDS = 5,
  MAX_FILE = 256 * 1024 * 1024,
  MAX_THREADS = 64
};

struct bench {
  const char *folder;
  int64_t threads, manifests, entries;
  uint64_t random;
};

static void must(int rc, const struct mu_err *err) {
  if (rc != 0) {
    (void)fprintf(stderr, "lake: %s\n", err->msg);
    exit(1);
  }
}

static uint64_t next(struct bench *b) {
  b->random ^= b->random << 13;
  b->random ^= b->random >> 7;
  b->random ^= b->random << 17;
  return b->random;
}

/* ---- Writing ---- */

/* The fields of a manifest entry of version 2; a map of integers is an array of pairs. */
static void add_map(struct mu_str *out, const char *name, int id, int key, const char *type) {
  mu_str_addf(out,
              ",{'name':'%s','field-id':%d,'type':['null',{'type':'array','logicalType':'map',"
              "'items':{'type':'record','name':'k%d_v%d','fields':["
              "{'name':'key','type':'int','field-id':%d},"
              "{'name':'value','type':'%s','field-id':%d}]}}]}",
              name, id, key, key + 1, key, type, key + 1);
}

static void add_schema(struct mu_str *out) {
  mu_str_add(out,
             "{'type':'record','name':'manifest_entry','fields':["
             "{'name':'status','type':'int','field-id':0},"
             "{'name':'snapshot_id','type':['null','long'],'field-id':1},"
             "{'name':'sequence_number','type':['null','long'],'field-id':3},"
             "{'name':'file_sequence_number','type':['null','long'],'field-id':4},"
             "{'name':'data_file','field-id':2,'type':{'type':'record','name':'r2','fields':["
             "{'name':'content','type':'int','field-id':134},"
             "{'name':'file_path','type':'string','field-id':100},"
             "{'name':'file_format','type':'string','field-id':101},"
             "{'name':'partition','field-id':102,'type':{'type':'record','name':'r102','fields':["
             "{'name':'day','type':['null','int'],'field-id':1000}]}},"
             "{'name':'record_count','type':'long','field-id':103},"
             "{'name':'file_size_in_bytes','type':'long','field-id':104}");
  add_map(out, "column_sizes", 108, 117, "long");
  add_map(out, "value_counts", 109, 119, "long");
  add_map(out, "null_value_counts", 110, 121, "long");
  add_map(out, "nan_value_counts", 137, 138, "long");
  add_map(out, "lower_bounds", 125, 126, "bytes");
  add_map(out, "upper_bounds", 128, 129, "bytes");
  mu_str_add(out, ",{'name':'key_metadata','type':['null','bytes'],'field-id':131},"
                  "{'name':'split_offsets','type':['null',{'type':'array','items':'long','element-"
                  "id':133}],'field-id':132},"
                  "{'name':'sort_order_id','type':['null','int'],'field-id':140}]}}]}");
}

static void numbers(struct mu_str *out, int columns, int64_t base, uint64_t spread,
                    struct bench *b) {
  avro_long(out, 1);
  avro_long(out, columns);
  for (int i = 1; i <= columns; i++) {
    avro_long(out, i);
    avro_long(out, base + (int64_t)(spread ? next(b) % spread : 0));
  }
  avro_long(out, 0);
}

static void bounds(struct mu_str *out, struct bench *b) {
  avro_long(out, 1);
  avro_long(out, COLUMNS);
  for (int i = 1; i <= COLUMNS; i++) {
    uint64_t value = next(b) % 1000000000;
    avro_long(out, i);
    avro_bytes(out, &value, i % 3 == 0 ? 4 : 8);
  }
  avro_long(out, 0);
}

static int64_t write_entry(struct mu_str *out, struct bench *b, int64_t i) {
  char path[160];
  int64_t rows = 1000 + (int64_t)(next(b) % 100000);
  uint64_t a = next(b), c = next(b);
  (void)snprintf(
      path, sizeof path,
      "s3://corp-dr-lakehouse/finance/fact_sales/data/day=%lld/%05lld-%llu-%016llx-%08llx.parquet",
      (long long)(20000 + i % 500), (long long)i, (unsigned long long)(a % 1000),
      (unsigned long long)a, (unsigned long long)(c & 0xffffffff));
  avro_long(out, 1);
  for (int k = 0; k < 3; k++) { /* snapshot and sequence numbers: null */
    avro_long(out, 0);
  }
  avro_long(out, 0);
  avro_text(out, path);
  avro_text(out, "PARQUET");
  avro_long(out, 1);
  avro_long(out, 20000 + i % 500);
  avro_long(out, rows);
  avro_long(out, rows * 40);
  numbers(out, COLUMNS, rows * 3, 100000, b);
  numbers(out, COLUMNS, rows, 0, b);
  numbers(out, COLUMNS, 0, 3, b);
  numbers(out, 2, 0, 0, b);
  bounds(out, b);
  bounds(out, b);
  avro_long(out, 0);
  avro_long(out, 1);
  avro_long(out, 1);
  avro_long(out, 4);
  avro_long(out, 0);
  avro_long(out, 1);
  avro_long(out, 0);
  return rows;
}

static const char *path_of(struct mu_arena *arena, const struct bench *b, int64_t i) {
  return mu_arena_fmt(arena, "%s/m%05lld-%lld.avro", b->folder, (long long)i,
                      (long long)b->entries);
}

static int64_t write_manifest(struct bench *b, const char *path, int64_t at) {
  static const char *const meta[] = {"format-version", "2", "partition-spec-id", "0", "content",
                                     "data",           NULL};
  struct mu_err err = {0};
  MU_STR(file, MAX_FILE);
  MU_STR(body, MAX_FILE);
  int64_t rows = 0, in_block = 0;
  MU_STR(schema, 16384);
  add_schema(&schema);
  avro_header(&file, mu_str_get(&schema), "deflate", meta);
  for (int64_t i = 0; i < b->entries; i++) {
    rows += write_entry(&body, b, at * b->entries + i);
    in_block++;
    if (body.n >= BLOCK_BYTES || i + 1 == b->entries) {
      avro_block(&file, in_block, &body, "deflate");
      mu_str_clear(&body);
      in_block = 0;
    }
  }
  must(mu_io_write(path, file.p, file.n, &err), &err);
  return rows;
}

/* With all that version 2 requires, under today's names: some readers look for those. */
static const char list_schema[] =
    "{'type':'record','name':'manifest_file','fields':["
    "{'name':'manifest_path','type':'string','field-id':500},"
    "{'name':'manifest_length','type':'long','field-id':501},"
    "{'name':'partition_spec_id','type':'int','field-id':502},"
    "{'name':'content','type':'int','field-id':517},"
    "{'name':'sequence_number','type':'long','field-id':515},"
    "{'name':'min_sequence_number','type':'long','field-id':516},"
    "{'name':'added_snapshot_id','type':'long','field-id':503},"
    "{'name':'added_files_count','type':'int','field-id':504},"
    "{'name':'existing_files_count','type':'int','field-id':505},"
    "{'name':'deleted_files_count','type':'int','field-id':506},"
    "{'name':'added_rows_count','type':'long','field-id':512},"
    "{'name':'existing_rows_count','type':'long','field-id':513},"
    "{'name':'deleted_rows_count','type':'long','field-id':514},"
    "{'name':'partitions','type':['null',{'type':'array','items':{'type':'record','name':'r508',"
    "'fields':[{'name':'contains_null','type':'boolean','field-id':509},"
    "{'name':'contains_nan','type':['null','boolean'],'field-id':518},"
    "{'name':'lower_bound','type':['null','bytes'],'field-id':510},"
    "{'name':'upper_bound','type':['null','bytes'],'field-id':511}]},'element-id':508}],"
    "'default':null,'field-id':507}]}";

static void list_manifest(struct mu_str *out, const char *path, int64_t length, int64_t entries,
                          int64_t rows) {
  const int64_t numbers_behind[] = {length, 0, 0, 1, 1, 1, entries, 0, 0, rows, 0, 0, 0};
  avro_text(out, path);
  for (size_t i = 0; i < MU_LEN(numbers_behind); i++) { /* the last: no partitions */
    avro_long(out, numbers_behind[i]);
  }
}

/* So that others can read the table, too. */
static void write_metadata(const struct bench *b, const char *list, struct mu_arena *arena) {
  struct mu_err err = {0};
  const char *text = mu_arena_fmt(
      arena,
      "{\"format-version\":2,\"location\":\"%s\",\"current-snapshot-id\":1,\"snapshots\":["
      "{\"snapshot-id\":1,\"sequence-number\":1,\"timestamp-ms\":1,\"manifest-list\":\"%s\"}]}",
      b->folder, list);
  must(mu_io_write(mu_arena_fmt(arena, "%s/v1.metadata.json", b->folder), text, strlen(text), &err),
       &err);
}

/* The manifests, and a list that promises their rows. */
static void write_table(struct bench *b) {
  static const char *const meta[] = {"format-version", "2", NULL};
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  const char *list = mu_arena_fmt(arena, "%s/list-%lld-%lld.avro", b->folder,
                                  (long long)b->manifests, (long long)b->entries);
  MU_STR(file, MAX_FILE);
  MU_STR(body, MAX_FILE);
  must(mu_io_mkdirs(b->folder, &err), &err);
  for (int64_t i = 0; i < b->manifests && !mu_io_exists(list); i++) {
    struct stat st;
    const char *path = path_of(arena, b, i);
    int64_t rows = write_manifest(b, path, i);
    MU_ASSERT(stat(path, &st) == 0);
    list_manifest(&body, path, st.st_size, b->entries, rows);
  }
  if (body.n > 0) {
    avro_header(&file, list_schema, "null", meta);
    avro_block(&file, b->manifests, &body, "null");
    must(mu_io_write(list, file.p, file.n, &err), &err);
    write_metadata(b, list, arena);
  }
  mu_arena_free(arena);
}

/* ---- The floor ---- */

static size_t varint(const unsigned char **p) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    unsigned char byte = *(*p)++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return (size_t)(value >> 1);
    }
  }
}

/* Reads each manifest and inflates its blocks, nothing else. */
static int64_t floor_us(const struct bench *b) {
  struct mu_arena *arena = mu_arena_new();
  struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
  unsigned char *out = malloc(4 * BLOCK_BYTES);
  MU_STR(file, MAX_FILE);
  struct timespec from, to;
  (void)clock_gettime(CLOCK_MONOTONIC, &from);
  for (int64_t i = 0; i < b->manifests; i++) {
    struct mu_err err = {0};
    mu_str_clear(&file);
    must(mu_io_read(path_of(arena, b, i), &file, &err), &err);
    const unsigned char *p = (const unsigned char *)file.p + 4,
                        *end = (const unsigned char *)file.p + file.n;
    for (size_t pairs = varint(&p); pairs > 0; pairs--) {
      p += varint(&p);
      p += varint(&p);
    }
    p += 1 + 16;
    while (p < end) {
      size_t made = 0, n;
      (void)varint(&p);
      n = varint(&p);
      MU_ASSERT(libdeflate_deflate_decompress(inflate, p, n, out, (size_t)4 * BLOCK_BYTES, &made) ==
                LIBDEFLATE_SUCCESS);
      p += n + 16;
    }
  }
  (void)clock_gettime(CLOCK_MONOTONIC, &to);
  free(out);
  libdeflate_free_decompressor(inflate);
  mu_arena_free(arena);
  return (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
}

/* ---- The count ---- */

struct job {
  struct mu_iceberg_scan *scan;
  pthread_mutex_t lock;
  size_t next;
};

static void *work(void *arg) {
  struct job *job = arg;
  MU_STR(file, MAX_FILE);
  for (;;) {
    struct mu_err err = {0};
    struct mu_iceberg_part *part = NULL;
    (void)pthread_mutex_lock(&job->lock);
    size_t i = job->next++;
    (void)pthread_mutex_unlock(&job->lock);
    if (i >= mu_iceberg_scan_n(job->scan)) {
      return NULL;
    }
    mu_str_clear(&file);
    must(mu_io_read(mu_iceberg_scan_at(job->scan, i)->path, &file, &err), &err);
    must(mu_iceberg_read(job->scan, i, file.p, file.n, &part, &err), &err);
    (void)pthread_mutex_lock(&job->lock);
    must(mu_iceberg_add(job->scan, part, &err), &err);
    (void)pthread_mutex_unlock(&job->lock);
  }
}

static int64_t count_us(const struct bench *b, struct mu_iceberg_result *result) {
  static const struct mu_iceberg_meta meta = {.version = 2, .location = "s3://corp-dr-lakehouse"};
  static const struct mu_iceberg_snapshot snapshot;
  static const struct mu_iceberg_options options;
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  struct mu_iceberg_list list;
  pthread_t threads[MAX_THREADS];
  struct timespec from, to;
  MU_STR(file, MAX_FILE);
  (void)clock_gettime(CLOCK_MONOTONIC, &from);
  const char *path = mu_arena_fmt(arena, "%s/list-%lld-%lld.avro", b->folder,
                                  (long long)b->manifests, (long long)b->entries);
  must(mu_io_read(path, &file, &err), &err);
  must(mu_iceberg_list_parse(file.p, file.n, arena, &list, &err), &err);
  struct job job = {.scan = mu_iceberg_scan_new(&meta, &snapshot, &list, &options),
                    .lock = PTHREAD_MUTEX_INITIALIZER};
  for (int64_t i = 0; i < b->threads; i++) {
    MU_ASSERT(pthread_create(&threads[i], NULL, work, &job) == 0);
  }
  for (int64_t i = 0; i < b->threads; i++) {
    (void)pthread_join(threads[i], NULL);
  }
  must(mu_iceberg_count(job.scan, result, &err), &err);
  (void)clock_gettime(CLOCK_MONOTONIC, &to);
  mu_iceberg_scan_free(job.scan);
  mu_arena_free(arena);
  return (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
}

struct measured {
  int64_t us, rows, files;
  bool is_proven;
};

/* One count in a child, so that its peak memory is its own. */
static struct measured count_apart(const struct bench *b, struct rusage *usage) {
  struct measured measured = {0};
  int ends[2], status = 0;
  MU_ASSERT(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct mu_iceberg_result result;
    measured.us = count_us(b, &result);
    measured.rows = result.rows_lo;
    measured.files = result.data.files;
    measured.is_proven =
        result.is_proven && result.contradictions == 0 && result.rows_lo == result.rows_hi;
    MU_ASSERT(write(ends[1], &measured, sizeof measured) == (ssize_t)sizeof measured);
    _exit(0);
  }
  (void)close(ends[1]);
  MU_ASSERT(child > 0 && read(ends[0], &measured, sizeof measured) == (ssize_t)sizeof measured);
  (void)close(ends[0]);
  (void)wait4(child, &status, 0, usage);
  return measured;
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static int64_t cpu_us(const struct rusage *usage) {
  return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
         usage->ru_stime.tv_usec;
}

int main(int argc, char **argv) {
  struct bench b = {.threads = 2, .manifests = 100, .entries = 10000, .random = 88172645463325252u};
  int64_t *const numbers_of[] = {&b.threads, &b.manifests, &b.entries};
  bool ok = argc >= 2 && argc <= 5;
  for (int i = 2; ok && i < argc; i++) {
    ok = mu_num_parse_i64(argv[i], numbers_of[i - 2]) == 0 && *numbers_of[i - 2] > 0;
  }
  if (!ok || b.threads > MAX_THREADS) {
    (void)fprintf(stderr, "usage: lake FOLDER [THREADS [MANIFESTS [ENTRIES]]]\n");
    return 2;
  }
  b.folder = argv[1];
  write_table(&b);
  int64_t best_floor = INT64_MAX, best = INT64_MAX, floor_cpu = INT64_MAX, cpu = INT64_MAX,
          peak_kb = 0;
  struct measured last = {0};
  for (int i = 0; i < ROUNDS; i++) {
    struct rusage usage = {0}, before = {0}, after = {0};
    (void)getrusage(RUSAGE_SELF, &before);
    best_floor = least(best_floor, floor_us(&b));
    (void)getrusage(RUSAGE_SELF, &after);
    floor_cpu = least(floor_cpu, cpu_us(&after) - cpu_us(&before));
    last = count_apart(&b, &usage);
    best = least(best, last.us);
    cpu = least(cpu, cpu_us(&usage));
    peak_kb = usage.ru_maxrss > peak_kb ? usage.ru_maxrss : peak_kb;
  }
  printf("%lld entries in %lld manifests, %lld threads: %lld rows in %lld files, %s\n",
         (long long)(b.manifests * b.entries), (long long)b.manifests, (long long)b.threads,
         (long long)last.rows, (long long)last.files,
         last.is_proven ? "exact and confirmed" : "NOT CONFIRMED");
  printf("inflate, one thread  %7.1f ms  (CPU %7.1f ms)\n", (double)best_floor / 1e3,
         (double)floor_cpu / 1e3);
  printf("count                %7.1f ms  (CPU %7.1f ms): %.2f times the floor (CPU %.2f times)\n",
         (double)best / 1e3, (double)cpu / 1e3, (double)best / (double)best_floor,
         (double)cpu / (double)floor_cpu);
  printf("peak memory          %7.1f MB\n", (double)peak_kb / 1024);
  return last.is_proven ? 0 : 1;
}
