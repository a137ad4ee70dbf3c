/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fmt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 24 };

struct writer {
  char *at, *last; /* last: where the NUL goes at the latest */
};

static bool put(struct writer *w, const char *text, size_t n) {
  if (n > (size_t)(w->last - w->at)) {
    return false;
  }
  memcpy(w->at, text, n);
  w->at += n;
  return true;
}

static bool put_number(struct writer *w, uint64_t magnitude, bool negative) {
  char digits[DIGITS];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude > 0);
  if (negative) {
    digits[--at] = '-';
  }
  return put(w, digits + at, sizeof digits - at);
}

static bool put_signed(struct writer *w, int64_t number) {
  return put_number(w, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

/* false: there is more in it than the header says, or it does not fit. */
static bool put_all(struct writer *w, const char *fmt, va_list args) {
  bool good = true;
  while (*fmt && good) {
    size_t plain = strcspn(fmt, "%");
    good = put(w, fmt, plain);
    fmt += plain;
    if (*fmt == '\0' || !good) {
      break;
    }
    if (fmt[1] == 's') {
      const char *text = va_arg(args, const char *);
      good = text && put(w, text, strlen(text));
      fmt += 2;
    } else if (fmt[1] == 'd') {
      good = put_signed(w, va_arg(args, int));
      fmt += 2;
    } else if (fmt[1] == 'z' && fmt[2] == 'u') {
      good = put_number(w, va_arg(args, size_t), false);
      fmt += 3;
    } else if (fmt[1] == 'l' && fmt[2] == 'l' && fmt[3] == 'd') {
      good = put_signed(w, va_arg(args, long long));
      fmt += 4;
    } else {
      good = false;
    }
  }
  return good;
}

int mu_fmt(char *out, size_t cap, const char *fmt, va_list args) {
  struct writer w = {out, out + cap - 1};
  va_list again;
  va_copy(again, args);
  bool done = put_all(&w, fmt, again);
  va_end(again);
  if (!done) {
    return vsnprintf(out, cap, fmt, args);
  }
  *w.at = '\0';
  return (int)(w.at - out);
}
