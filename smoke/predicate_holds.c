/* SPDX-License-Identifier: Apache-2.0 */
/* Does a predicate hold? Three answers: yes, no, and "what was seen does not decide it". A bound is
 * an interval: the predicate holds when all of the interval satisfies it, fails when nothing of it
 * does, and is undecided in between. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/rx.h"
#include "base/str.h"
#include "smoke/predicate.h"

enum { PARTS_DEPTH = 8 }; /* the planner refuses deeper nesting */

struct interval {
  long double lo, hi;
};

static bool text_number(const char *text, long double *out) {
  int64_t i = 0;
  double f = 0;
  if (mu_num_parse_i64(text, &i) == 0) {
    *out = (long double)i;
    return true;
  }
  if (mu_num_parse_f64(text, &f) == 0) {
    *out = (long double)f;
    return true;
  }
  return false;
}

static bool interval_of(const struct mu_value *value, struct interval *out) {
  switch (value->type) {
  case MU_T_INT:
  case MU_T_TIME:
  case MU_T_DUR:
  case MU_T_SIZE:
    out->lo = out->hi = (long double)value->i;
    return true;
  case MU_T_REAL:
    out->lo = out->hi = (long double)value->f;
    return !isnan(value->f);
  case MU_T_BOOL:
    out->lo = out->hi = value->b ? 1 : 0;
    return true;
  case MU_T_RANGE:
    out->lo = (long double)value->range.lo;
    out->hi = value->range.hi < 0 ? (long double)INFINITY : (long double)value->range.hi;
    return true;
  case MU_T_LIST:
    out->lo = out->hi = (long double)value->list.n;
    return true;
  case MU_T_STR:
    if (text_number(value->s, &out->lo)) {
      out->hi = out->lo;
      return true;
    }
    return false;
  case MU_T_MAP:
  case MU_TYPE_N_:
    break;
  }
  return false;
}

static enum mu_holds decide(bool all, bool none) {
  return all ? MU_HOLDS : none ? MU_HOLDS_NOT : MU_HOLDS_UNDECIDED;
}

static enum mu_holds opposite(enum mu_holds h) {
  return h == MU_HOLDS_UNDECIDED ? h : h == MU_HOLDS ? MU_HOLDS_NOT : MU_HOLDS;
}

static enum mu_holds within(struct interval seen, long double lo, long double hi) {
  return decide(seen.lo >= lo && seen.hi <= hi, seen.hi < lo || seen.lo > hi);
}

static enum mu_holds compare(enum mu_op op, struct interval seen, long double n) {
  switch (op) {
  case MU_OP_LT:
    return decide(seen.hi < n, seen.lo >= n);
  case MU_OP_LE:
    return decide(seen.hi <= n, seen.lo > n);
  case MU_OP_GT:
    return decide(seen.lo > n, seen.hi <= n);
  case MU_OP_GE:
    return decide(seen.lo >= n, seen.hi < n);
  case MU_OP_NE:
    return opposite(within(seen, n, n));
  default:
    return within(seen, n, n);
  }
}

static enum mu_holds near_source(const struct mu_predicate *p, struct interval seen,
                                 const struct mu_value *source) {
  struct interval origin;
  if (!source || !interval_of(source, &origin)) {
    return MU_HOLDS_UNDECIDED;
  }
  long double width = p->percent ? fabsl(origin.lo) * p->number / 100 : p->number;
  if (origin.lo != origin.hi) { /* the source itself is only bounded: nothing to hold it against */
    return MU_HOLDS_UNDECIDED;
  }
  return within(seen, origin.lo - width, origin.lo + width);
}

static bool list_has(const struct mu_value *list, const char *item) {
  for (size_t i = 0; i < list->list.n; i++) {
    if (strcmp(list->list.at[i], item) == 0) {
      return true;
    }
  }
  return false;
}

static bool same_set(const struct mu_predicate *p, const struct mu_value *list) {
  if (list->type != MU_T_LIST) {
    return false;
  }
  for (size_t i = 0; i < p->n; i++) {
    if (!list_has(list, p->items[i])) {
      return false;
    }
  }
  for (size_t i = 0; i < list->list.n; i++) {
    bool known = false;
    for (size_t k = 0; k < p->n && !known; k++) {
      known = strcmp(p->items[k], list->list.at[i]) == 0;
    }
    if (!known) {
      return false;
    }
  }
  return true;
}

static enum mu_holds matches(const char *pattern, const char *text) {
  struct mu_rx *rx MU_CLEANUP(mu_rx_cleanup) = NULL;
  struct mu_err err = {0};
  if (mu_rx_new(pattern, &rx, &err) != 0) {
    return MU_HOLDS_UNDECIDED;
  }
  int got = mu_rx_match(rx, text, strlen(text), NULL, NULL, &err);
  return got < 0 ? MU_HOLDS_UNDECIDED : got ? MU_HOLDS : MU_HOLDS_NOT;
}

