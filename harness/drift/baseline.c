/* SPDX-License-Identifier: Apache-2.0 */
/* The hole called unknown: what the plan did not know is explained by other resources, held against
 * the first verified observation, or counted as unverifiable. It is never equal. */
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "drift/engine.h"

struct mu_baseline {
  const struct mu_observation *at;
  size_t n;
  uint32_t *table; /* index + 1 */
  size_t table_n;
};

static uint64_t key_of(const char *address, const char *path) {
  return mu_hash_bytes(mu_hash_bytes(7, address, strlen(address)), path, strlen(path));
}

void mu_baseline_init(struct mu_engine *e) {
  struct mu_baseline *b = mu_arena_alloc(e->arena, sizeof *b);
  b->at = e->in->baseline;
  b->n = e->in->baseline_n;
  b->table_n = 16;
  while (b->table_n < b->n * 2) {
    b->table_n *= 2;
  }
  b->table = mu_arena_array(e->arena, b->table_n, sizeof *b->table);
  for (size_t i = 0; i < b->n; i++) {
    size_t at = key_of(b->at[i].address, b->at[i].path) & (b->table_n - 1);
    while (b->table[at]) {
      at = (at + 1) & (b->table_n - 1);
    }
    b->table[at] = (uint32_t)i + 1;
  }
  e->baseline = b;
}

/* An observation belongs to one object: after a replacement, or in the next drill, the old one says
 * nothing; then it is *other. */
static const struct mu_observation *earlier(struct mu_engine *e, const char *path,
                                            const struct mu_observation **other) {
  const struct mu_baseline *b = e->baseline;
  const char *address = mu_address(e);
  for (size_t at = key_of(address, path) & (b->table_n - 1); b->table[at];
       at = (at + 1) & (b->table_n - 1)) {
    const struct mu_observation *o = &b->at[b->table[at] - 1];
    if (mu_streq(o->address, address) && mu_streq(o->path, path)) {
      if (mu_streq(o->provider_id, mu_provider_id(e))) {
        return o;
      }
      *other = o;
    }
  }
  return NULL;
}

/* The value as it is stored: canonical JSON; keyed where sensitive (NULL without a key); by hash
 * where long. */
static const char *stored(struct mu_engine *e, const struct mu_sides *s) {
  if (mu_sensitive(e, s) || mu_mask_any(s->a_mask) || mu_mask_any(s->p_mask)) {
    return mu_keyed(e, s->a);
  }
  MU_STR(text, SIZE_MAX / 4);
  mu_val_write(s->a, &text);
  if (text.n <= MU_OBSERVED_MAX) {
    return mu_str_copy(&text, e->arena);
  }
  char hex[MU_SHA256_HEX];
  mu_sha256_hex(mu_str_get(&text), text.n, hex);
  return mu_arena_fmt(e->arena, "sha256:%s", hex);
}

static void observe(struct mu_engine *e, const char *path, const char *value, bool held) {
  struct mu_drift_out *out = e->out;
  if (e->in->skip_observations) {
    return;
  }
  out->observations = mu_arena_grow(e->arena, out->observations, out->observations_n,
                                    &e->observations_cap, sizeof *out->observations);
  out->observations[out->observations_n++] =
      (struct mu_observation){.address = mu_address(e),
                              .path = mu_arena_str(e->arena, path),
                              .provider_id = mu_provider_id(e),
                              .value = value,
                              .held = held};
}

/* Do the stored text and what is there mean the same? */
static bool same_as_before(struct mu_engine *e, const char *before, const char *now,
                           const struct mu_sides *s, struct mu_val *old) {
  if (strcmp(before, now) == 0) {
    return true;
  }
  if (mu_str_starts(before, "hmac:") || mu_str_starts(before, "sha256:")) {
    return false;
  }
  MU_STR(wrapped, SIZE_MAX / 4);
  mu_str_addf(&wrapped, "[%s]", before); /* scalars, too, are parsed by way of an array */
  struct mu_val list = MU_ABSENT_VAL;
  if (!mu_embedded(e, mu_str_copy(&wrapped, e->scratch), &list)) {
    return false;
  }
  *old = mu_val_at(list, 0);
  return !mu_differs(e, (struct mu_sides){.p = *old, .a = s->a});
}

