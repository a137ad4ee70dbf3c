/* SPDX-License-Identifier: Apache-2.0 */
/* Stands the workload up: applies the very plan file that the guard looked at, and keeps the
 * outputs. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "drill/fresh.h"
#include "drill/spent.h"
#include "drill/terraform.h"
#include "step.h"

enum { OUTPUTS_MAX = 4 << 20 };

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no staged Terraform layer in the config";
  return drill->workload->staged.node != NULL;
}

/* The plan must be the one that was guarded, and it must not have been applied: an applied plan is
 * spent. */
static int check_plan(struct mu_drill *drill, const char *plan, struct mu_err *err) {
  char sha256[MU_SHA256_HEX];
  if (mu_sha256_file(plan, sha256, NULL, err) != 0) {
    return -1;
  }
  if (!mu_streq(sha256, mu_drill_get(drill, "fresh-plan.sha256"))) {
    return mu_fail(err, MU_E_CONFLICT, "%s is not the plan that the guard looked at", plan);
  }
  return 0;
}

/* Sensitive outputs go to the redactor before anything about them is written; what is kept names
 * them only. */
static int keep_outputs(struct mu_drill *drill, struct mu_tf *tf, struct mu_err *err) {
  MU_STR(json, OUTPUTS_MAX);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_tf_output(tf, &json, err) != 0 ||
      mu_json_parse(mu_str_get(&json), json.n, &doc, err) != 0) {
    return mu_wrap(err, "outputs");
  }
  const struct mu_json_node *outputs = mu_json_root(doc);
  MU_STR(kept, OUTPUTS_MAX);
  struct mu_jw w;
  mu_jw_init(&w, &kept, 2);
  mu_jw_object(&w);
  for (size_t i = 0; i < mu_json_len(outputs); i++) {
    const char *name = NULL;
    const struct mu_json_node *output = mu_json_member(outputs, i, &name);
    const char *value = mu_json_text(mu_json_get(output, "value"), drill->arena);
    if (mu_json_bool(mu_json_get(output, "sensitive"), false)) {
      mu_redact_add(drill->env->redact, value, strlen(value));
      mu_jw_kstr(&w, name, "(sensitive)");
    } else {
      mu_jw_kstr(&w, name, value);
      mu_drill_set(drill, mu_arena_fmt(drill->arena, "output.%s", name), value);
    }
  }
  mu_jw_end(&w);
  mu_drill_keep(drill, "stand-up/outputs.json", mu_str_get(&kept), kept.n);
  return 0;
}

static void write_list(struct mu_jw *w, const char *name, const char *const *at, size_t n) {
  mu_jw_key(w, name);
  mu_jw_array(w);
  for (size_t i = 0; i < n; i++) {
    mu_jw_str(w, at[i]);
  }
  mu_jw_end(w);
}

/* What is about to be applied, as the guard saw it. */
static struct mu_spent_plan applied_plan(const struct mu_drill *drill) {
  struct mu_spent_plan plan = {0};
  const char *sha256 = mu_drill_get(drill, "fresh-plan.sha256"),
             *json = mu_drill_get(drill, "fresh-plan.json-sha256"),
             *made = mu_drill_get(drill, "fresh-plan.made-ms");
  (void)snprintf(plan.sha256, sizeof plan.sha256, "%s", sha256 ? sha256 : "");
  (void)snprintf(plan.json_sha256, sizeof plan.json_sha256, "%s", json ? json : "");
  (void)mu_num_parse_i64(made ? made : "0", &plan.made_ms);
  return plan;
}

/* All that a destroy needs, so that a config which was changed meanwhile cannot lead it astray; and
 * which plan it was, which is spent from now on. */
