/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

MU_PRINTF(4, 0)
static void fill(struct mu_err *err, enum mu_errc code, int sys, const char *fmt, va_list args) {
  if (!err) {
    return;
  }
  err->code = code;
  err->sys = sys;
  int n = vsnprintf(err->msg, sizeof err->msg, fmt, args);
  if (n >= (int)sizeof err->msg) {
    memcpy(err->msg + sizeof err->msg - 4, "...", 4); /* say that it was cut */
  }
}

int mu_fail(struct mu_err *err, enum mu_errc code, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  fill(err, code, 0, fmt, args);
  va_end(args);
  return -1;
}

int mu_fail_sys(struct mu_err *err, int sys, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  fill(err, MU_E_IO, sys, fmt, args);
  va_end(args);
  if (err) {
    char why[128] = "";
    if (strerror_r(sys, why, sizeof why) != 0) {
      (void)snprintf(why, sizeof why, "error %d", sys);
    }
    size_t used = strlen(err->msg);
    (void)snprintf(err->msg + used, sizeof err->msg - used, ": %s", why);
  }
  return -1;
}

int mu_wrap(struct mu_err *err, const char *fmt, ...) {
  if (err) {
    char inner[MU_ERR_MAX];
    memcpy(inner, err->msg, sizeof inner);
    va_list args;
    va_start(args, fmt);
    fill(err, err->code, err->sys, fmt, args);
    va_end(args);
    size_t used = strlen(err->msg);
    (void)snprintf(err->msg + used, sizeof err->msg - used, ": %.*s",
                   (int)(sizeof err->msg - used > 3 ? sizeof err->msg - used - 3 : 0), inner);
  }
  return -1;
}

void mu_bug(const char *file, int line, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  (void)fprintf(stderr, "muster: bug at %s:%d: ", file, line);
  (void)vfprintf(stderr, fmt, args);
  (void)fputc('\n', stderr);
  va_end(args);
  exit(70);
}
