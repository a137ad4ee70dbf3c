/* SPDX-License-Identifier: Apache-2.0 */
/* Running Terraform or OpenTofu: one folder, a data directory and a state of the caller's choice,
 * messages read as JSON. */
#ifndef MU_DRILL_TERRAFORM_H
#define MU_DRILL_TERRAFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

struct mu_arena;
struct mu_cancel;
struct mu_clock;
struct mu_err;
struct mu_str;

struct mu_tf {
  const char *cli;       /* from mu_tf_find(); a relative path would start from `dir` */
  const char *dir;       /* the folder with the configuration */
  const char *data_dir;  /* TF_DATA_DIR: the folder's own .terraform stays untouched */
  const char *state;     /* a state file of the drill's own; NULL: the folder's backend as it is */
  const char *workspace; /* NULL: default */
  const char *const *var_files; /* relative to dir */
  size_t var_files_n;
  const char *const *vars; /* "name=value" */
  size_t vars_n;
  const char *const *backend; /* -backend-config rows */
  size_t backend_n;
  int64_t timeout_ms; /* for each command; 0: one hour */
  const struct mu_cancel *cancel;
  const struct mu_clock *clock;
  struct mu_arena *arena; /* for short-lived strings */
  struct mu_str
      *log; /* what the CLI printed, capped; NULL: dropped. Unredacted: redact before it is kept */
  /* A change of one resource: done of total. May be NULL. */
  void (*on_progress)(void *ctx, const char *address, const char *action, size_t done,
                      size_t total);
  int (*on_start)(void *ctx, pid_t pid,
                  uint64_t start_ticks); /* to journal the child; may be NULL */
  void *ctx;
};

/* The CLI to use, as an absolute path: the configured one, else terraform, else tofu, on PATH.
 * MU_E_ABSENT: neither. */
MU_CHECKED int mu_tf_find(const char *configured, struct mu_arena *arena, const char **cli,
                          struct mu_err *err);
/* All commands: MU_E_REMOTE with Terraform's own first error where it failed, MU_E_TIMEOUT,
 * MU_E_CANCELED, MU_E_ABSENT (the CLI), MU_E_LIMIT (output over the caller's cap). */
MU_CHECKED int mu_tf_init(struct mu_tf *tf, struct mu_err *err);

/* The kind of backend that an initialised folder keeps its state in: "local", "s3", … */
MU_CHECKED int mu_tf_backend(const struct mu_tf *tf, const char **out, struct mu_err *err);
/* Makes a workspace, or deletes it (it must be empty). For backends that know no state file of
 * ours. */
MU_CHECKED int mu_tf_workspace_new(struct mu_tf *tf, const char *name, struct mu_err *err);
MU_CHECKED int mu_tf_workspace_delete(struct mu_tf *tf, const char *name, struct mu_err *err);

struct mu_tf_plan {
  bool refresh_only, destroy, no_lock;
  const char *out; /* where the binary plan goes */
};
struct mu_tf_counts {
  size_t add, change, remove;
};
/* counts (may be NULL): what was planned or, after apply and destroy, was done, also where it
 * failed halfway. */
MU_CHECKED int mu_tf_plan(struct mu_tf *tf, const struct mu_tf_plan *how,
                          struct mu_tf_counts *counts, struct mu_err *err);
MU_CHECKED int mu_tf_apply(struct mu_tf *tf, const char *plan, struct mu_tf_counts *counts,
                           struct mu_err *err);
MU_CHECKED int mu_tf_destroy(struct mu_tf *tf, struct mu_tf_counts *counts, struct mu_err *err);
/* `show -json` of a plan file, or of the state (plan NULL), into *json. */
MU_CHECKED int mu_tf_show(struct mu_tf *tf, const char *plan, struct mu_str *json,
                          struct mu_err *err);
MU_CHECKED int mu_tf_output(struct mu_tf *tf, struct mu_str *json, struct mu_err *err);
MU_CHECKED int mu_tf_version(struct mu_tf *tf, char out[64], struct mu_err *err);
/* Addresses left in the state. */
MU_CHECKED int mu_tf_state_list(struct mu_tf *tf, struct mu_str *lines, struct mu_err *err);

#endif
