/* SPDX-License-Identifier: Apache-2.0 */
/* One window of the scanner, written once and compiled for each instruction set: jsonin_scan.c
 * includes this with MU_WINDOW (the name of the function), MU_TARGET (an attribute, or nothing) and
 * the functions of jsonin_simd.h (MU_CLASSIFY, MU_PARITY, MU_WRITE) defined; they are undefined
 * here. */

MU_TARGET static uint32_t MU_WINDOW(struct mu_jsonin *in, size_t end) {
  struct mu_jsonin_carry carry = in->carry; /* in registers meanwhile */
  char padded[64];
  uint32_t n = 0;
  for (size_t at = in->scanned; at < end; at += 64) {
    const char *block = in->text + at;
    if (end - at < 64) { /* only at the end of the text: windows are multiples of 64 */
      memset(padded, ' ', sizeof padded);
      memcpy(padded, block, end - at);
      block = padded;
    }
    struct masks m;
    MU_CLASSIFY(block, &m);
    uint64_t quote = m.quote & ~find_escaped(&carry, m.backslash);
    /* the opening quote is inside, the closing one is not */
    uint64_t inside = MU_PARITY(quote) ^ carry.in_string;
    carry.in_string = (uint64_t)0 - (inside >> 63);
    uint64_t scalar = ~(m.op | m.space | quote | inside);
    uint64_t bits = (m.op & ~inside) | quote | (scalar & ~(scalar << 1 | carry.scalar));
    carry.scalar = scalar >> 63;
    if (m.high | in->utf8_left) {
      check_utf8(in, block, at);
    }
    if (m.control) {
      check_controls(in, block, at, m.control, inside);
    }
    n += MU_WRITE(in->index + n, (uint32_t)at, bits);
  }
  in->carry = carry;
  return n;
}

#undef MU_WINDOW
#undef MU_TARGET
#undef MU_CLASSIFY
#undef MU_PARITY
#undef MU_WRITE
