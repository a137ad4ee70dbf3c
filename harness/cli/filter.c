/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/filter.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"
#include "model/finding.h"

/* A word all in capitals is the id of a finding, and may be misspelled. */
static bool is_id(const char *word) {
  return strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789*") == strlen(word) &&
         strpbrk(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static int check(const char *word, struct mu_err *err) {
  const char *names[MU_F_N_];
  enum mu_finding_id id;
  if (!is_id(word) || strchr(word, '*') || mu_finding_by_name(word, &id)) {
    return 0;
  }
  for (int i = 0; i < MU_F_N_; i++) {
    names[i] = mu_finding_def((enum mu_finding_id)i)->name;
  }
  const char *near = mu_str_nearest(word, names, MU_F_N_);
  return mu_fail(err, MU_E_USAGE,
                 near ? "--only: there is no finding '%s'; did you mean '%s'?"
                      : "--only: there is no finding '%s'; `muster list findings` names them",
                 word, near);
}

int mu_filter_set(struct mu_app *app, const struct mu_filter_options *from, struct mu_err *err) {
  for (size_t i = 0; i < from->only.n; i++) {
    if (check(from->only.at[i], err) != 0) {
      return -1;
    }
  }
  app->filter = (struct mu_report_filter){.only = from->only.at, .only_n = from->only.n};
  if (from->severity) {
    (void)mu_severity_parse(from->severity, &app->filter.severity);
  }
  return 0;
}

size_t mu_filter_addresses(struct mu_app *app, const struct mu_filter_options *from,
                           const char *const **out) {
  const char **globs = mu_arena_array(app->arena, from->only.n * 3 + 1, sizeof *globs);
  size_t n = 0;
  for (size_t i = 0; i < from->only.n; i++) {
    const char *word = from->only.at[i];
    if (!is_id(word)) {
      globs[n++] = word;
      globs[n++] = mu_arena_fmt(app->arena, "%s.*", word);
      globs[n++] = mu_arena_fmt(app->arena, "%s[*", word);
    }
  }
  *out = globs;
  return n;
}
