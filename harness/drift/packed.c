/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that hold something else: base64, gzip inside base64, YAML. Two are the same where what
 * they hold is; what cannot be unpacked on both sides is compared as it stands. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/gunzip.h"
#include "base/yaml.h"
#include "drift/engine.h"

enum {
  PACKED_MAX = 1 << 20,   /* bytes of base64; user data ends at 16 KB */
  UNPACKED_MAX = 4 << 20, /* bytes that it may inflate to */
};

struct bytes {
  unsigned char *at;
  size_t n;
};

static void free_bytes(struct bytes *bytes) {
  free(bytes->at);
}

static bool unbase(const char *text, struct bytes *out) {
  size_t n = strlen(text);
  if (n == 0 || n > PACKED_MAX) {
    return false;
  }
  unsigned char *at = malloc(MU_BASE64_ROOM(n));
  size_t made = at ? mu_base64_decode(text, n, at) : SIZE_MAX;
  if (made == SIZE_MAX) {
    free(at);
    return false;
  }
  *out = (struct bytes){.at = at, .n = made};
  return true;
}

static bool same(const struct bytes *p, const struct bytes *a) {
  return p->n == a->n && (p->n == 0 || memcmp(p->at, a->at, p->n) == 0);
}

bool mu_base64_equal(const char *p, const char *a) {
  struct bytes x MU_CLEANUP(free_bytes) = {0}, y MU_CLEANUP(free_bytes) = {0};
  return unbase(p, &x) && unbase(a, &y) && same(&x, &y);
}

/* "H4sI": the first three bytes of gzip (magic and deflate), as base64 has them. */
static bool gunzip(const char *text, struct bytes *out) {
  struct bytes packed MU_CLEANUP(free_bytes) = {0};
  struct mu_err none;
  return mu_str_starts(text, "H4sI") && unbase(text, &packed) &&
         mu_gunzip(packed.at, packed.n, UNPACKED_MAX, &out->at, &out->n, &none) == 0;
}

bool mu_gzip_equal(const char *p, const char *a) {
  struct bytes x MU_CLEANUP(free_bytes) = {0}, y MU_CLEANUP(free_bytes) = {0};
  return gunzip(p, &x) && gunzip(a, &y) && same(&x, &y);
}

/* A YAML text as a value; false where it is none, or its outermost value is no container. */
static bool yaml_value(struct mu_engine *e, const char *text, struct mu_val *out) {
  MU_STR(json, UNPACKED_MAX);
  struct mu_err none;
  return mu_yaml_json(text, strlen(text), &json, &none) == 0 &&
         mu_embedded(e, mu_str_copy(&json, e->scratch), out);
}

bool mu_yaml_equal(struct mu_engine *e, const char *p, const char *a) {
  struct mu_val x = MU_ABSENT_VAL, y = MU_ABSENT_VAL;
  return yaml_value(e, p, &x) && yaml_value(e, a, &y) && mu_val_eq(x, y);
}
