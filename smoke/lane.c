/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>

#include "smoke/schedule_int.h"

void mu_lane_init(struct mu_lane *lane) {
  pthread_condattr_t attr;
  *lane = (struct mu_lane){.first = NULL};
  lane->last = &lane->first;
  (void)pthread_mutex_init(&lane->mutex, NULL);
  (void)pthread_condattr_init(&attr);
  (void)pthread_condattr_setclock(
      &attr, CLOCK_MONOTONIC); /* a wait must not end, or last, because somebody set the clock */
  (void)pthread_cond_init(&lane->filled, &attr);
  (void)pthread_condattr_destroy(&attr);
}

void mu_lane_done(struct mu_lane *lane) {
  (void)pthread_cond_destroy(&lane->filled);
  (void)pthread_mutex_destroy(&lane->mutex);
}

void mu_lane_put(struct mu_lane *lane, struct mu_look *look) {
  (void)pthread_mutex_lock(&lane->mutex);
  look->next = NULL;
  *lane->last = look;
  lane->last = &look->next;
  (void)pthread_cond_signal(&lane->filled);
  (void)pthread_mutex_unlock(&lane->mutex);
}

void mu_lane_put_all(struct mu_lane *lane, struct mu_look *first) {
  if (!first) {
    return;
  }
  (void)pthread_mutex_lock(&lane->mutex);
  *lane->last = first;
  while (*lane->last) {
    lane->last = &(*lane->last)->next;
  }
  (void)pthread_cond_signal(&lane->filled);
  (void)pthread_mutex_unlock(&lane->mutex);
}

struct mu_look *mu_lane_take(struct mu_lane *lane) {
  (void)pthread_mutex_lock(&lane->mutex);
  while (!lane->first && !lane->closed) {
    (void)pthread_cond_wait(&lane->filled, &lane->mutex);
  }
  struct mu_look *look = lane->first;
  if (look) {
    lane->first = look->next;
    lane->last = lane->first ? lane->last : &lane->first;
    look->next = NULL;
  }
  (void)pthread_mutex_unlock(&lane->mutex);
  return look;
}

struct mu_look *mu_lane_take_all(struct mu_lane *lane, int64_t wait_ms, bool *closed) {
  struct timespec until = {0};
  (void)pthread_mutex_lock(&lane->mutex);
  if (wait_ms > 0 && !lane->first && !lane->closed) {
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!lane->first && !lane->closed &&
           pthread_cond_timedwait(&lane->filled, &lane->mutex, &until) != ETIMEDOUT) {}
  }
  struct mu_look *all = lane->first;
  lane->first = NULL;
  lane->last = &lane->first;
  if (closed) {
    *closed = lane->closed;
  }
  (void)pthread_mutex_unlock(&lane->mutex);
  return all;
}

void mu_lane_close(struct mu_lane *lane) {
  (void)pthread_mutex_lock(&lane->mutex);
  lane->closed = true;
  (void)pthread_cond_broadcast(&lane->filled);
  (void)pthread_mutex_unlock(&lane->mutex);
}
