/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around and inside the tokens: encodings and log lines in front of the JSON; escapes
 * and decimal numbers in it. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonin.h"

/* ---- Opening ---- */

static size_t put_utf8(char *out, uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xc0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 0x3f));
  out[2] = (char)(0x80 | (code >> 6 & 0x3f));
  out[3] = (char)(0x80 | (code & 0x3f));
  return 4;
}

static uint32_t unit16(const unsigned char *p, bool big) {
  return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

/* RFC 2781. Two bytes become at most three. */
static int transcode(const unsigned char *p, size_t n, bool big, struct mu_arena *arena,
                     struct mu_jsonin_text *out, struct mu_err *err) {
  size_t room = 0;
  if (__builtin_mul_overflow(n / 2, (size_t)3, &room) || room > MU_JSONIN_MAX) {
    return mu_fail(err, MU_E_LIMIT, "too large: %zu bytes of UTF-16", n);
  }
  char *text = mu_arena_alloc(arena, room + 1);
  size_t used = 0;
  for (size_t i = 0; i + 1 < n; i += 2) {
    uint32_t code = unit16(p + i, big);
    if (code >= 0xd800 && code < 0xe000) {
      uint32_t low = code < 0xdc00 && i + 3 < n ? unit16(p + i + 2, big) : 0;
      if (low < 0xdc00 || low > 0xdfff) {
        return mu_fail(err, MU_E_INPUT, "byte %zu: %s text with half of a surrogate pair", i,
                       out->encoding);
      }
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i += 2;
    }
    used += put_utf8(text + used, code);
  }
  if (n % 2) {
    return mu_fail(err, MU_E_INPUT, "byte %zu: %s text with an odd number of bytes", n - 1,
                   out->encoding);
  }
  out->text = text;
  out->n = used;
  return 0;
}

/* Log lines of a wrapper: whole lines that do not start with a bracket, up to the first line that
 * does. */
static void skip_lines(struct mu_jsonin_text *out) {
  const char *p = out->text, *end = p + out->n;
  size_t lines = 0;
  while (p < end) {
    const char *q = p;
    while (q < end && (*q == ' ' || *q == '\t' || *q == '\r')) {
      q++;
    }
    if (q < end && (*q == '{' || *q == '[')) {
      const char *r = q + 1; /* "[INFO] …" and "[command]…" are log lines too */
      while (r < end && (*r == ' ' || *r == '\t' || *r == '\r' || *r == '\n')) {
        r++;
      }
      if (r < end && (*r == '"' || *r == '}' || (*q == '[' && (*r == '{' || *r == ']')))) {
        out->lines_skipped = lines;
        out->bytes_skipped += (size_t)(p - out->text);
        out->n = (size_t)(end - p);
        out->text = p;
        return;
      }
    }
    const char *line_end = memchr(p, '\n', (size_t)(end - p));
    p = line_end ? line_end + 1 : end;
    lines++;
  }
}

int mu_jsonin_open(const char *bytes, size_t n, struct mu_arena *arena, struct mu_jsonin_text *out,
                   struct mu_err *err) {
  const unsigned char *p = (const unsigned char *)bytes;
  struct mu_jsonin_text text = {.text = bytes, .n = n, .encoding = "UTF-8"};
  bool utf16 = false, big = false;
  size_t mark = 0;
  if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
    utf16 = true;
    big = p[0] == 0xfe;
    mark = 2;
  } else if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
    mark = 3;
  } else if (n >= 4 && (p[0] == 0) != (p[1] == 0) && (p[0] == 0) == (p[2] == 0) &&
             (p[1] == 0) == (p[3] == 0)) {
    utf16 = true; /* no mark, but every other byte is NUL */
    big = p[0] == 0;
  }
  if (n > MU_JSONIN_MAX) {
    return mu_fail(err, MU_E_LIMIT, "too large: %zu bytes, at most %zu are read", n, MU_JSONIN_MAX);
  }
  text.text += mark;
  text.n -= mark;
  if (utf16) {
    text.encoding = big ? "UTF-16BE" : "UTF-16LE";
    if (transcode(p + mark, n - mark, big, arena, &text, err) != 0) {
      return -1;
    }
  } else {
    text.bytes_skipped = mark;
  }
  skip_lines(&text);
  *out = text;
  return 0;
}

/* ---- Strings ---- */

static int hex4(const char *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    char c = p[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0) {
      return -1;
    }
    value = value << 4 | digit;
  }
  return value;
}

/* One character of `raw` at *i, decoded into `out` (at most 4 bytes); 0 for a bad escape. */
static size_t decode_one(const char *raw, size_t n, size_t *i, char out[4]) {
  if (raw[*i] != '\\') {
    out[0] = raw[(*i)++];
    return 1;
  }
  if (n - *i < 2) {
    return 0;
  }
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  char c = raw[*i + 1];
  const char *plain = c ? strchr(from, c) : NULL;
  if (plain) {
    out[0] = to[plain - from];
    *i += 2;
    return 1;
  }
  int unit = c == 'u' && n - *i >= 6 ? hex4(raw + *i + 2) : -1;
  if (unit < 0) {
    return 0;
  }
  *i += 6;
  uint32_t code = (uint32_t)unit;
  if (code >= 0xd800 && code < 0xe000) {
    int low = code < 0xdc00 && n - *i >= 6 && raw[*i] == '\\' && raw[*i + 1] == 'u'
                  ? hex4(raw + *i + 2)
                  : -1;
    if (low >= 0xdc00 && low <= 0xdfff) {
      code = 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
      *i += 6;
    } else {
      code = 0xfffd;
    }
  }
  return put_utf8(out, code);
}

