/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the end of a Parquet file, and again with a length and a magic behind them that fit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lake/parquet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_parquet_footer footer = {0};
  struct mu_err err = {0};
  MU_ASSERT(mu_parquet_footer_parse(data, size, &footer, &err) != 0 || footer.rows >= 0);
  uint8_t *framed = malloc(size + 8);
  if (framed) {
    memcpy(framed, data, size);
    for (size_t i = 0; i < 4; i++) {
      framed[size + i] = (uint8_t)(size >> (8 * i));
    }
    memcpy(framed + size + 4, "PAR1", 4);
    MU_ASSERT(mu_parquet_footer_parse(framed, size + 8, &footer, &err) != 0 || footer.rows >= 0);
  }
  free(framed);
  return 0;
}
