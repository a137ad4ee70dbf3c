/* SPDX-License-Identifier: Apache-2.0 */
/* Footers of data files against the record counts of the manifests: what the data files themselves say. A sample is evenly spread
 * and the same each time; n good ones out of N promise that at most about 3/n of all are bad (95 %). */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "iceberg_look.h"
#include "lake/parquet.h"

enum { TAIL_BYTES = 64 * 1024, MAX_FOOTER = 16 * 1024 * 1024 };

static bool has_footer(const struct mu_look *look, const struct mu_iceberg_file *file) {
  return file->kind == MU_ICEBERG_DATA && file->is_parquet && !mu_look_is_outside(look, file->path);
}

static size_t choose(const struct mu_look *look, const struct mu_iceberg_result *result, size_t most,
                     const struct mu_iceberg_file **out) {
  size_t n = 0, taken = 0;
  for (size_t i = 0; i < result->files_n; i++) {
    if (has_footer(look, &result->files[i])) {
      out[n++] = &result->files[i];
    }
  }
  most = most < n ? most : n;
  for (size_t i = 0; i < n; i++) {
    if (i * most / n == taken && taken < most) {
      out[taken++] = out[i];
    }
  }
  return taken;
}

static int parse(struct mu_look *look, struct mu_store_get *get, struct mu_arena *arena,
                 struct mu_parquet_footer *out, struct mu_err *err) {
  if (get->result != 0) {
    *err = get->err;
    return -1;
  }
  if (mu_parquet_footer_parse(get->body, get->n, out, err) == 0) {
    return 0;
  }
  if (err->code != MU_E_LIMIT || out->footer_n > MAX_FOOTER) {
    return -1;
  }
  struct mu_store_get again = {.uri = get->uri, .tail = (int64_t)out->footer_n, .max = out->footer_n};
  if (mu_store_get(&look->store, &again, arena, err) != 0) {
    return -1;
  }
  return mu_parquet_footer_parse(again.body, again.n, out, err);
}

static void check(struct mu_look *look, const struct mu_iceberg_file *file, struct mu_store_get *get,
                  struct mu_arena *arena, struct mu_names *bad, int64_t *unread) {
  struct mu_parquet_footer footer = {0};
  struct mu_err err = {0};
  if (parse(look, get, arena, &footer, &err) != 0) {
    /* Only damage speaks against the file; the rest is not known. */
    if (err.code == MU_E_INPUT) {
      mu_names_add(bad, look->ctx->arena, file->path, err.msg);
    } else {
      ++*unread;
    }
  } else if (footer.rows != file->rows) {
    mu_names_add(bad, look->ctx->arena, file->path,
              mu_arena_fmt(arena, "%lld rows, the manifest says %lld", (long long)footer.rows,
                           (long long)file->rows));
  }
}

int mu_look_footers(struct mu_look *look, const struct mu_iceberg_result *result, struct mu_err *err) {
  int64_t most = mu_arg_int(look->args, "footers", 0), unread = 0;
  struct mu_names bad = {0};
  if (most <= 0) {
    return 0;
  }
  const struct mu_iceberg_file **files =
      mu_arena_array(look->ctx->arena, result->files_n, sizeof *files);
  size_t n = choose(look, result, (size_t)most, files);
  for (size_t from = 0; from < n; from += MU_STORE_MAX_BATCH) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    struct mu_store_get gets[MU_STORE_MAX_BATCH] = {0};
    size_t batch = n - from < MU_STORE_MAX_BATCH ? n - from : MU_STORE_MAX_BATCH;
    if (mu_mono_ms(look->ctx->clock) >= look->ctx->deadline_mono_ms || mu_canceled(look->ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "the deadline passed with %zu of %zu footers read", from, n);
    }
    for (size_t i = 0; i < batch; i++) {
      gets[i] = (struct mu_store_get){.uri = files[from + i]->path, .tail = TAIL_BYTES, .max = TAIL_BYTES};
    }
    mu_store_get_many(&look->store, gets, batch, arena);
    for (size_t i = 0; i < batch; i++) {
      check(look, files[from + i], &gets[i], arena, &bad, &unread);
    }
  }
  (void)mu_fact_int(look->facts, "iceberg.footers_read", (int64_t)n - unread, "files");
  if (bad.total > 0 || unread == 0) {
    (void)mu_fact_int(look->facts, "iceberg.footers_wrong", bad.total, "files");
  }
  if (bad.n > 0) {
    (void)mu_fact_list(look->facts, "iceberg.footers_wrong_names", bad.at, bad.n);
  }
  return 0;
}
