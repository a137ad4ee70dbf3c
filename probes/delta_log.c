/* SPDX-License-Identifier: Apache-2.0 */
#include "delta_log.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

enum { MAX_LOG_FILES = 1000000 };

static void on_object(void *ctx, const struct mu_store_object *object) {
  struct mu_delta_log *log = ctx;
  struct mu_arena *arena = log->store->ctx->arena;
  const char *rest = object->uri + strlen(log->location) + strlen("/_delta_log/");
  struct mu_delta_name name = mu_delta_name_parse(mu_io_basename(object->uri));
  if (name.kind == MU_DELTA_OTHER || strchr(rest, '/') || log->n >= MAX_LOG_FILES) {
    return;
  }
  log->uris = mu_arena_grow(arena, log->uris, log->n, &log->uris_cap, sizeof(*log->uris));
  log->names = mu_arena_grow(arena, log->names, log->n, &log->names_cap, sizeof *log->names);
  log->modified_ms =
      mu_arena_grow(arena, log->modified_ms, log->n, &log->modified_cap, sizeof *log->modified_ms);
  log->uris[log->n] = mu_arena_str(arena, object->uri);
  log->names[log->n] = name;
  log->modified_ms[log->n++] = object->modified_ms;
  if (name.kind == MU_DELTA_COMMIT && name.version > log->latest) {
    log->latest = name.version;
  }
}

int mu_delta_log_open(struct mu_delta_log *log, struct mu_store *store, const char *location,
                      struct mu_err *err) {
  struct mu_arena *arena = store->ctx->arena;
  size_t n = strlen(location);
  while (n > 1 && location[n - 1] == '/') {
    n--;
  }
  *log = (struct mu_delta_log){
      .store = store, .location = mu_arena_strn(arena, location, n), .latest = -1};
  return mu_store_list(store, mu_arena_fmt(arena, "%s/_delta_log", log->location), on_object, log,
                       err);
}

static int read_batch(struct mu_delta_log *log, const size_t *at, size_t n, struct mu_delta *delta,
                      struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_store_get gets[MU_STORE_MAX_BATCH] = {0};
  for (size_t i = 0; i < n; i++) {
    gets[i] = (struct mu_store_get){.uri = log->uris[at[i]], .max = MU_STORE_MAX_METADATA};
  }
  mu_store_get_many(log->store, gets, n, arena);
  for (size_t i = 0; i < n; i++) {
    if (gets[i].result != 0) {
      *err = gets[i].err;
      if (err->code == MU_E_ABSENT) { /* listed, and gone since: no word on the table itself */
        err->code = MU_E_REMOTE;
      }
      return -1;
    }
    if (gets[i].truncated) {
      return mu_fail(err, MU_E_LIMIT, "%.200s is over the cap of %d bytes", gets[i].uri,
                     (int)MU_STORE_MAX_METADATA);
    }
    if (mu_delta_read(delta, &log->names[at[i]], gets[i].body, gets[i].n, err) != 0) {
      return -1;
    }
  }
  return 0;
}

int mu_delta_log_read(struct mu_delta_log *log, int64_t version, struct mu_delta *delta,
                      struct mu_delta_plan *plan, struct mu_delta_result *result,
                      struct mu_err *err) {
  const struct mu_probe_ctx *ctx = log->store->ctx;
  if (mu_delta_plan(log->names, log->n, version, ctx->arena, plan, err) != 0) {
    return -1;
  }
  for (size_t from = 0; from < plan->n; from += MU_STORE_MAX_BATCH) {
    size_t n = plan->n - from < MU_STORE_MAX_BATCH ? plan->n - from : MU_STORE_MAX_BATCH;
    if (mu_mono_ms(ctx->clock) >= ctx->deadline_mono_ms || mu_canceled(ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "the deadline passed while the log was read");
    }
    if (read_batch(log, plan->at + from, n, delta, err) != 0) {
      return -1;
    }
  }
  return mu_delta_count(delta, plan, result, err);
}

int64_t mu_delta_log_time(const struct mu_delta_log *log, int64_t version) {
  for (size_t i = 0; i < log->n; i++) {
    if (log->names[i].kind == MU_DELTA_COMMIT && log->names[i].version == version) {
      return log->modified_ms[i];
    }
  }
  return -1;
}
