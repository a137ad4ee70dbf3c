/* SPDX-License-Identifier: Apache-2.0 */
/* The streaming reader: grammar, exact numbers, encodings, places of damage, and the same answers
 * wherever a token falls in the blocks of 64 bytes that the scanner works in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonin.h"

static struct mu_jsonin reader;

static bool reads(const char *text, size_t n) {
  mu_jsonin_init(&reader, text, n);
  return mu_jsonin_skip(&reader, NULL) && mu_jsonin_end(&reader);
}

static bool tapes(const char *text, size_t n) {
  struct mu_jtape tape = {0};
  bool good = mu_jtape_read(&tape, &reader, text, (struct mu_span){0, (uint32_t)n});
  mu_jtape_free(&tape);
  return good;
}

static const char *const good[] = {
    "0",           "-0",
    "1e5",         "1E-5",
    "-1.25e+10",   "123456789012345678901234567890.000000000000000000001",
    "true",        "false",
    "null",        "\"\"",
    "\"a\\\"b\"",  "\"\\\\\"",
    "\"\\u0000\"", "\"\\ud83d\\ude00\"",
    "[]",          "{}",
    "[1,2,3]",     " { \"a\" : [ 1 , { } , [ ] ] , \"b\" : \"x\" } ",
    "\t\r\n[ ]\n", "[\"a]b\",\"c{d\"]",
    "{\"\":0}",    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
};

static const char *const bad[] = {
    "",
    " ",
    "{",
    "[",
    "]",
    "}",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "{1:2}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "[1 2]",
    "[1}",
    "{\"a\":1]",
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x10",
    "nul",
    "truex",
    "True",
    "NaN",
    "\"",
    "\"a",
    "\"a\\\"",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"a\x01\"",
    "\x01",
    "[1]\x0b",
    "[1] [2]",
    "1 2",
    "\"a\"\"b\"",
    "\"a\"x",
    "[\"a\"x]",
    "{\"a\":\"b\"c}",
    "'a'",
    "[1]]",
    "\"\xff\"",
    "\"\xc3\"",
    "\"\xe2\x82\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\xf5\x80\x80\x80\"",
    "\"\x80\"",
    "nullnull",
    "1a",
    "-a",
    "[1:2]",
    "{\"a\",1}",
    ":",
    ",",
};

static void grammar(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!reads(good[i], strlen(good[i])) || !tapes(good[i], strlen(good[i]))) {
      fail_msg("refused: %s (%s)", good[i], reader.what);
    }
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (reads(bad[i], strlen(bad[i])) || tapes(bad[i], strlen(bad[i]))) {
      fail_msg("accepted: %s", bad[i]);
    }
    assert_true(mu_jsonin_failed(&reader));
  }
}

/* Every document again, shifted byte by byte through two blocks: the scanner carries its state
 * across. */
static void blocks(void **state) {
  (void)state;
  char text[512];
  for (size_t shift = 0; shift < 140; shift++) {
    for (size_t kind = 0; kind < 2; kind++) {
      for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int n = kind == 0
                    ? snprintf(text, sizeof text, "[%*s%s]", (int)shift, "", good[i])
                    : snprintf(text, sizeof text, "[\"%0*d\\\\\",%s]", (int)shift, 0, good[i]);
        if (!reads(text, (size_t)n) || !tapes(text, (size_t)n)) {
          fail_msg("refused at %zu: %s (%s)", shift, text, reader.what);
        }
      }
      for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int n = kind == 0
                    ? snprintf(text, sizeof text, "%*s%s", (int)shift, "", bad[i])
                    : snprintf(text, sizeof text, "[\"%0*d\\\\\",[%s]]", (int)shift, 0, bad[i]);
        if (kind == 1 &&
            (bad[i][0] == '\0' || strcmp(bad[i], " ") == 0 || strcmp(bad[i], "1 2") == 0)) {
          continue; /* right inside an array, or tested as "[1 2]" */
        }
        if (reads(text, (size_t)n)) {
          fail_msg("accepted at %zu: %s", shift, text);
        }
      }
    }
  }
}

