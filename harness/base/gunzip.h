/* SPDX-License-Identifier: Apache-2.0 */
/* Gzip (RFC 1952) of untrusted bytes, at once and with a cap. By libdeflate, which checks sums and
 * sizes. */
#ifndef MU_BASE_GUNZIP_H
#define MU_BASE_GUNZIP_H

#include <stddef.h>

#include "base/attr.h"

struct mu_err;

/* All members of `in`, one behind the other, into *out (the caller frees). MU_E_INPUT: damaged, or
 * something stands behind the last member; MU_E_LIMIT: it inflates to more than `max` bytes. */
MU_CHECKED int mu_gunzip(const unsigned char *in, size_t n, size_t max, unsigned char **out,
                         size_t *out_n, struct mu_err *err);

#endif
