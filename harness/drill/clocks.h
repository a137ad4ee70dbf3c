/* SPDX-License-Identifier: Apache-2.0 */
/* RPO and RTO from events: pure. Figures are intervals in milliseconds that carry the measured
 * clock error; bounds are rounded outward by whoever prints them. Definitions: PRODUCT's "RPO and
 * RTO". */
#ifndef MU_DRILL_CLOCKS_H
#define MU_DRILL_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/run.h"

/* A table, or a datastore of the plan, after the restore. */
struct mu_clock_table {
  const char *name;
  bool measured; /* a source as-of was read from the restored data */
  int64_t as_of_ms;
  const char *why_not; /* where it was not measured */
  bool waived;         /* declared to hold no data of record: listed, not counted */
  bool has_exposure;   /* worst gap between one readable commit and the as-of before it */
  int64_t exposure_ms, exposure_at_ms;
};

struct mu_clock_in {
  int64_t rpo_ms, rto_ms; /* targets; 0: none */
  int64_t clock_error_ms; /* measured against the cloud */
  bool interrupted;       /* an interrupted drill is never MET */
  bool same_boot;         /* monotonic readings may be subtracted */
  const struct mu_clock_table *tables;
  size_t tables_n;
  const struct mu_assumption *assumptions; /* people, scale-out, ttl */
  size_t assumptions_n;
};

/* Reads run->events (declare, infra-start, smoke-green, service-green) and appends targets: rpo a
 * table and for the workload (its worst), rpo-exposure, rto technical, service and projected. Only
 * the workload's rpo, rpo-exposure and the projected rto gate. */
void mu_clocks_derive(struct mu_run *run, const struct mu_clock_in *in);

/* Outcome of [lo, hi] against a target: MET if hi <= target, MISSED if lo > target, else
 * INDETERMINATE. */
enum mu_outcome mu_clock_outcome(int64_t lo_ms, int64_t hi_ms, int64_t target_ms);

#endif
