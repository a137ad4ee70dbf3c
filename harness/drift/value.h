/* SPDX-License-Identifier: Apache-2.0 */
/* A value of a plan or state: a node of a tape (base/jsonin.h), by handle. The absent value
 * (`MU_ABSENT_VAL`) is fine everywhere. Nothing is copied; a handle is good as long as its tape and
 * the text below it. */
#ifndef MU_DRIFT_VALUE_H
#define MU_DRIFT_VALUE_H

#include <string.h>

#include "base/jsonin.h"
#include "base/str.h"

struct mu_val {
  const struct mu_jtape *tape; /* NULL: absent */
  uint32_t i;
};
#define MU_ABSENT_VAL ((struct mu_val){0})

static inline const struct mu_jnode *mu_val_node(struct mu_val v) {
  return &v.tape->at[v.i];
}
static inline bool mu_val_is(struct mu_val v, enum mu_jkind kind) {
  return v.tape && mu_val_node(v)->kind == (unsigned)kind;
}
/* Absent counts as null. */
static inline bool mu_val_null(struct mu_val v) {
  return !v.tape || mu_val_node(v)->kind == MU_JNULL;
}
static inline const char *mu_val_raw(struct mu_val v, size_t *n) {
  *n = mu_val_node(v)->n;
  return v.tape->text + mu_val_node(v)->at;
}
static inline struct mu_val mu_val_root(const struct mu_jtape *tape) {
  return tape->n ? (struct mu_val){.tape = tape} : MU_ABSENT_VAL;
}

/* Over the members of an object or the elements of an array; both may be asked of anything, and
 * find nothing. for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) { it.key (objects; raw),
 * it.value } */
struct mu_iter {
  const struct mu_jtape *tape;
  uint32_t at, end;
  bool object;
  struct mu_val key, value;
};
static inline struct mu_iter mu_iter(struct mu_val v) {
  if (!mu_val_is(v, MU_JOBJECT) && !mu_val_is(v, MU_JARRAY)) {
    return (struct mu_iter){0};
  }
  return (struct mu_iter){.tape = v.tape,
                          .at = v.i + 1,
                          .end = mu_val_node(v)->next,
                          .object = mu_val_node(v)->kind == MU_JOBJECT};
}
static inline bool mu_iter_next(struct mu_iter *it) {
  if (it->at >= it->end) {
    return false;
  }
  if (it->object) {
    it->key = (struct mu_val){.tape = it->tape, .i = it->at++};
  }
  it->value = (struct mu_val){.tape = it->tape, .i = it->at};
  it->at = it->tape->at[it->at].next;
  return true;
}

size_t mu_val_count(struct mu_val v);                            /* members or elements */
size_t mu_val_leaves(struct mu_val v);                           /* at least 1 */
struct mu_val mu_val_get(struct mu_val object, const char *key); /* absent where there is none */
struct mu_val mu_val_get_key(struct mu_val object, struct mu_val key);
struct mu_val mu_val_at(struct mu_val array, size_t i);
bool mu_val_is_str(struct mu_val v, const char *text); /* a string that is `text` */
bool mu_val_key_is(struct mu_val key, const char *text);
/* A string decoded into the arena; NULL for anything else. */
const char *mu_val_str(struct mu_val v, struct mu_arena *arena);
/* memcmp() == 0 for what is mostly short: names and the values of attributes. */
static inline bool mu_same_bytes(const char *a, const char *b, size_t n) {
  enum { SHORT = 64 };
  uint64_t x = 0, y = 0;
  if (n < sizeof x || n > SHORT) {
    return memcmp(a, b, n) == 0;
  }
  for (size_t i = 0; i + sizeof x < n; i += sizeof x) {
    memcpy(&x, a + i, sizeof x);
    memcpy(&y, b + i, sizeof y);
    if (x != y) {
      return false;
    }
  }
  memcpy(&x, a + n - sizeof x, sizeof x); /* the last eight, some of them again */
  memcpy(&y, b + n - sizeof y, sizeof y);
  return x == y;
}

/* Two strings or keys, decoded: 0 equal, else the sign of memcmp. Mostly the first byte tells. */
int mu_val_str_order(struct mu_val a, struct mu_val b);
static inline int mu_val_str_cmp(struct mu_val a, struct mu_val b) {
  const struct mu_jnode *x = mu_val_node(a), *y = mu_val_node(b);
  const char *p = a.tape->text + x->at, *q = b.tape->text + y->at;
  if (x->n && y->n && *p != *q && *p != '\\' && *q != '\\') {
    return (unsigned char)*p < (unsigned char)*q ? -1 : 1;
  }
  return x->n == y->n && mu_same_bytes(p, q, x->n) ? 0 : mu_val_str_order(a, b);
}

bool mu_val_empty(struct mu_val v); /* null, absent, "", [], {} */
bool mu_val_zero(struct mu_val v);  /* empty, 0, false, or a container of nothing else */
/* Exactly equal: objects whatever the order of keys, arrays in order, numbers as decimals, strings
 * decoded. */
bool mu_val_eq(struct mu_val a, struct mu_val b);
/* Equal values have equal hashes. */
uint64_t mu_val_hash(struct mu_val v);
/* Canonical JSON: keys sorted, no spaces, numbers as they stand. */
void mu_val_write(struct mu_val v, struct mu_str *out);
char *mu_val_json(struct mu_val v, struct mu_arena *arena,
                  size_t max); /* beyond `max` bytes: a string with its size and hash */

uint64_t mu_hash_bytes(uint64_t seed, const void *bytes, size_t n);

#endif
