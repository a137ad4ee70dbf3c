/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "cli/config_plan.h"
#include "cli/nights.h"
#include "cli/pages.h"
#include "cli/unfinished.h"
#include "ledger/ledger.h"
#include "model/age.h"
#include "model/record.h"
#include "model/run.h"
#include "wire/aws.h"

void mu_app_print(const char *text) {
  (void)fputs(text, stdout);
  (void)fflush(stdout);
}

int mu_app_error(struct mu_app *app, const struct mu_err *err) {
  mu_log(&app->log, MU_LOG_ERROR, "%s", err->msg);
  switch (err->code) {
  case MU_E_USAGE:
  case MU_E_CONFIG:
  case MU_E_INPUT:
  case MU_E_IO:
  case MU_E_ABSENT:
  case MU_E_UNSUPPORTED:
  case MU_E_LIMIT:
    return 2;
  case MU_E_NONE:
  case MU_E_NET:
  case MU_E_TIMEOUT:
  case MU_E_DENIED:
  case MU_E_CANCELED:
  case MU_E_BUSY:
  case MU_E_CONFLICT:
  case MU_E_REMOTE:
    break;
  }
  return 3;
}

int mu_app_config(struct mu_app *app) {
  const char *path = app->common.config ? app->common.config : getenv("MUSTER_CONFIG");
  path = path ? path : "muster.yaml";
  struct mu_diags diags = {0};
  struct mu_err err = {0};
  int rc = mu_config_load(path, &app->config, &diags, &err);
  if (rc != 0 && err.code != MU_E_CONFIG) {
    if (err.code == MU_E_ABSENT && !app->common.config) {
      (void)mu_fail(&err, MU_E_ABSENT,
                    "there is no %s here; name one with -c, or start one with `muster init`", path);
    }
    return mu_app_error(app, &err);
  }
  if (app->config) { /* also a broken one: every error at once */
    mu_config_plan(app->config, app->parts->probes, &diags, app->arena, &app->smoke);
  }
  if (diags.n) {
    MU_STR(text, 1 << 20);
    mu_diags_write(&diags, &text);
    (void)fputs(mu_str_get(&text), stderr);
  }
  return diags.errors ? 2 : 0;
}

int mu_app_ledger(struct mu_app *app) {
  if (app->common.no_ledger || !app->config || !app->config->ledger) {
    return 0;
  }
  struct mu_err err = {0};
  const char *folder = mu_io_dirname(app->arena, app->config->ledger);
  app->had_key = mu_io_exists(mu_arena_fmt(app->arena, "%s.key", app->config->ledger));
  if (mu_io_mkdirs(folder, &err) != 0 ||
      mu_ledger_open(app->config->ledger, &app->ledger, &err) != 0) {
    return mu_app_error(app, &err);
  }
  if (!app->about_drills) {
    mu_unfinished_say(app);
  }
  return 0;
}

int mu_app_workloads(struct mu_app *app, const struct mu_opt_list *words,
                     const struct mu_conf_workload ***out, size_t *n) {
  size_t all = app->config->workloads.n;
  const char **names = mu_arena_array(app->arena, all + 1, sizeof *names);
  const struct mu_conf_workload **list =
      mu_arena_array(app->arena, all + words->n + 1, sizeof *list);
  for (size_t i = 0; i < all; i++) {
    names[i] = app->config->workloads.at[i].name;
    list[i] = &app->config->workloads.at[i];
  }
  for (size_t i = 0; i < words->n; i++) {
    list[i] = mu_config_workload(app->config, words->at[i]);
    if (!list[i]) {
      struct mu_err err = {0};
      const char *near = mu_str_nearest(words->at[i], names, all);
      (void)mu_fail(&err, MU_E_USAGE,
                    near ? "there is no workload '%s' in %s; did you mean '%s'?"
                         : "there is no workload '%s' in %s",
                    words->at[i], app->config->path, near);
      return mu_app_error(app, &err);
    }
  }
  *out = list;
  *n = words->n ? words->n : all;
  return 0;
}

static struct mu_aws *new_client(struct mu_app *app, const char *region, const char *profile) {
  const struct mu_aws_options options = {.mode = MU_AWS_READ_ONLY,
                                         .region = region,
                                         .profile = profile,
                                         .clock = app->parts->clock,
                                         .cancel = app->parts->stop,
                                         .redact = app->redact};
  struct mu_aws *aws = NULL;
  struct mu_err err = {0};
  if (mu_aws_new(&options, &aws, &err) != 0) {
    mu_log(&app->log, MU_LOG_WARN, "%s", err.msg);
  }
  return aws;
}