/* A window boundary inside a string, an escape, a number. */
static void windows(void **state) {
  (void)state;
  size_t n = 3 * MU_JSONIN_WINDOW;
  char *text = malloc(n + 1);
  assert_non_null(text);
  for (size_t at = MU_JSONIN_WINDOW - 8; at < MU_JSONIN_WINDOW + 8; at++) {
    memset(text, ' ', n);
    text[0] = '[';
    memcpy(text + at, "\"\\\\\\\"\",12345", 12);
    text[n - 1] = ']';
    assert_true(reads(text, n));
    struct mu_jtape tape = {0};
    assert_true(mu_jtape_read(&tape, &reader, text, (struct mu_span){0, (uint32_t)n}));
    assert_int_equal(tape.n, 3);
    assert_int_equal(tape.at[1].kind, MU_JSTR);
    assert_int_equal(tape.at[1].n, 4);
    assert_int_equal(tape.at[2].kind, MU_JNUM);
    assert_int_equal(tape.at[2].n, 5);
    mu_jtape_free(&tape);
  }
  free(text);
}

/* Bytes as they stand in JSON and around it, and now and then any byte at all. */
static void fill(char *text, size_t n, uint32_t *seed) {
  static const char usual[] = "{}[]:,\"\"\"\\\\ \n\ttruefalse0123456789.-abcdefghij";
  for (size_t i = 0; i < n; i++) {
    *seed = *seed * 1664525 + 1013904223;
    uint32_t dice = *seed >> 8;
    text[i] = dice % 97 == 0 ? (char)(dice >> 8) : usual[dice / 97 % (sizeof usual - 1)];
  }
}

static void same_window(const struct mu_jsonin *a, const struct mu_jsonin *b) {
  assert_int_equal(a->have, b->have);
  assert_memory_equal(a->index, b->index, a->have * sizeof *a->index);
  assert_int_equal(a->scanned, b->scanned);
  assert_true(a->carry.in_string == b->carry.in_string && a->carry.escaped == b->carry.escaped &&
              a->carry.scalar == b->carry.scalar && a->carry.escapes == b->carry.escapes);
  assert_true(a->what == b->what && a->what_at == b->what_at);
}

/* Whatever the processor has: the same index, and the same damage found, as in plain C. */
static void scanners_agree(void **state) {
  (void)state;
  enum { N = 2 * MU_JSONIN_WINDOW + 77 };
  static char text[N];
  static struct mu_jsonin plain, other;
  uint32_t seed = 1;
  for (unsigned round = 0; round < 60; round++) {
    fill(text, N, &seed);
    for (int by = MU_JSONIN_SSE2; by < MU_JSONIN_BY_N_; by++) {
      if (!mu_jsonin_has((enum mu_jsonin_by)by)) {
        continue;
      }
      mu_jsonin_init(&plain, text, N - round);
      mu_jsonin_init(&other, text, N - round);
      plain.by = MU_JSONIN_PLAIN;
      other.by = (enum mu_jsonin_by)by;
      for (bool more = true; more;) {
        more = mu_jsonin_scan(&plain);
        assert_true(mu_jsonin_scan(&other) == more);
        same_window(&plain, &other);
      }
    }
  }
}

static void tape_of_a_document(void **state) {
  (void)state;
  const char *text = "{\"a\":[1,\"x\",[]],\"b\":{\"c\":null,\"d\":{}}}";
  struct mu_jtape tape = {0};
  assert_true(mu_jtape_read(&tape, &reader, text, (struct mu_span){0, (uint32_t)strlen(text)}));
  assert_int_equal(tape.n, 12);
  assert_int_equal(tape.at[0].kind, MU_JOBJECT);
  assert_int_equal(tape.at[0].next, 12);
  assert_int_equal(tape.at[0].leaves, 5);
  assert_int_equal(tape.at[0].n, strlen(text));
  assert_int_equal(tape.at[1].kind, MU_JKEY);
  assert_int_equal(tape.at[2].kind, MU_JARRAY);
  assert_int_equal(tape.at[2].leaves, 3);
  assert_int_equal(tape.at[2].next, 6);
  assert_memory_equal(text + tape.at[2].at, "[1,\"x\",[]]", tape.at[2].n);
  assert_int_equal(tape.at[7].kind, MU_JOBJECT);
  assert_int_equal(tape.at[7].leaves, 2);
  assert_false(tape.escapes);
  mu_jtape_free(&tape);
}

