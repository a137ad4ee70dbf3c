/* SPDX-License-Identifier: Apache-2.0 */
/* Avro's primitive encodings, inline, because a manifest is a million of them: each function takes
 * the place where a value begins and gives the place behind it, or NULL where the bytes before
 * `end` are no such value. Private to the Avro reader. */
#ifndef MU_LAKE_AVRO_CURSOR_H
#define MU_LAKE_AVRO_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
  MU_AVRO_MAX_VARINT = 10,
  MU_AVRO_SHORT_PAIR = 2 + 63, /* bytes */
  MU_AVRO_LITTLE_ENDIAN = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
};

static inline const unsigned char *mu_avro_at_long(const unsigned char *p, const unsigned char *end,
                                                   int64_t *out) {
  if (p < end && *p < 0x80) { /* most are one byte */
    uint64_t one = *p;
    *out = (int64_t)(one >> 1) ^ -(int64_t)(one & 1);
    return p + 1;
  }
  uint64_t value = 0;
  for (unsigned i = 0; i < MU_AVRO_MAX_VARINT && p < end; i++) {
    uint64_t byte = *p++;
    if (i == MU_AVRO_MAX_VARINT - 1 && byte > 1) {
      return NULL;
    }
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
      return p;
    }
  }
  return NULL;
}

/* A length and so many bytes. */
static inline const unsigned char *mu_avro_at_bytes(const unsigned char *p,
                                                    const unsigned char *end,
                                                    const unsigned char **bytes, size_t *n) {
  int64_t size = 0;
  p = mu_avro_at_long(p, end, &size);
  if (!p || size < 0 || (uint64_t)size > (uint64_t)(end - p)) {
    return NULL;
  }
  *bytes = p;
  *n = (size_t)size;
  return p + size;
}

/* n varints: counts the bytes without a continuation bit, a word at a time. */
static inline const unsigned char *mu_avro_at_varints(const unsigned char *p,
                                                      const unsigned char *end, uint64_t n) {
  const uint64_t tops = 0x8080808080808080u, ones = 0x0101010101010101u;
  while (n > 0 && end - p >= 8) {
    uint64_t word = 0;
    memcpy(&word, p, sizeof word);
    /* One bit a byte, summed up in the top byte: not every machine has an instruction for it. */
    uint64_t ends = ~word & tops, found = ((ends >> 7) * ones) >> 56;
    if (found >= n && MU_AVRO_LITTLE_ENDIAN) { /* the n-th end is the last byte */
      for (; n > 1; n--) {
        ends &= ends - 1;
      }
      return p + __builtin_ctzll(ends) / 8 + 1;
    }
    if (found >= n) {
      break;
    }
    /* The word may end inside a varint: its end is in the next one, and counts there. */
    n -= found;
    p += 8;
  }
  while (n > 0) {
    if (p == end) {
      return NULL;
    }
    n -= *p++ < 0x80 ? 1 : 0;
  }
  return p;
}

/* n pairs of a varint and bytes: the bounds of Iceberg's columns. Most have a key and a length of
 * one byte each, hence at most 63 bytes behind them. Long and int are told apart by branches, which
 * a processor foresees, column by column, while it would have to wait for a length to add. */
static inline const unsigned char *mu_avro_at_pairs(const unsigned char *p,
                                                    const unsigned char *end, uint64_t n) {
  for (; n > 0 && p; n--) {
    if (end - p > MU_AVRO_SHORT_PAIR && p[0] < 0x80 && p[1] < 0x80 && p[1] % 2 == 0) {
      if (p[1] == 2 * sizeof(int64_t)) {
        p += 2 + sizeof(int64_t);
      } else if (p[1] == 2 * sizeof(int32_t)) {
        p += 2 + sizeof(int32_t);
      } else {
        p += 2 + p[1] / 2;
      }
      continue;
    }
    const unsigned char *bytes = NULL;
    int64_t key = 0;
    size_t size = 0;
    p = mu_avro_at_long(p, end, &key);
    p = p ? mu_avro_at_bytes(p, end, &bytes, &size) : NULL;
  }
  return p;
}

/* The count of the next run of items of an array or map; 0 ends it. Items that are not empty take a
 * byte each, at least. */
static inline const unsigned char *mu_avro_at_run(const unsigned char *p, const unsigned char *end,
                                                  bool items_are_empty, uint64_t *items) {
  int64_t n = 0, bytes = 0;
  p = mu_avro_at_long(p, end, &n);
  if (!p || n == INT64_MIN) {
    return NULL;
  }
  if (n < 0) { /* with the size of the run, which the items themselves say again */
    n = -n;
    p = mu_avro_at_long(p, end, &bytes);
    if (!p || bytes < 0 || (uint64_t)bytes > (uint64_t)(end - p)) {
      return NULL;
    }
  }
  *items = (uint64_t)n;
  return items_are_empty || *items <= (uint64_t)(end - p) ? p : NULL;
}

#endif
