/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/terraform.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"

enum {
  BACKEND_MAX = 1 << 20,
  ERRORS_MAX = 1 << 16, /* of stderr, for a message; warnings may come first */
  LINE_MAX = 1 << 20,   /* of one JSON message */
  FIXED_ARGS = 16,      /* of any command, beside what the caller's lists add */
  HOUR_MS = 3600 * 1000,
};

/* An argument array in the making, with room for all that a command of `tf` can take. */
struct args {
  const char **at;
  size_t n, room;
};

static void push(struct args *args, const char *arg) {
  MU_ASSERT(args->n + 1 < args->room);
  args->at[args->n++] = arg;
}

static struct args args_of(const struct mu_tf *tf, const char *command) {
  struct args args = {.room = FIXED_ARGS + tf->var_files_n + tf->vars_n + tf->backend_n};
  args.at = mu_arena_array(tf->arena, args.room, sizeof *args.at); /* zeroed: ends with NULL */
  push(&args, tf->cli);
  push(&args, command);
  return args;
}

/* What the JSON messages of one command said. */
struct messages {
  struct mu_tf *tf;
  struct mu_tf_counts counts;
  size_t total, done;         /* of an apply or destroy */
  char error[MU_ERR_MAX / 2]; /* the first diagnostic of level error */
  size_t errors;
};

static void note_error(struct messages *m, const struct mu_json_node *diagnostic) {
  const char *summary = mu_json_str(mu_json_get(diagnostic, "summary"), "unknown error");
  const char *detail = mu_json_str(mu_json_get(diagnostic, "detail"), "");
  const char *address = mu_json_str(mu_json_get(diagnostic, "address"), "");
  if (m->errors++ == 0) {
    MU_STR(text, sizeof m->error - 1);
    mu_str_addf(&text, "%s%s%s", address, *address ? ": " : "", summary);
    if (*detail) {
      mu_str_addf(&text, " (%.*s)", (int)strcspn(detail, "\n"), detail);
    }
    memcpy(m->error, mu_str_get(&text), text.n + 1);
  }
}

static void on_message(struct messages *m, const struct mu_json_node *message) {
  const char *type = mu_json_str(mu_json_get(message, "type"), "");
  if (mu_streq(type, "diagnostic") &&
      mu_streq(mu_json_str(mu_json_path(message, "diagnostic.severity"), ""), "error")) {
    note_error(m, mu_json_get(message, "diagnostic"));
  } else if (mu_streq(type, "change_summary")) {
    const struct mu_json_node *changes = mu_json_get(message, "changes");
    m->counts.add = (size_t)mu_json_int(mu_json_get(changes, "add"), 0);
    m->counts.change = (size_t)mu_json_int(mu_json_get(changes, "change"), 0);
    m->counts.remove = (size_t)mu_json_int(mu_json_get(changes, "remove"), 0);
  } else if (mu_streq(type, "planned_change")) {
    m->total++;
  } else if (mu_streq(type, "apply_complete") || mu_streq(type, "apply_start")) {
    const char *address = mu_json_str(mu_json_path(message, "hook.resource.addr"), "");
    const char *action = mu_json_str(mu_json_path(message, "hook.action"), "");
    m->done += mu_streq(type, "apply_complete") && !mu_streq(action, "read");
    if (m->tf->on_progress && !mu_streq(action, "read")) {
      m->tf->on_progress(m->tf->ctx, address, action, m->done, m->total);
    }
  }
}

static void on_line(void *ctx, bool is_stderr, const char *line, size_t n) {
  struct messages *m = ctx;
  if (m->tf->log) {
    mu_str_addn(m->tf->log, line, n);
    mu_str_addc(m->tf->log, '\n');
  }
  if (is_stderr || n == 0 || line[0] != '{' || n > LINE_MAX) {
    return;
  }
  struct mu_json *doc = NULL;
  struct mu_err ignored;
  if (mu_json_parse(line, n, &doc, &ignored) == 0) { /* a line that is no message is only log */
    on_message(m, mu_json_root(doc));
    mu_json_free(doc);
  }
}

