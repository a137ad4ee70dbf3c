/* SPDX-License-Identifier: Apache-2.0 */
/* A deletion vector as it lies in a Puffin file (iceberg format/puffin-spec.md,
 * "deletion-vector-v1"): length, magic, a 64-bit Roaring bitmap in its portable form
 * (RoaringFormatSpec), CRC-32. Pure; borrows the bytes for the call. */
#ifndef MU_LAKE_PUFFIN_H
#define MU_LAKE_PUFFIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_err;

struct mu_vector {
  int64_t cardinality; /* positions in it */
  int64_t last;        /* the greatest of them; -1: none */
};

/* `blob` is content_size_in_bytes bytes from content_offset on. MU_E_INPUT: damaged; the checksum
 * is verified. */
MU_CHECKED int mu_puffin_vector_parse(const void *blob, size_t n, struct mu_vector *out,
                                      struct mu_err *err);

#endif
