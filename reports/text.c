/* SPDX-License-Identifier: Apache-2.0 */
/* The text report: the first line is what a person needs at three in the morning. Words, columns
 * and symbols are the same on a terminal, in a pipe and in the log of a pipeline; only colour and
 * width differ. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "report.h"
#include "reports/draw.h"
#include "reports/text_lay.h"

static void add(struct mu_str *line, const char *text) {
  mu_str_addf(line, "%s%s", line->n ? " · " : "", text);
}

/* "2 new, 1 known since 2026-11-14"; without a comparison "3 findings". */
static void add_ages(struct mu_str *line, const struct mu_run *run) {
  size_t fresh = 0, known = 0, resolved = 0, all = 0, acked = 0;
  int64_t since = 0;
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    resolved += mu_streq(finding->age, "resolved");
    acked += finding->verdict == MU_PASS && finding->ack != NULL;
    if (finding->verdict <= MU_PASS || mu_streq(finding->age, "resolved")) {
      continue;
    }
    all++;
    fresh += mu_streq(finding->age, "new");
    if (mu_streq(finding->age, "persisting")) {
      known++;
      since = since == 0 || (finding->since_ms && finding->since_ms < since) ? finding->since_ms
                                                                             : since;
    }
  }
  MU_STR(text, 256);
  if (fresh + known == 0) {
    if (all > 0) {
      mu_str_addf(&text, "%zu finding%s", all, all == 1 ? "" : "s");
    }
  } else {
    if (fresh) {
      mu_str_addf(&text, "%zu new", fresh);
    } else {
      mu_str_add(&text, "nothing new");
    }
    if (known) {
      mu_str_addf(&text, ", %zu known", known);
    }
    if (known && since) {
      char date[MU_TIME_TEXT];
      mu_time_date(since, date);
      mu_str_addf(&text, " since %s", date);
    }
  }
  if (acked) {
    mu_str_addf(&text, "%s%zu acknowledged", text.n ? ", " : "", acked);
  }
  if (resolved) {
    mu_str_addf(&text, "%s%zu resolved", text.n ? ", " : "", resolved);
  }
  if (text.n) {
    add(line, mu_str_get(&text));
  }
}

static void write_banner(struct mu_lay *l) {
  if (l->run->rehearsal) {
    mu_lay_word(l, MU_INK_UNSURE, "REHEARSAL");
    mu_lay_word(l, MU_INK_PLAIN,
                " · endpoints were overridden: proves the procedure, not the cloud");
    mu_lay_end(l);
  }
}

/* A block to paste has no place in a first line; `muster explain` shows it. */
static const char *next_in_a_line(struct mu_lay *l, const struct mu_finding *finding) {
  struct mu_finding plain = *finding;
  plain.next = finding->next && strchr(finding->next, '\n') ? NULL : finding->next;
  return mu_draw_next(l->run, &plain, l->arena);
}

static void write_head(struct mu_lay *l) {
  const struct mu_run *run = l->run;
  bool nightly = mu_streq(run->command, "check") && run->workload;
  const char *name = nightly ? run->workload : mu_draw_name(run, l->arena);
  char when[MU_TIME_TEXT];
  mu_time_seconds(run->started_ms, when);
  MU_STR(line, 4096);
  add_ages(&line, run);
  add(&line, mu_arena_fmt(l->arena, "%.10s %.5sZ", when, when + 11));
  if (run->owner) {
    add(&line, mu_arena_fmt(l->arena, "owner %s", run->owner));
  }
  mu_lay_word(l, MU_INK_PLAIN, name);
  size_t indent = l->column + 2;
  mu_lay_pad(l, indent);
  mu_lay_word(l, mu_lay_ink(run->verdict), mu_draw_readiness(run));
  mu_lay_text(l, indent, mu_arena_fmt(l->arena, " · %s", mu_str_get(&line)), NULL);

  MU_STR(second, 8192);
  const struct mu_finding *worst = mu_draw_worst(run);
  if (run->runbook && worst) {
    add(&second, mu_arena_fmt(l->arena, "runbook %s", run->runbook));
  }
  if (worst) {
    add(&second, mu_arena_fmt(l->arena, "next: %s", next_in_a_line(l, worst)));
  }
  if (second.n) {
    mu_lay_pad(l, indent < 16 ? indent : 4);
    mu_lay_text(l, indent < 16 ? indent : 4, mu_str_get(&second), NULL);
  }
}

static const struct mu_target *target_of(const struct mu_run *run, const char *name) {
  for (size_t i = 0; i < run->targets.n; i++) {
    if (mu_streq(run->targets.at[i].name, name) && run->targets.at[i].target_ms) {
      return &run->targets.at[i];
    }
  }
  return NULL;
}

static void write_drill_head(struct mu_lay *l) {
  const struct mu_run *run = l->run;
  const struct mu_target *rpo = target_of(run, "rpo"), *rto = target_of(run, "rto");
  char text[MU_DUR_TEXT];
  MU_STR(line, 4096);
  if (rpo) {
    mu_dur_exact(rpo->target_ms, text);
    mu_str_addf(&line, "targets RPO %s", text);
  }
  if (rto) {
    mu_dur_exact(rto->target_ms, text);
    mu_str_addf(&line, "%sRTO %s", line.n ? ", " : "targets ", text);
  }
  for (size_t i = 0; i < run->inputs.n && line.n; i++) {
    if (mu_streq(run->inputs.at[i].role, "config")) {
      mu_str_addf(&line, " (frozen, config sha256 %.4s…)", run->inputs.at[i].sha256);
      break;
    }
  }
  mu_lay_word(l, MU_INK_PLAIN, mu_draw_name(run, l->arena));
  mu_lay_pad(l, l->column + 3);
  mu_lay_text(l, 4, mu_str_get(&line), NULL);
}

