/* SPDX-License-Identifier: Apache-2.0 */
/* The top of the HTML report: policy, style, class banner, verdict and why, who and when,
 * contents. */
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

static const char *heading(struct mu_html *h) {
  char *name = mu_draw_name(h->run, h->arena);
  if (name[0] >= 'a' && name[0] <= 'z') {
    name[0] = (char)(name[0] - 'a' + 'A');
  }
  return name;
}

static void write_head_element(struct mu_html *h) {
  const char *href = h->opts->css_href;
  mu_html_raw(
      h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");
  mu_html_raw(h, href ? "'self' " : "");
  mu_html_raw(h, "'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
                 "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
  mu_html_text(h, mu_arena_fmt(h->arena, "%s: %s%s · muster", heading(h),
                               mu_verdict_text(h->run->verdict),
                               h->run->rehearsal ? " (rehearsal)" : ""));
  mu_html_raw(h, "</title>\n<style>\n");
  for (size_t i = 0; mu_html_css[i]; i++) {
    mu_html_raw(h, mu_html_css[i]);
    mu_html_raw(h, "\n");
  }
  mu_html_raw(h, "</style>\n");
  if (href) {
    mu_html_raw(h, "<link rel=\"stylesheet\"");
    mu_html_attr(h, "href", href);
    mu_html_raw(h, "/>\n");
  }
  mu_html_raw(h, "</head>\n");
}

static void write_counts(struct mu_html *h) {
  struct mu_draw_tally tally;
  mu_draw_count(h->run, NULL, &tally);
  if (tally.n == 0) {
    return;
  }
  static const struct {
    enum mu_verdict verdict;
    const char *word;
  } shown[] = {{MU_FAIL, "failed"},
               {MU_INCONCLUSIVE, "could not be verified"},
               {MU_PASS, "passed"},
               {MU_SKIPPED, "skipped"},
               {MU_NOT_APPLICABLE, "not applicable"}};
  mu_html_raw(h, "<ul class=\"counts\" aria-label=\"Checks by verdict\">");
  for (size_t i = 0; i < MU_LEN(shown); i++) {
    size_t n = tally.of[shown[i].verdict];
    if (n > 0) {
      mu_html_fmt(h, "<li class=\"%s\"><span aria-hidden=\"true\">%s</span> <b>%zu</b> %s</li>",
                  mu_html_class(shown[i].verdict), mu_draw_glyph(shown[i].verdict), n,
                  shown[i].word);
    }
  }
  size_t defects = 0;
  for (size_t i = 0; i < h->run->findings.n; i++) {
    defects += h->run->findings.at[i].verdict > MU_PASS;
  }
  mu_html_fmt(h, "<li class=\"soft\">of %zu check%s</li><li><b>%zu</b> finding%s</li></ul>\n",
              tally.n, tally.n == 1 ? "" : "s", defects, defects == 1 ? "" : "s");
}

static void term(struct mu_html *h, const char *name) {
  mu_html_fmt(h, "<dt>%s</dt><dd>", name);
}

static void end_term(struct mu_html *h) {
  mu_html_raw(h, "</dd>\n");
}

static void term_text(struct mu_html *h, const char *name, const char *text) {
  if (text) {
    term(h, name);
    mu_html_text(h, text);
    end_term(h);
  }
}

static void add(struct mu_str *line, const char *before, const char *text) {
  if (text) {
    mu_str_addf(line, "%s%s%s", line->n ? ", " : "", before, text);
  }
}

static void write_when(struct mu_html *h) {
  char took[MU_DUR_TEXT];
  mu_dur_text(h->run->elapsed_ms, false, took);
  term(h, "When");
  mu_html_time(h, h->run->started_ms);
  if (h->run->ended_ms) {
    mu_html_raw(h, " to ");
    mu_html_time(h, h->run->ended_ms);
  }
  mu_html_fmt(h, ", took %s", took);
  if (h->run->interrupted) {
    mu_html_raw(h, ", ");
    mu_html_el(h, "b", "fail", "interrupted");
  }
  end_term(h);
}

static void write_cleanup(struct mu_html *h) {
  const char *state = h->run->cleanup;
  if (!state) {
    return;
  }
  enum mu_verdict shown = mu_streq(state, "clean")       ? MU_PASS
                          : mu_streq(state, "leftovers") ? MU_FAIL
                                                         : MU_INCONCLUSIVE;
  term(h, "Clean-up");
  mu_html_verdict(h, shown, state);
  mu_html_raw(h, " <span class=\"soft\">stands apart from the verdict</span>");
  end_term(h);
}

static void write_identity(struct mu_html *h) {
  const struct mu_run *run = h->run;
  const char *account = mu_draw_env(run, "account"), *region = mu_draw_env(run, "region");
  MU_STR(who, 8192);
  MU_STR(where, 8192);
  MU_STR(what, 8192);
  add(&what, "", run->workload);
  add(&what, "tier ", run->tier);
  add(&what, "owner ", run->owner);
  add(&where, "account ", account);
  add(&where, "", region);
  add(&who, "declared by ", run->who);
  add(&who, "approved by ", run->approved_by);
  add(&who, "ticket ", run->ticket);
  mu_html_raw(h, "<dl class=\"head\">\n");
  term_text(h, "Workload", what.n ? mu_str_get(&what) : NULL);
  term_text(h, "Standby", where.n ? mu_str_get(&where) : NULL);
  write_when(h);
  term_text(h, "Who", who.n ? mu_str_get(&who) : NULL);
  term_text(h, "Reason", run->reason);
  write_cleanup(h);
  if (run->runbook) {
    term(h, "Runbook");
    mu_html_link(h, run->runbook);
    end_term(h);
  }
  term(h, "Run");
  mu_html_el(h, "code", NULL, run->id);
  if (run->previous) {
    mu_html_raw(h, ", compared with ");
    mu_html_el(h, "code", NULL, run->previous);
  }
  end_term(h);
  mu_html_raw(h, "</dl>\n");
}

static void entry(struct mu_html *h, bool there, const char *id, const char *title, size_t n) {
  if (there) {
    mu_html_fmt(h, "<li><a href=\"#%s\">%s</a>", id, title);
    if (n > 0) {
      mu_html_fmt(h, " <span class=\"soft\">%zu</span>", n);
    }
    mu_html_raw(h, "</li>\n");
  }
}

static void write_contents(struct mu_html *h) {
  const struct mu_run *run = h->run;
  mu_html_raw(h, "<nav aria-label=\"Contents\"><ul>\n");
  entry(h, run->targets.n > 0, "targets", "Targets", 0);
  entry(h, run->steps.n > 0, "timeline", "Timeline", 0);
  entry(h, true, "findings", "Findings", 0);
  entry(h, mu_html_has_drift(run), "drift", "Drift", 0);
  entry(h, run->acks.n > 0, "acks", "Acknowledged", 0);
  entry(h, run->notes.n > 0, "notes", "What is no finding", 0);
  entry(h, mu_html_has_replica(run), "replica", "Replica", 0);
  entry(h, run->checks.n > 0, "checks", "Checks", run->checks.n);
  entry(h, run->left_out.n > 0, "left-out", "Not looked at", run->left_out.n);
  entry(h, run->inputs.n + run->evidence.n > 0, "evidence", "Evidence", 0);
  entry(h, true, "method", "Method and limits", 0);
  entry(h, run->drill || run->steps.n > 0, "sign-off", "Sign-off", 0);
  mu_html_raw(h, "</ul></nav>\n");
}

void mu_html_head(struct mu_html *h) {
  const struct mu_run *run = h->run;
  write_head_element(h);
  mu_html_raw(h, "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n");
  if (run->rehearsal) {
    mu_html_raw(
        h, "<p class=\"class\" role=\"note\"><b>REHEARSAL</b> Endpoints were overridden: this run "
           "proves the procedure, not the cloud. It satisfies no gate and no registry.</p>\n");
  }
  mu_html_fmt(h, "<div class=\"top %s\">\n<h1>", mu_html_class(run->verdict));
  mu_html_verdict(h, run->verdict, mu_draw_readiness(run));
  mu_html_raw(h, " ");
  mu_html_text(h, heading(h));
  mu_html_raw(h, "</h1>\n");
  if (run->why) {
    mu_html_el(h, "p", "why", run->why);
    mu_html_raw(h, "\n");
  }
  write_counts(h);
  write_identity(h);
  mu_html_raw(h, "</div>\n</header>\n");
  write_contents(h);
  mu_html_raw(h, "<main id=\"main\">\n");
}