/* Under the lock. */
static struct mu_aws *client_of(struct mu_app *app, const char *region, const char *profile) {
  for (size_t i = 0; i < app->clients_n; i++) {
    const struct mu_app_client *known = &app->clients[i];
    if (mu_streq(known->region, region) && mu_streq(known->profile, profile)) {
      return known->aws;
    }
  }
  if (app->clients_n == MU_APP_CLIENTS) {
    mu_log(&app->log, MU_LOG_WARN, "more than %d regions and profiles in one run", MU_APP_CLIENTS);
    return NULL;
  }
  struct mu_app_client *client = &app->clients[app->clients_n++];
  client->region = mu_arena_str(app->arena, region);
  client->profile = mu_arena_str(app->arena, profile);
  client->aws = new_client(app, client->region, client->profile);
  return client->aws;
}

struct mu_aws *mu_app_aws(void *ctx, const char *region, const char *profile) {
  struct mu_app *app = ctx;
  (void)pthread_mutex_lock(&app->clients_lock);
  struct mu_aws *aws =
      client_of(app, region && *region ? region : NULL, profile && *profile ? profile : NULL);
  (void)pthread_mutex_unlock(&app->clients_lock);
  return aws;
}

struct mu_aws *mu_app_aws_of(struct mu_app *app, const struct mu_conf_workload *workload) {
  const struct mu_conf_standby *standby = workload && workload->dr.n ? workload->dr.at[0] : NULL;
  return mu_app_aws(app, standby ? standby->region : NULL, standby ? standby->profile : NULL);
}

static void describe_endpoints(struct mu_app *app, const struct mu_conf_workload *workload,
                               struct mu_run *run) {
  const struct mu_aws_override *overrides = NULL;
  struct mu_aws *aws = mu_app_aws_of(app, workload);
  size_t n = aws ? mu_aws_overridden(aws, run->arena, &overrides) : 0;
  run->rehearsal = n > 0;
  if (n) {
    mu_run_env(run, "endpoints",
               mu_arena_fmt(run->arena, "%s, by %s", overrides[0].url, overrides[0].source));
  }
}

struct mu_run *mu_app_run(struct mu_app *app, const char *command, const char *workload) {
  struct mu_run *run = mu_run_new(command, mu_wall_ms(app->parts->clock));
  struct utsname host;
  run->version = mu_arena_str(run->arena, app->parts->version);
  run->workload = mu_arena_str(run->arena, workload);
  run->scope = mu_arena_fmt(run->arena, "%s:%s", command, workload ? workload : "");
  if (uname(&host) == 0) {
    mu_run_env(run, "host", host.nodename);
    mu_run_env(run, "system", mu_arena_fmt(run->arena, "%s %s", host.sysname, host.machine));
  }
  if (app->config) {
    struct mu_input *input = MU_RUN_ADD(run, inputs);
    input->role = "config";
    input->name = mu_arena_str(run->arena, mu_io_basename(app->config->path));
    memcpy(input->sha256, app->config->sha256, sizeof input->sha256);
    input->bytes = (int64_t)strlen(app->config->text);
    const struct mu_conf_workload *conf =
        workload ? mu_config_workload(app->config, workload) : NULL;
    if (conf) {
      run->owner = mu_arena_str(run->arena, conf->owner);
      run->runbook = mu_arena_str(run->arena, conf->runbook);
      run->tier = mu_arena_str(run->arena, conf->tier);
    }
    describe_endpoints(app, conf, run);
    if (app->ledger) {
      mu_run_env(run, "ledger", app->config->ledger);
    }
  }
  return run;
}

/* ---- finishing ---- */

int mu_app_width(int fd) {
  struct winsize size = {0};
  return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool mu_app_color(const struct mu_app *app, int fd) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *force = getenv("CLICOLOR_FORCE");
  if (mu_streq(app->common.color, "always") || mu_streq(app->common.color, "never")) {
    return mu_streq(app->common.color, "always");
  }
  if (no && *no) {
    return false;
  }
  return (force && *force && !mu_streq(force, "0")) || (isatty(fd) && !mu_streq(term, "dumb"));
}

int mu_app_report(struct mu_app *app, const struct mu_run *run, bool brief) {
  struct mu_pages *pages = mu_pages_new(app, run, brief);
  mu_pages_draw(pages, NULL);
  mu_pages_file(pages, true);
  return mu_pages_end(pages);
}

static bool any_doubt(const struct mu_run *run) {
  for (size_t i = 0; i < run->checks.n; i++) {
    if (run->checks.at[i].verdict == MU_INCONCLUSIVE) {
      return true;
    }
  }
  return false;
}

