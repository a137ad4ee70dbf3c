/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"

static int64_t now_ms(clockid_t id) {
  struct timespec t = {0};
  if (clock_gettime(id, &t) != 0) {
    MU_BUG("no clock %d", (int)id);
  }
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *ctx) {
  (void)ctx;
  return now_ms(CLOCK_REALTIME);
}

static int64_t system_mono_ms(void *ctx) {
  (void)ctx;
  return now_ms(CLOCK_MONOTONIC);
}

/* A signal ends the sleep early, so that whoever waits looks at its cancel flag at once. */
static void system_sleep_ms(void *ctx, int64_t ms) {
  (void)ctx;
  if (ms > 0) {
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
  }
}

const struct mu_clock *mu_clock_system(void) {
  static const struct mu_clock system_clock = {
      .wall_ms = system_wall_ms, .mono_ms = system_mono_ms, .sleep_ms = system_sleep_ms};
  return &system_clock;
}

/* Where the system does not tell, a random id: readings of two processes are then never subtracted,
 * which is the safe side. */
void mu_boot_id(char out[MU_BOOT_ID]) {
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, out, MU_BOOT_ID - 1);
  if (fd >= 0) {
    (void)close(fd);
  }
  if (n >= 36) {
    out[36] = '\0';
    return;
  }
  unsigned char bytes[16];
  mu_random(bytes, sizeof bytes);
  mu_hex(bytes, sizeof bytes, out);
}

void mu_ulid(int64_t unix_ms, char out[MU_ULID]) {
  static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  unsigned char raw[10];
  mu_random(raw, sizeof raw);
  uint64_t t = (uint64_t)(unix_ms < 0 ? 0 : unix_ms) & 0xFFFFFFFFFFFFU;
  for (int i = 9; i >= 0; i--, t >>= 5) {
    out[i] = digits[t & 31];
  }
  for (int half = 0; half < 2; half++) { /* five bytes are eight digits */
    uint64_t bits = 0;
    for (int i = 0; i < 5; i++) {
      bits = bits << 8 | raw[half * 5 + i];
    }
    for (int i = 7; i >= 0; i--, bits >>= 5) {
      out[10 + half * 8 + i] = digits[bits & 31];
    }
  }
  out[MU_ULID - 1] = '\0';
}
