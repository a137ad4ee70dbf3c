/* SPDX-License-Identifier: Apache-2.0 */
#include "lake/parquet.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"

/* Thrift's compact protocol, "Struct encoding". */
enum thrift {
  T_STOP,
  T_TRUE,
  T_FALSE,
  T_BYTE,
  T_I16,
  T_I32,
  T_I64,
  T_DOUBLE,
  T_BINARY,
  T_LIST,
  T_SET,
  T_MAP,
  T_STRUCT,
  T_UUID
};

enum { MAGIC_BYTES = 4, LENGTH_BYTES = 4, ENDING = MAGIC_BYTES + LENGTH_BYTES };

/* Fields of FileMetaData and of RowGroup. */
enum { FILE_ROWS = 3, FILE_GROUPS = 4, FILE_ENCRYPTION = 8, GROUP_ROWS = 3 };

struct cursor {
  const unsigned char *p, *end;
};

static bool varint(struct cursor *c, uint64_t *out) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
    uint64_t byte = *c->p++;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *out = value;
      return true;
    }
  }
  return false;
}

static bool zigzag(struct cursor *c, int64_t *out) {
  uint64_t value = 0;
  if (!varint(c, &value)) {
    return false;
  }
  *out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
  return true;
}

static bool advance(struct cursor *c, uint64_t n) {
  if (n > (uint64_t)(c->end - c->p)) {
    return false;
  }
  c->p += n;
  return true;
}

/* The next field's type and id; T_STOP ends the struct. */
static bool field(struct cursor *c, int64_t *id, int *type) {
  if (c->p >= c->end) {
    return false;
  }
  unsigned head = *c->p++;
  *type = (int)(head & 0x0f);
  if (head == 0) {
    return true;
  }
  if (head >> 4) {
    *id += (int64_t)(head >> 4);
    return true;
  }
  return zigzag(c, id) && *id >= INT16_MIN && *id <= INT16_MAX;
}

static bool list_head(struct cursor *c, uint64_t *n, int *type) {
  if (c->p >= c->end) {
    return false;
  }
  unsigned head = *c->p++;
  *type = (int)(head & 0x0f);
  *n = head >> 4;
  /* Each element takes a byte at least. */
  return (*n < 15 || varint(c, n)) && *n <= (uint64_t)(c->end - c->p);
}

static bool skip(struct cursor *c, int type, int depth);

static bool skip_elements(struct cursor *c, uint64_t n, int type, int depth) {
  for (uint64_t i = 0; i < n; i++) {
    if (type == T_TRUE || type == T_FALSE ? !advance(c, 1) : !skip(c, type, depth)) {
      return false;
    }
  }
  return true;
}

static bool skip_map(struct cursor *c, int depth) {
  uint64_t n = 0;
  if (!varint(c, &n) || n > (uint64_t)(c->end - c->p)) {
    return false;
  }
  if (n == 0) {
    return true;
  }
  int key = c->p[0] >> 4, value = c->p[0] & 0x0f;
  c->p++;
  for (uint64_t i = 0; i < n; i++) {
    if (!skip_elements(c, 1, key, depth) || !skip_elements(c, 1, value, depth)) {
      return false;
    }
  }
  return true;
}

static bool skip_struct(struct cursor *c, int depth) {
  int64_t id = 0;
  for (int type = T_STOP; field(c, &id, &type);) {
    if (type == T_STOP) {
      return true;
    }
    if (!skip(c, type, depth)) {
      return false;
    }
  }
  return false;
}

static bool skip(struct cursor *c, int type, int depth) {
  uint64_t n = 0;
  int element = 0;
  if (depth >= MU_PARQUET_MAX_DEPTH) {
    return false;
  }
  switch (type) {
  case T_TRUE:
  case T_FALSE:
    return true; /* the value is the type */
  case T_BYTE:
    return advance(c, 1);
  case T_I16:
  case T_I32:
  case T_I64:
    return varint(c, &n);
  case T_DOUBLE:
    return advance(c, 8);
  case T_BINARY:
    return varint(c, &n) && advance(c, n);
  case T_LIST:
  case T_SET:
    return list_head(c, &n, &element) && skip_elements(c, n, element, depth + 1);
  case T_MAP:
    return skip_map(c, depth + 1);
  case T_STRUCT:
    return skip_struct(c, depth + 1);
  case T_UUID:
    return advance(c, 16);
  default:
    return false;
  }
}

