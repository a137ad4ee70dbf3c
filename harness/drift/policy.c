/* SPDX-License-Identifier: Apache-2.0 */
/* IAM policy documents. Equal as terraform-provider-aws has it (hashicorp/awspolicyequivalence),
 * with two holes closed: statements and values are matched one to one, so that a duplicate counts.
 * Not equal, as there: another Version or Id, another Sid, the case of actions, a missing against
 * an empty Condition, "*" against {"AWS": "*"}. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drift/engine.h"

enum { MANY = 4096 };

/* A value or a list of values as a list: string and [string] are the same. */
struct many {
  struct mu_val at[64];
  struct mu_val *v;
  size_t n;
};

static void many(struct mu_val v, struct many *out, struct mu_arena *arena) {
  out->v = out->at;
  out->n = 0;
  if (!v.tape) {
    return;
  }
  if (!mu_val_is(v, MU_JARRAY)) {
    out->v[out->n++] = v;
    return;
  }
  size_t n = mu_val_count(v);
  if (n > MU_LEN(out->at)) {
    out->v = mu_arena_array(arena, n, sizeof *out->v);
  }
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
    out->v[out->n++] = it.value;
  }
}

bool mu_policy_shaped(struct mu_val doc) {
  if (mu_val_is(doc, MU_JARRAY) && mu_val_count(doc) == 1) {
    doc = mu_val_at(doc, 0);
  }
  struct mu_val statement = mu_val_get(doc, "Statement");
  return mu_val_is(statement, MU_JARRAY) || mu_val_is(statement, MU_JOBJECT);
}

static bool same_or_absent(struct mu_val a, struct mu_val b) {
  return a.tape && b.tape ? mu_val_eq(a, b) : a.tape == b.tape;
}

/* Booleans and numbers count as the strings that they are written as. */
static const char *text_of(struct mu_val v, struct mu_arena *arena) {
  if (mu_val_is(v, MU_JSTR)) {
    return mu_val_str(v, arena);
  }
  size_t n = 0;
  const char *raw = mu_val_raw(v, &n);
  return mu_arena_strn(arena, raw, n);
}

/* arn:aws:iam::123456789012:root is the account 123456789012. */
static const char *account_of(const char *principal, struct mu_arena *arena) {
  const char *iam = mu_str_starts(principal, "arn:") ? strstr(principal, ":iam::") : NULL;
  if (!iam || !mu_str_ends(principal, ":root") || strspn(iam + 6, "0123456789") != 12 ||
      strcmp(iam + 18, ":root") != 0) {
    return principal;
  }
  return mu_arena_strn(arena, iam + 6, 12);
}

typedef bool covers_fn(const char *p, const char *a);

static bool covers_same(const char *p, const char *a) {
  return strcmp(p, a) == 0;
}

/* What a policy's pattern p covers; actions fold case in IAM itself. */
static bool covers_glob(const char *p, const char *a) {
  return mu_str_glob(p, a);
}

static bool covers_action(const char *p, const char *a) {
  char x[256], y[256];
  size_t n = strlen(p), m = strlen(a);
  if (n >= sizeof x || m >= sizeof y) {
    return strcmp(p, a) == 0;
  }
  for (size_t i = 0; i <= n; i++) {
    x[i] = (char)tolower((unsigned char)p[i]);
  }
  for (size_t i = 0; i <= m; i++) {
    y[i] = (char)tolower((unsigned char)a[i]);
  }
  return mu_str_glob(x, y);
}

/* One to one and all of them: the same values, whatever the order. */
static bool same_values(struct mu_val p, struct mu_val a, bool principals, struct mu_arena *arena) {
  if (!p.tape || !a.tape) {
    return p.tape == a.tape;
  }
  struct many x, y;
  many(p, &x, arena);
  many(a, &y, arena);
  if (x.n != y.n || x.n > MANY) {
    return x.n == y.n && mu_val_eq(p, a);
  }
  bool *used = mu_arena_array(arena, y.n + 1, sizeof *used);
  for (size_t i = 0; i < x.n; i++) {
    const char *one = text_of(x.v[i], arena);
    one = principals ? account_of(one, arena) : one;
    size_t j = 0;
    for (; j < y.n; j++) {
      const char *other = used[j] ? NULL : text_of(y.v[j], arena);
      if (other && strcmp(one, principals ? account_of(other, arena) : other) == 0) {
        break;
      }
    }
    if (j == y.n) {
      return false;
    }
    used[j] = true;
  }
  return true;
}

