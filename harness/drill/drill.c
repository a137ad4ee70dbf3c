/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a drill: begun, taken up again, walked through step by step, ended. Each step's end
 * goes into the journal together with the record so far, so that a killed drill loses at most the
 * step it stood in. */
#include "drill/drill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/finish.h"
#include "drill/memory.h"
#include "drill/secrets.h"
#include "drill/terraform.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/record.h"
#include "wire/aws.h"
#include "wire/http.h"

struct owned { /* what the drill opened and must give back; behind the public struct */
  struct mu_drill drill;
  struct mu_lock *lock;
};

static struct owned *owned_of(struct mu_drill *drill) {
  return (struct owned *)(void *)drill;
}

void mu_drill_free(struct mu_drill *drill) {
  if (!drill) {
    return;
  }
  mu_journal_free(drill->journal);
  mu_aws_free(drill->aws);
  mu_aws_free(drill->aws_look);
  mu_http_free(drill->http);
  mu_run_free(drill->run);
  mu_lock_free(owned_of(drill)->lock);
  free(drill);
}

static struct mu_drill *new_drill(const struct mu_drill_env *env) {
  struct owned *owned = calloc(1, sizeof *owned);
  if (!owned) {
    MU_BUG("out of memory");
  }
  owned->drill.env = env;
  return &owned->drill;
}

static int open_aws(struct mu_drill *drill, struct mu_err *err) {
  struct mu_aws_options options = {.region = drill->standby->region,
                                   .profile = drill->standby->profile,
                                   .mode = MU_AWS_READ_ONLY,
                                   .clock = drill->env->clock,
                                   .redact = drill->env->redact};
  if (mu_aws_new(&options, &drill->aws_look, err) != 0) {
    return -1;
  }
  options.mode = MU_AWS_MAY_CHANGE;
  return mu_aws_new(&options, &drill->aws, err);
}

/* Finds workload, standby, order, folder, cloud client: what a new and a reopened drill have in
 * common. */
static int furnish(struct mu_drill *drill, const char *workload, struct mu_err *err) {
  const struct mu_drill_env *env = drill->env;
  drill->arena = drill->run->arena;
  drill->workload = mu_config_workload(env->config, workload);
  if (!drill->workload) {
    return mu_fail(err, MU_E_CONFIG, "there is no workload '%s' in %s", workload,
                   env->config->path);
  }
  if (drill->workload->dr.n == 0) {
    return mu_fail(err, MU_E_CONFIG, "workload '%s' names no standby (dr: [...])", workload);
  }
  drill->standby = drill->workload->dr.at[0];
  drill->http = mu_http_new(NULL);
  if (mu_streq(drill->standby->cloud, "aws") && open_aws(drill, err) != 0) {
    return mu_wrap(err, "standby '%s'", drill->standby->name);
  }
  return mu_drill_order(drill, err);
}

static int make_folder(struct mu_drill *drill, const char *name, struct mu_err *err) {
  const char *ledger = mu_ledger_path(drill->env->ledger);
  drill->dir =
      mu_arena_fmt(drill->arena, "%s/drills/%s", mu_io_dirname(drill->arena, ledger), name);
  if (drill->dir[0] != '/') { /* Terraform runs in a folder of its own */
    char here[4096];
    if (!getcwd(here, sizeof here)) {
      return mu_fail_sys(err, errno, "the working directory cannot be named");
    }
    drill->dir = mu_arena_fmt(drill->arena, "%s/%s", here, drill->dir);
  }
  if (mu_io_mkdirs(drill->dir, err) != 0) {
    return -1;
  }
  /* Terraform's files in it hold secrets in clear. */
  return chmod(drill->dir, S_IRWXU) == 0 ? 0 : mu_fail_sys(err, errno, "%s", drill->dir);
}

/* The suffix is random, never an operator's input: it cannot hit the name of something that lives.
 * Letters and digits only, which every service's names can carry unchanged. */
