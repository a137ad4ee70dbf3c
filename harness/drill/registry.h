/* SPDX-License-Identifier: Apache-2.0 */
/* The workload registry of the runbook: tier, RPO, RTO, DR clouds, last drill, achieved, stale or
 * not; and what a gate says of it. Rows and findings live in the arena given. */
#ifndef MU_DRILL_REGISTRY_H
#define MU_DRILL_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/finding.h"

struct mu_arena;
struct mu_conf_workload;
struct mu_err;
struct mu_ledger;
struct mu_run;

struct mu_registry_row {
  const struct mu_conf_workload *workload;
  const struct mu_run
      *last;            /* the last drill that counts; NULL: none. Freed by mu_registry_done() */
  bool only_rehearsals; /* there are drills, none of them in the cloud */
  bool stale;           /* two cycles or more have passed since, or there is none */
  int64_t due_ms;       /* when the next one is due */
};

/* Reads the row of a workload. `rehearsal`: rehearsals count too. */
MU_CHECKED int mu_registry_row(struct mu_ledger *ledger, const struct mu_conf_workload *workload,
                               bool rehearsal, int64_t now_ms, struct mu_arena *arena,
                               struct mu_registry_row *out, struct mu_err *err);
void mu_registry_done(struct mu_registry_row *row);

/* Every reason why this workload does not pass the gate, as findings of check "gate/WORKLOAD". */
void mu_registry_gate(const struct mu_registry_row *row, struct mu_findings *out);

/* The target of a drill by name and clock (NULL: any), or NULL. */
const struct mu_target *mu_registry_target(const struct mu_run *run, const char *name,
                                           const char *clock);

#endif
