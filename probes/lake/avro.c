/* SPDX-License-Identifier: Apache-2.0 */
/* The container and the rows. A block is inflated, walked once while it is hot in the cache, and
 * forgotten. What is not wanted is skipped by the compiled schema; the statistics of Iceberg's
 * columns, nine tenths of a manifest, are runs of varints, which are skipped eight bytes at a time.
 */
#include "lake/avro.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/avro_schema.h"
#include "lake/codec.h"

enum {
  SYNC_BYTES = 16,
  MAX_VARINT = 10,
  MAX_CODEC_NAME = 32,
  IS_LITTLE_ENDIAN = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
};

struct meta {
  const unsigned char *key, *value;
  size_t key_n, value_n;
};

struct mu_avro {
  struct mu_arena *arena;
  struct mu_avro_schema schema;
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

/* The inner loops call these, which a shared object's rules would not let the compiler inline under
 * their public names. */
static inline bool varint(struct mu_avro_cursor *c, int64_t *out) {
  if (c->p < c->end && *c->p < 0x80) { /* most are one byte */
    uint64_t one = *c->p++;
    *out = (int64_t)(one >> 1) ^ -(int64_t)(one & 1);
    return true;
  }
  uint64_t value = 0;
  for (unsigned i = 0; i < MAX_VARINT && c->p < c->end; i++) {
    uint64_t byte = *c->p++;
    if (i == MAX_VARINT - 1 && byte > 1) {
      return false;
    }
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
      return true;
    }
  }
  return false;
}

static size_t left(const struct mu_avro_cursor *c) {
  return (size_t)(c->end - c->p);
}

static bool advance(struct mu_avro_cursor *c, uint64_t n) {
  if (n > left(c)) {
    return false;
  }
  c->p += n;
  return true;
}

static inline bool take(struct mu_avro_cursor *c, const unsigned char **p, size_t *n) {
  int64_t size = 0;
  if (!varint(c, &size) || size < 0 || (uint64_t)size > left(c)) {
    return false;
  }
  *p = c->p;
  *n = (size_t)size;
  c->p += size;
  return true;
}

/* n varints: counts the bytes without a continuation bit, a word at a time. */
static bool skip_varints(struct mu_avro_cursor *c, uint64_t n) {
  const uint64_t tops = 0x8080808080808080u;
  while (n > 0 && left(c) >= 8) {
    uint64_t word = 0;
    memcpy(&word, c->p, sizeof word);
    uint64_t ends = ~word & tops, found = (uint64_t)__builtin_popcountll(ends);
    if (found >= n && IS_LITTLE_ENDIAN) { /* the n-th end is the last byte */
      for (; n > 1; n--) {
        ends &= ends - 1;
      }
      c->p += __builtin_ctzll(ends) / 8 + 1;
      return true;
    }
    if (found >= n) {
      break;
    }
    /* The word may end inside a varint: its end is in the next one, and counts there. */
    n -= found;
    c->p += 8;
  }
  while (n > 0) {
    if (c->p == c->end) {
      return false;
    }
    n -= *c->p++ < 0x80 ? 1 : 0;
  }
  return true;
}

/* n pairs of a varint and bytes: the bounds of Iceberg's columns. */
static bool skip_pairs(struct mu_avro_cursor *c, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    const unsigned char *p = NULL;
    int64_t key = 0;
    size_t size = 0;
    if (!varint(c, &key) || !take(c, &p, &size)) {
      return false;
    }
  }
  return true;
}

bool mu_avro_run(struct mu_avro_cursor *c, bool items_are_empty, uint64_t *items) {
  int64_t n = 0, bytes = 0;
  if (!varint(c, &n) || n == INT64_MIN) {
    return false;
  }
  if (n < 0) { /* with the size of the run, which the items themselves say again */
    n = -n;
    if (!varint(c, &bytes) || bytes < 0 || (uint64_t)bytes > left(c)) {
      return false;
    }
  }
  *items = (uint64_t)n;
  return items_are_empty || *items <= left(c);
}

/* ---- Skipping ---- */

static bool skip(const struct mu_avro_schema *s, uint32_t index, struct mu_avro_cursor *c);

static bool skip_items(const struct mu_avro_schema *s, const struct mu_avro_node *node,
                       struct mu_avro_cursor *c) {
  uint32_t item = s->fields[node->first].node;
  const struct mu_avro_node *below = &s->nodes[item];
  bool is_map = node->kind == MU_AVRO_MAP;
  for (;;) {
    uint64_t n = 0;
    if (!mu_avro_run(c, below->is_empty && !is_map, &n)) {
      return false;
    }
    if (n == 0) {
      return true;
    }
    if (!is_map && below->is_empty) {
      continue;
    }
    if (!is_map && below->varints > 0) {
      if (!skip_varints(c, n * below->varints)) {
        return false;
      }
      continue;
    }
    if (!is_map && below->is_pair) {
      if (!skip_pairs(c, n)) {
        return false;
      }
      continue;
    }
    for (uint64_t i = 0; i < n; i++) {
      const unsigned char *key = NULL;
      size_t key_n = 0;
      if ((is_map && !take(c, &key, &key_n)) || !skip(s, item, c)) {
        return false;
      }
    }
  }
}

