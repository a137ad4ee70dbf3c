/* SPDX-License-Identifier: Apache-2.0 */
/* Values by handle. Recursion is bounded by MU_JSONIN_DEPTH, since a tape cannot be deeper. */
#include "drift/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

size_t mu_val_count(struct mu_val v) {
  size_t n = 0;
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
    n++;
  }
  return n;
}

size_t mu_val_leaves(struct mu_val v) {
  return v.tape && mu_val_node(v)->leaves ? mu_val_node(v)->leaves : 1;
}

static bool key_is(struct mu_val key, const char *text, size_t len) {
  size_t n = 0;
  const char *raw = mu_val_raw(key, &n);
  if (!key.tape->escapes) {
    return n == len && memcmp(raw, text, n) == 0;
  }
  return mu_jsonin_str_cmp(raw, n, text, len) ==
         0; /* no name that is asked for holds a backslash */
}

bool mu_val_key_is(struct mu_val key, const char *text) {
  return key_is(key, text, strlen(text));
}

struct mu_val mu_val_get(struct mu_val object, const char *key) {
  if (!mu_val_is(object, MU_JOBJECT)) {
    return MU_ABSENT_VAL;
  }
  const struct mu_jtape *tape = object.tape;
  size_t n = strlen(key);
  for (uint32_t i = object.i + 1, end = mu_val_node(object)->next; i < end;
       i = tape->at[i + 1].next) {
    if (key_is((struct mu_val){.tape = tape, .i = i}, key, n)) {
      return (struct mu_val){.tape = tape, .i = i + 1};
    }
  }
  return MU_ABSENT_VAL;
}

int mu_val_str_order(struct mu_val a, struct mu_val b) {
  size_t a_n = 0, b_n = 0;
  const char *x = mu_val_raw(a, &a_n), *y = mu_val_raw(b, &b_n);
  if (a.tape->escapes || b.tape->escapes) {
    return mu_jsonin_str_cmp(x, a_n, y, b_n);
  }
  int order = memcmp(x, y, a_n < b_n ? a_n : b_n);
  return order ? order : (a_n > b_n) - (a_n < b_n);
}

struct mu_val mu_val_get_key(struct mu_val object, struct mu_val key) {
  if (mu_val_is(object, MU_JOBJECT)) {
    for (struct mu_iter it = mu_iter(object); mu_iter_next(&it);) {
      if (mu_val_str_cmp(it.key, key) == 0) {
        return it.value;
      }
    }
  }
  return MU_ABSENT_VAL;
}

struct mu_val mu_val_at(struct mu_val array, size_t i) {
  if (mu_val_is(array, MU_JARRAY)) {
    for (struct mu_iter it = mu_iter(array); mu_iter_next(&it);) {
      if (i-- == 0) {
        return it.value;
      }
    }
  }
  return MU_ABSENT_VAL;
}

bool mu_val_is_str(struct mu_val v, const char *text) {
  if (!mu_val_is(v, MU_JSTR)) {
    return false;
  }
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  size_t len = strlen(text);
  return !memchr(raw, '\\', n) ? n == len && memcmp(raw, text, n) == 0 : false;
}

const char *mu_val_str(struct mu_val v, struct mu_arena *arena) {
  if (!mu_val_is(v, MU_JSTR) && !mu_val_is(v, MU_JKEY)) {
    return NULL;
  }
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  char *text = mu_jsonin_copy(raw, n, arena);
  return text ? text : mu_arena_strn(arena, raw, n); /* a bad escape: as it stands */
}

bool mu_val_empty(struct mu_val v) {
  if (mu_val_null(v)) {
    return true;
  }
  const struct mu_jnode *node = mu_val_node(v);
  return (node->kind == MU_JSTR && node->n == 0) ||
         ((node->kind == MU_JARRAY || node->kind == MU_JOBJECT) && node->next == v.i + 1);
}