static const char *undo_data(struct mu_drill *drill, const struct mu_tf *tf) {
  MU_STR(json, 1 << 16);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  mu_jw_kstr(&w, "dir", tf->dir);
  mu_jw_kstr_opt(&w, "state", tf->state);
  mu_jw_kstr_opt(&w, "workspace", tf->workspace);
  mu_jw_kstr(&w, "suffix", drill->suffix);
  write_list(&w, "var_files", tf->var_files, tf->var_files_n);
  write_list(&w, "vars", tf->vars, tf->vars_n);
  const struct mu_spent_plan plan = applied_plan(drill);
  mu_spent_write(&w, &plan);
  mu_jw_end(&w);
  return mu_str_copy(&json, drill->arena);
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const char *plan = mu_drill_get(drill, "fresh-plan");
  if (mu_act_made(drill, "terraform.apply")) { /* an interrupted apply: its plan is stale, and was
                                                  undone; plan and guard again */
    struct mu_fresh fresh;
    if (mu_fresh_plan(drill, &fresh, err) != 0) {
      return -1;
    }
    if (!fresh.safe) {
      return mu_fail(err, MU_E_CONFLICT, "the plan made after the interruption is refused: %s",
                     fresh.why);
    }
    plan = mu_drill_get(drill, "fresh-plan");
  }
  if (!plan || check_plan(drill, plan, err) != 0) {
    return plan ? -1 : mu_fail(err, MU_E_CONFLICT, "the guard made no plan");
  }
  struct mu_tf tf;
  mu_drill_terraform(drill, &drill->workload->staged, true, &tf);
  int64_t act = 0;
  mu_drill_event(drill, "infra-start", NULL);
  if (mu_act_begin(drill, "terraform.apply", "apply the guarded plan", undo_data(drill, &tf), &act,
                   err) != 0) {
    return -1;
  }
  MU_STR(log, OUTPUTS_MAX);
  struct mu_tf_counts counts = {0};
  tf.log = &log;
  int rc = mu_tf_apply(&tf, plan, &counts, err);
  struct mu_err outputs_err = {0};
  int outputs = keep_outputs(drill, &tf, &outputs_err); /* also after a failure: secrets must reach
                                                           the redactor before the log is kept */
  mu_drill_keep(drill, "stand-up/apply.jsonl", mu_str_get(&log), log.n);
  struct mu_err journal_err = {0};
  if (mu_act_end(drill, act, rc == 0, NULL, rc == 0 ? err : &journal_err) != 0 || rc != 0) {
    return -1;
  }
  if (outputs != 0) {
    *err = outputs_err;
    return -1;
  }
  mu_drill_event(drill, "infra-end", NULL);
  result->verdict = MU_PASS;
  result->seen = mu_arena_fmt(drill->arena, "%zu created", counts.add);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out,
              "terraform apply of the guard's plan file in %s, with a state of the drill's own\n",
              drill->workload->staged.dir);
}

const struct mu_step mu_step_stand_up = {
    .id = "stand-up",
    .title = "stand up",
    .budget = "stand_up",
    .doc = "Applies the guard's very plan file, by hash, with a state, suffix and tags of the "
           "drill's own. Undo: terraform destroy.",
    .applies = applies,
    .describe = describe,
    .run = run,
};

static size_t read_list(struct mu_drill *drill, const struct mu_json_node *list,
                        const char *const **out) {
  size_t n = mu_json_len(list);
  const char **at = mu_arena_array(drill->arena, n + 1, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    at[i] = mu_arena_str(drill->arena, mu_json_str(mu_json_at(list, i), ""));
  }
  *out = at;
  return n;
}

static int undo_apply(struct mu_drill *drill, const struct mu_json_node *undo, struct mu_err *err) {
  const char *state = mu_json_str(mu_json_get(undo, "state"), NULL);
  const char *workspace = mu_json_str(mu_json_get(undo, "workspace"), NULL);
  if (state && !mu_io_exists(state)) {
    return 0; /* the apply never wrote a state: nothing was made */
  }
  mu_drill_set(drill, "workspace", workspace);
  struct mu_tf tf;
  mu_drill_terraform(drill, &drill->workload->staged, true, &tf);
  tf.dir = mu_arena_str(drill->arena, mu_json_str(mu_json_get(undo, "dir"), tf.dir));
  tf.state = mu_arena_str(drill->arena, state);
  tf.var_files_n = read_list(drill, mu_json_get(undo, "var_files"), &tf.var_files);
  tf.vars_n = read_list(drill, mu_json_get(undo, "vars"), &tf.vars);
  tf.cancel = drill->env->kill; /* a destroy is the way back: only a second signal stops it */
  struct mu_tf_counts counts = {0};
  MU_STR(log, OUTPUTS_MAX);
  tf.log = &log;
  if (!mu_io_is_dir(tf.data_dir) && mu_tf_init(&tf, err) != 0) {
    return -1;
  }
  int rc = mu_tf_destroy(&tf, &counts, err);
  mu_drill_keep(drill, "tear-down/destroy.jsonl", mu_str_get(&log), log.n);
  if (rc == 0) {
    mu_drill_set(drill, "destroyed", mu_arena_fmt(drill->arena, "%zu", counts.remove));
  }
  return rc;
}

const struct mu_undo mu_undo_terraform_apply = {
    .act = "terraform.apply", .title = "destroy what was stood up", .run = undo_apply};

static int undo_workspace(struct mu_drill *drill, const struct mu_json_node *undo,
                          struct mu_err *err) {
  const char *name = mu_json_str(mu_json_get(undo, "workspace"), "");
  struct mu_tf tf;
  mu_drill_terraform(drill, &drill->workload->staged, true, &tf);
  tf.cancel = drill->env->kill;
  if (!mu_io_is_dir(tf.data_dir) && mu_tf_init(&tf, err) != 0) {
    return -1;
  }
  if (mu_tf_workspace_delete(&tf, name, err) == 0 || strstr(err->msg, "doesn't exist") ||
      strstr(err->msg, "does not exist")) { /* never made, or deleted before */
    mu_drill_set(drill, "workspace-deleted", "yes");
    return 0;
  }
  return -1;
}

const struct mu_undo mu_undo_terraform_workspace = {
    .act = "terraform.workspace", .title = "the drill's workspace away", .run = undo_workspace};
