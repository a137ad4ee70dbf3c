/* SPDX-License-Identifier: Apache-2.0 */
/* What the manifests of a snapshot said, put together: the count or its bounds, and what
 * contradicts what. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/iceberg_int.h"

enum { MAX_PARTITIONS = 1000000, FIRST_SLOTS = 64, MAX_WHY = 512, MAX_RESERVE = 2000000 };

/* ---- Notes ---- */

void mu_notes_add(struct mu_notes *notes, struct mu_arena *arena, const char *text) {
  notes->total++;
  if (notes->n < MU_ICEBERG_MAX_NOTES) {
    notes->at = mu_arena_grow(arena, notes->at, notes->n, &notes->cap, sizeof *notes->at);
    notes->at[notes->n++] = text;
  }
}

void mu_notes_join(struct mu_notes *notes, struct mu_arena *arena, const struct mu_notes *more) {
  int64_t unnamed = more->total - (int64_t)more->n;
  for (size_t i = 0; i < more->n; i++) {
    bool keep = notes->n < MU_ICEBERG_MAX_NOTES;
    mu_notes_add(notes, arena, keep ? mu_arena_str(arena, more->at[i]) : "");
  }
  notes->total += unnamed;
}

void mu_iceberg_note_contradiction(struct mu_iceberg_scan *scan, const char *text) {
  mu_notes_add(&scan->contradictions, scan->arena, mu_arena_str(scan->arena, text));
}

void mu_iceberg_note_path(struct mu_iceberg_scan *scan, const char *what, const char *path) {
  const struct mu_iceberg_options *options = &scan->options;
  for (size_t i = 0; i < options->inside_n; i++) {
    if (mu_path_inside(path, strlen(path), options->inside[i])) {
      return;
    }
    /* A place may be the very prefix. */
    const char *with_slash = mu_arena_fmt(scan->arena, "%s/", path);
    if (mu_path_inside(with_slash, strlen(with_slash), options->inside[i])) {
      return;
    }
  }
  if (options->inside_n > 0) {
    mu_notes_add(&scan->outside, scan->arena, mu_arena_fmt(scan->arena, "%s (%s)", path, what));
  }
}

/* ---- Partitions ---- */

static void rehash(struct mu_partition_map *map, struct mu_arena *arena) {
  if (map->n * 2 < map->slots_n) {
    return;
  }
  size_t n = map->slots_n ? map->slots_n * 2 : FIRST_SLOTS;
  map->slots = mu_arena_array(arena, n, sizeof *map->slots);
  map->slots_n = n;
  for (size_t row = 0; row < map->n; row++) {
    size_t at = (size_t)map->rows[row].id.a & (n - 1);
    while (map->slots[at]) {
      at = (at + 1) & (n - 1);
    }
    map->slots[at] = (uint32_t)row + 1;
  }
}

struct mu_iceberg_partition *mu_partition_get(struct mu_partition_map *map, struct mu_arena *arena,
                                              struct mu_path_id id, int64_t spec_id, bool *is_new) {
  rehash(map, arena);
  size_t mask = map->slots_n - 1, at = (size_t)id.a & mask;
  for (; map->slots[at]; at = (at + 1) & mask) {
    struct mu_partition_row *row = &map->rows[map->slots[at] - 1];
    if (row->id.a == id.a && row->id.b == id.b && row->seen.spec_id == spec_id) {
      *is_new = false;
      return &row->seen;
    }
  }
  if (map->n >= MAX_PARTITIONS) {
    return NULL;
  }
  map->rows = mu_arena_grow(arena, map->rows, map->n, &map->cap, sizeof *map->rows);
  map->rows[map->n] = (struct mu_partition_row){.id = id, .seen = {.spec_id = spec_id}};
  map->slots[at] = (uint32_t)++map->n;
  *is_new = true;
  return &map->rows[map->n - 1].seen;
}

