/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report: one file that stands alone, for the person who was not there. No script, no
 * loads; what matters comes first, and what is not in the record is left out. */
#include "reports/html.h"

#include "base/arena.h"
#include "base/str.h"

static void write_html(const struct mu_run *run, const struct mu_report_opts *opts,
                       struct mu_str *out) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_html h = {.out = out, .run = run, .opts = opts, .arena = arena};
  mu_html_head(&h);
  mu_html_targets(&h);
  mu_html_timeline(&h);
  mu_html_findings(&h);
  mu_html_drift(&h);
  mu_html_notes(&h);
  mu_html_replica(&h);
  mu_html_checks(&h);
  mu_html_back(&h);
}

const struct mu_report mu_report_html = {
    .name = "html",
    .extension = ".html",
    .summary = "one page that stands alone: for auditors, and for paper",
    .of_record = true,
    .write = write_html,
};
