/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledgements as the commands meet them: what the ledger holds, applied to the findings of a
 * run, and `muster drift ack`, which writes it. */
#ifndef MU_CLI_ACKS_H
#define MU_CLI_ACKS_H

#include <stdbool.h>

#include "cli/opt.h"

struct mu_app;
struct mu_run;

/* A finding that somebody answers for does not fail until the date; from then on, or once it shows
 * something else than was acknowledged, it does. Call after the findings were aged and before the
 * run is finished. */
void mu_acks_apply(struct mu_app *app, struct mu_run *run);

/* What `muster drift ack` was asked. */
struct mu_ack_ask {
  const char *owner, *until, *reason;
  const char *workload; /* NULL: whichever has such a finding */
  const char *scope;    /* of a comparison of files without a workload; NULL: by workload */
  bool accept_wider, list, withdraw;
  struct mu_opt_list targets; /* addresses, "ADDRESS PATH", or beginnings of fingerprints */
};
/* The exit status. Config and ledger are opened by it. */
int mu_acks_command(struct mu_app *app, const struct mu_ack_ask *ask);

#endif
