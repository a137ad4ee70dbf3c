/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline of a drill: the chart, the same as a table, and the events that the clocks were
 * derived from. */
#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

static void write_step(struct mu_html *h, struct mu_html_table *t, const struct mu_run_step *step) {
  char started[MU_DUR_TEXT] = "", took[MU_DUR_TEXT] = "", budget[MU_DUR_TEXT] = "";
  if (step->started_ms) {
    mu_dur_text(mu_draw_since(h->run, step->started_ms), false, started);
    mu_dur_text(step->elapsed_ms, false, took);
  }
  if (step->budget_ms) {
    mu_dur_exact(step->budget_ms, budget);
  }
  mu_html_row(h, t, NULL);
  mu_html_cell(h, t);
  mu_html_verdict(h, step->verdict, step->title ? step->title : step->id);
  mu_html_cell_end(h);
  mu_html_cell_text(h, t, started[0] ? mu_arena_fmt(h->arena, "T+%s", started) : NULL);
  mu_html_cell_text(h, t, took);
  mu_html_cell(h, t);
  mu_html_text(h, budget);
  if (step->budget_ms && step->elapsed_ms > step->budget_ms) {
    mu_html_raw(h, " <b class=\"unsure\">over</b>");
  }
  mu_html_cell_end(h);
  mu_html_cell_text(h, t, step->actor);
  mu_html_cell(h, t);
  mu_html_text(h, step->seen);
  if (step->state && !mu_streq(step->state, "done")) {
    mu_html_raw(h, " ");
    mu_html_el(h, "b", NULL, step->state);
  }
  if (step->undo) {
    mu_html_raw(h, "<br/><span class=\"soft\">undo: ");
    mu_html_text(h, step->undo);
    mu_html_raw(h, "</span>");
  }
  mu_html_cell_end(h);
  mu_html_row_end(h);
}

static void write_table(struct mu_html *h) {
  static const char *const columns[] = {"Step",    ">Started", ">Took", ">Budget",
                                        "Done by", "Observed", NULL};
  struct mu_html_table t;
  mu_html_table(h, &t, "Step by step", columns);
  for (size_t i = 0; i < h->run->steps.n; i++) {
    write_step(h, &t, &h->run->steps.at[i]);
  }
  mu_html_table_end(h);
}

static void write_events(struct mu_html *h) {
  static const char *const columns[] = {"Event", "Wall clock", ">After", "Detail", NULL};
  struct mu_html_table t;
  if (h->run->events.n == 0) {
    return;
  }
  mu_html_fmt(h, "<details><summary>%zu events that the clocks are derived from</summary>\n",
              h->run->events.n);
  mu_html_table(h, &t, "Events as they were stored", columns);
  for (size_t i = 0; i < h->run->events.n; i++) {
    const struct mu_event *event = &h->run->events.at[i];
    char after[MU_DUR_TEXT];
    mu_dur_text(mu_draw_since(h->run, event->wall_ms), false, after);
    mu_html_row(h, &t, NULL);
    mu_html_cell_code(h, &t, event->name);
    mu_html_cell(h, &t);
    mu_html_time(h, event->wall_ms);
    mu_html_cell_end(h);
    mu_html_cell_text(h, &t, after);
    mu_html_cell_text(h, &t, event->detail);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</details>\n");
}

void mu_html_timeline(struct mu_html *h) {
  if (h->run->steps.n == 0) {
    return;
  }
  mu_html_section(h, "timeline", "Timeline");
  mu_html_raw(h, "<figure>\n");
  mu_html_timeline_svg(h, false);
  mu_html_timeline_svg(h, true);
  mu_html_raw(
      h, "<figcaption class=\"soft\">Solid bar: what the step took. Outlined bar: its budget in "
         "the runbook; one that ends in an arrow goes on beyond the chart.</figcaption>\n"
         "</figure>\n");
  write_table(h);
  write_events(h);
  mu_html_raw(h, "</section>\n");
}
