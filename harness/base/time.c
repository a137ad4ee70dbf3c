/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3339 in and out, in the proleptic Gregorian calendar, without libc's time zones. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

enum { DAY_MS = 86400000 };

/* Days since 1970-01-01; the year starts in March, so that the leap day is its last one. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil {
  int64_t year;
  int month, day;
};

static struct civil civil_of(int64_t days) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t shifted = (5 * of_year + 2) / 153; /* months since March */
  int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
  return (struct civil){.year = year + era * 400 + (month <= 2),
                        .month = month,
                        .day = (int)(of_year - (153 * shifted + 2) / 5 + 1)};
}

/* Exactly n digits; moves *text behind them. */
static bool take(const char **text, int n, int *out) {
  int value = 0;
  for (int i = 0; i < n; i++) {
    char c = (*text)[i];
    if (c < '0' || c > '9') {
      return false;
    }
    value = value * 10 + (c - '0');
  }
  *text += n;
  *out = value;
  return true;
}

static bool take_char(const char **text, const char *any) {
  if (!**text || !strchr(any, **text)) {
    return false;
  }
  (*text)++;
  return true;
}

static bool take_offset(const char **text, int *minutes) {
  *minutes = 0;
  if (take_char(text, "Zz")) {
    return true;
  }
  int hour = 0, minute = 0;
  bool west = **text == '-';
  if (!take_char(text, "+-") || !take(text, 2, &hour) || !take_char(text, ":") ||
      !take(text, 2, &minute) || hour > 23 || minute > 59) {
    return false;
  }
  *minutes = (west ? -1 : 1) * (hour * 60 + minute);
  return true;
}

/* Digits behind the point, cut to milliseconds. */
static bool take_fraction(const char **text, int *ms) {
  int digits = 0;
  *ms = 0;
  if (!take_char(text, ".")) {
    return true;
  }
  for (; **text >= '0' && **text <= '9'; (*text)++, digits++) {
    if (digits < 3) {
      *ms = *ms * 10 + (**text - '0');
    }
  }
  for (int i = digits; i < 3; i++) {
    *ms *= 10;
  }
  return digits > 0;
}

int mu_time_parse(const char *text, int64_t *unix_ms) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0, offset = 0;
  if (!take(&text, 4, &year) || !take_char(&text, "-") || !take(&text, 2, &month) ||
      !take_char(&text, "-") || !take(&text, 2, &day) || !take_char(&text, "Tt ") ||
      !take(&text, 2, &hour) || !take_char(&text, ":") || !take(&text, 2, &minute) ||
      !take_char(&text, ":") || !take(&text, 2, &second) || !take_fraction(&text, &ms) ||
      !take_offset(&text, &offset) || *text) {
    return -1;
  }
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (leap && month == 2) ||
      hour > 23 || minute > 59 || second > 60) { /* 60: a leap second, counted as the next one */
    return -1;
  }
  int64_t seconds = (int64_t)hour * 3600 + ((int64_t)minute - offset) * 60 + second;
  *unix_ms = days_of(year, month, day) * DAY_MS + seconds * 1000 + ms;
  return 0;
}

static int64_t split(int64_t unix_ms, int64_t *days) {
  int64_t rest = unix_ms % DAY_MS;
  *days = unix_ms / DAY_MS;
  if (rest < 0) {
    rest += DAY_MS;
    *days -= 1;
  }
  return rest;
}

/* Two digits and what follows them; a record holds thousands of times, and snprintf is slow. */
static char *two_digits(char *at, int64_t n, char behind) {
  *at++ = (char)('0' + n / 10);
  *at++ = (char)('0' + n % 10);
  *at++ = behind;
  return at;
}

void mu_time_date(int64_t unix_ms, char out[MU_TIME_TEXT]) {
  int64_t days = 0;
  (void)split(unix_ms, &days);
  struct civil date = civil_of(days);
  if (date.year < 0 || date.year > 9999) {
    (void)snprintf(out, MU_TIME_TEXT, "%04lld-%02d-%02d", (long long)date.year, date.month,
                   date.day);
    return;
  }
  out[0] = (char)('0' + date.year / 1000);
  out[1] = (char)('0' + date.year / 100 % 10);
  char *at = two_digits(out + 2, date.year % 100, '-');
  at = two_digits(at, date.month, '-');
  (void)two_digits(at, date.day, '\0');
}

void mu_time_seconds(int64_t unix_ms, char out[MU_TIME_TEXT]) {
  int64_t days = 0, rest = split(unix_ms, &days) / 1000;
  mu_time_date(unix_ms, out);
  char *at = out + strlen(out);
  *at++ = 'T';
  at = two_digits(at, rest / 3600, ':');
  at = two_digits(at, rest / 60 % 60, ':');
  at = two_digits(at, rest % 60, 'Z');
  *at = '\0';
}

void mu_time_text(int64_t unix_ms, char out[MU_TIME_TEXT]) {
  int64_t days = 0, rest = split(unix_ms, &days);
  mu_time_seconds(unix_ms, out);
  char *at = out + strlen(out) - 1; /* over the Z */
  *at++ = '.';
  *at++ = (char)('0' + rest % 1000 / 100);
  at = two_digits(at, rest % 100, 'Z');
  *at = '\0';
}
