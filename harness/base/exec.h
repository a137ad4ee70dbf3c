/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program: an argument array, no shell, a process group of its own, a deadline, a
 * parent-death signal. Inputs are borrowed for the call. */
#ifndef MU_BASE_EXEC_H
#define MU_BASE_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct mu_cancel;
struct mu_clock;
struct mu_err;
struct mu_str;

struct mu_exec {
  const char *const *argv; /* NULL-terminated; argv[0] is looked up on PATH */
  const char *const *env;  /* "NAME=value" rows added to (or replacing in) our environment;
                              NULL-terminated, may be NULL */
  const char *dir;         /* working directory, or NULL */
  const char *input;       /* stdin, or NULL for /dev/null */
  size_t input_n;
  int64_t timeout_ms; /* 0: none. On timeout or cancellation: SIGINT to the group, after grace_ms
                         SIGKILL */
  int64_t grace_ms;   /* 0: 10 s (Terraform needs time to let go of its lock) */
  /* Its output goes into unlinked files in memory instead of pipes: a program that has to come to
   * an orderly end after our death is not killed by SIGPIPE for what it says on the way. */
  bool outlives;
  const struct mu_cancel *cancel;
  const struct mu_clock *clock; /* NULL: the system's */
  struct mu_str *out, *errors;  /* capped copies of stdout and stderr; NULL: dropped. Over the cap
                                   the rest is drained, not kept */
  /* Each whole line of stdout/stderr as it comes, without its newline; may be NULL. */
  void (*on_line)(void *ctx, bool is_stderr, const char *line, size_t n);
  /* Called once the child exists, before it runs the program: to journal it. Non-zero: it is not
   * run. start_ticks: field 22 of /proc/PID/stat, which together with the pid names a process for
   * good. */
  int (*on_start)(void *ctx, pid_t pid, uint64_t start_ticks);
  void *ctx;
};

struct mu_exec_result {
  int status; /* exit status, or -1 when a signal ended it */
  int signal; /* the signal, or 0 */
  bool timed_out, canceled;
  int64_t elapsed_ms;
};

/* 0 when the program ran and ended, whatever its status; -1 when it could not be started
 * (MU_E_ABSENT: not found), timed out (MU_E_TIMEOUT) or was cancelled (MU_E_CANCELED); *result is
 * filled in all cases but the first. */
MU_CHECKED int mu_exec_run(const struct mu_exec *spec, struct mu_exec_result *result,
                           struct mu_err *err);

/* Is this very process (pid and start time) still there? */
bool mu_exec_alive(pid_t pid, uint64_t start_ticks);
uint64_t mu_exec_start_ticks(pid_t pid); /* 0: no such process */

#endif
