/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the two layers of a standby, each as one check of the record: the standing layer must
 * equal what its plan wants, the staged one must be absent and still plan as it was staged. Used by
 * the nightly check, `muster drift` and the steps of a drill. */
#ifndef MU_DRILL_LAYERS_H
#define MU_DRILL_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "drift/drift.h"

struct mu_aws;
struct mu_check;
struct mu_clock;
struct mu_config;
struct mu_conf_layer;
struct mu_conf_workload;
struct mu_doc;
struct mu_http;
struct mu_ledger;
struct mu_redact;
struct mu_run;
struct mu_schema;
struct mu_tf;

struct mu_layer_env {
  const struct mu_clock *clock;
  const struct mu_cancel *cancel;
  const struct mu_conf_workload *workload;
  struct mu_redact *redact;
  struct mu_http *http;
  struct mu_aws *aws;       /* read-only; NULL: none */
  struct mu_ledger *ledger; /* for baselines; NULL: none */
  const char *folder;       /* for Terraform's data directory and plan files */
  const char *cli;
  struct mu_run *run;
  const struct mu_note_keep *notes; /* what the record keeps beside findings; NULL: nothing */
  struct mu_layer_ask *ask; /* then one path is explained, and nothing else compared; NULL: none */
  void (*note)(void *ctx, const char *line); /* progress; may be NULL */
  void *ctx;
};

/* A question to the comparison of a layer, and the answer. */
struct mu_layer_ask {
  const char *address, *path; /* as for mu_drift_explain() */
  bool asked;                 /* the comparison came about */
  int rc;
  struct mu_err err;
  struct mu_drift_why why; /* in the run's arena */
};

/* Reads a plan or state file; its secrets go to the redactor. What was read lives in the run's
 * arena and is an input of the record. */
MU_CHECKED int mu_layer_read(const struct mu_layer_env *env, const char *role, const char *path,
                             bool as_actual, const struct mu_doc **out, struct mu_err *err);
/* Several, read side by side: large ones take no longer than the largest. Fills in `doc` of each;
 * -1 with the error of the first file that cannot be read. */
struct mu_layer_file {
  const char *role, *path;
  bool as_actual;
  const struct mu_doc *doc;
};
MU_CHECKED int mu_layer_read_all(const struct mu_layer_env *env, struct mu_layer_file *files,
                                 size_t n, struct mu_err *err);
/* The same from bytes that Terraform has just printed; they must live as long as the run. */
MU_CHECKED int mu_layer_parse(const struct mu_layer_env *env, const char *name, const char *json,
                              size_t n, bool as_actual, const struct mu_doc **out,
                              struct mu_err *err);
/* Reads a providers schema for a plan; an input of the record. `path` NULL: *out is NULL. */
MU_CHECKED int mu_layer_schema(const struct mu_layer_env *env, const char *path,
                               const struct mu_doc *plan, const struct mu_schema **out,
                               struct mu_err *err);
/* Refresh-only plan of a folder, as actual state. */
MU_CHECKED int mu_layer_refresh(const struct mu_layer_env *env, struct mu_tf *tf,
                                const struct mu_doc **out, struct mu_err *err);

/* Compares and adds the check: facts, coverage, observations, findings; a finding below the
 * workload's severity floor is documented, not failed. Returns the check (good until the next one
 * is added). */
struct mu_check *mu_layer_compare(const struct mu_layer_env *env, const char *id, const char *title,
                                  struct mu_drift_in *in);

/* Findings from index `first` on that fail below the workload's severity floor are documented, and
 * pass. What could not be verified stays so, whatever its severity. Those without a next step get
 * the one of their kind. */
void mu_layer_floor(const struct mu_layer_env *env, size_t first);

/* The nightly looks. Each adds its checks; what could not be done is a check that says so. */
void mu_layer_standing(const struct mu_layer_env *env);
void mu_layer_staged(const struct mu_layer_env *env);

/* Where the staged plan came from: its commit, what changed since, its age. */
void mu_layer_provenance(const struct mu_layer_env *env, const struct mu_doc *staged);
/* Ends of support and of certificates, where the config asks for them. `layer`: "standing",
 * "staged". */
void mu_layer_shelf_life(const struct mu_layer_env *env, const char *layer,
                         const struct mu_doc *doc);
/* Nothing of the plan may exist. *present counts what does. */
void mu_layer_absent(const struct mu_layer_env *env, const struct mu_doc *plan, size_t *present);

#endif
