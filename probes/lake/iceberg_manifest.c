/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests (format/spec.md, "Manifests" and "Sequence Number Inheritance"): one pass over the
 * entries, by field id. Nothing of the scan is written, so that manifests can be read side by side.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "lake/iceberg_int.h"

enum slot {
  STATUS,
  SEQUENCE,
  CONTENT,
  PATH,
  FORMAT,
  PARTITION,
  RECORDS,
  SIZE,
  KEY,
  DATA_SLOTS,
  REFERENCED = DATA_SLOTS,
  OFFSET,
  LENGTH,
  LOWER,
  UPPER,
  SLOTS
};

enum { DATA_FILE = 2 /* the field that holds those of the file */, FIRST_SEEN = 2048 };

/* A data manifest is read with the first DATA_SLOTS only: bounds are most of its bytes. */
static const struct mu_avro_want wants[SLOTS] = {
    [STATUS] = {MU_AVRO_ROOT, 0, MU_AVRO_AS_LONG, true},
    [SEQUENCE] = {MU_AVRO_ROOT, 3, MU_AVRO_AS_LONG, false},
    [CONTENT] = {DATA_FILE, 134, MU_AVRO_AS_LONG, false},
    [PATH] = {DATA_FILE, 100, MU_AVRO_AS_BYTES, true},
    [FORMAT] = {DATA_FILE, 101, MU_AVRO_AS_BYTES, true},
    [PARTITION] = {DATA_FILE, 102, MU_AVRO_AS_RAW, false},
    [RECORDS] = {DATA_FILE, 103, MU_AVRO_AS_LONG, true},
    [SIZE] = {DATA_FILE, 104, MU_AVRO_AS_LONG, true},
    [KEY] = {DATA_FILE, 131, MU_AVRO_AS_BYTES, false},
    [REFERENCED] = {DATA_FILE, 143, MU_AVRO_AS_BYTES, false},
    [OFFSET] = {DATA_FILE, 144, MU_AVRO_AS_LONG, false},
    [LENGTH] = {DATA_FILE, 145, MU_AVRO_AS_LONG, false},
    [LOWER] = {DATA_FILE, 125, MU_AVRO_AS_RAW, false},
    [UPPER] = {DATA_FILE, 128, MU_AVRO_AS_RAW, false},
};

/* Reserved field ids of position delete files. */
enum { FIELD_FILE_PATH = 2147483546, FIELD_POS = 2147483545 };

struct reading {
  const struct mu_iceberg_scan *scan;
  const struct mu_iceberg_manifest *manifest;
  const struct mu_avro *avro;
  struct mu_iceberg_part *part;
  struct mu_str *scratch;
  int64_t spec_id;
  bool is_flat;
  bool needs_partition; /* somebody will ask which partition a file is in */
  struct mu_err *err;
};

static bool is_text(const struct mu_avro_value *v, const char *text) {
  size_t n = strlen(text);
  if (!v->is_set || v->n != n) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if ((v->p[i] | 0x20) != (unsigned char)text[i]) { /* formats are written in either case */
      return false;
    }
  }
  return true;
}

static struct mu_path_id path_id(const unsigned char *p, size_t n) {
  const char *scheme = NULL;
  const char *rest = mu_path_split((const char *)p, &n, &scheme);
  return mu_path_hash(rest, n);
}

static int check(struct reading *r, const struct mu_avro_value *v) {
  int64_t content = v[CONTENT].is_set ? v[CONTENT].i : 0;
  if (!v[STATUS].is_set || v[STATUS].i < 0 || v[STATUS].i > 2 || !v[PATH].is_set ||
      v[PATH].n == 0 || v[PATH].n > MU_ICEBERG_MAX_PATH || memchr(v[PATH].p, '\0', v[PATH].n) ||
      !v[RECORDS].is_set || v[RECORDS].i < 0 || !v[SIZE].is_set || v[SIZE].i < 0) {
    return mu_fail(r->err, MU_E_INPUT, "a manifest entry has impossible values");
  }
  if (r->manifest->is_deletes ? content != 1 && content != 2 : content != 0) {
    return mu_fail(r->err, MU_E_INPUT, "a %s manifest holds an entry with content %lld",
                   r->manifest->is_deletes ? "delete" : "data", (long long)content);
  }
  if (v[KEY].is_set && v[KEY].n > 0) {
    return mu_fail(r->err, MU_E_UNSUPPORTED, "the table is encrypted");
  }
  return 0;
}

