/* SPDX-License-Identifier: Apache-2.0 */
/* The replica table by table, and every check with its attempts and facts. */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

/* ---- replica ---- */

/* The facts of a lake table that get a column of their own, where any check has them. */
static const struct {
  const char *fact, *column;
} lake[] = {{"rows", ">Rows"},
            {"source_rows", ">At the source"},
            {"source_as_of", "Source as-of"},
            {"files", ">Files"},
            {"files_missing", ">Missing"},
            {"paths_outside", ">Outside"},
            {"locked_until", "Locked until"}};

static bool is_lake(const struct mu_check *check) {
  return !check->must_fail &&
         (mu_streq(check->probe, "iceberg") || mu_streq(check->probe, "delta"));
}

bool mu_html_has_replica(const struct mu_run *run) {
  for (size_t i = 0; i < run->checks.n; i++) {
    if (is_lake(&run->checks.at[i])) {
      return true;
    }
  }
  return false;
}

static const struct mu_fact *fact_of(struct mu_html *h, const struct mu_check *check,
                                     const char *name) {
  return mu_fact_find(&check->facts, mu_arena_fmt(h->arena, "%s.%s", check->probe, name));
}

static bool seen_anywhere(struct mu_html *h, const char *name) {
  for (size_t i = 0; i < h->run->checks.n; i++) {
    const struct mu_check *check = &h->run->checks.at[i];
    if (is_lake(check) && fact_of(h, check, name)) {
      return true;
    }
  }
  return false;
}

static void write_fact(struct mu_html *h, struct mu_html_table *t, const struct mu_fact *fact) {
  if (fact && fact->value.type == MU_T_TIME) {
    mu_html_cell(h, t);
    mu_html_time(h, fact->value.i);
    mu_html_cell_end(h);
  } else {
    char count[MU_COUNT_TEXT];
    bool counted = fact && fact->value.type == MU_T_INT; /* the column says the unit */
    if (counted) {
      mu_count_text(fact->value.i, count);
    }
    mu_html_cell_text(h, t,
                      counted ? count
                      : fact  ? mu_value_text(&fact->value, NULL, h->arena)
                              : "");
  }
}

static void write_table_name(struct mu_html *h, struct mu_html_table *t, size_t i) {
  const struct mu_check *check = &h->run->checks.at[i];
  const struct mu_fact *snapshot = fact_of(h, check, "snapshot_id");
  mu_html_cell(h, t);
  mu_html_fmt(h, "<div><a class=\"nw\" href=\"#c%zu\">", i);
  mu_html_text(h, check->title ? check->title : check->id);
  mu_html_raw(h, "</a>");
  if (snapshot &&
      snapshot->value.type == MU_T_INT) { /* a number to compare, not to read: no grouping */
    mu_html_raw(h, "<br/><span class=\"soft\">snapshot </span>");
    mu_html_fmt(h, "<code class=\"soft\">%lld</code>", (long long)snapshot->value.i);
  }
  mu_html_raw(h, "</div>");
  mu_html_cell_end(h);
}

