/* SPDX-License-Identifier: Apache-2.0 */
/* The composition root: hands the tables of this build to the engine. Nothing else knows all the
 * parts. */
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "cli/app.h"
#include "drill/steps/table.h"
#include "probes/table.h"
#include "reports/table.h"

static struct mu_cancel stop, kill_now; /* a signal handler can reach nothing else */

static void on_signal(int signal) {
  if (stop.signal) {
    kill_now.signal = signal;
  } else {
    stop.signal = signal;
  }
}

int main(int argc, char **argv) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  action.sa_handler = SIG_IGN;
  (void)sigaction(SIGPIPE, &action, NULL);
  const struct mu_parts parts = {
      .probes = mu_probes_all(),
      .reports = &mu_reports_table,
      .steps = &mu_steps_all,
      .clock = mu_clock_system(),
      .stop = &stop,
      .kill = &kill_now,
      .version = MU_VERSION,
  };
  return mu_cli_main(&parts, argc, argv);
}
