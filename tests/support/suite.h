/* SPDX-License-Identifier: Apache-2.0 */
/* A smoke suite from YAML text, planned with the probes given. Everything lives in the suite's
 * arena. */
#ifndef MU_TESTS_SUITE_H
#define MU_TESTS_SUITE_H

#include "config/config.h"
#include "smoke/plan.h"

struct suite {
  struct mu_arena *arena;
  struct mu_diags diags;
  struct mu_plan plan;
  struct mu_conf_check checks[64];
  size_t checks_n;
};

/* `yaml` is the list below `smoke:`. Gives back the number of errors. */
size_t suite_load(struct suite *suite, const char *yaml, const char *connect,
                  const struct mu_probes *probes);
void suite_done(struct suite *suite);
/* Does any message hold the text, at that line (0: any)? */
bool suite_says(const struct suite *suite, int line, const char *text);
const struct mu_planned *suite_find(const struct suite *suite, const char *title);

#endif
