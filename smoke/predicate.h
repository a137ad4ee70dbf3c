/* SPDX-License-Identifier: Apache-2.0 */
/* What a fact is held against: a small tree, typed when the plan is made, so that judging cannot
 * fail on a typo. Predicates live in the arena that they were made in and are immutable; texts are
 * borrowed from it. */
#ifndef MU_SMOKE_PREDICATE_H
#define MU_SMOKE_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/fact.h"

struct mu_arena;
struct mu_err;

enum mu_op {
  MU_OP_EQ,
  MU_OP_NE,
  MU_OP_LT,
  MU_OP_LE,
  MU_OP_GT,
  MU_OP_GE,
  MU_OP_BETWEEN, /* number to high */
  MU_OP_SOURCE,  /* the fact of the source, give or take `number` (percent of it, or units) */
  MU_OP_MATCHES,
  MU_OP_CONTAINS,
  MU_OP_PRESENT,
  MU_OP_ABSENT,
  MU_OP_SET, /* a list fact: these elements, in any order */
  MU_OP_ANY,
  MU_OP_ALL,
  MU_OP_NOT, /* of parts */
};

struct mu_predicate {
  enum mu_op op;
  enum mu_type
      type;         /* of the fact; numbers of MU_T_STR are compared where both sides are numbers */
  const char *text; /* as compared: the operand without its operator */
  bool is_number;   /* number (and high) hold the operand */
  long double number,
      high; /* exact for every int64_t: 64 bits of mantissa or more on the platforms built for */
  bool percent; /* SOURCE: number is a percentage */
  const struct mu_predicate *const *parts;
  size_t n;                 /* of parts, or of items */
  const char *const *items; /* SET */
};

/* How a predicate on one fact is read. */
struct mu_predicate_kind {
  enum mu_type type;
  bool open; /* the fact's type is known only when seen (a JSON value, a header): both readings are
                allowed */
  int64_t bare_ms; /* a duration without a unit counts these (days left); 0: the unit is required */
  enum mu_op
      bare; /* the operator of an operand without one: EQ, or LE for limits such as fresher_than */
  const char *name; /* of the fact, for messages; may be NULL */
};

/* MU_E_CONFIG with what was expected. */
int mu_predicate_read(const char *text, const struct mu_predicate_kind *kind,
                      struct mu_arena *arena, const struct mu_predicate **out, struct mu_err *err);
/* `matches` and `contains`; the pattern is compiled once here, so that a wrong one is an error of
 * the plan. */
int mu_predicate_of_text(enum mu_op op, const char *text, const struct mu_predicate_kind *kind,
                         struct mu_arena *arena, const struct mu_predicate **out,
                         struct mu_err *err);
const struct mu_predicate *mu_predicate_join(enum mu_op op, const struct mu_predicate *const *parts,
                                             size_t n, struct mu_arena *arena);
const struct mu_predicate *mu_predicate_set(const char *const *items, size_t n,
                                            struct mu_arena *arena);
/* "a time such as 2026-11-22T04:00:00Z": what a predicate of this type looks like, for messages. */
const char *mu_predicate_hint(enum mu_type type);

enum mu_holds { MU_HOLDS_NOT, MU_HOLDS, MU_HOLDS_UNDECIDED };

/* actual NULL: the fact was not seen. source: the fact that SOURCE compares with; NULL where there
 * is none, which is undecided. A pattern that runs into its match limit is undecided. */
enum mu_holds mu_predicate_holds(const struct mu_predicate *predicate,
                                 const struct mu_value *actual, const struct mu_value *source);
/* Does it ask for the fact of the source anywhere; does it ask whether the fact is there at all? */
bool mu_predicate_asks_source(const struct mu_predicate *predicate);
bool mu_predicate_asks_presence(const struct mu_predicate *predicate);

#endif