static bool same_principal(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  if (!mu_val_is(p, MU_JOBJECT) || !mu_val_is(a, MU_JOBJECT)) {
    return same_or_absent(p, a);
  }
  for (struct mu_iter it = mu_iter(p); mu_iter_next(&it);) {
    if (!same_values(it.value, mu_val_get_key(a, it.key), mu_val_key_is(it.key, "AWS"), arena)) {
      return false;
    }
  }
  return mu_val_count(p) == mu_val_count(a);
}

static bool same_condition(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  if (!mu_val_is(p, MU_JOBJECT) || !mu_val_is(a, MU_JOBJECT)) {
    return same_or_absent(p, a);
  }
  for (struct mu_iter op = mu_iter(p); mu_iter_next(&op);) {
    struct mu_val other = mu_val_get_key(a, op.key);
    if (!other.tape || mu_val_count(op.value) != mu_val_count(other)) {
      return false;
    }
    for (struct mu_iter key = mu_iter(op.value); mu_iter_next(&key);) {
      if (!same_values(key.value, mu_val_get_key(other, key.key), false, arena)) {
        return false;
      }
    }
  }
  return mu_val_count(p) == mu_val_count(a);
}

static bool same_effect(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  const char *x = mu_val_str(p, arena), *y = mu_val_str(a, arena);
  return x && y ? strcasecmp(x, y) == 0 : same_or_absent(p, a);
}

static bool same_statement(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  static const char *const values[] = {"Action", "NotAction", "Resource", "NotResource"};
  if (mu_val_count(p) != mu_val_count(a) ||
      !same_or_absent(mu_val_get(p, "Sid"), mu_val_get(a, "Sid")) ||
      !same_effect(mu_val_get(p, "Effect"), mu_val_get(a, "Effect"), arena) ||
      !same_principal(mu_val_get(p, "Principal"), mu_val_get(a, "Principal"), arena) ||
      !same_principal(mu_val_get(p, "NotPrincipal"), mu_val_get(a, "NotPrincipal"), arena) ||
      !same_condition(mu_val_get(p, "Condition"), mu_val_get(a, "Condition"), arena)) {
    return false;
  }
  for (size_t i = 0; i < MU_LEN(values); i++) {
    if (!same_values(mu_val_get(p, values[i]), mu_val_get(a, values[i]), false, arena)) {
      return false;
    }
  }
  return true;
}

bool mu_policy_equal(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  p = mu_val_is(p, MU_JARRAY) && mu_val_count(p) == 1 ? mu_val_at(p, 0) : p;
  a = mu_val_is(a, MU_JARRAY) && mu_val_count(a) == 1 ? mu_val_at(a, 0) : a;
  if (!mu_val_is(p, MU_JOBJECT) || !mu_val_is(a, MU_JOBJECT) ||
      mu_val_count(p) != mu_val_count(a)) {
    return false;
  }
  for (struct mu_iter it = mu_iter(p);
       mu_iter_next(&it);) { /* Version, Id, and whatever else there may be */
    if (!mu_val_key_is(it.key, "Statement") &&
        !same_or_absent(it.value, mu_val_get_key(a, it.key))) {
      return false;
    }
  }
  struct many x, y;
  many(mu_val_get(p, "Statement"), &x, arena);
  many(mu_val_get(a, "Statement"), &y, arena);
  if (x.n != y.n) {
    return false;
  }
  bool *used = mu_arena_array(arena, y.n + 1, sizeof *used);
  for (size_t i = 0; i < x.n; i++) {
    size_t j = 0;
    while (j < y.n && (used[j] || !same_statement(x.v[i], y.v[j], arena))) {
      j++;
    }
    if (j == y.n) {
      return false;
    }
    used[j] = true;
  }
  return true;
}

