/* SPDX-License-Identifier: Apache-2.0 */
/* The looks that several commands share: suites of the config, DNS weights, Terraform layers. Each
 * adds its checks to the run. */
#ifndef MU_CLI_LOOK_H
#define MU_CLI_LOOK_H

#include <stdbool.h>
#include <stddef.h>

struct mu_app;
struct mu_conf_workload;
struct mu_plan;
struct mu_run;

/* Runs a plan of checks into the run, with progress on a terminal. */
void mu_look_plan(struct mu_app *app, struct mu_run *run, const struct mu_plan *plan);
/* Expands and runs the suites named (n 0: all that the config has). */
void mu_look_suites(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                    const char *const *names, size_t n);
/* Weights of the production name at every provider: all traffic must go to the primary. */
void mu_look_dns(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload);
void mu_look_layers(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                    bool standing, bool staged);

#endif