static void pull(void **state) {
  (void)state;
  const char *text = "{\"skip\":{\"x\":[1,2]},\"list\":[\"a\",\"b\"],\"yes\":true,\"no\":\"true\"}";
  mu_jsonin_init(&reader, text, strlen(text));
  struct mu_span key, value;
  assert_true(mu_jsonin_object(&reader));
  assert_true(mu_jsonin_member(&reader, &key));
  assert_memory_equal(text + key.at, "skip", 4);
  assert_true(mu_jsonin_skip(&reader, &value));
  assert_int_equal(value.n, strlen("{\"x\":[1,2]}"));
  assert_memory_equal(text + value.at, "{\"x\":[1,2]}", value.n);
  assert_true(mu_jsonin_member(&reader, &key));
  assert_true(mu_jsonin_array(&reader));
  int n = 0;
  while (mu_jsonin_element(&reader)) {
    assert_true(mu_jsonin_str(&reader, &value));
    assert_int_equal(text[value.at], 'a' + n++);
  }
  assert_int_equal(n, 2);
  assert_true(mu_jsonin_member(&reader, &key));
  assert_true(mu_jsonin_true(&reader));
  assert_true(mu_jsonin_member(&reader, &key));
  assert_false(mu_jsonin_true(&reader));
  assert_false(mu_jsonin_member(&reader, &key));
  assert_false(mu_jsonin_failed(&reader));
  assert_true(mu_jsonin_end(&reader));

  /* Pulled, too, the grammar holds. */
  mu_jsonin_init(&reader, "{\"a\":1 \"b\":2}", 13);
  assert_true(mu_jsonin_object(&reader));
  assert_true(mu_jsonin_member(&reader, &key));
  assert_true(mu_jsonin_skip(&reader, NULL));
  assert_false(mu_jsonin_member(&reader, &key));
  assert_true(mu_jsonin_failed(&reader));
  mu_jsonin_init(&reader, "[1,]", 4);
  assert_true(mu_jsonin_array(&reader));
  assert_true(mu_jsonin_element(&reader));
  assert_true(mu_jsonin_skip(&reader, NULL));
  assert_true(!mu_jsonin_element(&reader) || !mu_jsonin_skip(&reader, NULL));
  assert_true(mu_jsonin_failed(&reader));
}

static void depth(void **state) {
  (void)state;
  enum { N = 100000 };
  char *text = malloc(2 * N);
  assert_non_null(text);
  memset(text, '[', N);
  memset(text + N, ']', N);
  assert_false(reads(text, 2 * N));
  struct mu_err err = {0};
  (void)mu_jsonin_error(&reader, NULL, &err);
  assert_int_equal(err.code, MU_E_LIMIT);
  assert_true(reads(text + N - MU_JSONIN_DEPTH, 2 * MU_JSONIN_DEPTH));
  assert_true(tapes(text + N - MU_JSONIN_DEPTH, 2 * MU_JSONIN_DEPTH));
  free(text);
}

static void place_of_damage(void **state) {
  (void)state;
  const char *text = "{\n  \"a\": 1,\n  \"b\": tru\n}\n";
  assert_false(reads(text, strlen(text)));
  struct mu_err err = {0};
  assert_int_equal(mu_jsonin_error(&reader, NULL, &err), -1);
  assert_int_equal(err.code, MU_E_INPUT);
  assert_string_equal(err.msg, "line 3, column 8 (byte 19): no JSON value");
}

