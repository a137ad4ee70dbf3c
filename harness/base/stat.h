/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MU_BASE_STAT_H
#define MU_BASE_STAT_H

#include <stdint.h>

/* Wilson score interval (E. B. Wilson, 1927) of k in n at z standard deviations (1.96: 95 %), both
 * ends in 0..1. n <= 0: 0 to 1. */
void mu_wilson(int64_t k, int64_t n, double z, double *lo, double *hi);

#endif
