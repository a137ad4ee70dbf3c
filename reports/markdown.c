/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown (GitHub flavour) for a pull request, a job summary or a wiki: verdict, targets,
 * findings, steps, checks. */
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "report.h"
#include "reports/draw.h"
#include "reports/escape.h"

struct writer {
  struct mu_str *out;
  const struct mu_run *run;
  const struct mu_report_filter *filter;
  struct mu_arena *arena;
};

static void raw(struct writer *w, const char *markup) {
  mu_str_add(w->out, markup);
}
static void text(struct writer *w, const char *s) {
  mu_escape_markdown(w->out, s);
}

static void cell(struct writer *w, const char *s) {
  raw(w, " ");
  text(w, s ? s : "");
  raw(w, " |");
}

static void verdict_cell(struct writer *w, enum mu_verdict verdict) {
  mu_str_addf(w->out, "| %s %s |", mu_draw_glyph(verdict), mu_verdict_text(verdict));
}

static void write_head(struct writer *w) {
  const struct mu_run *run = w->run;
  char when[MU_TIME_TEXT];
  mu_time_seconds(run->started_ms, when);
  mu_str_addf(w->out, "## %s ", mu_draw_glyph(run->verdict));
  text(w, mu_draw_readiness(run));
  raw(w, ": ");
  text(w, mu_draw_name(run, w->arena));
  raw(w, "\n\n");
  if (run->rehearsal) {
    raw(w,
        "> **REHEARSAL**: endpoints were overridden. It proves the procedure, not the cloud, and "
        "satisfies no gate.\n\n");
  }
  if (run->why) {
    text(w, run->why);
    raw(w, "\n\n");
  }
  mu_str_addf(w->out, "%s", when);
  const struct {
    const char *label, *value;
  } facts[] = {
      {"owner", run->owner}, {"ticket", run->ticket}, {"runbook", run->runbook}, {"run", run->id}};
  for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
    if (facts[i].value) {
      mu_str_addf(w->out, " · %s ", facts[i].label);
      text(w, facts[i].value);
    }
  }
  raw(w, "\n\n");
}

static void write_targets(struct writer *w) {
  if (w->run->targets.n == 0) {
    return;
  }
  raw(w, "### Targets\n\n| | Target | Allowed | Achieved | Basis |\n|---|---|---|---|---|\n");
  for (size_t i = 0; i < w->run->targets.n; i++) {
    const struct mu_target *target = &w->run->targets.at[i];
    char figure[MU_DRAW_INTERVAL] = "not measured", line[MU_DUR_TEXT] = "";
    if (target->outcome != MU_NOT_MEASURED) {
      mu_draw_interval(target->lo_ms, target->hi_ms, figure);
    }
    if (target->target_ms) {
      mu_dur_exact(target->target_ms, line);
    }
    raw(w, "|");
    cell(w, target->target_ms || target->outcome != MU_MET ? mu_outcome_text(target->outcome) : "");
    cell(w, mu_draw_target(target, w->arena));
    cell(w, line);
    cell(w, figure);
    cell(w, target->basis);
    raw(w, "\n");
  }
  raw(w, "\n");
}

static const char *message_of(struct writer *w, const struct mu_finding *finding) {
  const char *message = mu_draw_message(finding);
  return finding->ack ? mu_arena_fmt(w->arena, "%s · %s", message, finding->ack) : message;
}

static void write_hidden(struct writer *w) {
  size_t failing = 0, hidden = mu_draw_hidden(w->run, w->filter, &failing);
  if (hidden) {
    mu_str_addf(w->out,
                "Not shown, by --only or --severity: %zu findings, %zu of them failing; the "
                "verdict counts them.\n\n",
                hidden, failing);
  }
}

static void write_findings(struct writer *w) {
  bool any = false;
  for (size_t i = 0; i < w->run->findings.n; i++) {
    const struct mu_finding *finding = &w->run->findings.at[i];
    if (!mu_draw_matters(finding) || mu_streq(finding->age, "resolved") ||
        !mu_draw_shows(w->filter, finding)) {
      continue;
    }
    if (!any) {
      raw(w, "### Findings\n\n| | Finding | Subject | What | Since | Next "
             "|\n|---|---|---|---|---|---|\n");
      any = true;
    }
    char since[MU_TIME_TEXT] = "";
    if (finding->since_ms) {
      mu_time_date(finding->since_ms, since);
    }
    mu_str_addf(w->out, "| %s %s |", mu_draw_glyph(finding->verdict),
                mu_severity_text(finding->severity));
    cell(w, mu_finding_def(finding->id)->name);
    cell(w, finding->path ? mu_arena_fmt(w->arena, "%s %s",
                                         finding->subject ? finding->subject : "", finding->path)
                          : finding->subject);
    cell(w, message_of(w, finding));
    cell(w, since[0] ? since : finding->age);
    cell(w, mu_draw_next(w->run, finding, w->arena));
    raw(w, "\n");
  }
  raw(w, any ? "\n" : "");
  write_hidden(w);
}

