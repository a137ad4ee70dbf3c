/* SPDX-License-Identifier: Apache-2.0 */
/* stderr is the log, stdout the result. Only cli and drill write to it; libraries return errors. */
#ifndef MU_BASE_LOG_H
#define MU_BASE_LOG_H

#include "base/attr.h"

struct mu_redact;

enum mu_log_level { MU_LOG_ERROR, MU_LOG_WARN, MU_LOG_INFO, MU_LOG_DEBUG };

struct mu_log {
  enum mu_log_level level;        /* -q: ERROR; default WARN; -v: DEBUG */
  const struct mu_redact *redact; /* may be NULL */
};

void mu_log(const struct mu_log *log, enum mu_log_level level, const char *fmt, ...)
    MU_PRINTF(3, 4);

#endif
