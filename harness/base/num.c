/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, durations and sizes. Everything is checked for overflow; nothing depends on the
 * locale. */
#define _GNU_SOURCE /* strtod_l */
#include "base/num.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int mu_num_parse_u64(const char *text, uint64_t *out) {
  uint64_t value = 0;
  if (!*text) {
    return -1;
  }
  for (; *text; text++) {
    if (!is_digit(*text) || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
        __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value)) {
      return -1;
    }
  }
  *out = value;
  return 0;
}

int mu_num_parse_i64(const char *text, int64_t *out) {
  bool negative = *text == '-';
  uint64_t size = 0;
  if (mu_num_parse_u64(text + negative, &size) != 0 || size > (uint64_t)INT64_MAX + negative) {
    return -1;
  }
  if (!negative) {
    *out = (int64_t)size;
  } else {
    *out = size > INT64_MAX ? INT64_MIN : -(int64_t)size;
  }
  return 0;
}

static const char *skip_digits(const char *s) {
  while (is_digit(*s)) {
    s++;
  }
  return s;
}

/* -?digits[.digits][e[+-]digits], and nothing else: what strtod reads beyond that is refused
 * here. */
static bool is_decimal(const char *s) {
  s += *s == '-';
  const char *end = skip_digits(s);
  if (end == s) {
    return false;
  }
  if (*end == '.') {
    s = end + 1;
    end = skip_digits(s);
    if (end == s) {
      return false;
    }
  }
  if (*end == 'e' || *end == 'E') {
    s = end + 1;
    s += *s == '-' || *s == '+';
    end = skip_digits(s);
    if (end == s) {
      return false;
    }
  }
  return *end == '\0';
}

int mu_num_parse_f64(const char *text, double *out) {
  if (!is_decimal(text)) {
    return -1;
  }
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) {
    return -1;
  }
  double value = strtod_l(text, NULL, c_locale);
  freelocale(c_locale);
  if (!isfinite(value)) {
    return -1;
  }
  *out = value;
  return 0;
}

struct unit {
  const char *name;
  uint64_t size;
};

/* digits[.digits] at *text times the unit named behind it; only exact results. Moves
 * *text behind both. */
static int parse_amount(const char **text, const struct unit *units, size_t n_units,
                        const struct unit **found, bool *whole, uint64_t *amount) {
  const char *digits = *text, *end = skip_digits(digits);
  uint64_t count = 0, fraction = 0, scale = 1, value = 0;
  for (const char *p = digits; p < end; p++) {
    if (__builtin_mul_overflow(count, (uint64_t)10, &count) ||
        __builtin_add_overflow(count, (uint64_t)(*p - '0'), &count)) {
      return -1;
    }
  }
  *whole = *end != '.';
  if (end == digits) {
    return -1;
  }
  if (!*whole) {
    const char *from = ++end;
    end = skip_digits(from);
    if (end == from || end - from > 9) {
      return -1;
    }
    for (; from < end; from++) {
      fraction = fraction * 10 + (uint64_t)(*from - '0');
      scale *= 10;
    }
  }
  size_t n = strcspn(end, "0123456789.");
  *found = NULL;
  for (size_t i = 0; i < n_units; i++) {
    if (strlen(units[i].name) == n && memcmp(units[i].name, end, n) == 0) {
      *found = &units[i];
    }
  }
  uint64_t part = 0;
  if (!*found || __builtin_mul_overflow(count, (*found)->size, &value) ||
      __builtin_mul_overflow(fraction, (*found)->size, &part) || part % scale != 0 ||
      __builtin_add_overflow(value, part / scale, &value)) {
    return -1;
  }
  *amount = value;
  *text = end + n;
  return 0;
}

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

