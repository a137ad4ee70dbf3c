/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/str.h"
#include "model/record.h"
#include "model/run.h"
#include "reports/draw.h"
#include "reports/table.h"
#include "support/golden.h"

enum { REPORT_MAX = 64 << 20 };

static void draw(const char *report, const struct mu_run *run, const struct mu_report_opts *opts,
                 struct mu_str *out) {
  const struct mu_report *found = mu_report_find(&mu_reports_table, report);
  assert_non_null(found);
  found->write(run, opts, out);
  assert_false(out->failed);
}

struct golden {
  const char *report, *suffix;
  struct mu_report_opts opts;
};

static const struct golden goldens[] = {
    {"text", ".txt", {0}},
    {"text", ".80.txt", {.width = 80}},
    {"text", ".verbose.txt", {.width = 100, .verbose = true}},
    {"text", ".color.txt", {.width = 80, .color = true, .brief = true}},
    {"json", ".json", {0}},
    {"junit", ".xml", {0}},
    {"junit", ".strict.xml", {.strict = true}},
    {"markdown", ".md", {0}},
    {"openmetrics", ".prom", {0}},
    {"github", ".txt", {0}},
    {"html", ".html", {0}},
};

static void every_report_draws_what_it_drew(void **state) {
  (void)state;
  for (size_t r = 0; golden_records[r]; r++) {
    struct mu_run *run = golden_run(golden_records[r]);
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
      char name[256];
      MU_STR(text, REPORT_MAX);
      draw(goldens[i].report, run, &goldens[i].opts, &text);
      (void)snprintf(name, sizeof name, "%s/%s%s", goldens[i].report, golden_records[r],
                     goldens[i].suffix);
      golden_check(name, &text);
    }
    mu_run_free(run);
  }
}

static void the_table_is_sound(void **state) {
  (void)state;
  for (size_t i = 0; i < mu_reports_table.n; i++) {
    const struct mu_report *report = mu_reports_table.at[i];
    assert_ptr_equal(mu_report_find(&mu_reports_table, report->name), report);
    assert_true(report->extension[0] == '.' && report->summary[0] != '\0');
    assert_non_null(report->write);
  }
  assert_null(mu_report_find(&mu_reports_table, "no-such-report"));
}

/* Bytes of the record must not reach a terminal, a parser or a browser as control characters. */
static void nothing_hostile_passes(void **state) {
  (void)state;
  struct mu_run *run = golden_run("hostile");
  for (size_t i = 0; i < mu_reports_table.n; i++) {
    MU_STR(text, REPORT_MAX);
    struct mu_report_opts opts = {.width = 80, .verbose = true};
    mu_reports_table.at[i]->write(run, &opts, &text);
    for (const char *c = mu_str_get(&text); *c; c++) {
      unsigned char byte = (unsigned char)*c;
      if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
        fail_msg("%s holds byte %02x near: %.40s", mu_reports_table.at[i]->name, byte, c + 1);
      }
    }
  }
  mu_run_free(run);
}

static void no_colour_unless_asked(void **state) {
  (void)state;
  struct mu_run *run = golden_run("night");
  MU_STR(plain, REPORT_MAX);
  MU_STR(colored, REPORT_MAX);
  struct mu_report_opts opts = {.width = 80};
  draw("text", run, &opts, &plain);
  opts.color = true;
  draw("text", run, &opts, &colored);
  assert_null(strchr(mu_str_get(&plain), '\x1b'));
  assert_non_null(strchr(mu_str_get(&colored), '\x1b'));
  /* The same words and columns: what is left without the codes is the plain text. */
  MU_STR(stripped, REPORT_MAX);
  for (const char *c = mu_str_get(&colored); *c; c++) {
    if (*c == '\x1b') {
      c += strcspn(c, "m");
    } else {
      mu_str_addc(&stripped, *c);
    }
  }
  assert_string_equal(mu_str_get(&stripped), mu_str_get(&plain));
  mu_run_free(run);
}

static void lines_fit_eighty_columns(void **state) {
  (void)state;
  static const char *const records[] = {"night", "drill", "smoke", "empty"};
  for (size_t r = 0; r < sizeof records / sizeof records[0]; r++) {
    struct mu_run *run = golden_run(records[r]);
    MU_STR(text, REPORT_MAX);
    struct mu_report_opts opts = {.width = 80};
    draw("text", run, &opts, &text);
    size_t columns = 0;
    for (const char *c = mu_str_get(&text); *c; c++) {
      columns = *c == '\n' ? 0 : columns + (((unsigned char)*c & 0xC0) != 0x80);
      if (columns > 80) {
        fail_msg("%s: a line is longer than 80 columns near: %.60s", records[r], c - 60);
      }
    }
    mu_run_free(run);
  }
}

