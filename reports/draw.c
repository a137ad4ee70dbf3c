/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/draw.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24 * (int64_t)HOUR;

const char *mu_draw_glyph(enum mu_verdict verdict) {
  switch (verdict) {
  case MU_PASS:
    return "✔";
  case MU_FAIL:
    return "✘";
  case MU_INCONCLUSIVE:
    return "?";
  case MU_SKIPPED:
    return "–";
  case MU_NOT_APPLICABLE:
  case MU_VERDICT_N_:
    break;
  }
  return "·";
}

enum mu_verdict mu_draw_outcome(enum mu_outcome outcome) {
  return outcome == MU_MET ? MU_PASS : outcome == MU_MISSED ? MU_FAIL : MU_INCONCLUSIVE;
}

const char *mu_draw_readiness(const struct mu_run *run) {
  if (!mu_streq(run->command, "check")) {
    return mu_verdict_text(run->verdict);
  }
  return run->verdict == MU_PASS ? "READY" : run->verdict == MU_FAIL ? "NOT READY" : "NOT PROVEN";
}

char *mu_draw_name(const struct mu_run *run, struct mu_arena *arena) {
  const char *command = run->command ? run->command : "run";
  if (run->drill) {
    return mu_arena_fmt(arena, "drill %s", run->drill);
  }
  if (run->workload) {
    return mu_arena_fmt(arena, "%s of %s", command, run->workload);
  }
  return mu_arena_str(arena, command);
}

const char *mu_draw_title(const struct mu_check *check) {
  const char *title = check->title ? check->title : check->id;
  return mu_streq(title, check->section) ? NULL : title;
}

const char *mu_draw_line(const struct mu_check *check) {
  bool completed = check->status == MU_OBSERVED || check->status == MU_ABSENT;
  const char *first = completed ? check->headline : check->error;
  const char *second = completed ? check->error : check->reason;
  return first             ? first
         : second          ? second
         : check->reason   ? check->reason
         : check->headline ? check->headline
                           : "";
}

static int64_t precision(int64_t ms) {
  return ms < SECOND ? 1 : ms < MINUTE ? 100 : ms < HOUR ? SECOND : ms < 3 * DAY ? MINUTE : HOUR;
}

void mu_draw_interval(int64_t lo_ms, int64_t hi_ms, char out[MU_DRAW_INTERVAL]) {
  char lo[MU_DUR_TEXT], hi[MU_DUR_TEXT];
  mu_dur_text(lo_ms, false, lo);
  mu_dur_text(hi_ms, true, hi);
  if (strcmp(lo, hi) == 0) {
    (void)snprintf(out, MU_DRAW_INTERVAL, "%s", lo);
    return;
  }
  int64_t unit = precision(hi_ms);
  if (lo_ms >= 0 && precision(lo_ms) == unit && hi_ms < INT64_MAX - unit) {
    int64_t down = lo_ms / unit * unit, up = (hi_ms + unit - 1) / unit * unit;
    int64_t half = (up - down) / 2;
    if ((up - down) % (2 * unit) == 0 && half <= down / 20) {
      mu_dur_text(down + half, false, lo);
      mu_dur_text(half, true, hi);
      (void)snprintf(out, MU_DRAW_INTERVAL, "%s ±%s", lo, hi);
      return;
    }
  }
  (void)snprintf(out, MU_DRAW_INTERVAL, "%s to %s", lo, hi);
}

int64_t mu_draw_since(const struct mu_run *run, int64_t wall_ms) {
  if (wall_ms < run->started_ms) {
    return 0;
  }
  uint64_t ms = (uint64_t)wall_ms - (uint64_t)run->started_ms;
  return ms > INT64_MAX ? INT64_MAX : (int64_t)ms;
}