static enum mu_holds on_text(const struct mu_predicate *p, const struct mu_value *actual) {
  if (p->op == MU_OP_CONTAINS && actual->type == MU_T_LIST) {
    return list_has(actual, p->text) ? MU_HOLDS : MU_HOLDS_NOT;
  }
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const char *text = actual->type == MU_T_STR ? actual->s : mu_value_json(actual, scratch);
  if (p->op == MU_OP_MATCHES) {
    return matches(p->text, text);
  }
  return strstr(text, p->text) ? MU_HOLDS : MU_HOLDS_NOT;
}

/* Equality by number where both sides are numbers ("1" and 1.0), else by text, case and all. */
static enum mu_holds equal(const struct mu_predicate *p, const struct mu_value *actual) {
  struct interval seen;
  bool equals = false;
  if (actual->type == MU_T_STR && p->type == MU_T_STR) {
    long double n = 0;
    equals = strcmp(actual->s, p->text) == 0 ||
             (p->is_number && text_number(actual->s, &n) && n == p->number);
  } else if (actual->type == MU_T_LIST && !p->is_number) {
    equals = actual->list.n == 1 && strcmp(actual->list.at[0], p->text) == 0;
  } else if (actual->type == MU_T_BOOL && p->type == MU_T_STR) {
    equals = strcmp(p->text, actual->b ? "true" : "false") == 0;
  } else if ((p->is_number || p->type == MU_T_BOOL) && interval_of(actual, &seen)) {
    return compare(p->op, seen, p->number);
  }
  return equals == (p->op == MU_OP_EQ) ? MU_HOLDS : MU_HOLDS_NOT;
}

static enum mu_holds one(const struct mu_predicate *p, const struct mu_value *actual,
                         const struct mu_value *source) {
  struct interval seen;
  if (p->op == MU_OP_PRESENT || p->op == MU_OP_ABSENT) {
    return (actual != NULL) == (p->op == MU_OP_PRESENT) ? MU_HOLDS : MU_HOLDS_NOT;
  }
  if (!actual) {
    return MU_HOLDS_UNDECIDED;
  }
  switch (p->op) {
  case MU_OP_EQ:
  case MU_OP_NE:
    return equal(p, actual);
  case MU_OP_MATCHES:
  case MU_OP_CONTAINS:
    return on_text(p, actual);
  case MU_OP_SET:
    return same_set(p, actual) ? MU_HOLDS : MU_HOLDS_NOT;
  default:
    break;
  }
  if (!interval_of(actual, &seen)) { /* text that is no number is not "< 5" */
    return MU_HOLDS_NOT;
  }
  if (p->op == MU_OP_SOURCE) {
    return near_source(p, seen, source);
  }
  return p->op == MU_OP_BETWEEN ? within(seen, p->number, p->high)
                                : compare(p->op, seen, p->number);
}

static enum mu_holds holds(const struct mu_predicate *p, const struct mu_value *actual,
                           const struct mu_value *source, int depth) {
  if (p->op != MU_OP_ANY && p->op != MU_OP_ALL && p->op != MU_OP_NOT) {
    return one(p, actual, source);
  }
  if (depth >= PARTS_DEPTH) {
    return MU_HOLDS_UNDECIDED;
  }
  if (p->op == MU_OP_NOT) {
    return opposite(holds(p->parts[0], actual, source, depth + 1));
  }
  enum mu_holds decisive = p->op == MU_OP_ANY ? MU_HOLDS : MU_HOLDS_NOT;
  enum mu_holds result = opposite(decisive);
  for (size_t i = 0; i < p->n; i++) {
    enum mu_holds part = holds(p->parts[i], actual, source, depth + 1);
    if (part == decisive) {
      return decisive;
    }
    if (part == MU_HOLDS_UNDECIDED) {
      result = MU_HOLDS_UNDECIDED;
    }
  }
  return result;
}

enum mu_holds mu_predicate_holds(const struct mu_predicate *predicate,
                                 const struct mu_value *actual, const struct mu_value *source) {
  return holds(predicate, actual, source, 0);
}

static bool mentions(const struct mu_predicate *p, enum mu_op op, int depth) {
  if (p->op == op) {
    return true;
  }
  for (size_t i = 0; p->parts && i < p->n && depth < PARTS_DEPTH; i++) {
    if (mentions(p->parts[i], op, depth + 1)) {
      return true;
    }
  }
  return false;
}

bool mu_predicate_asks_source(const struct mu_predicate *predicate) {
  return mentions(predicate, MU_OP_SOURCE, 0);
}

bool mu_predicate_asks_presence(const struct mu_predicate *predicate) {
  return mentions(predicate, MU_OP_PRESENT, 0) || mentions(predicate, MU_OP_ABSENT, 0);
}
