/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/num.h"

static void integers(void **state) {
  (void)state;
  int64_t i = 0;
  uint64_t u = 0;
  assert_int_equal(mu_num_parse_i64("-9223372036854775808", &i), 0);
  assert_true(i == INT64_MIN);
  assert_int_equal(mu_num_parse_i64("9223372036854775807", &i), 0);
  assert_true(i == INT64_MAX);
  assert_int_equal(mu_num_parse_u64("18446744073709551615", &u), 0);
  assert_true(u == UINT64_MAX);
  static const char *const bad[] = {
      "",   "-", "+1", " 1", "1 ", "0x1", "1.0", "9223372036854775808", "-9223372036854775809",
      "--1"};
  i = 5;
  for (size_t n = 0; n < MU_LEN(bad); n++) {
    assert_int_equal(mu_num_parse_i64(bad[n], &i), -1);
  }
  assert_true(i == 5); /* nothing written */
  assert_int_equal(mu_num_parse_u64("-1", &u), -1);
  assert_int_equal(mu_num_parse_u64("18446744073709551616", &u), -1);
}

static void reals(void **state) {
  (void)state;
  double d = 0;
  assert_int_equal(mu_num_parse_f64("-12.5e1", &d), 0);
  assert_true(d == -125.0);
  assert_int_equal(mu_num_parse_f64("0.1", &d), 0);
  assert_true(d == 0.1);
  static const char *const bad[] = {"",    ".5",  "5.",    "1e",  "0x1p3",
                                    "inf", "nan", "1e999", "1,5", " 1"};
  for (size_t n = 0; n < MU_LEN(bad); n++) {
    assert_int_equal(mu_num_parse_f64(bad[n], &d), -1);
  }
}

static void durations_read(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } good[] = {{"24h", 86400000},  {"800ms", 800},    {"1h30m", 5400000}, {"7d", 604800000},
              {"2w", 1209600000}, {"1.5h", 5400000}, {"0s", 0},          {"5m30s", 330000},
              {"0.001s", 1},      {"1m30.5s", 90500}};
  int64_t ms = -7;
  for (size_t n = 0; n < MU_LEN(good); n++) {
    assert_int_equal(mu_dur_parse(good[n].text, &ms), 0);
    assert_true(ms == good[n].ms);
  }
  static const char *const bad[] = {"",     "24",  "h",     "-1h",    "1h 30m", "30m1h",
                                    "1h1h", "1.h", "1.5ms", "1.5h3m", "1H",     "99999999999999w",
                                    "1y"};
  ms = -7;
  for (size_t n = 0; n < MU_LEN(bad); n++) {
    assert_int_equal(mu_dur_parse(bad[n], &ms), -1);
  }
  assert_true(ms == -7);
}

static void durations_for_people(void **state) {
  (void)state;
  static const struct {
    int64_t ms;
    const char *cut, *up;
  } rows[] = {
      {0, "0s", "0s"},
      {812, "812ms", "812ms"},
      {5310, "5.3s", "5.4s"},
      {30000, "30s", "30s"},
      {59960, "59.9s", "1m"},
      {1624000, "27m04s", "27m04s"},
      {1624001, "27m04s", "27m05s"},
      {3599999, "59m59s", "1h"},
      {70920000, "19h42m", "19h42m"},
      {70920001, "19h42m", "19h43m"},
      {86400000, "24h", "24h"},
      {90600000, "25h10m", "25h10m"},
      {259199999, "71h59m", "3d"},
      {270000000, "3d03h", "3d03h"},
      {-1624500, "-27m05s", "-27m04s"},
  };
  char text[MU_DUR_TEXT];
  for (size_t n = 0; n < MU_LEN(rows); n++) {
    mu_dur_text(rows[n].ms, false, text);
    assert_string_equal(text, rows[n].cut);
    mu_dur_text(rows[n].ms, true, text);
    assert_string_equal(text, rows[n].up);
  }
  mu_dur_text(INT64_MIN, true, text);
  mu_dur_text(INT64_MAX, true, text);
}

static void durations_exact(void **state) {
  (void)state;
  static const char *const texts[] = {"24h",   "100d", "1h30m",         "5m30s",
                                      "800ms", "0s",   "47h59m59s999ms"};
  char text[MU_DUR_TEXT];
  int64_t ms = 0;
  for (size_t n = 0; n < MU_LEN(texts); n++) {
    assert_int_equal(mu_dur_parse(texts[n], &ms), 0);
    mu_dur_exact(ms, text);
    assert_string_equal(text, texts[n]);
  }
  int64_t back = 0;
  mu_dur_exact(INT64_MAX, text);
  assert_int_equal(mu_dur_parse(text, &back), 0);
  assert_true(back == INT64_MAX);
}

