/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a Delta table (delta-io/delta PROTOCOL.md), from its JSON alone: commits, compacted
 * commits, JSON checkpoints, version checksums. Pure: the caller lists the log, asks which of its
 * files to read, and hands in their bytes in that order. What only a Parquet checkpoint knows stays
 * unknown, unless the version's checksum proves that nothing of it is missing. A table is the
 * caller's until mu_delta_free(). */
#ifndef MU_LAKE_DELTA_H
#define MU_LAKE_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_delta;
struct mu_err;

enum {
  MU_DELTA_MAX_FILES = 10000000,
  MU_DELTA_MAX_LINE = 32 * 1024 * 1024,
  MU_DELTA_MAX_READER = 3, /* reader version */
};

enum mu_delta_kind {
  MU_DELTA_OTHER,
  MU_DELTA_COMMIT,     /* 00000000000000000007.json */
  MU_DELTA_COMPACTED,  /* 00000000000000000004.00000000000000000006.compacted.json */
  MU_DELTA_CHECKPOINT, /* JSON, with a UUID */
  MU_DELTA_PARQUET,    /* a checkpoint that cannot be read here */
  MU_DELTA_CHECKSUM,   /* 00000000000000000007.crc */
};

struct mu_delta_name {
  enum mu_delta_kind kind;
  int64_t version, first; /* of a compacted file: first..version */
};
/* `name` without its folder. */
struct mu_delta_name mu_delta_name_parse(const char *name);

/* Which files of a log to read, in this order, for a version (-1: the latest). The indexes point
 * into `names`. */
struct mu_delta_plan {
  int64_t version;
  bool from_start; /* nothing before the first of them is missing */
  const size_t *at;
  size_t n;
};
/* MU_E_ABSENT: no commit, or not this version. */
MU_CHECKED int mu_delta_plan(const struct mu_delta_name *names, size_t n, int64_t version,
                             struct mu_arena *arena, struct mu_delta_plan *out, struct mu_err *err);

struct mu_delta *mu_delta_new(void);
void mu_delta_free(struct mu_delta *delta);
void mu_delta_cleanup(struct mu_delta **delta);
/* The next file of the plan. MU_E_UNSUPPORTED: catalog-managed, or a reader feature that is not
 * known. MU_E_INPUT: damaged. */
MU_CHECKED int mu_delta_read(struct mu_delta *delta, const struct mu_delta_name *name,
                             const void *bytes, size_t n, struct mu_err *err);

struct mu_delta_file {
  const char *path; /* relative to the table, or absolute; decoded */
  int64_t size;
  int64_t records; /* -1: the log does not say */
  int64_t deleted; /* by its deletion vector */
};

struct mu_delta_result {
  bool is_complete;         /* every live file is known */
  const char *why;          /* where it is not */
  int64_t files, bytes;     /* live, as far as known */
  int64_t rows;             /* after deletion vectors; of the files that say their records */
  int64_t without_records;  /* live files that do not */
  int64_t vectors, deleted; /* deletion vectors and their rows */
  int64_t timestamp_ms;     /* in-commit timestamp of the version; -1: not enabled */
  int64_t info_ms;          /* the writer's own word for it, provenance only; -1: none */
  const char *table_id;     /* NULL: not seen */
  const struct mu_delta_file *live;
};
/* Once everything of the plan was read. Borrowed from the table. MU_E_INPUT: the checksum
 * contradicts a complete log. */
MU_CHECKED int mu_delta_count(struct mu_delta *delta, const struct mu_delta_plan *plan,
                              struct mu_delta_result *out, struct mu_err *err);

#endif
