/* SPDX-License-Identifier: Apache-2.0 */
/* vsnprintf, quicker for the formats that names, paths and messages are made of: plain text, %s,
 * %d, %zu and %lld. Anything else is the C library's, and so is every result that does not fit. */
#ifndef MU_BASE_FMT_H
#define MU_BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

/* The length of the whole result, of which `out` has what fits into `cap` with its NUL. */
int mu_fmt(char *out, size_t cap, const char *fmt, va_list args) MU_PRINTF(3, 0);

#endif
