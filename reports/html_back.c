/* SPDX-License-Identifier: Apache-2.0 */
/* The back of the HTML report: what was not looked at, evidence, environment, assumptions,
 * sign-off, how to verify. */
#include <string.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/str.h"
#include "model/record.h"
#include "reports/draw.h"
#include "reports/html.h"

static void write_left_out(struct mu_html *h) {
  static const char *const columns[] = {"What", "Why", NULL};
  struct mu_html_table t;
  if (h->run->left_out.n == 0) {
    return;
  }
  mu_html_section(h, "left-out", "What was not looked at");
  mu_html_table(h, &t, "Nothing here was verified by this run", columns);
  for (size_t i = 0; i < h->run->left_out.n; i++) {
    mu_html_row(h, &t, NULL);
    mu_html_cell_text(h, &t, h->run->left_out.at[i].name);
    mu_html_cell_text(h, &t, h->run->left_out.at[i].value);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</section>\n");
}

static void cell_count(struct mu_html *h, struct mu_html_table *t, int64_t n) {
  char text[MU_COUNT_TEXT];
  mu_count_text(n, text);
  mu_html_cell_text(h, t, text);
}

static void write_inputs(struct mu_html *h) {
  static const char *const noted[] = {"Role", "Name", ">Bytes", "SHA-256", "Note", NULL};
  static const char *const plain[] = {"Role", "Name", ">Bytes", "SHA-256", NULL};
  struct mu_html_table t;
  bool notes = false;
  if (h->run->inputs.n == 0) {
    return;
  }
  for (size_t i = 0; i < h->run->inputs.n; i++) {
    notes = notes || h->run->inputs.at[i].note;
  }
  mu_html_table(h, &t, "Inputs", notes ? noted : plain);
  for (size_t i = 0; i < h->run->inputs.n; i++) {
    const struct mu_input *input = &h->run->inputs.at[i];
    mu_html_row(h, &t, NULL);
    mu_html_cell_text(h, &t, input->role);
    mu_html_cell_code(h, &t, input->name);
    cell_count(h, &t, input->bytes);
    mu_html_cell_code(h, &t, input->sha256);
    if (notes) {
      mu_html_cell_text(h, &t, input->note);
    }
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
}

static void write_files(struct mu_html *h) {
  static const char *const columns[] = {"File in the bundle", ">Bytes", "SHA-256", NULL};
  struct mu_html_table t;
  if (h->run->evidence.n == 0) {
    return;
  }
  mu_html_table(h, &t, "Evidence", columns);
  for (size_t i = 0; i < h->run->evidence.n; i++) {
    const struct mu_evidence *evidence = &h->run->evidence.at[i];
    mu_html_row(h, &t, NULL);
    mu_html_cell_code(h, &t, evidence->name);
    cell_count(h, &t, evidence->bytes);
    mu_html_cell_code(h, &t, evidence->sha256);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
}

static void write_evidence(struct mu_html *h) {
  if (h->run->inputs.n + h->run->evidence.n == 0) {
    return;
  }
  mu_html_section(h, "evidence", "Evidence");
  write_inputs(h);
  write_files(h);
  mu_html_raw(h, "</section>\n");
}

static void write_environment(struct mu_html *h) {
  if (h->run->environment.n == 0) {
    return;
  }
  mu_html_section(h, "environment", "Environment");
  mu_html_raw(h, "<dl class=\"head\">\n");
  for (size_t i = 0; i < h->run->environment.n; i++) {
    const struct mu_pair *pair = &h->run->environment.at[i];
    mu_html_el(h, "dt", NULL, pair->name);
    mu_html_el(h, "dd", NULL, pair->value);
    mu_html_raw(h, "\n");
  }
  mu_html_raw(h, "</dl>\n</section>\n");
}

static void write_assumptions(struct mu_html *h) {
  static const char *const columns[] = {"Assumption", ">Time", "Basis", NULL};
  struct mu_html_table t;
  if (h->run->assumptions.n == 0) {
    return;
  }
  mu_html_section(h, "assumptions", "Assumptions of the projected incident");
  mu_html_table(h, &t, "What a drill cannot show, and is added to the exercised part", columns);
  for (size_t i = 0; i < h->run->assumptions.n; i++) {
    const struct mu_assumption *assumption = &h->run->assumptions.at[i];
    char time[MU_DUR_TEXT];
    mu_dur_exact(assumption->ms, time);
    mu_html_row(h, &t, NULL);
    mu_html_cell_text(h, &t, assumption->name);
    mu_html_cell_text(h, &t, time);
    mu_html_cell_text(h, &t, assumption->basis);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</section>\n");
}

void mu_html_method(struct mu_html *h) {
  static const char *const always[] = {
      ("A probe looks and says what it saw; the judge compares that with what the config "
       "expects. FAIL: seen, and it differs. INCONCLUSIVE: could not be verified, which is "
       "never a pass. SKIPPED: left out by the operator. The verdict of a run is the worst of "
       "its parts; without a single PASS it is INCONCLUSIVE."),
      ("This page is drawn from the run record alone and computes no verdict of its own. What "
       "is listed as not looked at is neither good nor bad: it is not known.")};
  static const char *const of_drills[] = {
      ("RPO of a table is the time from the source as-of stamp of the data that was really "
       "readable after the restore to the simulated disruption; the workload has the one of its "
       "worst table. Exposure is the longest time between one readable copy and the as-of of "
       "the copy before."),
      ("RTO has three clocks: technical, from the start of the infrastructure to green smoke "
       "tests; service, from the declaration to correct answers in a row seen from outside; "
       "projected incident, which adds what a drill cannot exercise, each part listed as an "
       "assumption. Only the last is held against the target."),
      ("A drill shifts a name of its own. The production record is not exercised, and neither "
       "is the load of production on the standby.")};
  mu_html_section(h, "method", "Method and limits");
  for (size_t i = 0; i < MU_LEN(always); i++) {
    mu_html_el(h, "p", NULL, always[i]);
    mu_html_raw(h, "\n");
  }
  for (size_t i = 0; h->run->steps.n > 0 && i < MU_LEN(of_drills); i++) {
    mu_html_el(h, "p", NULL, of_drills[i]);
    mu_html_raw(h, "\n");
  }
  mu_html_raw(h, "</section>\n");
}

/* What only people can add. The blanks are for paper; nothing is prefilled that the record does not
 * know. */
static void write_sign_off(struct mu_html *h) {
  static const char *const roles[] = {"Incident commander", "Workload owner", "Reviewer"};
  if (!h->run->drill && h->run->steps.n == 0) {
    return;
  }
  mu_html_section(h, "sign-off", "Sign-off");
  mu_html_raw(h, "<ul class=\"sign\">\n");
  for (size_t i = 0; i < MU_LEN(roles); i++) {
    mu_html_fmt(h,
                "<li><b>%s</b><span class=\"line\">name</span>"
                "<span class=\"line\">signature, date</span></li>\n",
                roles[i]);
  }
  mu_html_raw(h, "<li><b>REQUIRES OPERATOR INPUT</b><span class=\"line\">next drill by</span>"
                 "<span class=\"line\">corrective actions, owners, due dates</span></li>\n"
                 "</ul>\n</section>\n");
}

static void write_digest(struct mu_html *h) {
  char digest[MU_SHA256_HEX];
  if (h->opts->record) {
    mu_html_el(h, "code", NULL, h->opts->record->sha256);
    return;
  }
  MU_STR(record, (size_t)MU_RECORD_MAX * 4);
  mu_record_write(h->run, &record);
  mu_sha256_hex(mu_str_get(&record), record.n, digest);
  mu_html_el(h, "code", NULL, digest);
}

static void write_footer(struct mu_html *h) {
  const struct mu_run *run = h->run;
  mu_html_raw(h, "</main>\n<footer>\n<p>muster ");
  mu_html_text(h, run->version);
  mu_html_raw(h, " · run ");
  mu_html_el(h, "code", NULL, run->id);
  mu_html_raw(h, run->rehearsal ? " · REHEARSAL" : " · REAL");
  mu_html_raw(h, "</p>\n<p>To check this page: <code>muster ledger verify</code> proves the chain "
                 "that the record stands in; <code>muster report ");
  mu_html_text(h, run->id);
  mu_html_raw(
      h, " --report html</code> draws the same bytes again. SHA-256 of the canonical record: ");
  write_digest(h);
  mu_html_raw(h, "</p>\n</footer>\n</body>\n</html>\n");
}

void mu_html_back(struct mu_html *h) {
  write_left_out(h);
  write_evidence(h);
  write_environment(h);
  write_assumptions(h);
  mu_html_method(h);
  write_sign_off(h);
  write_footer(h);
}
