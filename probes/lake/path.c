/* SPDX-License-Identifier: Apache-2.0 */
#include "lake/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"

enum { FIRST_SLOTS = 1024, AHEAD = 16 };

const char *mu_path_split(const char *path, size_t *n, const char **scheme) {
  static const struct {
    const char *text, *scheme;
  } table[] = {
      {"s3://", "s3"},     {"s3a://", "s3"},     {"s3n://", "s3"},    {"file://", "file"},
      {"file:", "file"},   {"gs://", "gs"},      {"abfs://", "abfs"}, {"abfss://", "abfs"},
      {"wasb://", "wasb"}, {"wasbs://", "wasb"}, {"hdfs://", "hdfs"}, {"oss://", "oss"},
  };
  for (size_t i = 0; i < MU_LEN(table); i++) {
    size_t skip = strlen(table[i].text);
    if (*n >= skip && memcmp(path, table[i].text, skip) == 0) {
      *scheme = table[i].scheme;
      *n -= skip;
      return path + skip;
    }
  }
  *scheme = *n > 0 && path[0] == '/' ? "file" : NULL;
  return path;
}

static bool has_dot_dot(const char *path, size_t n) {
  for (size_t i = 0; i + 1 < n; i++) {
    if (path[i] == '.' && path[i + 1] == '.' && (i == 0 || path[i - 1] == '/') &&
        (i + 2 == n || path[i + 2] == '/')) {
      return true;
    }
  }
  return false;
}

bool mu_path_inside(const char *path, size_t n, const char *prefix) {
  size_t prefix_n = strlen(prefix);
  const char *scheme = NULL, *wanted = NULL;
  const char *key = mu_path_split(path, &n, &scheme);
  const char *below = mu_path_split(prefix, &prefix_n, &wanted);
  bool same = scheme && wanted ? strcmp(scheme, wanted) == 0 : scheme == wanted;
  while (prefix_n > 0 && below[prefix_n - 1] == '/') {
    prefix_n--;
  }
  return same && n > prefix_n && memcmp(key, below, prefix_n) == 0 && key[prefix_n] == '/' &&
         !has_dot_dot(key, n);
}

static uint64_t mix(uint64_t h, uint64_t word, uint64_t k) {
  h = (h ^ word) * k;
  return h ^ (h >> 29);
}

/* Two words at a time, each into two sums of its own, so that no multiplication waits for another;
 * what differs in one word only differs in two sums. */
struct mu_path_id mu_path_hash(const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  const uint64_t k1 = 0x9e3779b97f4a7c15u, k2 = 0xc2b2ae3d27d4eb4fu;
  uint64_t a = n ^ k2, b = n + k1, c = ~a, d = ~b;
  for (uint64_t word[2]; n >= sizeof word; n -= sizeof word, p += sizeof word) {
    memcpy(word, p, sizeof word);
    a = mix(a, word[0], k1);
    b = mix(b, word[0], k2);
    c = mix(c, word[1], k1);
    d = mix(d, word[1], k2);
  }
  uint64_t rest[2] = {0, 0};
  if (n > 0) {
    memcpy(rest, p, n);
  }
  a = mix(mix(a, rest[0], k1), c, k2);
  b = mix(mix(b, rest[0], k2), d, k1);
  a = mix(mix(a, rest[1], k1), b >> 32, k2);
  b = mix(mix(b, rest[1], k2), a >> 32, k1);
  return (struct mu_path_id){a ^ (a >> 32), b ^ (b >> 31)};
}

void mu_path_set_done(struct mu_path_set *set) {
  free(set->at);
  *set = (struct mu_path_set){0};
}

static bool put(struct mu_path_set *set, struct mu_path_id id) {
  size_t mask = set->cap - 1;
  for (size_t i = (size_t)id.a & mask;; i = (i + 1) & mask) {
    struct mu_path_id *at = &set->at[i];
    if (at->a == 0 && at->b == 0) {
      *at = id;
      return true;
    }
    if (at->a == id.a && at->b == id.b) {
      return false;
    }
  }
}

void mu_path_set_reserve(struct mu_path_set *set, size_t more) {
  if (set->cap > 0 && set->n + more <= set->cap / 2) {
    return;
  }
  struct mu_path_set bigger = {.cap = set->cap ? set->cap : FIRST_SLOTS, .n = set->n};
  while (set->n + more > bigger.cap / 2) {
    if (bigger.cap > SIZE_MAX / 2 / sizeof *bigger.at) {
      MU_BUG("set of %zu paths", set->n);
    }
    bigger.cap *= 2;
  }
  bigger.at = calloc(bigger.cap, sizeof *bigger.at);
  if (!bigger.at) {
    MU_BUG("out of memory");
  }
  for (size_t i = 0; i < set->cap; i++) {
    if (set->at[i].a != 0 || set->at[i].b != 0) {
      (void)put(&bigger, set->at[i]);
    }
  }
  free(set->at);
  *set = bigger;
}

static struct mu_path_id storable(struct mu_path_id id) {
  return id.a == 0 && id.b == 0 ? (struct mu_path_id){0, 1} : id;
}

bool mu_path_set_add(struct mu_path_set *set, struct mu_path_id id) {
  mu_path_set_reserve(set, 1);
  bool is_new = put(set, storable(id));
  set->n += is_new ? 1 : 0;
  return is_new;
}

size_t mu_path_set_add_all(struct mu_path_set *set, const struct mu_path_id *ids, size_t n) {
  mu_path_set_reserve(set, n);
  size_t known = 0;
  for (size_t i = 0; i < n; i++) {
    if (i + AHEAD < n) {
      __builtin_prefetch(&set->at[(size_t)ids[i + AHEAD].a & (set->cap - 1)]);
    }
    if (put(set, storable(ids[i]))) {
      set->n++;
    } else {
      known++;
    }
  }
  return known;
}
