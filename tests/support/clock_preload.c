/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a program under test: its wall clock goes wrong by $MUSTER_TEST_SKEW seconds. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static long skew(void) {
  const char *text = getenv("MUSTER_TEST_SKEW");
  return text ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *out) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) {
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
  }
  int rc = real(id, out);
  if (rc == 0 && id == CLOCK_REALTIME) {
    out->tv_sec += skew();
  }
  return rc;
}

time_t time(time_t *out) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (out) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}
