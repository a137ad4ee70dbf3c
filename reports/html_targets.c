/* SPDX-License-Identifier: Apache-2.0 */
/* Targets as figures against their line. Each gauge is an SVG with presentation attributes only;
 * the words beside it say the same. */
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

enum { GAUGE_W = 260, GAUGE_H = 30, TRACK_Y = 6, TRACK_H = 10 };

static const char *fill_of(enum mu_verdict verdict) {
  return verdict == MU_FAIL ? "#c4342b" : verdict == MU_INCONCLUSIVE ? "#b07200" : "#2f6db5";
}

static void bar(struct mu_html *h, int from, int to, const char *klass, const char *fill,
                const char *opacity) {
  if (to > from) {
    mu_html_fmt(h,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\" fill=\"%s\" "
                "fill-opacity=\"%s\"/>",
                from, TRACK_Y, to - from, TRACK_H, klass, fill, opacity);
  }
}

static const char *bar_class(enum mu_verdict verdict) {
  return verdict == MU_FAIL ? "bar-fail" : verdict == MU_INCONCLUSIVE ? "bar-unsure" : "bar";
}

/* `solid_ms`: the part that was exercised, where the rest is assumed; else the lower bound. */
static void gauge(struct mu_html *h, const struct mu_target *target, int64_t solid_ms,
                  const char *said) {
  enum mu_verdict verdict = mu_draw_outcome(target->outcome);
  int64_t hi = target->hi_ms > target->lo_ms ? target->hi_ms : target->lo_ms;
  int64_t most = target->target_ms > hi ? target->target_ms : hi;
  int64_t scale = most > INT64_MAX / 8 * 7 ? most : most + most / 8;
  int to = mu_html_px(hi, scale, GAUGE_W), solid = mu_html_px(solid_ms, scale, GAUGE_W);
  to = to < 2 && hi > 0 ? 2 : to;
  solid = solid > to ? to : solid < 2 && solid_ms > 0 ? 2 : solid;
  mu_html_fmt(h,
              "<svg class=\"gauge\" viewBox=\"-1 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\"",
              GAUGE_W + 2, GAUGE_H, GAUGE_W + 2, GAUGE_H);
  mu_html_attr(h, "aria-label", said);
  mu_html_raw(h, ">");
  mu_html_fmt(h,
              "<path d=\"M0 %dH%dV%dH0z\" class=\"budget\" fill=\"#dde3ea\" stroke=\"#7d8793\" "
              "stroke-width=\"1\"/>",
              TRACK_Y, GAUGE_W, TRACK_Y + TRACK_H);
  bar(h, 0, solid, bar_class(verdict), fill_of(verdict), "1");
  bar(h, solid, to, bar_class(verdict), fill_of(verdict), "0.5");
  int line = mu_html_px(target->target_ms, scale, GAUGE_W);
  bool right = line > GAUGE_W / 2;
  char text[MU_DUR_TEXT];
  mu_dur_exact(target->target_ms, text);
  mu_html_fmt(h, "<path d=\"M%d 1v20\" stroke=\"currentColor\" stroke-width=\"2\"/>", line);
  mu_html_fmt(h,
              "<text x=\"%d\" y=\"28\" font-size=\"10\" fill=\"currentColor\" text-anchor=\"%s\" "
              "class=\"soft-ink\">allowed %s</text>",
              right ? line + 1 : line - 1, right ? "end" : "start", text);
  mu_html_raw(h, "</svg>\n");
}

static int64_t exercised(const struct mu_run *run) {
  for (size_t i = 0; i < run->targets.n; i++) {
    if (mu_streq(run->targets.at[i].name, "rto") && mu_streq(run->targets.at[i].clock, "service")) {
      return run->targets.at[i].hi_ms;
    }
  }
  return 0;
}

static const char *figure_of(struct mu_html *h, const struct mu_target *target) {
  char figure[MU_DRAW_INTERVAL];
  if (target->outcome == MU_NOT_MEASURED) {
    return "not measured";
  }
  mu_draw_interval(target->lo_ms, target->hi_ms, figure);
  return mu_arena_str(h->arena, figure);
}

