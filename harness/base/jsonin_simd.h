/* SPDX-License-Identifier: Apache-2.0 */
/* What each of 64 bytes is, as bits, by each instruction set that knows a quick way: SSE2 (every
 * x86-64), AVX2, AVX-512, NEON (every 64-bit ARM), and plain C, eight bytes in a word. All give the
 * same bits; test_jsonin holds each against the plain one. With them the two steps that processors
 * do in one instruction: the parity of the bits below each bit, and bits written down as numbers.
 * Inside jsonin_scan.c only. */
#ifndef MU_BASE_JSONIN_SIMD_H
#define MU_BASE_JSONIN_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* Bit i is byte i. [ and {, ] and } differ by 0x20 alone, so each pair is found at once. */
struct masks {
  uint64_t quote, backslash;
  uint64_t op;             /* { } [ ] : , */
  uint64_t space, control; /* up to 0x20, below 0x20: line ends included */
  uint64_t high;           /* above 0x7f */
};

/* ---- Plain C: a word of eight bytes at a time ---- */

#define MU_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte that is zero, exactly. */
static inline uint64_t zero_bytes(uint64_t word) {
  const uint64_t low = MU_EACH_BYTE(0x7f);
  return ~(((word & low) + low) | word | low);
}

/* The top bits of eight bytes as eight bits; the first byte is the lowest. */
static inline uint64_t top_bits(uint64_t word) {
  return (word & MU_EACH_BYTE(0x80)) / 128 * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t load_word(const char *bytes) {
  uint64_t word = 0;
  for (unsigned i = 0; i < 8; i++) {
    word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
  }
  return word;
}

static inline void classify_plain(const char *block, struct masks *m) {
  *m = (struct masks){0};
  for (unsigned i = 0; i < 64; i += 8) {
    uint64_t word = load_word(block + i), folded = word | MU_EACH_BYTE(0x20);
    uint64_t op = zero_bytes(folded ^ MU_EACH_BYTE('{')) | zero_bytes(folded ^ MU_EACH_BYTE('}')) |
                  zero_bytes(word ^ MU_EACH_BYTE(':')) | zero_bytes(word ^ MU_EACH_BYTE(','));
    /* below 0x20: no bit of 0xe0 is set */
    uint64_t control = zero_bytes(word & MU_EACH_BYTE(0xe0));
    m->quote |= top_bits(zero_bytes(word ^ MU_EACH_BYTE('"'))) << i;
    m->backslash |= top_bits(zero_bytes(word ^ MU_EACH_BYTE('\\'))) << i;
    m->op |= top_bits(op) << i;
    m->space |= top_bits(control | zero_bytes(word ^ MU_EACH_BYTE(' '))) << i;
    m->control |= top_bits(control) << i;
    m->high |= top_bits(word) << i;
  }
}

/* Bit i: is the number of set bits up to and with i odd? From quotes to "inside a string". */
static inline uint64_t parity_plain(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

/* The places of the set bits, plus `base`, eight at a time: the branch is mostly foreseen. May
 * write up to seven numbers too many. Returns how many count. */
static inline uint32_t write_plain(uint32_t *out, uint32_t base, uint64_t bits) {
  const uint64_t last = UINT64_C(1) << 63; /* so that there is a bit to find when none is left */
  uint32_t n = (uint32_t)__builtin_popcountll(bits);
  for (uint32_t i = 0; i < n; i += 8) {
    for (uint32_t k = 0; k < 8; k++) {
      out[i + k] = base + (uint32_t)__builtin_ctzll(bits | last);
      bits &= bits - 1;
    }
  }
  return n;
}

/* ---- x86-64 ---- */

#if defined(__x86_64__)

static inline uint64_t bits_sse2(__m128i bytes, int i) {
  return (uint64_t)(unsigned)_mm_movemask_epi8(bytes) << (16 * i);
}

static inline void classify_sse2(const char *block, struct masks *m) {
  const __m128i fold = _mm_set1_epi8(0x20);
  *m = (struct masks){0};
  for (int i = 0; i < 4; i++) {
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
    __m128i folded = _mm_or_si128(c, fold);
    __m128i op = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
                     _mm_cmpeq_epi8(folded, _mm_set1_epi8('}'))),
        _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(':')), _mm_cmpeq_epi8(c, _mm_set1_epi8(','))));
    __m128i space = _mm_cmpeq_epi8(_mm_min_epu8(c, fold), c); /* c <= 0x20 */
    m->quote |= bits_sse2(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')), i);
    m->backslash |= bits_sse2(_mm_cmpeq_epi8(c, _mm_set1_epi8('\\')), i);
    m->op |= bits_sse2(op, i);
    m->space |= bits_sse2(space, i);
    m->control |= bits_sse2(_mm_andnot_si128(_mm_cmpeq_epi8(c, fold), space), i);
    m->high |= bits_sse2(c, i);
  }
}

#define MU_AVX2 __attribute__((target("avx2,bmi,popcnt,pclmul")))

