/* SPDX-License-Identifier: Apache-2.0 */
/* One look: an attempt of a check, or of its companion. The coordinator makes it, exactly one
 * thread fills it in, and it comes back through the done lane; nobody else touches it meanwhile. */
#ifndef MU_SMOKE_SCHEDULE_INT_H
#define MU_SMOKE_SCHEDULE_INT_H

#include <pthread.h>

#include "base/err.h"
#include "model/run.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "wire/http.h"

struct mu_look {
  struct mu_look *next; /* in a lane */
  size_t index;         /* of the check in the plan; unused for a companion */
  bool is_companion;
  void *entry; /* the companion's row in the coordinator's table */
  const struct mu_probe *probe;
  struct mu_arena *arena; /* the attempt's own */
  struct mu_args args;
  struct mu_expect_one *expect;
  size_t expect_n;
  struct mu_probe_ctx ctx;
  int64_t timeout_ms;
  int64_t started_mono_ms, started_wall_ms, ended_mono_ms;
  struct mu_facts facts;
  bool absent, failed, in_tls;
  struct mu_err err;
};

/* A queue of looks between threads. */
struct mu_lane {
  pthread_mutex_t mutex;
  pthread_cond_t filled;
  struct mu_look *first, **last;
  bool closed;
};
void mu_lane_init(struct mu_lane *lane);
void mu_lane_done(struct mu_lane *lane);
void mu_lane_put(struct mu_lane *lane, struct mu_look *look);
/* A whole list, linked by `next`; NULL is fine. */
void mu_lane_put_all(struct mu_lane *lane, struct mu_look *first);
/* Takes one; waits for it. NULL: the lane is closed and empty. */
struct mu_look *mu_lane_take(struct mu_lane *lane);
/* Takes all there are, in their order, and waits up to wait_ms for the first. *closed may be NULL.
 */
struct mu_look *mu_lane_take_all(struct mu_lane *lane, int64_t wait_ms, bool *closed);
void mu_lane_close(struct mu_lane *lane);

/* The threads that look. */
struct mu_crew {
  const struct mu_clock *clock;
  const struct mu_cancel *cancel;
  int64_t deadline_mono_ms; /* 0: none */
  struct mu_lane http_in, work_in, done;
  struct mu_http *http;     /* NULL: no check needs it */
  struct mu_look *answered; /* the http thread's own: what one turn brought, newest first */
  struct mu_cancel
      http_stop; /* the http thread's own: set when the operator or the run's deadline says so */
  pthread_t http_thread;
  pthread_t *workers;
  size_t workers_n;
};
void mu_crew_start(struct mu_crew *crew, const struct mu_schedule *schedule, bool http,
                   size_t workers);
/* Everything must have come back. */
void mu_crew_stop(struct mu_crew *crew);
/* Hands a look to the thread that fits its probe. After a batch of http looks: mu_crew_wake(). */
void mu_crew_put(struct mu_crew *crew, struct mu_look *look);
void mu_crew_wake(struct mu_crew *crew);

/* "HTTP {status} in {total}" with the facts filled in. */
char *mu_headline_fill(const char *template, const char *probe, const struct mu_facts *facts,
                       struct mu_arena *arena);
/* Copies one fact. */
void mu_fact_copy(struct mu_facts *into, const struct mu_fact *fact);
/* A fact as the text that a capture stands for. */
const char *mu_capture_text(const struct mu_fact *fact, struct mu_arena *arena);

#endif
