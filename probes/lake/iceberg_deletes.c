/* SPDX-License-Identifier: Apache-2.0 */
/* Which deletes may reach a data file (format/spec.md, "Scan Planning"): a deletion vector or
 * position delete when it is not older than the file, an equality delete when it is younger; same
 * spec and partition, except equality deletes of a spec without partitions, which reach all. What
 * metadata cannot tell makes the bounds wider, never the count wrong. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "lake/iceberg_int.h"

/* Groups with more position deletes than this are taken as one: exact looks would cost files times
 * deletes. */
enum { MAX_GROUP = 1024 };

static int compare_u64(uint64_t a, uint64_t b) {
  return a < b ? -1 : a > b;
}
static int compare_i64(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}

static int compare_id(struct mu_path_id a, struct mu_path_id b) {
  int by_a = compare_u64(a.a, b.a);
  return by_a ? by_a : compare_u64(a.b, b.b);
}

static int by_scope(const void *x, const void *y) {
  const struct mu_delete_row *a = *(const struct mu_delete_row *const *)x;
  const struct mu_delete_row *b = *(const struct mu_delete_row *const *)y;
  int order = compare_id(a->scope, b->scope);
  return order ? order : compare_i64(a->last, b->last);
}

static int compare_group(int64_t spec, struct mu_path_id partition, const struct mu_delete_row *b) {
  int order = compare_i64(spec, b->spec_id);
  return order ? order : compare_id(partition, b->partition);
}

static int by_group(const void *x, const void *y) {
  const struct mu_delete_row *a = *(const struct mu_delete_row *const *)x;
  const struct mu_delete_row *b = *(const struct mu_delete_row *const *)y;
  return compare_group(a->spec_id, a->partition, b);
}

/* The rows that `pick` wants, sorted, as indexes. */
static size_t sorted(const struct mu_delete_index *index, struct mu_arena *arena, bool scoped,
                     int (*order)(const void *, const void *), uint32_t **out) {
  const struct mu_delete_row **rows = calloc(index->n + 1, sizeof *rows);
  size_t n = 0;
  if (!rows) {
    MU_BUG("out of memory");
  }
  for (size_t i = 0; i < index->n; i++) {
    if (index->rows[i].is_scoped == scoped) {
      rows[n++] = &index->rows[i];
    }
  }
  qsort(rows, n, sizeof *rows, order);
  *out = mu_arena_array(arena, n, sizeof **out);
  for (size_t i = 0; i < n; i++) {
    (*out)[i] = (uint32_t)(rows[i] - index->rows);
  }
  free(rows);
  return n;
}

/* A crowded group becomes its first row: the sum of the records, the newest sequence, any path. */
static void collapse(struct mu_delete_index *index, struct mu_delete_group *group) {
  struct mu_delete_row *first = &index->rows[index->by_group[group->from]];
  for (size_t i = group->from + 1; i < group->to; i++) {
    const struct mu_delete_row *row = &index->rows[index->by_group[i]];
    first->records += row->records;
    if (row->sequence > first->sequence) {
      first->sequence = row->sequence;
    }
  }
  first->lower = first->upper = NULL;
  group->to = group->from + 1;
}

/* Equality deletes only leave their newest sequence behind; what stays in by_group are position
 * deletes. */
static void build_groups(struct mu_delete_index *index, struct mu_arena *arena) {
  size_t kept = 0;
  struct mu_delete_group *group = NULL;
  index->groups = mu_arena_array(arena, index->by_group_n, sizeof *index->groups);
  for (size_t i = 0; i < index->by_group_n; i++) {
    uint32_t at = index->by_group[i];
    const struct mu_delete_row *row = &index->rows[at];
    if (!group || compare_group(group->spec_id, group->partition, row) != 0) {
      if (group) {
        group->to = kept;
      }
      group = &index->groups[index->groups_n++];
      *group = (struct mu_delete_group){.spec_id = row->spec_id,
                                        .partition = row->partition,
                                        .equality_sequence = -1,
                                        .from = kept};
    }
    if (row->kind == MU_ICEBERG_EQUALITY_DELETES) {
      if (row->sequence > group->equality_sequence) {
        group->equality_sequence = row->sequence;
      }
      if (row->is_flat && row->sequence > index->flat_equality_sequence) {
        index->flat_equality_sequence = row->sequence;
      }
    } else {
      index->by_group[kept++] = at;
    }
    group->to = kept;
  }
  index->by_group_n = kept;
  for (size_t i = 0; i < index->groups_n; i++) {
    if (index->groups[i].to - index->groups[i].from > MAX_GROUP) {
      collapse(index, &index->groups[i]);
    }
  }
}

void mu_iceberg_index_build(struct mu_delete_index *index, struct mu_arena *arena) {
  index->flat_equality_sequence = -1;
  index->by_scope_n = sorted(index, arena, true, by_scope, &index->by_scope);
  index->by_group_n = sorted(index, arena, false, by_group, &index->by_group);
  build_groups(index, arena);
}

