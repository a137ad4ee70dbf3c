/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sigpipe.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

static void ignore_it(void) {
  struct sigaction now;
  if (sigaction(SIGPIPE, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
      now.sa_handler == SIG_DFL) {
    struct sigaction ignore;
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &ignore, NULL);
  }
}

void mu_wire_ignore_sigpipe(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, ignore_it);
}
