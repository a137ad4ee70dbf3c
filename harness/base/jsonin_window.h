/* SPDX-License-Identifier: Apache-2.0 */
/* One window of the scanner, written once and compiled for each instruction set: jsonin_scan.c
 * includes this with MU_WINDOW (the name of the function), MU_TARGET (an attribute, or nothing) and
 * MU_CLASSIFY (the function that classifies 64 bytes) defined. */

MU_TARGET static uint32_t MU_WINDOW(struct mu_jsonin *in, size_t end) {
  uint32_t n = 0;
  for (size_t at = in->scanned; at < end; at += 64) {
    char padded[64];
    const char *block = in->text + at;
    if (end - at < 64) { /* only at the end of the text: windows are multiples of 64 */
      memset(padded, ' ', sizeof padded);
      memcpy(padded, block, end - at);
      block = padded;
    }
    struct masks m;
    MU_CLASSIFY(block, &m);
    uint64_t quote = m.quote & ~find_escaped(in, m.backslash);
    uint64_t inside =
        prefix_xor(quote) ^ in->in_string; /* the opening quote is inside, the closing one is not */
    in->in_string = (uint64_t)0 - (inside >> 63);
    uint64_t scalar = ~(m.op | m.space | quote | inside);
    uint64_t bits = (m.op & ~inside) | quote | (scalar & ~(scalar << 1 | in->scalar));
    in->scalar = scalar >> 63;
    if (m.high | in->utf8_left) {
      check_utf8(in, block, at);
    }
    if (m.control) {
      check_controls(in, block, at, m.control, inside);
    }
    for (uint32_t *out = in->index + n; bits; bits &= bits - 1) {
      *out++ = (uint32_t)at + (uint32_t)__builtin_ctzll(bits);
      n++;
    }
  }
  return n;
}
