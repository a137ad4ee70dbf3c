/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a drill as text: its steps against their budgets, and what was achieved against the
 * targets. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/text_lay.h"

enum { OFFSET_AT = 1, GLYPH_AT = 10, TITLE_AT = 12, SEEN_AT = 27, TOOK_WIDTH = 8, FIGURE_AT = 5 };

static void write_step(struct mu_lay *l, const struct mu_run_step *step) {
  char offset[MU_DRAW_OFFSET] = "";
  if (step->started_ms) {
    mu_draw_offset(l->run, step->started_ms, offset);
  }
  MU_STR(tail, 128);
  if (step->elapsed_ms >= 100 && step->started_ms) {
    char took[MU_DUR_TEXT];
    mu_dur_text(step->elapsed_ms, false, took);
    mu_str_addf(&tail, "%*s", TOOK_WIDTH, took);
  }
  if (step->budget_ms) {
    char budget[MU_DUR_TEXT];
    mu_dur_exact(step->budget_ms, budget);
    mu_str_addf(&tail, "%*s  budget %s%s", tail.n ? 0 : TOOK_WIDTH, "", budget,
                step->elapsed_ms > step->budget_ms ? ", over" : "");
  }
  MU_STR(seen, (size_t)1 << 20);
  mu_str_add(&seen, step->seen ? step->seen : "");
  if (step->state && !mu_streq(step->state, "done")) {
    mu_str_addf(&seen, "%s%s", seen.n ? " · " : "", step->state);
  }
  mu_lay_pad(l, OFFSET_AT);
  mu_lay_word(l, MU_INK_SOFT, offset);
  mu_lay_pad(l, l->column + 1 > GLYPH_AT ? l->column + 2 : GLYPH_AT);
  mu_lay_word(l, mu_lay_ink(step->verdict), mu_draw_glyph(step->verdict));
  mu_lay_pad(l, TITLE_AT);
  mu_lay_word(l, MU_INK_PLAIN, step->title ? step->title : step->id ? step->id : "");
  mu_lay_pad(l, l->column + 1 > SEEN_AT ? l->column + 2 : SEEN_AT);
  struct mu_lay_tail right = {.text = mu_str_get(&tail), .first = true};
  mu_lay_text(l, SEEN_AT, mu_str_get(&seen), &right);
}

void mu_text_steps(struct mu_lay *l) {
  for (size_t i = 0; i < l->run->steps.n; i++) {
    write_step(l, &l->run->steps.at[i]);
  }
}

static void add_figure(struct mu_str *text, const struct mu_target *target) {
  char figure[MU_DRAW_INTERVAL] = "not measured";
  if (target->outcome != MU_NOT_MEASURED) {
    mu_draw_interval(target->lo_ms, target->hi_ms, figure);
  }
  mu_str_add(text, figure);
}

/* One line: "RPO  achieved 19h42m (worst …)    target 24h  MET". */
static void write_figure(struct mu_lay *l, const char *label, const char *what,
                         const struct mu_target *target) {
  MU_STR(text, (size_t)1 << 16);
  MU_STR(tail, 128);
  mu_str_addf(&text, "%s ", what);
  add_figure(&text, target);
  if (target->basis) {
    mu_str_addf(&text, " (%s)", target->basis);
  }
  if (target->target_ms) {
    char line[MU_DUR_TEXT];
    mu_dur_exact(target->target_ms, line);
    mu_str_addf(&tail, "target %-4s %s", line, mu_outcome_text(target->outcome));
  } else if (target->outcome == MU_NOT_MEASURED) {
    mu_str_add(&tail, mu_outcome_text(target->outcome));
  }
  enum mu_ink ink = target->target_ms ? mu_lay_ink(mu_draw_outcome(target->outcome)) : MU_INK_SOFT;
  struct mu_lay_tail right = {.text = mu_str_get(&tail), .ink = ink};
  mu_lay_word(l, MU_INK_PLAIN, label);
  mu_lay_pad(l, FIGURE_AT);
  mu_lay_text(l, FIGURE_AT + 2, mu_str_get(&text), &right);
}

enum kind { RPO, RPO_OF, EXPOSURE, RTO_EXERCISED, RTO_PROJECTED, OTHER, KIND_N_ };

static enum kind kind_of(const struct mu_target *target) {
  if (mu_streq(target->name, "rpo")) {
    return target->subject ? RPO_OF : RPO;
  }
  if (mu_streq(target->name, "rpo-exposure")) {
    return EXPOSURE;
  }
  if (mu_streq(target->name, "rto")) {
    return mu_streq(target->clock, "projected") ? RTO_PROJECTED : RTO_EXERCISED;
  }
  return OTHER;
}

/* The two clocks of the exercised part share one line, since neither has a target of its own. */
static void write_exercised(struct mu_lay *l, const char *label) {
  MU_STR(text, (size_t)1 << 16);
  for (size_t i = 0; i < l->run->targets.n; i++) {
    const struct mu_target *target = &l->run->targets.at[i];
    if (kind_of(target) == RTO_EXERCISED) {
      mu_str_addf(&text, text.n ? " · %s " : "exercised part: %s ",
                  target->clock ? target->clock : "");
      add_figure(&text, target);
    }
  }
  mu_lay_word(l, MU_INK_PLAIN, label);
  mu_lay_pad(l, FIGURE_AT);
  mu_lay_text(l, FIGURE_AT + 2, mu_str_get(&text), NULL);
}

static const char *what_of(const struct mu_target *target, enum kind kind, struct mu_arena *arena) {
  static const char *const words[KIND_N_] = {
      [RPO] = "achieved", [EXPOSURE] = "exposure", [RTO_PROJECTED] = "projected incident"};
  if (words[kind]) {
    return words[kind];
  }
  return kind == RPO_OF ? target->subject : mu_draw_target(target, arena);
}

void mu_text_targets(struct mu_lay *l) {
  static const char *const labels[KIND_N_] = {"RPO", "RPO", "RPO", "RTO", "RTO", ""};
  const char *label = NULL;
  for (enum kind kind = RPO; kind < KIND_N_; kind++) {
    for (size_t i = 0; i < l->run->targets.n; i++) {
      const struct mu_target *target = &l->run->targets.at[i];
      bool quiet = kind == RPO_OF && target->outcome == MU_MET && !l->opts->verbose;
      if (kind_of(target) != kind || quiet) {
        continue;
      }
      const char *shown = mu_streq(label, labels[kind]) ? "" : labels[kind];
      label = labels[kind];
      if (kind == RTO_EXERCISED) {
        write_exercised(l, shown);
        break;
      }
      write_figure(l, shown, what_of(target, kind, l->arena), target);
    }
  }
}
