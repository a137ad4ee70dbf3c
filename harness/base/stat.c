/* SPDX-License-Identifier: Apache-2.0 */
/* How far a measured share can be trusted. */
#include "base/stat.h"

#include <math.h>

void mu_wilson(int64_t k, int64_t n, double z, double *lo, double *hi) {
  if (n <= 0) {
    *lo = 0;
    *hi = 1;
    return;
  }
  double p = (double)k / (double)n, m = (double)n;
  double centre = p + z * z / (2 * m), width = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
  double scale = 1 + z * z / m;
  *lo = k <= 0 ? 0 : fmax(0, (centre - width) / scale);
  *hi = k >= n ? 1 : fmin(1, (centre + width) / scale);
}
