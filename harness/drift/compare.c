/* SPDX-License-Identifier: Apache-2.0 */
/* Walks both values of one resource side by side. Equal parts are passed over by their bytes; what
 * differs goes to the rules. The recursion follows the tapes, whose depth is bounded. */
#include <stdlib.h>
#include <string.h>

#include "drift/engine.h"

/* ---- The path ---- */

static void push(struct mu_engine *e, struct mu_step step) {
  MU_ASSERT(e->depth < MU_LEN(e->path));
  e->path[e->depth++] = step;
}

void mu_push_key(struct mu_engine *e, struct mu_val key) {
  push(e, (struct mu_step){.key = key});
}

void mu_push_index(struct mu_engine *e, size_t index) {
  push(e, (struct mu_step){.index = index});
}

void mu_push_label(struct mu_engine *e, const char *label) {
  push(e, (struct mu_step){.label = label});
}

void mu_pop(struct mu_engine *e) {
  e->depth--;
  if (e->depth < e->typed_depth) {
    e->typed = MU_ABSENT_VAL;
    e->typed_depth = 0;
  }
}

static bool plain_key(const char *key) {
  return *key && !strpbrk(key, ".[]\"");
}

static void add_key(struct mu_engine *e, struct mu_val key, struct mu_str *out) {
  const char *text = mu_val_str(key, e->scratch);
  if (plain_key(text)) {
    mu_str_add(out, out->n ? "." : "");
    mu_str_add(out, text);
  } else {
    mu_str_addc(out, '[');
    mu_str_add_json(out, text, strlen(text));
    mu_str_addc(out, ']');
  }
}

const char *mu_path(struct mu_engine *e) {
  MU_STR(out, MU_PATH_MAX);
  for (size_t i = 0; i < e->depth; i++) {
    const struct mu_step *step = &e->path[i];
    if (step->key.tape) {
      add_key(e, step->key, &out);
    } else if (step->label) {
      mu_str_addf(&out, "[%s]", step->label);
    } else {
      mu_str_addf(&out, "[%zu]", step->index);
    }
  }
  return mu_str_copy(&out, e->scratch);
}

const char *mu_path_plain(struct mu_engine *e) {
  MU_STR(out, MU_PATH_MAX);
  for (size_t i = 0; i < e->depth; i++) {
    if (e->path[i].key.tape) {
      mu_str_add(&out, out.n ? "." : "");
      mu_str_add(&out, mu_val_str(e->path[i].key, e->scratch));
    }
  }
  return mu_str_copy(&out, e->scratch);
}

const char *mu_path_top(struct mu_engine *e) {
  return e->depth && e->path[0].key.tape ? mu_val_str(e->path[0].key, e->scratch) : "";
}

/* ---- The walk ---- */

static bool raw_equal(struct mu_val p, struct mu_val a) {
  const struct mu_jnode *x = mu_val_node(p), *y = mu_val_node(a);
  return x->n == y->n && x->kind == y->kind &&
         mu_same_bytes(p.tape->text + x->at, a.tape->text + y->at, x->n);
}

static bool has_members(struct mu_val mask) {
  return mask.tape && mu_val_node(mask)->next > mask.i + 1;
}

static bool masks_inside(const struct mu_sides *s) {
  return has_members(s->unknown) || has_members(s->a_unknown) || has_members(s->p_mask) ||
         has_members(s->a_mask);
}

static struct mu_val mask_member(struct mu_val mask, struct mu_val key) {
  return has_members(mask) ? mu_val_get_key(mask, key) : MU_ABSENT_VAL;
}

static bool sorted(struct mu_val object) {
  struct mu_val last = MU_ABSENT_VAL;
  for (struct mu_iter it = mu_iter(object); mu_iter_next(&it); last = it.key) {
    if (last.tape && mu_val_str_cmp(last, it.key) >= 0) {
      return false;
    }
  }
  return true;
}

/* A mask that is walked along with the values: its keys are sorted as theirs are. Where they are
 * not, each key is looked up. */
struct along {
  struct mu_val mask;
  struct mu_iter it;
  bool more, sorted;
  uint32_t met_at; /* the member met last, and how many were */
  size_t met;
};

static struct along along(struct mu_val mask) {
  struct along w = {.mask = mask, .it = mu_iter(mask), .sorted = true};
  w.more = w.it.object && mu_iter_next(&w.it);
  w.sorted = !w.more || sorted(mask);
  return w;
}

