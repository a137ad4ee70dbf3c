/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is told by the ones before it: new and persisting findings, how many nights a check
 * could not be verified, a history that should be there and is not. */
#ifndef MU_CLI_NIGHTS_H
#define MU_CLI_NIGHTS_H

struct mu_app;
struct mu_run;

/* Begins to read the last run of the same scope, for a command whose looks leave the ledger alone:
 * until mu_nights_compare() it is the reader's. */
void mu_nights_read_ahead(struct mu_app *app, const struct mu_run *run);
/* Call once, before the run is finished. */
void mu_nights_compare(struct mu_app *app, struct mu_run *run);

#endif