static int inherit_sequence(struct reading *r, const struct mu_avro_value *v, int64_t *out) {
  int64_t manifest = r->manifest->sequence_number;
  if (v[SEQUENCE].is_set) {
    *out = v[SEQUENCE].i;
  } else if (v[STATUS].i == 1 || manifest == 0) { /* added here, or written by version 1 */
    *out = manifest;
  } else if (r->manifest->is_deletes || r->scan->deletes_n > 0) {
    return mu_fail(r->err, MU_E_INPUT, "an existing entry has no sequence number to compare");
  }
  return *out < 0 ? mu_fail(r->err, MU_E_INPUT, "a sequence number is negative") : 0;
}

static int add_checked(struct reading *r, int64_t *sum, int64_t more) {
  return __builtin_add_overflow(*sum, more, sum)
             ? mu_fail(r->err, MU_E_INPUT, "the counts of a manifest overflow")
             : 0;
}

static struct mu_path_id partition_id(struct reading *r, const struct mu_avro_value *v) {
  mu_str_clear(r->scratch);
  mu_avro_raw_canon(r->avro, PARTITION, &v[PARTITION], r->scratch);
  return mu_path_hash(mu_str_get(r->scratch), r->scratch->n);
}

static void check_inside(struct reading *r, const struct mu_avro_value *v) {
  const struct mu_iceberg_options *options = &r->scan->options;
  const char *path = (const char *)v[PATH].p;
  for (size_t i = 0; i < options->inside_n; i++) {
    if (mu_path_inside(path, v[PATH].n, options->inside[i])) {
      return;
    }
  }
  struct mu_notes *notes = &r->part->outside;
  if (options->inside_n > 0) {
    bool keep = notes->n < MU_ICEBERG_MAX_NOTES;
    mu_notes_add(notes, r->part->arena, keep ? mu_arena_strn(r->part->arena, path, v[PATH].n) : "");
  }
}

static void add_to_list(struct reading *r, const struct mu_avro_value *v,
                        enum mu_iceberg_file_kind kind) {
  struct mu_iceberg_part *part = r->part;
  part->list =
      mu_arena_grow(part->arena, part->list, part->list_n, &part->list_cap, sizeof *part->list);
  part->list[part->list_n++] = (struct mu_iceberg_file){
      .path = mu_arena_strn(part->arena, (const char *)v[PATH].p, v[PATH].n),
      .size = v[SIZE].i,
      .rows = v[RECORDS].i,
      .kind = kind,
      .is_parquet = is_text(&v[FORMAT], "parquet"),
      .is_orc = is_text(&v[FORMAT], "orc"),
      .is_avro = is_text(&v[FORMAT], "avro"),
  };
}

static void add_seen(struct mu_iceberg_part *part, struct mu_path_id id) {
  if (part->seen_n == part->seen_cap) {
    part->seen_cap = part->seen_cap ? part->seen_cap * 2 : FIRST_SEEN;
    struct mu_path_id *more = realloc(part->seen, part->seen_cap * sizeof *more);
    if (!more) {
      MU_BUG("out of memory");
    }
    part->seen = more;
  }
  part->seen[part->seen_n++] = id;
}

static int count_partition(struct reading *r, const struct mu_avro_value *v, struct mu_path_id id) {
  bool is_new = false;
  struct mu_iceberg_partition *partition =
      mu_partition_get(&r->part->partitions, r->part->arena, id, r->spec_id, &is_new);
  if (!partition) {
    return mu_fail(r->err, MU_E_LIMIT, "too many partitions to count each");
  }
  if (is_new) {
    MU_STR(text, 1024);
    mu_avro_raw_text(r->avro, PARTITION, &v[PARTITION], &text);
    partition->text = mu_str_copy(&text, r->part->arena);
  }
  partition->files++;
  return add_checked(r, &partition->rows, v[RECORDS].i);
}