static int join_partitions(struct mu_iceberg_scan *scan, const struct mu_partition_map *more,
                           struct mu_err *err) {
  for (size_t i = 0; i < more->n; i++) {
    const struct mu_partition_row *row = &more->rows[i];
    bool is_new = false;
    struct mu_iceberg_partition *into =
        mu_partition_get(&scan->partitions, scan->arena, row->id, row->seen.spec_id, &is_new);
    if (!into) {
      return mu_fail(err, MU_E_LIMIT, "more than %d partitions", (int)MAX_PARTITIONS);
    }
    if (is_new) {
      into->text = mu_arena_str(scan->arena, row->seen.text);
    }
    into->files += row->seen.files;
    if (__builtin_add_overflow(into->rows, row->seen.rows, &into->rows)) {
      return mu_fail(err, MU_E_INPUT, "the rows of a partition overflow");
    }
  }
  return 0;
}

/* ---- The scan ---- */

static void note_places(struct mu_iceberg_scan *scan) {
  for (size_t i = 0; i < scan->meta->places_n; i++) {
    mu_iceberg_note_path(scan, scan->meta->places[i].key, scan->meta->places[i].value);
  }
  if (scan->snapshot->manifest_list) {
    mu_iceberg_note_path(scan, "manifest list", scan->snapshot->manifest_list);
  }
  for (size_t i = 0; i < scan->n; i++) {
    mu_iceberg_note_path(scan, "manifest", scan->order[i]->path);
  }
}

/* Room for the files that the list promises, so that the set need not grow; but not for as many as
 * anybody may write there. */
static void reserve_seen(struct mu_iceberg_scan *scan) {
  int64_t n = 0;
  for (size_t i = scan->deletes_n; i < scan->n && n < MAX_RESERVE; i++) {
    const int64_t *files = scan->order[i]->files;
    for (size_t status = 0; status < MU_ICEBERG_DELETED; status++) {
      n += files[status] > 0 && files[status] < MAX_RESERVE ? files[status] : 0;
    }
  }
  mu_path_set_reserve(&scan->seen, (size_t)(n < MAX_RESERVE ? n : MAX_RESERVE));
}

struct mu_iceberg_scan *mu_iceberg_scan_new(const struct mu_iceberg_meta *meta,
                                            const struct mu_iceberg_snapshot *snapshot,
                                            const struct mu_iceberg_list *list,
                                            const struct mu_iceberg_options *options) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_iceberg_scan *scan = mu_arena_alloc(arena, sizeof *scan);
  scan->arena = arena;
  scan->meta = meta;
  scan->snapshot = snapshot;
  scan->options = *options;
  scan->all_confirmed = true;
  scan->order = mu_arena_array(arena, list->n, sizeof *scan->order);
  for (int deletes = 1; deletes >= 0; deletes--) {
    for (size_t i = 0; i < list->n; i++) {
      if (list->at[i].is_deletes == (deletes == 1)) {
        scan->order[scan->n++] = &list->at[i];
      }
    }
    scan->deletes_n = deletes == 1 ? scan->n : scan->deletes_n;
  }
  scan->is_indexed = scan->deletes_n == 0;
  reserve_seen(scan);
  note_places(scan);
  return scan;
}

void mu_iceberg_scan_free(struct mu_iceberg_scan *scan) {
  if (scan) {
    mu_path_set_done(&scan->seen);
    mu_path_set_done(&scan->vector_targets);
    mu_path_set_done(&scan->vector_paths);
    mu_arena_free(scan->arena);
  }
}

void mu_iceberg_scan_cleanup(struct mu_iceberg_scan **scan) {
  mu_iceberg_scan_free(*scan);
  *scan = NULL;
}

size_t mu_iceberg_scan_n(const struct mu_iceberg_scan *scan) {
  return scan->n;
}
size_t mu_iceberg_scan_deletes_n(const struct mu_iceberg_scan *scan) {
  return scan->deletes_n;
}

