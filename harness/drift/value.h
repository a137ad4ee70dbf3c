/* SPDX-License-Identifier: Apache-2.0 */
/* A value of a plan or state: a node of a tape (base/jsonin.h), by handle. The absent value
 * (`MU_ABSENT_VAL`) is fine everywhere. Nothing is copied; a handle is good as long as its tape and
 * the text below it. */
#ifndef MU_DRIFT_VALUE_H
#define MU_DRIFT_VALUE_H

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
struct mu_iter mu_iter(struct mu_val v);
bool mu_iter_next(struct mu_iter *it);

size_t mu_val_count(struct mu_val v);                            /* members or elements */
size_t mu_val_leaves(struct mu_val v);                           /* at least 1 */
struct mu_val mu_val_get(struct mu_val object, const char *key); /* absent where there is none */
struct mu_val mu_val_get_key(struct mu_val object, struct mu_val key);
struct mu_val mu_val_at(struct mu_val array, size_t i);
bool mu_val_is_str(struct mu_val v, const char *text); /* a string that is `text` */
bool mu_val_key_is(struct mu_val key, const char *text);
/* A string decoded into the arena; NULL for anything else. */
const char *mu_val_str(struct mu_val v, struct mu_arena *arena);
int mu_val_str_cmp(struct mu_val a, struct mu_val b); /* two strings or keys, decoded */

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
