/* SPDX-License-Identifier: Apache-2.0 */
#include "support/oracle.h"

#include <glob.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/exec.h"
#include "base/str.h"

enum { MAX_PATH = 4096, NO_LIBRARY = 77, WORDS = 6 };

/* The rehearsal's environment, where everything is pinned. */
static const char *rehearsal_python(char *out, size_t n) {
  const char *cache = getenv("MUSTER_CACHE_DIR");
  const struct passwd *user = getpwuid(getuid()); /* tests change HOME */
  glob_t found = {0};
  (void)snprintf(out, n, "%s%s/venv-*/bin/python", cache || !user ? "" : user->pw_dir,
                 cache ? cache : "/.cache/muster");
  bool is_there = glob(out, 0, NULL, &found) == 0;
  if (is_there) {
    (void)snprintf(out, n, "%s", found.gl_pathv[0]);
  }
  globfree(&found);
  return is_there ? out : NULL;
}

static int run(const char *python, const char *script, const char *const *words, const char *input,
               size_t input_n, struct mu_str *out) {
  char path[MAX_PATH];
  const char *argv[WORDS] = {python, path};
  (void)snprintf(path, sizeof path, "%s/tests/unit/%s", MU_SOURCE_DIR, script);
  for (size_t i = 0; words && words[i] && i + 3 < WORDS; i++) {
    argv[i + 2] = words[i];
  }
  struct mu_exec spec = {.argv = argv,
                         .input = input,
                         .input_n = input_n,
                         .timeout_ms = 100000,
                         .out = out,
                         .errors = out};
  struct mu_exec_result result = {.status = -1};
  struct mu_err err = {0};
  int rc = mu_exec_run(&spec, &result, &err);
  return rc != 0 && err.code == MU_E_ABSENT ? NO_LIBRARY : result.status;
}

bool oracle_check(const char *script, const char *const *words, const char *input, size_t input_n) {
  char pinned[MAX_PATH];
  MU_STR(out, 1 << 20);
  const char *const pythons[] = {rehearsal_python(pinned, sizeof pinned), "python3"};
  int status = NO_LIBRARY;
  for (size_t i = 0; i < MU_LEN(pythons) && status == NO_LIBRARY; i++) {
    mu_str_clear(&out);
    status = pythons[i] ? run(pythons[i], script, words, input, input_n, &out) : NO_LIBRARY;
  }
  if (status == NO_LIBRARY) {
    print_message("SKIPPED: %s: no python3 that can import its library; run ci/setup rehearsal\n",
                  script);
    return false;
  }
  if (status != 0) {
    fail_msg("%s", mu_str_get(&out));
  }
  return true;
}
