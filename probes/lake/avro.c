/* SPDX-License-Identifier: Apache-2.0 */
/* The container: a block is inflated, its rows are read once while they are hot in the cache, and
 * it is forgotten. */
#include "lake/avro.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/avro_cursor.h"
#include "lake/avro_row.h"
#include "lake/avro_schema.h"
#include "lake/codec.h"

enum { SYNC_BYTES = 16, MAX_CODEC_NAME = 32 };

struct meta {
  const unsigned char *key, *value;
  size_t key_n, value_n;
};

struct mu_avro {
  struct mu_arena *arena;
  struct mu_avro_schema schema;
  struct mu_avro_row row;
  size_t wants_n;
  const struct mu_avro_want *wants;
  struct meta meta[MU_AVRO_MAX_KEYS];
  size_t meta_n;
  struct mu_avro_cursor file; /* what is left of it */
  const unsigned char *sync;
  enum mu_codec_kind codec_kind;
  struct mu_codec codec;
  struct mu_avro_cursor block; /* what is left of the current block, inflated */
  int64_t rows;                /* left in the block */
};

/* ---- Primitive values ---- */

static size_t left(const struct mu_avro_cursor *c) {
  return (size_t)(c->end - c->p);
}

static bool moved(struct mu_avro_cursor *c, const unsigned char *p) {
  c->p = p ? p : c->p;
  return p != NULL;
}

bool mu_avro_varint(struct mu_avro_cursor *c, int64_t *out) {
  return moved(c, mu_avro_at_long(c->p, c->end, out));
}

bool mu_avro_take(struct mu_avro_cursor *c, const unsigned char **p, size_t *n) {
  return moved(c, mu_avro_at_bytes(c->p, c->end, p, n));
}

bool mu_avro_run(struct mu_avro_cursor *c, bool items_are_empty, uint64_t *items) {
  return moved(c, mu_avro_at_run(c->p, c->end, items_are_empty, items));
}

/* ---- The container ---- */

static int next_block(struct mu_avro *a, struct mu_err *err) {
  int64_t rows = 0;
  const unsigned char *p = NULL;
  size_t n = 0;
  if (!mu_avro_varint(&a->file, &rows) || rows < 0 || !mu_avro_take(&a->file, &p, &n)) {
    return mu_fail(err, MU_E_INPUT, "damaged Avro block");
  }
  if (left(&a->file) < SYNC_BYTES || memcmp(a->file.p, a->sync, SYNC_BYTES) != 0) {
    return mu_fail(err, MU_E_INPUT, "Avro block is cut short or its sync marker is wrong");
  }
  a->file.p += SYNC_BYTES;
  if (a->codec_kind == MU_CODEC_NULL) {
    a->block = (struct mu_avro_cursor){p, p + n};
  } else {
    if (mu_codec_block(&a->codec, a->codec_kind, p, n, err) != 0) {
      return -1;
    }
    a->block = (struct mu_avro_cursor){a->codec.bytes, a->codec.bytes + a->codec.n};
  }
  if ((uint64_t)rows > left(&a->block)) { /* no row is empty */
    return mu_fail(err, MU_E_INPUT, "Avro block promises more rows than it has bytes");
  }
  a->rows = rows;
  return 0;
}

int mu_avro_next(struct mu_avro *a, struct mu_avro_value *values, struct mu_err *err) {
  while (a->rows == 0) {
    if (a->block.p != a->block.end) {
      return mu_fail(err, MU_E_INPUT, "%zu bytes behind the last row of an Avro block",
                     left(&a->block));
    }
    if (a->file.p == a->file.end) {
      return 0;
    }
    if (next_block(a, err) != 0) {
      return -1;
    }
  }
  for (size_t i = 0; i < a->wants_n; i++) {
    values[i] = (struct mu_avro_value){0};
  }
  if (!mu_avro_row_read(&a->row, &a->schema, &a->block, values)) {
    return mu_fail(err, MU_E_INPUT, "a row of an Avro block does not fit its schema");
  }
  a->rows--;
  return 1;
}

static int read_meta(struct mu_avro *a, struct mu_err *err) {
  struct mu_avro_cursor *c = &a->file;
  for (;;) {
    uint64_t n = 0;
    if (!mu_avro_run(c, false, &n)) {
      return mu_fail(err, MU_E_INPUT, "damaged Avro header");
    }
    if (n == 0) {
      return 0;
    }
    for (uint64_t i = 0; i < n; i++) {
      struct meta *meta = &a->meta[a->meta_n];
      if (a->meta_n >= MU_AVRO_MAX_KEYS) {
        return mu_fail(err, MU_E_LIMIT, "Avro header has more than %d keys", (int)MU_AVRO_MAX_KEYS);
      }
      if (!mu_avro_take(c, &meta->key, &meta->key_n) ||
          !mu_avro_take(c, &meta->value, &meta->value_n) || meta->value_n > MU_AVRO_MAX_HEADER) {
        return mu_fail(err, MU_E_INPUT, "damaged Avro header");
      }
      a->meta_n++;
    }
  }
}