const struct mu_iceberg_manifest *mu_iceberg_scan_at(const struct mu_iceberg_scan *scan, size_t i) {
  return scan->order[i];
}

/* ---- Adding ---- */

static int sum(int64_t *into, int64_t more, struct mu_err *err) {
  return __builtin_add_overflow(*into, more, into)
             ? mu_fail(err, MU_E_INPUT, "the counts of the snapshot overflow")
             : 0;
}

static void note_twice(struct mu_iceberg_scan *scan, const struct mu_iceberg_part *part,
                       const char *path) {
  mu_notes_add(&scan->contradictions, scan->arena,
               mu_arena_fmt(scan->arena, "%s is live twice (manifest %s)", path,
                            scan->order[part->index]->path));
}

static void keep_file(struct mu_iceberg_scan *scan, const struct mu_iceberg_file *file) {
  if (scan->options.list_files) {
    scan->list =
        mu_arena_grow(scan->arena, scan->list, scan->list_n, &scan->list_cap, sizeof *scan->list);
    scan->list[scan->list_n] = *file;
    scan->list[scan->list_n++].path = mu_arena_str(scan->arena, file->path);
  }
}

static void keep_vector(struct mu_iceberg_scan *scan, const char *path,
                        const struct mu_delete_row *row) {
  if (scan->options.list_files) {
    scan->vector_list = mu_arena_grow(scan->arena, scan->vector_list, scan->vector_list_n,
                                      &scan->vector_list_cap, sizeof *scan->vector_list);
    scan->vector_list[scan->vector_list_n++] = (struct mu_iceberg_vector){
        mu_arena_str(scan->arena, path), row->offset, row->length, row->records};
  }
}

/* A live data file must not have been seen before: a scan of such a snapshot is undefined. */
static void add_seen(struct mu_iceberg_scan *scan, const struct mu_iceberg_part *part) {
  if (!scan->options.list_files) {
    size_t known = mu_path_set_add_all(&scan->seen, part->seen, part->seen_n);
    if (known > 0) {
      note_twice(scan, part, mu_arena_fmt(scan->arena, "%zu of the data files", known));
    }
    return;
  }
  for (size_t i = 0; i < part->seen_n; i++) {
    keep_file(scan, &part->list[i]);
    if (!mu_path_set_add(&scan->seen, part->seen[i])) {
      note_twice(scan, part, part->list[i].path);
    }
  }
}

static int add_data(struct mu_iceberg_scan *scan, const struct mu_iceberg_part *part,
                    struct mu_err *err) {
  add_seen(scan, part);
  for (size_t i = 0; i < part->hits_n; i++) {
    scan->index.rows[part->hits[i]].is_dangling = false;
  }
  for (size_t i = 0; i < scan->index.by_group_n; i++) {
    if (sum(&scan->reach[i], part->reach[i], err) != 0) {
      return -1;
    }
  }
  scan->equality_files += part->equality_files;
  scan->data.files += part->live.files;
  if (sum(&scan->data.rows, part->live.rows, err) != 0 ||
      sum(&scan->data.bytes, part->live.bytes, err) != 0 || sum(&scan->lo, part->lo, err) != 0 ||
      sum(&scan->hi, part->hi, err) != 0) {
    return -1;
  }
  return join_partitions(scan, &part->partitions, err);
}

static struct mu_iceberg_tally *tally_of(struct mu_iceberg_scan *scan,
                                         enum mu_iceberg_file_kind kind) {
  switch (kind) {
  case MU_ICEBERG_POSITION_DELETES:
    return &scan->positions;
  case MU_ICEBERG_EQUALITY_DELETES:
    return &scan->equalities;
  case MU_ICEBERG_VECTOR:
    return &scan->vectors;
  case MU_ICEBERG_DATA:
    break;
  }
  return &scan->data;
}

