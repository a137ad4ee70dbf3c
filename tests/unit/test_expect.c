/* SPDX-License-Identifier: Apache-2.0 */
/* Predicates and the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "model/run.h"
#include "smoke/derive.h"
#include "smoke/expect.h"
#include "smoke/predicate.h"

enum { YES = MU_HOLDS, NO = MU_HOLDS_NOT, OPEN = MU_HOLDS_UNDECIDED, BAD = 99 };

static struct mu_value value(enum mu_type type, int64_t i) {
  return (struct mu_value){.type = type, .i = i};
}

static struct mu_value range(int64_t lo, int64_t hi) {
  return (struct mu_value){.type = MU_T_RANGE, .range = {lo, hi}};
}

static int holds(const char *text, enum mu_type type, struct mu_value actual) {
  struct mu_arena *arena = mu_arena_new();
  const struct mu_predicate *p = NULL;
  struct mu_err err = {0};
  int got = BAD;
  if (mu_predicate_parse(text, type, arena, &p, &err) == 0) {
    got = (int)mu_predicate_holds(p, &actual, NULL);
  } else {
    assert_int_equal(err.code, MU_E_CONFIG);
  }
  mu_arena_free(arena);
  return got;
}

static void numbers_and_units(void **state) {
  (void)state;
  const struct {
    const char *text;
    enum mu_type type;
    int64_t seen;
    int want;
  } rows[] = {
      {"200", MU_T_INT, 200, YES},
      {"200", MU_T_INT, 201, NO},
      {"== 0", MU_T_INT, 0, YES},
      {"!= 0", MU_T_INT, 0, NO},
      {">= 1", MU_T_INT, 1, YES},
      {"> 1", MU_T_INT, 1, NO},
      {"10 .. 20", MU_T_INT, 20, YES},
      {"10 .. 20", MU_T_INT, 21, NO},
      {"-5 .. -1", MU_T_INT, -3, YES},
      {"20 .. 10", MU_T_INT, 15, BAD},
      {"abc", MU_T_INT, 0, BAD},
      {"", MU_T_INT, 0, BAD},
      {"20x", MU_T_INT, 20, BAD},
      {"9223372036854775807", MU_T_INT, INT64_MAX, YES},
      {"9223372036854775807", MU_T_INT, INT64_MAX - 1, NO},
      {"< 800ms", MU_T_DUR, 799, YES},
      {"< 800ms", MU_T_DUR, 800, NO},
      {"<= 24h", MU_T_DUR, 86400000, YES},
      {"< 800", MU_T_DUR, 1, BAD},
      {"1s .. 2s", MU_T_DUR, 1500, YES},
      {"<= 12KiB", MU_T_SIZE, 12288, YES},
      {"<= 12", MU_T_SIZE, 13, NO},
      {"< 5 parsecs", MU_T_DUR, 1, BAD},
      {"> 2026-11-22T04:00:00Z", MU_T_TIME, 1800000000000, YES},
      {"> 21d", MU_T_TIME, 1800000000000, BAD},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    int got = holds(rows[i].text, rows[i].type, value(rows[i].type, rows[i].seen));
    if (got != rows[i].want) {
      fail_msg("'%s' on %lld: %d, wanted %d", rows[i].text, (long long)rows[i].seen, got,
               rows[i].want);
    }
  }
}

static void ranges_decide_only_when_all_of_them_does(void **state) {
  (void)state;
  assert_int_equal(holds(">= 1", MU_T_RANGE, range(1, 9)), YES);
  assert_int_equal(holds(">= 1", MU_T_RANGE, range(0, 9)), OPEN);
  assert_int_equal(holds(">= 10", MU_T_RANGE, range(0, 9)), NO);
  assert_int_equal(holds("== 5", MU_T_RANGE, range(5, 5)), YES);
  assert_int_equal(holds("== 5", MU_T_RANGE, range(4, 5)), OPEN);
  assert_int_equal(holds("!= 5", MU_T_RANGE, range(6, 9)), YES);
  assert_int_equal(holds("!= 5", MU_T_RANGE, range(5, 6)), OPEN);
  assert_int_equal(holds("< 5", MU_T_RANGE, range(4, -1)), OPEN); /* no upper bound */
  assert_int_equal(holds("< 5", MU_T_RANGE, range(5, -1)), NO);
  assert_int_equal(holds("1 .. 5", MU_T_RANGE, range(2, 6)), OPEN);
  assert_int_equal(holds("1 .. 5", MU_T_RANGE, range(6, 8)), NO);
  assert_int_equal(holds("== 0", MU_T_INT, value(MU_T_INT, 0)), YES);
}