/* What was not looked at, by reason: "not implemented: federation, image parity". */
static void write_left_out(struct mu_lay *l) {
  const struct mu_run *run = l->run;
  for (size_t i = 0; i < run->left_out.n; i++) {
    const char *why = run->left_out.at[i].value;
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) {
      told = mu_streq(run->left_out.at[k].value, why);
    }
    if (told) {
      continue;
    }
    MU_STR(line, (size_t)1 << 16);
    mu_str_addf(&line, "%s:", why ? why : "not looked at");
    for (size_t k = i; k < run->left_out.n; k++) {
      if (mu_streq(run->left_out.at[k].value, why)) {
        mu_str_addf(&line, "%s %s", k > i ? "," : "", run->left_out.at[k].name);
      }
    }
    mu_lay_pad(l, 2);
    mu_lay_text(l, 4, mu_str_get(&line), NULL);
  }
}

/* Of a run that only says who answers for what. */
static void write_acks(struct mu_lay *l) {
  for (size_t i = 0; i < l->run->acks.n; i++) {
    const struct mu_ack *ack = &l->run->acks.at[i];
    char until[MU_TIME_TEXT];
    mu_time_date(ack->until_ms, until);
    mu_lay_pad(l, 2);
    mu_lay_text(l, 4,
                mu_arena_fmt(l->arena, "%s: %s %s%s%s · %s until %s", mu_draw_ack(ack),
                             ack->finding, ack->subject ? ack->subject : "", ack->path ? " " : "",
                             ack->path ? ack->path : "", ack->owner, until),
                NULL);
  }
  if (l->run->acks.n && l->run->reason) {
    mu_lay_pad(l, 2);
    mu_lay_text(l, 4,
                mu_arena_fmt(l->arena, "%s · by %s", l->run->reason,
                             l->run->who ? l->run->who : "somebody"),
                NULL);
  }
}

static void write_hidden(struct mu_lay *l) {
  size_t failing = 0, hidden = mu_draw_hidden(l->run, l->opts->filter, &failing);
  if (hidden) {
    mu_lay_pad(l, 2);
    mu_lay_text(l, 4,
                mu_arena_fmt(l->arena,
                             "not shown, by --only or --severity: %zu finding%s, %zu of them "
                             "failing; the verdict counts them",
                             hidden, hidden == 1 ? "" : "s", failing),
                NULL);
  }
}

static void write_foot(struct mu_lay *l) {
  const struct mu_run *run = l->run;
  struct mu_draw_tally tally;
  mu_draw_count(run, NULL, &tally);
  MU_STR(line, 4096);
  if (tally.of[MU_FAIL]) {
    mu_str_addf(&line, "%zu of %zu checks failed", tally.of[MU_FAIL], tally.n);
  }
  if (tally.of[MU_INCONCLUSIVE]) {
    mu_str_addf(&line,
                line.n ? ", %zu could not be verified" : "%zu of %zu checks could not be verified",
                tally.of[MU_INCONCLUSIVE], tally.n);
  }
  if (line.n == 0 && run->acks.n == 0) {
    mu_str_addf(&line, tally.n ? "%zu of %zu checks passed" : "nothing was looked at",
                tally.of[MU_PASS], tally.n);
  }
  char took[MU_DUR_TEXT];
  mu_dur_text(run->elapsed_ms, false, took);
  add(&line, mu_arena_fmt(l->arena, "run %s", run->id));
  add(&line, took);
  const char *ledger = mu_draw_env(run, "ledger");
  if (ledger) {
    add(&line, ledger);
  }
  mu_lay_text(l, 4, mu_str_get(&line), NULL);
}

static void write_verdict(struct mu_lay *l) {
  const struct mu_run *run = l->run;
  if (run->cleanup) {
    mu_lay_text(l, 4, mu_arena_fmt(l->arena, "clean-up %s", run->cleanup), NULL);
  }
  mu_lay_word(l, MU_INK_PLAIN, "verdict ");
  mu_lay_word(l, mu_lay_ink(run->verdict), mu_verdict_text(run->verdict));
  mu_lay_text(l, 4, run->why ? mu_arena_fmt(l->arena, ": %s", run->why) : "", NULL);
}

static void write_text(const struct mu_run *run, const struct mu_report_opts *opts,
                       struct mu_str *out) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_lay l = {.out = out, .run = run, .opts = opts, .arena = arena};
  bool drill = run->drill || run->steps.n > 0;
  write_banner(&l);
  if (drill) {
    if (!opts->brief) {
      write_drill_head(&l);
      mu_text_steps(&l);
      mu_lay_end(&l);
    }
  } else {
    write_head(&l);
  }
  mu_text_checks(&l, !drill || opts->verbose);
  mu_text_targets(&l);
  write_acks(&l);
  write_left_out(&l);
  write_hidden(&l);
  if (drill) {
    write_verdict(&l);
  }
  write_foot(&l);
}

const struct mu_report mu_report_text = {
    .name = "text",
    .extension = ".txt",
    .summary = "what a person reads on a terminal or in a log",
    .write = write_text,
};