size_t mu_jsonin_decode(const char *raw, size_t n, char *out) {
  size_t used = 0;
  for (size_t i = 0; i < n;) {
    const char *slash = memchr(raw + i, '\\', n - i);
    size_t plain = slash ? (size_t)(slash - raw) - i : n - i;
    memmove(out + used, raw + i, plain);
    used += plain;
    i += plain;
    if (i < n) {
      char piece[4];
      size_t got = decode_one(raw, n, &i, piece);
      if (got == 0) {
        return SIZE_MAX;
      }
      memcpy(out + used, piece, got);
      used += got;
    }
  }
  return used;
}

char *mu_jsonin_copy(const char *raw, size_t n, struct mu_arena *arena) {
  char *out = mu_arena_alloc(arena, n + 1);
  size_t used = mu_jsonin_decode(raw, n, out);
  if (used == SIZE_MAX) {
    return NULL;
  }
  out[used] = '\0';
  return out;
}

int mu_jsonin_str_cmp(const char *a, size_t a_n, const char *b, size_t b_n) {
  size_t both = a_n < b_n ? a_n : b_n;
  if (!memchr(a, '\\', a_n) && !memchr(b, '\\', b_n)) {
    int order = both ? memcmp(a, b, both) : 0;
    return order ? order : (a_n > b_n) - (a_n < b_n);
  }
  char left[4] = {0}, right[4] = {0};
  size_t i = 0, j = 0, left_n = 0, right_n = 0, left_i = 0, right_i = 0;
  for (;;) {
    if (left_i == left_n) {
      left_i = 0;
      left_n = i < a_n ? decode_one(a, a_n, &i, left) : 0;
    }
    if (right_i == right_n) {
      right_i = 0;
      right_n = j < b_n ? decode_one(b, b_n, &j, right) : 0;
    }
    if (left_i == left_n || right_i == right_n) {
      return (left_i < left_n) - (right_i < right_n);
    }
    unsigned char x = (unsigned char)left[left_i++], y = (unsigned char)right[right_i++];
    if (x != y) {
      return x < y ? -1 : 1;
    }
  }
}

/* ---- Numbers ---- */

/* A decimal as its digits (without zeros in front and behind) times ten to the `exponent`. */
struct decimal {
  bool negative;
  const char *first, *end; /* digits, with at most one point among them */
  size_t digits;
  int64_t exponent;
};

static struct decimal decimal(const char *text, size_t n) {
  struct decimal d = {0};
  const char *end = text + n, *p = text;
  d.negative = *p == '-';
  p += d.negative;
  const char *mantissa_end = p;
  while (mantissa_end < end && *mantissa_end != 'e' && *mantissa_end != 'E') {
    mantissa_end++;
  }
  int64_t exponent = 0;
  if (mantissa_end < end) {
    const char *q = mantissa_end + 1;
    bool minus = q < end && *q == '-';
    q += q < end && (*q == '-' || *q == '+');
    for (; q < end; q++) { /* saturates: far beyond any number of digits that fits in a text */
      exponent = exponent > INT64_MAX / 100 ? exponent : exponent * 10 + (*q - '0');
    }
    exponent = minus ? -exponent : exponent;
  }
  const char *point = memchr(p, '.', (size_t)(mantissa_end - p));
  const char *last = mantissa_end;
  while (p < last && (*p == '0' || *p == '.')) {
    p++;
  }
  while (last > p && (last[-1] == '0' || last[-1] == '.')) {
    last--;
  }
  d.first = p;
  d.end = last;
  d.digits = (size_t)(last - p) - (point && point >= p && point < last ? 1 : 0);
  if (d.digits == 0) {
    return (struct decimal){.first = p, .end = p}; /* zero has no sign here */
  }
  /* Scale of the last digit kept. */
  const char *ones_end = point ? point : mantissa_end;
  int64_t scale = last <= ones_end ? (int64_t)(ones_end - last) : -(int64_t)(last - ones_end - 1);
  d.exponent = exponent + scale;
  return d;
}

bool mu_jsonin_num_eq(const char *a, size_t a_n, const char *b, size_t b_n) {
  if (a_n == b_n && memcmp(a, b, a_n) == 0) {
    return true;
  }
  struct decimal x = decimal(a, a_n), y = decimal(b, b_n);
  if (x.negative != y.negative || x.digits != y.digits || x.exponent != y.exponent) {
    return false;
  }
  const char *p = x.first, *q = y.first;
  for (size_t i = 0; i < x.digits; i++, p++, q++) {
    p += *p == '.';
    q += *q == '.';
    if (*p != *q) {
      return false;
    }
  }
  return true;
}
