/* SPDX-License-Identifier: Apache-2.0 */
/* Reading predicates. An operand is read by the type of the fact it will be held against: `200 ms`
 * where a duration is asked for is an error of the config, found before anything runs. */
#include "smoke/predicate.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/rx.h"
#include "base/str.h"
#include "smoke/expect.h"

enum { OPERAND_MAX = 64 };

static const struct {
  const char *text;
  enum mu_op op;
} operators[] = {/* longer ones first */
                 {"==", MU_OP_EQ}, {"!=", MU_OP_NE}, {"<=", MU_OP_LE},
                 {">=", MU_OP_GE}, {"<", MU_OP_LT},  {">", MU_OP_GT}};

const char *mu_predicate_hint(enum mu_type type) {
  switch (type) {
  case MU_T_BOOL:
    return "true or false";
  case MU_T_INT:
  case MU_T_RANGE:
    return "a whole number, such as 200, '>= 1' or '10 .. 20'";
  case MU_T_REAL:
    return "a number, such as '45 .. 55'";
  case MU_T_TIME:
    return "a time, such as '> 2026-11-22T04:00:00Z'";
  case MU_T_DUR:
    return "a duration with its unit, such as '< 800ms' or '<= 24h'";
  case MU_T_SIZE:
    return "a size, such as '< 64KiB'";
  case MU_T_LIST:
    return "a list such as [a, b], {contains: a}, or its length such as '>= 2'";
  case MU_T_STR:
  case MU_T_MAP:
  case MU_TYPE_N_:
    break;
  }
  return "text, {matches: PATTERN} or {contains: TEXT}";
}

static const char *skip_spaces(const char *s) {
  while (*s == ' ' || *s == '\t') {
    s++;
  }
  return s;
}

static const char *trimmed(const char *s, size_t n, struct mu_arena *arena) {
  while (n > 0 && (*s == ' ' || *s == '\t')) {
    s++;
    n--;
  }
  while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t')) {
    n--;
  }
  return mu_arena_strn(arena, s, n);
}

static bool read_integer(const char *text, long double *out) {
  int64_t n = 0;
  if (mu_num_parse_i64(text, &n) != 0) {
    return false;
  }
  *out = (long double)n;
  return true;
}

static bool read_real(const char *text, long double *out) {
  char digits[OPERAND_MAX];
  double n = 0;
  size_t length = strlen(text);
  if (length >= sizeof digits) {
    return false;
  }
  memcpy(digits, text, length + 1);
  if (length > 1 && digits[length - 1] == '%') { /* a share is in percent anyway */
    digits[length - 1] = '\0';
  }
  if (mu_num_parse_f64(digits, &n) != 0) {
    return false;
  }
  *out = (long double)n;
  return true;
}

static bool read_duration(const char *text, int64_t bare_ms, long double *out) {
  int64_t ms = 0;
  if (bare_ms > 0 && read_integer(text, out)) {
    *out *= (long double)bare_ms;
    return true;
  }
  const char *digits = *text == '-' ? text + 1 : text;
  if (mu_dur_parse(digits, &ms) != 0) {
    return false;
  }
  *out = (long double)(*text == '-' ? -ms : ms);
  return true;
}

/* One operand as a number of the fact's own unit (ms, bytes, …). */
static bool read_number(const char *text, const struct mu_predicate_kind *kind, long double *out) {
  int64_t i = 0;
  uint64_t u = 0;
  switch (kind->type) {
  case MU_T_INT:
  case MU_T_RANGE:
  case MU_T_LIST: /* its length */
    return read_integer(text, out);
  case MU_T_REAL:
    return read_real(text, out);
  case MU_T_DUR:
    return read_duration(text, kind->bare_ms, out);
  case MU_T_TIME:
    i = 0;
    if (mu_time_parse(text, &i) != 0) {
      return false;
    }
    *out = (long double)i;
    return true;
  case MU_T_SIZE:
    if (mu_size_parse(text, &u) != 0) {
      return false;
    }
    *out = (long double)u;
    return true;
  case MU_T_STR:
    return kind->open && read_real(text, out);
  case MU_T_BOOL:
  case MU_T_MAP:
  case MU_TYPE_N_:
    break;
  }
  return false;
}