static size_t times(const char *text, const char *word) {
  size_t n = 0;
  for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
    n++;
  }
  return n;
}

/* A pipeline that only reads the JUnit file must not see green where the exit code is not 0. */
static void junit_is_never_greener_than_the_run(void **state) {
  (void)state;
  for (size_t r = 0; golden_records[r]; r++) {
    struct mu_run *run = golden_run(golden_records[r]);
    MU_STR(text, REPORT_MAX);
    struct mu_report_opts opts = {0};
    draw("junit", run, &opts, &text);
    const char *xml = mu_str_get(&text);
    bool red = times(xml, "<failure ") + times(xml, "<error ") > 0;
    assert_int_equal(red, run->verdict != MU_PASS);
    assert_int_equal(times(xml, "<failure "), times(xml, "</failure>"));
    mu_run_free(run);
  }
}

/* What passed may be short on the page, what did not never; and each check has its anchor. */
static void many_passed_checks_become_lines_in_html(void **state) {
  enum { CHECKS = 300, FAILED = 280, FULL = 200 };
  (void)state;
  struct mu_run *run = mu_run_new("smoke", 1000);
  for (int i = 0; i < CHECKS; i++) {
    struct mu_check *check = MU_RUN_ADD(run, checks);
    check->id = check->title = mu_arena_fmt(run->arena, "smoke/check %d", i);
    check->section = "smoke";
    check->status = MU_OBSERVED;
    check->verdict = i == FAILED ? MU_FAIL : MU_PASS;
    mu_facts_init(&check->facts, run->arena);
  }
  MU_STR(page, REPORT_MAX);
  const struct mu_report_opts opts = {0};
  draw("html", run, &opts, &page);
  assert_int_equal(times(mu_str_get(&page), "<details class=\"check pass annex\""), FULL);
  assert_int_equal(times(mu_str_get(&page), "<details class=\"check fail\" id=\"c280\""), 1);
  assert_int_equal(times(mu_str_get(&page), "<p class=\"check brief pass\""), CHECKS - 1 - FULL);
  assert_int_equal(times(mu_str_get(&page), "Of 299 passed checks the first 200 stand here"), 1);
  mu_run_free(run);
}

/* The table of ids that a drill has taken down: on paper a line a resource, up to a page or two. */
static void on_paper_a_resource_is_one_line(void **state) {
  (void)state;
  enum { RESOURCES = 101, VALUES = 3, ON_PAPER = 100 };
  struct mu_run *run = mu_run_new("drift", 1000);
  for (int i = 0; i < RESOURCES * VALUES; i++) {
    struct mu_observation *seen = MU_RUN_ADD(run, observations);
    seen->address = mu_arena_fmt(run->arena, "aws_subnet.s[%d]", i / VALUES);
    seen->provider_id = mu_arena_fmt(run->arena, "subnet-%d", i / VALUES);
    seen->path = mu_arena_fmt(run->arena, "arn%d", i % VALUES);
    seen->held = i % VALUES == 0;
  }
  MU_STR(page, REPORT_MAX);
  const struct mu_report_opts opts = {0};
  draw("html", run, &opts, &page);
  const char *paper = strstr(mu_str_get(&page), "<div class=\"paper\">");
  const char *folded = strstr(mu_str_get(&page), "<details class=\"annex\">");
  assert_true(paper && folded && paper < folded);
  assert_int_equal(times(paper, "<tr ") - times(folded, "<tr "), 1 + ON_PAPER);
  assert_int_equal(times(folded, "subnet-100"), VALUES);
  assert_int_equal(times(paper, "These are the first; all of them"), 1);
  assert_int_equal(times(paper, "data-label=\"Held\"><span class=\"nw\">1<"), ON_PAPER);
  run->observations.n -= VALUES;
  mu_str_clear(&page);
  draw("html", run, &opts, &page);
  assert_int_equal(times(mu_str_get(&page), "These are the first; all of them"), 0);
  mu_run_free(run);
}