static bool pick_branch(const struct mu_avro_schema *s, const struct mu_avro_node *node,
                        struct mu_avro_cursor *c, uint32_t *branch) {
  int64_t i = 0;
  if (!varint(c, &i) || i < 0 || i >= (int64_t)node->n) {
    return false;
  }
  *branch = s->fields[node->first + (uint32_t)i].node;
  return true;
}

static bool skip(const struct mu_avro_schema *s, uint32_t index, struct mu_avro_cursor *c) {
  const struct mu_avro_node *node = &s->nodes[index];
  const unsigned char *p = NULL;
  int64_t i = 0;
  size_t n = 0;
  uint32_t branch = 0;
  if (node->is_empty) { /* however many types it is made of */
    return true;
  }
  switch (node->kind) {
  case MU_AVRO_NULL:
    return true;
  case MU_AVRO_BOOL:
    return c->p < c->end && *c->p++ <= 1;
  case MU_AVRO_INT:
    return varint(c, &i) && i >= INT32_MIN && i <= INT32_MAX;
  case MU_AVRO_LONG:
    return varint(c, &i);
  case MU_AVRO_FLOAT:
    return advance(c, 4);
  case MU_AVRO_DOUBLE:
    return advance(c, 8);
  case MU_AVRO_BYTES:
    return take(c, &p, &n);
  case MU_AVRO_FIXED:
    return advance(c, node->size);
  case MU_AVRO_ENUM:
    return varint(c, &i) && i >= 0 && i < (int64_t)node->size;
  case MU_AVRO_ARRAY:
  case MU_AVRO_MAP:
    return skip_items(s, node, c);
  case MU_AVRO_UNION:
    return pick_branch(s, node, c, &branch) && skip(s, branch, c);
  case MU_AVRO_RECORD:
    for (uint32_t k = 0; k < node->n; k++) {
      if (!skip(s, s->fields[node->first + k].node, c)) {
        return false;
      }
    }
    return true;
  }
  return false;
}

bool mu_avro_varint(struct mu_avro_cursor *c, int64_t *out) {
  return varint(c, out);
}

bool mu_avro_take(struct mu_avro_cursor *c, const unsigned char **p, size_t *n) {
  return take(c, p, n);
}

bool mu_avro_skip(const struct mu_avro_schema *schema, uint32_t node, struct mu_avro_cursor *c) {
  return skip(schema, node, c);
}

/* ---- Rows ---- */

static bool capture(const struct mu_avro *a, const struct mu_avro_field *field,
                    struct mu_avro_cursor *c, struct mu_avro_value *value) {
  const struct mu_avro_schema *s = &a->schema;
  uint32_t index = field->node;
  if (s->nodes[index].kind == MU_AVRO_UNION && !pick_branch(s, &s->nodes[index], c, &index)) {
    return false;
  }
  const struct mu_avro_node *node = &s->nodes[index];
  if (node->kind == MU_AVRO_NULL) {
    return true; /* stays unset */
  }
  value->is_set = true;
  switch (a->wants[field->slot].as) {
  case MU_AVRO_AS_LONG:
    return varint(c, &value->i) &&
           (node->kind == MU_AVRO_LONG || (value->i >= INT32_MIN && value->i <= INT32_MAX));
  case MU_AVRO_AS_BYTES:
    if (node->kind == MU_AVRO_FIXED) {
      value->p = c->p;
      value->n = node->size;
      return advance(c, node->size);
    }
    return take(c, &value->p, &value->n);
  case MU_AVRO_AS_RAW:
    value->p = c->p;
    if (!skip(s, index, c)) {
      return false;
    }
    value->n = (size_t)(c->p - value->p);
    return true;
  }
  return false;
}

/* A record that holds wanted fields; as deep as the schema. */
static bool read_record(const struct mu_avro *a, uint32_t index, struct mu_avro_cursor *c,
                        struct mu_avro_value *values) {
  const struct mu_avro_schema *s = &a->schema;
  if (s->nodes[index].kind == MU_AVRO_UNION && !pick_branch(s, &s->nodes[index], c, &index)) {
    return false;
  }
  const struct mu_avro_node *node = &s->nodes[index];
  if (node->kind != MU_AVRO_RECORD) {
    return skip(s, index, c);
  }
  for (uint32_t k = 0; k < node->n; k++) {
    const struct mu_avro_field *field = &s->fields[node->first + k];
    bool ok = field->slot >= 0                 ? capture(a, field, c, &values[field->slot])
              : s->nodes[field->node].has_slot ? read_record(a, field->node, c, values)
                                               : skip(s, field->node, c);
    if (!ok) {
      return false;
    }
  }
  return true;
}

/* ---- The container ---- */

static int next_block(struct mu_avro *a, struct mu_err *err) {
  int64_t rows = 0;
  const unsigned char *p = NULL;
  size_t n = 0;
  if (!varint(&a->file, &rows) || rows < 0 || !take(&a->file, &p, &n)) {
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
  if (!read_record(a, a->schema.root, &a->block, values)) {
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
      if (!take(c, &meta->key, &meta->key_n) || !take(c, &meta->value, &meta->value_n) ||
          meta->value_n > MU_AVRO_MAX_HEADER) {
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
  return mu_avro_schema_parse(schema, n, a->wants, a->wants_n, a->arena, &a->schema, err);
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
