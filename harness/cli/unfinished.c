/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/unfinished.h"

#include "base/err.h"
#include "base/log.h"
#include "cli/app.h"
#include "ledger/journal.h"

static void say(struct mu_app *app, const struct mu_drill_line *line) {
  bool held = false;
  struct mu_lock_owner owner;
  struct mu_err ignored;
  if (mu_lock_look(app->ledger, line->workload, &held, &owner, &ignored) == 0 && held) {
    mu_log(&app->log, MU_LOG_WARN, "drill %s is running now (process %ld, step %s)", line->drill,
           (long)owner.pid, *line->last_step ? line->last_step : "none yet");
    return;
  }
  mu_log(&app->log, MU_LOG_WARN,
         "drill %s is unfinished, last heard of in step %s: `muster drill resume %s` goes on with "
         "it, `muster drill abort %s` undoes everything",
         line->drill, *line->last_step ? line->last_step : "none", line->drill, line->drill);
}

void mu_unfinished_say(struct mu_app *app) {
  struct mu_drill_lines lines = {0};
  struct mu_err err = {0};
  if (mu_journal_list(app->ledger, NULL, true, app->arena, &lines, &err) != 0) {
    mu_log(&app->log, MU_LOG_WARN, "whether a drill is unfinished could not be read: %s", err.msg);
    return;
  }
  for (size_t i = 0; i < lines.n; i++) {
    say(app, &lines.at[i]);
  }
}
