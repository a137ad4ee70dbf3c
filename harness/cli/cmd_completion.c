/* SPDX-License-Identifier: Apache-2.0 */
/* muster completion: for bash and zsh, and the manual page, from the rows of the tables. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"

static struct mu_opt_program describe(struct mu_app *app) {
  const struct mu_command *const *commands = NULL;
  size_t n = mu_commands(&commands);
  struct mu_opt_command *rows = mu_arena_array(app->arena, n, sizeof *rows);
  for (size_t i = 0; i < n; i++) {
    rows[i] = (struct mu_opt_command){.name = commands[i]->name,
                                      .summary = commands[i]->summary,
                                      .words = commands[i]->words,
                                      .doc = commands[i]->doc,
                                      .rows = commands[i]->options};
  }
  return (struct mu_opt_program){.name = "muster",
                                 .summary = "would the standby pass muster today?",
                                 .version = app->parts->version,
                                 .commands = rows,
                                 .n = n,
                                 .common = mu_app_options()};
}

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  const char *what = words->n ? words->at[0] : "bash";
  const struct mu_opt_program program = describe(app);
  MU_STR(text, 1 << 20);
  if (mu_streq(what, "bash")) {
    mu_opt_bash(&program, &text);
  } else if (mu_streq(what, "zsh")) {
    mu_opt_zsh(&program, &text);
  } else if (mu_streq(what, "man")) {
    mu_opt_man(&program, &text);
  } else {
    struct mu_err err = {0};
    (void)mu_fail(&err, MU_E_USAGE,
                  "no completion for '%s'; there is bash, zsh, and man for the manual page", what);
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

const struct mu_command mu_command_completion = {
    .name = "completion",
    .summary = "shell completion for bash or zsh, and the manual page",
    .words = "[bash|zsh|man]",
    .doc = "Prints a completion script (source <(muster completion bash)) or the manual page\n"
           "(muster completion man > muster.1).",
    .run = run,
};