static void sizes(void **state) {
  (void)state;
  uint64_t bytes = 0;
  assert_int_equal(mu_size_parse("512", &bytes), 0);
  assert_true(bytes == 512);
  assert_int_equal(mu_size_parse("12KiB", &bytes), 0);
  assert_true(bytes == 12288);
  assert_int_equal(mu_size_parse("100MB", &bytes), 0);
  assert_true(bytes == 100000000);
  assert_int_equal(mu_size_parse("1.5GiB", &bytes), 0);
  assert_true(bytes == 1610612736);
  assert_int_equal(mu_size_parse("1 MB", &bytes), -1);
  assert_int_equal(mu_size_parse("0.3B", &bytes), -1);
  assert_int_equal(mu_size_parse("MB", &bytes), -1);
  assert_int_equal(mu_size_parse("-1", &bytes), -1);
  assert_int_equal(mu_size_parse("99999999TiB", &bytes), -1);
}

static void times(void **state) {
  (void)state;
  static const struct {
    const char *in;
    int64_t ms;
    const char *out;
  } rows[] = {
      {"2026-11-22T23:51:07.114Z", 1795391467114, "2026-11-22T23:51:07.114Z"},
      {"2026-11-22t23:51:07z", 1795391467000, "2026-11-22T23:51:07.000Z"},
      {"2026-11-23T01:51:07+02:00", 1795391467000, "2026-11-22T23:51:07.000Z"},
      {"1969-12-31T23:59:59.5Z", -500, "1969-12-31T23:59:59.500Z"},
      {"2000-02-29T00:00:00.1234567Z", 951782400123, "2000-02-29T00:00:00.123Z"},
      {"2016-12-31T23:59:60Z", 1483228800000, "2017-01-01T00:00:00.000Z"},
      {"0001-01-01T00:00:00Z", -62135596800000, "0001-01-01T00:00:00.000Z"},
      {"9999-12-31T23:59:59.999Z", 253402300799999, "9999-12-31T23:59:59.999Z"},
  };
  char text[MU_TIME_TEXT];
  int64_t ms = 0;
  for (size_t n = 0; n < MU_LEN(rows); n++) {
    assert_int_equal(mu_time_parse(rows[n].in, &ms), 0);
    assert_true(ms == rows[n].ms);
    mu_time_text(ms, text);
    assert_string_equal(text, rows[n].out);
  }
  mu_time_seconds(1795391467114, text);
  assert_string_equal(text, "2026-11-22T23:51:07Z");
  mu_time_date(1795391467114, text);
  assert_string_equal(text, "2026-11-22");
  mu_time_text(INT64_MAX, text); /* fits */
  mu_time_text(INT64_MIN, text);
  static const char *const bad[] = {"",
                                    "2026-11-22",
                                    "2026-11-22T23:51:07",
                                    "2026-02-29T00:00:00Z",
                                    "1900-02-29T00:00:00Z",
                                    "2026-13-01T00:00:00Z",
                                    "2026-11-22T24:00:00Z",
                                    "2026-11-22T23:51:07.Z",
                                    "2026-11-22T23:51:07Zx",
                                    "2026-11-22T23:51:07+2",
                                    "2026-11-31T00:00:00Z",
                                    "2026-00-01T00:00:00Z"};
  for (size_t n = 0; n < MU_LEN(bad); n++) {
    assert_int_equal(mu_time_parse(bad[n], &ms), -1);
  }
}

static void counts(void **state) {
  (void)state;
  char text[MU_COUNT_TEXT];
  mu_count_text(41208117, text);
  assert_string_equal(text, "41 208 117");
  mu_count_text(999, text);
  assert_string_equal(text, "999");
  mu_count_text(-1000, text);
  assert_string_equal(text, "-1 000");
  mu_count_text(INT64_MIN, text);
  assert_string_equal(text, "-9 223 372 036 854 775 808");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(integers),        cmocka_unit_test(reals),
      cmocka_unit_test(durations_read),  cmocka_unit_test(durations_for_people),
      cmocka_unit_test(durations_exact), cmocka_unit_test(sizes),
      cmocka_unit_test(times),           cmocka_unit_test(counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