static void report_change(struct mu_engine *e, const char *path, const struct mu_sides *s,
                          struct mu_val old, const char *before) {
  const char *access = mu_access_wider(e, old, s->a);
  const struct mu_ignore *rule = mu_ignored(e, path, access != NULL);
  if (rule) {
    mu_count(e, MU_PART_IGNORED, 1);
    mu_note(e, path, *s,
            mu_arena_fmt(e->arena, "ignore:%s", rule->where ? rule->where : rule->address));
    return;
  }
  mu_count(e, MU_PART_BASELINE, 1);
  e->this_changed = true;
  struct mu_finding *f =
      mu_find(e, access ? MU_F_DRIFT_ACCESS_WIDER : MU_F_DRIFT_BASELINE, mu_address(e), path);
  struct mu_sides shown = *s;
  shown.p = old;
  f->expected =
      old.tape ? mu_show(e, old, s->a_mask, &shown) : mu_arena_fmt(e->arena, "\"(%s)\"", before);
  f->actual = mu_show(e, s->a, s->a_mask, &shown);
  f->actual = f->actual ? f->actual : "null";
  f->klass = "baseline";
  mu_finding_say(e->out->findings, f, "%s%sfirst seen as %.120s, is %.120s", access ? access : "",
                 access ? "; " : "", f->expected, f->actual);
}

/* In a standing layer an address holds the same object night after night. Said once: then the new
 * object has its own baseline. */
static void report_replacement(struct mu_engine *e, const struct mu_sides *s, const char *before) {
  mu_count(e, MU_PART_BASELINE, 1);
  e->this_changed = true;
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_REPLACED, mu_address(e), "id");
  f->expected = before;
  f->actual = mu_show(e, s->a, s->a_mask, s);
  f->klass = "baseline";
  mu_finding_say(e->out->findings, f, "another object than before: first seen as %.120s, is %.120s",
                 before, f->actual);
}

/* An id was to be known after the apply: an object without one is not there. */
static bool has_no_id(struct mu_engine *e, const struct mu_sides *s) {
  if (e->depth != 1 || !e->path[0].key.tape || !mu_val_key_is(e->path[0].key, "id") ||
      !mu_val_empty(s->a)) {
    return false;
  }
  mu_count(e, MU_PART_COMPARED, 1);
  e->this_changed = true;
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_CHANGED, mu_address(e), "id");
  f->expected = "\"(known after apply)\"";
  f->actual = "null";
  f->klass = "presence";
  f->message = "planned with an id, and has none";
  return true;
}

static void hold(struct mu_engine *e, const struct mu_sides *s) {
  if (has_no_id(e, s)) {
    return;
  }
  if (e->baseline->n == 0 && e->in->skip_observations) {
    mu_count(e, MU_PART_UNVERIFIABLE, 1);
    mu_note(e, NULL, *s, "unknown");
    return;
  }
  const char *path = mu_path(e), *now = stored(e, s);
  if (!now || !mu_provider_id(e)) {
    mu_count(e, MU_PART_UNVERIFIABLE, 1);
    mu_note(e, path, *s, "unknown");
    return;
  }
  const struct mu_observation *other = NULL, *before = earlier(e, path, &other);
  if (!before && other && e->in->standing && strcmp(path, "id") == 0) {
    observe(e, path, now, false);
    report_replacement(e, s, other->value);
    return;
  }
  if (!before) {
    mu_count(e, MU_PART_UNVERIFIABLE, 1);
    mu_note(e, path, *s, "unknown");
    observe(e, path, now, false);
    return;
  }
  struct mu_val old = MU_ABSENT_VAL;
  if (same_as_before(e, before->value, now, s, &old)) {
    mu_count(e, MU_PART_BASELINE, 1);
    mu_note(e, path, *s, "baseline");
    observe(e, path, before->value, true);
    return;
  }
  observe(e, path, before->value,
          false); /* the old value stays the baseline: a change is not learned by being seen */
  report_change(e, path, s, old, before->value);
}

/* A volatile value says nothing by what it is, but something by its kind: the latest moment that a
 * database can be restored to is a moment, and then there is none. NULL: no scalar. */
static const char *kind_of(struct mu_engine *e, struct mu_val v) {
  if (mu_val_empty(v)) {
    return "null";
  }
  const char *text = mu_val_str(v, e->scratch);
  int64_t ms = 0;
  if (text) {
    return mu_time_parse(text, &ms) == 0 ? "\"(a moment)\"" : "\"(a text)\"";
  }
  return mu_val_is(v, MU_JNUM)                               ? "\"(a number)\""
         : mu_val_is(v, MU_JTRUE) || mu_val_is(v, MU_JFALSE) ? "\"(true or false)\""
                                                             : NULL;
}