static bool row_group(struct cursor *c, int64_t *rows) {
  int64_t id = 0;
  bool said = false;
  for (int type = T_STOP; field(c, &id, &type);) {
    if (type == T_STOP) {
      return said && *rows >= 0;
    }
    if (id == GROUP_ROWS && type == T_I64) {
      said = zigzag(c, rows);
      if (!said) {
        return false;
      }
    } else if (!skip(c, type, 1)) {
      return false;
    }
  }
  return false;
}

struct totals {
  int64_t rows, groups, sum;
  bool said, encrypted;
};

static bool row_groups(struct cursor *c, struct totals *out) {
  uint64_t n = 0;
  int type = 0;
  if (!list_head(c, &n, &type) || (n > 0 && type != T_STRUCT) || n > MU_PARQUET_MAX_GROUPS) {
    return false;
  }
  out->groups = (int64_t)n;
  for (uint64_t i = 0; i < n; i++) {
    int64_t rows = 0;
    if (!row_group(c, &rows) || __builtin_add_overflow(out->sum, rows, &out->sum)) {
      return false;
    }
  }
  return true;
}

static bool file_metadata(struct cursor *c, struct totals *out) {
  int64_t id = 0;
  for (int type = T_STOP; field(c, &id, &type);) {
    bool ok = true;
    if (type == T_STOP) {
      return out->said && out->rows >= 0;
    }
    if (id == FILE_ROWS && type == T_I64) {
      ok = out->said = zigzag(c, &out->rows);
    } else if (id == FILE_GROUPS && type == T_LIST) {
      ok = row_groups(c, out);
    } else {
      out->encrypted = out->encrypted || id == FILE_ENCRYPTION;
      ok = skip(c, type, 0);
    }
    if (!ok) {
      return false;
    }
  }
  return false;
}

int mu_parquet_footer_parse(const void *tail, size_t n, struct mu_parquet_footer *out,
                            struct mu_err *err) {
  const unsigned char *end = (const unsigned char *)tail + n;
  if (n < ENDING) {
    return mu_fail(err, MU_E_INPUT, "%zu bytes are no Parquet file", n);
  }
  if (memcmp(end - MAGIC_BYTES, "PARE", MAGIC_BYTES) == 0) {
    return mu_fail(err, MU_E_UNSUPPORTED, "the Parquet footer is encrypted");
  }
  if (memcmp(end - MAGIC_BYTES, "PAR1", MAGIC_BYTES) != 0) {
    return mu_fail(err, MU_E_INPUT, "not a Parquet file");
  }
  const unsigned char *at = end - ENDING;
  size_t length = (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
  if (length > n - ENDING) {
    out->footer_n = length + ENDING;
    return mu_fail(err, MU_E_LIMIT, "the Parquet footer has %zu bytes, of which %zu were read",
                   length, n);
  }
  struct cursor c = {at - length, at};
  struct totals totals = {0};
  if (!file_metadata(&c, &totals) || c.p != c.end) {
    return mu_fail(err, MU_E_INPUT, "damaged Parquet footer");
  }
  if (totals.encrypted) {
    return mu_fail(err, MU_E_UNSUPPORTED, "the Parquet file is encrypted");
  }
  if (totals.sum != totals.rows) {
    return mu_fail(err, MU_E_INPUT, "the Parquet footer says %lld rows, its row groups %lld",
                   (long long)totals.rows, (long long)totals.sum);
  }
  *out = (struct mu_parquet_footer){totals.rows, totals.groups, length + ENDING};
  return 0;
}