static int near(const char *text, struct mu_value seen, int64_t source, bool known) {
  struct mu_arena *arena = mu_arena_new();
  const struct mu_predicate *p = NULL;
  struct mu_err err = {0};
  struct mu_value origin = value(MU_T_INT, source);
  assert_int_equal(mu_predicate_parse(text, MU_T_RANGE, arena, &p, &err), 0);
  assert_true(mu_predicate_asks_source(p));
  int got = (int)mu_predicate_holds(p, &seen, known ? &origin : NULL);
  mu_arena_free(arena);
  return got;
}

static void near_the_source(void **state) {
  (void)state;
  assert_int_equal(near("source \xc2\xb1 1%", range(99, 99), 100, true), YES);
  assert_int_equal(near("source \xc2\xb1 1%", range(101, 101), 100, true), YES);
  assert_int_equal(near("source \xc2\xb1 1%", range(102, 102), 100, true), NO);
  assert_int_equal(near("source \xc2\xb1 1%", range(1010, 1010), 1000, true), YES);
  assert_int_equal(near("source \xc2\xb1 1%", range(989, 989), 1000, true), NO);
  assert_int_equal(near("source +- 1%", range(98, 99), 100, true), OPEN);
  assert_int_equal(near("source+-20", range(80, 120), 100, true), YES);
  assert_int_equal(near("source +/- 20", range(79, 79), 100, true), NO);
  assert_int_equal(near("source", range(100, 100), 100, true), YES);
  assert_int_equal(near("source", range(101, 101), 100, true), NO);
  assert_int_equal(near("source", range(100, 100), 0, false), OPEN);
  struct mu_arena *arena = mu_arena_new();
  const struct mu_predicate *p = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_predicate_parse("source plus 1%", MU_T_RANGE, arena, &p, &err), -1);
  assert_int_equal(mu_predicate_parse("source \xc2\xb1 -1%", MU_T_RANGE, arena, &p, &err), -1);
  mu_arena_free(arena);
}

static struct mu_value text(const char *s) {
  return (struct mu_value){.type = MU_T_STR, .s = s};
}

static void words_are_compared_with_their_case(void **state) {
  (void)state;
  assert_int_equal(holds("aws", MU_T_STR, text("aws")), YES);
  assert_int_equal(holds("aws", MU_T_STR, text("AWS")), NO);
  assert_int_equal(holds("!= aws", MU_T_STR, text("azure")), YES);
  assert_int_equal(holds("< 5", MU_T_STR, text("4")), BAD); /* plain text has no order */
  assert_int_equal(holds("true", MU_T_BOOL, (struct mu_value){.type = MU_T_BOOL, .b = true}), YES);
  assert_int_equal(holds("false", MU_T_BOOL, (struct mu_value){.type = MU_T_BOOL, .b = true}), NO);
  assert_int_equal(holds("yes", MU_T_BOOL, (struct mu_value){.type = MU_T_BOOL, .b = true}), BAD);
}

static int open_holds(const char *written, struct mu_value actual) {
  struct mu_arena *arena = mu_arena_new();
  const struct mu_predicate_kind kind = {.type = MU_T_STR, .open = true, .bare = MU_OP_EQ};
  const struct mu_predicate *p = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_predicate_read(written, &kind, arena, &p, &err), 0);
  int got = (int)mu_predicate_holds(p, &actual, NULL);
  mu_arena_free(arena);
  return got;
}

static void json_values_are_what_they_are(void **state) {
  (void)state;
  assert_int_equal(open_holds("1", value(MU_T_INT, 1)), YES);
  assert_int_equal(open_holds("1.0", value(MU_T_INT, 1)), YES);
  assert_int_equal(open_holds("1", text("1")), YES);
  assert_int_equal(open_holds("ok", text("ok")), YES);
  assert_int_equal(open_holds("ok", value(MU_T_INT, 1)), NO);
  assert_int_equal(open_holds("> 5", value(MU_T_INT, 6)), YES);
  assert_int_equal(open_holds("> 5", text("7")), YES);
  assert_int_equal(open_holds("> 5", text("abc")), NO);
  assert_int_equal(open_holds("true", (struct mu_value){.type = MU_T_BOOL, .b = true}), YES);
  assert_int_equal(open_holds("!= 1", text("x")), YES);
}

