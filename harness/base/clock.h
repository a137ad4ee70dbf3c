/* SPDX-License-Identifier: Apache-2.0 */
/* Time as a parameter, so that tests can hold it. The functions of a clock may be called from
 * any thread. */
#ifndef MU_BASE_CLOCK_H
#define MU_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mu_clock {
  void *ctx;
  int64_t (*wall_ms)(void *ctx); /* Unix milliseconds, UTC: for correlation */
  int64_t (*mono_ms)(void *ctx); /* monotonic: for durations */
  void (*sleep_ms)(void *ctx, int64_t ms);
};

const struct mu_clock *mu_clock_system(void);

static inline int64_t mu_wall_ms(const struct mu_clock *c) {
  return c->wall_ms(c->ctx);
}
static inline int64_t mu_mono_ms(const struct mu_clock *c) {
  return c->mono_ms(c->ctx);
}
static inline void mu_sleep_ms(const struct mu_clock *c, int64_t ms) {
  c->sleep_ms(c->ctx, ms);
}

/* The id of this boot: monotonic readings from different boots must not be subtracted. */
enum { MU_BOOT_ID = 40 };
void mu_boot_id(char out[MU_BOOT_ID]);

/* Sortable, unique ids: 48 bits of time and 80 random ones in Crockford's base 32, 26 characters
 * (the ULID layout). */
enum { MU_ULID = 27 };
void mu_ulid(int64_t unix_ms, char out[MU_ULID]);

/* Set by the signal handler in main.c, polled by everything that waits, in any thread. */
struct mu_cancel {
  atomic_int signal; /* 0, SIGINT or SIGTERM */
};
static inline bool mu_canceled(const struct mu_cancel *c) {
  return c && c->signal != 0;
}

#endif
