/* SPDX-License-Identifier: Apache-2.0 */
/* Apache Iceberg tables (format/spec.md, versions 1 to 3), from their metadata alone: how many
 * rows, in which files, and whether the records agree with each other. Pure: the caller fetches the
 * bytes, in any order it likes and many at once.
 *
 *   metadata.json -> mu_iceberg_meta_parse -> a snapshot -> its manifest list ->
 * mu_iceberg_list_parse (or inline manifests)
 *   -> mu_iceberg_scan_new -> for each manifest its bytes -> mu_iceberg_read -> mu_iceberg_add ->
 * mu_iceberg_count
 *
 * The first `deletes_n` manifests of a scan hold deletes and are read and added before the others;
 * within each group reading is safe from several threads at once, also while one of them adds; two
 * may not add at once. Metadata and lists live in the arena given; a scan is the caller's. Errors
 * everywhere: MU_E_INPUT damaged, MU_E_LIMIT over a cap, MU_E_UNSUPPORTED encrypted, or newer than
 * version 3. */
#ifndef MU_LAKE_ICEBERG_H
#define MU_LAKE_ICEBERG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;

enum {
  MU_ICEBERG_MAX_VERSION = 3,
  MU_ICEBERG_MAX_MANIFESTS = 1000000,
  MU_ICEBERG_MAX_DELETES = 10000000, /* live delete entries */
  MU_ICEBERG_MAX_PATH = 8192,
  MU_ICEBERG_MAX_NOTES = 64, /* contradictions and offending paths kept by name; all are counted */
};

/* ---- metadata.json ---- */

struct mu_iceberg_pair {
  const char *key, *value;
};

struct mu_iceberg_snapshot {
  int64_t id, parent_id; /* parent_id -1: none */
  int64_t sequence_number, timestamp_ms;
  const char *manifest_list;    /* NULL: version 1 with inline manifests */
  const char *const *manifests; /* inline */
  size_t manifests_n;
  const struct mu_iceberg_pair *summary;
  size_t summary_n;
  bool is_encrypted;
};

struct mu_iceberg_ref {
  const char *name;
  int64_t snapshot_id;
  bool is_tag;
};

struct mu_iceberg_log_entry {
  int64_t timestamp_ms, snapshot_id;
};

struct mu_iceberg_meta {
  int version;
  const char *uuid;     /* NULL: version 1 without one */
  const char *location; /* of the table */
  int64_t last_updated_ms, schema_id;
  const struct mu_iceberg_snapshot
      *current; /* NULL: the table has no snapshot, which is exactly no rows */
  const struct mu_iceberg_snapshot *snapshots;
  const struct mu_iceberg_ref *refs;
  const struct mu_iceberg_log_entry *log; /* which snapshot became current, when */
  size_t snapshots_n, refs_n, log_n;
  /* Other places that the metadata names: write paths, statistics of the current snapshot. */
  const struct mu_iceberg_pair *places;
  size_t places_n;
  /* Partition specs without fields (or with void ones only): their equality deletes reach every
   * partition. */
  const int64_t *flat_specs;
  size_t flat_specs_n;
};

/* Plain or gzip, told by the bytes. */
MU_CHECKED int mu_iceberg_meta_parse(const void *bytes, size_t n, struct mu_arena *arena,
                                     struct mu_iceberg_meta **out, struct mu_err *err);
/* NULL or "current", a snapshot id, the name of a branch or tag, or an RFC 3339 time (the snapshot
 * that was newest then). MU_E_ABSENT: there is no such. *out NULL: current, and the table is empty.
 */
MU_CHECKED int mu_iceberg_snapshot_find(const struct mu_iceberg_meta *meta, const char *which,
                                        const struct mu_iceberg_snapshot **out, struct mu_err *err);
/* A value of the snapshot's summary, or NULL. */
const char *mu_iceberg_summary(const struct mu_iceberg_snapshot *snapshot, const char *key);

/* ---- manifest list ---- */

enum { MU_ICEBERG_ADDED, MU_ICEBERG_EXISTING, MU_ICEBERG_DELETED, MU_ICEBERG_STATUSES };

struct mu_iceberg_manifest {
  const char *path;
  int64_t length; /* -1: not known (inline manifests) */
  int64_t spec_id, sequence_number, snapshot_id;
  bool is_deletes;
  int64_t files[MU_ICEBERG_STATUSES], rows[MU_ICEBERG_STATUSES]; /* by status; -1: not said */
};

struct mu_iceberg_list {
  const struct mu_iceberg_manifest *at;
  size_t n;
};

MU_CHECKED int mu_iceberg_list_parse(const void *bytes, size_t n, struct mu_arena *arena,
                                     struct mu_iceberg_list *out, struct mu_err *err);