static int add_delete(struct mu_iceberg_scan *scan, const struct mu_iceberg_part *part, size_t i,
                      struct mu_err *err) {
  struct mu_delete_index *index = &scan->index;
  const struct mu_delete_row *row = &part->deletes[i];
  const struct mu_iceberg_file *file = &part->list[i];
  struct mu_iceberg_tally *tally = tally_of(scan, row->kind);
  if (index->n >= MU_ICEBERG_MAX_DELETES) {
    return mu_fail(err, MU_E_LIMIT, "more than %d live deletes", (int)MU_ICEBERG_MAX_DELETES);
  }
  /* Vectors share a file, but no two may be about one data file. */
  bool is_vector = row->kind == MU_ICEBERG_VECTOR;
  bool is_new = mu_path_set_add(is_vector ? &scan->vector_paths : &scan->seen, part->seen[i]);
  if (is_vector ? !mu_path_set_add(&scan->vector_targets, row->scope) : !is_new) {
    note_twice(scan, part, is_vector ? "a deletion vector of one data file" : file->path);
  }
  index->rows = mu_arena_grow(scan->arena, index->rows, index->n, &index->cap, sizeof *index->rows);
  index->rows[index->n] = *row;
  if (row->lower) {
    index->rows[index->n].lower = mu_arena_strn(scan->arena, row->lower, row->lower_n);
    index->rows[index->n].upper = mu_arena_strn(scan->arena, row->upper, row->upper_n);
  }
  index->n++;
  tally->files++;
  if (is_new) {
    keep_file(scan, file);
  }
  if (is_vector) {
    keep_vector(scan, file->path, row);
  }
  return sum(&tally->rows, row->records, err) != 0
             ? -1
             : sum(&tally->bytes, is_new ? file->size : 0, err);
}

static int add_part(struct mu_iceberg_scan *scan, const struct mu_iceberg_part *part,
                    struct mu_err *err) {
  const struct mu_iceberg_manifest *manifest = scan->order[part->index];
  mu_notes_join(&scan->contradictions, scan->arena, &part->contradictions);
  scan->careless += part->careless;
  mu_notes_join(&scan->outside, scan->arena, &part->outside);
  for (size_t i = 0; i < MU_ICEBERG_DELETED; i++) {
    scan->all_confirmed = scan->all_confirmed && manifest->rows[i] == part->rows[i];
  }
  if (!manifest->is_deletes) {
    return add_data(scan, part, err);
  }
  for (size_t i = 0; i < part->deletes_n; i++) {
    if (add_delete(scan, part, i, err) != 0) {
      return -1;
    }
  }
  if (++scan->added_deletes == scan->deletes_n) {
    mu_iceberg_index_build(&scan->index, scan->arena);
    scan->reach = mu_arena_array(scan->arena, scan->index.by_group_n, sizeof *scan->reach);
    scan->is_indexed = true;
  }
  return 0;
}

int mu_iceberg_add(struct mu_iceberg_scan *scan, struct mu_iceberg_part *part, struct mu_err *err) {
  int rc = add_part(scan, part, err);
  scan->added += rc == 0 ? 1 : 0;
  mu_iceberg_part_free(part);
  return rc;
}

/* ---- The count ---- */

static void count_dangling(struct mu_iceberg_scan *scan) {
  for (size_t i = 0; i < scan->index.by_scope_n; i++) {
    const struct mu_delete_row *row = &scan->index.rows[scan->index.by_scope[i]];
    tally_of(scan, row->kind)->dangling += row->is_dangling ? 1 : 0;
  }
  for (size_t i = 0; i < scan->index.by_group_n; i++) {
    scan->positions.dangling += scan->reach[i] == 0 ? 1 : 0;
  }
}