int mu_dur_parse(const char *text, int64_t *ms) {
  static const struct unit units[] = {
      {"w", (uint64_t)7 * DAY}, {"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1}};
  const struct unit *last = NULL;
  uint64_t total = 0;
  bool whole = true;
  do {
    const struct unit *unit = NULL;
    uint64_t amount = 0;
    if (!whole || /* a fraction belongs to the smallest unit */
        parse_amount(&text, units, MU_LEN(units), &unit, &whole, &amount) != 0 ||
        (last && unit->size >= last->size) || __builtin_add_overflow(total, amount, &total)) {
      return -1;
    }
    last = unit;
  } while (*text);
  if (total > INT64_MAX) {
    return -1;
  }
  *ms = (int64_t)total;
  return 0;
}

static uint64_t magnitude(int64_t v) {
  return v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
}

static uint64_t round_to(uint64_t v, uint64_t step, bool up) {
  uint64_t rest = v % step;
  return rest && up ? v - rest + step : v - rest;
}

/* Two units; the second is left out where it is zero. Days only from three on: "25h10m" compares
 * with "24h" at a glance. */
void mu_dur_text(int64_t ms, bool up, char out[MU_DUR_TEXT]) {
  const char *sign = ms < 0 ? "-" : "";
  bool outward = ms < 0 ? !up : up;
  uint64_t v = magnitude(ms);
  if (v == 0) {
    (void)snprintf(out, MU_DUR_TEXT, "0s");
    return;
  }
  if (v < SECOND) {
    (void)snprintf(out, MU_DUR_TEXT, "%s%dms", sign, (int)v);
    return;
  }
  if (v < MINUTE) {
    v = round_to(v, 100, outward);
    if (v < MINUTE) {
      (void)snprintf(out, MU_DUR_TEXT, v % SECOND ? "%s%d.%ds" : "%s%ds", sign, (int)(v / SECOND),
                     (int)(v % SECOND / 100));
      return;
    }
  }
  static const struct {
    uint64_t below, major, minor;
    char major_name, minor_name;
  } forms[] = {{HOUR, MINUTE, SECOND, 'm', 's'},
               {(uint64_t)3 * DAY, HOUR, MINUTE, 'h', 'm'},
               {UINT64_MAX, DAY, HOUR, 'd', 'h'}};
  for (size_t i = 0; i < MU_LEN(forms); i++) {
    uint64_t rounded = round_to(v, forms[i].minor, outward);
    if (rounded >= forms[i].below) {
      continue;
    }
    unsigned long long major = rounded / forms[i].major;
    unsigned char minor = (unsigned char)(rounded % forms[i].major / forms[i].minor); /* below 60 */
    if (minor) {
      (void)snprintf(out, MU_DUR_TEXT, "%s%llu%c%02u%c", sign, major, forms[i].major_name,
                     (unsigned)minor, forms[i].minor_name);
    } else {
      (void)snprintf(out, MU_DUR_TEXT, "%s%llu%c", sign, major, forms[i].major_name);
    }
    return;
  }
}

/* Days only from two on, so that "24h" stays the "24h" that people write. */
void mu_dur_exact(int64_t ms, char out[MU_DUR_TEXT]) {
  static const struct unit units[] = {
      {"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1}};
  uint64_t rest = magnitude(ms);
  size_t n = 0;
  if (ms < 0) {
    out[n++] = '-';
  }
  if (rest == 0) {
    (void)snprintf(out, MU_DUR_TEXT, "0s");
    return;
  }
  for (size_t i = rest < (uint64_t)2 * DAY ? 1 : 0; i < MU_LEN(units); i++) {
    if (rest >= units[i].size) {
      int more = snprintf(out + n, MU_DUR_TEXT - n, "%llu%s",
                          (unsigned long long)(rest / units[i].size), units[i].name);
      n += more > 0 ? (size_t)more : 0;
      rest %= units[i].size;
    }
  }
}

int mu_size_parse(const char *text, uint64_t *bytes) {
  static const struct unit units[] = {{"", 1},
                                      {"B", 1},
                                      {"kB", 1000},
                                      {"KB", 1000},
                                      {"MB", 1000000},
                                      {"GB", 1000000000},
                                      {"TB", (uint64_t)1000 * 1000000000},
                                      {"KiB", 1024},
                                      {"MiB", 1048576},
                                      {"GiB", 1073741824},
                                      {"TiB", (uint64_t)1024 * 1073741824}};
  const struct unit *unit = NULL;
  bool whole = true;
  uint64_t amount = 0;
  if (parse_amount(&text, units, MU_LEN(units), &unit, &whole, &amount) != 0 || *text) {
    return -1;
  }
  *bytes = amount;
  return 0;
}

void mu_count_text(int64_t n, char out[MU_COUNT_TEXT]) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude(n));
  size_t at = 0;
  if (n < 0) {
    out[at++] = '-';
  }
  for (int i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0) {
      out[at++] = ' ';
    }
    out[at++] = digits[i];
  }
  out[at] = '\0';
}