static void lists(void **state) {
  (void)state;
  const char *const names[] = {"a.example", "b.example"};
  const struct mu_value seen = {.type = MU_T_LIST, .list = {names, 2}};
  assert_int_equal(holds(">= 2", MU_T_LIST, seen), YES);
  assert_int_equal(holds("> 2", MU_T_LIST, seen), NO);
  assert_int_equal(holds("a.example", MU_T_LIST, seen), NO); /* it is not the only one */
  struct mu_arena *arena = mu_arena_new();
  const char *const other[] = {"b.example", "a.example"};
  assert_int_equal(mu_predicate_holds(mu_predicate_set(other, 2, arena), &seen, NULL), YES);
  assert_int_equal(mu_predicate_holds(mu_predicate_set(other, 1, arena), &seen, NULL), NO);
  mu_arena_free(arena);
}

static void patterns_are_checked_when_read(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  const struct mu_predicate_kind kind = {.type = MU_T_STR};
  const struct mu_predicate_kind number = {.type = MU_T_INT};
  const struct mu_predicate *p = NULL;
  struct mu_err err = {0};
  struct mu_value seen = text("{\"total\": 12}");
  assert_int_equal(
      mu_predicate_of_text(MU_OP_MATCHES, "\"total\":\\s*\\d+", &kind, arena, &p, &err), 0);
  assert_int_equal(mu_predicate_holds(p, &seen, NULL), YES);
  seen = text("{}");
  assert_int_equal(mu_predicate_holds(p, &seen, NULL), NO);
  assert_int_equal(mu_predicate_of_text(MU_OP_MATCHES, "(", &kind, arena, &p, &err), -1);
  assert_int_equal(mu_predicate_of_text(MU_OP_CONTAINS, "x", &number, arena, &p, &err), -1);
  char long_text[64];
  memset(long_text, 'a', sizeof long_text - 1);
  long_text[62] = 'b';
  long_text[63] = '\0';
  seen = text(long_text);
  assert_int_equal(mu_predicate_of_text(MU_OP_MATCHES, "^(a+)+$", &kind, arena, &p, &err), 0);
  assert_int_equal(mu_predicate_holds(p, &seen, NULL), OPEN); /* the match limit proves nothing */
  mu_arena_free(arena);
}

/* ---- the judge ---- */

static const int64_t NOW = 1800000000000, DAY = 86400000;

struct bench {
  struct mu_run *run;
  struct mu_check *check;
};

static struct bench bench(enum mu_status status) {
  struct bench b = {.run = mu_run_new("check", NOW)};
  b.check = MU_RUN_ADD(b.run, checks);
  b.check->id = "t/check";
  b.check->target = "https://api.example.com/";
  b.check->status = status;
  mu_facts_init(&b.check->facts, b.run->arena);
  return b;
}

static struct mu_expect_one expect(struct bench *b, const char *fact, const char *written,
                                   enum mu_type type, int64_t bare_ms, enum mu_op bare,
                                   enum mu_finding_id finding) {
  struct mu_expect_one e = {.fact = fact, .written = written, .finding = finding};
  const struct mu_predicate_kind kind = {.type = type, .bare_ms = bare_ms, .bare = bare};
  struct mu_err err = {0};
  assert_int_equal(mu_predicate_read(written, &kind, b->run->arena, &e.predicate, &err), 0);
  return e;
}

/* Judges and gives back the id of the only finding, or -1. Frees the run. */
static int judged(struct bench *b, const struct mu_expect_one *e, size_t n, enum mu_verdict want) {
  bool met = mu_expect_met(&b->check->facts, b->check->status, e, n, NOW);
  mu_judge(b->run, b->check, e, n, -1, NOW);
  assert_int_equal(b->check->verdict, want);
  if (!b->check->must_fail) {
    assert_int_equal(met, want == MU_PASS);
  }
  assert_true(b->run->findings.n <= 1);
  int id = b->run->findings.n ? (int)b->run->findings.at[0].id : -1;
  mu_run_free(b->run);
  return id;
}