/* ---- Which way they differ ---- */

/* Is every value of a covered by one of p? */
static bool covered(struct mu_val p, struct mu_val a, covers_fn *covers, bool principals,
                    struct mu_arena *arena) {
  struct many x, y;
  many(p, &x, arena);
  many(a, &y, arena);
  for (size_t j = 0; j < y.n; j++) {
    const char *one = text_of(y.v[j], arena);
    one = principals ? account_of(one, arena) : one;
    bool found = false;
    for (size_t i = 0; i < x.n && !found; i++) {
      const char *by = text_of(x.v[i], arena);
      found = covers(principals ? account_of(by, arena) : by, one);
    }
    if (!found) {
      return false;
    }
  }
  return true;
}

static bool covered_principal(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  if (mu_val_is_str(p, "*") || same_or_absent(p, a)) {
    return true;
  }
  if (!mu_val_is(p, MU_JOBJECT) || !mu_val_is(a, MU_JOBJECT)) {
    return false;
  }
  for (struct mu_iter it = mu_iter(a); mu_iter_next(&it);) {
    bool aws = mu_val_key_is(it.key, "AWS");
    struct mu_val by = mu_val_get_key(p, it.key);
    if (!covered(by, it.value, covers_same, aws, arena) &&
        !(aws && covered(by, it.value, covers_glob, false, arena) && mu_val_is_str(by, "*"))) {
      return false;
    }
  }
  return true;
}

/* Does statement p (an Allow) give all that a gives? Statements by exclusion are compared as a
 * whole. */
static bool gives(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  static const char *const exclusions[] = {"NotAction", "NotResource", "NotPrincipal"};
  for (size_t i = 0; i < MU_LEN(exclusions); i++) {
    if (mu_val_get(p, exclusions[i]).tape || mu_val_get(a, exclusions[i]).tape) {
      return same_statement(p, a, arena);
    }
  }
  struct mu_val p_if = mu_val_get(p, "Condition"), a_if = mu_val_get(a, "Condition");
  return covered(mu_val_get(p, "Action"), mu_val_get(a, "Action"), covers_action, false, arena) &&
         covered(mu_val_get(p, "Resource"), mu_val_get(a, "Resource"), covers_glob, false, arena) &&
         covered_principal(mu_val_get(p, "Principal"), mu_val_get(a, "Principal"), arena) &&
         (mu_val_empty(p_if) || same_condition(p_if, a_if, arena));
}

static bool allows(struct mu_val statement, struct mu_arena *arena) {
  const char *effect = mu_val_str(mu_val_get(statement, "Effect"), arena);
  return !effect || strcasecmp(effect, "Deny") != 0;
}

/* Is there, among the statements of `by`, one of the same effect that gives (or denies) all that
 * `one` does? */
static bool has_cover(const struct many *by, struct mu_val one, struct mu_arena *arena) {
  for (size_t i = 0; i < by->n; i++) {
    if (allows(by->v[i], arena) == allows(one, arena) && gives(by->v[i], one, arena)) {
      return true;
    }
  }
  return false;
}

const char *mu_policy_wider(struct mu_val p, struct mu_val a, struct mu_arena *arena) {
  struct many x, y;
  many(mu_val_get(mu_val_is(p, MU_JARRAY) ? mu_val_at(p, 0) : p, "Statement"), &x, arena);
  many(mu_val_get(mu_val_is(a, MU_JARRAY) ? mu_val_at(a, 0) : a, "Statement"), &y, arena);
  for (size_t j = 0; j < y.n; j++) {
    if (allows(y.v[j], arena) && !has_cover(&x, y.v[j], arena)) {
      const char *action = mu_val_json(mu_val_get(y.v[j], "Action"), arena, 120);
      return mu_arena_fmt(arena, "the policy allows more: %s", action);
    }
  }
  for (size_t i = 0; i < x.n; i++) {
    if (!allows(x.v[i], arena) && !has_cover(&y, x.v[i], arena)) {
      return "the policy denies less";
    }
  }
  return NULL;
}
