/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/clocks.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

enum mu_outcome mu_clock_outcome(int64_t lo_ms, int64_t hi_ms, int64_t target_ms) {
  return hi_ms <= target_ms ? MU_MET : lo_ms > target_ms ? MU_MISSED : MU_INDETERMINATE;
}

static const struct mu_event *event(const struct mu_run *run, const char *name) {
  const struct mu_event *found = NULL;
  for (size_t i = 0; i < run->events.n; i++) {
    if (mu_streq(run->events.at[i].name, name)) {
      found = &run->events.at[i]; /* the last one: a repeated step counts as it ended */
    }
  }
  return found;
}

static struct mu_target *add(struct mu_run *run, const char *name, const char *clock,
                             int64_t target_ms, const char *basis) {
  struct mu_target *target = MU_RUN_ADD(run, targets);
  target->name = name;
  target->clock = clock;
  target->target_ms = target_ms;
  target->outcome = MU_NOT_MEASURED;
  target->basis = basis;
  return target;
}

/* Figures of an interrupted drill are kept; whether they met anything is not said. */
static void measure(struct mu_target *target, const struct mu_clock_in *in, int64_t lo_ms,
                    int64_t hi_ms) {
  target->lo_ms = lo_ms > 0 ? lo_ms : 0; /* the clock error may reach below nothing */
  target->hi_ms = hi_ms > 0 ? hi_ms : 0;
  target->outcome = target->target_ms
                        ? mu_clock_outcome(target->lo_ms, target->hi_ms, target->target_ms)
                        : MU_MET;
  if (target->outcome == MU_MET && target->target_ms && in->interrupted) {
    target->outcome = MU_INDETERMINATE;
    target->basis = "the drill was interrupted";
  }
}

/* The simulated disruption is the declaration: what the source wrote after the restored as-of is
 * what would have been lost. */
static void derive_rpo(struct mu_run *run, const struct mu_clock_in *in) {
  const struct mu_event *declared = event(run, "declare");
  const struct mu_clock_table *worst = NULL, *unmeasured = NULL;
  for (size_t i = 0; i < in->tables_n; i++) {
    const struct mu_clock_table *table = &in->tables[i];
    if (table->waived) {
      continue;
    }
    struct mu_target *target =
        add(run, "rpo", NULL, in->rpo_ms,
            table->measured ? "declared − source as-of of the data read back" : table->why_not);
    target->subject = table->name;
    if (!table->measured || !declared) {
      unmeasured = unmeasured ? unmeasured : table;
      continue;
    }
    int64_t lost = declared->wall_ms - table->as_of_ms;
    measure(target, in, lost - in->clock_error_ms, lost + in->clock_error_ms);
    worst = !worst || table->as_of_ms < worst->as_of_ms ? table : worst;
  }
  struct mu_target *whole = add(run, "rpo", NULL, in->rpo_ms, "no data of record was read back");
  whole->gate = in->rpo_ms > 0;
  if (worst && declared) {
    int64_t lost = declared->wall_ms - worst->as_of_ms;
    whole->basis = mu_arena_fmt(run->arena, "worst: %s", worst->name);
    measure(whole, in, lost - in->clock_error_ms, lost + in->clock_error_ms);
  }
  if (unmeasured && whole->outcome != MU_MISSED) {
    whole->outcome = MU_NOT_MEASURED;
    whole->basis = mu_arena_fmt(run->arena, "%s: %s", unmeasured->name,
                                unmeasured->why_not ? unmeasured->why_not : "not declared");
  }
}

static void derive_exposure(struct mu_run *run, const struct mu_clock_in *in) {
  const struct mu_clock_table *worst = NULL;
  for (size_t i = 0; i < in->tables_n; i++) {
    const struct mu_clock_table *table = &in->tables[i];
    worst =
        table->has_exposure && (!worst || table->exposure_ms > worst->exposure_ms) ? table : worst;
  }
  if (!worst) {
    return; /* a single copy has no gap between copies */
  }
  struct mu_target *target = add(run, "rpo-exposure", NULL, in->rpo_ms, NULL);
  target->basis = mu_arena_fmt(
      run->arena, "next readable commit − as-of of the copy before it, worst: %s", worst->name);
  target->gate = in->rpo_ms > 0;
  measure(target, in, worst->exposure_ms - in->clock_error_ms,
          worst->exposure_ms + in->clock_error_ms);
}

/* One clock between two events; true where both are there, in this order, and no interruption lies
 * between. */
static bool derive_clock(struct mu_run *run, const struct mu_clock_in *in, const char *clock,
                         const char *from, const char *to, const char *basis, int64_t *lo,
                         int64_t *hi) {
  struct mu_target *target = add(run, "rto", clock, 0, basis);
  const struct mu_event *start = event(run, from), *end = event(run, to);
  if (in->interrupted || !start || !end) {
    target->basis =
        in->interrupted ? "the drill was interrupted" : "the clock's end was not reached";
    return false;
  }
  int64_t took = in->same_boot ? end->mono_ms - start->mono_ms : end->wall_ms - start->wall_ms;
  if (took < 0) {
    target->basis = "the clock's end lies before its start";
    return false;
  }
  int64_t error = in->same_boot ? 0 : in->clock_error_ms;
  *lo = took - error;
  *hi = took + error;
  measure(target, in, *lo, *hi);
  return true;
}

void mu_clocks_derive(struct mu_run *run, const struct mu_clock_in *in) {
  int64_t lo = 0, hi = 0;
  if (in->tables_n || in->rpo_ms) {
    derive_rpo(run, in);
    derive_exposure(run, in);
  }
  (void)derive_clock(run, in, "technical", "infra-start", "smoke-green",
                     "infrastructure start to smoke green; the exercised part", &lo, &hi);
  bool service = derive_clock(
      run, in, "service", "declare", "service-green",
      "declared to answered by the standby three times in a row; the exercised part", &lo, &hi);
  struct mu_target *projected =
      add(run, "rto", "projected", in->rto_ms, "service clock and every assumption, in a row");
  projected->gate = in->rto_ms > 0;
  if (!service) {
    projected->basis =
        in->interrupted ? "the drill was interrupted" : "the service clock has no end";
    return;
  }
  for (size_t i = 0; i < in->assumptions_n; i++) {
    lo += in->assumptions[i].ms;
    hi += in->assumptions[i].ms;
  }
  measure(projected, in, lo, hi);
}
