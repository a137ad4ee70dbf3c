/* SPDX-License-Identifier: Apache-2.0 */
/* A row as a list of steps: what to take out and what to pass over, in the order of the bytes. The
 * schema is walked once a file instead of once a row; private to the Avro reader. Lives in the
 * arena of the file. */
#ifndef MU_LAKE_AVRO_ROW_H
#define MU_LAKE_AVRO_ROW_H

#include "lake/avro_schema.h"

struct mu_avro_step {
  unsigned char op;
  bool is_optional;              /* a union of null and what the step is about: */
  unsigned char absent, present; /* the branches, as they are written */
  unsigned char slot;
  uint32_t n; /* a node, or how many */
};

struct mu_avro_row {
  const struct mu_avro_step *steps;
  size_t n;
};

/* MU_E_LIMIT: a type used over and over makes too many steps. */
MU_CHECKED int mu_avro_row_compile(const struct mu_avro_schema *schema,
                                   const struct mu_avro_want *wants, struct mu_arena *arena,
                                   struct mu_avro_row *out, struct mu_err *err);
/* False: the bytes are not a row. The caller has cleared the values. */
bool mu_avro_row_read(const struct mu_avro_row *row, const struct mu_avro_schema *schema,
                      struct mu_avro_cursor *cursor, struct mu_avro_value *values);

#endif
