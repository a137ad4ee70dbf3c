/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the engine: what a providers schema and the types of raw states say about the order of an
 * array. */
#ifndef MU_DRIFT_SCHEMA_PRIV_H
#define MU_DRIFT_SCHEMA_PRIV_H

#include "drift/engine.h"
#include "drift/schema.h"

/* One managed type of the plan. */
struct mu_schema_type {
  const char *type; /* in the plan's text, not NUL-terminated */
  size_t n;
  const struct mu_res *res; /* the plan's resource that stands for it */
  struct mu_span block;     /* in the schema's text */
  uint32_t version;
  bool provided; /* its provider is in the schema */
  bool listed;   /* and has the type */
  bool fits;     /* and is the one that the plan was made with, as far as can be told */
};

struct mu_schema {
  const char *name;
  const char *text;
  struct mu_arena *arena;
  struct mu_schema_type *table; /* open addressing by type */
  size_t table_n, types_n, known;
  struct mu_schema_complaint {
    const char *subject, *message;
  } * complaints;
  size_t complaints_n, complaints_cap, more; /* `more` were not kept */
};

/* NULL: the schema does not answer for the type. */
const struct mu_schema_type *mu_schema_find(const struct mu_schema *schema, const char *type,
                                            size_t n);

/* A member of an object, passed over to: its span; false where there is none. */
bool mu_schema_member(struct mu_jsonin *in, const char *text, struct mu_span object,
                      struct mu_span name, const char *name_text, struct mu_span *out);

#endif
