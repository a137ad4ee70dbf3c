/* SPDX-License-Identifier: Apache-2.0 */
/* ${matrix.NAME}: the one reference that is replaced when the plan is made, since each row is a
 * check of its own. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan_int.h"

static const char MARK[] = "${matrix.";

int mu_matrix_apply(const struct mu_matrix_row *row, const char *text, struct mu_arena *arena,
                    const char **out, struct mu_err *err) {
  MU_STR(filled, MU_PLAN_TEXT_MAX);
  const char *from = text;
  for (const char *at; (at = strstr(from, MARK));) {
    const char *name = at + strlen(MARK), *end = strchr(name, '}');
    const char *value = NULL;
    for (size_t i = 0; end && i < row->n && !value; i++) {
      const char *key = row->at[i].name;
      size_t n = strlen(key);
      value = (size_t)(end - name) == n && strncmp(key, name, n) == 0 ? row->at[i].value : NULL;
    }
    if (!value) {
      return mu_fail(err, MU_E_CONFIG, "'%.40s' names no list of the check's matrix", at);
    }
    mu_str_addn(&filled, from, (size_t)(at - from));
    mu_str_add(&filled, value);
    from = end + 1;
  }
  if (from == text) {
    *out = mu_arena_str(arena, text);
    return 0;
  }
  mu_str_add(&filled, from);
  if (filled.failed) {
    return mu_fail(err, MU_E_LIMIT, "text with a matrix value is over the cap of %d bytes",
                   MU_PLAN_TEXT_MAX);
  }
  *out = mu_str_copy(&filled, arena);
  return 0;
}
