/* SPDX-License-Identifier: Apache-2.0 */
/* A fact: one thing that a probe saw. Flat and typed; its name is `<probe>.<what>`
 * (`tls.not_after`, `iceberg.rows`). Everything is borrowed from the arena of the check it belongs
 * to. Ages and "days left" are the judge's, computed from the run's one `now`. */
#ifndef MU_MODEL_FACT_H
#define MU_MODEL_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mu_arena;

enum mu_type {
  MU_T_BOOL,
  MU_T_INT,   /* .i */
  MU_T_REAL,  /* .f */
  MU_T_STR,   /* .s */
  MU_T_TIME,  /* .i, Unix milliseconds UTC */
  MU_T_DUR,   /* .i, milliseconds */
  MU_T_SIZE,  /* .i, bytes */
  MU_T_LIST,  /* .list: strings */
  MU_T_RANGE, /* .lo to .hi, both inclusive: an honest bound where an exact number cannot be had; hi
                 < 0: no upper bound */
  MU_T_MAP,   /* only in parameters: names and strings side by side in .list (name, value, name,
                 value, …) */
  MU_TYPE_N_
};

struct mu_value {
  enum mu_type type;
  union {
    bool b;
    int64_t i;
    double f;
    const char *s;
    struct {
      const char *const *at;
      size_t n;
    } list;
    struct {
      int64_t lo, hi;
    } range;
  };
};

struct mu_fact {
  const char *name;
  struct mu_value value;
  const char *unit; /* "ms", "rows", "%"; NULL: none */
  bool is_volatile; /* differs at each look; never drift */
  bool is_body;     /* large: kept for the judge, never stored or shown */
  bool is_secret;   /* shown as changed or present, never its value */
};

struct mu_facts {
  struct mu_fact *at;
  size_t n, cap;
  struct mu_arena *arena; /* where names and values live */
};

void mu_facts_init(struct mu_facts *facts, struct mu_arena *arena);
/* Each copies name and value and returns the new fact, to set unit or flags on. */
struct mu_fact *mu_fact_bool(struct mu_facts *facts, const char *name, bool value);
struct mu_fact *mu_fact_int(struct mu_facts *facts, const char *name, int64_t value,
                            const char *unit);
struct mu_fact *mu_fact_real(struct mu_facts *facts, const char *name, double value,
                             const char *unit);
struct mu_fact *mu_fact_str(struct mu_facts *facts, const char *name, const char *value);
struct mu_fact *mu_fact_strn(struct mu_facts *facts, const char *name, const char *value, size_t n);
struct mu_fact *mu_fact_time(struct mu_facts *facts, const char *name, int64_t unix_ms);
struct mu_fact *mu_fact_dur(struct mu_facts *facts, const char *name, int64_t ms);
struct mu_fact *mu_fact_size(struct mu_facts *facts, const char *name, int64_t bytes);
struct mu_fact *mu_fact_list(struct mu_facts *facts, const char *name, const char *const *at,
                             size_t n);
struct mu_fact *mu_fact_range(struct mu_facts *facts, const char *name, int64_t lo, int64_t hi,
                              const char *unit);
/* The fact of that name, or NULL. The last one where a name was added twice. */
const struct mu_fact *mu_fact_find(const struct mu_facts *facts, const char *name);

const char *mu_type_text(enum mu_type type); /* "bool", "int", "time", … */
bool mu_type_parse(const char *text, enum mu_type *out);
/* For people ("19h42m", "41 208 117", "2026-11-22T03:58:00Z"), allocated in `arena`. */
char *mu_value_text(const struct mu_value *value, const char *unit, struct mu_arena *arena);
/* As a JSON value, straight into a writer. */
struct mu_jw;
void mu_value_write(struct mu_jw *w, const struct mu_value *value);
/* As canonical JSON: times as RFC 3339 strings, durations and sizes as integers, ranges as [lo, hi]
 * (hi null: unbounded). */
char *mu_value_json(const struct mu_value *value, struct mu_arena *arena);

#endif
