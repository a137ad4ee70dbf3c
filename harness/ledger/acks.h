/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledgements in the ledger. Each is an entry of the chain like any run: a record of the
 * command "ack" that lists what was acknowledged or withdrawn, by whom and why. So they are
 * verified, exported and merged with everything else, and none can be changed or taken out later.
 * What is returned lives in the arena that was passed. */
#ifndef MU_LEDGER_ACKS_H
#define MU_LEDGER_ACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/note.h"

struct mu_arena;
struct mu_err;
struct mu_ledger;
struct mu_run;

#define MU_ACK_COMMAND "ack"

/* The last word about one finding. */
struct mu_ack_entry {
  struct mu_ack ack;
  const char *run; /* the entry that holds it */
  int64_t at_ms;
  const char *who, *reason;
};
struct mu_ack_entries {
  struct mu_ack_entry *at;
  size_t n, cap;
};

/* `of`: what the findings belong to, a workload or the scope of runs without one. */
const char *mu_ack_scope(struct mu_arena *arena, const char *of);

/* The last word about each finding, withdrawn ones left out, sorted by date of expiry. MU_E_INPUT:
 * an entry is not the one that was written. `class`: "REAL" or "REHEARSAL". */
MU_CHECKED int mu_ledger_acks(struct mu_ledger *ledger, const char *of, const char *class,
                              struct mu_arena *arena, struct mu_ack_entries *out,
                              struct mu_err *err);
const struct mu_ack_entry *mu_ack_of(const struct mu_ack_entries *list, const char *fingerprint);

/* What can be acknowledged: the drift that fails in the newest look at each check of a workload, or
 * of a scope. Borrowed from the arena. MU_E_ABSENT: nothing was recorded yet. */
struct mu_ack_targets {
  const struct mu_finding **at;
  size_t n, cap;
};
MU_CHECKED int mu_ledger_ack_targets(struct mu_ledger *ledger, const char *workload,
                                     const char *scope, const char *class, struct mu_arena *arena,
                                     struct mu_ack_targets *out, struct mu_err *err);

#endif