/* That every failure is known makes no pass of what could not be verified. */
int mu_app_exit(const struct mu_app *app, const struct mu_run *run) {
  int status = mu_verdict_exit(run->verdict);
  if (status == 1 && mu_streq(app->common.fail_on, "new") && run->previous &&
      mu_run_new_findings(run) == 0) {
    status = any_doubt(run) ? mu_verdict_exit(MU_INCONCLUSIVE) : 0;
  }
  return status;
}

/* The record as the ledger keeps it, its hash, and whether it is all that the run holds. */
static int canonical(struct mu_app *app, const struct mu_run *run, struct mu_str *out,
                     char sha256[MU_SHA256_HEX], bool *whole, struct mu_err *err) {
  mu_record_write(run, out);
  *whole = mu_redact_str(app->redact, out) == 0;
  if (out->failed || out->n > MU_RECORD_MAX) {
    return mu_fail(err, MU_E_LIMIT, "the run record is larger than %d bytes", MU_RECORD_MAX);
  }
  mu_sha256_hex(mu_str_get(out), out->n, sha256);
  return 0;
}

static int append(struct mu_app *app, const struct mu_run *run,
                  const struct mu_report_record *record, bool whole, struct mu_err *err) {
  return whole ? mu_ledger_append_written(app->ledger, run, record->text, record->n, record->sha256,
                                          app->arena, NULL, err)
               : mu_ledger_append_json(app->ledger, record->text, record->n, app->arena, NULL, err);
}

/* The pages are drawn while the ledger waits for the disk, since neither needs the other. They are
 * filed when the entry is there, while the ledger is tidied up. */
static int record_and_report(struct mu_app *app, const struct mu_run *run, bool brief) {
  MU_STR(text, MU_RECORD_MAX);
  char sha256[MU_SHA256_HEX] = "";
  struct mu_err err = {0};
  bool whole = false;
  struct mu_pages *pages = mu_pages_new(app, run, brief);
  int result = app->ledger ? canonical(app, run, &text, sha256, &whole, &err) : 0;
  const struct mu_report_record record = {mu_str_get(&text), text.n, sha256};
  bool written = app->ledger && result == 0;
  mu_pages_draw(pages, written ? &record : NULL);
  if (written) {
    result = append(app, run, &record, whole, &err);
  }
  mu_pages_file(pages, result == 0);
  int failed = 0;
  if (result != 0) {
    (void)mu_wrap(&err, "the run is not in the ledger%s",
                  app->common.reports.n ? ", so no report is filed" : "");
    failed = mu_app_error(app, &err);
  } else if (written) {
    mu_ledger_settle(app->ledger);
  }
  int filed = mu_pages_end(pages);
  return failed ? failed : filed;
}

int mu_app_finish(struct mu_app *app, struct mu_run *run, int64_t mono_start, bool brief) {
  run->interrupted = run->interrupted || mu_canceled(app->parts->stop);
  mu_nights_compare(app, run);
  mu_run_finish(run, mu_wall_ms(app->parts->clock), mu_mono_ms(app->parts->clock) - mono_start);
  int failed = record_and_report(app, run, brief);
  int status = mu_app_exit(app, run);
  mu_run_free(run);
  return failed ? failed : status;
}

/* ---- the shapes of commands ---- */

/* A failure outweighs "could not be verified", which outweighs a pass; wrong input outweighs all.
 */
static int worst(int a, int b) {
  static const int order[] = {0, 3, 1, 2};
  int rank_a = 0, rank_b = 0;
  for (int i = 0; i < (int)MU_LEN(order); i++) {
    rank_a = order[i] == a ? i : rank_a;
    rank_b = order[i] == b ? i : rank_b;
  }
  return rank_a >= rank_b ? a : b;
}

int mu_app_each(struct mu_app *app, const struct mu_opt_list *words, const char *command,
                void (*look)(struct mu_app *app, struct mu_run *run,
                             const struct mu_conf_workload *workload, const void *options),
                const void *options) {
  const struct mu_conf_workload **workloads = NULL;
  size_t n = 0;
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  status = status ? status : mu_app_workloads(app, words, &workloads, &n);
  for (size_t i = 0; i < n && !mu_canceled(app->parts->stop); i++) {
    int64_t start = mu_mono_ms(app->parts->clock);
    struct mu_run *run = mu_app_run(app, command, workloads[i]->name);
    look(app, run, workloads[i], options);
    status = worst(status, mu_app_finish(app, run, start, false));
  }
  return status;
}

int mu_app_history(struct mu_app *app, const struct mu_opt_list *words,
                   const struct mu_conf_workload ***out, size_t *n) {
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  status = status ? status : mu_app_workloads(app, words, out, n);
  if (status == 0 && !app->ledger) {
    struct mu_err err = {0};
    (void)mu_fail(&err, MU_E_USAGE, "this needs the ledger that the config names (ledger: FILE)");
    return mu_app_error(app, &err);
  }
  return status;
}
