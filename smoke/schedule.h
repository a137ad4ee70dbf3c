/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan: needs before those who need them, http checks on one multi in its own thread (free
 * slots refilled before polling), blocking probes on a few workers, retries with backoff inside
 * each check's deadline, one deadline over all. Threads share nothing but the queue and each
 * check's own slot. */
#ifndef MU_SMOKE_SCHEDULE_H
#define MU_SMOKE_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "smoke/plan.h"

struct mu_schedule {
  const struct mu_clock *clock;
  const struct mu_cancel *cancel;
  int64_t now_ms;                     /* the run's "now" */
  int64_t deadline_ms;                /* for all, from the start; 0: none */
  size_t in_flight;                   /* http requests at once; 0: 50 */
  size_t workers;                     /* blocking probes at once; 0: 8 */
  const struct mu_resolver *resolver; /* for ${…}; may be NULL */
  struct mu_aws *(*aws)(void *ctx, const char *region, const char *profile);
  void *aws_ctx;
  const char *ca_file;
  /* Called from the calling thread as checks finish, for progress; may be NULL. */
  void (*on_done)(void *ctx, const struct mu_check *check, size_t done, size_t total);
  void *ctx;
};

/* Adds one mu_check a planned check to run->checks (in the plan's order), judged. Never fails as a
 * whole: what could not be run is an inconclusive check that says why. */
void mu_schedule_run(const struct mu_schedule *schedule, const struct mu_plan *plan,
                     struct mu_run *run);

#endif
