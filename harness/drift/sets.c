/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays. A plan does not say which are sets, so: members that are equal are matched wherever they
 * stand, as a multiset; then those with the same natural key; then those at the same place, or most
 * alike; what is left is missing or extra. If nothing is left and only places differ, that is an
 * order, which counts as drift for none but a list whose order is known to matter. */
#include <stdlib.h>
#include <string.h>

#include "drift/engine.h"

struct member {
  struct mu_val v, unknown, mask;
  size_t index;
  uint64_t hash;
  bool used;
};

struct side {
  struct member *at;
  struct member **by_hash;
  size_t n;
};

static struct side side_of(struct mu_engine *e, struct mu_val v, struct mu_val unknown,
                           struct mu_val mask) {
  struct side side = {.n = mu_val_count(v)};
  side.at = mu_arena_array(e->scratch, side.n + 1, sizeof *side.at);
  struct mu_iter u = mu_iter(unknown), m = mu_iter(mask);
  size_t i = 0;
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it); i++) {
    struct member *member = &side.at[i];
    *member = (struct member){.v = it.value, .index = i};
    member->unknown = !u.object && mu_iter_next(&u) ? u.value : MU_ABSENT_VAL;
    member->mask = mu_mask_true(mask)              ? mask
                   : !m.object && mu_iter_next(&m) ? m.value
                                                   : MU_ABSENT_VAL;
  }
  return side;
}

static struct mu_sides pair_of(const struct member *p, const struct member *a) {
  return (struct mu_sides){.p = p ? p->v : MU_ABSENT_VAL,
                           .a = a ? a->v : MU_ABSENT_VAL,
                           .unknown = p ? p->unknown : MU_ABSENT_VAL,
                           .a_unknown = a ? a->unknown : MU_ABSENT_VAL,
                           .p_mask = p ? p->mask : MU_ABSENT_VAL,
                           .a_mask = a ? a->mask : MU_ABSENT_VAL};
}

static void compare_pair(struct mu_engine *e, struct member *p, struct member *a,
                         const char *label) {
  p->used = a->used = true;
  if (label) {
    mu_push_label(e, label);
  } else {
    mu_push_index(e, p->index);
  }
  mu_compare(e, pair_of(p, a));
  mu_pop(e);
}

/* Is the pair free of differences, rules included? */
static bool alike(struct mu_engine *e, struct member *p, struct member *a) {
  if (!mu_mask_any(p->unknown) && !mu_mask_any(a->unknown) && mu_val_eq(p->v, a->v)) {
    return true;
  }
  mu_push_index(e, p->index);
  bool differs = mu_differs(e, pair_of(p, a));
  mu_pop(e);
  return !differs;
}

static int by_hash(const void *x, const void *y) {
  const struct member *a = *(struct member *const *)x, *b = *(struct member *const *)y;
  return a->hash != b->hash ? (a->hash < b->hash ? -1 : 1)
                            : (a->index > b->index) - (a->index < b->index);
}

static void index_by_hash(struct mu_engine *e, struct side *side) {
  side->by_hash = mu_arena_array(e->scratch, side->n + 1, sizeof *side->by_hash);
  for (size_t i = 0; i < side->n; i++) {
    side->at[i].hash = mu_val_hash(side->at[i].v);
    side->by_hash[i] = &side->at[i];
  }
  qsort(side->by_hash, side->n, sizeof *side->by_hash, by_hash);
}

/* Matches members that are equal to the letter; returns whether some of them stand at different
 * places. */