static const struct mu_delete_group *find_group(const struct mu_delete_index *index,
                                                const struct mu_delete_row *file) {
  size_t from = 0, to = index->groups_n;
  while (from < to) {
    size_t mid = from + (to - from) / 2;
    const struct mu_delete_group *group = &index->groups[mid];
    int order = compare_group(group->spec_id, group->partition, file);
    if (order == 0) {
      return group;
    }
    if (order < 0) {
      from = mid + 1;
    } else {
      to = mid;
    }
  }
  return NULL;
}

static size_t first_of_scope(const struct mu_delete_index *index, struct mu_path_id scope) {
  size_t from = 0, to = index->by_scope_n;
  while (from < to) {
    size_t mid = from + (to - from) / 2;
    if (compare_id(index->rows[index->by_scope[mid]].scope, scope) < 0) {
      from = mid + 1;
    } else {
      to = mid;
    }
  }
  return from;
}

static void add_hit(struct mu_iceberg_part *part, uint32_t row) {
  part->hits =
      mu_arena_grow(part->arena, part->hits, part->hits_n, &part->hits_cap, sizeof *part->hits);
  part->hits[part->hits_n++] = row;
}

static bool same_partition(const struct mu_delete_row *a, const struct mu_delete_row *b) {
  return compare_group(a->spec_id, a->partition, b) == 0;
}

static int64_t most_of(const struct mu_delete_row *row) {
  uint64_t span = (uint64_t)row->last - (uint64_t)row->first;
  return row->has_positions && span < (uint64_t)row->records ? (int64_t)span + 1 : row->records;
}

static void apply_vector(const struct mu_delete_row *row, const struct mu_delete_row *file,
                         struct mu_iceberg_part *part, struct mu_delete_effect *out) {
  if (row->sequence < file->sequence || !same_partition(row, file) ||
      row->records > file->records) {
    mu_notes_add(
        &part->contradictions, part->arena,
        mu_arena_fmt(part->arena,
                     "a deletion vector of %lld rows does not fit its data file of %lld rows",
                     (long long)row->records, (long long)file->records));
  }
  out->vector += row->records;
}

/* Position deletes that name the file. A writer may name a row twice, in one delete file or in two;
 * only where their positions lie apart are they sure to be different rows. */
static void apply_positions(const struct mu_delete_index *index, size_t from, size_t to,
                            const struct mu_delete_row *file, struct mu_iceberg_part *part,
                            struct mu_delete_effect *out) {
  int64_t last = -1;
  for (size_t i = from; i < to; i++) {
    const struct mu_delete_row *row = &index->rows[index->by_scope[i]];
    if (row->kind == MU_ICEBERG_VECTOR || row->sequence < file->sequence || row->records == 0) {
      continue;
    }
    add_hit(part, index->by_scope[i]);
    int64_t most = most_of(row);
    out->at_most = most > file->records - out->at_most ? file->records : out->at_most + most;
    bool apart = row->has_positions ? row->first > last : out->at_least == 0;
    if (apart && same_partition(row, file)) {
      out->at_least++;
      last = row->has_positions ? row->last : INT64_MAX;
    }
  }
}

static bool within(const struct mu_delete_row *row, const char *path, size_t n) {
  if (!row->lower || !row->upper) {
    return true;
  }
  size_t low = n < row->lower_n ? n : row->lower_n, high = n < row->upper_n ? n : row->upper_n;
  int under = memcmp(path, row->lower, low), over = memcmp(path, row->upper, high);
  return (under > 0 || (under == 0 && n >= row->lower_n)) &&
         (over < 0 || (over == 0 && n <= row->upper_n));
}

static void apply_group(const struct mu_delete_index *index, const struct mu_delete_row *file,
                        const char *path, size_t path_n, bool has_vector,
                        struct mu_iceberg_part *part, struct mu_delete_effect *out) {
  const struct mu_delete_group *group = find_group(index, file);
  out->equality = index->flat_equality_sequence > file->sequence ||
                  (group && group->equality_sequence > file->sequence);
  if (!group || has_vector || out->equality) {
    return; /* a vector replaces position deletes; an equality delete already leaves everything open
             */
  }
  for (size_t i = group->from; i < group->to; i++) {
    const struct mu_delete_row *row = &index->rows[index->by_group[i]];
    if (row->sequence >= file->sequence && within(row, path, path_n)) {
      part->reach[i] += file->records - out->at_most;
    }
  }
}

void mu_iceberg_index_apply(const struct mu_delete_index *index, const struct mu_delete_row *file,
                            const char *path, size_t path_n, struct mu_iceberg_part *part,
                            struct mu_delete_effect *out) {
  *out = (struct mu_delete_effect){0};
  size_t from = first_of_scope(index, file->scope), to = from;
  bool has_vector = false;
  for (; to < index->by_scope_n; to++) {
    const struct mu_delete_row *row = &index->rows[index->by_scope[to]];
    if (compare_id(row->scope, file->scope) != 0) {
      break;
    }
    if (row->kind == MU_ICEBERG_VECTOR) {
      has_vector = true;
      add_hit(part, index->by_scope[to]);
      apply_vector(row, file, part, out);
    }
  }
  if (!has_vector) {
    apply_positions(index, from, to, file, part, out);
  }
  apply_group(index, file, path, path_n, has_vector, part, out);
}