void mu_html_replica(struct mu_html *h) {
  const char *columns[MU_LEN(lake) + 3] = {"Table", "Verdict"};
  size_t facts[MU_LEN(lake)], n = 0;
  struct mu_html_table t;
  if (!mu_html_has_replica(h->run)) {
    return;
  }
  for (size_t i = 0; i < MU_LEN(lake); i++) {
    if (seen_anywhere(h, lake[i].fact)) {
      columns[2 + n] = lake[i].column;
      facts[n++] = i;
    }
  }
  columns[2 + n] = NULL;
  mu_html_section(h, "replica", "Replica");
  mu_html_table(h, &t, "What the tables of the standby hold", columns);
  for (size_t i = 0; i < h->run->checks.n; i++) {
    const struct mu_check *check = &h->run->checks.at[i];
    if (!is_lake(check)) {
      continue;
    }
    mu_html_row(h, &t, NULL);
    write_table_name(h, &t, i);
    mu_html_cell(h, &t);
    mu_html_verdict(h, check->verdict, mu_verdict_text(check->verdict));
    mu_html_cell_end(h);
    for (size_t k = 0; k < n; k++) {
      write_fact(h, &t, fact_of(h, check, lake[facts[k]].fact));
    }
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</section>\n");
}

/* ---- all checks ---- */

static void write_attempts(struct mu_html *h, const struct mu_check *check) {
  static const char *const columns[] = {"Try", "Started", ">Took", "Status", "Error", NULL};
  struct mu_html_table t;
  bool told = check->attempts_n == 1 && !check->attempts[0].error; /* by the lines above */
  if (check->attempts_n == 0 || told) {
    return;
  }
  mu_html_table(h, &t, "Attempts", columns);
  for (size_t i = 0; i < check->attempts_n; i++) {
    const struct mu_attempt *attempt = &check->attempts[i];
    char took[MU_DUR_TEXT];
    mu_dur_text(attempt->elapsed_ms, false, took);
    mu_html_row(h, &t, NULL);
    mu_html_cell(h, &t);
    mu_html_fmt(h, "try %zu", i + 1);
    mu_html_cell_end(h);
    mu_html_cell(h, &t);
    if (attempt->started_ms) {
      mu_html_time(h, attempt->started_ms);
    }
    mu_html_cell_end(h);
    mu_html_cell_text(h, &t, took);
    mu_html_cell_text(h, &t, mu_status_text(attempt->status));
    mu_html_cell_text(h, &t, attempt->error);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
}

static void write_facts(struct mu_html *h, const struct mu_check *check) {
  static const char *const columns[] = {"Fact", "Value", NULL};
  struct mu_html_table t;
  bool any = false;
  for (size_t i = 0; i < check->facts.n; i++) {
    const struct mu_fact *fact = &check->facts.at[i];
    if (fact->is_body || fact->is_secret) {
      continue;
    }
    if (!any) {
      mu_html_table(h, &t, "Facts", columns);
      any = true;
    }
    mu_html_row(h, &t, NULL);
    mu_html_cell_code(h, &t, fact->name);
    mu_html_cell(h, &t);
    mu_html_text(h, mu_value_text(&fact->value, fact->unit, h->arena));
    if (fact->is_volatile) {
      mu_html_raw(h, " <span class=\"soft\">differs at each look</span>");
    }
    mu_html_cell_end(h);
    mu_html_row_end(h);
  }
  if (any) {
    mu_html_table_end(h);
  }
}

static void write_links(struct mu_html *h, const struct mu_check *check) {
  for (size_t i = 0; i < h->run->findings.n; i++) {
    const struct mu_finding *finding = &h->run->findings.at[i];
    if (finding->verdict > MU_PASS && mu_streq(finding->check, check->id)) {
      mu_html_fmt(h, "<p><a href=\"#f%zu\">", i);
      mu_html_el(h, "code", NULL, mu_finding_def(finding->id)->name);
      mu_html_raw(h, "</a> ");
      mu_html_text(h, mu_draw_message(finding));
      mu_html_raw(h, "</p>\n");
    }
  }
}

static void term(struct mu_html *h, const char *name, const char *text) {
  if (text) {
    mu_html_fmt(h, "<dt>%s</dt><dd>", name);
    mu_html_text(h, text);
    mu_html_raw(h, "</dd>\n");
  }
}

/* The line of a check that says what came of it; `took` stands at its end. */
static void write_summary(struct mu_html *h, const struct mu_check *check) {
  char took[MU_DUR_TEXT];
  mu_dur_text(check->elapsed_ms, false, took);
  mu_html_verdict(h, check->verdict, mu_verdict_text(check->verdict));
  mu_html_raw(h, " <span class=\"what\"><b>");
  mu_html_text(h, check->title ? check->title : check->id);
  mu_html_raw(h, "</b> ");
  mu_html_text(h, mu_draw_line(check));
  if (check->must_fail) {
    mu_html_raw(h, check->verdict == MU_PASS ? " <em>red, as it must be</em>"
                                             : " <em>must go red</em>");
  }
  mu_html_raw(h, "</span> <span class=\"took soft\">");
  mu_html_raw(h, took);
  mu_html_raw(h, "</span>");
}

static void write_check(struct mu_html *h, size_t i) {
  const struct mu_check *check = &h->run->checks.at[i];
  mu_html_fmt(h, "<details class=\"check %s%s\" id=\"c%zu\"><summary>",
              mu_html_class(check->verdict), check->verdict == MU_PASS ? " annex" : "", i);
  write_summary(h, check);
  mu_html_raw(h, "</summary>\n<div class=\"inside\">\n<dl class=\"head\">\n");
  term(h, "Check", check->id);
  term(h, "Probe", check->probe);
  term(h, "Looked at", check->target);
  mu_html_raw(h, "<dt>Status</dt><dd>");
  mu_html_text(h, mu_status_text(check->status));
  if (check->started_ms) {
    mu_html_raw(h, " at ");
    mu_html_time(h, check->started_ms);
  }
  mu_html_raw(h, "</dd>\n");
  term(h, "Error", check->error);
  term(h, "Reason", check->reason);
  mu_html_raw(h, "</dl>\n");
  write_links(h, check);
  if (check->details) {
    mu_html_el(h, "pre", NULL, check->details);
    mu_html_raw(h, "\n");
  }
  write_attempts(h, check);
  write_facts(h, check);
  mu_html_raw(h, "</div></details>\n");
}

/* A thousand passed checks in full would bury the one that did not, and weigh megabytes. */
enum { PASSED_IN_FULL = 200 };

static void write_line(struct mu_html *h, size_t i) {
  const struct mu_check *check = &h->run->checks.at[i];
  mu_html_fmt(h, "<p class=\"check brief %s\" id=\"c%zu\">", mu_html_class(check->verdict), i);
  write_summary(h, check);
  if (!mu_streq(check->id, check->title)) {
    mu_html_raw(h, " ");
    mu_html_el(h, "code", "soft", check->id);
  }
  mu_html_raw(h, "</p>\n");
}

/* `*passed` counts those of the sections before, too. */
static void write_section(struct mu_html *h, const char *section, size_t *passed) {
  struct mu_draw_tally tally;
  mu_draw_count(h->run, section, &tally);
  bool all_passed = tally.of[MU_PASS] == tally.n;
  mu_html_fmt(h, "<div class=\"group%s\">\n<h3>", all_passed ? " all-passed" : "");
  mu_html_text(h, section);
  mu_html_fmt(h, " <span class=\"soft\">%zu of %zu passed</span></h3>\n", tally.of[MU_PASS],
              tally.n);
  for (size_t i = 0; i < h->run->checks.n; i++) {
    const struct mu_check *check = &h->run->checks.at[i];
    if (!mu_streq(mu_draw_section(check), section)) {
      continue;
    }
    *passed += check->verdict == MU_PASS;
    if (check->verdict == MU_PASS && *passed > PASSED_IN_FULL) {
      write_line(h, i);
    } else {
      write_check(h, i);
    }
  }
  mu_html_raw(h, "</div>\n");
}

static void say_what_is_short(struct mu_html *h) {
  size_t passed = 0;
  for (size_t i = 0; i < h->run->checks.n; i++) {
    passed += h->run->checks.at[i].verdict == MU_PASS;
  }
  if (passed > PASSED_IN_FULL) {
    mu_html_fmt(h,
                "<p class=\"soft\">Of %zu passed checks the first %d stand here in full, "
                "the others as one line; their facts and times are in the record: "
                "<code>muster report ",
                passed, (int)PASSED_IN_FULL);
    mu_html_text(h, h->run->id);
    mu_html_raw(h, " --report json</code>. What did not pass is always in full."
                   "<span class=\"paper\"> On paper the others are left out.</span></p>\n");
  }
}

enum { LANES_ON_PAPER = 40 };

void mu_html_checks(struct mu_html *h) {
  size_t n = 0;
  if (h->run->checks.n == 0) {
    return;
  }
  const char **sections = mu_draw_sections(h->run, h->arena, &n);
  mu_html_section(h, "checks", "All checks");
  if (mu_html_has_lanes(h->run)) {
    bool many = h->run->checks.n > LANES_ON_PAPER; /* more would not be legible on one page */
    mu_html_fmt(h, "<figure class=\"lanes%s\">\n", many ? " many" : "");
    mu_html_lanes_svg(h);
    mu_html_raw(
        h, "<figcaption class=\"soft\">When each check looked, try by try. Thick: something was "
           "seen. Thin: nothing was.");
    mu_html_raw(h, h->run->checks.n > MU_HTML_LANES ? " The first 100 of them." : "");
    mu_html_raw(h, "</figcaption>\n</figure>\n");
  }
  /* The filter needs styles to work: hidden by attribute, shown by the stylesheet. */
  mu_html_raw(h, "<fieldset class=\"filter\" hidden=\"hidden\"><legend class=\"soft\">Show</legend>"
                 "<input type=\"radio\" name=\"show\" id=\"show-all\" checked=\"checked\"/> "
                 "<label for=\"show-all\">all checks</label> "
                 "<input type=\"radio\" name=\"show\" id=\"show-bad\"/> "
                 "<label for=\"show-bad\">only what did not pass</label></fieldset>\n");
  say_what_is_short(h);
  mu_html_raw(h, "<p class=\"paper soft\">On paper a passed check is one line; its facts are in "
                 "the record. What did not pass is in full.</p>\n");
  size_t passed = 0;
  for (size_t i = 0; i < n; i++) {
    write_section(h, sections[i], &passed);
  }
  mu_html_raw(h, "</section>\n");
}