static int refuse(struct mu_err *err, const struct mu_predicate_kind *kind, const char *text) {
  if (kind->type == MU_T_TIME && kind->name) {
    return mu_fail(err, MU_E_CONFIG,
                   "'%s' is not a time; write %s, or expect %s_age or %s_left for a duration", text,
                   mu_predicate_hint(kind->type), kind->name, kind->name);
  }
  if (kind->type == MU_T_DUR && kind->bare_ms > 0) {
    return mu_fail(err, MU_E_CONFIG, "'%s' is not a number of days; write '> 21' or '> 21d'", text);
  }
  return mu_fail(err, MU_E_CONFIG, "'%s' does not fit: expected %s", text,
                 mu_predicate_hint(kind->type));
}

/* "10 .. 20" */
static int read_between(const char *text, const char *dots, const struct mu_predicate_kind *kind,
                        struct mu_arena *arena, struct mu_predicate *p, struct mu_err *err) {
  const char *low = trimmed(text, (size_t)(dots - text), arena);
  const char *high = trimmed(dots + 2, strlen(dots + 2), arena);
  if (!read_number(low, kind, &p->number) || !read_number(high, kind, &p->high)) {
    return refuse(err, kind, text);
  }
  if (p->number > p->high) {
    return mu_fail(err, MU_E_CONFIG, "'%s' is empty: the lower end is above the upper one", text);
  }
  p->op = MU_OP_BETWEEN;
  p->is_number = true;
  return 0;
}

/* What follows "source": nothing, "± 1%", "+- 20", "+/- 1%". */
static int read_source(const char *text, const char *rest, const struct mu_predicate_kind *kind,
                       struct mu_predicate *p, struct mu_err *err) {
  static const char *const signs[] = {"\xc2\xb1", "+-", "+/-"};
  p->op = MU_OP_SOURCE;
  p->is_number = true;
  rest = skip_spaces(rest);
  if (!*rest) {
    return 0;
  }
  for (size_t i = 0; i < MU_LEN(signs); i++) {
    if (mu_str_starts(rest, signs[i])) {
      const char *width = skip_spaces(rest + strlen(signs[i]));
      size_t n = strlen(width);
      p->percent = n > 0 && width[n - 1] == '%';
      bool good = p->percent ? read_real(width, &p->number) : read_number(width, kind, &p->number);
      if (good && p->number >= 0) {
        return 0;
      }
    }
  }
  return mu_fail(err, MU_E_CONFIG,
                 "'%s' is not a comparison with the source; write 'source \xc2\xb1 1%%'", text);
}

static int read_plain(enum mu_op op, const char *operand, const char *text,
                      const struct mu_predicate_kind *kind, struct mu_predicate *p,
                      struct mu_err *err) {
  bool ordered = op != MU_OP_EQ && op != MU_OP_NE;
  p->op = op;
  p->text = operand;
  p->is_number = read_number(operand, kind, &p->number);
  if (p->is_number) {
    return 0;
  }
  if (kind->type == MU_T_BOOL && !ordered) {
    p->number = mu_streq(operand, "true") ? 1 : 0;
    return mu_streq(operand, "true") || mu_streq(operand, "false") ? 0 : refuse(err, kind, text);
  }
  if (!ordered && (kind->type == MU_T_STR || kind->type == MU_T_LIST)) {
    return 0;
  }
  return refuse(err, kind, text);
}

static bool is_numeric(const struct mu_predicate_kind *kind) {
  return kind->open || (kind->type != MU_T_STR && kind->type != MU_T_BOOL);
}

