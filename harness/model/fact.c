/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: flat, typed values in the arena of their check, and how a value is shown to people and to
 * machines. */
#include "model/fact.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"

/* A value never grows beyond what an answer may hold; bodies are capped far below by the probe that
 * reads them. */
enum { VALUE_TEXT_MAX = 64 << 20 };

static const char *const types[] = {"bool",     "int",  "real", "string", "time",
                                    "duration", "size", "list", "range",  "map"};
_Static_assert(MU_LEN(types) == MU_TYPE_N_, "a name for each type");

const char *mu_type_text(enum mu_type type) {
  return types[type];
}

bool mu_type_parse(const char *text, enum mu_type *out) {
  for (size_t i = 0; i < MU_LEN(types); i++) {
    if (mu_streq(types[i], text)) {
      *out = (enum mu_type)i;
      return true;
    }
  }
  return false;
}

void mu_facts_init(struct mu_facts *facts, struct mu_arena *arena) {
  *facts = (struct mu_facts){.arena = arena};
}

static struct mu_fact *add(struct mu_facts *facts, const char *name, enum mu_type type) {
  facts->at = mu_arena_grow(facts->arena, facts->at, facts->n, &facts->cap, sizeof *facts->at);
  struct mu_fact *fact = &facts->at[facts->n++];
  *fact = (struct mu_fact){.name = mu_arena_str(facts->arena, name), .value.type = type};
  return fact;
}

static struct mu_fact *add_int(struct mu_facts *facts, const char *name, enum mu_type type,
                               int64_t value) {
  struct mu_fact *fact = add(facts, name, type);
  fact->value.i = value;
  return fact;
}

struct mu_fact *mu_fact_bool(struct mu_facts *facts, const char *name, bool value) {
  struct mu_fact *fact = add(facts, name, MU_T_BOOL);
  fact->value.b = value;
  return fact;
}

struct mu_fact *mu_fact_int(struct mu_facts *facts, const char *name, int64_t value,
                            const char *unit) {
  struct mu_fact *fact = add_int(facts, name, MU_T_INT, value);
  fact->unit = mu_arena_str(facts->arena, unit);
  return fact;
}

struct mu_fact *mu_fact_real(struct mu_facts *facts, const char *name, double value,
                             const char *unit) {
  struct mu_fact *fact = add(facts, name, MU_T_REAL);
  fact->value.f = value;
  fact->unit = mu_arena_str(facts->arena, unit);
  return fact;
}

struct mu_fact *mu_fact_str(struct mu_facts *facts, const char *name, const char *value) {
  return mu_fact_strn(facts, name, value ? value : "", value ? strlen(value) : 0);
}

struct mu_fact *mu_fact_strn(struct mu_facts *facts, const char *name, const char *value,
                             size_t n) {
  struct mu_fact *fact = add(facts, name, MU_T_STR);
  fact->value.s = mu_arena_strn(facts->arena, value, n);
  return fact;
}

struct mu_fact *mu_fact_time(struct mu_facts *facts, const char *name, int64_t unix_ms) {
  return add_int(facts, name, MU_T_TIME, unix_ms);
}

struct mu_fact *mu_fact_dur(struct mu_facts *facts, const char *name, int64_t ms) {
  return add_int(facts, name, MU_T_DUR, ms);
}

struct mu_fact *mu_fact_size(struct mu_facts *facts, const char *name, int64_t bytes) {
  return add_int(facts, name, MU_T_SIZE, bytes);
}

struct mu_fact *mu_fact_list(struct mu_facts *facts, const char *name, const char *const *at,
                             size_t n) {
  const char **copy = mu_arena_array(facts->arena, n ? n : 1, sizeof *copy);
  for (size_t i = 0; i < n; i++) {
    copy[i] = mu_arena_str(facts->arena, at[i] ? at[i] : "");
  }
  struct mu_fact *fact = add(facts, name, MU_T_LIST);
  fact->value.list.at = copy;
  fact->value.list.n = n;
  return fact;
}

struct mu_fact *mu_fact_range(struct mu_facts *facts, const char *name, int64_t lo, int64_t hi,
                              const char *unit) {
  struct mu_fact *fact = add(facts, name, MU_T_RANGE);
  fact->value.range.lo = lo;
  fact->value.range.hi = hi;
  fact->unit = mu_arena_str(facts->arena, unit);
  return fact;
}

const struct mu_fact *mu_fact_find(const struct mu_facts *facts, const char *name) {
  for (size_t i = facts->n; i > 0; i--) {
    if (mu_streq(facts->at[i - 1].name, name)) {
      return &facts->at[i - 1];
    }
  }
  return NULL;
}

/* ---- for people ---- */

static void add_count(struct mu_str *out, int64_t n) {
  char text[MU_COUNT_TEXT];
  mu_count_text(n, text);
  mu_str_add(out, text);
}

static void add_dur(struct mu_str *out, int64_t ms, bool up) {
  char text[MU_DUR_TEXT];
  mu_dur_text(ms, up, text);
  mu_str_add(out, text);
}

