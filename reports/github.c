/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations of a GitHub workflow: one workflow command a finding, on stdout of the step. GitHub
 * shows ten a kind and step; the worst come first, and the rest stay in the log. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "report.h"
#include "reports/draw.h"
#include "reports/escape.h"

static void command(struct mu_str *out, const char *kind, const char *title, const char *message) {
  mu_str_addf(out, "::%s title=", kind);
  mu_escape_command(out, title, 1);
  mu_str_add(out, "::");
  mu_escape_command(out, message, 0);
  mu_str_addc(out, '\n');
}

static void annotate(const struct mu_run *run, const struct mu_finding *finding,
                     struct mu_arena *arena, struct mu_str *out) {
  bool resolved = mu_streq(finding->age, "resolved");
  const char *kind = finding->verdict == MU_FAIL && finding->severity >= MU_MEDIUM && !resolved
                         ? "error"
                     : finding->verdict > MU_PASS && !resolved ? "warning"
                                                               : "notice";
  const char *title = mu_arena_fmt(arena, "%s %s%s%s", mu_finding_def(finding->id)->name,
                                   mu_severity_text(finding->severity), finding->age ? ", " : "",
                                   finding->age ? finding->age : "");
  MU_STR(message, (size_t)1 << 20);
  mu_str_addf(&message, "%s%s", finding->subject ? finding->subject : "",
              finding->subject ? ": " : "");
  mu_str_add(&message, mu_draw_message(finding));
  mu_str_addf(&message, "\nnext: %s", mu_draw_next(run, finding, arena));
  command(out, kind, title, mu_str_get(&message));
}

static void write_github(const struct mu_run *run, const struct mu_report_opts *opts,
                         struct mu_str *out) {
  (void)opts;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const char *kind = run->verdict == MU_PASS   ? "notice"
                     : run->verdict == MU_FAIL ? "error"
                                               : "warning";
  const char *title = mu_arena_fmt(arena, "%s%s: %s", run->rehearsal ? "REHEARSAL " : "",
                                   mu_draw_name(run, arena), mu_draw_readiness(run));
  command(out, kind, title, run->why ? run->why : mu_verdict_text(run->verdict));
  for (size_t i = 0; i < run->findings.n; i++) {
    if (run->findings.at[i].verdict > MU_PASS) {
      annotate(run, &run->findings.at[i], arena, out);
    }
  }
}

const struct mu_report mu_report_github = {
    .name = "github",
    .extension = ".txt",
    .summary = "annotations for GitHub workflows (workflow commands, to stdout)",
    .write = write_github,
};
