/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a table by URI, in S3, in Azure Storage or in a folder, for the probes that read
 * tables: fetched and looked at many at a time, listed. A store is the caller's; URIs are borrowed
 * for the call, results live in the arena given. Its parameters are the rows of store_params.def.
 */
#ifndef MU_PROBES_STORE_H
#define MU_PROBES_STORE_H

#include "base/err.h"
#include "probe.h"

enum {
  MU_STORE_MAX_METADATA = 64 * 1024 * 1024,
  MU_STORE_MAX_MANIFEST = 256 * 1024 * 1024,
  MU_STORE_MAX_BATCH = 32,
  MU_NAMES_MAX = 32, /* offending files kept by name; all are counted */
};

/* Keys that somebody lends for what lies below a prefix: "s3://bucket/table", or a scheme alone. */
struct mu_store_key {
  const char *prefix;
  struct mu_aws *aws;        /* S3 */
  const char *account, *sas; /* Azure */
};

struct mu_store {
  const struct mu_args *args; /* map: prefixes of URIs that lie in folders */
  const struct mu_probe_ctx *ctx;
  struct mu_aws *aws;  /* made at the first S3 object */
  bool may_read_files; /* the table itself lies in a folder: else a path in untrusted metadata names
                          no local file */
  const struct mu_store_key *keys; /* borrowed; the longest prefix that fits counts, and where none
                                      does, the credentials of the run */
  size_t keys_n;
};

struct mu_store_get {
  const char *uri;
  bool head;             /* look only */
  int64_t tail;          /* > 0: only so many bytes at the end */
  int64_t first, length; /* length > 0: only so many bytes from `first` on */
  size_t max;            /* bytes */
  /* The outcome. */
  int result; /* 0, or -1 with err; MU_E_ABSENT: proven not to be there */
  struct mu_err err;
  const char *body;
  size_t n;
  bool truncated;
  int64_t size;              /* of the whole object; -1: not told */
  int64_t retain_until_ms;   /* 0: not locked, or not told */
  const char *storage_class; /* "" where there is none */
  bool delete_marker;
};

/* Trust anchors of the arguments, else of the run; may be NULL. */
const char *mu_store_ca_file(const struct mu_args *args, const struct mu_probe_ctx *ctx);

/* All at once; bodies live in `arena`. */
void mu_store_get_many(struct mu_store *store, struct mu_store_get *gets, size_t n,
                       struct mu_arena *arena);
int mu_store_get(struct mu_store *store, struct mu_store_get *get, struct mu_arena *arena,
                 struct mu_err *err);

/* Of an object that is proven not to be there: "version V of 2026-11-22 can be brought back, locked
 * until 2026-12-22"; NULL: nothing is known to be left of it. */
const char *mu_store_recoverable(struct mu_store *store, const char *uri, struct mu_arena *arena);

struct mu_store_object {
  const char *uri;
  int64_t size;
  int64_t modified_ms; /* -1: not told */
  const char *storage_class;
};
/* Everything below the prefix (a folder, with or without its slash), the object borrowed for the
 * call. -1: not complete. */
int mu_store_list(struct mu_store *store, const char *prefix,
                  void (*on_object)(void *ctx, const struct mu_store_object *object), void *ctx,
                  struct mu_err *err);

struct mu_names {
  const char *at[MU_NAMES_MAX];
  size_t n;
  int64_t total;
};

void mu_names_add(struct mu_names *names, struct mu_arena *arena, const char *name,
                  const char *why);

#endif
