/* SPDX-License-Identifier: Apache-2.0 */
/* The footer of a Parquet file (parquet-format, src/main/thrift/parquet.thrift, in Thrift's compact
 * protocol): how many rows it says it has. Pure; borrows the bytes for the call. Nothing recurses
 * deeper than MU_PARQUET_MAX_DEPTH. */
#ifndef MU_LAKE_PARQUET_H
#define MU_LAKE_PARQUET_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_err;

enum { MU_PARQUET_MAX_DEPTH = 16, MU_PARQUET_MAX_GROUPS = 1000000 };

struct mu_parquet_footer {
  int64_t rows; /* as the file says, and as its row groups add up */
  int64_t row_groups;
  size_t footer_n; /* bytes of the footer, with length and magic */
};

/* `tail` is the end of the file, or all of it. MU_E_LIMIT: the footer is longer than the tail;
 * out->footer_n says how many bytes are needed (the only output written then). MU_E_UNSUPPORTED:
 * encrypted. MU_E_INPUT: damaged, or the row groups do not add up. */
MU_CHECKED int mu_parquet_footer_parse(const void *tail, size_t n, struct mu_parquet_footer *out,
                                       struct mu_err *err);

#endif
