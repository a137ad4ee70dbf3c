/* SPDX-License-Identifier: Apache-2.0 */
/* The names of steps, as configs write them. */
#ifndef MU_CONFIG_STEPS_H
#define MU_CONFIG_STEPS_H

#include <stdbool.h>

struct mu_node;
struct mu_reader;

/* '-', '_' and ' ' are alike: "tear_down" is "tear-down". */
bool mu_step_same(const char *a, const char *b);
/* False, and an error at `node`, unless text names a step; *id gets its id in the table. */
bool mu_read_step(struct mu_reader *r, const struct mu_node *node, const char *text, const char **id);

#endif
