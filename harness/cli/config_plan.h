/* SPDX-License-Identifier: Apache-2.0 */
/* What of a config only probes, suites and DNS providers can check: the config's loader knows none
 * of them. */
#ifndef MU_CLI_CONFIG_PLAN_H
#define MU_CLI_CONFIG_PLAN_H

struct mu_arena;
struct mu_config;
struct mu_diags;
struct mu_probes;

/* Plans everything that the config asks for, without looking at the world: a typo in an expectation
 * is an error here, not a pass later. Problems go to diags; a config with errors is fine. */
void mu_config_plan(const struct mu_config *config, const struct mu_probes *probes,
                    struct mu_diags *diags, struct mu_arena *arena);

#endif