int mu_predicate_read(const char *text, const struct mu_predicate_kind *kind,
                      struct mu_arena *arena, const struct mu_predicate **out, struct mu_err *err) {
  struct mu_predicate *p = mu_arena_alloc(arena, sizeof *p);
  p->type = kind->type;
  const char *rest = skip_spaces(text);
  const char *dots = strstr(text, "..");
  int status = 0;
  if (mu_str_starts(rest, "source") && (kind->type == MU_T_RANGE || kind->type == MU_T_INT)) {
    status = read_source(text, rest + strlen("source"), kind, p, err);
  } else if (dots && is_numeric(kind) && (*rest == '-' || (*rest >= '0' && *rest <= '9')) &&
             kind->type != MU_T_LIST && !kind->open) {
    status = read_between(text, dots, kind, arena, p, err);
  } else {
    enum mu_op op = kind->bare;
    for (size_t i = 0; i < MU_LEN(operators); i++) {
      if (mu_str_starts(rest, operators[i].text)) {
        op = operators[i].op;
        rest += strlen(operators[i].text);
        break;
      }
    }
    status = read_plain(op, trimmed(rest, strlen(rest), arena), text, kind, p, err);
  }
  if (status == 0) {
    *out = p;
  }
  return status;
}

int mu_predicate_parse(const char *text, enum mu_type type, struct mu_arena *arena,
                       const struct mu_predicate **out, struct mu_err *err) {
  const struct mu_predicate_kind kind = {.type = type, .bare = MU_OP_EQ};
  return mu_predicate_read(text, &kind, arena, out, err);
}

int mu_predicate_of_text(enum mu_op op, const char *text, const struct mu_predicate_kind *kind,
                         struct mu_arena *arena, const struct mu_predicate **out,
                         struct mu_err *err) {
  bool fits = kind->type == MU_T_STR || (kind->type == MU_T_LIST && op == MU_OP_CONTAINS);
  if (!fits) {
    return mu_fail(err, MU_E_CONFIG, "'%s' is for text%s, and this is a %s: expected %s",
                   op == MU_OP_MATCHES ? "matches" : "contains",
                   op == MU_OP_CONTAINS ? " and lists" : "", mu_type_text(kind->type),
                   mu_predicate_hint(kind->type));
  }
  if (op == MU_OP_MATCHES) {
    struct mu_rx *rx MU_CLEANUP(mu_rx_cleanup) = NULL;
    if (mu_rx_new(text, &rx, err) != 0) {
      err->code = MU_E_CONFIG;
      return -1;
    }
  }
  struct mu_predicate *p = mu_arena_alloc(arena, sizeof *p);
  *p = (struct mu_predicate){.op = op, .type = kind->type, .text = mu_arena_str(arena, text)};
  *out = p;
  return 0;
}

const struct mu_predicate *mu_predicate_join(enum mu_op op, const struct mu_predicate *const *parts,
                                             size_t n, struct mu_arena *arena) {
  const struct mu_predicate **copy = mu_arena_array(arena, n ? n : 1, sizeof *copy);
  for (size_t i = 0; i < n; i++) {
    copy[i] = parts[i];
  }
  struct mu_predicate *p = mu_arena_alloc(arena, sizeof *p);
  *p =
      (struct mu_predicate){.op = op, .type = n ? parts[0]->type : MU_T_STR, .parts = copy, .n = n};
  return p;
}

const struct mu_predicate *mu_predicate_set(const char *const *items, size_t n,
                                            struct mu_arena *arena) {
  const char **copy = mu_arena_array(arena, n ? n : 1, sizeof *copy);
  for (size_t i = 0; i < n; i++) {
    copy[i] = mu_arena_str(arena, items[i]);
  }
  struct mu_predicate *p = mu_arena_alloc(arena, sizeof *p);
  *p = (struct mu_predicate){.op = MU_OP_SET, .type = MU_T_LIST, .items = copy, .n = n};
  return p;
}