/* The record as the ledger keeps it is there already: its text is laid out, not written again. */
static void a_page_of_the_record_is_the_page_of_the_run(void **state) {
  (void)state;
  static const char *const names[] = {"json", "html"};
  for (size_t r = 0; golden_records[r]; r++) {
    struct mu_run *run = golden_run(golden_records[r]);
    MU_STR(canonical, REPORT_MAX);
    char sha256[MU_SHA256_HEX];
    mu_record_write(run, &canonical);
    mu_sha256_hex(mu_str_get(&canonical), canonical.n, sha256);
    const struct mu_report_record record = {mu_str_get(&canonical), canonical.n, sha256};
    for (size_t i = 0; i < MU_LEN(names); i++) {
      MU_STR(of_run, REPORT_MAX);
      MU_STR(of_record, REPORT_MAX);
      struct mu_report_opts opts = {0};
      draw(names[i], run, &opts, &of_run);
      opts.record = &record;
      draw(names[i], run, &opts, &of_record);
      assert_string_equal(mu_str_get(&of_record), mu_str_get(&of_run));
    }
    mu_run_free(run);
  }
}

static void an_interrupted_run_of_green_checks_is_red_in_junit(void **state) {
  (void)state;
  struct mu_run *run = golden_run("smoke");
  MU_STR(text, REPORT_MAX);
  struct mu_report_opts opts = {0};
  run->interrupted = true;
  mu_run_finish(run, run->ended_ms, run->elapsed_ms);
  draw("junit", run, &opts, &text);
  assert_int_equal(times(mu_str_get(&text), "<error "), 1);
  assert_non_null(strstr(mu_str_get(&text), "interrupted"));
  mu_run_free(run);
}

static void a_rehearsal_says_so_everywhere(void **state) {
  (void)state;
  struct mu_run *run = golden_run("drill");
  assert_true(run->rehearsal);
  for (size_t i = 0; i < mu_reports_table.n; i++) {
    MU_STR(text, REPORT_MAX);
    struct mu_report_opts opts = {.brief = true};
    mu_reports_table.at[i]->write(run, &opts, &text);
    bool is_style = strcmp(mu_reports_table.at[i]->name, "css") == 0;
    if (!is_style && !strstr(mu_str_get(&text), "REHEARSAL")) {
      fail_msg("%s does not say REHEARSAL", mu_reports_table.at[i]->name);
    }
  }
  mu_run_free(run);
}

/* ---- HTML ---- */

static void html_loads_nothing_and_runs_nothing(void **state) {
  (void)state;
  static const char *const never[] = {"<script",
                                      " style=",
                                      " src=",
                                      "srcset",
                                      "url(",
                                      "@import",
                                      "<iframe",
                                      "<object",
                                      "<embed",
                                      "<base",
                                      "http-equiv=\"refresh",
                                      " onerror=\"",
                                      " onclick",
                                      "xlink",
                                      "data:"};
  for (size_t r = 0; golden_records[r]; r++) {
    struct mu_run *run = golden_run(golden_records[r]);
    MU_STR(text, REPORT_MAX);
    struct mu_report_opts opts = {0};
    draw("html", run, &opts, &text);
    const char *html = mu_str_get(&text);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
      /* Inside text these words are harmless: what counts is a tag or attribute of ours, which text
       * cannot become. */
      bool in_text = strcmp(golden_records[r], "hostile") == 0 && never[i][0] == ' ';
      if (strstr(html, never[i]) && !in_text) {
        fail_msg("%s holds '%s'", golden_records[r], never[i]);
      }
    }
    assert_int_equal(times(html, "<style>"), 1);
    assert_int_equal(times(html, "</style>"), 1);
    assert_int_equal(times(html, "<link"), 0);
    assert_int_equal(times(html, "href=\"javascript"), 0);
    assert_int_equal(times(html, "<h1"), 1);
    assert_non_null(strstr(html, "default-src 'none'"));
    mu_run_free(run);
  }
}

static void html_links_a_stylesheet_only_when_asked(void **state) {
  (void)state;
  struct mu_run *run = golden_run("smoke");
  MU_STR(text, REPORT_MAX);
  struct mu_report_opts opts = {.css_href = "a\"b.css"};
  draw("html", run, &opts, &text);
  assert_non_null(strstr(mu_str_get(&text), "<link rel=\"stylesheet\" href=\"a&quot;b.css\"/>"));
  assert_non_null(strstr(mu_str_get(&text), "style-src 'self' 'unsafe-inline'"));
  mu_run_free(run);
}

