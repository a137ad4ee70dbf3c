/* SPDX-License-Identifier: Apache-2.0 */
/* The rows as text in two columns. */
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/opt.h"

enum { HELP_COLS = 80, DOC_COL = 28 };

static size_t width_of(const char *text, size_t n) {
  size_t width = 0;
  for (size_t i = 0; i < n;) {
    uint32_t code = 0;
    size_t len = mu_utf8_next(text + i, n - i, &code);
    width += len ? (size_t)mu_utf8_width(code) : 1;
    i += len ? len : 1;
  }
  return width;
}

/* Words from column DOC_COL on, where the line is already. */
static void wrap(struct mu_str *out, const char *text) {
  size_t col = DOC_COL;
  for (const char *s = text; *s;) {
    size_t n = strcspn(s, " "), width = width_of(s, n);
    bool first = col == DOC_COL;
    if (!first && col + 1 + width > HELP_COLS) {
      mu_str_addf(out, "\n%*s", DOC_COL, "");
      col = DOC_COL;
      first = true;
    }
    mu_str_add(out, first ? "" : " ");
    mu_str_addn(out, s, n);
    col += width + !first;
    s += n + (s[n] != '\0');
  }
  mu_str_addc(out, '\n');
}

static void row_text(struct mu_str *out, const struct mu_opt *row) {
  MU_STR(left, 256);
  if (row->letter) {
    mu_str_addf(&left, "  -%c, --%s", row->letter, row->name);
  } else {
    mu_str_addf(&left, "      --%s", row->name);
  }
  if (row->kind != MU_OPT_FLAG) {
    mu_str_addf(&left, "=%s", row->arg ? row->arg : "VALUE");
  }
  mu_str_add(out, mu_str_get(&left));
  size_t width = width_of(mu_str_get(&left), left.n);
  if (width + 2 > DOC_COL) { /* too long for the left column: a line of its own */
    mu_str_addc(out, '\n');
    width = 0;
  }
  mu_str_addf(out, "%*s", (int)(DOC_COL - width), "");
  MU_STR(doc, 2048);
  mu_str_add(&doc, row->doc);
  if (row->kind == MU_OPT_CHOICE) { /* what may be written need not be repeated in the sentence */
    mu_str_add(&doc, " [");
    for (const char *s = row->choices; *s; s++) {
      mu_str_add(&doc, *s == '|' ? ", " : "");
      mu_str_addn(&doc, s, *s != '|');
    }
    mu_str_addc(&doc, ']');
  }
  wrap(out, mu_str_get(&doc));
}

void mu_opt_help(const struct mu_opt_set *sets, size_t n, struct mu_str *out) {
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out, "%s%s:\n", i ? "\n" : "", sets[i].title);
    for (const struct mu_opt *row = sets[i].rows; row->name; row++) {
      row_text(out, row);
    }
  }
}
