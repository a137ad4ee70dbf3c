/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Iceberg reader share; private to them. */
#ifndef MU_LAKE_ICEBERG_INT_H
#define MU_LAKE_ICEBERG_INT_H

#include "lake/avro.h"
#include "lake/iceberg.h"
#include "lake/path.h"

/* One live entry of a delete manifest. */
struct mu_delete_row {
  enum mu_iceberg_file_kind kind;
  int64_t sequence, records, spec_id;
  struct mu_path_id partition; /* of its values, whatever their encoding */
  bool is_flat;                /* its spec has no partitions */
  bool is_scoped;              /* it names the one data file that it is about: */
  struct mu_path_id scope;
  const char *lower, *upper; /* otherwise the paths it is about lie between these; NULL: anywhere */
  size_t lower_n, upper_n;
  bool has_positions; /* every position lies within: */
  int64_t first, last;
  int64_t offset, length; /* of a vector, in its file */
  bool is_dangling;       /* found out while data files are read: starts true */
};

/* Deletes by what they may reach. Immutable while data manifests are read. */
struct mu_delete_group {
  int64_t spec_id;
  struct mu_path_id partition;
  int64_t equality_sequence; /* the newest equality delete; -1: none */
  size_t from, to;           /* position deletes that name no single file: by_group[from..to) */
};

struct mu_delete_index {
  struct mu_delete_row *rows;
  size_t n, cap;
  uint32_t *by_scope; /* scoped rows by (scope, last position) */
  size_t by_scope_n;
  uint32_t *by_group; /* the others by (spec, partition) */
  size_t by_group_n;
  struct mu_delete_group *groups;
  size_t groups_n;
  int64_t flat_equality_sequence; /* the newest equality delete that reaches every partition; -1:
                                     none */
};

struct mu_notes {
  const char **at;
  size_t n, cap;
  int64_t total;
};

struct mu_partition_row {
  struct mu_path_id id;
  struct mu_iceberg_partition seen;
};

struct mu_partition_map {
  struct mu_partition_row *rows;
  size_t n, cap;
  uint32_t *slots; /* row + 1; power of two */
  size_t slots_n;
};

struct mu_iceberg_part {
  struct mu_arena *arena;
  size_t index; /* in the scan */
  int64_t files[MU_ICEBERG_STATUSES], rows[MU_ICEBERG_STATUSES];
  struct mu_iceberg_tally live; /* of a data manifest */
  int64_t lo, hi;               /* rows of these data files, before position deletes by group */
  struct mu_path_id *seen;      /* live files; malloc */
  size_t seen_n, seen_cap;
  struct mu_delete_row *deletes;
  size_t deletes_n, deletes_cap;
  struct mu_iceberg_file *list; /* live files, if asked for; always for deletes */
  size_t list_n, list_cap;
  int64_t *reach; /* rows that each of by_group may reach */
  uint32_t *hits; /* scoped rows that reach a file */
  size_t hits_n, hits_cap;
  int64_t equality_files; /* data files that an equality delete reaches */
  struct mu_notes contradictions, outside;
  int64_t careless; /* contradictions that leave the rows certain */
  struct mu_partition_map partitions;
};

struct mu_iceberg_scan {
  struct mu_arena *arena;
  const struct mu_iceberg_meta *meta;
  const struct mu_iceberg_snapshot *snapshot;
  struct mu_iceberg_options options;
  const struct mu_iceberg_manifest **order;
  size_t n, deletes_n, added, added_deletes;
  bool is_indexed;
  struct mu_delete_index index;
  int64_t *reach;
  int64_t lo, hi, equality_files;
  struct mu_iceberg_tally data, positions, equalities, vectors;
  struct mu_path_set seen, vector_targets, vector_paths;
  bool all_confirmed; /* every manifest's rows were promised by the list, and kept */
  struct mu_iceberg_file *list;
  struct mu_iceberg_vector *vector_list;
  size_t list_n, list_cap, vector_list_n, vector_list_cap;
  struct mu_notes contradictions, outside;
  int64_t careless; /* contradictions that leave the rows certain */
  struct mu_partition_map partitions;
};

/* What deletes may do to one data file. */
struct mu_delete_effect {
  int64_t vector;            /* rows that a deletion vector removes for certain */
  int64_t at_least, at_most; /* rows that position deletes about this very file remove */
  bool equality;             /* an equality delete reaches it: any row may be gone */
};

void mu_iceberg_index_build(struct mu_delete_index *index, struct mu_arena *arena);
/* Writes the effect, and into the part which rows of the index reached the file. */
void mu_iceberg_index_apply(const struct mu_delete_index *index, const struct mu_delete_row *file,
                            const char *path, size_t path_n, struct mu_iceberg_part *part,
                            struct mu_delete_effect *out);

void mu_notes_add(struct mu_notes *notes, struct mu_arena *arena, const char *text);
/* Takes what the part noted. */
void mu_notes_join(struct mu_notes *notes, struct mu_arena *arena, const struct mu_notes *more);

/* False: over the cap. `text` is called for a new partition only. */
struct mu_iceberg_partition *mu_partition_get(struct mu_partition_map *map, struct mu_arena *arena,
                                              struct mu_path_id id, int64_t spec_id, bool *is_new);

#endif