static void write_acks(struct writer *w) {
  for (size_t i = 0; i < w->run->acks.n; i++) {
    const struct mu_ack *ack = &w->run->acks.at[i];
    char until[MU_TIME_TEXT];
    mu_time_date(ack->until_ms, until);
    raw(w, "- ");
    text(w, mu_arena_fmt(w->arena, "%s: %s %s%s%s, %s until %s", mu_draw_ack(ack), ack->finding,
                         ack->subject ? ack->subject : "", ack->path ? " " : "",
                         ack->path ? ack->path : "", ack->owner, until));
    raw(w, "\n");
  }
  if (w->run->acks.n && w->run->reason) {
    raw(w, "\n");
    text(w, w->run->reason);
    raw(w, "\n\n");
  }
}

static void write_steps(struct writer *w) {
  if (w->run->steps.n == 0) {
    return;
  }
  raw(w, "### Steps\n\n| | Step | Started | Took | Budget | Seen |\n|---|---|---|---|---|---|\n");
  for (size_t i = 0; i < w->run->steps.n; i++) {
    const struct mu_run_step *step = &w->run->steps.at[i];
    char offset[MU_DRAW_OFFSET] = "", took[MU_DUR_TEXT] = "", budget[MU_DUR_TEXT] = "";
    if (step->started_ms) {
      mu_draw_offset(w->run, step->started_ms, offset);
      mu_dur_text(step->elapsed_ms, false, took);
    }
    if (step->budget_ms) {
      mu_dur_exact(step->budget_ms, budget);
    }
    mu_str_addf(w->out, "| %s |", mu_draw_glyph(step->verdict));
    cell(w, step->title ? step->title : step->id);
    cell(w, offset);
    cell(w, took);
    cell(w, budget);
    cell(w, step->seen);
    raw(w, "\n");
  }
  raw(w, "\n");
}

static void write_checks(struct writer *w) {
  struct mu_draw_tally tally;
  mu_draw_count(w->run, NULL, &tally);
  if (tally.n == 0) {
    return;
  }
  mu_str_addf(w->out,
              "<details><summary>%zu checks: %zu passed, %zu failed, %zu could not be verified",
              tally.n, tally.of[MU_PASS], tally.of[MU_FAIL], tally.of[MU_INCONCLUSIVE]);
  raw(w, "</summary>\n\n| | Section | Check | Seen |\n|---|---|---|---|\n");
  for (size_t i = 0; i < w->run->checks.n; i++) {
    const struct mu_check *check = &w->run->checks.at[i];
    verdict_cell(w, check->verdict);
    cell(w, mu_draw_section(check));
    cell(w, mu_draw_title(check));
    cell(w, mu_draw_line(check));
    raw(w, "\n");
  }
  raw(w, "\n</details>\n\n");
}

static void write_rest(struct writer *w) {
  const struct mu_coverage *c = &w->run->coverage;
  if (c->attributes) {
    mu_str_addf(w->out,
                "Drift coverage: %lld of %lld attributes compared, %lld held against the "
                "baseline, %lld unverifiable, %lld ignored.\n\n",
                (long long)c->compared, (long long)c->attributes, (long long)c->baseline,
                (long long)c->unverifiable, (long long)c->ignored);
  }
  if (w->run->left_out.n) {
    raw(w, "Not looked at:\n\n");
    for (size_t i = 0; i < w->run->left_out.n; i++) {
      raw(w, "- ");
      text(w, w->run->left_out.at[i].name);
      raw(w, ": ");
      text(w, w->run->left_out.at[i].value);
      raw(w, "\n");
    }
    raw(w, "\n");
  }
}

static void write_markdown(const struct mu_run *run, const struct mu_report_opts *opts,
                           struct mu_str *out) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct writer w = {.out = out, .run = run, .filter = opts->filter, .arena = arena};
  write_head(&w);
  write_targets(&w);
  write_findings(&w);
  write_acks(&w);
  write_steps(&w);
  write_checks(&w);
  write_rest(&w);
}

const struct mu_report mu_report_markdown = {
    .name = "markdown",
    .extension = ".md",
    .summary = "a summary for pull requests, job summaries and wikis",
    .write = write_markdown,
};