static inline struct mu_val along_to(struct along *w, struct mu_val key) {
  if (!w->sorted) {
    return mask_member(w->mask, key);
  }
  while (w->more) {
    int order = mu_val_str_cmp(w->it.key, key);
    if (order > 0) {
      break;
    }
    if (order == 0) {
      w->met += w->met_at != w->it.at;
      w->met_at = w->it.at;
      return w->it.value;
    }
    w->more = mu_iter_next(&w->it);
  }
  return MU_ABSENT_VAL;
}

/* Did the walk meet every member of the mask? */
static bool all_met(const struct along *w) {
  return w->sorted && w->met == mu_val_count(w->mask);
}

static void compare_masked(struct mu_engine *e, struct mu_val key, struct mu_sides inner) {
  mu_push_key(e, key);
  mu_compare(e, inner);
  mu_pop(e);
}

static void compare_member(struct mu_engine *e, const struct mu_sides *s, struct mu_val key,
                           struct mu_val p, struct mu_val a) {
  struct mu_sides inner = {.p = p,
                           .a = a,
                           .unknown = mask_member(s->unknown, key),
                           .a_unknown = mask_member(s->a_unknown, key),
                           .p_mask = mask_member(s->p_mask, key),
                           .a_mask = mask_member(s->a_mask, key)};
  compare_masked(e, key, inner);
}

static void note_member(struct mu_engine *e, struct mu_val key, struct mu_sides inner) {
  mu_push_key(e, key);
  mu_note_equal(e, inner);
  mu_pop(e);
}

/* Keys of whole unknown members that neither side's value has: {"after": {}, "after_unknown":
 * {"id": true}}. */
static void unknown_members(struct mu_engine *e, const struct mu_sides *s) {
  for (struct mu_iter it = mu_iter(s->unknown); it.object && mu_iter_next(&it);) {
    if (!mu_val_get_key(s->a, it.key).tape && !mu_val_get_key(s->p, it.key).tape &&
        mu_mask_any(it.value)) {
      compare_member(e, s, it.key, MU_ABSENT_VAL, MU_ABSENT_VAL);
    }
  }
}

/* Members in any order, from where the two iterators stand: each of p, then those of a that p has
 * not. */
static void compare_unsorted(struct mu_engine *e, const struct mu_sides *s, struct mu_iter p,
                             struct mu_iter a, bool more_p, bool more_a) {
  for (; more_p; more_p = mu_iter_next(&p)) {
    compare_member(e, s, p.key, p.value, mu_val_get_key(s->a, p.key));
  }
  for (; more_a; more_a = mu_iter_next(&a)) {
    if (!mu_val_get_key(s->p, a.key).tape) {
      compare_member(e, s, a.key, MU_ABSENT_VAL, a.value);
    }
  }
}

/* Terraform writes keys sorted: one pass over both, with an eye on the order from the first key on
 * where they part. */
static void compare_objects(struct mu_engine *e, const struct mu_sides *s) {
  struct mu_iter p = mu_iter(s->p), a = mu_iter(s->a);
  struct along masks[4] = {along(s->unknown), along(s->a_unknown), along(s->p_mask),
                           along(s->a_mask)};
  bool more_p = mu_iter_next(&p), more_a = mu_iter_next(&a), parted = false;
  while (more_p || more_a) {
    int order = !more_p ? 1 : !more_a ? -1 : mu_val_str_cmp(p.key, a.key);
    if (order != 0 && !parted) {
      parted = true;
      if (!sorted(s->p) || !sorted(s->a)) {
        compare_unsorted(e, s, p, a, more_p, more_a);
        break;
      }
    }
    struct mu_val key = order <= 0 ? p.key : a.key;
    struct mu_sides inner = {.p = order <= 0 ? p.value : MU_ABSENT_VAL,
                             .a = order >= 0 ? a.value : MU_ABSENT_VAL,
                             .unknown = along_to(&masks[0], key),
                             .a_unknown = along_to(&masks[1], key),
                             .p_mask = along_to(&masks[2], key),
                             .a_mask = along_to(&masks[3], key)};
    bool masked =
        inner.unknown.tape || inner.a_unknown.tape || inner.p_mask.tape || inner.a_mask.tape;
    if (order == 0 && !masked && raw_equal(p.value, a.value)) {
      mu_count(e, MU_PART_COMPARED, mu_val_leaves(p.value));
      if (mu_notes_equal(e)) {
        note_member(e, key, inner);
      }
    } else {
      compare_masked(e, key, inner);
    }
    more_p = order <= 0 ? mu_iter_next(&p) : more_p;
    more_a = order >= 0 ? mu_iter_next(&a) : more_a;
  }
  if (has_members(s->unknown) && !all_met(&masks[0])) {
    unknown_members(e, s);
  }
}

