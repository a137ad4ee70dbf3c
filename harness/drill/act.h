/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the world. mu_act_begin() writes intent and undo to the journal and returns only once
 * they are on the disk; then the change is made; mu_act_end() writes how it went. An act without an
 * end is in doubt: it is undone. */
#ifndef MU_DRILL_ACT_H
#define MU_DRILL_ACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_drill;
struct mu_err;

/* `undo` is a JSON object, the data of the undo named `act` in the steps table. `what` is a line
 * for people. */
MU_CHECKED int mu_act_begin(struct mu_drill *drill, const char *act, const char *what,
                            const char *undo, int64_t *id, struct mu_err *err);
MU_CHECKED int mu_act_end(struct mu_drill *drill, int64_t id, bool done, const char *detail,
                          struct mu_err *err);

/* Undoes every act that is done or in doubt and not undone yet, newest first; `prefix` limits it to
 * acts whose name starts so (NULL: all). Goes on after a failure; *left counts the acts that could
 * not be undone, *first says why. */
struct mu_undone {
  size_t undone, left;
  const char *first; /* NULL when nothing is left */
};
MU_CHECKED int mu_act_undo(struct mu_drill *drill, const char *prefix, struct mu_undone *out,
                           struct mu_err *err);
/* The same for the acts of one step. */
MU_CHECKED int mu_act_undo_step(struct mu_drill *drill, const char *step, struct mu_undone *out,
                                struct mu_err *err);
/* Is there an act of that name that is not undone? */
bool mu_act_open(const struct mu_drill *drill, const char *prefix);
/* Was there ever one, undone or not? Asked of the journal: it also knows what a process did that
 * died before it could remember it. */
bool mu_act_made(const struct mu_drill *drill, const char *prefix);

#endif
