/* SPDX-License-Identifier: Apache-2.0 */
/* What every command is handed, and what they all do alike: load the config, open the ledger,
 * finish a run. */
#ifndef MU_CLI_APP_H
#define MU_CLI_APP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/opt.h"
#include "config/config.h"
#include "probe.h"
#include "report.h"
#include "step.h"

struct mu_ahead;
struct mu_arena;
struct mu_aws;
struct mu_err;
struct mu_layer_ask;
struct mu_ledger;
struct mu_note_keep;
struct mu_plan;
struct mu_redact;
struct mu_run;

/* What main.c puts together. */
struct mu_parts {
  const struct mu_probes *probes;
  const struct mu_reports *reports;
  const struct mu_steps *steps;
  const struct mu_clock *clock;
  const struct mu_cancel *stop, *kill; /* first and second signal */
  const char *version;
};

/* Options of every command. */
struct mu_common {
  const char *config, *color;
  struct mu_opt_list reports; /* "junit=FILE" */
  bool no_ledger, quiet, verbose, help, version;
  const char *fail_on;    /* "new" */
  const char *exit_style; /* "terraform" */
};

/* A read-only cloud client, made when first asked for. */
struct mu_app_client {
  const char *region, *profile; /* NULL: the environment's */
  struct mu_aws *aws;           /* NULL: it could not be made, which was said */
};
enum { MU_APP_CLIENTS = 32 };

struct mu_app {
  const struct mu_parts *parts;
  struct mu_common common;
  struct mu_arena *arena;
  struct mu_redact *redact;
  struct mu_log log;
  struct mu_config *config;       /* after mu_app_config() */
  struct mu_plan *smoke;          /* the same: the plan of each workload's smoke suite */
  struct mu_ledger *ledger;       /* after mu_app_ledger() */
  struct mu_ahead *ahead;         /* the ledger's reader, from mu_nights_read_ahead() on */
  bool about_drills;              /* the command says itself which drills are unfinished */
  bool had_key;                   /* the ledger's key was there before the ledger was opened */
  struct mu_report_filter filter; /* which findings the reader wants to see */
  struct mu_note_keep *notes;     /* what the record keeps beside findings; NULL: nothing */
  struct mu_layer_ask *ask;       /* one path is to be explained; NULL: no */
  struct mu_app_client clients[MU_APP_CLIENTS];
  size_t clients_n;
  pthread_mutex_t clients_lock;
};

/* A command: one file and one row in commands.def. `run` gets the words behind its name; options
 * were parsed into `options` (a zeroed struct of options_size bytes). Returns the exit status. */
struct mu_command {
  const char *name, *summary;
  const char *words;            /* "[WORKLOAD...]" for the usage line */
  const char *doc;              /* a paragraph of help */
  const struct mu_opt *options; /* NULL: none of its own */
  size_t options_size;
  int (*run)(struct mu_app *app, void *options, const struct mu_opt_list *words);
};

/* ---- for commands ---- */
/* One line on stderr and the status for it: 2 for usage, config and input, 3 for what could not be
 * done. */
int mu_app_error(struct mu_app *app, const struct mu_err *err);
/* Loads the config (-c, else MUSTER_CONFIG, else ./muster.yaml) and checks all that the probes can
 * check. Prints every problem. 0, or the exit status. */
MU_CHECKED int mu_app_config(struct mu_app *app);
/* Opens the config's ledger for writing; with --no-ledger or without one configured, app->ledger
 * stays NULL. 0, or the exit status. */
MU_CHECKED int mu_app_ledger(struct mu_app *app);
/* Workloads named by words, or all; an unknown one is a usage error with a suggestion. */
MU_CHECKED int mu_app_workloads(struct mu_app *app, const struct mu_opt_list *words,
                                const struct mu_conf_workload ***out, size_t *n);
/* The shape of a command that looks at workloads: loads the config, opens the ledger, and for each
 * workload named (or all) makes a record, lets `look` add its checks, and finishes it. Returns the
 * worst exit status. */
int mu_app_each(struct mu_app *app, const struct mu_opt_list *words, const char *command,
                void (*look)(struct mu_app *app, struct mu_run *run,
                             const struct mu_conf_workload *workload, const void *options),
                const void *options);
/* The same for a command that needs the ledger's history: 0 with the workloads, or the exit status.
 */
MU_CHECKED int mu_app_history(struct mu_app *app, const struct mu_opt_list *words,
                              const struct mu_conf_workload ***out, size_t *n);
/* The common options, for whoever prints all options. */
const struct mu_opt *mu_app_options(void);
/* The read-only cloud client for a region and profile (NULL: as the environment says), from any
 * thread; NULL without credentials or settings (the probe then says so). */
struct mu_aws *mu_app_aws(void *app, const char *region, const char *profile);
/* The one for the workload's standby. */
struct mu_aws *mu_app_aws_of(struct mu_app *app, const struct mu_conf_workload *workload);
/* Starts a record: environment, config as input. */
struct mu_run *mu_app_run(struct mu_app *app, const char *command, const char *workload);
/* Ages the findings against the last run of the same scope, finishes the record, appends it to the
 * ledger, writes every report asked for (text on stdout by default), frees the run. Returns the
 * exit status. brief: the text was shown live already. */
int mu_app_finish(struct mu_app *app, struct mu_run *run, int64_t mono_start, bool brief);
/* Writes the reports of a finished run; 0, or 2 where a file could not be written. */
MU_CHECKED int mu_app_report(struct mu_app *app, const struct mu_run *run, bool brief);
int mu_app_exit(const struct mu_app *app, const struct mu_run *run);
const char *mu_app_user(struct mu_app *app); /* who runs this; in app->arena */
bool mu_app_color(const struct mu_app *app, int fd);
int mu_app_width(int fd);            /* columns of a terminal; 0: not one */
void mu_app_print(const char *text); /* stdout */

/* ---- the table ---- */
size_t mu_commands(const struct mu_command *const **out);
int mu_cli_main(const struct mu_parts *parts, int argc, char **argv);

#endif
