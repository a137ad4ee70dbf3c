/* SPDX-License-Identifier: Apache-2.0 */
/* What the config says of one table of the replica, as arguments of a probe. Names and values are
 * borrowed from the config, the list lives in its arena. */
#ifndef MU_SMOKE_SUITE_REPLICA_H
#define MU_SMOKE_SUITE_REPLICA_H

#include <stddef.h>

#include "config/config.h"

struct mu_arena;

struct mu_words {
  struct mu_arena *arena;
  struct mu_conf_pair *at;
  size_t n, cap;
};
/* A value NULL is left out. */
void mu_words_add(struct mu_words *words, const char *name, const char *value);
/* Where the table is, who reads it, and what it says of its source. */
void mu_words_of_table(struct mu_words *words, const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby, const struct mu_conf_table *table);

#endif
