/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs this: the pipeline's actor, else the user of the process. */
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/app.h"

const char *mu_app_user(struct mu_app *app) {
  const struct passwd *user = getpwuid(geteuid());
  const char *actor = getenv("GITHUB_ACTOR");
  return mu_arena_str(app->arena, actor ? actor : user ? user->pw_name : "unknown");
}