static void add_size(struct mu_str *out, int64_t bytes) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes > -1024 && bytes < 1024) {
    mu_str_addf(out, "%lld B", (long long)bytes);
    return;
  }
  double n = (double)bytes / 1024;
  size_t unit = 0;
  while (fabs(n) >= 1024 && unit + 1 < MU_LEN(units)) {
    n /= 1024;
    unit++;
  }
  mu_str_addf(out, "%.1f %s", n, units[unit]);
}

static void add_pairs(struct mu_str *out, const struct mu_value *value) {
  for (size_t i = 0; i + 1 < value->list.n; i += 2) {
    mu_str_addf(out, "%s%s=%s", i ? ", " : "", value->list.at[i], value->list.at[i + 1]);
  }
}

static void add_list(struct mu_str *out, const struct mu_value *value) {
  for (size_t i = 0; i < value->list.n; i++) {
    mu_str_addf(out, "%s%s", i ? ", " : "", value->list.at[i]);
  }
}

static void add_range(struct mu_str *out, const struct mu_value *value, bool is_ms) {
  int64_t lo = value->range.lo, hi = value->range.hi;
  if (hi < 0) {
    mu_str_add(out, "at least ");
  }
  is_ms ? add_dur(out, lo, false) : add_count(out, lo);
  if (hi >= 0 && hi != lo) {
    mu_str_add(out, " to ");
    is_ms ? add_dur(out, hi, true) : add_count(out, hi);
  }
}

static void add_time(struct mu_str *out, int64_t unix_ms) {
  char text[MU_TIME_TEXT];
  unix_ms % 1000 ? mu_time_text(unix_ms, text) : mu_time_seconds(unix_ms, text);
  mu_str_add(out, text);
}

char *mu_value_text(const struct mu_value *value, const char *unit, struct mu_arena *arena) {
  MU_STR(out, VALUE_TEXT_MAX);
  bool is_ms = mu_streq(unit, "ms");
  switch (value->type) {
  case MU_T_BOOL:
    mu_str_add(&out, value->b ? "true" : "false");
    break;
  case MU_T_INT: /* what is counted has a unit; a port or a status is read digit by digit */
    unit ? add_count(&out, value->i) : mu_str_addf(&out, "%lld", (long long)value->i);
    break;
  case MU_T_REAL:
    mu_str_addf(&out, "%.6g", value->f);
    break;
  case MU_T_STR:
    mu_str_add(&out, value->s ? value->s : "");
    break;
  case MU_T_TIME:
    add_time(&out, value->i);
    break;
  case MU_T_DUR:
    add_dur(&out, value->i, false);
    break;
  case MU_T_SIZE:
    add_size(&out, value->i);
    break;
  case MU_T_LIST:
    add_list(&out, value);
    break;
  case MU_T_RANGE:
    add_range(&out, value, is_ms);
    break;
  case MU_T_MAP:
    add_pairs(&out, value);
    break;
  case MU_TYPE_N_:
    break;
  }
  bool has_unit = value->type == MU_T_RANGE && is_ms;
  if (unit && unit[0] && !has_unit) {
    mu_str_addf(&out, " %s", unit);
  }
  return mu_str_copy(&out, arena);
}

/* ---- for machines ---- */

static void write_list(struct mu_jw *w, const struct mu_value *value) {
  mu_jw_array(w);
  for (size_t i = 0; i < value->list.n; i++) {
    mu_jw_str(w, value->list.at[i]);
  }
  mu_jw_end(w);
}

static void write_map(struct mu_jw *w, const struct mu_value *value) {
  mu_jw_object(w);
  for (size_t i = 0; i + 1 < value->list.n; i += 2) {
    mu_jw_kstr(w, value->list.at[i], value->list.at[i + 1]);
  }
  mu_jw_end(w);
}

static void write_range(struct mu_jw *w, const struct mu_value *value) {
  mu_jw_array(w);
  mu_jw_int(w, value->range.lo);
  if (value->range.hi < 0) {
    mu_jw_null(w);
  } else {
    mu_jw_int(w, value->range.hi);
  }
  mu_jw_end(w);
}

void mu_value_write(struct mu_jw *w, const struct mu_value *value) {
  switch (value->type) {
  case MU_T_BOOL:
    mu_jw_bool(w, value->b);
    break;
  case MU_T_INT:
  case MU_T_DUR:
  case MU_T_SIZE:
    mu_jw_int(w, value->i);
    break;
  case MU_T_REAL:
    mu_jw_real(w, value->f + 0.0); /* -0 and 0 are one number, and read back as one */
    break;
  case MU_T_STR:
    mu_jw_str(w, value->s ? value->s : "");
    break;
  case MU_T_TIME:
    mu_jw_time(w, value->i);
    break;
  case MU_T_LIST:
    write_list(w, value);
    break;
  case MU_T_RANGE:
    write_range(w, value);
    break;
  case MU_T_MAP:
    write_map(w, value);
    break;
  case MU_TYPE_N_:
    mu_jw_null(w);
    break;
  }
}

char *mu_value_json(const struct mu_value *value, struct mu_arena *arena) {
  MU_STR(out, VALUE_TEXT_MAX);
  struct mu_jw w;
  mu_jw_init(&w, &out, 0);
  mu_value_write(&w, value);
  return mu_str_copy(&out, arena);
}
