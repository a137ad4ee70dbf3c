/* SPDX-License-Identifier: Apache-2.0 */
/* Deploys the applications with the operator's own commands: argument arrays, no shell, a deadline
 * each, and a condition to wait for. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/json.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "ledger/journal.h"
#include "smoke/plan.h"
#include "step.h"

enum { LOG_MAX = 1 << 20, TEN_MINUTES_MS = 600 * 1000 };

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no deploy commands in the config";
  return drill->workload->deploy.n > 0;
}

static int journal_child(void *ctx, pid_t pid, uint64_t start_ticks) {
  struct mu_drill *drill = ctx;
  struct mu_err err;
  return mu_journal_child(drill->journal, mu_drill_get(drill, "step"), "deploy command", pid,
                          start_ticks, &err);
}

/* Runs one argument array to its end; its output is kept as evidence. */
static int run_argv(struct mu_drill *drill, const char *name, const char *const *argv,
                    int64_t timeout_ms, const struct mu_cancel *cancel, struct mu_err *err) {
  MU_STR(out, LOG_MAX);
  MU_STR(errors, LOG_MAX);
  const struct mu_exec spec = {
      .argv = argv,
      .dir = NULL,
      .timeout_ms = timeout_ms ? timeout_ms : TEN_MINUTES_MS,
      .env =
          (const char *const[]){mu_arena_fmt(drill->arena, "MUSTER_DRILL=%s", drill->suffix), NULL},
      .outlives = true,
      .cancel = cancel,
      .clock = drill->env->clock,
      .out = &out,
      .errors = &errors,
      .on_start = journal_child,
      .ctx = drill,
  };
  struct mu_exec_result result = {0};
  int rc = mu_exec_run(&spec, &result, err);
  mu_drill_keep(drill, mu_arena_fmt(drill->arena, "deploy/%s.out", name), mu_str_get(&out), out.n);
  if (errors.n) {
    mu_drill_keep(drill, mu_arena_fmt(drill->arena, "deploy/%s.err", name), mu_str_get(&errors),
                  errors.n);
  }
  if (rc != 0) {
    return mu_wrap(err, "%s", name);
  }
  if (result.status != 0) {
    const char *text = mu_str_get(&errors);
    return mu_fail(err, MU_E_REMOTE, "%s: exit status %d%s%.*s", name, result.status,
                   *text ? ": " : "", (int)strcspn(text, "\n"), text);
  }
  return 0;
}

static int resolve_argv(struct mu_drill *drill, const char *const *words, size_t n,
                        const char ***out, struct mu_err *err) {
  const char **argv = mu_arena_array(drill->arena, n + 1, sizeof *argv);
  for (size_t i = 0; i < n; i++) {
    if (mu_drill_resolve(drill, words[i], &argv[i], err) != 0) {
      return -1;
    }
  }
  *out = argv;
  return 0;
}

/* The words as they are in the config: secrets stay references, and are looked up when the undo
 * runs. */
static const char *undo_data(struct mu_drill *drill, const struct mu_conf_command *command) {
  MU_STR(json, 1 << 16);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  mu_jw_kstr(&w, "name", command->name);
  mu_jw_kint(&w, "within_ms", command->within_ms);
  mu_jw_key(&w, "argv");
  mu_jw_array(&w);
  for (size_t i = 0; i < command->undo.n; i++) {
    mu_jw_str(&w, command->undo.at[i]);
  }
  mu_jw_end(&w);
  mu_jw_end(&w);
  return mu_str_copy(&json, drill->arena);
}

/* Waits until the condition holds: an ordinary check that is tried again until the command's
 * deadline. */