static void count_equal(struct mu_engine *e, const struct mu_sides *s) {
  size_t leaves = mu_val_leaves(s->p.tape ? s->p : s->a);
  mu_count(e, MU_PART_COMPARED, leaves);
  if (mu_mask_true(s->p_mask) || mu_mask_true(s->a_mask)) {
    e->redacted += e->quiet ? 0 : (int64_t)leaves;
  }
  if (mu_notes_equal(e)) {
    mu_note_equal(e, *s);
  }
}

/* Tags and labels are compared key by key even where one side has none at all. */
static bool labels_on_one_side(struct mu_engine *e, const struct mu_sides *s) {
  if (e->depth != 1 || !e->path[0].key.tape || (!mu_val_null(s->p) && !mu_val_null(s->a))) {
    return false;
  }
  struct mu_val key = e->path[0].key, map = mu_val_null(s->p) ? s->a : s->p;
  return mu_val_is(map, MU_JOBJECT) && mu_val_count(map) > 0 &&
         (mu_val_key_is(key, "tags") || mu_val_key_is(key, "tags_all") ||
          mu_val_key_is(key, "labels"));
}

/* A cty type as it stands in JSON: "string", ["set", "string"], ["object", {…}]. */
static bool is_cty_type(struct mu_val type) {
  static const char *const words[] = {"string", "number", "bool",   "dynamic", "list",
                                      "set",    "map",    "object", "tuple"};
  struct mu_val word = mu_val_is(type, MU_JARRAY) ? mu_val_at(type, 0) : type;
  for (size_t i = 0; i < MU_LEN(words); i++) {
    if (mu_val_is_str(word, words[i])) {
      return true;
    }
  }
  return false;
}

/* Attributes of dynamic type are wrapped in raw states, {"value": …, "type": …}, and flat
 * everywhere else. */
static struct mu_val unwrapped(struct mu_engine *e, const struct mu_sides *s) {
  if (!e->actual_doc || e->actual_doc->kind != MU_DOC_TFSTATE || !mu_val_is(s->a, MU_JOBJECT) ||
      mu_val_count(s->a) != 2) {
    return s->a;
  }
  struct mu_val value = mu_val_get(s->a, "value"), type = mu_val_get(s->a, "type");
  bool planned_so = mu_val_get(s->p, "value").tape && mu_val_get(s->p, "type").tape;
  if (!value.tape || planned_so || !is_cty_type(type)) {
    return s->a;
  }
  e->typed = type; /* tells sets from lists */
  e->typed_depth = e->depth;
  return value;
}

void mu_compare(struct mu_engine *e, struct mu_sides s) {
  if (e->quiet && e->quiet_differs) {
    return;
  }
  s.a = unwrapped(e, &s);
  if (mu_mask_true(s.unknown) || mu_mask_true(s.a_unknown)) {
    mu_unknown(e, s);
    return;
  }
  bool both = s.p.tape && s.a.tape;
  bool whole = mu_mask_true(s.p_mask) || mu_mask_true(s.a_mask) || !masks_inside(&s);
  if (whole && ((both && raw_equal(s.p, s.a)) || (!s.p.tape && !s.a.tape))) {
    count_equal(e, &s);
    return;
  }
  bool sensitive = mu_mask_true(s.p_mask) || mu_mask_true(s.a_mask);
  if (!sensitive && ((both && mu_val_is(s.p, MU_JOBJECT) && mu_val_is(s.a, MU_JOBJECT)) ||
                     labels_on_one_side(e, &s))) {
    compare_objects(e, &s);
    return;
  }
  if (both && !sensitive && mu_val_is(s.p, MU_JARRAY) && mu_val_is(s.a, MU_JARRAY) &&
      mu_val_count(s.p) && (mu_val_count(s.a) || mu_mask_any(s.unknown))) {
    mu_compare_arrays(e, s);
    return;
  }
  if (both && whole && mu_val_eq(s.p, s.a)) {
    count_equal(e, &s);
    return;
  }
  if (!whole && mu_mask_any(s.unknown)) { /* a container on one side only, not known in full */
    mu_unknown(e, s);
    return;
  }
  mu_differ(e, s, NULL, mu_val_leaves(s.p.tape && !mu_val_empty(s.p) ? s.p : s.a));
}

bool mu_differs(struct mu_engine *e, struct mu_sides s) {
  bool before = e->quiet_differs;
  e->quiet++;
  e->quiet_differs = false;
  mu_compare(e, s);
  bool differs = e->quiet_differs;
  e->quiet--;
  e->quiet_differs = before;
  return differs;
}
