/* SPDX-License-Identifier: Apache-2.0 */
/* The log of one Delta table, listed and read for the probes that take one; its format is
 * lake/delta.h's. Only JSON is read. Everything lives in the check's arena; the store is borrowed
 * and must outlive the log. */
#ifndef MU_PROBES_DELTA_LOG_H
#define MU_PROBES_DELTA_LOG_H

#include "lake/delta.h"
#include "store.h"

struct mu_delta_log {
  struct mu_store *store;
  const char *location; /* without its slash */
  const char **uris;
  struct mu_delta_name *names;
  int64_t *modified_ms;
  size_t n, uris_cap, names_cap, modified_cap;
  int64_t latest; /* version; -1: no commit */
};

/* Lists the log. MU_E_ABSENT: there is none. */
int mu_delta_log_open(struct mu_delta_log *log, struct mu_store *store, const char *location,
                      struct mu_err *err);
/* Reads what a version (-1: the latest) needs; the result is borrowed from `delta`. MU_E_ABSENT:
 * the log has no such version (any more). */
int mu_delta_log_read(struct mu_delta_log *log, int64_t version, struct mu_delta *delta,
                      struct mu_delta_plan *plan, struct mu_delta_result *result,
                      struct mu_err *err);
/* The modification time of a version's own commit file; -1: not told, or not there. */
int64_t mu_delta_log_time(const struct mu_delta_log *log, int64_t version);

#endif
