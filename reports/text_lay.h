/* SPDX-License-Identifier: Apache-2.0 */
/* Laying out lines of the text report: columns, wrapping with a hanging indent, and a tail at the
 * right edge. Text of the record is escaped here and nowhere else. */
#ifndef REPORTS_TEXT_LAY_H
#define REPORTS_TEXT_LAY_H

#include <stdbool.h>
#include <stddef.h>

#include "model/run.h"
#include "report.h"

struct mu_lay {
  struct mu_str *out;
  const struct mu_run *run;
  const struct mu_report_opts *opts;
  struct mu_arena *arena; /* scratch, for this report */
  size_t column;          /* where the next character goes */
  size_t next_left;       /* findings whose next step is still to be shown */
  size_t next_hidden;     /* … and those whose is not */
  bool all_drift;         /* also what is only documented */
  bool covered;           /* how much was compared has been said */
};

enum mu_ink { MU_INK_PLAIN, MU_INK_SOFT, MU_INK_GOOD, MU_INK_BAD, MU_INK_UNSURE };
enum mu_ink mu_lay_ink(enum mu_verdict verdict);

void mu_lay_pad(struct mu_lay *l, size_t column); /* spaces up to a column; at least none */
/* One word or phrase as it is, in colour where colours are asked for. */
void mu_lay_word(struct mu_lay *l, enum mu_ink ink, const char *text);
/* Text from the current column on, wrapped at the width with further lines at `indent`. `tail` (may
 * be NULL) stands at the right edge: of the first line if `tail_first`, else of the last, on a line
 * of its own where it does not fit. Ends the line. */
struct mu_lay_tail {
  const char *text;
  enum mu_ink ink;
  bool first;
};
void mu_lay_text(struct mu_lay *l, size_t indent, const char *text, const struct mu_lay_tail *tail);
/* Each line of a text of several lines, at `indent`. */
void mu_lay_lines(struct mu_lay *l, size_t indent, const char *text);
/* Lines to be copied into a shell or a file: as they are, never wrapped. */
void mu_lay_paste(struct mu_lay *l, size_t indent, const char *text);
void mu_lay_end(struct mu_lay *l); /* ends the line */

/* The parts of the report (text_checks.c, text_drill.c). */
void mu_text_checks(struct mu_lay *l, bool passed_too);
void mu_text_steps(struct mu_lay *l);
void mu_text_targets(struct mu_lay *l);

#endif
