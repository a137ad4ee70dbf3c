/* SPDX-License-Identifier: Apache-2.0 */
/* Drift: how much was compared, as a bar and a table, each difference, and the values taken or held
 * as a baseline. */
#include <string.h>

#include "base/attr.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

enum { BAR_W = 900, BAR_H = 18 };

struct part {
  const char *name, *klass, *fill, *what;
  int64_t n;
};

static void write_bar(struct mu_html *h, const struct part *parts, size_t n, int64_t all) {
  int x = 0;
  mu_html_fmt(h,
              "<svg class=\"cover\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
              "aria-label=\"Coverage by part; the table below gives the figures\">",
              BAR_W, BAR_H, BAR_W, BAR_H);
  mu_html_fmt(h,
              "<rect x=\"0\" y=\"0\" width=\"%d\" height=\"%d\" class=\"track\" fill=\"#dde3ea\"/>",
              BAR_W, BAR_H);
  for (size_t i = 0; i < n; i++) {
    int width = mu_html_px(parts[i].n, all, BAR_W);
    width = parts[i].n > 0 && width < 3 ? 3 : width;
    width = width > BAR_W - x ? BAR_W - x : width;
    if (width > 0) {
      mu_html_fmt(h, "<rect x=\"%d\" y=\"0\" width=\"%d\" height=\"%d\" class=\"%s\" fill=\"%s\"/>",
                  x, width, BAR_H, parts[i].klass, parts[i].fill);
      x += width;
    }
  }
  mu_html_raw(h, "</svg>\n");
}

static void write_part(struct mu_html *h, struct mu_html_table *t, const struct part *part,
                       int64_t all) {
  char count[MU_COUNT_TEXT];
  mu_count_text(part->n, count);
  mu_html_row(h, t, NULL);
  mu_html_cell(h, t);
  mu_html_fmt(
      h,
      "<svg class=\"key\" viewBox=\"0 0 10 10\" width=\"10\" height=\"10\" aria-hidden=\"true\">"
      "<rect width=\"10\" height=\"10\" class=\"%s\" fill=\"%s\"/></svg> %s",
      part->klass, part->fill, part->name);
  mu_html_cell_end(h);
  mu_html_cell_text(h, t, count);
  mu_html_cell(h, t);
  if (all > 0 && part->n >= 0 && part->n <= all) {
    int tenths = (int)((double)part->n / (double)all * 1000);
    mu_html_fmt(h, "%d.%d %%", tenths / 10, tenths % 10);
  }
  mu_html_cell_end(h);
  mu_html_cell_text(h, t, part->what);
  mu_html_row_end(h);
}

static void write_coverage(struct mu_html *h) {
  static const char *const columns[] = {"Part", ">Attributes", ">Share", "What it means", NULL};
  const struct mu_coverage *c = &h->run->coverage;
  const struct part parts[] = {
      {"compared", "p-compared", "#2f6db5", "planned value known, and held against the actual one",
       c->compared},
      {"explained", "p-explained", "#5b9bd5",
       "differs or was unknown, and a rule of the engine explains it", c->explained},
      {"baseline", "p-baseline", "#0b7a57",
       "unknown when planned: taken as a baseline, or held against one", c->baseline},
      {"unverifiable", "p-unverifiable", "#b07200", "could not be compared: lowers the coverage",
       c->unverifiable},
      {"ignored", "p-ignored", "#7a828c", "by an ignore rule with reason, owner and expiry",
       c->ignored}};
  char resources[MU_COUNT_TEXT], attributes[MU_COUNT_TEXT], redacted[MU_COUNT_TEXT];
  struct mu_html_table t;
  if (c->attributes <= 0) {
    return;
  }
  mu_count_text(c->resources, resources);
  mu_count_text(c->attributes, attributes);
  mu_count_text(c->redacted, redacted);
  mu_html_fmt(
      h, "<p>%s resources, %s attributes, of which %s sensitive (compared, never shown).</p>\n",
      resources, attributes, redacted);
  write_bar(h, parts, MU_LEN(parts), c->attributes);
  mu_html_table(h, &t, "Coverage: the parts add up to all attributes", columns);
  for (size_t i = 0; i < MU_LEN(parts); i++) {
    write_part(h, &t, &parts[i], c->attributes);
  }
  mu_html_table_end(h);
}

static bool is_drift(const struct mu_finding *finding) {
  const char *name = mu_finding_def(finding->id)->name;
  return mu_str_starts(name, "DRIFT_") || mu_str_starts(name, "IGNORE_");
}