/* What deletes may do to the file, where the snapshot has any. */
static void apply_deletes(struct reading *r, const struct mu_avro_value *v, int64_t sequence,
                          struct mu_path_id path, struct mu_path_id partition,
                          struct mu_delete_effect *effect) {
  const struct mu_delete_row file = {.kind = MU_ICEBERG_DATA,
                                     .sequence = sequence,
                                     .records = v[RECORDS].i,
                                     .spec_id = r->spec_id,
                                     .partition = partition,
                                     .scope = path};
  mu_iceberg_index_apply(&r->scan->index, &file, (const char *)v[PATH].p, v[PATH].n, r->part,
                         effect);
}

static int add_data(struct reading *r, const struct mu_avro_value *v, int64_t sequence) {
  struct mu_iceberg_part *part = r->part;
  struct mu_path_id path = path_id(v[PATH].p, v[PATH].n), partition = {0};
  struct mu_delete_effect effect = {0};
  int64_t records = v[RECORDS].i;
  if (r->needs_partition) {
    partition = partition_id(r, v);
  }
  if (r->scan->deletes_n > 0) {
    apply_deletes(r, v, sequence, path, partition, &effect);
  }
  int64_t kept = records > effect.vector ? records - effect.vector : 0;
  part->equality_files += effect.equality ? 1 : 0;
  add_seen(part, path);
  if (r->scan->options.list_files) {
    add_to_list(r, v, MU_ICEBERG_DATA);
  }
  if (r->scan->options.partitions && count_partition(r, v, partition) != 0) {
    return -1;
  }
  part->live.files++;
  if (add_checked(r, &part->live.rows, records) != 0 ||
      add_checked(r, &part->live.bytes, v[SIZE].i) != 0) {
    return -1;
  }
  part->hi += kept - effect.at_least;
  part->lo += effect.equality ? 0 : kept - effect.at_most;
  return 0;
}

static bool bound(struct reading *r, enum slot slot, const struct mu_avro_value *v, int64_t field,
                  const unsigned char **p, size_t *n) {
  return mu_avro_raw_get(r->avro, slot, &v[slot], field, p, n);
}

/* A path that ends like a data file. Bounds may be cut short by a writer, and then name none. */
static bool names_a_file(const unsigned char *p, size_t n) {
  static const char *const ends[] = {".parquet", ".orc", ".avro"};
  for (size_t i = 0; i < MU_LEN(ends); i++) {
    size_t end = strlen(ends[i]);
    if (n > end && memcmp(p + n - end, ends[i], end) == 0) {
      return true;
    }
  }
  return false;
}

static int64_t little_endian(const unsigned char *p) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) {
    value = value << 8 | p[i];
  }
  return (int64_t)value;
}

/* The one file that a position delete file is about: written out, or seen from equal bounds of its
 * path column. */
static void scope_by_bounds(struct reading *r, const struct mu_avro_value *v,
                            struct mu_delete_row *row) {
  const unsigned char *low = NULL, *high = NULL;
  size_t low_n = 0, high_n = 0;
  if (bound(r, LOWER, v, FIELD_FILE_PATH, &low, &low_n) &&
      bound(r, UPPER, v, FIELD_FILE_PATH, &high, &high_n)) {
    bool one = low_n == high_n && memcmp(low, high, low_n) == 0;
    if (one && !row->is_scoped && names_a_file(low, low_n)) {
      row->is_scoped = true;
      row->scope = path_id(low, low_n);
    }
    if (!one) { /* equal ones that name no file were cut short: they bound nothing */
      row->lower = mu_arena_strn(r->part->arena, (const char *)low, low_n);
      row->upper = mu_arena_strn(r->part->arena, (const char *)high, high_n);
      row->lower_n = low_n;
      row->upper_n = high_n;
    }
  }
  row->last = INT64_MAX; /* sorts behind those that say */
  if (bound(r, LOWER, v, FIELD_POS, &low, &low_n) &&
      bound(r, UPPER, v, FIELD_POS, &high, &high_n) && low_n == 8 && high_n == 8 &&
      little_endian(low) >= 0 && little_endian(high) >= little_endian(low)) {
    row->has_positions = true;
    row->first = little_endian(low);
    row->last = little_endian(high);
  }
}

