/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a deletion vector, and again as its bitmaps, with length, magic and checksum that
 * fit. */
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lake/puffin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void big32(uint8_t *out, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    out[i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t magic[] = {0xd1, 0xd3, 0x39, 0x64};
  struct mu_vector vector = {0};
  struct mu_err err = {0};
  MU_ASSERT(mu_puffin_vector_parse(data, size, &vector, &err) != 0 || vector.cardinality >= 0);
  uint8_t *framed = size < (1 << 20) ? malloc(size + 12) : NULL;
  if (framed) {
    big32(framed, (uint32_t)size + 4);
    memcpy(framed + 4, magic, sizeof magic);
    memcpy(framed + 8, data, size);
    big32(framed + 8 + size, libdeflate_crc32(0, framed + 4, size + 4));
    MU_ASSERT(mu_puffin_vector_parse(framed, size + 12, &vector, &err) != 0 ||
              vector.cardinality <= vector.last + 1);
  }
  free(framed);
  return 0;
}
