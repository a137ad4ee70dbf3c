/* SPDX-License-Identifier: Apache-2.0 */
/* A drill as it happens: one line a step, and on a terminal a live line inside it. The words are
 * the same in a pipe. */
#ifndef MU_CLI_DRILL_VIEW_H
#define MU_CLI_DRILL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

struct mu_app;
struct mu_drill;
struct mu_drill_view;

struct mu_live {
  const struct mu_app *app;
  bool terminal, color;
  int width;
  int64_t last_ms; /* of the last line, for a heartbeat in a pipe */
};

/* The view borrows `live`, which must outlive it. */
void mu_live_init(struct mu_live *live, const struct mu_app *app, struct mu_drill_view *view);
void mu_live_head(struct mu_live *live, const struct mu_drill *drill);

#endif
