/* SPDX-License-Identifier: Apache-2.0 */
#include "lake/puffin.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"

enum {
  LENGTH_BYTES = 4,
  CRC_BYTES = 4,
  MAGIC_BYTES = 4,
  BITMAP_BYTES = 8192, /* of a container with more than MAX_ARRAY values */
  MAX_ARRAY = 4096,
  NO_OFFSETS_BELOW = 4, /* containers, in a bitmap that has runs */
  COOKIE_RUNS = 12347,
  COOKIE_PLAIN = 12346,
  MAX_CONTAINERS = 65536,
};

struct cursor {
  const unsigned char *p, *end;
};

static size_t left(const struct cursor *c) {
  return (size_t)(c->end - c->p);
}

static bool advance(struct cursor *c, size_t n) {
  if (n > left(c)) {
    return false;
  }
  c->p += n;
  return true;
}

static uint32_t big32(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t little16(const unsigned char *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static bool little32(struct cursor *c, uint32_t *out) {
  if (left(c) < 4) {
    return false;
  }
  *out = little16(c->p) | little16(c->p + 2) << 16;
  c->p += 4;
  return true;
}

struct container {
  uint32_t key, cardinality;
  bool is_run;
};

/* The values of a run container are what its runs hold; *last the greatest of them. */
static bool run_container(struct cursor *c, const struct container *container, uint32_t *last) {
  uint32_t held = 0, next = 0;
  if (left(c) < 2) {
    return false;
  }
  uint32_t runs = little16(c->p);
  c->p += 2;
  for (uint32_t i = 0; i < runs; i++) {
    if (left(c) < 4) {
      return false;
    }
    uint32_t start = little16(c->p), more = little16(c->p + 2);
    if ((i > 0 && start < next) || start + more > UINT16_MAX) {
      return false;
    }
    held += more + 1;
    next = start + more + 1;
    *last = start + more;
    c->p += 4;
  }
  return held == container->cardinality;
}

static bool array_container(struct cursor *c, const struct container *container, uint32_t *last) {
  for (uint32_t i = 0; i < container->cardinality; i++) {
    if (left(c) < 2 || (i > 0 && little16(c->p) <= *last)) {
      return false;
    }
    *last = little16(c->p);
    c->p += 2;
  }
  return true;
}

static bool bitmap_container(struct cursor *c, const struct container *container, uint32_t *last) {
  uint32_t held = 0;
  if (left(c) < BITMAP_BYTES) {
    return false;
  }
  for (uint32_t i = 0; i < BITMAP_BYTES; i++) {
    held += (uint32_t)__builtin_popcount(c->p[i]);
    if (c->p[i]) {
      *last = i * 8 + 31 - (uint32_t)__builtin_clz(c->p[i]);
    }
  }
  c->p += BITMAP_BYTES;
  return held == container->cardinality;
}

/* How many containers follow, and which of them are runs (a bit each; NULL: none). */
static bool bitmap_head(struct cursor *c, uint32_t *n, const unsigned char **runs) {
  uint32_t cookie = 0;
  *runs = NULL;
  if (!little32(c, &cookie)) {
    return false;
  }
  if ((cookie & 0xffff) == COOKIE_RUNS) {
    *n = (cookie >> 16) + 1;
    *runs = c->p;
    return advance(c, (*n + 7) / 8);
  }
  return cookie == COOKIE_PLAIN && little32(c, n) && *n <= MAX_CONTAINERS;
}

/* One 32-bit bitmap: the positions whose high half is `high`. */
static bool bitmap(struct cursor *c, uint32_t high, struct mu_vector *out) {
  uint32_t n = 0;
  const unsigned char *runs = NULL;
  if (!bitmap_head(c, &n, &runs)) {
    return false;
  }
  const unsigned char *heads = c->p;
  bool has_offsets = !runs || n >= NO_OFFSETS_BELOW;
  if (!advance(c, (size_t)n * 4) || (has_offsets && !advance(c, (size_t)n * 4))) {
    return false;
  }
  for (uint32_t i = 0; i < n; i++) {
    struct container container = {.key = little16(heads + (size_t)4 * i),
                                  .cardinality = little16(heads + (size_t)4 * i + 2) + 1,
                                  .is_run = runs && (runs[i / 8] >> (i % 8) & 1)};
    uint32_t last = 0;
    if (i > 0 && container.key <= little16(heads + (size_t)4 * (i - 1))) {
      return false;
    }
    if (container.is_run                    ? !run_container(c, &container, &last)
        : container.cardinality > MAX_ARRAY ? !bitmap_container(c, &container, &last)
                                            : !array_container(c, &container, &last)) {
      return false;
    }
    out->cardinality += container.cardinality;
    out->last = (int64_t)((uint64_t)high << 32 | (uint64_t)container.key << 16 | last);
  }
  return true;
}

static bool bitmaps(struct cursor *c, struct mu_vector *out) {
  uint32_t n = 0, zero = 0, before = 0;
  if (!little32(c, &n) || !little32(c, &zero) || zero != 0) {
    return false;
  }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t high = 0;
    if (!little32(c, &high) || (i > 0 && high <= before) || high > INT32_MAX ||
        !bitmap(c, high, out)) {
      return false;
    }
    before = high;
  }
  return c->p == c->end;
}

int mu_puffin_vector_parse(const void *blob, size_t n, struct mu_vector *out, struct mu_err *err) {
  static const unsigned char magic[MAGIC_BYTES] = {0xd1, 0xd3, 0x39, 0x64};
  const unsigned char *p = blob;
  struct mu_vector found = {.last = -1};
  if (n < LENGTH_BYTES + MAGIC_BYTES + CRC_BYTES || big32(p) != n - LENGTH_BYTES - CRC_BYTES ||
      memcmp(p + LENGTH_BYTES, magic, MAGIC_BYTES) != 0) {
    return mu_fail(err, MU_E_INPUT, "not a deletion vector");
  }
  const unsigned char *body = p + LENGTH_BYTES, *end = p + n - CRC_BYTES;
  if (libdeflate_crc32(0, body, (size_t)(end - body)) != big32(end)) {
    return mu_fail(err, MU_E_INPUT, "the checksum of a deletion vector does not match");
  }
  struct cursor c = {body + MAGIC_BYTES, end};
  if (!bitmaps(&c, &found)) {
    return mu_fail(err, MU_E_INPUT, "damaged deletion vector");
  }
  *out = found;
  return 0;
}
