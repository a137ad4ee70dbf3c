/* SPDX-License-Identifier: Apache-2.0 */
/* Suites: sections of the config that expand into checks. One more suite is one file with a `const
 * struct mu_suite mu_suite_NAME` and one row in suites.def. A nightly check runs all of them; steps
 * of a drill take the ones they need. */
#ifndef MU_SMOKE_SUITES_H
#define MU_SMOKE_SUITES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "smoke/plan.h"

struct mu_suite {
  const char *name; /* "replica" */
  const char *summary;
  bool (*configured)(const struct mu_conf_workload *workload,
                     const struct mu_conf_standby *standby);
  /* Adds its checks. -1: the config asks for something that cannot be planned. */
  int (*expand)(struct mu_plan *plan, const struct mu_conf_workload *workload,
                const struct mu_conf_standby *standby, const struct mu_probes *probes,
                struct mu_arena *arena, struct mu_err *err);
};
size_t mu_suites(const struct mu_suite *const **out);
const struct mu_suite *mu_suite_find(const char *name);

/* One table of the replica, as a check of `section`. database and name NULL: those that the config
 * names; else a restored copy's. NULL with err where it cannot be planned. */
struct mu_planned *mu_plan_table(struct mu_plan *plan, const struct mu_conf_workload *workload,
                                 const struct mu_conf_standby *standby,
                                 const struct mu_conf_table *table, const char *section,
                                 const char *database, const char *name,
                                 const struct mu_probes *probes, struct mu_arena *arena,
                                 struct mu_err *err);

#endif