static int start(void *ctx, pid_t pid, uint64_t start_ticks) {
  struct messages *m = ctx;
  return m->tf->on_start ? m->tf->on_start(m->tf->ctx, pid, start_ticks) : 0;
}

/* Colours and other terminal sequences are no part of a message. */
static char *without_escapes(struct mu_arena *arena, const char *text) {
  char *out = mu_arena_str(arena, text), *to = out;
  for (const char *at = text; *at; at++) {
    if (at[0] == '\x1b' && at[1] == '[') {
      at += 2 + strcspn(at + 2, "ABCDEFGHJKSTfmnsu");
      at -= *at == '\0';
    } else {
      *to++ = *at;
    }
  }
  *to = '\0';
  return out;
}

/* What Terraform's plain-text errors say: behind "Error:", which it frames with box characters,
 * else the first line that holds anything. NULL: nothing was said. */
static const char *first_error(struct mu_tf *tf, const char *raw) {
  const char *text = without_escapes(tf->arena, raw), *found = strstr(text, "Error:");
  const char *start = found ? found + strlen("Error:") : text;
  start += strspn(start, " \t\r\n");
  return *start ? mu_arena_strn(tf->arena, start, strcspn(start, "\r\n")) : NULL;
}

/* Runs `cli args`; `out`, if given, gets stdout whole. `what` names the command in messages. */
static int run(struct mu_tf *tf, const struct args *args, const char *what, struct mu_str *out,
               struct messages *m, struct mu_err *err) {
  const char *data_dir = mu_arena_fmt(tf->arena, "TF_DATA_DIR=%s", tf->data_dir);
  const char *env[] = {data_dir,
                       "TF_IN_AUTOMATION=1",
                       "TF_INPUT=0",
                       "CHECKPOINT_DISABLE=1",
                       tf->workspace ? mu_arena_fmt(tf->arena, "TF_WORKSPACE=%s", tf->workspace)
                                     : NULL,
                       NULL};
  MU_STR(errors, ERRORS_MAX);
  const struct mu_exec spec = {
      .argv = args->at,
      .env = env,
      .dir = tf->dir,
      .timeout_ms = tf->timeout_ms ? tf->timeout_ms : HOUR_MS,
      .grace_ms =
          60 * 1000,    /* an interrupted apply first waits for the provider's calls under way */
      .outlives = true, /* an interrupted apply must get its state written */
      .cancel = tf->cancel,
      .clock = tf->clock,
      .out = out,
      .errors = &errors,
      .on_line = out ? NULL : on_line,
      .on_start = start,
      .ctx = m,
  };
  struct mu_exec_result result = {0};
  if (mu_exec_run(&spec, &result, err) != 0) {
    return mu_wrap(err, "%s %s", mu_io_basename(tf->cli), what);
  }
  if (out && out->failed) {
    return mu_fail(err, MU_E_LIMIT, "%s %s printed more than %zu bytes", mu_io_basename(tf->cli),
                   what, out->cap);
  }
  if (result.status == 0 && m->errors == 0) {
    return 0;
  }
  const char *ended = result.signal ? mu_arena_fmt(tf->arena, "ended by signal %d", result.signal)
                                    : mu_arena_fmt(tf->arena, "exit status %d", result.status);
  const char *why = m->error[0] ? m->error : first_error(tf, mu_str_get(&errors));
  const char *more = m->errors > 1 ? mu_arena_fmt(tf->arena, ", and %zu more", m->errors - 1) : "";
  return mu_fail(err, MU_E_REMOTE, "%s %s: %s%s", mu_io_basename(tf->cli), what, why ? why : ended,
                 more);
}

