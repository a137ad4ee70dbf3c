/* SPDX-License-Identifier: Apache-2.0 */
/* The fresh plan of a drill: made with the drill's own state and suffix, held to create only, and
 * compared with the staged one. */
#ifndef MU_DRILL_FRESH_H
#define MU_DRILL_FRESH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct mu_doc;
struct mu_drill;
struct mu_err;

struct mu_fresh {
  const struct mu_doc *plan;
  size_t creates;
  bool safe;               /* may be applied */
  const char *why;         /* if not */
  const char *differences; /* "equals the staged one but 1 float", … */
};

/* Makes the plan and writes its path and hash into the drill's memory ("fresh-plan",
 * "fresh-plan.sha256"). Findings about it go to the record. -1 only where no plan could be made. */
MU_CHECKED int mu_fresh_plan(struct mu_drill *drill, struct mu_fresh *out, struct mu_err *err);

#endif
