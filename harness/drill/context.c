/* SPDX-License-Identifier: Apache-2.0 */
/* What a drill offers to its steps: notes, events, memory, looks at the world, evidence. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/drill.h"
#include "drill/layers.h"
#include "drill/terraform.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "wire/aws.h"

void mu_drill_note(struct mu_drill *drill, const char *fmt, ...) {
  const struct mu_drill_view *view = drill->env->view;
  if (!view || !view->note) {
    return;
  }
  char line[512];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  MU_STR(safe, sizeof line * 2);
  (void)mu_redact_write(drill->env->redact, line, strlen(line), &safe);
  view->note(view->ctx, drill, mu_str_get(&safe));
}

void mu_drill_event(struct mu_drill *drill, const char *name, const char *detail) {
  const struct mu_clock *clock = drill->env->clock;
  struct mu_event *event = MU_RUN_ADD(drill->run, events);
  event->name = mu_arena_str(drill->arena, name);
  event->wall_ms = mu_wall_ms(clock);
  event->mono_ms = mu_mono_ms(clock);
  event->detail = mu_arena_str(drill->arena, detail);
  MU_STR(json, 1024);
  if (detail) {
    mu_str_add_json(&json, detail, strlen(detail));
  }
  struct mu_err err;
  if (mu_journal_event(drill->journal, mu_drill_get(drill, "step"), name,
                       detail ? mu_str_get(&json) : NULL, &err) != 0) {
    mu_drill_note(drill, "event %s is not in the journal: %s", name,
                  err.msg); /* the record still holds it */
  }
}

void mu_drill_set(struct mu_drill *drill, const char *name, const char *value) {
  for (size_t i = 0; i < drill->memo_n; i++) {
    if (mu_streq(drill->memo[i].name, name)) {
      drill->memo[i].value = mu_arena_str(drill->arena, value);
      return;
    }
  }
  drill->memo = mu_arena_grow(drill->arena, drill->memo, drill->memo_n, &drill->memo_cap,
                              sizeof *drill->memo);
  drill->memo[drill->memo_n++] =
      (struct mu_pair){mu_arena_str(drill->arena, name), mu_arena_str(drill->arena, value)};
}

const char *mu_drill_get(const struct mu_drill *drill, const char *name) {
  for (size_t i = 0; i < drill->memo_n; i++) {
    if (mu_streq(drill->memo[i].name, name)) {
      return drill->memo[i].value;
    }
  }
  return NULL;
}

const char *mu_drill_output(const struct mu_drill *drill, const char *name, bool *secret) {
  *secret = false;
  return mu_drill_get(drill, mu_arena_fmt(drill->arena, "output.%s", name));
}

static const char *resolve_output(void *ctx, const char *name, bool *secret) {
  return mu_drill_output(ctx, name, secret);
}

static struct mu_resolver resolver_of(struct mu_drill *drill) {
  return (struct mu_resolver){.terraform = resolve_output,
                              .ctx = drill,
                              .redact = drill->env->redact,
                              .base = drill->env->config->path};
}

int mu_drill_resolve(struct mu_drill *drill, const char *text, const char **out,
                     struct mu_err *err) {
  const struct mu_resolver resolver = resolver_of(drill);
  return mu_config_resolve(text, &resolver, drill->arena, out, err);
}

static struct mu_aws *aws_of(void *ctx, const char *region, const char *profile) {
  (void)region; /* a drill looks at its one standby, with the credentials that the guard has checked
                 */
  (void)profile;
  return ((struct mu_drill *)ctx)->aws_look;
}

enum mu_verdict mu_drill_observe(struct mu_drill *drill, const struct mu_plan *plan,
                                 bool may_use_all_time) {
  const struct mu_resolver resolver = resolver_of(drill);
  const struct mu_schedule schedule = {
      .clock = drill->env->clock,
      .cancel = drill->failed || drill->aborting ? drill->env->kill : drill->env->stop,
      .now_ms = mu_wall_ms(drill->env->clock),
      .deadline_ms = may_use_all_time ? 0 : 30 * 60 * 1000,
      .resolver = &resolver,
      .aws = drill->aws_look ? aws_of : NULL,
      .aws_ctx = drill,
  };
  size_t first = drill->run->checks.n;
  mu_schedule_run(&schedule, plan, drill->run);
  enum mu_verdict joined = MU_NOT_APPLICABLE;
  for (size_t i = first; i < drill->run->checks.n; i++) {
    joined = mu_verdict_join(joined, drill->run->checks.at[i].verdict);
  }
  return joined < MU_PASS ? MU_INCONCLUSIVE : joined; /* nothing looked at is nothing shown */
}

/* A step that is done once more keeps what it saw beside what it had seen: "x.json", "x.2.json". */
static const char *free_name(const struct mu_drill *drill, const char *name) {
  size_t taken = 0, stem = strcspn(mu_io_basename(name), ".");
  const char *wanted = name;
  stem += (size_t)(mu_io_basename(name) - name);
  for (size_t i = 0; i < drill->run->evidence.n; i++) {
    if (mu_streq(drill->run->evidence.at[i].name, wanted)) {
      taken++;
      wanted = mu_arena_fmt(drill->arena, "%.*s.%zu%s", (int)stem, name, taken + 1, name + stem);
      i = SIZE_MAX; /* from the start: this name may be taken as well */
    }
  }
  return wanted;
}

