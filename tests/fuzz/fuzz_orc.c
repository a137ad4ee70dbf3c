/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the end of an ORC file, and again as its footer, with a postscript that fits and the
 * first byte as the compression. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lake/orc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t magic[] = {0x82, 0xf4, 0x03, 0x03, 'O', 'R', 'C'};
  struct mu_orc_tail tail = {0};
  struct mu_err err = {0};
  MU_ASSERT(mu_orc_tail_parse(data, size, &tail, &err) != 0 || tail.rows >= 0);
  if (size == 0 || size > (1 << 20)) {
    return 0;
  }
  size_t n = size - 1;
  uint8_t *framed = malloc(n + 32);
  if (framed) {
    uint8_t *p = framed;
    memcpy(p, data + 1, n);
    p += n;
    uint8_t *postscript = p;
    *p++ = 1 << 3;
    for (size_t v = n; *p = (uint8_t)(v & 0x7f), v >>= 7, v; p++) {
      *p |= 0x80;
    }
    p++;
    *p++ = 2 << 3;
    *p++ = data[0] % 6;
    memcpy(p, magic, sizeof magic);
    p += sizeof magic;
    *p = (uint8_t)(p - postscript);
    MU_ASSERT(mu_orc_tail_parse(framed, (size_t)(p + 1 - framed), &tail, &err) != 0 ||
              tail.rows >= 0);
  }
  free(framed);
  return 0;
}
