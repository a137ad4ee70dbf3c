/* SPDX-License-Identifier: Apache-2.0 */
/* The whole program inside a test: command lines in, exit status, stdout and stderr out, on a clock
 * of the test's own. */
#ifndef TESTS_SUPPORT_CLI_H
#define TESTS_SUPPORT_CLI_H

#include <stdint.h>

#include "base/clock.h"

struct mu_arena;

struct cli {
  char dir[64]; /* the caller's files; removed by cli_done() */
  struct mu_arena *arena;
  struct mu_clock clock;
  struct mu_cancel stop, kill;
  int64_t now_ms;        /* wall and monotonic; sleeping moves it */
  const char *out, *err; /* of the last command, in the arena */
};

/* cmocka's setup and teardown; the environment is left without AWS variables. */
int cli_set_up(void **state);
int cli_tear_down(void **state);

/* Writes DIR/NAME: its path. */
const char *cli_file(struct cli *c, const char *name, const char *text);
/* `muster LINE`, words split at spaces, "@" standing for DIR: its exit status. */
int cli_run(struct cli *c, const char *line);
/* The file's text, or NULL where it is not there. */
const char *cli_read(struct cli *c, const char *name);

#endif
