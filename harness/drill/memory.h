/* SPDX-License-Identifier: Apache-2.0 */
/* What a drill remembers across a crash: with the end of each step, the journal gets the record so
 * far and the drill's memo. */
#ifndef MU_DRILL_MEMORY_H
#define MU_DRILL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_drill;
struct mu_err;
struct mu_row;
struct mu_rows;
struct mu_run;

/* Writes the end of a step, with everything so far. */
MU_CHECKED int mu_memory_save(struct mu_drill *drill, const char *step, const char *state,
                              struct mu_err *err);
/* The record as the last step left it (a fresh one where none was ended) with the events that came
 * after, and the memo into the drill; "interrupted-step" says where it stood. An abort that was
 * itself interrupted stays one, and a tear-down that had begun leaves only the way back. NULL on
 * error. The drill takes ownership. */
struct mu_run *mu_memory_load(const struct mu_rows *rows, int64_t begun_ms, struct mu_drill *drill,
                              struct mu_err *err);
/* Adds to the record that the drill stopped after the row `last` and was taken up now. */
void mu_memory_gap(struct mu_drill *drill, const struct mu_row *last, const char *how,
                   int64_t wall_ms, int64_t mono_ms);
/* Was this step ended before the interruption? */
bool mu_memory_done(const struct mu_drill *drill, const char *step);
/* It is to be done once more: what it had found goes. */
void mu_memory_forget(struct mu_drill *drill, const char *step);

#endif
