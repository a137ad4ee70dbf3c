/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage of the reader: from blocks of 64 bytes to the positions of what matters
 * (brackets, commas, colons, quotes, the first byte of each number and literal). The method is that
 * of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019), with the closing quotes
 * indexed too, so that the length of a string is known without looking at it. What the processor
 * has is asked for when it runs (jsonin_simd.h). Control characters and bad UTF-8 are found on the
 * way. */
#include <string.h>

#include "base/jsonin.h"
#include "base/jsonin_simd.h"

/* Which bytes stand behind an odd run of backslashes. */
static inline uint64_t find_escaped(struct mu_jsonin_carry *carry, uint64_t backslash) {
  const uint64_t even = UINT64_C(0x5555555555555555);
  uint64_t before = carry->escaped, on_even = 0;
  if (!backslash) {
    carry->escaped = 0;
    return before;
  }
  carry->escapes = true;
  backslash &= ~before;
  uint64_t follows = backslash << 1 | before;
  uint64_t odd_starts = backslash & ~even & ~follows;
  carry->escaped = __builtin_add_overflow(odd_starts, backslash, &on_even);
  return (even ^ (on_even << 1)) & follows;
}

static void fail_at(struct mu_jsonin *in, size_t at, const char *what) {
  if (!in->what || at < in->what_at) {
    in->what = what;
    in->what_at = at;
  }
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Only called for blocks with a
 * byte above 0x7f. */
static void check_utf8(struct mu_jsonin *in, const char *block, size_t base) {
  for (size_t i = 0; i < 64; i++) {
    unsigned char c = (unsigned char)block[i];
    if (in->utf8_left) {
      if ((c & 0xc0) != 0x80) {
        fail_at(in, base + i, "a UTF-8 sequence is cut short");
        in->utf8_left = 0;
        continue;
      }
      in->utf8_code = in->utf8_code << 6 | (c & 0x3f);
      if (--in->utf8_left == 0 && (in->utf8_code < in->utf8_min || in->utf8_code > 0x10ffff ||
                                   (in->utf8_code >= 0xd800 && in->utf8_code <= 0xdfff))) {
        fail_at(in, base + i, "a UTF-8 sequence that stands for no character");
      }
    } else if (c >= 0x80) {
      in->utf8_left = c >= 0xf0 && c <= 0xf4  ? 3
                      : c >= 0xe0 && c < 0xf0 ? 2
                      : c >= 0xc2 && c < 0xe0 ? 1
                                              : 0;
      if (!in->utf8_left) {
        fail_at(in, base + i, "a byte that is not UTF-8");
      }
      in->utf8_min = in->utf8_left == 3 ? 0x10000 : in->utf8_left == 2 ? 0x800 : 0x80;
      in->utf8_code = c & (0x3fU >> in->utf8_left);
    }
  }
}

/* Line ends and tabs may stand between tokens; no control character may stand in a string, and no
 * other one anywhere. */
static void check_controls(struct mu_jsonin *in, const char *block, size_t base, uint64_t control,
                           uint64_t inside) {
  for (; control; control &= control - 1) {
    unsigned at = (unsigned)__builtin_ctzll(control);
    if (inside >> at & 1) {
      fail_at(in, base + at, "a control character inside a string");
      return;
    }
    if (block[at] != '\n' && block[at] != '\r' && block[at] != '\t') {
      fail_at(in, base + at, "a control character");
      return;
    }
  }
}

/* One window for each instruction set: jsonin_window.h is written once. */
#define MU_WINDOW window_plain
#define MU_TARGET
#define MU_CLASSIFY classify_plain
#define MU_PARITY parity_plain
#define MU_WRITE write_plain
#include "base/jsonin_window.h"

#if defined(__x86_64__)
#define MU_WINDOW window_sse2
#define MU_TARGET
#define MU_CLASSIFY classify_sse2
#define MU_PARITY parity_plain
#define MU_WRITE write_plain
#include "base/jsonin_window.h"

#define MU_WINDOW window_avx2
#define MU_TARGET MU_AVX2
#define MU_CLASSIFY classify_avx2
#define MU_PARITY parity_avx2
#define MU_WRITE write_avx2
#include "base/jsonin_window.h"

#define MU_WINDOW window_avx512
#define MU_TARGET MU_AVX512
#define MU_CLASSIFY classify_avx512
#define MU_PARITY parity_avx2
#define MU_WRITE write_avx512
#include "base/jsonin_window.h"

#elif defined(__aarch64__) && defined(__ARM_NEON)
#define MU_WINDOW window_neon
#define MU_TARGET
#define MU_CLASSIFY classify_neon
#define MU_PARITY parity_plain
#define MU_WRITE write_plain
#include "base/jsonin_window.h"
#endif

bool mu_jsonin_has(enum mu_jsonin_by by) {
  switch (by) {
  case MU_JSONIN_PLAIN:
    return true;
#if defined(__x86_64__)
  case MU_JSONIN_SSE2:
    return true;
  case MU_JSONIN_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul");
  case MU_JSONIN_AVX512:
    return mu_jsonin_has(MU_JSONIN_AVX2) && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi2");
#elif defined(__aarch64__) && defined(__ARM_NEON)
  case MU_JSONIN_NEON:
    return true;
#endif
  default:
    return false;
  }
}

enum mu_jsonin_by mu_jsonin_best(void) {
  static const enum mu_jsonin_by best_first[] = {MU_JSONIN_AVX512, MU_JSONIN_AVX2, MU_JSONIN_SSE2,
                                                 MU_JSONIN_NEON, MU_JSONIN_PLAIN};
  size_t i = 0;
  while (!mu_jsonin_has(best_first[i])) {
    i++;
  }
  return best_first[i];
}

static inline uint32_t window(struct mu_jsonin *in, size_t end) {
  switch (in->by) {
#if defined(__x86_64__)
  case MU_JSONIN_SSE2:
    return window_sse2(in, end);
  case MU_JSONIN_AVX2:
    return window_avx2(in, end);
  case MU_JSONIN_AVX512:
    return window_avx512(in, end);
#elif defined(__aarch64__) && defined(__ARM_NEON)
  case MU_JSONIN_NEON:
    return window_neon(in, end);
#endif
  default:
    return window_plain(in, end);
  }
}

/* Fills the index with the next window that holds anything. */
bool mu_jsonin_scan(struct mu_jsonin *in) {
  uint32_t have = 0;
  while (have == 0 && in->scanned < in->n) {
    size_t left = in->n - in->scanned;
    size_t end = in->scanned + (left < MU_JSONIN_WINDOW ? left : MU_JSONIN_WINDOW);
    have = window(in, end);
    in->scanned = end;
  }
  if (in->breathe && in->scanned - in->breathed > MU_JSONIN_BREATH) {
    in->breathed = in->scanned;
    in->breathe(in->breathe_ctx);
  }
  in->i = 0;
  in->have = have;
  return have > 0;
}
