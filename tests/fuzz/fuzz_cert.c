/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the PEM text of a certificate, and as base64: read, or refused; decoded bytes stay
 * within the room that was promised. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/base64.h"
#include "base/err.h"
#include "drift/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  unsigned char *bytes = malloc(MU_BASE64_ROOM(size));
  MU_ASSERT(text && bytes);
  memcpy(text, data, size);
  text[size] = '\0';
  int64_t ms = 0;
  (void)mu_cert_not_after(text, &ms);
  size_t n = mu_base64_decode(text, size, bytes);
  MU_ASSERT(n == SIZE_MAX || n <= size / 4 * 3 + 3);
  free(bytes);
  free(text);
  return 0;
}