static void what_holds_leaves_no_finding(void **state) {
  (void)state;
  struct bench b = bench(MU_OBSERVED);
  (void)mu_fact_int(&b.check->facts, "http.status", 200, NULL);
  struct mu_expect_one e =
      expect(&b, "http.status", "200", MU_T_INT, 0, MU_OP_EQ, MU_F_HTTP_STATUS);
  assert_int_equal(judged(&b, &e, 1, MU_PASS), -1);
}

static void what_differs_says_both_sides(void **state) {
  (void)state;
  struct bench b = bench(MU_OBSERVED);
  (void)mu_fact_int(&b.check->facts, "http.status", 503, NULL);
  struct mu_expect_one e =
      expect(&b, "http.status", "200", MU_T_INT, 0, MU_OP_EQ, MU_F_HTTP_STATUS);
  mu_judge(b.run, b.check, &e, 1, MU_LOW, NOW);
  const struct mu_finding *f = &b.run->findings.at[0];
  assert_int_equal(f->id, MU_F_HTTP_STATUS);
  assert_int_equal(f->severity, MU_LOW);
  assert_int_equal(f->verdict, MU_FAIL);
  assert_string_equal(f->actual, "503");
  assert_string_equal(f->expected, "\"200\"");
  assert_string_equal(f->message, "http.status is 503, expected 200");
  mu_run_free(b.run);
}

static void a_missing_fact_is_inconclusive(void **state) {
  (void)state;
  struct bench b = bench(MU_OBSERVED);
  struct mu_expect_one e = expect(&b, "http.json.x", "1", MU_T_STR, 0, MU_OP_EQ, MU_F_HTTP_BODY);
  assert_int_equal(judged(&b, &e, 1, MU_INCONCLUSIVE), MU_F_FACT_MISSING);
}

static void no_marker_is_the_primary(void **state) {
  (void)state;
  for (int there = 0; there < 3; there++) {
    struct bench b = bench(MU_OBSERVED);
    if (there) {
      (void)mu_fact_str(&b.check->facts, "http.header.x-served-by", there == 1 ? "azure" : "aws");
    }
    struct mu_expect_one e = expect(&b, "http.header.x-served-by", "aws", MU_T_STR, 0, MU_OP_EQ,
                                    MU_F_ANSWERED_BY_PRIMARY);
    assert_int_equal(judged(&b, &e, 1, there == 2 ? MU_PASS : MU_FAIL),
                     there == 2 ? -1 : (int)MU_F_ANSWERED_BY_PRIMARY);
  }
}

static void days_left_come_from_the_runs_now(void **state) {
  (void)state;
  const struct {
    int64_t left;
    enum mu_verdict want;
  } rows[] = {{21 * DAY + 1, MU_PASS}, {21 * DAY, MU_FAIL}, {-DAY, MU_FAIL}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct bench b = bench(MU_OBSERVED);
    (void)mu_fact_time(&b.check->facts, "tls.not_after", NOW + rows[i].left);
    struct mu_expect_one e =
        expect(&b, "tls.days_left", "> 21", MU_T_DUR, DAY, MU_OP_EQ, MU_F_TLS_EXPIRING);
    assert_int_equal(judged(&b, &e, 1, rows[i].want),
                     rows[i].want == MU_PASS ? -1 : (int)MU_F_TLS_EXPIRING);
  }
}

/* An expired certificate stops the request, and is a fact all the same. */
static void a_fact_of_a_broken_look_still_counts(void **state) {
  (void)state;
  struct bench b = bench(MU_ERROR);
  (void)mu_fact_time(&b.check->facts, "tls.not_after", NOW - DAY);
  struct mu_expect_one e[] = {
      expect(&b, "tls.days_left", "> 21d", MU_T_DUR, DAY, MU_OP_EQ, MU_F_TLS_EXPIRING),
      expect(&b, "http.status", "200", MU_T_INT, 0, MU_OP_EQ, MU_F_HTTP_STATUS)};
  assert_int_equal(judged(&b, e, 2, MU_FAIL), MU_F_TLS_EXPIRING);
}