static int add_delete(struct reading *r, const struct mu_avro_value *v, int64_t sequence) {
  struct mu_iceberg_part *part = r->part;
  bool is_vector = v[CONTENT].i == 1 && is_text(&v[FORMAT], "puffin");
  struct mu_delete_row row = {
      .kind = v[CONTENT].i == 2 ? MU_ICEBERG_EQUALITY_DELETES
              : is_vector       ? MU_ICEBERG_VECTOR
                                : MU_ICEBERG_POSITION_DELETES,
      .sequence = sequence,
      .records = v[RECORDS].i,
      .spec_id = r->spec_id,
      .is_flat = r->is_flat,
      .is_dangling = true,
      .partition = partition_id(r, v),
  };
  if (is_vector && (!v[REFERENCED].is_set || !v[OFFSET].is_set || !v[LENGTH].is_set ||
                    v[OFFSET].i < 0 || v[LENGTH].i < 0)) {
    return mu_fail(r->err, MU_E_INPUT,
                   "a deletion vector does not say where it is, or of which file");
  }
  if (row.kind != MU_ICEBERG_EQUALITY_DELETES && v[REFERENCED].is_set) {
    row.is_scoped = true;
    row.scope = path_id(v[REFERENCED].p, v[REFERENCED].n);
    row.offset = v[OFFSET].i;
    row.length = v[LENGTH].i;
  }
  if (row.kind == MU_ICEBERG_POSITION_DELETES) {
    scope_by_bounds(r, v, &row);
  }
  part->deletes =
      mu_arena_grow(part->arena, part->deletes, part->deletes_n, &part->deletes_cap, sizeof row);
  part->deletes[part->deletes_n++] = row;
  add_to_list(r, v, row.kind);
  add_seen(part, path_id(v[PATH].p, v[PATH].n));
  return 0;
}

static int read_entry(struct reading *r, const struct mu_avro_value *v) {
  static const size_t order[] = {MU_ICEBERG_EXISTING, MU_ICEBERG_ADDED, MU_ICEBERG_DELETED};
  int64_t sequence = 0;
  if (check(r, v) != 0) {
    return -1;
  }
  size_t status = order[v[STATUS].i];
  r->part->files[status]++;
  if (add_checked(r, &r->part->rows[status], v[RECORDS].i) != 0) {
    return -1;
  }
  if (status == MU_ICEBERG_DELETED) {
    return 0; /* gone: for information only */
  }
  if (inherit_sequence(r, v, &sequence) != 0) {
    return -1;
  }
  check_inside(r, v);
  return r->manifest->is_deletes ? add_delete(r, v, sequence) : add_data(r, v, sequence);
}

static void contradict(struct reading *r, const char *what, int64_t listed, int64_t found) {
  struct mu_iceberg_part *part = r->part;
  mu_notes_add(&part->contradictions, part->arena,
               mu_arena_fmt(part->arena,
                            "%s: the manifest list says %lld %s, the manifest has %lld",
                            r->manifest->path, (long long)listed, what, (long long)found));
}

/* What the manifest list promised of this manifest. Some writers are careless with the counts of
 * files; where all counts of rows hold, those of files alone do not put the rows in doubt. */
