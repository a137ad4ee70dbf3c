/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to a command: common options, help, suggestions. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "cli/app.h"
#include "ledger/ledger.h"
#include "wire/aws.h"

#define MU_COMMAND(name) extern const struct mu_command mu_command_##name;
#include "cli/commands.def"
#undef MU_COMMAND

static const struct mu_command *const commands[] = {
#define MU_COMMAND(name) &mu_command_##name,
#include "cli/commands.def"
#undef MU_COMMAND
};

size_t mu_commands(const struct mu_command *const **out) {
  *out = commands;
  return MU_LEN(commands);
}

static const struct mu_opt common_options[] = {
    {"config", 'c', MU_OPT_STR, offsetof(struct mu_common, config), "FILE", NULL,
     "the config (default: MUSTER_CONFIG, else ./muster.yaml)"},
    {"report", 'r', MU_OPT_LIST, offsetof(struct mu_common, reports), "FORMAT[=FILE]", NULL,
     "write a report; may be given again (text, json, junit, html, markdown, …)"},
    {"no-ledger", 0, MU_OPT_FLAG, offsetof(struct mu_common, no_ledger), NULL, NULL,
     "record nothing (not for a drill)"},
    {"fail-on", 0, MU_OPT_CHOICE, offsetof(struct mu_common, fail_on), "WHAT", "any|new",
     "new: only findings that the last run did not have fail"},
    {"exit-style", 0, MU_OPT_CHOICE, offsetof(struct mu_common, exit_style), "STYLE",
     "muster|terraform", "terraform: 2 for a failure, 1 for an error"},
    {"color", 0, MU_OPT_CHOICE, offsetof(struct mu_common, color), "WHEN", "auto|always|never",
     "colours on a terminal (NO_COLOR is honoured)"},
    {"quiet", 'q', MU_OPT_FLAG, offsetof(struct mu_common, quiet), NULL, NULL,
     "errors only on stderr, no text report"},
    {"verbose", 'v', MU_OPT_FLAG, offsetof(struct mu_common, verbose), NULL, NULL,
     "everything in full"},
    {"version", 0, MU_OPT_FLAG, offsetof(struct mu_common, version), NULL, NULL,
     "say which muster this is"},
    {"help", 'h', MU_OPT_FLAG, offsetof(struct mu_common, help), NULL, NULL, "this text"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

const struct mu_opt *mu_app_options(void) {
  return common_options;
}

static const struct mu_command *find(const char *name) {
  for (size_t i = 0; i < MU_LEN(commands); i++) {
    if (mu_streq(commands[i]->name, name)) {
      return commands[i];
    }
  }
  return NULL;
}

static const char *nearest(const char *name) {
  const char *names[MU_LEN(commands)];
  for (size_t i = 0; i < MU_LEN(commands); i++) {
    names[i] = commands[i]->name;
  }
  return mu_str_nearest(name, names, MU_LEN(names));
}

static void overview(struct mu_str *out) {
  mu_str_add(out, "muster: would the standby pass muster today?\n\nUsage: muster COMMAND [OPTIONS] "
                  "[WORDS]\n\n");
  for (size_t i = 0; i < MU_LEN(commands); i++) {
    mu_str_addf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
  }
  mu_str_add(out, "\nExit status: 0 pass, 1 fail, 2 wrong usage, config or input, 3 could not be\n"
                  "verified, 70 a bug of ours, 130 and 143 interrupted.\n"
                  "`muster COMMAND --help` says more. Start with `muster init`.\n");
}

static void help(const struct mu_command *command, const struct mu_opt_set *sets, size_t n,
                 struct mu_str *out) {
  mu_opt_usage(command->name, command->words, out);
  mu_str_addc(out, '\n');
  mu_opt_wrap(command->doc, out);
  mu_str_addc(out, '\n');
  mu_opt_help(sets, n, out);
}

/* A report that cannot be written is said before anything is started, not after an hour's drill. */
static int check_reports(const struct mu_app *app, struct mu_err *err) {
  for (size_t i = 0; i < app->common.reports.n; i++) {
    const char *spec = app->common.reports.at[i];
    size_t n = strcspn(spec, "=");
    const char *name = mu_arena_strn(app->arena, spec, n);
    if (!mu_report_find(app->parts->reports, mu_streq(name, "junit-strict") ? "junit" : name)) {
      return mu_fail(err, MU_E_USAGE,
                     "there is no report format '%s'; `muster list reports` names them", name);
    }
    if (spec[n] && !spec[n + 1]) {
      return mu_fail(err, MU_E_USAGE, "--report %s names no file", spec);
    }
    const char *folder = spec[n] ? mu_io_dirname(app->arena, spec + n + 1) : ".";
    if (!mu_io_is_dir(folder)) {
      return mu_fail(err, MU_E_USAGE, "--report %s: there is no folder %s", spec, folder);
    }
  }
  return 0;
}

/* `terraform plan -detailed-exitcode`: 0 as planned, 2 differs, 1 could not tell. */
static int as_terraform(int status) {
  return status == 0 ? 0 : status == 1 ? 2 : 1;
}

static int run_command(struct mu_app *app, const struct mu_command *command, int argc,
                       char **argv) {
  void *options = mu_arena_alloc(app->arena, command->options_size ? command->options_size : 1);
  struct mu_opt_set sets[2];
  size_t n = 0;
  if (command->options) {
    sets[n++] = (struct mu_opt_set){mu_arena_fmt(app->arena, "Options of %s", command->name),
                                    command->options, options};
  }
  sets[n++] = (struct mu_opt_set){"Options of every command", common_options, &app->common};
  struct mu_opt_list words = {0};
  struct mu_err err = {0};
  if (mu_opt_parse(sets, n, argc, argv, app->arena, &words, &err) != 0) {
    (void)mu_wrap(&err, "%s", command->name);
    return mu_app_error(app, &err);
  }
  app->log.level = app->common.quiet     ? MU_LOG_ERROR
                   : app->common.verbose ? MU_LOG_DEBUG
                                         : MU_LOG_WARN;
  if (app->common.help) {
    MU_STR(text, 1 << 16);
    help(command, sets, n, &text);
    mu_app_print(mu_str_get(&text));
    return 0;
  }
  int status =
      check_reports(app, &err) == 0 ? command->run(app, options, &words) : mu_app_error(app, &err);
  return mu_streq(app->common.exit_style, "terraform") ? as_terraform(status) : status;
}

static int dispatch(struct mu_app *app, int argc, char **argv) {
  MU_STR(text, 1 << 16);
  const char *name = argc > 1 ? argv[1] : "help";
  if (mu_streq(name, "--version") || mu_streq(name, "version")) {
    mu_str_addf(&text, "muster %s\n", app->parts->version);
    mu_app_print(mu_str_get(&text));
    return 0;
  }
  if (mu_streq(name, "-h") || mu_streq(name, "--help") || mu_streq(name, "help")) {
    const struct mu_command *about = argc > 2 ? find(argv[2]) : NULL;
    if (about) {
      char only_help_text[] = "--help", *only_help[] = {only_help_text};
      return run_command(app, about, 1, only_help);
    }
    overview(&text);
    mu_app_print(mu_str_get(&text));
    return argc > 1 ? 0 : 2; /* called with nothing: it is not what anybody wanted */
  }
  const struct mu_command *command = find(name);
  if (!command) {
    struct mu_err err = {0};
    const char *near = nearest(name);
    if (mu_streq(name, "incident") || mu_streq(name, "failback")) {
      (void)mu_fail(&err, MU_E_USAGE,
                    "'%s' is not implemented in this version; a drill runs the same steps", name);
    } else if (near) {
      (void)mu_fail(&err, MU_E_USAGE, "there is no command '%s'; did you mean '%s'?", name, near);
    } else {
      (void)mu_fail(&err, MU_E_USAGE, "there is no command '%s'; `muster help` lists them", name);
    }
    return mu_app_error(app, &err);
  }
  return run_command(app, command, argc - 2, argv + 2);
}

int mu_cli_main(const struct mu_parts *parts, int argc, char **argv) {
  struct mu_app app = {.parts = parts,
                       .arena = mu_arena_new(),
                       .redact = mu_redact_new(),
                       .log = {.level = MU_LOG_WARN}};
  app.log.redact = app.redact;
  if (pthread_mutex_init(&app.clients_lock, NULL) != 0) {
    MU_BUG("no lock");
  }
  int status = dispatch(&app, argc, argv);
  for (size_t i = 0; i < app.clients_n; i++) {
    mu_aws_free(app.clients[i].aws);
  }
  (void)pthread_mutex_destroy(&app.clients_lock);
  mu_ledger_close(app.ledger);
  mu_config_free(app.config);
  mu_redact_free(app.redact);
  mu_arena_free(app.arena);
  int interrupted = parts->stop->signal;
  return interrupted ? 128 + interrupted : status;
}