const char *mu_avro_meta(const struct mu_avro *a, const char *key, size_t *n) {
  for (size_t i = 0; i < a->meta_n; i++) {
    const struct meta *meta = &a->meta[i];
    if (meta->key_n == strlen(key) && memcmp(meta->key, key, meta->key_n) == 0) {
      *n = meta->value_n;
      return (const char *)meta->value;
    }
  }
  return NULL;
}

int64_t mu_avro_meta_int(const struct mu_avro *a, const char *key, int64_t otherwise) {
  size_t n = 0;
  const char *text = mu_avro_meta(a, key, &n);
  char copy[24];
  int64_t value = 0;
  if (!text || n >= sizeof copy) {
    return otherwise;
  }
  memcpy(copy, text, n);
  copy[n] = '\0';
  return mu_num_parse_i64(copy, &value) == 0 ? value : otherwise;
}

static int pick_codec(struct mu_avro *a, struct mu_err *err) {
  static const struct {
    const char *name;
    enum mu_codec_kind kind;
  } table[] = {{"null", MU_CODEC_NULL},
               {"deflate", MU_CODEC_DEFLATE},
               {"snappy", MU_CODEC_SNAPPY},
               {"zstandard", MU_CODEC_ZSTD}};
  size_t n = 0;
  const char *name = mu_avro_meta(a, "avro.codec", &n);
  if (!name) {
    return 0; /* the specification's default is null */
  }
  for (size_t i = 0; i < MU_LEN(table); i++) {
    if (strlen(table[i].name) == n && memcmp(table[i].name, name, n) == 0) {
      a->codec_kind = table[i].kind;
      return 0;
    }
  }
  MU_STR(safe, 4 * MAX_CODEC_NAME);
  mu_str_add_safe(&safe, name, n < MAX_CODEC_NAME ? n : MAX_CODEC_NAME);
  return mu_fail(err, MU_E_UNSUPPORTED, "Avro codec '%s' is not supported", mu_str_get(&safe));
}

static int open_file(struct mu_avro *a, struct mu_err *err) {
  static const unsigned char magic[] = {'O', 'b', 'j', 1};
  size_t n = 0;
  if (left(&a->file) < sizeof magic || memcmp(a->file.p, magic, sizeof magic) != 0) {
    return mu_fail(err, MU_E_INPUT, "not an Avro file");
  }
  a->file.p += sizeof magic;
  if (read_meta(a, err) != 0) {
    return -1;
  }
  if (left(&a->file) < SYNC_BYTES) {
    return mu_fail(err, MU_E_INPUT, "damaged Avro header");
  }
  a->sync = a->file.p;
  a->file.p += SYNC_BYTES;
  const char *schema = mu_avro_meta(a, "avro.schema", &n);
  if (!schema) {
    return mu_fail(err, MU_E_INPUT, "Avro header has no schema");
  }
  if (pick_codec(a, err) != 0) {
    return -1;
  }
  if (mu_avro_schema_parse(schema, n, a->wants, a->wants_n, a->arena, &a->schema, err) != 0) {
    return -1;
  }
  return mu_avro_row_compile(&a->schema, a->wants, a->arena, &a->row, err);
}

int mu_avro_open(const void *bytes, size_t n, const struct mu_avro_want *wants, size_t wants_n,
                 struct mu_avro **out, struct mu_err *err) {
  MU_ASSERT(wants_n <= MU_AVRO_MAX_WANTS);
  struct mu_arena *arena = mu_arena_new();
  struct mu_avro *a = mu_arena_alloc(arena, sizeof *a);
  const unsigned char *p = n ? bytes : (const unsigned char *)"";
  a->arena = arena;
  a->wants = wants;
  a->wants_n = wants_n;
  a->file = (struct mu_avro_cursor){p, p + n};
  if (open_file(a, err) != 0) {
    mu_avro_close(a);
    return -1;
  }
  *out = a;
  return 0;
}

void mu_avro_close(struct mu_avro *a) {
  if (a) {
    mu_codec_done(&a->codec);
    mu_arena_free(a->arena);
  }
}

void mu_avro_cleanup(struct mu_avro **a) {
  mu_avro_close(*a);
  *a = NULL;
}

bool mu_avro_has(const struct mu_avro *a, size_t slot) {
  return a->schema.has[slot];
}

const struct mu_avro_schema *mu_avro_schema_get(const struct mu_avro *a) {
  return &a->schema;
}