void mu_drill_keep(struct mu_drill *drill, const char *as, const void *bytes, size_t n) {
  const char *name = free_name(drill, as);
  MU_STR(clean, (size_t)64 << 20);
  (void)mu_redact_write(drill->env->redact, bytes, n, &clean);
  struct mu_evidence *evidence = MU_RUN_ADD(drill->run, evidence);
  evidence->name = mu_arena_str(drill->arena, name);
  evidence->bytes = (int64_t)clean.n;
  mu_sha256_hex(mu_str_get(&clean), clean.n, evidence->sha256);
  struct mu_err err = {0};
  char hex[MU_SHA256_HEX];
  if (mu_ledger_store(drill->env->ledger, mu_str_get(&clean), clean.n, hex, &err) != 0) {
    mu_drill_note(drill, "evidence %s is not in the ledger: %s", name, err.msg);
  }
  const char *path = mu_arena_fmt(drill->arena, "%s/evidence/%s", drill->dir, name);
  if (mu_io_mkdirs(mu_io_dirname(drill->arena, path), &err) != 0 ||
      mu_io_write(path, mu_str_get(&clean), clean.n, &err) != 0) {
    mu_drill_note(drill, "evidence %s is not in %s: %s", name, drill->dir, err.msg);
  }
}

static int journal_child(void *ctx, pid_t pid, uint64_t start_ticks) {
  struct mu_drill *drill = ctx;
  struct mu_err err;
  return mu_journal_child(drill->journal, mu_drill_get(drill, "step"), "terraform", pid,
                          start_ticks, &err);
}

static void show_progress(void *ctx, const char *address, const char *action, size_t done,
                          size_t total) {
  struct mu_drill *drill = ctx;
  if (total) {
    mu_drill_note(drill, "%zu of %zu · %s %s", done, total, action, address);
  } else {
    mu_drill_note(drill, "%zu done · %s %s", done, action, address);
  }
}

void mu_drill_terraform(struct mu_drill *drill, const struct mu_conf_layer *layer, bool own_state,
                        struct mu_tf *tf) {
  *tf = (struct mu_tf){
      .cli = mu_drill_get(drill, "terraform"),
      .dir = layer->dir,
      .data_dir = mu_arena_fmt(drill->arena, "%s/%s", drill->dir,
                               own_state ? "terraform" : "terraform-standing"),
      .workspace = layer->workspace,
      .backend = layer->backend.at,
      .backend_n = layer->backend.n,
      .var_files = layer->vars.at,
      .var_files_n = layer->vars.n,
      .cancel = drill->failed || drill->aborting ? drill->env->kill : drill->env->stop,
      .clock = drill->env->clock,
      .arena = drill->arena,
      .on_progress = show_progress,
      .on_start = journal_child,
      .ctx = drill,
  };
  if (own_state) {
    const char **vars = mu_arena_array(drill->arena, 1, sizeof *vars);
    vars[0] = mu_arena_fmt(drill->arena, "%s=%s", layer->drill_variable, drill->suffix);
    tf->vars = vars;
    tf->vars_n = 1;
    tf->workspace = mu_drill_get(drill, "workspace");
    if (!tf->workspace) { /* a local backend: a state file of the drill's own */
      tf->state = mu_arena_fmt(drill->arena, "%s/terraform.tfstate", drill->dir);
    }
  }
}

static void note_line(void *ctx, const char *line) {
  mu_drill_note(ctx, "%s", line);
}

void mu_drill_layer(struct mu_drill *drill, struct mu_layer_env *out) {
  *out = (struct mu_layer_env){
      .clock = drill->env->clock,
      .cancel = drill->failed || drill->aborting ? drill->env->kill : drill->env->stop,
      .workload = drill->workload,
      .redact = drill->env->redact,
      .http = drill->http,
      .aws = drill->aws_look,
      .ledger = drill->env->ledger,
      .folder = drill->dir,
      .cli = mu_drill_get(drill, "terraform"),
      .run = drill->run,
      .note = note_line,
      .ctx = drill,
  };
}

struct mu_finding *mu_drill_find(struct mu_drill *drill, enum mu_finding_id id, const char *subject,
                                 const char *fmt, ...) {
  struct mu_finding *finding =
      mu_finding_add(&drill->run->findings, id, mu_drill_get(drill, "step"), subject, NULL);
  char text[1024];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  mu_finding_say(&drill->run->findings, finding, "%s", text);
  return finding;
}

int64_t mu_drill_deadline(const struct mu_drill *drill, int64_t ms) {
  return mu_mono_ms(drill->env->clock) + ms;
}

const struct mu_step *mu_step_find(const struct mu_steps *steps, const char *id) {
  for (size_t i = 0; i < steps->n; i++) {
    if (mu_streq(steps->at[i]->id, id)) {
      return steps->at[i];
    }
  }
  return NULL;
}

const struct mu_undo *mu_undo_find(const struct mu_steps *steps, const char *act) {
  for (size_t i = 0; i < steps->undos_n; i++) {
    if (mu_streq(steps->undos[i]->act, act)) {
      return steps->undos[i];
    }
  }
  return NULL;
}
