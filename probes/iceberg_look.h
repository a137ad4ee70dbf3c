/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the iceberg probe share: one look at one table, and where its objects are read from. Private to them.
 * Everything is borrowed for the look and lives in the check's arena. */
#ifndef MU_PROBES_ICEBERG_LOOK_H
#define MU_PROBES_ICEBERG_LOOK_H

#include "base/err.h"
#include "lake/iceberg.h"
#include "probe.h"

enum {
  STORE_MAX_METADATA = 64 * 1024 * 1024,
  STORE_MAX_MANIFEST = 256 * 1024 * 1024,
  STORE_MAX_BATCH = 32,
  NAMES_MAX = 32, /* offending files kept by name; all are counted */
};

/* ---- Objects, in S3 or in a folder ---- */

struct store {
  const struct mu_args *args; /* map: prefixes of URIs that lie in folders */
  const struct mu_probe_ctx *ctx;
  struct mu_aws *aws; /* made at the first S3 object */
  bool may_read_files; /* the table itself lies in a folder: else a path in untrusted metadata names no local file */
};

struct store_get {
  const char *uri;
  bool head;      /* look only */
  int64_t tail;   /* > 0: only so many bytes at the end */
  size_t max;     /* bytes */
  /* The outcome. */
  int result;     /* 0, or -1 with err; MU_E_ABSENT: proven not to be there */
  struct mu_err err;
  const char *body;
  size_t n;
  bool truncated;
  int64_t size;   /* of the whole object; -1: not told */
  int64_t retain_until_ms; /* 0: not locked, or not told */
  const char *storage_class; /* "" where there is none */
  bool delete_marker;
};

/* All at once; bodies live in `arena`. */
void store_get_many(struct store *store, struct store_get *gets, size_t n, struct mu_arena *arena);
int store_get(struct store *store, struct store_get *get, struct mu_arena *arena, struct mu_err *err);

struct store_object {
  const char *uri;
  int64_t size;
  const char *storage_class;
};
/* Everything below the prefix (a folder, with or without its slash), the object borrowed for the call. -1: not complete. */
int store_list(struct store *store, const char *prefix,
               void (*on_object)(void *ctx, const struct store_object *object), void *ctx,
               struct mu_err *err);

/* ---- The look ---- */

struct names {
  const char *at[NAMES_MAX];
  size_t n;
  int64_t total;
};

struct look {
  const struct mu_args *args;
  const struct mu_probe_ctx *ctx;
  struct mu_facts *facts;
  struct store store;
  const char *metadata;  /* URI */
  const char *found_by;  /* "catalog", "version hint", "listing", "given" */
  struct mu_iceberg_meta *meta;
  const struct mu_iceberg_snapshot *snapshot; /* NULL: the table is empty */
  struct mu_iceberg_list list;
  struct mu_iceberg_scan *scan;
  struct mu_iceberg_options options;
  /* Of the objects that the snapshot needs. */
  struct names missing, wrong_size, archived;
  int64_t unknown;       /* could not be looked at */
  int64_t locked_until_ms, unlocked, checked;
};

/* Takes down how long the object is locked. */
void look_note_lock(struct look *look, const struct store_get *get);
void names_add(struct names *names, struct mu_arena *arena, const char *name, const char *why);

/* Finds the metadata file and reads it. *absent: the table is proven not to be there. *stop: what is there cannot be looked into
 * (a dangling pointer), and the facts say so. */
int look_locate(struct look *look, bool *absent, bool *stop, struct mu_err *err);
/* A path outside the standby is reported, not followed: it may be the primary's, and gone. */
bool look_is_outside(const struct look *look, const char *path);
/* Stamps of the nightly job, exposure. */
void look_source(struct look *look);
/* Is every file of the snapshot there, with its size? */
int look_files(struct look *look, const struct mu_iceberg_result *result, struct mu_err *err);
/* Footers of data files against their record counts. */
int look_footers(struct look *look, const struct mu_iceberg_result *result, struct mu_err *err);
/* Days without rows between the first and the last. */
void look_days(struct look *look, const struct mu_iceberg_result *result);

#endif
