/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded, forward-only reader of Avro object container files (Avro 1.12 specification, "Object
 * Container Files") whose schema carries Iceberg's field ids (Iceberg table specification, appendix
 * A): values are found by id, never by name or order. Untrusted bytes: every size, count and depth
 * has a cap below, nothing recurses deeper than the schema, and a recursive schema is refused. A
 * reader belongs to the caller until mu_avro_close(); it borrows the file's bytes and the wants. */
#ifndef MU_LAKE_AVRO_H
#define MU_LAKE_AVRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_avro;
struct mu_err;
struct mu_str;

enum {
  MU_AVRO_MAX_HEADER = 16 * 1024 * 1024, /* header metadata, bytes */
  MU_AVRO_MAX_KEYS = 64,                 /* header metadata, entries */
  MU_AVRO_MAX_NODES = 8192,              /* types in a schema */
  MU_AVRO_MAX_DEPTH = 24,                /* levels of a schema */
  MU_AVRO_MAX_WANTS = 32,
  MU_AVRO_ROOT = -1, /* the parent of a field of the outermost record */
};

enum mu_avro_as {
  MU_AVRO_AS_LONG,  /* int or long */
  MU_AVRO_AS_BYTES, /* string, bytes or fixed */
  MU_AVRO_AS_RAW,   /* anything, kept encoded for the mu_avro_raw_ functions */
};

/* A field to hand out: its id, and the id of the field whose record it stands in. May be a union
 * with null. */
struct mu_avro_want {
  int parent, id;
  enum mu_avro_as as;
  bool required; /* the schema must have it; its value may still be null unless the union leaves no
                    way */
};

/* A value of the current row, in the order of the wants; borrowed until the next mu_avro_next(). */
struct mu_avro_value {
  bool is_set; /* false: null, or not in the schema */
  int64_t i;   /* MU_AVRO_AS_LONG */
  const unsigned char *p;
  size_t n;
};

/* Reads the header and compiles the schema. Errors: MU_E_INPUT damaged or a required field is
 * missing, MU_E_LIMIT over a cap, MU_E_UNSUPPORTED a codec or type that cannot be read. */
MU_CHECKED int mu_avro_open(const void *bytes, size_t n, const struct mu_avro_want *wants,
                            size_t wants_n, struct mu_avro **out, struct mu_err *err);
void mu_avro_close(struct mu_avro *avro); /* NULL is fine */
void mu_avro_cleanup(struct mu_avro **avro);

/* Header metadata ("avro.codec", "partition-spec-id", …); NULL: not there. Not NUL-terminated. */
const char *mu_avro_meta(const struct mu_avro *avro, const char *key, size_t *n);
/* The same as a decimal number, or `otherwise`. */
int64_t mu_avro_meta_int(const struct mu_avro *avro, const char *key, int64_t otherwise);
/* Does the schema have the field of wants[slot]? */
bool mu_avro_has(const struct mu_avro *avro, size_t slot);

/* 1: `values` (wants_n of them) hold the next row. 0: the end of the file was reached, whole. -1:
 * damaged. */
MU_CHECKED int mu_avro_next(struct mu_avro *avro, struct mu_avro_value *values, struct mu_err *err);

/* Raw values. A map from int or long to bytes or string, written as an array of pairs: the value of
 * `key`, or false. */
bool mu_avro_raw_get(const struct mu_avro *avro, size_t slot, const struct mu_avro_value *value,
                     int64_t key, const unsigned char **p, size_t *n);
/* The same bytes for the same value whatever the order of the union's branches or the width of its
 * integers: to compare partitions of manifests with different schemas. */
void mu_avro_raw_canon(const struct mu_avro *avro, size_t slot, const struct mu_avro_value *value,
                       struct mu_str *out);
/* A record as "name=value, …", for people. */
void mu_avro_raw_text(const struct mu_avro *avro, size_t slot, const struct mu_avro_value *value,
                      struct mu_str *out);

#endif
