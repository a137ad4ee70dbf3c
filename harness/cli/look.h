/* SPDX-License-Identifier: Apache-2.0 */
/* The looks that several commands share: suites of the config, DNS weights, Terraform layers. Each
 * adds its checks to the run. */
#ifndef MU_CLI_LOOK_H
#define MU_CLI_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct mu_app;
struct mu_plan;
struct mu_run;

/* What references in the config mean outside a drill, where Terraform has no outputs. */
struct mu_resolver mu_look_resolver(struct mu_app *app);
/* Runs a plan of checks into the run, with progress on a terminal. */
void mu_look_plan(struct mu_app *app, struct mu_run *run, const struct mu_plan *plan);
/* Expands and runs the suites named (n 0: all that the config has). */
void mu_look_suites(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                    const char *const *names, size_t n);
/* The service's name and the drill's at every provider that holds them: configured weights, and the
 * answers of its authorities counted on the wire. All traffic must go to the primary. */
void mu_look_dns(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload);
void mu_look_layers(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                    bool standing, bool staged);

#endif
