/* SPDX-License-Identifier: Apache-2.0 */
/* The names of steps, as configs write them (steps.def). */
#ifndef MU_CONFIG_STEPS_H
#define MU_CONFIG_STEPS_H

#include <stdbool.h>
#include <stddef.h>

/* '-', '_' and ' ' are alike: "tear_down" is "tear-down". */
bool mu_step_same(const char *a, const char *b);
/* The ids in the standard order. */
const char *const *mu_step_ids(size_t *n);
/* The id that `text` means, or NULL. */
const char *mu_step_id(const char *text);

#endif
