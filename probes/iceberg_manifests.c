/* SPDX-License-Identifier: Apache-2.0 */
/* The manifests of a snapshot: fetched in batches, each read on all cores while the next one is on
 * its way, added in their order. Two batches are in memory, whatever the number of manifests. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "iceberg_look.h"
#include "iceberg_readers.h"

enum { BATCH_BYTES = 12 * 1024 * 1024 };

struct batch {
  struct mu_arena *arena;
  size_t n;
  struct mu_store_get gets[MU_STORE_MAX_BATCH];
  struct mu_reading_job jobs[MU_STORE_MAX_BATCH];
};

static void empty(struct batch *batch) {
  for (size_t i = 0; i < batch->n; i++) {
    mu_iceberg_part_free(batch->jobs[i].part);
    batch->jobs[i].part = NULL;
  }
  batch->n = 0;
  mu_arena_free(batch->arena);
  batch->arena = NULL;
}

/* How many manifests from `from` on are fetched together: bounded by their number and by what they
 * weigh. */
static size_t batch_from(const struct mu_iceberg_scan *scan, size_t from, size_t to) {
  int64_t bytes = 0;
  size_t n = 0;
  while (from + n < to && n < MU_STORE_MAX_BATCH) {
    int64_t length = mu_iceberg_scan_at(scan, from + n)->length;
    bytes += length > 0 && length < MU_STORE_MAX_MANIFEST ? length : 0;
    if (n > 0 && bytes > BATCH_BYTES) {
      break;
    }
    n++;
  }
  return n;
}

/* What came of one manifest. *stop: it is not there, or not what the list describes; whatever the
 * others hold, it is no count. */
static int check(struct mu_look *look, const struct mu_iceberg_manifest *manifest,
                 const struct mu_store_get *get, bool *stop, struct mu_err *err) {
  struct mu_arena *arena = look->ctx->arena;
  if (get->result != 0) {
    if (get->err.code == MU_E_ABSENT) {
      mu_names_add(&look->missing, arena, manifest->path, "manifest");
      *stop = true;
      return 0;
    }
    *err = get->err;
    return -1;
  }
  look->checked++;
  mu_look_note_lock(look, get);
  if (manifest->length >= 0 && get->size >= 0 && get->size != manifest->length) {
    mu_names_add(&look->wrong_size, arena, manifest->path,
                 mu_arena_fmt(arena, "manifest, %lld bytes, the list says %lld",
                              (long long)get->size, (long long)manifest->length));
    *stop = true;
  }
  return 0;
}

/* All of a batch is looked at, so that every missing one of it has its name. */
static int fetch(struct mu_look *look, size_t from, size_t to, struct batch *batch, bool *stop,
                 struct mu_err *err) {
  if (mu_mono_ms(look->ctx->clock) >= look->ctx->deadline_mono_ms ||
      mu_canceled(look->ctx->cancel)) {
    return mu_fail(err, MU_E_TIMEOUT, "the deadline passed with %zu of %zu manifests read", from,
                   to);
  }
  size_t n = batch_from(look->scan, from, to);
  memset(batch, 0, sizeof *batch);
  batch->arena = mu_arena_new();
  for (size_t i = 0; i < n; i++) {
    const struct mu_iceberg_manifest *manifest = mu_iceberg_scan_at(look->scan, from + i);
    bool sized = manifest->length >= 0 && manifest->length < MU_STORE_MAX_MANIFEST;
    batch->gets[i].uri = manifest->path;
    batch->gets[i].max = sized ? (size_t)manifest->length + 1 : MU_STORE_MAX_MANIFEST;
  }
  mu_store_get_many(&look->store, batch->gets, n, batch->arena);
  for (size_t i = 0; i < n; i++) {
    const struct mu_store_get *get = &batch->gets[i];
    if (check(look, mu_iceberg_scan_at(look->scan, from + i), get, stop, err) != 0) {
      return -1;
    }
    batch->jobs[i] = (struct mu_reading_job){.index = from + i, .bytes = get->body, .n = get->n};
  }
  batch->n = n;
  return 0;
}

static int add(struct mu_look *look, struct batch *batch, struct mu_err *err) {
  for (size_t i = 0; i < batch->n; i++) {
    struct mu_reading_job *job = &batch->jobs[i];
    struct mu_iceberg_part *part = job->part;
    if (job->rc != 0) {
      *err = job->err;
      return -1;
    }
    job->part = NULL;
    if (mu_iceberg_add(look->scan, part, err) != 0) {
      return -1;
    }
  }
  return 0;
}

/* One batch is read while the next one is fetched. */
static int pipeline(struct mu_look *look, size_t from, size_t to, struct mu_readers *readers,
                    struct batch two[2], bool *stop, struct mu_err *err) {
  struct batch *reading = &two[0], *next = &two[1];
  while (from < to || reading->n > 0) {
    if (from < to && fetch(look, from, to, next, stop, err) != 0) {
      return -1;
    }
    mu_readers_wait(readers);
    if (*stop) {
      return 0;
    }
    mu_readers_start(readers, next->jobs, next->n);
    if (add(look, reading, err) != 0) {
      return -1;
    }
    empty(reading);
    from += next->n;
    struct batch *emptied = reading;
    reading = next;
    next = emptied;
  }
  return 0;
}

static int read_some(struct mu_look *look, size_t from, size_t to, bool *stop, struct mu_err *err) {
  struct batch *two = mu_arena_array(look->ctx->arena, 2, sizeof *two);
  int64_t bytes = 0;
  for (size_t i = from; i < to; i++) {
    int64_t length = mu_iceberg_scan_at(look->scan, i)->length;
    bytes += length > 0 && length < MU_STORE_MAX_MANIFEST ? length : 0;
  }
  struct mu_readers *readers = mu_readers_new(look->scan, mu_readers_worth(to - from, bytes));
  int rc = pipeline(look, from, to, readers, two, stop, err);
  mu_readers_free(readers);
  empty(&two[0]);
  empty(&two[1]);
  return rc;
}

/* Deletes are read first: they say what the data files have lost. */
int mu_look_manifests(struct mu_look *look, bool *stop, struct mu_err *err) {
  size_t deletes = mu_iceberg_scan_deletes_n(look->scan), n = mu_iceberg_scan_n(look->scan);
  if (read_some(look, 0, deletes, stop, err) != 0) {
    return -1;
  }
  return *stop ? 0 : read_some(look, deletes, n, stop, err);
}