static bool match_equal(struct mu_engine *e, struct side *p, struct side *a) {
  bool moved = false;
  index_by_hash(e, a);
  for (size_t i = 0; i < p->n; i++) {
    struct member *one = &p->at[i];
    if (mu_mask_any(one->unknown)) {
      continue;
    }
    one->hash = mu_val_hash(one->v);
    size_t low = 0, high = a->n;
    while (low < high) {
      size_t mid = low + (high - low) / 2;
      if (a->by_hash[mid]->hash < one->hash) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    for (; low < a->n && a->by_hash[low]->hash == one->hash; low++) {
      struct member *other = a->by_hash[low];
      if (!other->used && !mu_mask_any(other->unknown) && mu_val_eq(one->v, other->v)) {
        moved |= one->index != other->index;
        compare_pair(e, one, other, NULL);
        break;
      }
    }
  }
  return moved;
}

static size_t left(const struct side *side) {
  size_t n = 0;
  for (size_t i = 0; i < side->n; i++) {
    n += !side->at[i].used;
  }
  return n;
}

/* Matches members that only the equality rules make equal: those at the same place first, then any,
 * while that is affordable. */
static bool match_alike(struct mu_engine *e, struct side *p, struct side *a) {
  bool moved = false;
  for (size_t i = 0; i < p->n && i < a->n; i++) {
    if (!p->at[i].used && !a->at[i].used && alike(e, &p->at[i], &a->at[i])) {
      compare_pair(e, &p->at[i], &a->at[i], NULL);
    }
  }
  if (left(p) > MU_PAIRS_MAX || left(a) > MU_PAIRS_MAX) {
    return moved;
  }
  for (size_t i = 0; i < p->n; i++) {
    for (size_t j = 0; !p->at[i].used && j < a->n; j++) {
      if (!a->at[j].used && alike(e, &p->at[i], &a->at[j])) {
        compare_pair(e, &p->at[i], &a->at[j], NULL);
        moved = true;
      }
    }
  }
  return moved;
}

/* The values of the natural key ("from_port,to_port,protocol") as one label; NULL where the member
 * has none of it. */
static const char *natural_label(struct mu_engine *e, struct mu_val v, const char *keys) {
  if (!mu_val_is(v, MU_JOBJECT)) {
    return NULL;
  }
  MU_STR(out, 256);
  bool any = false;
  for (const char *key = keys; *key;) {
    size_t n = strcspn(key, ",");
    char *name = mu_arena_strn(e->scratch, key, n);
    struct mu_val part = mu_val_get(v, name);
    any |= !mu_val_empty(part);
    mu_str_addf(&out, "%s%s=", out.n ? "," : "", name);
    if (mu_val_is(part, MU_JSTR)) {
      mu_str_add(&out, mu_val_str(part, e->scratch));
    } else {
      mu_val_write(part, &out);
    }
    key += n + (key[n] == ',');
  }
  return any && !out.failed ? mu_str_copy(&out, e->scratch) : NULL;
}

static void match_natural(struct mu_engine *e, struct side *p, struct side *a, const char *keys) {
  if (left(p) > 16 * MU_PAIRS_MAX || left(a) > 16 * MU_PAIRS_MAX) {
    return;
  }
  for (size_t i = 0; i < p->n; i++) {
    const char *label = p->at[i].used ? NULL : natural_label(e, p->at[i].v, keys);
    struct member *only = NULL;
    size_t found = 0;
    for (size_t j = 0; label && j < a->n; j++) {
      if (!a->at[j].used) {
        const char *other = natural_label(e, a->at[j].v, keys);
        if (other && strcmp(label, other) == 0) {
          only = &a->at[j];
          found++;
        }
      }
    }
    if (found == 1) { /* two with the same key are told apart by nothing */
      compare_pair(e, &p->at[i], only, label);
    }
  }
}

/* How many members of two objects are equal. */
static size_t likeness(struct mu_val p, struct mu_val a) {
  size_t n = 0;
  for (struct mu_iter it = mu_iter(p); it.object && mu_iter_next(&it);) {
    struct mu_val other = mu_val_get_key(a, it.key);
    n += other.tape && !mu_val_empty(it.value) && mu_val_eq(it.value, other);
  }
  return n;
}

/* What is left: the same place in a list of equal length, or the object most alike. */
static void match_nearest(struct mu_engine *e, struct side *p, struct side *a, bool set) {
  if (!set && p->n == a->n) {
    for (size_t i = 0; i < p->n; i++) {
      bool object = mu_val_is(p->at[i].v, MU_JOBJECT) && mu_val_is(a->at[i].v, MU_JOBJECT);
      if (!p->at[i].used && !a->at[i].used && object) {
        compare_pair(e, &p->at[i], &a->at[i], NULL);
      }
    }
  }
  if (left(p) > MU_PAIRS_MAX || left(a) > MU_PAIRS_MAX) {
    return;
  }
  for (size_t i = 0; i < p->n; i++) {
    if (p->at[i].used || !mu_val_is(p->at[i].v, MU_JOBJECT)) {
      continue;
    }
    struct member *best = NULL;
    size_t most = 0;
    for (size_t j = 0; j < a->n; j++) {
      size_t same = a->at[j].used ? 0 : likeness(p->at[i].v, a->at[j].v);
      if (same > most) {
        most = same;
        best = &a->at[j];
      }
    }
    if (best && (most * 2 >= mu_val_count(p->at[i].v) || (left(p) == 1 && left(a) == 1))) {
      compare_pair(e, &p->at[i], best, NULL);
    }
  }
}

/* Members of which the plan knows nothing take what is left. */
static void match_unknown(struct mu_engine *e, struct side *p, struct side *a) {
  for (size_t i = 0, j = 0; i < p->n; i++) {
    if (p->at[i].used || !mu_mask_true(p->at[i].unknown)) {
      continue;
    }
    while (j < a->n && a->at[j].used) {
      j++;
    }
    if (j < a->n) {
      compare_pair(e, &p->at[i], &a->at[j], NULL);
    } else {
      p->at[i].used = true;
      mu_push_index(e, i);
      mu_compare(e, pair_of(&p->at[i], NULL));
      mu_pop(e);
    }
  }
}

/* The members not used, as an array of its own. */
static struct mu_val rest(struct mu_engine *e, const struct side *side, size_t *leaves) {
  MU_STR(text, SIZE_MAX / 4);
  mu_str_addc(&text, '[');
  *leaves = 0;
  for (size_t i = 0; i < side->n; i++) {
    if (!side->at[i].used) {
      mu_str_add(&text, text.n > 1 ? "," : "");
      mu_val_write(side->at[i].v, &text);
      *leaves += mu_val_leaves(side->at[i].v);
    }
  }
  mu_str_addc(&text, ']');
  struct mu_jtape *tape = mu_arena_alloc(e->scratch, sizeof *tape);
  const char *json = mu_str_copy(&text, e->scratch);
  if (!mu_jtape_read(tape, &e->reader.in, json, (struct mu_span){0, (uint32_t)text.n})) {
    return MU_ABSENT_VAL;
  }
  /* The tape moves to the scratch arena, so that nobody has to free it. */
  struct mu_jnode *nodes = mu_arena_array(e->scratch, tape->n, sizeof *nodes);
  memcpy(nodes, tape->at, tape->n * sizeof *nodes);
  free(tape->at);
  tape->at = nodes;
  return mu_val_root(tape);
}

static void compare_in_order(struct mu_engine *e, struct side *p, struct side *a) {
  size_t n = p->n > a->n ? p->n : a->n;
  for (size_t i = 0; i < n; i++) {
    mu_push_index(e, i);
    mu_compare(e, pair_of(i < p->n ? &p->at[i] : NULL, i < a->n ? &a->at[i] : NULL));
    mu_pop(e);
  }
}

static bool equal_in_order(struct mu_engine *e, struct side *p, struct side *a) {
  bool equal = p->n == a->n;
  for (size_t i = 0; equal && i < p->n; i++) {
    equal = alike(e, &p->at[i], &a->at[i]);
  }
  return equal;
}

void mu_compare_arrays(struct mu_engine *e, struct mu_sides s) {
  struct side p = side_of(e, s.p, s.unknown, s.p_mask), a = side_of(e, s.a, s.a_unknown, s.a_mask);
  unsigned traits = mu_order_traits(e);
  if (traits & MU_AT_LIST || equal_in_order(e, &p, &a) || (p.n == 1 && a.n == 1)) {
    compare_in_order(e, &p, &a);
    return;
  }
  bool set = traits & MU_AT_SET;
  bool moved = match_equal(e, &p, &a);
  moved |= match_alike(e, &p, &a);
  if (left(&p) + left(&a) == 0) {
    if (moved && set) {
      mu_note(e, NULL, s, "set");
    } else if (moved && traits & MU_AT_ORDERED) {
      mu_differ(e, s, NULL, 0); /* its members are counted; their order differs */
    } else if (moved) {
      mu_remark(e, MU_F_DRIFT_ORDER, s, "the same members in another order");
    }
    return;
  }
  if (e->quiet) {
    e->quiet_differs = true;
    return;
  }
  const char *keys = mu_attr(e)->natural_key;
  if (keys) {
    match_natural(e, &p, &a, keys);
  }
  match_nearest(e, &p, &a, set);
  match_unknown(e, &p, &a);
  if (left(&p) + left(&a) > 0) {
    size_t missing = 0, extra = 0;
    struct mu_sides shown = s;
    shown.p = rest(e, &p, &missing);
    shown.a = rest(e, &a, &extra);
    mu_differ(e, s, &shown, missing + extra);
  }
}