static int stale(bool stamped, bool dated, int64_t age, enum mu_verdict want) {
  struct bench b = bench(MU_OBSERVED);
  if (stamped) {
    (void)mu_fact_time(&b.check->facts, "iceberg.source_as_of", NOW - age);
  }
  if (dated) {
    (void)mu_fact_time(&b.check->facts, "iceberg.snapshot_time", NOW - age);
  }
  struct mu_expect_one e =
      expect(&b, "iceberg.fresher_than", "24h", MU_T_DUR, 0, MU_OP_LE, MU_F_REPLICA_STALE);
  return judged(&b, &e, 1, want);
}

static void freshness(void **state) {
  (void)state;
  assert_int_equal(stale(true, true, DAY, MU_PASS), -1);
  assert_int_equal(stale(true, true, DAY + 1, MU_FAIL), MU_F_REPLICA_STALE);
  /* Without a stamp a young snapshot proves nothing about its data, and an old one proves that they
   * are old. */
  assert_int_equal(stale(false, true, 1, MU_INCONCLUSIVE), MU_F_REPLICA_UNSTAMPED);
  assert_int_equal(stale(false, true, DAY + 1, MU_FAIL), MU_F_REPLICA_STALE);
  assert_int_equal(stale(false, false, 0, MU_INCONCLUSIVE), MU_F_REPLICA_UNSTAMPED);
}

static int rows_are(struct mu_value seen, int64_t source, const char *written,
                    enum mu_verdict want) {
  struct bench b = bench(MU_OBSERVED);
  (void)mu_fact_range(&b.check->facts, "iceberg.rows", seen.range.lo, seen.range.hi, "rows");
  if (source >= 0) {
    (void)mu_fact_int(&b.check->facts, "iceberg.source_rows", source, "rows");
  }
  struct mu_expect_one e =
      expect(&b, "iceberg.rows", written, MU_T_RANGE, 0, MU_OP_EQ, MU_F_REPLICA_ROWS);
  return judged(&b, &e, 1, want);
}

static void rows(void **state) {
  (void)state;
  assert_int_equal(rows_are(range(100, 100), 100, "source \xc2\xb1 1%", MU_PASS), -1);
  assert_int_equal(rows_are(range(50, 50), 100, "source \xc2\xb1 1%", MU_FAIL), MU_F_REPLICA_ROWS);
  assert_int_equal(rows_are(range(90, 110), 100, "source \xc2\xb1 1%", MU_INCONCLUSIVE),
                   MU_F_REPLICA_ROWS_BOUNDS);
  assert_int_equal(rows_are(range(90, 90), -1, "source \xc2\xb1 1%", MU_INCONCLUSIVE),
                   MU_F_REPLICA_UNSTAMPED);
}

static void absence(void **state) {
  (void)state;
  struct bench b = bench(MU_ABSENT);
  struct mu_expect_one e =
      expect(&b, "dns.addresses", ">= 1", MU_T_LIST, 0, MU_OP_EQ, MU_F_EXPECTATION_FAILED);
  assert_int_equal(judged(&b, &e, 1, MU_FAIL), MU_F_THING_ABSENT);
  b = bench(MU_ABSENT);
  e = expect(&b, "dns.absent", "true", MU_T_BOOL, 0, MU_OP_EQ, MU_F_EXPECTATION_FAILED);
  assert_int_equal(judged(&b, &e, 1, MU_PASS), -1);
  b = bench(MU_OBSERVED);
  e = expect(&b, "dns.absent", "true", MU_T_BOOL, 0, MU_OP_EQ, MU_F_EXPECTATION_FAILED);
  assert_int_equal(judged(&b, &e, 1, MU_FAIL), MU_F_EXPECTATION_FAILED);
}