static void cross_check(struct reading *r, size_t bytes) {
  static const char *const files[] = {"files added", "files existing", "files deleted"};
  static const char *const rows[] = {"rows added", "rows existing", "rows deleted"};
  const struct mu_iceberg_manifest *m = r->manifest;
  bool rows_hold = true;
  for (size_t i = 0; i < MU_ICEBERG_STATUSES; i++) {
    rows_hold = rows_hold && m->rows[i] == r->part->rows[i];
    if (m->rows[i] >= 0 && m->rows[i] != r->part->rows[i]) {
      contradict(r, rows[i], m->rows[i], r->part->rows[i]);
    }
  }
  for (size_t i = 0; i < MU_ICEBERG_STATUSES; i++) {
    if (m->files[i] >= 0 && m->files[i] != r->part->files[i]) {
      contradict(r, files[i], m->files[i], r->part->files[i]);
      r->part->careless += rows_hold ? 1 : 0;
    }
  }
  if (m->length >= 0 && (uint64_t)m->length != bytes) {
    contradict(r, "bytes", m->length, (int64_t)bytes);
  }
}

static int check_header(struct reading *r) {
  int64_t version = mu_avro_meta_int(r->avro, "format-version", 1);
  int64_t spec = mu_avro_meta_int(r->avro, "partition-spec-id", r->manifest->spec_id);
  size_t n = 0;
  const char *content = mu_avro_meta(r->avro, "content", &n);
  bool is_deletes = content && n == 7 && memcmp(content, "deletes", n) == 0;
  if (version > MU_ICEBERG_MAX_VERSION) {
    return mu_fail(r->err, MU_E_UNSUPPORTED, "manifest of format version %lld", (long long)version);
  }
  if (content && is_deletes != r->manifest->is_deletes) {
    return mu_fail(r->err, MU_E_INPUT,
                   "manifest and manifest list disagree whether it holds deletes");
  }
  r->spec_id = r->manifest->spec_id >= 0 ? r->manifest->spec_id : spec;
  if (spec != r->spec_id) {
    contradict(r, "as its partition spec", r->spec_id, spec);
  }
  for (size_t i = 0; i < r->scan->meta->flat_specs_n; i++) {
    r->is_flat = r->is_flat || r->scan->meta->flat_specs[i] == r->spec_id;
  }
  return 0;
}

static int read_manifest(struct reading *r, struct mu_avro *avro) {
  struct mu_avro_value values[SLOTS] = {0};
  if (check_header(r) != 0) {
    return -1;
  }
  for (;;) {
    int more = mu_avro_next(avro, values, r->err);
    if (more <= 0) {
      return more;
    }
    if (read_entry(r, values) != 0) {
      return -1;
    }
  }
}

int mu_iceberg_read(const struct mu_iceberg_scan *scan, size_t i, const void *bytes, size_t n,
                    struct mu_iceberg_part **out, struct mu_err *err) {
  MU_ASSERT(i < scan->n && (i < scan->deletes_n || scan->is_indexed));
  const struct mu_iceberg_manifest *manifest = scan->order[i];
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  if (mu_avro_open(bytes, n, wants, manifest->is_deletes ? SLOTS : DATA_SLOTS, &avro, err) != 0) {
    return mu_wrap(err, "manifest %.200s", manifest->path);
  }
  struct mu_arena *arena = mu_arena_new();
  struct mu_iceberg_part *part = mu_arena_alloc(arena, sizeof *part);
  part->arena = arena;
  part->index = i;
  part->reach = mu_arena_array(arena, scan->index.by_group_n, sizeof *part->reach);
  MU_STR(scratch, 1024 * 1024);
  struct reading r = {.scan = scan,
                      .manifest = manifest,
                      .avro = avro,
                      .part = part,
                      .scratch = &scratch,
                      .needs_partition = scan->deletes_n > 0 || scan->options.partitions,
                      .err = err};
  if (read_manifest(&r, avro) != 0) {
    mu_iceberg_part_free(part);
    return mu_wrap(err, "manifest %.200s", manifest->path);
  }
  cross_check(&r, n);
  *out = part;
  return 0;
}

void mu_iceberg_part_free(struct mu_iceberg_part *part) {
  if (part) {
    free(part->seen);
    mu_arena_free(part->arena);
  }
}