void mu_draw_offset(const struct mu_run *run, int64_t wall_ms, char out[MU_DRAW_OFFSET]) {
  int64_t minutes = mu_draw_since(run, wall_ms) / MINUTE;
  if (minutes < 24 * 60) {
    (void)snprintf(out, MU_DRAW_OFFSET, "T+%02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
  } else {
    (void)snprintf(out, MU_DRAW_OFFSET, "T+%lld:%02d:%02d", (long long)(minutes / 1440),
                   (int)(minutes / 60 % 24), (int)(minutes % 60));
  }
}

void mu_draw_seconds(int64_t ms, char out[MU_DRAW_SECONDS]) {
  ms = ms < 0 ? 0 : ms;
  (void)snprintf(out, MU_DRAW_SECONDS, "%lld.%03d", (long long)(ms / SECOND), (int)(ms % SECOND));
}

const char *mu_draw_section(const struct mu_check *check) {
  return check->section ? check->section : "checks";
}

void mu_draw_count(const struct mu_run *run, const char *section, struct mu_draw_tally *out) {
  *out = (struct mu_draw_tally){0};
  for (size_t i = 0; i < run->checks.n; i++) {
    const struct mu_check *check = &run->checks.at[i];
    if (!section || mu_streq(section, mu_draw_section(check))) {
      out->n++;
      out->of[check->verdict]++;
    }
  }
}

const char **mu_draw_sections(const struct mu_run *run, struct mu_arena *arena, size_t *n) {
  const char **sections = mu_arena_array(arena, run->checks.n + 1, sizeof *sections);
  *n = 0;
  for (size_t i = 0; i < run->checks.n; i++) {
    const char *section = mu_draw_section(&run->checks.at[i]);
    bool known = false;
    for (size_t k = 0; k < *n && !known; k++) {
      known = mu_streq(sections[k], section);
    }
    if (!known) {
      sections[(*n)++] = section;
    }
  }
  return sections;
}

const struct mu_finding *mu_draw_finding(const struct mu_run *run, const struct mu_check *check,
                                         size_t *at) {
  while (*at < run->findings.n) {
    const struct mu_finding *finding = &run->findings.at[(*at)++];
    if (mu_streq(finding->check, check->id)) {
      return finding;
    }
  }
  return NULL;
}

size_t mu_draw_findings(const struct mu_run *run, const struct mu_check *check) {
  size_t n = 0, at = 0;
  while (mu_draw_finding(run, check, &at)) {
    n++;
  }
  return n;
}

bool mu_draw_is_orphan(const struct mu_run *run, const struct mu_finding *finding) {
  for (size_t i = 0; i < run->checks.n; i++) {
    if (mu_streq(run->checks.at[i].id, finding->check)) {
      return false;
    }
  }
  return true;
}

const struct mu_finding *mu_draw_worst(const struct mu_run *run) {
  const struct mu_finding *worst = NULL;
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (finding->verdict <= MU_PASS) {
      continue;
    }
    if (!worst || finding->verdict > worst->verdict ||
        (finding->verdict == worst->verdict && finding->severity > worst->severity)) {
      worst = finding;
    }
  }
  return worst;
}

bool mu_draw_matters(const struct mu_finding *finding) {
  return finding->verdict > MU_PASS || finding->ack || mu_streq(finding->age, "resolved");
}

/* "module.eks" means everything in it, "aws_instance.web" every instance of it. */
static bool is_meant(const char *pattern, const struct mu_finding *finding) {
  const char *subject = finding->subject ? finding->subject : "";
  size_t n = strlen(pattern);
  return mu_str_glob(pattern, subject) ||
         (mu_str_starts(subject, pattern) && (subject[n] == '.' || subject[n] == '[')) ||
         mu_str_glob(pattern, mu_finding_def(finding->id)->name) ||
         mu_streq(pattern, finding->klass);
}

bool mu_draw_shows(const struct mu_report_filter *filter, const struct mu_finding *finding) {
  bool any = !filter || filter->only_n == 0;
  for (size_t i = 0; !any && i < filter->only_n; i++) {
    any = is_meant(filter->only[i], finding);
  }
  return any &&
         (!filter || finding->severity >= filter->severity || finding->verdict == MU_INCONCLUSIVE);
}

size_t mu_draw_hidden(const struct mu_run *run, const struct mu_report_filter *filter,
                      size_t *failing) {
  size_t hidden = 0;
  *failing = 0;
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (mu_draw_matters(finding) && !mu_draw_shows(filter, finding)) {
      hidden++;
      *failing += finding->verdict == MU_FAIL;
    }
  }
  return hidden;
}

const char *mu_draw_ack(const struct mu_ack *ack) {
  return ack->withdrawn ? "withdrawn"
         : ack->wider   ? "acknowledged, wider access accepted"
                        : "acknowledged";
}

char *mu_draw_next(const struct mu_run *run, const struct mu_finding *finding,
                   struct mu_arena *arena) {
  if (finding->next) {
    return mu_arena_str(arena, finding->next);
  }
  const char *name = mu_finding_def(finding->id)->name;
  bool recorded = mu_draw_env(run, "ledger") || run->drill;
  return recorded ? mu_arena_fmt(arena, "muster explain %s --run %s", name, run->id)
                  : mu_arena_fmt(arena, "muster explain %s", name);
}

const char *mu_draw_message(const struct mu_finding *finding) {
  return finding->message ? finding->message : mu_finding_def(finding->id)->title;
}

bool mu_draw_is_drift(const struct mu_check *check) {
  return mu_streq(check->probe, "drift");
}

const char *mu_draw_env(const struct mu_run *run, const char *name) {
  for (size_t i = 0; i < run->environment.n; i++) {
    if (mu_streq(run->environment.at[i].name, name)) {
      return run->environment.at[i].value;
    }
  }
  return NULL;
}

char *mu_draw_target(const struct mu_target *target, struct mu_arena *arena) {
  const char *name = target->name ? target->name : "target";
  if (mu_streq(name, "rto")) {
    const char *clock = mu_streq(target->clock, "projected") ? "projected incident" : target->clock;
    return clock ? mu_arena_fmt(arena, "RTO, %s", clock) : mu_arena_str(arena, "RTO");
  }
  if (mu_streq(name, "rpo")) {
    return target->subject ? mu_arena_fmt(arena, "RPO of %s", target->subject)
                           : mu_arena_str(arena, "RPO");
  }
  if (mu_streq(name, "rpo-exposure")) {
    return target->subject ? mu_arena_fmt(arena, "RPO exposure of %s", target->subject)
                           : mu_arena_str(arena, "RPO exposure");
  }
  return mu_arena_str(arena, name);
}
