/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report's own toolbox. Text of the record goes through mu_html_text() and the functions
 * that take it as `text`, all of which escape; what is called `markup` is ours. Written as
 * well-formed XML too, so that any parser can read it. No style attributes: servers that forbid
 * inline styles would drop them; charts use presentation attributes, which they do not. */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/run.h"
#include "report.h"

struct mu_html {
  struct mu_str *out;
  const struct mu_run *run;
  const struct mu_report_opts *opts;
  struct mu_arena *arena; /* scratch, for this report */
};

/* ---- html_parts.c ---- */
void mu_html_raw(struct mu_html *h, const char *markup);
void mu_html_fmt(struct mu_html *h, const char *fmt, ...)
    MU_PRINTF(2, 3); /* numbers and constant words only */
void mu_html_text(struct mu_html *h, const char *text);
void mu_html_attr(struct mu_html *h, const char *name,
                  const char *text); /* with a space in front */
/* <tag class="klass">text</tag>; klass NULL: none. */
void mu_html_el(struct mu_html *h, const char *tag, const char *klass, const char *text);
void mu_html_time(struct mu_html *h, int64_t unix_ms); /* <time>; whole minutes without seconds */
void mu_html_verdict(struct mu_html *h, enum mu_verdict verdict, const char *word);
const char *mu_html_class(enum mu_verdict verdict); /* "pass", "fail", "unsure", "soft" */
/* JSON text of a finding or observation, strings without their quotes where that is unambiguous. */
void mu_html_value(struct mu_html *h, const char *json);
/* A link where it is one of http or https, plain text otherwise. */
void mu_html_link(struct mu_html *h, const char *text);
void mu_html_section(struct mu_html *h, const char *id,
                     const char *title); /* opens; close with </section> */

/* Tables that become cards on a narrow screen. Columns end with NULL; a column that starts with '>'
 * is right-aligned. */
struct mu_html_table {
  const char *const *columns;
  size_t at;
};
void mu_html_table(struct mu_html *h, struct mu_html_table *table, const char *caption,
                   const char *const *columns);
void mu_html_row(struct mu_html *h, struct mu_html_table *table, const char *klass);
void mu_html_cell(struct mu_html *h, struct mu_html_table *table); /* opens the next cell */
void mu_html_cell_end(struct mu_html *h);
void mu_html_cell_text(struct mu_html *h, struct mu_html_table *table, const char *text);
void mu_html_cell_code(struct mu_html *h, struct mu_html_table *table, const char *text);
void mu_html_row_end(struct mu_html *h);
void mu_html_table_end(struct mu_html *h);

/* Pixels of `part` in `whole` over a width; clamped. */
int mu_html_px(int64_t part, int64_t whole, int width);

/* ---- one file each ---- */
extern const char *const mu_html_css[]; /* lines, NULL at the end */
void mu_html_head(struct mu_html *h);
void mu_html_targets(struct mu_html *h);
void mu_html_timeline(struct mu_html *h);
void mu_html_timeline_svg(struct mu_html *h, bool narrow);
enum { MU_HTML_LANES = 100 };
void mu_html_lanes_svg(struct mu_html *h); /* when each check looked, and its retries */
void mu_html_findings(struct mu_html *h);
void mu_html_drift(struct mu_html *h);
void mu_html_notes(struct mu_html *h); /* and acknowledgements; nothing where there are none */
void mu_html_replica(struct mu_html *h);
void mu_html_checks(struct mu_html *h);
void mu_html_back(struct mu_html *h);
void mu_html_method(struct mu_html *h);

/* Whether a section has anything to show, for the table of contents too. */
bool mu_html_has_lanes(const struct mu_run *run);
bool mu_html_has_replica(const struct mu_run *run);
bool mu_html_has_drift(const struct mu_run *run);
/* Number of a check, for its anchor; run->checks.n where there is none of that id. */
size_t mu_html_check_of(const struct mu_run *run, const char *id);

#endif