static void write_differences(struct mu_html *h) {
  static const char *const columns[] = {"Severity", "Resource", "Attribute", "Planned",
                                        "Actual",   "Finding",  NULL};
  struct mu_html_table t;
  bool any = false;
  for (size_t i = 0; i < h->run->findings.n; i++) {
    const struct mu_finding *finding = &h->run->findings.at[i];
    if (!is_drift(finding)) {
      continue;
    }
    if (!any) {
      mu_html_table(h, &t, "Every difference, forgiven ones included", columns);
      any = true;
    }
    mu_html_row(h, &t, NULL);
    mu_html_cell(h, &t);
    mu_html_verdict(h, finding->verdict, mu_severity_text(finding->severity));
    mu_html_cell_end(h);
    mu_html_cell_code(h, &t, finding->subject);
    mu_html_cell_code(h, &t, finding->path);
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
    mu_html_cell(h, &t);
    bool linked = finding->verdict > MU_PASS;
    if (linked) {
      mu_html_fmt(h, "<a href=\"#f%zu\">", i);
    }
    mu_html_el(h, "code", "nw", mu_finding_def(finding->id)->name);
    mu_html_raw(h, linked ? "</a>" : "");
    mu_html_cell_end(h);
    mu_html_row_end(h);
  }
  if (any) {
    mu_html_table_end(h);
  } else if (h->run->coverage.attributes > 0) {
    mu_html_raw(h, "<p>No difference.</p>\n");
  }
}

/* On paper a resource is one line: which it was and how many of its values were seen. Hundreds of
 * ids would bury what differs, and are in the record. */
enum { RESOURCES_ON_PAPER = 100 };

static bool same_resource(const struct mu_observation *a, const struct mu_observation *b) {
  return mu_streq(a->address, b->address) && mu_streq(a->provider_id, b->provider_id);
}

static void write_resource(struct mu_html *h, struct mu_html_table *t, size_t from, size_t to) {
  const struct mu_observation *first = &h->run->observations.at[from];
  char values[MU_COUNT_TEXT], held[MU_COUNT_TEXT];
  size_t n = 0;
  for (size_t i = from; i < to; i++) {
    n += h->run->observations.at[i].held;
  }
  mu_count_text((int64_t)(to - from), values);
  mu_count_text((int64_t)n, held);
  mu_html_row(h, t, NULL);
  mu_html_cell_code(h, t, first->address);
  mu_html_cell_code(h, t, first->provider_id);
  mu_html_cell_text(h, t, values);
  mu_html_cell_text(h, t, held);
  mu_html_row_end(h);
}

static void write_resources(struct mu_html *h) {
  static const char *const columns[] = {"Resource", "Bound to", ">Values", ">Held", NULL};
  struct mu_html_table t;
  size_t n = h->run->observations.n, rows = 0, from = 0;
  mu_html_raw(h, "<div class=\"paper\">\n");
  mu_html_table(h, &t, "Values that were unknown when planned, by resource", columns);
  for (size_t i = 1; i <= n && rows < RESOURCES_ON_PAPER; i++) {
    if (i == n || !same_resource(&h->run->observations.at[from], &h->run->observations.at[i])) {
      write_resource(h, &t, from, i);
      from = i;
      rows++;
    }
  }
  mu_html_table_end(h);
  mu_html_fmt(h, "<p class=\"soft\">%s<code>muster report ",
              from < n ? "These are the first; all of them, and each value: "
                       : "Each value is in the record: ");
  mu_html_text(h, h->run->id);
  mu_html_raw(h, " --report json</code></p>\n</div>\n");
}

static void write_baseline(struct mu_html *h) {
  static const char *const columns[] = {"Resource", "Attribute", "Bound to",
                                        "Value",    "Baseline",  NULL};
  struct mu_html_table t;
  if (h->run->observations.n == 0) {
    return;
  }
  write_resources(h);
  mu_html_fmt(h,
              "<details class=\"annex\"><summary>%zu values that were unknown when planned"
              "</summary>\n",
              h->run->observations.n);
  mu_html_table(h, &t, "Taken as a baseline now, or held against an earlier one", columns);
  for (size_t i = 0; i < h->run->observations.n; i++) {
    const struct mu_observation *seen = &h->run->observations.at[i];
    mu_html_row(h, &t, NULL);
    mu_html_cell_code(h, &t, seen->address);
    mu_html_cell_code(h, &t, seen->path);
    mu_html_cell_code(h, &t, seen->provider_id);
    mu_html_cell(h, &t);
    if (seen->value) {
      mu_html_value(h, seen->value);
    }
    mu_html_cell_end(h);
    mu_html_cell_text(h, &t, seen->held ? "held" : "first seen");
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</details>\n");
}

void mu_html_drift(struct mu_html *h) {
  if (!mu_html_has_drift(h->run)) {
    return;
  }
  mu_html_section(h, "drift", "Drift");
  write_coverage(h);
  write_differences(h);
  write_baseline(h);
  mu_html_raw(h, "</section>\n");
}
