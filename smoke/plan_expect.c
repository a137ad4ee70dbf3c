/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations as the config writes them: a scalar, a list (any of), or a map of named predicates.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan_int.h"

enum { DEPTH_MAX = 6, PARTS_MAX = 64 };

static const char *const words[] = {"matches", "contains", "any", "not", "present", "absent"};

struct reader {
  const struct mu_fact_ref *ref;
  const struct mu_matrix_row *row;
  struct mu_diags *diags;
  struct mu_arena *arena;
  struct mu_str *written;
};

static const struct mu_predicate *read_node(const struct reader *r, const struct mu_node *node,
                                            int depth);

/* A scalar's text, or NULL with a diagnostic. */
static const char *text_of(const struct reader *r, const struct mu_node *node) {
  struct mu_err err = {0};
  const char *text = NULL;
  if (!mu_node_text(node)) {
    mu_diag_add(r->diags, node, "a single value is expected here");
  } else if (mu_matrix_apply(r->row, mu_node_text(node), r->arena, &text, &err) != 0) {
    mu_diag_add(r->diags, node, "%s", err.msg);
  }
  return text;
}

static const struct mu_predicate *read_scalar(const struct reader *r, const struct mu_node *node) {
  struct mu_err err = {0};
  const struct mu_predicate *p = NULL;
  const char *text = text_of(r, node);
  if (!text) {
    return NULL;
  }
  mu_str_add(r->written, text);
  if (strstr(text, "${")) {
    mu_diag_add(r->diags, node,
                "a ${...} reference cannot stand inside a list or map of expectations");
    return NULL;
  }
  if (mu_predicate_read(text, &r->ref->kind, r->arena, &p, &err) != 0) {
    mu_diag_add(r->diags, node, "%s: %s", r->ref->full, err.msg);
  }
  return p;
}

/* A list fact is held against the whole list; anything else against any of its elements. */
static const struct mu_predicate *read_list(const struct reader *r, const struct mu_node *node,
                                            bool any, int depth) {
  const struct mu_predicate *parts[PARTS_MAX];
  const char *items[PARTS_MAX];
  bool is_set = r->ref->kind.type == MU_T_LIST && !any, good = true;
  if (node->kind != MU_NODE_LIST || (node->n == 0 && !is_set) || node->n > PARTS_MAX) {
    mu_diag_add(r->diags, node, "a list of 1 to %d values is expected here", PARTS_MAX);
    return NULL;
  }
  mu_str_add(r->written, !is_set ? "any of " : node->n ? "[" : "none");
  for (size_t i = 0; i < node->n; i++) {
    mu_str_add(r->written, i ? ", " : "");
    if (is_set) {
      items[i] = text_of(r, node->members[i].value);
      mu_str_add(r->written, items[i] ? items[i] : "");
      good = good && items[i];
    } else {
      parts[i] = read_node(r, node->members[i].value, depth + 1);
      good = good && parts[i];
    }
  }
  mu_str_add(r->written, is_set && node->n ? "]" : "");
  if (!good) {
    return NULL;
  }
  return is_set ? mu_predicate_set(items, node->n, r->arena)
                : mu_predicate_join(MU_OP_ANY, parts, node->n, r->arena);
}

static const struct mu_predicate *read_text(const struct reader *r, enum mu_op op,
                                            const struct mu_node *node) {
  struct mu_err err = {0};
  const struct mu_predicate *p = NULL;
  const char *text = text_of(r, node);
  mu_str_addf(r->written, "%s %s", op == MU_OP_MATCHES ? "matches" : "contains", text ? text : "");
  if (text && mu_predicate_of_text(op, text, &r->ref->kind, r->arena, &p, &err) != 0) {
    mu_diag_add(r->diags, node, "%s: %s", r->ref->full, err.msg);
  }
  return p;
}

static const struct mu_predicate *read_presence(const struct reader *r, const char *key,
                                                const struct mu_node *node) {
  bool yes = mu_streq(mu_node_text(node), "true");
  if (!yes && !mu_streq(mu_node_text(node), "false")) {
    mu_diag_add(r->diags, node, "%s: true or false is expected", key);
    return NULL;
  }
  struct mu_predicate *p = mu_arena_alloc(r->arena, sizeof *p);
  p->op = yes == mu_streq(key, "present") ? MU_OP_PRESENT : MU_OP_ABSENT;
  p->type = r->ref->kind.type;
  mu_str_add(r->written, p->op == MU_OP_PRESENT ? "present" : "absent");
  return p;
}

static const struct mu_predicate *read_member(const struct reader *r,
                                              const struct mu_member *member, int depth) {
  const char *key = member->key;
  if (mu_streq(key, "matches") || mu_streq(key, "contains")) {
    return read_text(r, mu_streq(key, "matches") ? MU_OP_MATCHES : MU_OP_CONTAINS, member->value);
  }
  if (mu_streq(key, "present") || mu_streq(key, "absent")) {
    return read_presence(r, key, member->value);
  }
  if (mu_streq(key, "any")) {
    return read_list(r, member->value, true, depth);
  }
  if (mu_streq(key, "not")) {
    mu_str_add(r->written, "not ");
    const struct mu_predicate *part = read_node(r, member->value, depth + 1);
    return part ? mu_predicate_join(MU_OP_NOT, &part, 1, r->arena) : NULL;
  }
  const char *near = mu_str_nearest(key, words, MU_LEN(words));
  mu_diag_add_key(r->diags, member, "unknown predicate '%s'%s%s%s", key,
                  near ? "; did you mean '"
                       : "; there are matches, contains, any, not, present, absent",
                  near ? near : "", near ? "'?" : "");
  return NULL;
}

