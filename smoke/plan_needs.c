/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom: by `needs`, and by ${capture:NAME}, which needs the check that captures it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan_int.h"

static const char MARK[] = "${capture:";

struct link {
  struct mu_plan *plan;
  size_t first;
  bool told; /* the config has errors: it checks names itself, and one message is enough */
  struct mu_diags *diags;
  struct mu_arena *arena;
};

static void add_need(const struct link *l, struct mu_planned *p, size_t index) {
  for (size_t i = 0; i < p->needs_n; i++) {
    if (p->needs[i] == index) {
      return;
    }
  }
  size_t *all = mu_arena_array(l->arena, p->needs_n + 1, sizeof *all);
  for (size_t i = 0; i < p->needs_n; i++) {
    all[i] = p->needs[i];
  }
  all[p->needs_n] = index;
  p->needs = all;
  p->needs_n++;
}

/* The rows of one configured check share its node. */
static size_t add_rows(const struct link *l, struct mu_planned *p, const struct mu_node *node) {
  size_t n = 0;
  for (size_t i = l->first; i < l->plan->n; i++) {
    if (l->plan->at[i].node == node) {
      add_need(l, p, i);
      n++;
    }
  }
  return n;
}

static void link_needs(const struct link *l, const struct mu_conf_check *check,
                       const struct mu_conf_check *checks, size_t n, const char *section) {
  for (size_t i = 0; i < check->needs.n; i++) {
    const char *name = check->needs.at[i];
    const struct mu_conf_check *other = NULL;
    const char **names = mu_arena_array(l->arena, n + 1, sizeof *names);
    for (size_t k = 0; k < n; k++) {
      names[k] = checks[k].name ? checks[k].name : "";
      other = mu_streq(checks[k].name, name) ? &checks[k] : other;
    }
    if (!other && l->told) {
      continue;
    }
    if (!other) {
      const char *near = mu_str_nearest(name, names, n);
      const struct mu_node *needs = mu_node_get(check->node, "needs");
      mu_diag_add(l->diags, needs ? needs : check->node,
                  "%s '%s' needs '%s', which does not exist%s%s%s", section, check->name, name,
                  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
      continue;
    }
    for (size_t k = l->first; k < l->plan->n; k++) {
      if (l->plan->at[k].node == check->node) {
        (void)add_rows(l, &l->plan->at[k], other->node);
      }
    }
  }
}

static void link_text(const struct link *l, struct mu_planned *p, const char *text) {
  for (const char *at = text; (at = strstr(at, MARK));) {
    const char *name = at + strlen(MARK), *end = strchr(name, '}');
    size_t n = end ? (size_t)(end - name) : strlen(name);
    bool found = false;
    for (size_t i = l->first; i < l->plan->n; i++) {
      const struct mu_planned *other = &l->plan->at[i];
      for (size_t k = 0; k < other->captures_n; k++) {
        const char *capture = other->captures[k].name;
        if (strlen(capture) == n && strncmp(capture, name, n) == 0 && other->node != p->node) {
          add_need(l, p, i);
          found = true;
        }
      }
    }
    if (!found) {
      mu_diag_add(l->diags, p->node, "'%s' uses ${capture:%.*s}, which no other check captures",
                  p->title, (int)(n < 100 ? n : 100), name);
    }
    at = name;
  }
}

static void link_captures(const struct link *l, struct mu_planned *p) {
  for (size_t i = 0; i < p->args.n; i++) {
    const struct mu_value *value = &p->args.at[i].value;
    if (value->type == MU_T_STR) {
      link_text(l, p, value->s);
    }
    for (size_t k = 0; (value->type == MU_T_LIST || value->type == MU_T_MAP) && k < value->list.n;
         k++) {
      link_text(l, p, value->list.at[k]);
    }
  }
  for (size_t i = 0; i < p->expect_n; i++) {
    if (p->expect[i].late) {
      link_text(l, p, p->expect[i].written);
    }
  }
}

/* Takes away, again and again, what needs nothing that is left: what remains is a circle. */
static void refuse_circles(const struct link *l) {
  size_t n = l->plan->n - l->first;
  bool *gone = mu_arena_array(l->arena, n + 1, sizeof *gone), moved = true;
  while (moved) {
    moved = false;
    for (size_t i = 0; i < n; i++) {
      const struct mu_planned *p = &l->plan->at[l->first + i];
      bool ready = !gone[i];
      for (size_t k = 0; k < p->needs_n && ready; k++) {
        ready = p->needs[k] < l->first || gone[p->needs[k] - l->first];
      }
      gone[i] = gone[i] || ready;
      moved = moved || ready;
    }
  }
  for (size_t i = 0; i < n; i++) {
    if (!gone[i]) {
      const struct mu_planned *p = &l->plan->at[l->first + i];
      mu_diag_add(l->diags, p->node, "'%s' waits for itself, by way of what it needs", p->title);
      return;
    }
  }
}

static int by_name(const void *a, const void *b) {
  const struct mu_planned *x = *(const struct mu_planned *const *)a,
                          *y = *(const struct mu_planned *const *)b;
  int order = strcmp(x->id, y->id);
  if (order == 0) {
    order = strcmp(x->workload ? x->workload : "", y->workload ? y->workload : "");
  }
  return order ? order : (x > y) - (x < y);
}

static void refuse_doubles(const struct link *l) {
  size_t n = l->plan->n;
  const struct mu_planned **sorted = mu_arena_array(l->arena, n + 1, sizeof *sorted);
  for (size_t i = 0; i < n; i++) {
    sorted[i] = &l->plan->at[i];
  }
  qsort(sorted, n, sizeof *sorted, by_name);
  for (size_t i = 1; i < n; i++) {
    const struct mu_planned *a = sorted[i - 1], *b = sorted[i];
    if (strcmp(a->id, b->id) == 0 && mu_streq(a->workload, b->workload)) {
      mu_diag_add(l->diags, b->node, "there are two checks named '%s'", b->title);
      return;
    }
  }
}

void mu_plan_link(struct mu_plan *plan, size_t first, const struct mu_conf_check *checks, size_t n,
                  const char *section, struct mu_diags *diags, struct mu_arena *arena) {
  const struct link l = {plan, first, diags->errors > 0, diags, arena};
  for (size_t i = 0; i < n; i++) {
    link_needs(&l, &checks[i], checks, n, section);
  }
  for (size_t i = first; i < plan->n; i++) {
    link_captures(&l, &plan->at[i]);
  }
  if (!l.told) {
    refuse_circles(&l);
    refuse_doubles(&l);
  }
}