/* The inline manifests of a version 1 snapshot. */
void mu_iceberg_list_inline(const struct mu_iceberg_snapshot *snapshot, struct mu_arena *arena,
                            struct mu_iceberg_list *out);

/* ---- scan ---- */

enum mu_iceberg_file_kind {
  MU_ICEBERG_DATA,
  MU_ICEBERG_POSITION_DELETES,
  MU_ICEBERG_EQUALITY_DELETES,
  MU_ICEBERG_VECTOR,
};

/* A live file; each path once, however many deletion vectors share it. */
struct mu_iceberg_file {
  const char *path;
  int64_t size, rows;
  enum mu_iceberg_file_kind kind;
  bool is_parquet, is_orc, is_avro;
};

/* A live deletion vector: a blob within a Puffin file. */
struct mu_iceberg_vector {
  const char *path;
  int64_t offset, length, rows;
};

struct mu_iceberg_partition {
  const char *text;             /* "day=2026-11-20, country=DE" */
  int64_t spec_id, rows, files; /* rows before deletes */
};

struct mu_iceberg_options {
  const char *const *inside; /* prefixes that every path must lie below; none: not checked */
  size_t inside_n;
  bool list_files, partitions;
};

struct mu_iceberg_scan;
struct mu_iceberg_part; /* what one manifest said */

/* Checks the paths of the metadata, the list and the manifests. Borrows meta, snapshot, list and
 * the options' strings until it is freed. */
struct mu_iceberg_scan *mu_iceberg_scan_new(const struct mu_iceberg_meta *meta,
                                            const struct mu_iceberg_snapshot *snapshot,
                                            const struct mu_iceberg_list *list,
                                            const struct mu_iceberg_options *options);
void mu_iceberg_scan_free(struct mu_iceberg_scan *scan); /* NULL is fine */
void mu_iceberg_scan_cleanup(struct mu_iceberg_scan **scan);
size_t mu_iceberg_scan_n(const struct mu_iceberg_scan *scan);
size_t mu_iceberg_scan_deletes_n(const struct mu_iceberg_scan *scan);
/* In the order of the scan: deletes first. */
const struct mu_iceberg_manifest *mu_iceberg_scan_at(const struct mu_iceberg_scan *scan, size_t i);

/* Reads the i-th manifest. The part is the caller's until it is added. */
MU_CHECKED int mu_iceberg_read(const struct mu_iceberg_scan *scan, size_t i, const void *bytes,
                               size_t n, struct mu_iceberg_part **out, struct mu_err *err);
void mu_iceberg_part_free(struct mu_iceberg_part *part);
/* Takes the part. */
MU_CHECKED int mu_iceberg_add(struct mu_iceberg_scan *scan, struct mu_iceberg_part *part,
                              struct mu_err *err);

struct mu_iceberg_tally {
  int64_t files, rows, bytes; /* bytes: each path once */
  int64_t dangling;           /* of deletes: those that can reach no live file */
};

struct mu_iceberg_result {
  int64_t rows_lo, rows_hi; /* equal: the count is exact */
  const char *why;          /* where they are not: what leaves it open */
  struct mu_iceberg_tally data, positions, equalities, vectors;
  int64_t total_records; /* the summary's, -1: absent; a cross-check, never the answer */
  bool summary_agrees;   /* true where it says nothing */
  bool is_proven;        /* the rows were confirmed by the manifest list, or else by the summary */
  bool is_trusted;       /* no contradiction puts the rows in doubt */
  int64_t contradictions, outside; /* how many; the first of them by name: */
  const char *const *contradiction_texts, *const *outside_texts;
  size_t contradiction_texts_n, outside_texts_n;
  const struct mu_iceberg_file *files;         /* if asked for */
  const struct mu_iceberg_vector *vector_list; /* with the files */
  size_t files_n, vector_list_n;
  const struct mu_iceberg_partition *partitions; /* if asked for, by spec and text */
  size_t partitions_n;
};

/* After every manifest was added. Borrowed from the scan. */
MU_CHECKED int mu_iceberg_count(struct mu_iceberg_scan *scan, struct mu_iceberg_result *out,
                                struct mu_err *err);

/* The paths outside that are known so far, where not every manifest can be read; the rest of *out
 * is zero. */
void mu_iceberg_outside(const struct mu_iceberg_scan *scan, struct mu_iceberg_result *out);

/* Checks a path that the table itself does not name, such as the metadata file's, against `inside`.
 */
void mu_iceberg_note_path(struct mu_iceberg_scan *scan, const char *what, const char *path);
/* Notes a contradiction that the caller saw, such as an object of another length than recorded. */
void mu_iceberg_note_contradiction(struct mu_iceberg_scan *scan, const char *text);

#endif