static int wait_ready(struct mu_drill *drill, const struct mu_conf_command *command,
                      struct mu_err *err) {
  if (!command->ready) {
    return 0;
  }
  struct mu_plan plan = {0};
  struct mu_diags diags;
  mu_diags_init(&diags, drill->arena, drill->env->config->path, drill->env->config->text);
  struct mu_conf_check check = {.node = command->ready,
                                .name = command->name,
                                .probe = command->ready->n ? command->ready->members[0].key : "",
                                .args =
                                    command->ready->n ? command->ready->members[0].value : NULL};
  if (mu_plan_checks(&plan, &check, 1, "deploy", drill->workload->name, NULL, drill->env->probes,
                     &diags, drill->arena)) {
    return mu_fail(err, MU_E_CONFIG, "ready of '%s': %s", command->name,
                   diags.n ? diags.at[0].message : "wrong");
  }
  plan.at[0].retry =
      (struct mu_retry){.for_ms = command->within_ms ? command->within_ms : TEN_MINUTES_MS,
                        .every_ms = 500,
                        .backoff = 1.2};
  return mu_drill_observe(drill, &plan, true) == MU_PASS
             ? 0
             : mu_fail(err, MU_E_TIMEOUT, "'%s' did not become ready", command->name);
}

static int deploy_one(struct mu_drill *drill, const struct mu_conf_command *command,
                      struct mu_err *err) {
  const char **argv = NULL, **undo = NULL; /* an undo that cannot be looked up: not begun */
  if (resolve_argv(drill, command->run.at, command->run.n, &argv, err) != 0 ||
      resolve_argv(drill, command->undo.at, command->undo.n, &undo, err) != 0) {
    return mu_wrap(err, "%s", command->name);
  }
  int64_t act = 0;
  if (mu_act_begin(drill, "deploy.command", command->name, undo_data(drill, command), &act, err) !=
      0) {
    return -1;
  }
  int rc = run_argv(drill, command->name, argv, command->within_ms, drill->env->stop, err);
  struct mu_err journal_err = {0};
  if (mu_act_end(drill, act, rc == 0, NULL, rc == 0 ? err : &journal_err) != 0 || rc != 0) {
    return -1;
  }
  return wait_ready(drill, command, err);
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_workload *workload = drill->workload;
  for (size_t i = 0; i < workload->deploy.n; i++) {
    if (deploy_one(drill, &workload->deploy.at[i], err) != 0) {
      return -1;
    }
  }
  mu_drill_event(drill, "app-ready", NULL);
  result->verdict = MU_PASS;
  result->seen = workload->deploy.n == 1
                     ? mu_arena_fmt(drill->arena, "%s: ready", workload->deploy.at[0].name)
                     : mu_arena_fmt(drill->arena, "%zu commands, all ready", workload->deploy.n);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  for (size_t i = 0; i < drill->workload->deploy.n; i++) {
    const struct mu_conf_command *command = &drill->workload->deploy.at[i];
    mu_str_addf(out, "run '%s':", command->name);
    for (size_t k = 0; k < command->run.n; k++) {
      mu_str_addc(out, ' ');
      mu_str_add_shell(out, command->run.at[k]);
    }
    mu_str_add(out, command->undo.n ? "\n" : " (no undo configured)\n");
  }
}

const struct mu_step mu_step_deploy = {
    .id = "deploy",
    .title = "deploy",
    .budget = "deploy",
    .doc = "Runs the operator's deploy commands (argument arrays, no shell) and waits for the "
           "condition of each. Undo: the command that the config gives.",
    .applies = applies,
    .describe = describe,
    .run = run,
};

static int undo_command(struct mu_drill *drill, const struct mu_json_node *undo,
                        struct mu_err *err) {
  const struct mu_json_node *words = mu_json_get(undo, "argv");
  size_t n = mu_json_len(words);
  if (n == 0) {
    return 0; /* nothing was configured to undo it: what it made goes with the infrastructure */
  }
  const char **as_written = mu_arena_array(drill->arena, n, sizeof *as_written), **argv = NULL;
  for (size_t i = 0; i < n; i++) {
    as_written[i] = mu_arena_str(drill->arena, mu_json_str(mu_json_at(words, i), ""));
  }
  if (resolve_argv(drill, as_written, n, &argv, err) != 0) {
    return -1;
  }
  const char *name =
      mu_arena_fmt(drill->arena, "undo of %s", mu_json_str(mu_json_get(undo, "name"), "a command"));
  return run_argv(drill, name, argv, mu_json_int(mu_json_get(undo, "within_ms"), 0),
                  drill->env->kill, err);
}

const struct mu_undo mu_undo_deploy_command = {
    .act = "deploy.command", .title = "the deploy command's undo", .run = undo_command};
