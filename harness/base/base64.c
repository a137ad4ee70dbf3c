/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <stdint.h>

static int digit(char c) {
  return c >= 'A' && c <= 'Z'   ? c - 'A'
         : c >= 'a' && c <= 'z' ? c - 'a' + 26
         : c >= '0' && c <= '9' ? c - '0' + 52
         : c == '+'             ? 62
         : c == '/'             ? 63
                                : -1;
}

size_t mu_base64_decode(const char *text, size_t n, unsigned char *out) {
  uint32_t bits = 0;
  size_t have = 0, made = 0, padding = 0, digits = 0;
  for (size_t i = 0; i < n; i++) {
    char c = text[i];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      continue;
    }
    if (c == '=') {
      padding++;
      continue;
    }
    int value = digit(c);
    if (value < 0 || padding > 0) {
      return SIZE_MAX;
    }
    bits = bits << 6 | (uint32_t)value;
    have += 6;
    digits++;
    if (have >= 8) {
      have -= 8;
      out[made++] = (unsigned char)(bits >> have);
      bits &= (UINT32_C(1) << have) - 1;
    }
  }
  /* two to four digits a group, nothing in the bits that are left over, and padding that fits */
  return digits % 4 == 1 || bits != 0 || (padding && (digits + padding) % 4 != 0) || padding > 2
             ? SIZE_MAX
             : made;
}