static const struct mu_predicate *read_map(const struct reader *r, const struct mu_node *node,
                                           int depth) {
  const struct mu_predicate *parts[PARTS_MAX];
  bool good = node->n > 0 && node->n <= PARTS_MAX;
  if (!good) {
    mu_diag_add(r->diags, node, "a map of 1 to %d predicates is expected here", PARTS_MAX);
  }
  for (size_t i = 0; good && i < node->n; i++) {
    mu_str_add(r->written, i ? " and " : "");
    parts[i] = read_member(r, &node->members[i], depth);
    good = parts[i] != NULL;
  }
  if (!good) {
    return NULL;
  }
  return node->n == 1 ? parts[0] : mu_predicate_join(MU_OP_ALL, parts, node->n, r->arena);
}

static const struct mu_predicate *read_node(const struct reader *r, const struct mu_node *node,
                                            int depth) {
  if (depth >= DEPTH_MAX) {
    mu_diag_add(r->diags, node, "predicates are nested over the cap of %d levels", DEPTH_MAX);
    return NULL;
  }
  switch (node->kind) {
  case MU_NODE_LIST:
    return read_list(r, node, false, depth);
  case MU_NODE_MAP:
    return read_map(r, node, depth);
  case MU_NODE_SCALAR:
    break;
  }
  return read_scalar(r, node);
}

/* A whole expectation that is text with a reference waits until the check is due. */
static bool is_late(const struct reader *r, const struct mu_node *node, const char **text) {
  struct mu_err err = {0};
  return node->kind == MU_NODE_SCALAR && strstr(node->text, "${") &&
         mu_matrix_apply(r->row, node->text, r->arena, text, &err) == 0 && strstr(*text, "${");
}

static void expect_member(struct mu_planned *check, const struct mu_member *member,
                          const struct mu_matrix_row *row, struct mu_diags *diags,
                          struct mu_arena *arena) {
  struct mu_fact_ref ref;
  struct mu_err err = {0};
  const char *key = NULL, *text = NULL;
  if (mu_matrix_apply(row, member->key, arena, &key, &err) != 0 ||
      mu_fact_ref_find(check->probe, check->companion, key, arena, &ref, &err) != 0) {
    mu_diag_add_key(diags, member, "%s", err.msg);
    return;
  }
  MU_STR(written, MU_PLAN_TEXT_MAX);
  const struct reader r = {&ref, row, diags, arena, &written};
  if (is_late(&r, member->value, &text)) {
    mu_planned_expect(check, &ref, text, NULL, member->key_line, arena);
  } else {
    const struct mu_predicate *p = read_node(&r, member->value, 0);
    if (!p) {
      return;
    }
    mu_planned_expect(check, &ref, mu_str_get(&written), p, member->key_line, arena);
  }
}

size_t mu_plan_expect_row(struct mu_planned *check, const struct mu_node *map,
                          const struct mu_matrix_row *row, struct mu_diags *diags,
                          struct mu_arena *arena) {
  size_t before = diags->errors;
  if (map && map->kind != MU_NODE_MAP) {
    mu_diag_add(diags, map, "a map of facts and what is expected of them is expected here");
  } else if (map && map->n == 0) {
    mu_diag_add(diags, map, "no expectation at all: name a fact, or leave 'expect' out");
  } else if (map) {
    for (size_t i = 0; i < map->n; i++) {
      expect_member(check, &map->members[i], row, diags, arena);
    }
  }
  return diags->errors - before;
}

size_t mu_plan_expect_node(struct mu_planned *check, const struct mu_node *map,
                           struct mu_diags *diags, struct mu_arena *arena) {
  const struct mu_matrix_row none = {0};
  return mu_plan_expect_row(check, map, &none, diags, arena);
}

int mu_plan_expect(struct mu_planned *check, const char *fact, const char *predicate,
                   struct mu_arena *arena, struct mu_err *err) {
  struct mu_fact_ref ref;
  const struct mu_predicate *p = NULL;
  if (mu_fact_ref_find(check->probe, check->companion, fact, arena, &ref, err) != 0) {
    return -1;
  }
  if (!strstr(predicate, "${") && mu_predicate_read(predicate, &ref.kind, arena, &p, err) != 0) {
    return mu_wrap(err, "%s", ref.full);
  }
  mu_planned_expect(check, &ref, predicate, p, 0, arena);
  return 0;
}

void mu_planned_expect_default(struct mu_planned *check, struct mu_arena *arena) {
  struct mu_err err = {0};
  if (check->probe->expect &&
      mu_plan_expect(check, check->probe->expect, check->probe->expect_to_be, arena, &err) != 0) {
    MU_BUG("the %s probe's own expectation: %s", check->probe->name, err.msg);
  }
}