static void encodings(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_jsonin_text text;
  struct mu_err err = {0};
  static const struct {
    const char *bytes;
    size_t n;
    const char *encoding, *text;
  } rows[] = {
      {"{\"a\":1}", 7, "UTF-8", "{\"a\":1}"},
      {"\xef\xbb\xbf{\"a\":1}", 10, "UTF-8", "{\"a\":1}"},
      {"\xff\xfe{\0\"\0\xe9\0\"\0:\0\x3d\xd8\0\xde}\0", 18, "UTF-16LE",
       "{\"\xc3\xa9\":\xf0\x9f\x98\x80}"},
      {"\xfe\xff\0{\0}", 6, "UTF-16BE", "{}"},
      {"{\0}\0", 4, "UTF-16LE", "{}"},
      {"\0{\0}", 4, "UTF-16BE", "{}"},
      {"[command]terraform show\n[INFO] x\n{\"a\":1}", 40, "UTF-8", "{\"a\":1}"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(mu_jsonin_open(rows[i].bytes, rows[i].n, arena, &text, &err), 0);
    assert_string_equal(text.encoding, rows[i].encoding);
    assert_int_equal(text.n, strlen(rows[i].text));
    assert_memory_equal(text.text, rows[i].text, text.n);
  }
  assert_int_equal(text.lines_skipped, 2);
  assert_int_equal(text.bytes_skipped, 33);
  assert_int_equal(mu_jsonin_open("\xff\xfe{\0\0\xd8}\0", 8, arena, &text, &err), -1);
  assert_non_null(strstr(err.msg, "surrogate"));
  assert_int_equal(mu_jsonin_open("\xff\xfe{\0}", 5, arena, &text, &err), -1);
  mu_arena_free(arena);
}

static void strings(void **state) {
  (void)state;
  char out[64];
  static const struct {
    const char *raw, *text;
    size_t n;
  } rows[] = {
      {"plain", "plain", 5},
      {"a\\nb\\t\\\"\\\\\\/", "a\nb\t\"\\/", 7},
      {"\\u003c\\u0026", "<&", 2},
      {"\\u0000x", "\0x", 2},
      {"\\ud83d\\ude00", "\xf0\x9f\x98\x80", 4},
      {"\\ud83dx", "\xef\xbf\xbdx", 4},
      {"\\u00e9", "\xc3\xa9", 2},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(mu_jsonin_decode(rows[i].raw, strlen(rows[i].raw), out), rows[i].n);
    assert_memory_equal(out, rows[i].text, rows[i].n);
  }
  assert_int_equal(mu_jsonin_decode("\\x", 2, out), SIZE_MAX);
  assert_int_equal(mu_jsonin_decode("\\u12", 4, out), SIZE_MAX);
  assert_int_equal(mu_jsonin_decode("\\u12g4", 6, out), SIZE_MAX);
  assert_int_equal(mu_jsonin_str_cmp("<a>", 3, "\\u003ca\\u003e", 13), 0);
  assert_int_equal(mu_jsonin_str_cmp("\xc3\xa9", 2, "\\u00e9", 6), 0);
  assert_true(mu_jsonin_str_cmp("<a>", 3, "\\u003ca\\u003f", 13) < 0);
  assert_true(mu_jsonin_str_cmp("ab", 2, "a\\n", 3) > 0);
  assert_true(mu_jsonin_str_cmp("a", 1, "ab", 2) < 0);
  assert_true(mu_jsonin_str_cmp("a\\n", 3, "a", 1) > 0);
}

static void numbers(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    bool equal;
  } rows[] = {
      {"1", "1.0", true},
      {"100", "1e2", true},
      {"0.001", "1E-3", true},
      {"-0", "0", true},
      {"1.50", "1.5", true},
      {"15e-1", "1.5", true},
      {"123456789012345678901234567890", "123456789012345678901234567890.0", true},
      {"0e999999999999999999999", "0", true},
      {"1", "-1", false},
      {"1", "10", false},
      {"1", "1.0000000000000000000000000000000000001", false},
      {"9007199254740993", "9007199254740992", false},
      {"123456789012345678901234567890", "123456789012345678901234567891", false},
      {"1e1", "1e2", false},
      {"0.1", "0.01", false},
      {"1.5", "15", false},
      {"1e99999999999999999999", "1e3", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool equal = mu_jsonin_num_eq(rows[i].a, strlen(rows[i].a), rows[i].b, strlen(rows[i].b));
    if (equal != rows[i].equal ||
        mu_jsonin_num_eq(rows[i].b, strlen(rows[i].b), rows[i].a, strlen(rows[i].a)) != equal) {
      fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grammar),
      cmocka_unit_test(blocks),
      cmocka_unit_test(windows),
      cmocka_unit_test(scanners_agree),
      cmocka_unit_test(tape_of_a_document),
      cmocka_unit_test(pull),
      cmocka_unit_test(depth),
      cmocka_unit_test(place_of_damage),
      cmocka_unit_test(encodings),
      cmocka_unit_test(strings),
      cmocka_unit_test(numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