static void must_fail_needs_a_completed_look(void **state) {
  (void)state;
  struct bench b = bench(MU_OBSERVED);
  b.check->must_fail = true;
  (void)mu_fact_int(&b.check->facts, "x.rows", 12, NULL);
  struct mu_expect_one e =
      expect(&b, "x.rows", "== 0", MU_T_INT, 0, MU_OP_EQ, MU_F_EXPECTATION_FAILED);
  mu_judge(b.run, b.check, &e, 1, -1, NOW);
  assert_int_equal(b.check->verdict, MU_PASS);
  mu_run_free(b.run);
  b = bench(MU_OBSERVED);
  b.check->must_fail = true;
  (void)mu_fact_int(&b.check->facts, "x.rows", 0, NULL);
  assert_int_equal(judged(&b, &e, 0, MU_FAIL), MU_F_CONTROL_GREEN);
  b = bench(MU_TIMEOUT);
  b.check->must_fail = true;
  e = expect(&b, "x.rows", "== 0", MU_T_INT, 0, MU_OP_EQ, MU_F_EXPECTATION_FAILED);
  assert_int_equal(judged(&b, &e, 1, MU_INCONCLUSIVE), MU_F_TIMEOUT);
}

static void errors_have_names(void **state) {
  (void)state;
  const struct {
    enum mu_errc code;
    enum mu_finding_id want;
    enum mu_status status;
  } rows[] = {{MU_E_NET, MU_F_UNREACHABLE, MU_ERROR},      {MU_E_TIMEOUT, MU_F_TIMEOUT, MU_TIMEOUT},
              {MU_E_DENIED, MU_F_ACCESS_DENIED, MU_ERROR}, {MU_E_INPUT, MU_F_UNREADABLE, MU_ERROR},
              {MU_E_REMOTE, MU_F_UNREACHABLE, MU_ERROR},   {MU_E_LIMIT, MU_F_UNREADABLE, MU_ERROR}};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct bench b = bench(MU_OBSERVED);
    const struct mu_err err = {.code = rows[i].code, .msg = "why"};
    mu_judge_error(b.run, b.check, &err);
    assert_int_equal(b.check->status, rows[i].status);
    assert_string_equal(b.check->error, "why");
    assert_int_equal(judged(&b, NULL, 0, MU_INCONCLUSIVE), rows[i].want);
  }
}

static void secrets_and_bodies_are_not_told(void **state) {
  (void)state;
  struct bench b = bench(MU_OBSERVED);
  mu_fact_str(&b.check->facts, "x.key", "hunter2-hunter2")->is_secret = true;
  struct mu_expect_one e =
      expect(&b, "x.key", "other", MU_T_STR, 0, MU_OP_EQ, MU_F_EXPECTATION_FAILED);
  mu_judge(b.run, b.check, &e, 1, -1, NOW);
  assert_null(strstr(b.run->findings.at[0].message, "hunter2"));
  assert_null(strstr(b.run->findings.at[0].actual, "hunter2"));
  mu_run_free(b.run);
}

static void derived_names(void **state) {
  (void)state;
  struct mu_derived d;
  assert_true(mu_derived_parse("tls.days_left", &d));
  assert_string_equal(d.from, "tls.not_after");
  assert_true(d.left);
  assert_true(mu_derived_parse("iceberg.fresher_than", &d));
  assert_string_equal(d.from, "iceberg.source_as_of");
  assert_int_equal(d.bare, MU_OP_LE);
  assert_true(mu_derived_parse("git.committed_age", &d));
  assert_string_equal(d.from, "git.committed");
  assert_false(mu_derived_parse("http.status", &d));
  assert_false(mu_derived_parse("_age", &d));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_and_units),
      cmocka_unit_test(ranges_decide_only_when_all_of_them_does),
      cmocka_unit_test(near_the_source),
      cmocka_unit_test(words_are_compared_with_their_case),
      cmocka_unit_test(json_values_are_what_they_are),
      cmocka_unit_test(lists),
      cmocka_unit_test(patterns_are_checked_when_read),
      cmocka_unit_test(what_holds_leaves_no_finding),
      cmocka_unit_test(what_differs_says_both_sides),
      cmocka_unit_test(a_missing_fact_is_inconclusive),
      cmocka_unit_test(no_marker_is_the_primary),
      cmocka_unit_test(days_left_come_from_the_runs_now),
      cmocka_unit_test(a_fact_of_a_broken_look_still_counts),
      cmocka_unit_test(freshness),
      cmocka_unit_test(rows),
      cmocka_unit_test(absence),
      cmocka_unit_test(must_fail_needs_a_completed_look),
      cmocka_unit_test(errors_have_names),
      cmocka_unit_test(secrets_and_bodies_are_not_told),
      cmocka_unit_test(derived_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