/* Nothing may become something: the first backup comes after the first look. */
static void hold_kind(struct mu_engine *e, const struct mu_sides *s) {
  const char *path = mu_path(e), *now = kind_of(e, s->a);
  const struct mu_observation *other = NULL,
                              *before = now && mu_provider_id(e) ? earlier(e, path, &other) : NULL;
  bool known = before && strcmp(before->value, "null") != 0;
  if (known && strcmp(before->value, now) != 0) {
    observe(e, path, before->value, false);
    mu_count(e, MU_PART_BASELINE, 1);
    e->this_changed = true;
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_BASELINE, mu_address(e), path);
    f->expected = before->value;
    f->actual = mu_show(e, s->a, s->a_mask, s);
    f->actual = f->actual ? f->actual : "null";
    f->klass = "presence";
    mu_finding_say(e->out->findings, f, "first seen as %s, is %.120s", f->expected, f->actual);
    return;
  }
  if (now && mu_provider_id(e)) {
    observe(e, path, now, known);
  }
  mu_count(e, MU_PART_IGNORED, 1);
  mu_note(e, NULL, *s, "volatile");
}

/* What a collecting attribute holds beyond what the resources of plan and state explain. */
static bool unexplained(struct mu_engine *e, const struct mu_sides *s) {
  const char *rule = NULL;
  struct mu_val left = MU_ABSENT_VAL;
  if (!mu_rollup(e, s->a, &rule, &left)) {
    return false;
  }
  if (!left.tape) {
    mu_count(e, MU_PART_EXPLAINED, 1);
    mu_note(e, NULL, *s, rule);
    return true;
  }
  if (e->conf && mu_declared(e)) {
    return false; /* the resource itself says what belongs there; what, was not known when planned
                   */
  }
  const char *path = mu_path(e);
  const struct mu_ignore *ignore =
      mu_ignored(e, path, mu_access_wider(e, MU_ABSENT_VAL, left) != NULL);
  if (ignore) {
    mu_count(e, MU_PART_IGNORED, 1);
    mu_note(e, path, *s,
            mu_arena_fmt(e->arena, "ignore:%s", ignore->where ? ignore->where : ignore->address));
    return true;
  }
  mu_count(e, MU_PART_EXPLAINED, 1);
  e->this_changed = true;
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_EXTRA, mu_address(e), path);
  f->expected = "[]";
  f->actual = mu_show(e, left, MU_ABSENT_VAL, s);
  f->klass = rule;
  mu_next_member(e, f, rule, left);
  const char *words = mu_rule_words(e, mu_val_at(left, 0));
  mu_finding_say(e->out->findings, f, "+ %s (explained by no resource of plan or state)",
                 words ? words : f->actual);
  return true;
}

/* Two plans: what one knows and the other does not is a difference; what neither knows is none. */
static void unknown_in_plans(struct mu_engine *e, const struct mu_sides *s) {
  bool same = s->unknown.tape && s->a_unknown.tape && mu_val_eq(s->unknown, s->a_unknown);
  if (same && (mu_mask_true(s->unknown) || mu_val_eq(s->p, s->a))) {
    mu_count(e, MU_PART_COMPARED, 1);
    return;
  }
  if (e->quiet) {
    e->quiet_differs = true;
    return;
  }
  const char *path = mu_path(e);
  for (size_t i = 0; i < e->floats_n; i++) {
    if (mu_glob_path(e->floats[i], path)) {
      mu_count(e, MU_PART_IGNORED, 1);
      mu_note(e, path, *s, "float");
      return;
    }
  }
  mu_count(e, MU_PART_COMPARED, 1);
  e->this_changed = true;
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_STAGED_DIFFERS, mu_address(e), path);
  bool known = mu_mask_true(s->a_unknown);
  f->expected = known ? mu_show(e, s->p, s->p_mask, s) : "\"(known after apply)\"";
  f->actual = known ? "\"(known after apply)\"" : mu_show(e, s->a, s->a_mask, s);
  f->klass = "unknown";
  f->message = known ? "known in the staged plan, not in the fresh one"
                     : "known in the fresh plan, not in the staged one";
}

void mu_unknown(struct mu_engine *e, struct mu_sides s) {
  if (e->fresh) {
    unknown_in_plans(e, &s);
    return;
  }
  if (e->quiet) {
    return;
  }
  if (mu_attr_traits(e) & MU_AT_VOLATILE) {
    hold_kind(e, &s);
    return;
  }
  if (!unexplained(e, &s)) {
    hold(e, &s);
  }
}