/* The options that every command about resources takes. */
static void push_common(struct mu_tf *tf, struct args *args, bool vars) {
  push(args, "-input=false");
  if (tf->state) {
    push(args, mu_arena_fmt(tf->arena, "-state=%s", tf->state));
  }
  for (size_t i = 0; vars && i < tf->var_files_n; i++) {
    push(args, mu_arena_fmt(tf->arena, "-var-file=%s", tf->var_files[i]));
  }
  for (size_t i = 0; vars && i < tf->vars_n; i++) {
    push(args, mu_arena_fmt(tf->arena, "-var=%s", tf->vars[i]));
  }
}

/* A program there, as an absolute path (it is run from another folder), or NULL. */
static const char *program(struct mu_arena *arena, const char *path) {
  char here[4096];
  if (access(path, X_OK) != 0 || mu_io_is_dir(path)) {
    return NULL;
  }
  return path[0] == '/' || !getcwd(here, sizeof here) ? mu_arena_str(arena, path)
                                                      : mu_arena_fmt(arena, "%s/%s", here, path);
}

static const char *on_path(struct mu_arena *arena, const char *name) {
  const char *path = getenv("PATH");
  for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
    size_t n = strcspn(at, ":");
    const char *found = n ? program(arena, mu_arena_fmt(arena, "%.*s/%s", (int)n, at, name)) : NULL;
    if (found) {
      return found;
    }
    at += n + (at[n] == ':');
  }
  return NULL;
}

int mu_tf_find(const char *configured, struct mu_arena *arena, const char **cli,
               struct mu_err *err) {
  const char *found = NULL;
  if (configured) {
    found = strchr(configured, '/') ? program(arena, configured) : on_path(arena, configured);
  } else {
    found = on_path(arena, "terraform");
    found = found ? found : on_path(arena, "tofu");
  }
  if (found) {
    *cli = found;
    return 0;
  }
  return mu_fail(err, MU_E_ABSENT,
                 "%s was not found; install Terraform or OpenTofu, or name one as terraform.cli",
                 configured ? configured : "a program terraform or tofu on PATH");
}

int mu_tf_init(struct mu_tf *tf, struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "init");
  push(&args, "-input=false");
  push(&args, "-no-color");
  if (mu_io_exists(mu_arena_fmt(tf->arena, "%s/.terraform.lock.hcl", tf->dir))) {
    push(&args, "-lockfile=readonly"); /* the pins that were reviewed */
  }
  for (size_t i = 0; i < tf->backend_n; i++) {
    push(&args, mu_arena_fmt(tf->arena, "-backend-config=%s", tf->backend[i]));
  }
  return run(tf, &args, "init", NULL, &m, err);
}

/* A backend other than the local one is written down in the data directory when it is initialised.
 */
int mu_tf_backend(const struct mu_tf *tf, const char **out, struct mu_err *err) {
  const char *path = mu_arena_fmt(tf->arena, "%s/terraform.tfstate", tf->data_dir);
  MU_STR(text, BACKEND_MAX);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  *out = "local";
  if (!mu_io_exists(path)) {
    return 0;
  }
  if (mu_io_read(path, &text, err) != 0 ||
      mu_json_parse(mu_str_get(&text), text.n, &doc, err) != 0) {
    return mu_wrap(err, "%s", path);
  }
  *out = mu_arena_str(tf->arena,
                      mu_json_str(mu_json_path(mu_json_root(doc), "backend.type"), "local"));
  return 0;
}

static int workspace(struct mu_tf *tf, const char *verb, const char *name, struct mu_err *err) {
  struct mu_tf plain = *tf;
  plain.workspace = NULL; /* the variable would select what is only being made */
  struct messages m = {.tf = &plain};
  struct args args = args_of(tf, "workspace");
  push(&args, verb);
  push(&args, "-no-color");
  push(&args, name);
  return run(&plain, &args, "workspace", NULL, &m, err);
}

