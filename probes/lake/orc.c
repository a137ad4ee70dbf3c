/* SPDX-License-Identifier: Apache-2.0 */
#include "lake/orc.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "lake/codec.h"

enum { CHUNK_HEADER = 3, MAX_FOOTER = 64 * 1024 * 1024 };
enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 }; /* protobuf */
enum { PS_FOOTER_LENGTH = 1, PS_COMPRESSION = 2, PS_MAGIC = 8000 };
enum { FOOTER_STRIPES = 3, FOOTER_ROWS = 6, FOOTER_ENCRYPTION = 10, STRIPE_ROWS = 5 };
enum { NONE, ZLIB, SNAPPY, LZO, LZ4, ZSTD }; /* CompressionKind */

struct cursor {
  const unsigned char *p, *end;
};

struct field {
  uint64_t id, number;
  struct cursor bytes;
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

static bool take(struct cursor *c, uint64_t n, struct cursor *out) {
  if (n > (uint64_t)(c->end - c->p)) {
    return false;
  }
  *out = (struct cursor){c->p, c->p + n};
  c->p += n;
  return true;
}

static bool next_field(struct cursor *c, struct field *out) {
  uint64_t tag = 0, n = 0;
  *out = (struct field){0};
  if (!varint(c, &tag)) {
    return false;
  }
  out->id = tag >> 3;
  switch (tag & 7) {
  case WIRE_VARINT:
    return varint(c, &out->number);
  case WIRE_64:
    return take(c, 8, &out->bytes);
  case WIRE_BYTES:
    return varint(c, &n) && take(c, n, &out->bytes);
  case WIRE_32:
    return take(c, 4, &out->bytes);
  default:
    return false;
  }
}

struct postscript {
  uint64_t footer_n, compression;
  bool has_magic;
};

static bool read_postscript(struct cursor c, struct postscript *out) {
  while (c.p < c.end) {
    struct field field;
    if (!next_field(&c, &field)) {
      return false;
    }
    out->footer_n = field.id == PS_FOOTER_LENGTH ? field.number : out->footer_n;
    out->compression = field.id == PS_COMPRESSION ? field.number : out->compression;
    out->has_magic =
        out->has_magic || (field.id == PS_MAGIC && field.bytes.end - field.bytes.p == 3 &&
                           memcmp(field.bytes.p, "ORC", 3) == 0);
  }
  return out->has_magic;
}

/* Chunks of a compressed stream, each with a header that says its length and whether it was left as
 * it is. */
static int inflate(struct cursor c, enum mu_codec_kind kind, struct mu_str *out,
                   struct mu_err *err) {
  struct mu_codec codec MU_CLEANUP(mu_codec_done) = {0};
  while (c.p < c.end) {
    struct cursor chunk;
    if (c.end - c.p < CHUNK_HEADER) {
      return mu_fail(err, MU_E_INPUT, "damaged ORC footer");
    }
    uint32_t head = (uint32_t)c.p[0] | (uint32_t)c.p[1] << 8 | (uint32_t)c.p[2] << 16;
    c.p += CHUNK_HEADER;
    if (!take(&c, head >> 1, &chunk)) {
      return mu_fail(err, MU_E_INPUT, "damaged ORC footer");
    }
    if (head & 1) {
      mu_str_addn(out, chunk.p, (size_t)(chunk.end - chunk.p));
      continue;
    }
    if (mu_codec_block(&codec, kind, chunk.p, (size_t)(chunk.end - chunk.p), err) != 0) {
      return -1;
    }
    mu_str_addn(out, codec.bytes, codec.n);
  }
  return out->failed ? mu_fail(err, MU_E_LIMIT, "an ORC footer inflates beyond the cap of %d bytes",
                               (int)MAX_FOOTER)
                     : 0;
}

static bool stripe_rows(struct cursor c, int64_t *sum) {
  while (c.p < c.end) {
    struct field field;
    if (!next_field(&c, &field) || field.number > INT64_MAX) {
      return false;
    }
    if (field.id == STRIPE_ROWS && __builtin_add_overflow(*sum, (int64_t)field.number, sum)) {
      return false;
    }
  }
  return true;
}

static int read_footer(struct cursor c, int64_t *rows, struct mu_err *err) {
  int64_t sum = 0;
  bool said = false;
  while (c.p < c.end) {
    struct field field;
    if (!next_field(&c, &field) || (field.id == FOOTER_ROWS && field.number > INT64_MAX) ||
        (field.id == FOOTER_STRIPES && !stripe_rows(field.bytes, &sum))) {
      return mu_fail(err, MU_E_INPUT, "damaged ORC footer");
    }
    if (field.id == FOOTER_ENCRYPTION) {
      return mu_fail(err, MU_E_UNSUPPORTED, "the ORC file is encrypted");
    }
    if (field.id == FOOTER_ROWS) {
      *rows = (int64_t)field.number;
      said = true;
    }
  }
  *rows = said ? *rows : 0; /* protobuf leaves a zero out */
  return sum == *rows ? 0
                      : mu_fail(err, MU_E_INPUT, "the ORC footer says %lld rows, its stripes %lld",
                                (long long)*rows, (long long)sum);
}

static int read_compressed(struct cursor footer, const struct postscript *postscript, int64_t *rows,
                           struct mu_err *err) {
  static const enum mu_codec_kind kinds[] = {
      [ZLIB] = MU_CODEC_DEFLATE, [SNAPPY] = MU_CODEC_SNAPPY_BARE, [ZSTD] = MU_CODEC_ZSTD};
  MU_STR(plain, MAX_FOOTER);
  if (postscript->compression > ZSTD || postscript->compression == LZO ||
      postscript->compression == LZ4) {
    return mu_fail(err, MU_E_UNSUPPORTED, "ORC compression %llu is not supported",
                   (unsigned long long)postscript->compression);
  }
  if (inflate(footer, kinds[postscript->compression], &plain, err) != 0) {
    return -1;
  }
  const unsigned char *p = (const unsigned char *)mu_str_get(&plain);
  return read_footer((struct cursor){p, p + plain.n}, rows, err);
}

int mu_orc_tail_parse(const void *tail, size_t n, struct mu_orc_tail *out, struct mu_err *err) {
  const unsigned char *p = tail;
  struct postscript postscript = {0};
  int64_t rows = 0;
  size_t postscript_n = n > 0 ? p[n - 1] : 0;
  if (postscript_n == 0 || postscript_n + 1 > n ||
      !read_postscript((struct cursor){p + n - 1 - postscript_n, p + n - 1}, &postscript)) {
    return mu_fail(err, MU_E_INPUT, "not an ORC file");
  }
  size_t behind = postscript_n + 1;
  if (postscript.footer_n > MAX_FOOTER) {
    return mu_fail(err, MU_E_INPUT, "an ORC footer of an impossible length");
  }
  if (postscript.footer_n > n - behind) {
    out->tail_n = (size_t)postscript.footer_n + behind;
    return mu_fail(err, MU_E_LIMIT, "the ORC footer has %zu bytes, of which %zu were read",
                   out->tail_n, n);
  }
  const unsigned char *end = p + n - behind;
  struct cursor footer = {end - postscript.footer_n, end};
  int rc = postscript.compression == NONE ? read_footer(footer, &rows, err)
                                          : read_compressed(footer, &postscript, &rows, err);
  if (rc == 0) {
    *out = (struct mu_orc_tail){rows, (size_t)postscript.footer_n + behind};
  }
  return rc;
}
