/* SPDX-License-Identifier: Apache-2.0 */
/* muster init: a config to start from. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "cli/app.h"

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  const char *path = words->n ? words->at[0] : "muster.yaml", *text = mu_config_template();
  struct mu_err err = {0};
  if (mu_io_exists(path)) {
    (void)mu_fail(&err, MU_E_USAGE, "%s is there already and was left as it is", path);
    return mu_app_error(app, &err);
  }
  if (mu_io_write(path, text, strlen(text), &err) != 0) {
    return mu_app_error(app, &err);
  }
  mu_app_print(
      mu_arena_fmt(app->arena, "wrote %s; fill it in, then: muster validate %s\n", path, path));
  return 0;
}

const struct mu_command mu_command_init = {
    .name = "init",
    .summary = "start a config",
    .words = "[FILE]",
    .doc = "Writes a commented config to start from (muster.yaml, if no file is named). A file "
           "that is there is left alone.",
    .run = run,
};
