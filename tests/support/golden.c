/* SPDX-License-Identifier: Apache-2.0 */
#include "support/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "model/record.h"
#include "model/run.h"

enum { PATH_BYTES = 1024, GOLDEN_MAX = 64 << 20 };

const char *const golden_records[] = {"drill", "night", "smoke",   "drift",
                                      "ack",   "empty", "hostile", NULL};

static void path_of(const char *name, const char *suffix, char out[PATH_BYTES]) {
  int n = snprintf(out, PATH_BYTES, "%s/fixtures/golden/%s%s", MU_SOURCE_DIR, name, suffix);
  assert_true(n > 0 && n < PATH_BYTES);
}

struct mu_run *golden_run(const char *name) {
  char path[PATH_BYTES];
  struct mu_run *run = NULL;
  struct mu_err err = {0};
  MU_STR(json, GOLDEN_MAX);
  path_of(name, ".run.json", path);
  if (mu_io_read(path, &json, &err) != 0 ||
      mu_record_read(mu_str_get(&json), json.n, &run, &err) != 0) {
    fail_msg("%s: %s", path, err.msg);
  }
  return run;
}

static void name_difference(const char *name, const char *want, const char *got) {
  size_t line = 1, start = 0, i = 0;
  for (; want[i] && want[i] == got[i]; i++) {
    if (want[i] == '\n') {
      line++;
      start = i + 1;
    }
  }
  fail_msg(
      "%s differs in line %zu:\n  golden: %.*s\n  now:    %.*s\n(UPDATE_GOLDEN=1 writes it anew)",
      name, line, (int)strcspn(want + start, "\n"), want + start, (int)strcspn(got + start, "\n"),
      got + start);
}

void golden_check(const char *name, const struct mu_str *text) {
  char path[PATH_BYTES];
  struct mu_err err = {0};
  MU_STR(want, GOLDEN_MAX);
  path_of(name, "", path);
  int rc = mu_io_read(path, &want, &err);
  if (rc == 0 && strcmp(mu_str_get(&want), mu_str_get(text)) == 0) {
    return;
  }
  const char *update = getenv("UPDATE_GOLDEN");
  if (!update || strcmp(update, "1") != 0) {
    if (rc != 0) {
      fail_msg("%s: %s", path, err.msg);
    }
    name_difference(name, mu_str_get(&want), mu_str_get(text));
  }
  char *slash = strrchr(path, '/');
  *slash = '\0';
  if (mu_io_mkdirs(path, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  *slash = '/';
  if (mu_io_write(path, mu_str_get(text), text->n, &err) != 0) {
    fail_msg("%s", err.msg);
  }
}
