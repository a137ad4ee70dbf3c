/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions, PCRE2 with match, depth and heap limits: the only file that knows pcre2. A
 * compiled expression is the caller's to free and may be matched from several threads. */
#ifndef MU_BASE_RX_H
#define MU_BASE_RX_H

#include <stddef.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;
struct mu_rx;

/* MU_E_INPUT: the pattern is wrong; the message names the offset and the reason. */
MU_CHECKED int mu_rx_new(const char *pattern, struct mu_rx **out, struct mu_err *err);
void mu_rx_free(struct mu_rx *rx);
void mu_rx_cleanup(struct mu_rx **rx);
/* 1 match, 0 no match, -1 a limit was reached (MU_E_LIMIT). *capture, if asked for, is group 1, or
 * the whole match. */
MU_CHECKED int mu_rx_match(const struct mu_rx *rx, const char *text, size_t n,
                           struct mu_arena *arena, const char **capture, struct mu_err *err);

#endif
