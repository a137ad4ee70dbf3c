/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"

enum { LINE_MAX_BYTES = 8 * 1024 };

void mu_log(const struct mu_log *log, enum mu_log_level level, const char *fmt, ...) {
  static const char *const names[] = {[MU_LOG_ERROR] = "error: ",
                                      [MU_LOG_WARN] = "warning: ",
                                      [MU_LOG_INFO] = "",
                                      [MU_LOG_DEBUG] = "debug: "};
  if (level > log->level) {
    return;
  }
  char text[LINE_MAX_BYTES];
  va_list args;
  va_start(args, fmt);
  int n = vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  if (n < 0) {
    return;
  }
  MU_STR(clean, 2 * sizeof text);
  MU_STR(line, 10 * sizeof text);
  if (log->redact) {
    (void)mu_redact_write(log->redact, text, strlen(text), &clean);
  } else {
    mu_str_add(&clean, text);
  }
  mu_str_add(&line, "muster: ");
  mu_str_add(&line, names[level]);
  mu_str_add_safe(&line, mu_str_get(&clean), clean.n);
  mu_str_add(&line, (size_t)n >= sizeof text ? " ...\n" : "\n");
  /* One write a line, so that lines of several processes do not mix. */
  (void)fwrite(mu_str_get(&line), 1, line.n, stderr);
  (void)fflush(stderr);
}
