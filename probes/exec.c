/* SPDX-License-Identifier: Apache-2.0 */
/* A program of the operator's own, as an argument array, never through a shell: exit status, output
 * as text, by JSON path or by pattern. For what no probe looks at. It must not change anything;
 * nobody can check that it does not. */
#include "base/exec.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/rx.h"
#include "base/str.h"
#include "probe.h"

enum { OUTPUT_MAX = 1 << 20, STDERR_MAX = 64 * 1024, GRACE_MS = 2000 };

static const struct mu_param params[] = {
    {.name = "run",
     .type = MU_T_LIST,
     .required = true,
     .doc = "the program and its arguments; looked up on PATH"},
    {.name = "env", .type = MU_T_MAP, .doc = "environment variables added to ours", .secret = true},
    {.name = "dir", .type = MU_T_STR, .doc = "working directory", .is_path = true},
    {.name = "input", .type = MU_T_STR, .doc = "text on its standard input", .secret = true},
    {.name = "pattern",
     .type = MU_T_STR,
     .doc = "regular expression on stdout; group 1, or the whole match, becomes `match`"},
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "exit", .type = MU_T_INT, .doc = "exit status"},
    {.name = "stdout",
     .type = MU_T_STR,
     .is_volatile = true,
     .doc = "standard output; judged, not stored"},
    {.name = "stderr",
     .type = MU_T_STR,
     .is_volatile = true,
     .doc = "standard error; judged, not stored"},
    {.name = "json.*", .type = MU_T_STR, .doc = "value at a path of the JSON on stdout"},
    {.name = "match", .type = MU_T_STR, .doc = "what `pattern` found on stdout"},
    {.name = "elapsed", .type = MU_T_DUR, .is_volatile = true, .doc = "how long it ran"},
    {0}};

static const char **build_argv(const struct mu_args *args, struct mu_arena *arena, size_t *n) {
  *n = 0;
  while (mu_arg_item(args, "run", *n)) {
    (*n)++;
  }
  const char **argv = mu_arena_array(arena, *n + 1, sizeof *argv);
  for (size_t i = 0; i < *n; i++) {
    argv[i] = mu_arg_item(args, "run", i);
  }
  return argv;
}

static const char *const *build_env(const struct mu_args *args, struct mu_arena *arena) {
  const char *name = NULL, *value = NULL;
  size_t n = 0;
  while (mu_arg_pair(args, "env", n, &name, &value)) {
    n++;
  }
  const char **env = mu_arena_array(arena, n + 1, sizeof *env);
  for (size_t i = 0; mu_arg_pair(args, "env", i, &name, &value); i++) {
    env[i] = mu_arena_fmt(arena, "%s=%s", name, value);
  }
  return env;
}

static int read_match(const struct mu_args *args, const struct mu_str *out, struct mu_facts *facts,
                      struct mu_err *err) {
  struct mu_rx *rx MU_CLEANUP(mu_rx_cleanup) = NULL;
  const char *pattern = mu_arg_str(args, "pattern", NULL), *capture = NULL;
  if (!pattern) {
    return 0;
  }
  if (mu_rx_new(pattern, &rx, err) != 0) {
    return -1;
  }
  int got = mu_rx_match(rx, mu_str_get(out), out->n, facts->arena, &capture, err);
  if (got > 0) {
    (void)mu_fact_str(facts, "exec.match", capture);
  }
  return got < 0 ? -1 : 0;
}

static void read_json(const struct mu_args *args, const struct mu_str *out,
                      struct mu_facts *facts) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err err = {0};
  const char *path = NULL;
  if (!mu_arg_selector(args, "json", 0) ||
      mu_json_parse(mu_str_get(out), out->n, &doc, &err) != 0) {
    return;
  }
  for (size_t i = 0; (path = mu_arg_selector(args, "json", i)); i++) {
    const struct mu_json_node *node = mu_json_path(mu_json_root(doc), path);
    if (mu_json_type(node) != MU_JSON_ABSENT) {
      (void)mu_fact_str(facts, mu_arena_fmt(facts->arena, "exec.json.%s", path),
                        mu_json_text(node, facts->arena));
    }
  }
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  (void)absent;
  MU_STR(out, OUTPUT_MAX);
  MU_STR(errors, STDERR_MAX);
  struct mu_exec_result result = {0};
  size_t n = 0;
  const char *input = mu_arg_str(args, "input", NULL);
  int64_t left_ms = ctx->deadline_mono_ms - mu_mono_ms(ctx->clock);
  const struct mu_exec spec = {.argv = build_argv(args, ctx->arena, &n),
                               .env = build_env(args, ctx->arena),
                               .dir = mu_arg_str(args, "dir", NULL),
                               .input = input,
                               .input_n = input ? strlen(input) : 0,
                               .timeout_ms = left_ms > 0 ? left_ms : 1,
                               .grace_ms = GRACE_MS,
                               .cancel = ctx->cancel,
                               .clock = ctx->clock,
                               .out = &out,
                               .errors = &errors};
  if (n == 0) {
    return mu_fail(err, MU_E_INPUT, "run: the program is missing");
  }
  if (mu_exec_run(&spec, &result, err) != 0) {
    return -1;
  }
  if (result.status < 0) {
    return mu_fail(err, MU_E_REMOTE, "%s was ended by signal %d", spec.argv[0], result.signal);
  }
  if (out.failed) {
    return mu_fail(err, MU_E_LIMIT, "%s wrote more than the cap of %d bytes", spec.argv[0],
                   OUTPUT_MAX);
  }
  (void)mu_fact_int(facts, "exec.exit", result.status, NULL);
  mu_fact_strn(facts, "exec.stdout", mu_str_get(&out), out.n)->is_body = true;
  mu_fact_strn(facts, "exec.stderr", mu_str_get(&errors), errors.n)->is_body = true;
  mu_fact_dur(facts, "exec.elapsed", result.elapsed_ms)->is_volatile = true;
  read_json(args, &out, facts);
  return read_match(args, &out, facts, err);
}

const struct mu_probe mu_probe_exec = {
    .name = "exec",
    .summary = "a program of your own: exit status, output by JSON path or pattern",
    .params = params,
    .facts = facts_seen,
    .headline = "exit {exit} in {elapsed}",
    .target = "run",
    .observe = observe,
    .expect = "exit",
    .expect_to_be = "0"};
