/* SPDX-License-Identifier: Apache-2.0 */
/* What several reports draw the same way: words, glyphs, intervals, counts. Strings given back are
 * constant, borrowed from the record, or in the caller's buffer or arena. */
#ifndef REPORTS_DRAW_H
#define REPORTS_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/run.h"
#include "report.h"

const char *mu_draw_glyph(enum mu_verdict verdict);       /* "✔", "✘", "?", "–", "·" */
enum mu_verdict mu_draw_outcome(enum mu_outcome outcome); /* how an outcome is coloured */
/* The first word about a run: READY or NOT READY for a nightly check, else the verdict. */
const char *mu_draw_readiness(const struct mu_run *run);
/* "drill 2026-Q4-lakehouse-1", "check of lakehouse", "smoke". */
char *mu_draw_name(const struct mu_run *run, struct mu_arena *arena);
/* What a check is called beside its section: its title, or NULL where that says nothing new. */
const char *mu_draw_title(const struct mu_check *check);
/* One line about a check: headline, error or reason; "" where there is none. */
const char *mu_draw_line(const struct mu_check *check);

/* "27m04s ±1s", "19h42m to 19h43m", "24h": rounded outward, in the precision of mu_dur_text(). */
enum { MU_DRAW_INTERVAL = 80 };
void mu_draw_interval(int64_t lo_ms, int64_t hi_ms, char out[MU_DRAW_INTERVAL]);
/* Milliseconds from the start of the run; never negative, never beyond int64. */
int64_t mu_draw_since(const struct mu_run *run, int64_t wall_ms);
/* "T+00:41" from the start of the run; "T+1:00:41" beyond a day: days, hours, minutes. */
enum { MU_DRAW_OFFSET = 32 };
void mu_draw_offset(const struct mu_run *run, int64_t wall_ms, char out[MU_DRAW_OFFSET]);
/* "12.345" seconds of milliseconds, whatever the locale; negative ones are 0. */
enum { MU_DRAW_SECONDS = 32 };
void mu_draw_seconds(int64_t ms, char out[MU_DRAW_SECONDS]);

/* Number of parts of each verdict, over the checks of one section (NULL: of all). */
struct mu_draw_tally {
  size_t n, of[MU_VERDICT_N_];
};
void mu_draw_count(const struct mu_run *run, const char *section, struct mu_draw_tally *out);
/* The sections of the checks, each once, in the order in which they appear; a NULL section is
 * "checks". In `arena`. */
const char **mu_draw_sections(const struct mu_run *run, struct mu_arena *arena, size_t *n);
const char *mu_draw_section(const struct mu_check *check);

/* The findings of a check in the record's order: *at starts at 0; NULL at the end. */
const struct mu_finding *mu_draw_finding(const struct mu_run *run, const struct mu_check *check,
                                         size_t *at);
size_t mu_draw_findings(const struct mu_run *run, const struct mu_check *check); /* how many */
bool mu_draw_is_orphan(const struct mu_run *run,
                       const struct mu_finding *finding); /* of no check */
/* The worst finding that is no mere observation, or NULL. */
const struct mu_finding *mu_draw_worst(const struct mu_run *run);
/* Does a reader who asked for some findings only see this one? */
bool mu_draw_shows(const struct mu_report_filter *filter, const struct mu_finding *finding);
/* How many findings that count or are acknowledged are not shown, and how many of them fail. */
size_t mu_draw_hidden(const struct mu_run *run, const struct mu_report_filter *filter,
                      size_t *failing);
/* A finding that a reader should know of without asking: it counts, it is acknowledged, or it was
 * there the last time. */
bool mu_draw_matters(const struct mu_finding *finding);
const char *mu_draw_ack(const struct mu_ack *ack); /* what was done: "acknowledged", … */
/* The next step that a finding asks for: its own, or `muster explain …`. */
char *mu_draw_next(const struct mu_run *run, const struct mu_finding *finding,
                   struct mu_arena *arena);
/* One line about a finding: its message, or the title of its kind. */
const char *mu_draw_message(const struct mu_finding *finding);
bool mu_draw_is_drift(const struct mu_check *check);
const char *mu_draw_env(const struct mu_run *run, const char *name); /* NULL: not there */
/* What a target is called: "RPO", "RPO exposure", "RTO, projected incident". */
char *mu_draw_target(const struct mu_target *target, struct mu_arena *arena);

#endif