bool mu_val_zero(struct mu_val v) {
  if (mu_val_empty(v)) {
    return true;
  }
  const struct mu_jnode *node = mu_val_node(v);
  for (uint32_t i = v.i; i < node->next; i++) {
    const struct mu_jnode *at = &v.tape->at[i];
    bool zero = at->kind == MU_JNULL || at->kind == MU_JFALSE || at->kind == MU_JARRAY ||
                at->kind == MU_JOBJECT || at->kind == MU_JKEY ||
                (at->kind == MU_JSTR && at->n == 0) ||
                (at->kind == MU_JNUM && mu_jsonin_num_eq(v.tape->text + at->at, at->n, "0", 1));
    if (!zero) {
      return false;
    }
  }
  return true;
}

static bool object_eq(struct mu_val a, struct mu_val b) {
  struct mu_iter x = mu_iter(a), y = mu_iter(b);
  size_t n = 0;
  while (mu_iter_next(&x)) {
    n++;
    /* Terraform writes keys sorted: mostly the other side stands at the same key. */
    bool in_step = mu_iter_next(&y) && mu_val_str_cmp(x.key, y.key) == 0;
    struct mu_val other = in_step ? y.value : mu_val_get_key(b, x.key);
    if (!other.tape || !mu_val_eq(x.value, other)) {
      return false;
    }
  }
  return n == mu_val_count(b);
}

bool mu_val_eq(struct mu_val a, struct mu_val b) {
  if (!a.tape || !b.tape) {
    return a.tape == b.tape;
  }
  const struct mu_jnode *x = mu_val_node(a), *y = mu_val_node(b);
  if (x->kind != y->kind) {
    return false;
  }
  const char *p = a.tape->text + x->at, *q = b.tape->text + y->at;
  if (x->n == y->n && memcmp(p, q, x->n) == 0) {
    return true;
  }
  switch (x->kind) {
  case MU_JNUM:
    return mu_jsonin_num_eq(p, x->n, q, y->n);
  case MU_JSTR:
  case MU_JKEY:
    return mu_jsonin_str_cmp(p, x->n, q, y->n) == 0;
  case MU_JOBJECT:
    return object_eq(a, b);
  case MU_JARRAY: {
    struct mu_iter i = mu_iter(a), j = mu_iter(b);
    for (;;) {
      bool more = mu_iter_next(&i), more_too = mu_iter_next(&j);
      if (!more || !more_too) {
        return more == more_too;
      }
      if (!mu_val_eq(i.value, j.value)) {
        return false;
      }
    }
  }
  default:
    return true; /* null, true, false */
  }
}

/* FNV-1a over words, finished with a multiply-xorshift: not for strangers' keys in a table that
 * must not degrade, but every table here is probed with the full comparison behind it, and bounded.
 */
uint64_t mu_hash_bytes(uint64_t seed, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  uint64_t h = seed ^ UINT64_C(0xcbf29ce484222325) ^ (n * UINT64_C(0x9e3779b97f4a7c15));
  while (n >= 8) {
    uint64_t word = 0;
    memcpy(&word, p, 8);
    h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
    h ^= h >> 32;
    p += 8;
    n -= 8;
  }
  while (n-- > 0) {
    h = (h ^ *p++) * UINT64_C(0x100000001b3);
  }
  h ^= h >> 29;
  h *= UINT64_C(0xbf58476d1ce4e5b9);
  return h ^ h >> 32;
}

static uint64_t string_hash(struct mu_val v) {
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  uint64_t h = 0x51;
  if (!memchr(raw, '\\', n)) {
    return mu_hash_bytes(h, raw, n);
  }
  char *text = malloc(n + 1);
  if (!text) {
    MU_BUG("out of memory (%zu bytes)", n + 1);
  }
  size_t used = mu_jsonin_decode(raw, n, text);
  h = used == SIZE_MAX ? mu_hash_bytes(h, raw, n) : mu_hash_bytes(h, text, used);
  free(text);
  return h;
}

