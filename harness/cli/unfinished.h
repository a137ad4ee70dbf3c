/* SPDX-License-Identifier: Apache-2.0 */
/* A drill that was killed is seen by whoever opens the ledger next. */
#ifndef MU_CLI_UNFINISHED_H
#define MU_CLI_UNFINISHED_H

struct mu_app;

/* One line on stderr for each drill that is unfinished, with the commands that end it, or that is
 * running now. */
void mu_unfinished_say(struct mu_app *app);

#endif