static void make_suffix(struct mu_drill *drill) {
  size_t n = strlen(drill->run->id);
  MU_STR(text, MU_SUFFIX_MAX);
  mu_str_add(&text, "drl");
  for (size_t i = n - 8; i < n; i++) {
    char c = drill->run->id[i];
    mu_str_addc(&text, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
  }
  memcpy(drill->suffix, mu_str_get(&text), text.n + 1);
}

/* What is fixed before the start, for the journal's first row. */
static void write_frozen(const struct mu_drill *drill, const struct mu_drill_opts *opts,
                         struct mu_str *out) {
  const struct mu_conf_workload *workload = drill->workload;
  struct mu_jw w;
  mu_jw_init(&w, out, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  mu_jw_kstr(&w, "run", drill->run->id);
  mu_jw_kstr(&w, "suffix", drill->suffix);
  mu_jw_kstr(&w, "workload", workload->name);
  mu_jw_kstr(&w, "config_sha256", drill->env->config->sha256);
  mu_jw_kint(&w, "rpo_ms", workload->rpo_ms);
  mu_jw_kint(&w, "rto_ms", workload->rto_ms);
  mu_jw_kstr(&w, "who", opts->who);
  mu_jw_kstr_opt(&w, "ticket", opts->ticket);
  mu_jw_kstr_opt(&w, "reason", opts->reason);
  mu_jw_kstr_opt(&w, "approved_by", opts->approved_by);
  mu_jw_kbool(&w, "accept_sizes", opts->accept_sizes);
  mu_jw_end(&w);
}

static void head_of_record(struct mu_drill *drill, const struct mu_drill_opts *opts,
                           const char *name) {
  struct mu_run *run = drill->run;
  const struct mu_conf_workload *workload = drill->workload;
  run->version = mu_arena_str(run->arena, drill->env->version);
  run->workload = mu_arena_str(run->arena, workload->name);
  run->owner = mu_arena_str(run->arena, workload->owner);
  run->runbook = mu_arena_str(run->arena, workload->runbook);
  run->tier = mu_arena_str(run->arena, workload->tier);
  run->drill = mu_arena_str(run->arena, name);
  run->who = mu_arena_str(run->arena, opts->who);
  run->ticket = mu_arena_str(run->arena, opts->ticket);
  run->reason = mu_arena_str(run->arena, opts->reason);
  run->approved_by = mu_arena_str(run->arena, opts->approved_by);
  run->scope = mu_arena_fmt(run->arena, "drill:%s", workload->name);
  run->rehearsal = drill->aws && mu_aws_overridden(drill->aws, run->arena, NULL) > 0;
}

static int begin(struct mu_drill *drill, const char *workload, const struct mu_drill_opts *opts,
                 struct mu_err *err) {
  const struct mu_drill_env *env = drill->env;
  int64_t now = mu_wall_ms(env->clock);
  drill->run = mu_run_new("drill", now);
  if (furnish(drill, workload, err) != 0) {
    return -1;
  }
  const char *name = NULL;
  if (mu_journal_name(env->ledger, workload, now, drill->arena, &name, err) != 0 ||
      mu_lock_take(env->ledger, workload, name, now, &owned_of(drill)->lock, NULL, err) != 0 ||
      make_folder(drill, name, err) != 0) {
    return -1;
  }
  make_suffix(drill);
  drill->accept_sizes = opts->accept_sizes;
  head_of_record(drill, opts, name);
  MU_STR(frozen, 1 << 16);
  write_frozen(drill, opts, &frozen);
  mu_drill_set(drill, "frozen", mu_str_get(&frozen));
  if (mu_journal_begin(env->ledger, env->clock, name, workload, mu_str_get(&frozen),
                       &drill->journal, err) != 0) {
    (void)rmdir(drill->dir); /* a drill that never was leaves no folder */
    return -1;
  }
  return 0;
}

int mu_drill_new(const struct mu_drill_env *env, const char *workload,
                 const struct mu_drill_opts *opts, struct mu_drill **out, struct mu_err *err) {
  struct mu_drill *drill = new_drill(env);
  if (begin(drill, workload, opts, err) != 0) {
    mu_drill_free(drill);
    return -1;
  }
  *out = drill;
  return 0;
}

/* A killed drill's children got a death signal with it, but Terraform takes its time to let go:
 * nobody goes on before it is gone. */
static int wait_for_children(struct mu_drill *drill, const struct mu_rows *rows,
                             struct mu_err *err) {
  struct mu_rows children = {0};
  mu_rows_children(rows, drill->arena, &children);
  for (size_t i = 0; i < children.n; i++) {
    const struct mu_row *child = &children.at[i];
    int64_t deadline = mu_drill_deadline(drill, 120 * 1000);
    while (mu_exec_alive(child->pid, child->start_ticks)) {
      mu_drill_note(drill, "waiting for %s (process %ld) of the interrupted drill to end",
                    child->name, (long)child->pid);
      if (mu_canceled(drill->env->kill) || mu_mono_ms(drill->env->clock) > deadline) {
        return mu_fail(err, MU_E_BUSY,
                       "%s (process %ld) of the interrupted drill is still running; end it first",
                       child->name, (long)child->pid);
      }
      mu_sleep_ms(drill->env->clock, 500);
    }
  }
  return 0;
}

/* Reads the first row: what was frozen, and so who this drill is. */
static int read_frozen(struct mu_drill *drill, const struct mu_rows *rows, const char *name,
                       struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  const struct mu_row *first = rows->n ? &rows->at[0] : NULL;
  if (!first || first->kind != MU_ROW_BEGIN ||
      mu_json_parse(first->detail, strlen(first->detail), &doc, err) != 0) {
    return mu_fail(err, MU_E_INPUT, "the journal of %s does not begin as one", name);
  }
  const struct mu_json_node *frozen = mu_json_root(doc);
  const char *suffix = mu_json_str(mu_json_get(frozen, "suffix"), "");
  if (!*suffix || strlen(suffix) > MU_SUFFIX_MAX) {
    return mu_fail(err, MU_E_INPUT, "the journal of %s names no suffix", name);
  }
  memcpy(drill->suffix, suffix, strlen(suffix) + 1);
  const struct mu_drill_opts opts = {
      .who = mu_json_str(mu_json_get(frozen, "who"), NULL),
      .ticket = mu_json_str(mu_json_get(frozen, "ticket"), NULL),
      .reason = mu_json_str(mu_json_get(frozen, "reason"), NULL),
      .approved_by = mu_json_str(mu_json_get(frozen, "approved_by"), NULL),
      .accept_sizes = mu_json_bool(mu_json_get(frozen, "accept_sizes"), false),
  };
  drill->accept_sizes = opts.accept_sizes;
  struct mu_run *run = mu_memory_load(rows, first->wall_ms, drill, err);
  if (!run) {
    return -1;
  }
  mu_drill_set(drill, "frozen", first->detail);
  const char *id = mu_json_str(mu_json_get(frozen, "run"), "");
  if (strlen(id) + 1 == sizeof run->id) {
    memcpy(run->id, id, sizeof run->id);
  }
  if (furnish(drill, mu_json_str(mu_json_get(frozen, "workload"), ""), err) != 0) {
    return -1;
  }
  if (!mu_streq(mu_json_str(mu_json_get(frozen, "config_sha256"), ""),
                drill->env->config->sha256)) {
    mu_drill_set(drill, "config-changed", "yes"); /* a changed config may only be used to abort */
  }
  head_of_record(drill, &opts, name);
  return 0;
}

/* While something is still to be undone, the way back is walked again, and proven again. */
static void repeat_the_way_back(struct mu_drill *drill) {
  bool open = mu_act_open(drill, NULL);
  for (size_t i = 0; open && i < drill->order_n; i++) {
    if (drill->order[i]->again) {
      mu_memory_forget(drill, drill->order[i]->id);
    }
  }
}

static int reopen(struct mu_drill *drill, const struct mu_drill_line *line, bool abort,
                  struct mu_err *err) {
  const struct mu_drill_env *env = drill->env;
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_rows rows = {0};
  if (mu_lock_take(env->ledger, line->workload, line->drill, mu_wall_ms(env->clock),
                   &owned_of(drill)->lock, NULL, err) != 0 ||
      mu_journal_rows(env->ledger, line->drill, scratch, &rows, err) != 0 ||
      read_frozen(drill, &rows, line->drill, err) != 0 ||
      make_folder(drill, line->drill, err) != 0 || wait_for_children(drill, &rows, err) != 0) {
    return -1;
  }
  drill->resumed = true;
  drill->aborting = drill->aborting || abort;
  drill->run->interrupted = true; /* the gap belongs to nobody: never MET */
  const char *how = drill->aborting ? "abort" : "resume";
  if (mu_journal_reopen(env->ledger, env->clock, line->drill, how, &drill->journal, err) != 0) {
    return -1;
  }
  mu_memory_gap(drill, &rows.at[rows.n - 1], how, mu_wall_ms(env->clock), mu_mono_ms(env->clock));
  mu_secrets_relearn(drill);
  repeat_the_way_back(drill);
  return 0;
}

int mu_drill_open(const struct mu_drill_env *env, const char *id, bool abort, struct mu_drill **out,
                  struct mu_err *err) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_drill_lines lines = {0};
  if (mu_journal_list(env->ledger, NULL, true, scratch, &lines, err) != 0) {
    return -1;
  }
  const struct mu_drill_line *found = NULL;
  for (size_t i = 0; i < lines.n; i++) {
    if (!id || mu_streq(lines.at[i].drill, id)) {
      if (found) {
        return mu_fail(err, MU_E_USAGE, "several drills are unfinished: name one of %s and %s",
                       found->drill, lines.at[i].drill);
      }
      found = &lines.at[i];
    }
  }
  if (!found) {
    return mu_fail(err, MU_E_ABSENT,
                   id ? "no unfinished drill '%s' in %s" : "no unfinished drill%s in %s",
                   id ? id : "", mu_ledger_path(env->ledger));
  }
  struct mu_drill *drill = new_drill(env);
  if (reopen(drill, found, abort, err) != 0) {
    mu_drill_free(drill);
    return -1;
  }
  *out = drill;
  return 0;
}

/* ---- walking ---- */

static struct mu_run_step *step_record(struct mu_drill *drill, size_t i, const char *key) {
  for (size_t k = 0; k < drill->run->steps.n; k++) {
    if (mu_streq(drill->run->steps.at[k].id, key)) {
      return &drill->run->steps.at[k];
    }
  }
  struct mu_run_step *step = MU_RUN_ADD(drill->run, steps);
  step->id = mu_arena_str(drill->arena, key);
  step->title =
      mu_arena_str(drill->arena, drill->rows && drill->rows[i].manual ? drill->rows[i].manual->name
                                                                      : drill->order[i]->title);
  step->budget_ms =
      drill->order[i]->budget ? mu_config_budget(drill->workload, drill->order[i]->budget) : 0;
  step->actor = "muster";
  return step;
}

static const char *step_key(const struct mu_drill *drill, size_t i) {
  return drill->rows && drill->rows[i].manual
             ? mu_arena_fmt(drill->arena, "manual/%s", drill->rows[i].manual->name)
             : drill->order[i]->id;
}

/* A step that is not run still has its line: what was not done is said. */
static void pass_over(struct mu_drill *drill, size_t i, enum mu_verdict verdict, const char *state,
                      const char *seen) {
  struct mu_run_step *record = step_record(drill, i, step_key(drill, i));
  record->verdict = verdict;
  record->state = state;
  record->seen = mu_arena_str(drill->arena, seen);
  if (drill->env->view && drill->env->view->end) {
    drill->env->view->end(drill->env->view->ctx, drill, record);
  }
}

static void close_step(struct mu_drill *drill, const char *key, const struct mu_step_result *result,
                       const struct mu_err *err, int64_t mono_start) {
  struct mu_run_step *record = NULL;
  for (size_t k = 0; k < drill->run->steps.n;
       k++) { /* a step may have grown the list: look it up again */
    if (mu_streq(drill->run->steps.at[k].id, key)) {
      record = &drill->run->steps.at[k];
    }
  }
  MU_ASSERT(record);
  record->ended_ms = mu_wall_ms(drill->env->clock);
  record->elapsed_ms = mu_mono_ms(drill->env->clock) - mono_start;
  record->verdict = err ? MU_FAIL : result->verdict;
  record->state = err || result->verdict == MU_FAIL ? "failed" : "done";
  record->seen = mu_arena_str(drill->arena, err ? err->msg : result->seen);
  if (err) {
    mu_drill_find(drill, MU_F_STEP_FAILED, record->title, "%s", err->msg);
  } else if (record->budget_ms && record->elapsed_ms > record->budget_ms) {
    char took[MU_DUR_TEXT], budget[MU_DUR_TEXT];
    mu_dur_text(record->elapsed_ms, true, took);
    mu_dur_text(record->budget_ms, false, budget);
    mu_drill_find(drill, MU_F_STEP_OVER_BUDGET, record->title, "took %s, budget %s", took, budget);
  }
  if (drill->env->view && drill->env->view->end) {
    drill->env->view->end(drill->env->view->ctx, drill, record);
  }
}

/* An interrupted step may have left acts in doubt or half of what it does: in doubt, undo all of
 * it, then begin the step again. Asked of the journal, since the attempt before this one may itself
 * have been interrupted. */
static int settle_doubt(struct mu_drill *drill, const char *key, struct mu_err *err) {
  struct mu_undone undone = {0};
  if (!drill->resumed) {
    return 0;
  }
  if (mu_act_undo_step(drill, key, &undone, err) != 0) {
    return -1;
  }
  return undone.left
             ? mu_fail(err, MU_E_CONFLICT,
                       "in doubt after the interruption, and could not be undone: %s", undone.first)
             : 0;
}

static int run_step(struct mu_drill *drill, size_t i, struct mu_err *err) {
  const struct mu_step *step = drill->order[i];
  const char *key = step_key(drill, i);
  mu_drill_set(drill, "step", key);
  if (mu_journal_step(drill->journal, key, "begun", NULL, err) != 0) {
    return -1;
  }
  struct mu_run_step *record = step_record(drill, i, key);
  record->started_ms = mu_wall_ms(drill->env->clock);
  record->state = "interrupted"; /* until it is known better */
  record->verdict = MU_INCONCLUSIVE;
  if (drill->env->view && drill->env->view->begin) {
    drill->env->view->begin(drill->env->view->ctx, drill, step);
  }
  int64_t start = mu_mono_ms(drill->env->clock);
  struct mu_step_result result = {.verdict = MU_INCONCLUSIVE, .seen = ""};
  struct mu_err why = {0};
  int rc = settle_doubt(drill, key, &why);
  rc = rc == 0 ? step->run(drill, &result, &why) : rc;
  if (mu_canceled(drill->env->kill)) {
    return mu_fail(err, MU_E_CANCELED, "stopped at once in step '%s'", step->title);
  }
  close_step(drill, key, &result, rc == 0 ? NULL : &why, start);
  if (rc != 0 || (!step->back && result.verdict != MU_PASS)) {
    drill->failed = true;
  }
  return mu_memory_save(drill, key, rc == 0 ? "done" : "failed", err);
}

/* After the first signal: forward steps are over, the way back begins. */
static void heed_stop(struct mu_drill *drill) {
  if (mu_canceled(drill->env->stop) && !drill->run->interrupted) {
    drill->run->interrupted = true;
    drill->failed = true;
    mu_drill_note(drill, "interrupted: going the way back (interrupt again to stop at once)");
  }
}

int mu_drill_go(struct mu_drill *drill, struct mu_err *err) {
  if (drill->resumed && !drill->aborting && mu_drill_get(drill, "config-changed")) {
    return mu_fail(
        err, MU_E_CONFLICT,
        "the config has changed since this drill began; put it back to resume, or abort the drill");
  }
  drill->failed = drill->failed || drill->aborting;
  for (size_t i = 0; i < drill->order_n; i++) {
    const struct mu_step *step = drill->order[i];
    const char *why = NULL;
    heed_stop(drill);
    if (mu_canceled(drill->env->kill)) {
      return mu_fail(err, MU_E_CANCELED, "stopped at once before step '%s'", step->title);
    }
    if (mu_memory_done(drill, step_key(drill, i))) {
      continue;
    }
    if (step->applies && !step->applies(drill, &why)) {
      pass_over(drill, i, MU_NOT_APPLICABLE, "not configured", why);
      mu_run_leave_out(drill->run, step->title, why);
    } else if (drill->failed && !step->back) {
      bool begun = mu_streq(mu_drill_get(drill, "interrupted-step"), step_key(drill, i));
      pass_over(drill, i, MU_INCONCLUSIVE, begun ? "interrupted" : "not reached",
                begun             ? "interrupted here"
                : drill->aborting ? "the drill was aborted"
                                  : "an earlier step did not pass");
    } else if (run_step(drill, i, err) != 0) {
      return -1;
    }
  }
  return mu_drill_finish(drill, err);
}
