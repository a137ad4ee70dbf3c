/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "cli/app.h"
#include "drill/layers.h"
#include "drill/terraform.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "smoke/expect.h"
#include "smoke/plan.h"
#include "smoke/schedule.h"
#include "smoke/suites.h"
#include "wire/aws.h"
#include "wire/http.h"

static const char *no_output(void *ctx, const char *name, bool *secret) {
  (void)ctx; /* nothing is stood up outside a drill */
  (void)name;
  *secret = false;
  return NULL;
}

struct mu_resolver mu_look_resolver(struct mu_app *app) {
  return (struct mu_resolver){
      .terraform = no_output, .redact = app->redact, .base = app->config ? app->config->path : "."};
}

/* Clients are made and their credentials loaded before the workers start: the redactor that gets
 * the secrets is not for several threads. */
static void prepare_client(struct mu_app *app, struct mu_run *run, const struct mu_args *args) {
  const char *region = mu_arg_str(args, "region", NULL);
  const char *profile = mu_arg_str(args, "profile", NULL);
  size_t known = app->clients_n;
  struct mu_aws *aws = region || profile ? mu_app_aws(app, region, profile) : NULL;
  struct mu_aws_who who;
  struct mu_err ignored; /* the probe that needs them says what is wrong */
  if (aws && app->clients_n > known) {
    struct mu_http *http = mu_http_new(NULL);
    (void)!mu_aws_who(aws, http, run->arena, &who, &ignored);
    mu_http_free(http);
  }
}

void mu_look_plan(struct mu_app *app, struct mu_run *run, const struct mu_plan *plan) {
  const struct mu_resolver resolver = mu_look_resolver(app);
  const struct mu_schedule schedule = {
      .clock = app->parts->clock,
      .cancel = app->parts->stop,
      .now_ms = run->started_ms,
      .resolver = &resolver,
      .aws = mu_app_aws,
      .aws_ctx = app,
  };
  if (plan->n) {
    for (size_t i = 0; i < plan->n; i++) {
      prepare_client(app, run, &plan->at[i].args);
    }
    mu_schedule_run(&schedule, plan, run);
  }
}

static bool wanted(const char *const *names, size_t n, const char *name) {
  for (size_t i = 0; i < n; i++) {
    if (mu_streq(names[i], name)) {
      return true;
    }
  }
  return n == 0;
}

/* A section that cannot be planned is a check that says so. */
static void cannot_plan(struct mu_run *run, const struct mu_conf_workload *workload,
                        const char *section, const struct mu_err *err) {
  struct mu_check *check = MU_RUN_ADD(run, checks);
  check->id = mu_arena_str(run->arena, section);
  check->section = check->title = check->id;
  check->workload = mu_arena_str(run->arena, workload->name);
  mu_facts_init(&check->facts, run->arena);
  mu_judge_error(run, check, err);
  mu_run_judge_check(run, check);
}

void mu_look_suites(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                    const char *const *names, size_t n) {
  const struct mu_suite *const *suites = NULL;
  size_t count = mu_suites(&suites);
  const struct mu_conf_standby *standby = workload->dr.n ? workload->dr.at[0] : NULL;
  struct mu_plan plan = {0};
  for (size_t i = 1; i < workload->dr.n; i++) {
    mu_run_leave_out(run, workload->dr.at[i]->name, "only the first standby is looked at");
  }
  for (size_t i = 0; i < count; i++) {
    struct mu_err err = {0};
    if (!wanted(names, n, suites[i]->name)) {
      continue;
    }
    if (!suites[i]->configured(workload, standby)) {
      mu_run_leave_out(run, suites[i]->name, "not configured");
    } else if (suites[i]->expand(&plan, workload, standby, app->parts->probes, run->arena, &err) !=
               0) {
      cannot_plan(run, workload, suites[i]->name, &err);
    }
  }
  mu_look_plan(app, run, &plan);
}

static void say(void *ctx, const char *line) {
  struct mu_app *app = ctx;
  mu_log(&app->log, MU_LOG_INFO, "%s", line);
}

void mu_look_layers(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload,
                    bool standing, bool staged) {
  const char *tmp = getenv("TMPDIR");
  char *folder = mu_arena_fmt(run->arena, "%s/muster-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  struct mu_layer_env env = {.clock = app->parts->clock,
                             .cancel = app->parts->stop,
                             .workload = workload,
                             .redact = app->redact,
                             .aws = mu_app_aws_of(app, workload),
                             .ledger = app->ledger,
                             .run = run,
                             .notes = app->notes,
                             .ask = app->ask,
                             .note = say,
                             .ctx = app};
  struct mu_err err = {0};
  if (!workload->standing.node && !workload->staged.node) {
    mu_run_leave_out(run, "terraform layers", "not configured");
    return;
  }
  if (mu_tf_find(workload->terraform, run->arena, &env.cli, &err) != 0 ||
      (!mkdtemp(folder) && mu_fail_sys(&err, errno, "%s", folder) != 0)) {
    cannot_plan(run, workload, "terraform", &err);
    return;
  }
  env.folder = folder;
  env.http = mu_http_new(NULL);
  if (standing && workload->standing.node) {
    mu_layer_standing(&env);
  } else if (standing) {
    mu_run_leave_out(run, "standing layer", "not configured");
  }
  if (staged && workload->staged.node) {
    mu_layer_staged(&env);
  } else if (staged) {
    mu_run_leave_out(run, "staged layer", "not configured");
  }
  mu_http_free(env.http);
  mu_io_remove_tree(folder);
}