static const char *label_of(struct mu_html *h, const struct mu_target *target) {
  if (mu_streq(target->name, "rpo") && !target->subject) {
    return "RPO of the data";
  }
  if (mu_streq(target->name, "rto") && !mu_streq(target->clock, "projected") && target->clock) {
    return mu_arena_fmt(h->arena, "RTO, exercised part: %s", target->clock);
  }
  return mu_draw_target(target, h->arena);
}

static void card(struct mu_html *h, const struct mu_target *target) {
  const char *figure = figure_of(h, target);
  bool projected = mu_streq(target->clock, "projected");
  bool decided = target->target_ms || target->outcome != MU_MET;
  enum mu_verdict verdict = mu_draw_outcome(target->outcome);
  mu_html_fmt(h, "<li class=\"card %s%s\"><h3>", decided ? mu_html_class(verdict) : "soft",
              target->gate ? " gate" : "");
  mu_html_text(h, label_of(h, target));
  mu_html_raw(h, "</h3>\n<p class=\"figure\">");
  mu_html_text(h, figure);
  mu_html_raw(h, "</p><p class=\"outcome\">");
  if (decided) {
    mu_html_verdict(h, verdict, mu_outcome_text(target->outcome));
  } else {
    mu_html_raw(h, "<span class=\"soft\">measured, no target of its own</span>");
  }
  mu_html_raw(h, "</p>\n");
  if (target->target_ms && target->outcome != MU_NOT_MEASURED) {
    char line[MU_DUR_TEXT] = "";
    mu_dur_exact(target->target_ms, line);
    gauge(h, target, projected ? exercised(h->run) : target->lo_ms,
          mu_arena_fmt(h->arena, "%s of %s allowed", figure, line));
  }
  if (target->basis) {
    mu_html_el(h, "p", "soft", target->basis);
  }
  if (projected && h->run->assumptions.n) {
    mu_html_raw(
        h, "<p class=\"soft\">Solid: exercised. Pale: <a href=\"#assumptions\">assumed</a>.</p>");
  }
  mu_html_raw(h, "</li>\n");
}

static void write_subjects(struct mu_html *h) {
  static const char *const columns[] = {
      "Table or datastore", "Outcome", "Achieved", "Allowed", "Basis", NULL};
  struct mu_html_table t;
  bool any = false;
  for (size_t i = 0; i < h->run->targets.n; i++) {
    const struct mu_target *target = &h->run->targets.at[i];
    char line[MU_DUR_TEXT] = "";
    if (!target->subject) {
      continue;
    }
    if (!any) {
      mu_html_table(h, &t, "Figure by figure", columns);
      any = true;
    }
    if (target->target_ms) {
      mu_dur_exact(target->target_ms, line);
    }
    mu_html_row(h, &t, NULL);
    mu_html_cell_text(
        h, &t, mu_streq(target->name, "rpo") ? target->subject : mu_draw_target(target, h->arena));
    mu_html_cell(h, &t);
    mu_html_verdict(h, mu_draw_outcome(target->outcome), mu_outcome_text(target->outcome));
    mu_html_cell_end(h);
    mu_html_cell_text(h, &t, figure_of(h, target));
    mu_html_cell_text(h, &t, line);
    mu_html_cell_text(h, &t, target->basis);
    mu_html_row_end(h);
  }
  if (any) {
    mu_html_table_end(h);
  }
}

void mu_html_targets(struct mu_html *h) {
  const struct mu_run *run = h->run;
  if (run->targets.n == 0) {
    return;
  }
  mu_html_section(h, "targets", "Targets");
  mu_html_raw(h, "<ul class=\"cards\">\n");
  for (int gate = 1; gate >= 0; gate--) { /* what decides the verdict comes first */
    for (size_t i = 0; i < run->targets.n; i++) {
      if (!run->targets.at[i].subject && run->targets.at[i].gate == (gate == 1)) {
        card(h, &run->targets.at[i]);
      }
    }
  }
  mu_html_raw(h, "</ul>\n");
  write_subjects(h);
  mu_html_raw(
      h,
      "<p class=\"soft\">Every figure is an interval that carries the measured clock error; bounds "
      "are rounded outward.</p>\n</section>\n");
}
