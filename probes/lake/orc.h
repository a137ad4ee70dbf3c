/* SPDX-License-Identifier: Apache-2.0 */
/* The tail of an ORC file (ORC specification v1, "File Tail"): how many rows its footer says it
 * has. Pure; borrows the bytes for the call. */
#ifndef MU_LAKE_ORC_H
#define MU_LAKE_ORC_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_err;

struct mu_orc_tail {
  int64_t rows;  /* as the footer says, and as its stripes add up */
  size_t tail_n; /* bytes of footer, postscript and its length */
};

/* `tail` is the end of the file, or all of it. MU_E_LIMIT: the footer is longer than the tail;
 * out->tail_n says how many bytes are needed (the only output written then). MU_E_UNSUPPORTED:
 * encrypted, or compressed by LZO or LZ4. MU_E_INPUT: damaged. */
MU_CHECKED int mu_orc_tail_parse(const void *tail, size_t n, struct mu_orc_tail *out,
                                 struct mu_err *err);

#endif
