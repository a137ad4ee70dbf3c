/* SPDX-License-Identifier: Apache-2.0 */
/* What of a config only probes, suites and DNS providers can check: the config's loader knows none
 * of them. */
#ifndef MU_CLI_CONFIG_PLAN_H
#define MU_CLI_CONFIG_PLAN_H

struct mu_arena;
struct mu_conf_workload;
struct mu_config;
struct mu_diags;
struct mu_plan;
struct mu_probes;

/* Plans everything that the config asks for, without looking at the world: a typo in an expectation
 * is an error here, not a pass later. Problems go to diags; a config with errors is fine. *smoke
 * gets, in the arena, the plan of each workload's suite, in their order, as mu_config_smoke() makes
 * it for the standby's address: thousands of checks need not be planned twice. */
void mu_config_plan(const struct mu_config *config, const struct mu_probes *probes,
                    struct mu_diags *diags, struct mu_arena *arena, struct mu_plan **smoke);

/* The smoke suite against `address` (NULL: whatever its names resolve to), with the standby's
 * marker. */
void mu_config_smoke(const struct mu_conf_workload *workload, const char *address,
                     const struct mu_probes *probes, struct mu_diags *diags, struct mu_arena *arena,
                     struct mu_plan *out);
/* The standby's address or host, NULL: the config has none. */
const char *mu_config_address(const struct mu_conf_workload *workload);

#endif
