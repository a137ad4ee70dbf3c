/* SPDX-License-Identifier: Apache-2.0 */
/* The names of steps, as configs write them (steps.def), and what an order of them must keep. */
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

/* `first` stands before `then` wherever an order holds both; where it holds only one of them, the
 * other may have to be there as well. */
enum mu_step_needs { MU_NEEDS_NONE, MU_NEEDS_FIRST, MU_NEEDS_THEN };
struct mu_step_rule {
  const char *first, *then, *why;
  enum mu_step_needs needs; /* FIRST: no `then` without `first`; THEN: no `first` without `then` */
};
const struct mu_step_rule *mu_step_rules(size_t *n);
/* Steps that no drill goes without. */
const char *const *mu_step_always(size_t *n);

#endif