MU_AVX2 static inline uint64_t bits_avx2(__m256i bytes, int i) {
  return (uint64_t)(unsigned)_mm256_movemask_epi8(bytes) << (32 * i);
}

MU_AVX2 static inline void classify_avx2(const char *block, struct masks *m) {
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
    m->quote |= bits_avx2(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('"')), i);
    m->backslash |= bits_avx2(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('\\')), i);
    m->op |= bits_avx2(op, i);
    m->space |= bits_avx2(space, i);
    m->control |= bits_avx2(_mm256_andnot_si256(_mm256_cmpeq_epi8(c, fold), space), i);
    m->high |= bits_avx2(c, i);
  }
}

/* A product without carries by all ones is the running parity. */
MU_AVX2 static inline uint64_t parity_avx2(uint64_t bits) {
  __m128i ones = _mm_set1_epi8((char)0xff), all = _mm_set_epi64x(0, (long long)bits);
  return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(all, ones, 0));
}

MU_AVX2 static inline uint32_t write_avx2(uint32_t *out, uint32_t base, uint64_t bits) {
  uint32_t n = (uint32_t)_mm_popcnt_u64(bits);
  for (uint32_t i = 0; i < n; i += 8) {
    for (uint32_t k = 0; k < 8; k++) {
      out[i + k] = base + (uint32_t)_tzcnt_u64(bits); /* 64 where no bit is left */
      bits &= bits - 1;
    }
  }
  return n;
}

#define MU_AVX512                                                                                  \
  __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,popcnt,pclmul")))

MU_AVX512 static inline void classify_avx512(const char *block, struct masks *m) {
  const __m512i fold = _mm512_set1_epi8(0x20);
  __m512i c = _mm512_loadu_si512((const void *)block);
  __m512i folded = _mm512_or_si512(c, fold);
  m->quote = _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('"'));
  m->backslash = _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('\\'));
  m->op = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('{')) |
          _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('}')) |
          _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8(':')) |
          _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8(','));
  m->space = _mm512_cmple_epu8_mask(c, fold);
  m->control = _mm512_cmplt_epu8_mask(c, fold);
  m->high = _mm512_movepi8_mask(c);
}

/* The numbers 0 to 63, those of the set bits moved together, then widened sixteen at a time. */
MU_AVX512 static inline uint32_t write_avx512(uint32_t *out, uint32_t base, uint64_t bits) {
  static const unsigned char numbers[64] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
      44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const __m512i bases = _mm512_set1_epi32((int)base);
  __m512i set = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512((const void *)numbers));
  uint32_t n = (uint32_t)_mm_popcnt_u64(bits);
  for (uint32_t i = 0; i < n; i += 16) {
    __m512i places = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(set));
    _mm512_storeu_si512((void *)(out + i), _mm512_add_epi32(places, bases));
    set = _mm512_shuffle_i64x2(set, set, 0x39); /* the next sixteen */
  }
  return n;
}

/* ---- 64-bit ARM ---- */

#elif defined(__aarch64__) && defined(__ARM_NEON)

/* Bytes of all ones or zeros, 64 of them, as bits: each keeps the bit of its place in its eight,
 * then neighbours are added three times. */
static inline uint64_t bits_neon(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
  static const uint8_t places[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t place = vld1q_u8(places);
  uint8x16_t ab = vpaddq_u8(vandq_u8(a, place), vandq_u8(b, place));
  uint8x16_t cd = vpaddq_u8(vandq_u8(c, place), vandq_u8(d, place));
  uint8x16_t sum = vpaddq_u8(ab, cd);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

static inline uint8x16_t op_neon(uint8x16_t c) {
  uint8x16_t folded = vorrq_u8(c, vdupq_n_u8(0x20));
  return vorrq_u8(vorrq_u8(vceqq_u8(folded, vdupq_n_u8('{')), vceqq_u8(folded, vdupq_n_u8('}'))),
                  vorrq_u8(vceqq_u8(c, vdupq_n_u8(':')), vceqq_u8(c, vdupq_n_u8(','))));
}

static inline void classify_neon(const char *block, struct masks *m) {
  const uint8_t *bytes = (const uint8_t *)(const void *)block;
  uint8x16_t v[4];
  for (unsigned i = 0; i < 4; i++) {
    v[i] = vld1q_u8(bytes + 16 * i);
  }
#define MU_BITS(test, with)                                                                        \
  bits_neon(test(v[0], vdupq_n_u8(with)), test(v[1], vdupq_n_u8(with)),                            \
            test(v[2], vdupq_n_u8(with)), test(v[3], vdupq_n_u8(with)))
  m->quote = MU_BITS(vceqq_u8, '"');
  m->backslash = MU_BITS(vceqq_u8, '\\');
  m->op = bits_neon(op_neon(v[0]), op_neon(v[1]), op_neon(v[2]), op_neon(v[3]));
  m->space = MU_BITS(vcleq_u8, 0x20);
  m->control = MU_BITS(vcltq_u8, 0x20);
  m->high = MU_BITS(vcgeq_u8, 0x80);
#undef MU_BITS
}

#endif
#endif
