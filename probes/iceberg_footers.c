/* SPDX-License-Identifier: Apache-2.0 */
/* What the files themselves say, against the manifests: rows in the footers of Parquet and ORC
 * files and in the blocks of Avro files, the positions in deletion vectors. A sample is evenly
 * spread and the same each time; n good ones out of many promise that at most about 3/n of all are
 * bad (95 %). */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "iceberg_look.h"
#include "lake/avro.h"
#include "lake/orc.h"
#include "lake/parquet.h"
#include "lake/puffin.h"

enum { TAIL_BYTES = 64 * 1024, MAX_BYTES = 16 * 1024 * 1024 };

/* One thing to read: a data file, or a deletion vector. */
struct sample {
  const struct mu_iceberg_file *file; /* NULL: a vector */
  const struct mu_iceberg_vector *vector;
};

struct outcome {
  struct mu_names bad;
  int64_t unread;
};

static bool can_be_read(const struct mu_look *look, const struct mu_iceberg_file *file) {
  bool known = file->is_parquet || file->is_orc || (file->is_avro && file->size <= MAX_BYTES);
  return file->kind == MU_ICEBERG_DATA && known && !mu_look_is_outside(look, file->path);
}

static size_t choose(const struct mu_look *look, const struct mu_iceberg_result *result,
                     size_t most, struct sample *out) {
  size_t n = 0, taken = 0;
  for (size_t i = 0; i < result->files_n; i++) {
    if (can_be_read(look, &result->files[i])) {
      out[n++] = (struct sample){.file = &result->files[i]};
    }
  }
  for (size_t i = 0; i < result->vector_list_n; i++) {
    if (!mu_look_is_outside(look, result->vector_list[i].path)) {
      out[n++] = (struct sample){.vector = &result->vector_list[i]};
    }
  }
  most = most < n ? most : n;
  for (size_t i = 0; i < n; i++) {
    if (taken < most && i * most / n >= taken) {
      out[taken++] = out[i];
    }
  }
  return taken;
}

static struct mu_store_get request(const struct sample *sample) {
  const struct mu_iceberg_vector *vector = sample->vector;
  if (vector) {
    return (struct mu_store_get){
        .uri = vector->path, .first = vector->offset, .length = vector->length, .max = MAX_BYTES};
  }
  bool whole = sample->file->is_avro; /* has no footer */
  return (struct mu_store_get){.uri = sample->file->path,
                               .tail = whole ? 0 : TAIL_BYTES,
                               .max = whole ? MAX_BYTES : TAIL_BYTES};
}

static int avro_rows(const struct mu_store_get *get, int64_t *rows, struct mu_err *err) {
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  int more = 0;
  if (mu_avro_open(get->body, get->n, NULL, 0, &avro, err) != 0) {
    return -1;
  }
  for (*rows = 0; (more = mu_avro_next(avro, NULL, err)) == 1;) {
    ++*rows;
  }
  return more;
}

/* -1 with MU_E_LIMIT: *need bytes at the end are needed. */
static int rows_of(const struct sample *sample, const struct mu_store_get *get, int64_t *rows,
                   size_t *need, struct mu_err *err) {
  struct mu_vector vector = {0};
  struct mu_orc_tail orc = {0};
  struct mu_parquet_footer parquet = {0};
  int rc = 0;
  if (sample->vector) {
    rc = mu_puffin_vector_parse(get->body, get->n, &vector, err);
    *rows = vector.cardinality;
  } else if (sample->file->is_avro) {
    rc = avro_rows(get, rows, err);
  } else if (sample->file->is_orc) {
    rc = mu_orc_tail_parse(get->body, get->n, &orc, err);
    *rows = orc.rows;
    *need = orc.tail_n;
  } else {
    rc = mu_parquet_footer_parse(get->body, get->n, &parquet, err);
    *rows = parquet.rows;
    *need = parquet.footer_n;
  }
  return rc;
}

static int read_rows(struct mu_look *look, const struct sample *sample,
                     const struct mu_store_get *get, struct mu_arena *arena, int64_t *rows,
                     struct mu_err *err) {
  size_t need = 0;
  if (get->result != 0) {
    *err = get->err;
    return -1;
  }
  if (rows_of(sample, get, rows, &need, err) == 0) {
    return 0;
  }
  if (err->code != MU_E_LIMIT || need <= get->n || need > MAX_BYTES) {
    return -1;
  }
  struct mu_store_get again = {.uri = get->uri, .tail = (int64_t)need, .max = need};
  return mu_store_get(&look->store, &again, arena, err) != 0
             ? -1
             : rows_of(sample, &again, rows, &need, err);
}

static void check(struct mu_look *look, const struct sample *sample, const struct mu_store_get *get,
                  struct mu_arena *arena, struct outcome *outcome) {
  int64_t rows = 0, listed = sample->vector ? sample->vector->rows : sample->file->rows;
  struct mu_err err = {0};
  if (read_rows(look, sample, get, arena, &rows, &err) == 0) {
    if (rows != listed) {
      mu_names_add(&outcome->bad, look->ctx->arena, get->uri,
                   mu_arena_fmt(arena, "%lld rows, the manifest says %lld", (long long)rows,
                                (long long)listed));
    }
  } else if (err.code == MU_E_INPUT) {
    mu_names_add(&outcome->bad, look->ctx->arena, get->uri, err.msg);
  } else { /* only damage speaks against a file; the rest is not known */
    outcome->unread++;
  }
}

int mu_look_footers(struct mu_look *look, const struct mu_iceberg_result *result,
                    struct mu_err *err) {
  int64_t most = mu_arg_int(look->args, "footers", 0);
  struct outcome outcome = {0};
  if (most <= 0) {
    return 0;
  }
  struct sample *samples =
      mu_arena_array(look->ctx->arena, result->files_n + result->vector_list_n, sizeof *samples);
  size_t n = choose(look, result, (size_t)most, samples);
  for (size_t from = 0; from < n; from += MU_STORE_MAX_BATCH) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    struct mu_store_get gets[MU_STORE_MAX_BATCH];
    size_t batch = n - from < MU_STORE_MAX_BATCH ? n - from : MU_STORE_MAX_BATCH;
    if (mu_mono_ms(look->ctx->clock) >= look->ctx->deadline_mono_ms ||
        mu_canceled(look->ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "the deadline passed with %zu of %zu footers read", from,
                     n);
    }
    for (size_t i = 0; i < batch; i++) {
      gets[i] = request(&samples[from + i]);
    }
    mu_store_get_many(&look->store, gets, batch, arena);
    for (size_t i = 0; i < batch; i++) {
      check(look, &samples[from + i], &gets[i], arena, &outcome);
    }
  }
  (void)mu_fact_int(look->facts, "iceberg.footers_read", (int64_t)n - outcome.unread, "files");
  if (outcome.bad.total > 0 || outcome.unread == 0) {
    (void)mu_fact_int(look->facts, "iceberg.footers_wrong", outcome.bad.total, "files");
  }
  if (outcome.bad.n > 0) {
    (void)mu_fact_list(look->facts, "iceberg.footers_wrong_names", outcome.bad.at, outcome.bad.n);
  }
  return 0;
}
