/* SPDX-License-Identifier: Apache-2.0 */
/* The threads that look: one that drives every http check on one multi, and a few for probes that
 * block. They block all signals, so that an interrupt reaches the thread that decides. */
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "smoke/schedule_int.h"

enum { IN_FLIGHT = 50, POLL_MS = 100, STACK_BYTES = 1 << 20 };

static void settle(const struct mu_crew *crew, struct mu_look *look, int result) {
  look->failed = result != 0;
  look->ended_mono_ms = mu_mono_ms(crew->clock);
  if (look->failed && look->err.code == MU_E_NONE) {
    (void)mu_fail(&look->err, MU_E_REMOTE, "the %s probe gave no reason", look->probe->name);
  }
}

/* ---- http ---- */

static void answered(void *ctx, void *user, const struct mu_http_resp *resp) {
  struct mu_crew *crew = ctx;
  struct mu_look *look = user;
  int result = -1;
  int64_t ago_ms = resp->total_us / 1000; /* it may have waited for a free slot before */
  look->started_mono_ms = mu_mono_ms(crew->clock) - ago_ms;
  look->started_wall_ms = mu_wall_ms(crew->clock) - ago_ms;
  if (resp->error != MU_E_NONE) {
    look->in_tls = resp->in_tls;
    (void)mu_fail(&look->err, resp->error, "%s", resp->error_msg ? resp->error_msg : "no answer");
  } else {
    result = look->probe->read(&look->args, &look->ctx, resp, &look->facts, &look->err);
  }
  settle(crew, look, result);
  look->next = crew->answered;
  crew->answered = look;
}

static void ask(struct mu_crew *crew, struct mu_look *look) {
  struct mu_http_req req = {0};
  if (look->probe->request(&look->args, &look->ctx, &req, &look->err) == 0) {
    req.timeout_ms = look->timeout_ms;
    if (mu_http_add(crew->http, &req, look, &look->err) == 0) {
      return;
    }
  }
  settle(crew, look, -1);
  mu_lane_put(&crew->done, look);
}

static bool is_over(const struct mu_crew *crew) {
  return mu_canceled(crew->cancel) ||
         (crew->deadline_mono_ms > 0 && mu_mono_ms(crew->clock) >= crew->deadline_mono_ms);
}

static void *run_http(void *arg) {
  struct mu_crew *crew = arg;
  const struct mu_http_sink sink = {.ctx = crew, .done = answered};
  bool closed = false;
  while (!closed || mu_http_pending(crew->http) > 0) {
    struct mu_look *look = mu_lane_take_all(&crew->http_in, 0, &closed);
    while (look) {
      struct mu_look *next = look->next;
      ask(crew, look);
      look = next;
    }
    if (is_over(crew)) {
      crew->http_stop.signal = SIGTERM;
    }
    if (!closed || mu_http_pending(crew->http) > 0) {
      (void)mu_http_run_once(crew->http, POLL_MS, &sink);
    }
    mu_lane_put_all(&crew->done, crew->answered); /* one wake-up a turn, not one an answer */
    crew->answered = NULL;
  }
  return NULL;
}

/* ---- blocking probes ---- */

static void *run_worker(void *arg) {
  struct mu_crew *crew = arg;
  const struct mu_http_options options = {.cancel = crew->cancel};
  struct mu_http *http = mu_http_new(&options);
  for (struct mu_look *look; (look = mu_lane_take(&crew->work_in));) {
    look->started_mono_ms = mu_mono_ms(crew->clock);
    look->started_wall_ms = mu_wall_ms(crew->clock);
    look->ctx.http = http;
    look->ctx.deadline_mono_ms = look->started_mono_ms + look->timeout_ms;
    if (crew->deadline_mono_ms > 0 && crew->deadline_mono_ms < look->ctx.deadline_mono_ms) {
      look->ctx.deadline_mono_ms = crew->deadline_mono_ms;
    }
    settle(crew, look,
           look->probe->observe(&look->args, &look->ctx, &look->facts, &look->absent, &look->err));
    look->ctx.http = NULL;
    mu_lane_put(&crew->done, look);
  }
  mu_http_free(http);
  return NULL;
}

/* ---- the crew ---- */

static void start_thread(pthread_t *thread, void *(*run)(void *), struct mu_crew *crew) {
  pthread_attr_t attr;
  (void)pthread_attr_init(&attr);
  (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
  if (pthread_create(thread, &attr, run, crew) != 0) {
    MU_BUG("no thread can be started");
  }
  (void)pthread_attr_destroy(&attr);
}

void mu_crew_start(struct mu_crew *crew, const struct mu_schedule *schedule, bool http,
                   size_t workers) {
  sigset_t all, before;
  mu_lane_init(&crew->http_in);
  mu_lane_init(&crew->work_in);
  mu_lane_init(&crew->done);
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  if (http) {
    size_t in_flight = schedule->in_flight ? schedule->in_flight : IN_FLIGHT;
    const struct mu_http_options options = {.max_in_flight = (int)in_flight,
                                            .cancel = &crew->http_stop};
    crew->http = mu_http_new(&options);
    start_thread(&crew->http_thread, run_http, crew);
  }
  crew->workers = calloc(workers + 1, sizeof *crew->workers);
  if (!crew->workers) {
    MU_BUG("out of memory");
  }
  for (; crew->workers_n < workers; crew->workers_n++) {
    start_thread(&crew->workers[crew->workers_n], run_worker, crew);
  }
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void mu_crew_stop(struct mu_crew *crew) {
  mu_lane_close(&crew->http_in);
  mu_lane_close(&crew->work_in);
  if (crew->http) {
    mu_http_wakeup(crew->http);
    (void)pthread_join(crew->http_thread, NULL);
  }
  for (size_t i = 0; i < crew->workers_n; i++) {
    (void)pthread_join(crew->workers[i], NULL);
  }
  mu_http_free(crew->http);
  free(crew->workers);
  mu_lane_done(&crew->http_in);
  mu_lane_done(&crew->work_in);
  mu_lane_done(&crew->done);
}

void mu_crew_put(struct mu_crew *crew, struct mu_look *look) {
  mu_lane_put(look->probe->request ? &crew->http_in : &crew->work_in, look);
}

void mu_crew_wake(struct mu_crew *crew) {
  if (crew->http) {
    mu_http_wakeup(crew->http);
  }
}
