/* SPDX-License-Identifier: Apache-2.0 */
/* What was found, worst first: what was expected and seen, since when, and what to do next. */
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

static void write_where(struct mu_html *h, const struct mu_finding *finding) {
  size_t at = mu_html_check_of(h->run, finding->check);
  mu_html_raw(h, "<p class=\"meta\">");
  mu_html_el(h, "code", NULL, mu_finding_def(finding->id)->name);
  mu_html_raw(h, " ");
  mu_html_text(h, mu_finding_def(finding->id)->title);
  if (at < h->run->checks.n) {
    mu_html_fmt(h, " · check <a href=\"#c%zu\">", at);
    mu_html_text(h, finding->check);
    mu_html_raw(h, "</a>");
  } else if (finding->check) {
    mu_html_raw(h, " · ");
    mu_html_text(h, finding->check);
  }
  if (finding->age) {
    mu_html_raw(h, " · ");
    mu_html_el(h, "b", NULL, finding->age);
  }
  if (finding->since_ms) {
    char date[MU_TIME_TEXT];
    mu_time_date(finding->since_ms, date);
    mu_html_raw(h, " since ");
    mu_html_text(h, date);
  }
  mu_html_raw(h, "</p>\n");
}

static void pair(struct mu_html *h, const char *name, const char *text) {
  if (text) {
    mu_html_fmt(h, "<div><dt>%s</dt><dd>", name);
    mu_html_text(h, text);
    mu_html_raw(h, "</dd></div>\n");
  }
}

static void value(struct mu_html *h, const char *name, const char *json) {
  if (json) {
    mu_html_fmt(h, "<div><dt>%s</dt><dd><code>", name);
    mu_html_value(h, json);
    mu_html_raw(h, "</code></dd></div>\n");
  }
}

static void write_finding(struct mu_html *h, const struct mu_finding *finding, size_t i) {
  const char *subject = finding->subject;
  mu_html_fmt(h, "<li class=\"finding %s\" id=\"f%zu\">\n<h3>", mu_html_class(finding->verdict), i);
  mu_html_verdict(h, finding->verdict,
                  mu_arena_fmt(h->arena, "%s %s", mu_verdict_text(finding->verdict),
                               mu_severity_text(finding->severity)));
  mu_html_raw(h, " ");
  mu_html_text(h, mu_draw_message(finding));
  mu_html_raw(h, "</h3>\n");
  write_where(h, finding);
  mu_html_raw(h, "<dl class=\"pairs\">\n");
  pair(h, "Subject",
       finding->path ? mu_arena_fmt(h->arena, "%s · %s", subject ? subject : "", finding->path)
                     : subject);
  value(h, "Expected", finding->expected);
  value(h, "Seen", finding->actual);
  pair(h, "Decided by", finding->klass);
  pair(h, "Means", mu_finding_def(finding->id)->doc);
  pair(h, "Known", finding->ack);
  mu_html_raw(h, "<div><dt>Next</dt><dd>");
  bool block = finding->next && strchr(finding->next, '\n');
  mu_html_el(h,
             block           ? "pre"
             : finding->next ? "b"
                             : "code",
             NULL, mu_draw_next(h->run, finding, h->arena));
  mu_html_raw(h, "</dd></div>\n</dl>\n</li>\n");
}

static void write_observations(struct mu_html *h, size_t n) {
  static const char *const columns[] = {"Id", "Subject", "Observation", "Expected", "Seen", NULL};
  struct mu_html_table t;
  mu_html_fmt(h, "<details><summary>%zu observation%s that count%s against nothing</summary>\n", n,
              n == 1 ? "" : "s", n == 1 ? "s" : "");
  mu_html_table(h, &t, "Observations", columns);
  for (size_t i = 0; i < h->run->findings.n; i++) {
    const struct mu_finding *finding = &h->run->findings.at[i];
    if (finding->verdict > MU_PASS) {
      continue;
    }
    mu_html_row(h, &t, NULL);
    mu_html_cell_code(h, &t, mu_finding_def(finding->id)->name);
    mu_html_cell_text(h, &t, finding->subject);
    mu_html_cell(h, &t);
    mu_html_text(h, mu_draw_message(finding));
    if (mu_streq(finding->klass, "must_fail")) {
      mu_html_raw(h, ": red on purpose, as it must be");
    }
    if (finding->ack) {
      mu_html_raw(h, " · ");
      mu_html_text(h, finding->ack);
    }
    mu_html_cell_end(h);
    mu_html_cell(h, &t);
    if (finding->expected) {
      mu_html_value(h, finding->expected);
    }
    mu_html_cell_end(h);
    mu_html_cell(h, &t);
    if (finding->actual) {
      mu_html_value(h, finding->actual);
    }
    mu_html_cell_end(h);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</details>\n");
}

void mu_html_findings(struct mu_html *h) {
  const struct mu_findings *findings = &h->run->findings;
  size_t defects = 0;
  for (size_t i = 0; i < findings->n; i++) {
    defects += findings->at[i].verdict > MU_PASS;
  }
  mu_html_section(h, "findings", "What was found");
  if (defects == 0) {
    mu_html_raw(h, "<p>No finding that counts against this run.</p>\n");
  } else {
    mu_html_raw(h, "<ol class=\"findings\">\n");
    for (size_t i = 0; i < findings->n; i++) {
      if (findings->at[i].verdict > MU_PASS) {
        write_finding(h, &findings->at[i], i);
      }
    }
    mu_html_raw(h, "</ol>\n");
  }
  if (findings->n > defects) {
    write_observations(h, findings->n - defects);
  }
  mu_html_raw(h, "</section>\n");
}
