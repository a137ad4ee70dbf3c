/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline of a drill as SVG, in two forms: labels beside the bars, and, for narrow screens,
 * labels above them. Presentation attributes only, whole numbers only; classes let the stylesheet
 * recolour it in the dark. The narrow form is hidden by attribute, so that a page without styles
 * shows one chart. */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/escape.h"
#include "reports/html.h"

enum { MARKS = 6 }; /* moments with a line of their own, at most */

struct plan {
  bool narrow;
  int width, left, plot, top, row, bar_y, bar_h, label_columns, ticks;
  int64_t total; /* milliseconds across the plot */
};

static const struct plan wide_plan = {.width = 900,
                                      .left = 158,
                                      .plot = 632,
                                      .top = 26,
                                      .row = 26,
                                      .bar_y = 5,
                                      .bar_h = 16,
                                      .label_columns = 18,
                                      .ticks = 9};
static const struct plan narrow_plan = {.narrow = true,
                                        .width = 340,
                                        .left = 2,
                                        .plot = 336,
                                        .top = 22,
                                        .row = 40,
                                        .bar_y = 20,
                                        .bar_h = 12,
                                        .label_columns = 26,
                                        .ticks = 5};

/* a and b from 0 on. */
static int64_t clamp_add(int64_t a, int64_t b) {
  b = b > 0 ? b : 0;
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t end_of(const struct mu_run *run, const struct mu_run_step *step) {
  int64_t start = mu_draw_since(run, step->started_ms);
  int64_t by_clock = step->ended_ms > 0 ? mu_draw_since(run, step->ended_ms) : 0;
  int64_t by_took = clamp_add(start, step->elapsed_ms);
  return by_clock > by_took ? by_clock : by_took;
}

static int64_t total_of(const struct mu_run *run) {
  int64_t total = 1;
  for (size_t i = 0; i < run->steps.n; i++) {
    if (run->steps.at[i].started_ms) {
      int64_t end = end_of(run, &run->steps.at[i]);
      total = end > total ? end : total;
    }
  }
  return total;
}

static int64_t tick_step(int64_t total, int most) {
  static const int64_t steps[] = {100,     500,     1000,     2000,     5000,     10000,   15000,
                                  30000,   60000,   120000,   300000,   600000,   900000,  1800000,
                                  3600000, 7200000, 10800000, 21600000, 43200000, 86400000};
  for (size_t i = 0; i < MU_LEN(steps); i++) {
    if (total / steps[i] < most) {
      return steps[i];
    }
  }
  int64_t days = total / 86400000 / most + 1;
  return days * 86400000;
}

static int x_of(const struct plan *p, int64_t ms) {
  return p->left + mu_html_px(ms, p->total, p->plot);
}

static void label(struct mu_html *h, int x, int y, const char *anchor, const char *klass,
                  const char *text) {
  mu_html_fmt(h,
              "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"currentColor\" text-anchor=\"%s\"",
              x, y, anchor);
  if (klass) {
    mu_html_attr(h, "class", klass);
  }
  mu_html_raw(h, ">");
  mu_html_text(h, text);
  mu_html_raw(h, "</text>\n");
}

static void draw_grid(struct mu_html *h, const struct plan *p, int bottom) {
  int64_t step = tick_step(p->total, p->ticks);
  for (int64_t at = 0; at <= p->total && at >= 0; at += step) {
    char text[MU_DUR_TEXT] = "T+0";
    int x = x_of(p, at);
    if (at > 0) {
      mu_dur_text(at, false, text);
    }
    mu_html_fmt(h, "<path d=\"M%d %dV%d\" class=\"grid\" stroke=\"#c9d0d8\" stroke-width=\"1\"/>\n",
                x, p->top - 6, bottom);
    const char *anchor = at == 0 && p->narrow         ? "start"
                         : x > p->left + p->plot - 14 ? "end"
                                                      : "middle";
    label(h, x, p->top - 11, anchor, "soft-ink", text);
    if (at > INT64_MAX - step) {
      break;
    }
  }
}

static void rect(struct mu_html *h, int x, int y, int width, int height, const char *klass,
                 const char *fill) {
  mu_html_fmt(
      h, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" class=\"%s\" fill=\"%s\"/>\n",
      x, y, width > 2 ? width : 2, height, klass, fill);
}

static void draw_bars(struct mu_html *h, const struct plan *p, const struct mu_run_step *step,
                      int y) {
  int64_t start = mu_draw_since(h->run, step->started_ms);
  int x = x_of(p, start);
  if (step->budget_ms > 0) {
    bool beyond = start > p->total - step->budget_ms || step->budget_ms > p->total;
    int to = beyond ? p->left + p->plot : x_of(p, start + step->budget_ms);
    int tip = beyond ? 6 : 0; /* where it goes on to the right of the plot */
    to = to > x + 2 ? to : x + 2;
    mu_html_fmt(h,
                "<path d=\"M%d %dH%dl%d %dl%d %dH%dz\" class=\"budget\" fill=\"#dde3ea\" "
                "stroke=\"#7d8793\" stroke-width=\"1\"/>\n",
                x, y, to, tip, p->bar_h / 2, -tip, p->bar_h / 2, x);
  }
  bool over = step->budget_ms > 0 && step->elapsed_ms > step->budget_ms;
  bool failed = step->verdict == MU_FAIL;
  const char *klass = failed                                     ? "bar-fail"
                      : over || step->verdict == MU_INCONCLUSIVE ? "bar-unsure"
                                                                 : "bar";
  const char *fill = failed                                     ? "#c4342b"
                     : over || step->verdict == MU_INCONCLUSIVE ? "#b07200"
                                                                : "#2f6db5";
  int inset = p->bar_h / 4;
  rect(h, x, y + inset, x_of(p, end_of(h->run, step)) - x, p->bar_h - 2 * inset, klass, fill);
}

static void draw_step(struct mu_html *h, const struct plan *p, const struct mu_run_step *step,
                      int y) {
  const char *name = step->title ? step->title : step->id ? step->id : "";
  const char *shown = mu_arena_fmt(h->arena, "%s %s", mu_draw_glyph(step->verdict),
                                   mu_escape_clip(h->arena, name, (size_t)p->label_columns));
  char took[MU_DUR_TEXT] = "", budget[MU_DUR_TEXT];
  const char *figure = step->state ? step->state : "not run";
  if (step->started_ms) {
    mu_dur_text(step->elapsed_ms, false, took);
    figure = took;
    draw_bars(h, p, step, y + p->bar_y);
  }
  if (step->started_ms && step->budget_ms > 0) {
    bool over = step->elapsed_ms > step->budget_ms;
    mu_dur_exact(step->budget_ms, budget);
    figure = mu_arena_fmt(h->arena, "%s %s %s", took, over ? ">" : "of", budget);
  }
  const char *klass = mu_streq(mu_html_class(step->verdict), "fail") ? "ink-fail" : NULL;
  if (p->narrow) {
    label(h, p->left, y + 13, "start", klass, shown);
    label(h, p->width - 2, y + 13, "end", "soft-ink", figure);
  } else {
    label(h, p->left - 12, y + p->bar_y + 12, "end", klass, shown);
    label(h, p->left + p->plot + 14, y + p->bar_y + 12, "start", "soft-ink", figure);
  }
}

/* The moments that the clocks run to: "smoke-green", "service-green". */
static bool is_mark(const struct mu_event *event) {
  return mu_str_ends(event->name, "-green");
}

static bool is_shown(const struct mu_html *h, const struct plan *p, const struct mu_event *event) {
  return event->name && is_mark(event) && mu_draw_since(h->run, event->wall_ms) <= p->total;
}

static void draw_mark(struct mu_html *h, const struct plan *p, const struct mu_event *event, int y,
                      bool left_of_line) {
  int64_t at = mu_draw_since(h->run, event->wall_ms);
  int x = x_of(p, at);
  char after[MU_DUR_TEXT];
  mu_dur_text(at, false, after);
  mu_html_fmt(h,
              "<path d=\"M%d %dV%d\" class=\"mark\" stroke=\"#0b7a57\" stroke-width=\"2\" "
              "stroke-dasharray=\"4 3\"/>\n",
              x, p->top - 6, y + 2);
  label(h, left_of_line ? x - 5 : x + 5, y, left_of_line ? "end" : "start", "ink-pass",
        mu_arena_fmt(h->arena, "%s after %s", mu_escape_clip(h->arena, event->name, 24), after));
}

/* One line of text a mark, below the bars. Beside its own line each label has room only if no line
 * of a lower label runs through it: labels to the left of their lines go down from the first event
 * to the last, labels to the right from the last to the first. */
static void draw_marks(struct mu_html *h, const struct plan *p, int bottom) {
  size_t n = h->run->events.n;
  int64_t last = 0;
  for (size_t i = 0; i < n; i++) {
    const struct mu_event *event = &h->run->events.at[i];
    if (is_shown(h, p, event)) {
      int64_t at = mu_draw_since(h->run, event->wall_ms);
      last = at > last ? at : last;
    }
  }
  bool left_of_line = x_of(p, last) > p->left + p->plot / 2;
  int lines = 0;
  for (size_t i = 0; i < n && lines < MARKS; i++) {
    const struct mu_event *event = &h->run->events.at[left_of_line ? i : n - 1 - i];
    if (is_shown(h, p, event)) {
      draw_mark(h, p, event, bottom + 15 + 16 * lines++, left_of_line);
    }
  }
}

static int count_marks(const struct mu_html *h, const struct plan *p) {
  int n = 0;
  for (size_t i = 0; i < h->run->events.n && n < MARKS; i++) {
    n += is_shown(h, p, &h->run->events.at[i]);
  }
  return n;
}

void mu_html_timeline_svg(struct mu_html *h, bool narrow) {
  struct plan p = narrow ? narrow_plan : wide_plan;
  const char *id = narrow ? "tl-narrow" : "tl-wide";
  int rows = h->run->steps.n < 1000 ? (int)h->run->steps.n : 1000;
  p.total = total_of(h->run);
  int bottom = p.top + rows * p.row + 2, height = bottom + 16 * count_marks(h, &p) + 8;
  char took[MU_DUR_TEXT];
  mu_dur_text(p.total, true, took);
  mu_html_fmt(h,
              "<svg class=\"%s\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
              "aria-labelledby=\"%s\"%s>",
              narrow ? "narrow" : "wide", p.width, height, p.width, height, id,
              narrow ? " display=\"none\"" : "");
  mu_html_fmt(h,
              "<title id=\"%s\">%d steps over %s; the table below gives the same figures</title>\n",
              id, rows, took);
  draw_grid(h, &p, bottom);
  for (int i = 0; i < rows; i++) {
    draw_step(h, &p, &h->run->steps.at[i], p.top + i * p.row);
  }
  draw_marks(h, &p, bottom);
  mu_html_raw(h, "</svg>\n");
}

/* ---- when each check looked ---- */

enum { LANE = 20 };

static const struct plan lane_plan = {.width = 900,
                                      .left = 258,
                                      .plot = 542,
                                      .top = 26,
                                      .row = LANE,
                                      .bar_y = 5,
                                      .bar_h = 10,
                                      .label_columns = 34,
                                      .ticks = 8};

static bool has_lane(const struct mu_check *check) {
  return check->attempts_n > 0 && check->started_ms > 0;
}

static int64_t attempt_end(const struct mu_run *run, const struct mu_attempt *attempt) {
  return clamp_add(mu_draw_since(run, attempt->started_ms), attempt->elapsed_ms);
}

static void draw_lane(struct mu_html *h, const struct plan *p, const struct mu_check *check,
                      int y) {
  const char *title = check->title ? check->title : check->id ? check->id : "";
  const char *shown = mu_arena_fmt(h->arena, "%s %s", mu_draw_glyph(check->verdict),
                                   mu_escape_clip(h->arena, title, (size_t)p->label_columns));
  char took[MU_DUR_TEXT];
  mu_dur_text(check->elapsed_ms, false, took);
  label(h, p->left - 12, y + 14, "end", check->verdict == MU_FAIL ? "ink-fail" : NULL, shown);
  for (size_t i = 0; i < check->attempts_n; i++) {
    const struct mu_attempt *attempt = &check->attempts[i];
    bool looked = attempt->status == MU_OBSERVED || attempt->status == MU_ABSENT;
    int thin = looked ? 0 : p->bar_h / 3; /* told apart by shape, too, not by colour alone */
    int from = x_of(p, mu_draw_since(h->run, attempt->started_ms));
    rect(h, from, y + p->bar_y + thin, x_of(p, attempt_end(h->run, attempt)) - from,
         p->bar_h - 2 * thin, looked ? "bar" : "bar-unsure", looked ? "#2f6db5" : "#b07200");
  }
  const char *tries = check->attempts_n > 1
                          ? mu_arena_fmt(h->arena, "%s, %zu tries", took, check->attempts_n)
                          : took;
  label(h, p->left + p->plot + 14, y + 14, "start", "soft-ink", tries);
}

bool mu_html_has_lanes(const struct mu_run *run) {
  size_t lanes = 0;
  for (size_t i = 0; i < run->checks.n; i++) {
    lanes += has_lane(&run->checks.at[i]);
  }
  return run->steps.n == 0 && lanes > 1; /* in a drill the steps say when */
}

void mu_html_lanes_svg(struct mu_html *h) {
  struct plan p = lane_plan;
  int rows = 0;
  p.total = 1;
  for (size_t i = 0; i < h->run->checks.n && rows < MU_HTML_LANES; i++) {
    const struct mu_check *check = &h->run->checks.at[i];
    for (size_t k = 0; has_lane(check) && k < check->attempts_n; k++) {
      int64_t end = attempt_end(h->run, &check->attempts[k]);
      p.total = end > p.total ? end : p.total;
    }
    rows += has_lane(check);
  }
  int bottom = p.top + rows * p.row + 2;
  mu_html_fmt(h,
              "<svg class=\"lanes\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
              "aria-label=\"When each of %d checks looked; each check below says the same\">\n",
              p.width, bottom + 6, p.width, bottom + 6, rows);
  draw_grid(h, &p, bottom);
  int row = 0;
  for (size_t i = 0; i < h->run->checks.n && row < rows; i++) {
    if (has_lane(&h->run->checks.at[i])) {
      draw_lane(h, &p, &h->run->checks.at[i], p.top + row++ * p.row);
    }
  }
  mu_html_raw(h, "</svg>\n");
}