int mu_tf_workspace_new(struct mu_tf *tf, const char *name, struct mu_err *err) {
  return workspace(tf, "new", name, err);
}

int mu_tf_workspace_delete(struct mu_tf *tf, const char *name, struct mu_err *err) {
  /* The one that is selected cannot be deleted. */
  return workspace(tf, "select", "default", err) == 0 ? workspace(tf, "delete", name, err) : -1;
}

int mu_tf_plan(struct mu_tf *tf, const struct mu_tf_plan *how, struct mu_tf_counts *counts,
               struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "plan");
  push(&args, "-json");
  push_common(tf, &args, true);
  if (how->no_lock) {
    push(&args, "-lock=false");
  }
  if (how->refresh_only) {
    push(&args, "-refresh-only");
  }
  if (how->destroy) {
    push(&args, "-destroy");
  }
  push(&args, mu_arena_fmt(tf->arena, "-out=%s", how->out));
  if (run(tf, &args, "plan", NULL, &m, err) != 0) {
    return -1;
  }
  if (counts) {
    *counts = m.counts;
  }
  return 0;
}

int mu_tf_apply(struct mu_tf *tf, const char *plan, struct mu_tf_counts *counts,
                struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "apply");
  push(&args, "-json");
  push(&args, "-auto-approve");
  push_common(tf, &args, false); /* a plan file carries its variables */
  push(&args, plan);
  int rc = run(tf, &args, "apply", NULL, &m, err);
  if (counts) {
    *counts = m.counts;
  }
  return rc;
}

int mu_tf_destroy(struct mu_tf *tf, struct mu_tf_counts *counts, struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "destroy");
  push(&args, "-json");
  push(&args, "-auto-approve");
  push_common(tf, &args, true);
  int rc = run(tf, &args, "destroy", NULL, &m, err);
  if (counts) {
    *counts = m.counts;
  }
  return rc;
}

int mu_tf_show(struct mu_tf *tf, const char *plan, struct mu_str *json, struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "show");
  push(&args, "-json");
  if (plan || tf->state) {
    push(&args, plan ? plan : tf->state);
  }
  mu_str_clear(json);
  return run(tf, &args, "show", json, &m, err);
}

int mu_tf_output(struct mu_tf *tf, struct mu_str *json, struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "output");
  push(&args, "-json");
  if (tf->state) {
    push(&args, mu_arena_fmt(tf->arena, "-state=%s", tf->state));
  }
  mu_str_clear(json);
  return run(tf, &args, "output", json, &m, err);
}

int mu_tf_version(struct mu_tf *tf, char out[64], struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "version");
  push(&args, "-json");
  MU_STR(json, 1 << 16);
  if (run(tf, &args, "version", &json, &m, err) != 0) {
    return -1;
  }
  struct mu_json *doc = NULL;
  if (mu_json_parse(mu_str_get(&json), json.n, &doc, err) != 0) {
    return mu_wrap(err, "%s version", mu_io_basename(tf->cli));
  }
  const char *version = mu_json_str(mu_json_get(mu_json_root(doc), "terraform_version"), "unknown");
  MU_STR(text, 63);
  mu_str_addf(&text, "%s %s", mu_io_basename(tf->cli), version);
  memcpy(out, mu_str_get(&text), strlen(mu_str_get(&text)) + 1);
  mu_json_free(doc);
  return 0;
}

int mu_tf_state_list(struct mu_tf *tf, struct mu_str *lines, struct mu_err *err) {
  struct messages m = {.tf = tf};
  struct args args = args_of(tf, "state");
  push(&args, "list");
  if (tf->state) {
    if (!mu_io_exists(tf->state)) {
      mu_str_clear(lines); /* nothing was ever applied */
      return 0;
    }
    push(&args, mu_arena_fmt(tf->arena, "-state=%s", tf->state));
  }
  mu_str_clear(lines);
  return run(tf, &args, "state list", lines, &m, err);
}