static int bounds(struct mu_iceberg_scan *scan, struct mu_iceberg_result *out, struct mu_err *err) {
  int64_t lo = scan->lo;
  for (size_t i = 0; i < scan->index.by_group_n; i++) {
    int64_t records = scan->index.rows[scan->index.by_group[i]].records;
    if (sum(&lo, -(records < scan->reach[i] ? records : scan->reach[i]), err) != 0) {
      return -1;
    }
  }
  out->rows_lo = lo > 0 ? lo : 0;
  out->rows_hi = scan->hi > 0 ? scan->hi : 0;
  if (out->rows_lo > out->rows_hi) {
    return mu_fail(err, MU_E_INPUT, "the deletes of the snapshot do not fit its data files");
  }
  return 0;
}

static const char *why_open(struct mu_iceberg_scan *scan) {
  MU_STR(why, MAX_WHY);
  if (scan->positions.files > scan->positions.dangling) {
    mu_str_addf(&why, "%lld position delete files may name a row twice or a file that is gone",
                (long long)(scan->positions.files - scan->positions.dangling));
  }
  if (scan->equality_files > 0) {
    mu_str_addf(&why, "%sequality deletes reach %lld data files and may match any of their rows",
                why.n > 0 ? "; " : "", (long long)scan->equality_files);
  }
  return mu_str_copy(&why, scan->arena);
}

static void check_summary(struct mu_iceberg_scan *scan, struct mu_iceberg_result *out) {
  const char *total = mu_iceberg_summary(scan->snapshot, "total-records");
  out->total_records = -1;
  if (total && mu_num_parse_i64(total, &out->total_records) != 0) {
    out->total_records = -1;
  }
  bool says = out->total_records >= 0;
  out->summary_agrees = !says || out->total_records == scan->data.rows;
  out->is_proven = scan->all_confirmed || (says && out->summary_agrees && scan->deletes_n == 0);
}

static int by_text(const void *x, const void *y) {
  const struct mu_iceberg_partition *a = x, *b = y;
  int by_spec = (a->spec_id > b->spec_id) - (a->spec_id < b->spec_id);
  return by_spec ? by_spec : strcmp(a->text, b->text);
}

static void list_partitions(struct mu_iceberg_scan *scan, struct mu_iceberg_result *out) {
  struct mu_iceberg_partition *at = mu_arena_array(scan->arena, scan->partitions.n, sizeof *at);
  for (size_t i = 0; i < scan->partitions.n; i++) {
    at[i] = scan->partitions.rows[i].seen;
  }
  if (scan->partitions.n > 0) {
    qsort(at, scan->partitions.n, sizeof *at, by_text);
  }
  out->partitions = at;
  out->partitions_n = scan->partitions.n;
}

void mu_iceberg_outside(const struct mu_iceberg_scan *scan, struct mu_iceberg_result *out) {
  *out = (struct mu_iceberg_result){.outside = scan->outside.total,
                                    .outside_texts = scan->outside.at,
                                    .outside_texts_n = scan->outside.n};
}

int mu_iceberg_count(struct mu_iceberg_scan *scan, struct mu_iceberg_result *out,
                     struct mu_err *err) {
  MU_ASSERT(scan->added == scan->n);
  struct mu_iceberg_result result = {0};
  if (bounds(scan, &result, err) != 0) {
    return -1;
  }
  count_dangling(scan);
  check_summary(scan, &result);
  list_partitions(scan, &result);
  result.why = result.rows_lo < result.rows_hi ? why_open(scan) : NULL;
  result.data = scan->data;
  result.positions = scan->positions;
  result.equalities = scan->equalities;
  result.vectors = scan->vectors;
  result.contradictions = scan->contradictions.total;
  result.is_trusted = scan->contradictions.total == scan->careless;
  result.contradiction_texts = scan->contradictions.at;
  result.contradiction_texts_n = scan->contradictions.n;
  result.outside = scan->outside.total;
  result.outside_texts = scan->outside.at;
  result.outside_texts_n = scan->outside.n;
  result.files = scan->list;
  result.files_n = scan->list_n;
  result.vector_list = scan->vector_list;
  result.vector_list_n = scan->vector_list_n;
  *out = result;
  return 0;
}