uint64_t mu_val_hash(struct mu_val v) {
  if (!v.tape) {
    return 0;
  }
  const struct mu_jnode *node = mu_val_node(v);
  uint64_t h = node->kind * UINT64_C(0x9e3779b97f4a7c15);
  switch (node->kind) {
  case MU_JSTR:
  case MU_JKEY:
    return string_hash(v);
  case MU_JOBJECT:
    for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
      uint64_t pair[2] = {string_hash(it.key), mu_val_hash(it.value)};
      h += mu_hash_bytes(0x4f, pair, sizeof pair); /* whatever the order */
    }
    return h;
  case MU_JARRAY:
    for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
      uint64_t pair[2] = {h, mu_val_hash(it.value)};
      h = mu_hash_bytes(0x41, pair, sizeof pair);
    }
    return h;
  default:
    return h; /* numbers have many spellings: all in one bucket */
  }
}

/* ---- Canonical JSON ---- */

static int by_key(const void *a, const void *b) {
  const struct mu_iter *x = a, *y = b;
  return mu_val_str_cmp(x->key, y->key);
}

static void write_string(struct mu_val v, struct mu_str *out) {
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  if (!memchr(raw, '\\', n)) {
    mu_str_addc(out, '"');
    mu_str_addn(out, raw, n);
    mu_str_addc(out, '"');
    return;
  }
  char *text = malloc(n + 1);
  if (!text) {
    MU_BUG("out of memory (%zu bytes)", n + 1);
  }
  size_t used = mu_jsonin_decode(raw, n, text);
  mu_str_add_json(out, used == SIZE_MAX ? raw : text, used == SIZE_MAX ? n : used);
  free(text);
}

static void write_object(struct mu_val v, struct mu_str *out) {
  size_t n = mu_val_count(v), i = 0;
  struct mu_iter *members = calloc(n ? n : 1, sizeof *members);
  if (!members) {
    MU_BUG("out of memory (%zu members)", n);
  }
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
    members[i++] = it;
  }
  qsort(members, n, sizeof *members, by_key);
  mu_str_addc(out, '{');
  for (i = 0; i < n && !out->failed; i++) {
    if (i) {
      mu_str_addc(out, ',');
    }
    write_string(members[i].key, out);
    mu_str_addc(out, ':');
    mu_val_write(members[i].value, out);
  }
  mu_str_addc(out, '}');
  free(members);
}

void mu_val_write(struct mu_val v, struct mu_str *out) {
  if (!v.tape) {
    mu_str_add(out, "null");
    return;
  }
  const struct mu_jnode *node = mu_val_node(v);
  bool first = true;
  switch (node->kind) {
  case MU_JSTR:
    write_string(v, out);
    break;
  case MU_JOBJECT:
    write_object(v, out);
    break;
  case MU_JARRAY:
    mu_str_addc(out, '[');
    for (struct mu_iter it = mu_iter(v); !out->failed && mu_iter_next(&it); first = false) {
      if (!first) {
        mu_str_addc(out, ',');
      }
      mu_val_write(it.value, out);
    }
    mu_str_addc(out, ']');
    break;
  default:
    mu_str_addn(out, v.tape->text + node->at, node->n);
  }
}

char *mu_val_json(struct mu_val v, struct mu_arena *arena, size_t max) {
  MU_STR(text, max);
  mu_val_write(v, &text);
  if (!text.failed) {
    return mu_str_copy(&text, arena);
  }
  MU_STR(whole, SIZE_MAX / 4);
  char hash[MU_SHA256_HEX];
  mu_val_write(v, &whole);
  mu_sha256_hex(mu_str_get(&whole), whole.n, hash);
  return mu_arena_fmt(arena, "\"(%zu bytes of JSON, sha256 %.12s)\"", whole.n, hash);
}
