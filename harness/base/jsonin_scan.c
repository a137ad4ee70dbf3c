/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage of the reader: from blocks of 64 bytes to the positions of what matters
 * (brackets, commas, colons, quotes, the first byte of each number and literal). The method is that
 * of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019), with the closing quotes
 * indexed too, so that the length of a string is known without looking at it. SSE2, which every
 * x86-64 has, or AVX2 where the processor has it; elsewhere plain C does the same, slower. Control
 * characters and bad UTF-8 are found on the way. */
#include <string.h>

#include "base/jsonin.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

struct masks {
  uint64_t quote, backslash, op, space, control, high; /* control: below 0x20, line ends included */
};

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline void classify_avx2(const char *block,
                                                                 struct masks *m) {
  const __m256i fold = _mm256_set1_epi8(0x20);
  *m = (struct masks){0};
  for (int i = 0; i < 2; i++) {
    __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32 * i));
    __m256i folded = _mm256_or_si256(c, fold);
    __m256i op = _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(folded, _mm256_set1_epi8('{')),
                                                 _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('}'))),
                                 _mm256_or_si256(_mm256_cmpeq_epi8(c, _mm256_set1_epi8(':')),
                                                 _mm256_cmpeq_epi8(c, _mm256_set1_epi8(','))));
    __m256i space = _mm256_cmpeq_epi8(_mm256_min_epu8(c, fold), c);
    __m256i control = _mm256_andnot_si256(_mm256_cmpeq_epi8(c, fold), space);
    m->quote |=
        (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('"')))
        << (32 * i);
    m->backslash |=
        (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('\\')))
        << (32 * i);
    m->op |= (uint64_t)(unsigned)_mm256_movemask_epi8(op) << (32 * i);
    m->space |= (uint64_t)(unsigned)_mm256_movemask_epi8(space) << (32 * i);
    m->control |= (uint64_t)(unsigned)_mm256_movemask_epi8(control) << (32 * i);
    m->high |= (uint64_t)(unsigned)_mm256_movemask_epi8(c) << (32 * i);
  }
}
#endif

#if defined(__SSE2__)
static inline void classify(const char *block, struct masks *m) {
  *m = (struct masks){0};
  const __m128i fold = _mm_set1_epi8(0x20);
  for (int i = 0; i < 4; i++) {
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
    __m128i folded = _mm_or_si128(c, fold); /* [ and { differ by this bit, ] and } too */
    __m128i op = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
                     _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'))),
        _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(':')), _mm_cmpeq_epi8(c, _mm_set1_epi8(','))));
    __m128i space = _mm_cmpeq_epi8(_mm_min_epu8(c, fold), c); /* c <= 0x20 */
    __m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(c, fold), space);
    m->quote |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')))
                << (16 * i);
    m->backslash |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('\\')))
                    << (16 * i);
    m->op |= (uint64_t)(unsigned)_mm_movemask_epi8(op) << (16 * i);
    m->space |= (uint64_t)(unsigned)_mm_movemask_epi8(space) << (16 * i);
    m->control |= (uint64_t)(unsigned)_mm_movemask_epi8(control) << (16 * i);
    m->high |= (uint64_t)(unsigned)_mm_movemask_epi8(c) << (16 * i);
  }
}
#else
static inline void classify(const char *block, struct masks *m) {
  *m = (struct masks){0};
  for (int i = 0; i < 64; i++) {
    unsigned char c = (unsigned char)block[i];
    uint64_t bit = UINT64_C(1) << i;
    m->quote |= c == '"' ? bit : 0;
    m->backslash |= c == '\\' ? bit : 0;
    m->op |= c == ':' || c == ',' || (c | 0x20) == '{' || (c | 0x20) == '}' ? bit : 0;
    m->space |= c <= 0x20 ? bit : 0;
    m->control |= c < 0x20 ? bit : 0;
    m->high |= c >= 0x80 ? bit : 0;
  }
}
#endif

/* Bit i: is the number of set bits up to and with i odd? From quotes to "inside a string". */
static inline uint64_t prefix_xor(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

/* Which bytes stand behind an odd run of backslashes. */
static inline uint64_t find_escaped(struct mu_jsonin *in, uint64_t backslash) {
  const uint64_t even = UINT64_C(0x5555555555555555);
  if (!backslash) {
    uint64_t escaped = in->escaped;
    in->escaped = 0;
    return escaped;
  }
  in->escapes = true;
  backslash &= ~in->escaped;
  uint64_t follows = backslash << 1 | in->escaped;
  uint64_t odd_starts = backslash & ~even & ~follows;
  uint64_t on_even = 0;
  in->escaped = __builtin_add_overflow(odd_starts, backslash, &on_even);
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

#define MU_WINDOW window_plain
#define MU_TARGET
#define MU_CLASSIFY classify
#include "base/jsonin_window.h"
#undef MU_WINDOW
#undef MU_TARGET
#undef MU_CLASSIFY

#if defined(__x86_64__)
#define MU_WINDOW window_avx2
#define MU_TARGET __attribute__((target("avx2,bmi")))
#define MU_CLASSIFY classify_avx2
#include "base/jsonin_window.h"
#undef MU_WINDOW
#undef MU_TARGET
#undef MU_CLASSIFY

static inline bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#endif

/* Fills the index with the next window that holds anything. */
bool mu_jsonin_scan(struct mu_jsonin *in) {
  uint32_t have = 0;
  while (have == 0 && in->scanned < in->n) {
    size_t left = in->n - in->scanned;
    size_t end = in->scanned + (left < MU_JSONIN_WINDOW ? left : MU_JSONIN_WINDOW);
#if defined(__x86_64__)
    have = has_avx2() ? window_avx2(in, end) : window_plain(in, end);
#else
    have = window_plain(in, end);
#endif
    in->scanned = end;
  }
  in->i = 0;
  in->have = have;
  return have > 0;
}
