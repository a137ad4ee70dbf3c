/* SPDX-License-Identifier: Apache-2.0 */
/* An Avro schema, compiled to two flat arrays; private to avro.c and avro_raw.c. Everything is
 * borrowed from the arena. */
#ifndef MU_LAKE_AVRO_SCHEMA_H
#define MU_LAKE_AVRO_SCHEMA_H

#include "lake/avro.h"

struct mu_arena;

enum mu_avro_kind {
  MU_AVRO_NULL,
  MU_AVRO_BOOL,
  MU_AVRO_INT,
  MU_AVRO_LONG,
  MU_AVRO_FLOAT,
  MU_AVRO_DOUBLE,
  MU_AVRO_BYTES, /* string too */
  MU_AVRO_FIXED,
  MU_AVRO_ENUM,
  MU_AVRO_ARRAY,
  MU_AVRO_MAP,
  MU_AVRO_UNION,
  MU_AVRO_RECORD,
};

struct mu_avro_node {
  enum mu_avro_kind kind;
  bool is_empty;     /* always encodes to no byte at all */
  bool has_slot;     /* a wanted field lies below */
  bool is_pair;      /* a record of an int or long and bytes */
  bool is_date;      /* logicalType date: days since 1970 */
  int depth;         /* levels from here down */
  uint32_t varints;  /* made of just this many int and long: skipped without looking; 0: not so */
  uint32_t first, n; /* fields of a record, branches of a union, the item of an array or map */
  uint32_t size;     /* bytes of a fixed, symbols of an enum */
};

struct mu_avro_field {
  uint32_t node;
  int slot; /* index of the want, or -1 */
  const char *name;
};

struct mu_avro_schema {
  struct mu_avro_node *nodes;
  struct mu_avro_field *fields;
  size_t nodes_n, nodes_cap, fields_n, fields_cap;
  uint32_t root;
  bool has[MU_AVRO_MAX_WANTS];
  uint32_t slot_node[MU_AVRO_MAX_WANTS]; /* behind a union with null */
};

/* Errors: MU_E_INPUT not a schema, recursive, or a required field is missing or of another type;
 * MU_E_LIMIT over a cap. */
MU_CHECKED int mu_avro_schema_parse(const char *json, size_t n, const struct mu_avro_want *wants,
                                    size_t wants_n, struct mu_arena *arena,
                                    struct mu_avro_schema *out, struct mu_err *err);

/* The compiled schema of an open reader. */
const struct mu_avro_schema *mu_avro_schema_get(const struct mu_avro *avro);

/* A place in decoded bytes. */
struct mu_avro_cursor {
  const unsigned char *p, *end;
};

/* False: the bytes are not a value of that type. */
bool mu_avro_varint(struct mu_avro_cursor *c, int64_t *out);
bool mu_avro_take(struct mu_avro_cursor *c, const unsigned char **p, size_t *n);
bool mu_avro_skip(const struct mu_avro_schema *schema, uint32_t node, struct mu_avro_cursor *c);
/* The count of the next run of items of an array or map; 0 ends it. */
bool mu_avro_run(struct mu_avro_cursor *c, bool items_are_empty, uint64_t *items);

#endif
