/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that read manifests, one for each core, while the caller fetches the next ones. They
 * share nothing but the jobs of one batch, each of which one thread takes. Private to the iceberg
 * probe. */
#ifndef MU_PROBES_ICEBERG_READERS_H
#define MU_PROBES_ICEBERG_READERS_H

#include <stddef.h>

#include "base/err.h"
#include "lake/iceberg.h"

struct mu_readers;

struct mu_reading_job {
  size_t index; /* in the scan */
  const void *bytes;
  size_t n;
  /* The outcome. */
  int rc;
  struct mu_err err;
  struct mu_iceberg_part *part; /* of whoever takes it out; what is left is freed */
};

/* Borrows the scan. threads 0: the caller reads for itself. */
struct mu_readers *mu_readers_new(const struct mu_iceberg_scan *scan, size_t threads);
/* What nobody has begun is left undone. NULL is fine. */
void mu_readers_free(struct mu_readers *readers);
void mu_readers_cleanup(struct mu_readers **readers);
/* As many as are worth it for so many manifests of so many bytes. */
size_t mu_readers_worth(size_t manifests, int64_t bytes);

/* Starts on a batch; the jobs and their bytes are borrowed until mu_readers_wait(). One batch at a
 * time. */
void mu_readers_start(struct mu_readers *readers, struct mu_reading_job *jobs, size_t n);
void mu_readers_wait(struct mu_readers *readers);

#endif
