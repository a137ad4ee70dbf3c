/* SPDX-License-Identifier: Apache-2.0 */
/* S3 objects: read, looked at and listed, many at a time. Keys are raw bytes, never encoded. Names
 * are borrowed for the call, results live in the arena. Errors as in wire/aws.h: a 403 is
 * MU_E_DENIED, never "absent". */
#ifndef MU_WIRE_S3_H
#define MU_WIRE_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct mu_arena;
struct mu_aws;
struct mu_http;

/* "s3://bucket/key", also s3a:// and s3n:// as Hadoop writes them; the bucket may be the ARN of an
 * access point. -1 (nothing written): not such a URI. */
int mu_s3_split(const char *uri, struct mu_arena *arena, const char **bucket, const char **key);

struct mu_s3_get {
  const char *bucket, *key;
  const char *version_id; /* NULL: the current one */
  const char *owner;      /* expected account of the bucket, 12 digits; NULL: any */
  bool head;              /* look only */
  /* bytes first..last; last < 0: to the end; first < 0: the last -first bytes. Both 0: everything.
   */
  int64_t first, last;
  size_t max_body; /* 0: 16 MiB */

  /* The outcome. */
  int result; /* 0 or -1 with err */
  struct mu_err err;
  const char *body;
  size_t body_n;
  bool truncated;                                      /* cut at max_body */
  int64_t size;                                        /* of the whole object; -1: not told */
  const char *etag, *found_version_id, *storage_class; /* "" where not told */
  const char *last_modified;                           /* HTTP date */
  const char *lock_mode, *retain_until;                /* "GOVERNANCE", RFC 3339 */
  const char *legal_hold, *replication_status;
  bool delete_marker; /* with MU_E_ABSENT: deleted here, older versions may exist */
};
/* All of them in parallel; look at each one's result. deadline_mono_ms 0: none. */
void mu_s3_get_many(struct mu_aws *aws, struct mu_http *http, struct mu_s3_get *gets, size_t n,
                    int64_t deadline_mono_ms, struct mu_arena *arena);
/* One. Its err is copied to *err. */
MU_CHECKED int mu_s3_get(struct mu_aws *aws, struct mu_http *http, struct mu_s3_get *get,
                         struct mu_arena *arena, struct mu_err *err);

/* What is left of an object that was deleted by name in a bucket that keeps versions. */
struct mu_s3_version {
  const char *id, *last_modified;
  const char *lock_mode, *retain_until; /* "" where it is not locked, or that may not be seen */
};
/* The newest version that holds bytes. MU_E_ABSENT: there is none. */
MU_CHECKED int mu_s3_last_version(struct mu_aws *aws, struct mu_http *http,
                                  const struct mu_s3_get *deleted, int64_t deadline_mono_ms,
                                  struct mu_arena *arena, struct mu_s3_version *out,
                                  struct mu_err *err);

struct mu_s3_object {
  const char *key, *last_modified, *etag, *storage_class;
  int64_t size;
};
struct mu_s3_below {
  const char *bucket, *prefix;
  const char *owner;        /* as of struct mu_s3_get */
  int64_t deadline_mono_ms; /* 0: none */
};
/* Every object below the prefix, in key order; the object is borrowed for the call. Non-zero from
 * on_object ends it early, with success. -1: the listing is not complete. */
MU_CHECKED int mu_s3_list(struct mu_aws *aws, struct mu_http *http, const struct mu_s3_below *below,
                          int (*on_object)(void *ctx, const struct mu_s3_object *object), void *ctx,
                          struct mu_err *err);

MU_CHECKED int mu_s3_put(struct mu_aws *aws, struct mu_http *http, const char *bucket,
                         const char *key, const void *body, size_t n, const char *content_type,
                         struct mu_arena *arena, struct mu_err *err);

#endif
