/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* mkdtemp, setenv */
#include "support/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "cli/app.h"
#include "drill/steps/table.h"
#include "probes/table.h"
#include "reports/table.h"

enum { WORDS_MAX = 32, OUTPUT_MAX = 16 << 20 };

static int64_t now_ms(void *ctx) {
  return ((struct cli *)ctx)->now_ms;
}

static void sleep_ms(void *ctx, int64_t ms) {
  ((struct cli *)ctx)->now_ms += ms;
}

int cli_set_up(void **state) {
  static const char *const variables[] = {
      "AWS_ENDPOINT_URL",  "AWS_PROFILE",           "AWS_REGION",
      "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MUSTER_CONFIG",
      "NO_COLOR",          "CLICOLOR_FORCE",        "GITHUB_ACTOR"};
  struct cli *c = calloc(1, sizeof *c);
  (void)snprintf(c->dir, sizeof c->dir, "/tmp/muster-cli-XXXXXX");
  assert_non_null(mkdtemp(c->dir));
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    (void)unsetenv(variables[i]);
  }
  (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  (void)setenv("HOME", c->dir, 1);
  c->arena = mu_arena_new();
  c->now_ms = INT64_C(1795400000000); /* 2026-11-22 */
  c->clock = (struct mu_clock){c, now_ms, now_ms, sleep_ms};
  *state = c;
  return 0;
}

int cli_tear_down(void **state) {
  struct cli *c = *state;
  mu_io_remove_tree(c->dir);
  mu_arena_free(c->arena);
  free(c);
  return 0;
}

const char *cli_file(struct cli *c, const char *name, const char *text) {
  struct mu_err err = {0};
  const char *path = mu_arena_fmt(c->arena, "%s/%s", c->dir, name);
  if (mu_io_write(path, text, strlen(text), &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return path;
}

const char *cli_read(struct cli *c, const char *name) {
  MU_STR(text, OUTPUT_MAX);
  struct mu_err err = {0};
  const char *path = mu_arena_fmt(c->arena, "%s/%s", c->dir, name);
  return mu_io_read(path, &text, &err) == 0 ? mu_str_copy(&text, c->arena) : NULL;
}

/* Points a descriptor at a file; gives back a copy of what it was. */
static int redirect(struct cli *c, int fd, const char *name) {
  int kept = dup(fd);
  int file =
      open(mu_arena_fmt(c->arena, "%s/%s", c->dir, name), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  assert_true(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
  (void)close(file);
  return kept;
}

static void point_back(int fd, int kept) {
  assert_int_equal(dup2(kept, fd), fd);
  (void)close(kept);
}

static char *word_of(struct cli *c, const char *word, size_t n) {
  MU_STR(text, 4096);
  for (size_t i = 0; i < n; i++) {
    if (word[i] == '@') {
      mu_str_add(&text, c->dir);
    } else {
      mu_str_addc(&text, word[i]);
    }
  }
  return mu_str_copy(&text, c->arena);
}

int cli_run(struct cli *c, const char *line) {
  char *argv[WORDS_MAX + 1] = {mu_arena_str(c->arena, "muster")};
  int argc = 1;
  for (const char *at = line; *at; at += strspn(at, " ")) {
    size_t n = strcspn(at, " ");
    assert_true(argc < WORDS_MAX);
    argv[argc++] = word_of(c, at, n);
    at += n;
  }
  const struct mu_parts parts = {.probes = mu_probes_all(),
                                 .reports = &mu_reports_table,
                                 .steps = &mu_steps_all,
                                 .clock = &c->clock,
                                 .stop = &c->stop,
                                 .kill = &c->kill,
                                 .version = "0-test"};
  (void)fflush(stdout);
  int out = redirect(c, STDOUT_FILENO, ".stdout"), err = redirect(c, STDERR_FILENO, ".stderr");
  int status = mu_cli_main(&parts, argc, argv);
  (void)fflush(stdout);
  point_back(STDOUT_FILENO, out);
  point_back(STDERR_FILENO, err);
  c->out = cli_read(c, ".stdout");
  c->err = cli_read(c, ".stderr");
  return status;
}