/* Every in-page link leads somewhere, and no id stands twice. */
static void html_links_lead_somewhere(void **state) {
  (void)state;
  for (size_t r = 0; golden_records[r]; r++) {
    struct mu_run *run = golden_run(golden_records[r]);
    MU_STR(text, REPORT_MAX);
    struct mu_report_opts opts = {0};
    draw("html", run, &opts, &text);
    const char *html = mu_str_get(&text);
    for (const char *at = strstr(html, "href=\"#"); at; at = strstr(at + 1, "href=\"#")) {
      char id[128];
      (void)snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(at + 7, "\""), at + 7);
      assert_int_equal(times(html, id), 1);
    }
    mu_run_free(run);
  }
}

static void html_leaves_out_what_is_not_there(void **state) {
  (void)state;
  struct mu_run *run = golden_run("smoke");
  MU_STR(text, REPORT_MAX);
  struct mu_report_opts opts = {0};
  draw("html", run, &opts, &text);
  static const char *const absent[] = {"id=\"targets\"",  "id=\"timeline\"",
                                       "id=\"drift\"",    "id=\"replica\"",
                                       "id=\"sign-off\"", "REQUIRES OPERATOR INPUT"};
  for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
    assert_null(strstr(mu_str_get(&text), absent[i]));
  }
  mu_run_free(run);
}

/* ---- intervals ---- */

static void intervals_are_rounded_outward(void **state) {
  (void)state;
  static const struct {
    int64_t lo, hi;
    const char *want;
  } rows[] = {{1623000, 1625000, "27m04s ±1s"},
              {1623001, 1625999, "27m03s to 27m06s"},
              {86400000, 86400000, "24h"},
              {86400001, 86400001, "24h to 24h01m"},
              {70919000, 70921000, "19h42m ±1m"},
              {0, 0, "0s"},
              {0, 999, "0s to 999ms"},
              {90600000, 90602000, "25h10m to 25h11m"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char text[MU_DRAW_INTERVAL];
    mu_draw_interval(rows[i].lo, rows[i].hi, text);
    assert_string_equal(text, rows[i].want);
  }
}

/* Over many intervals: what is shown, read back, holds the interval. */
static void shown_intervals_hold_the_real_one(void **state) {
  (void)state;
  for (int64_t lo = 0; lo < 400000000; lo = lo * 3 + 17) {
    for (int64_t width = 0; width < 100000; width = width * 5 + 13) {
      char text[MU_DRAW_INTERVAL], *second = NULL;
      int64_t shown_lo = 0, shown_hi = 0, half = 0;
      mu_draw_interval(lo, lo + width, text);
      if ((second = strstr(text, " ±"))) {
        *second = '\0';
        assert_int_equal(mu_dur_parse(text, &shown_lo), 0);
        assert_int_equal(mu_dur_parse(second + strlen(" ±"), &half), 0);
        shown_hi = shown_lo + half;
        shown_lo -= half;
      } else if ((second = strstr(text, " to "))) {
        *second = '\0';
        assert_int_equal(mu_dur_parse(text, &shown_lo), 0);
        assert_int_equal(mu_dur_parse(second + 4, &shown_hi), 0);
      } else {
        assert_int_equal(mu_dur_parse(text, &shown_lo), 0);
        shown_hi = shown_lo;
      }
      assert_true(shown_lo <= lo && shown_hi >= lo + width);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_report_draws_what_it_drew),
      cmocka_unit_test(the_table_is_sound),
      cmocka_unit_test(nothing_hostile_passes),
      cmocka_unit_test(no_colour_unless_asked),
      cmocka_unit_test(lines_fit_eighty_columns),
      cmocka_unit_test(junit_is_never_greener_than_the_run),
      cmocka_unit_test(many_passed_checks_become_lines_in_html),
      cmocka_unit_test(on_paper_a_resource_is_one_line),
      cmocka_unit_test(a_page_of_the_record_is_the_page_of_the_run),
      cmocka_unit_test(an_interrupted_run_of_green_checks_is_red_in_junit),
      cmocka_unit_test(a_rehearsal_says_so_everywhere),
      cmocka_unit_test(html_loads_nothing_and_runs_nothing),
      cmocka_unit_test(html_links_a_stylesheet_only_when_asked),
      cmocka_unit_test(html_links_lead_somewhere),
      cmocka_unit_test(html_leaves_out_what_is_not_there),
      cmocka_unit_test(intervals_are_rounded_outward),
      cmocka_unit_test(shown_intervals_hold_the_real_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
