/* SPDX-License-Identifier: Apache-2.0 */
/* The rows as text in two columns. */
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/opt.h"

enum { HELP_COLS = 80, DOC_COL = 28, USAGE_COL = 14 };

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

/* Words of one paragraph, folded: the line stands at column `col`, further ones begin at `indent`.
 */
static void fold(struct mu_str *out, const char *text, size_t n, size_t col, size_t indent) {
  bool first = true;
  for (size_t i = 0; i < n;) {
    size_t len = strcspn(text + i, " \n");
    len = len < n - i ? len : n - i;
    size_t width = width_of(text + i, len);
    if (!first && col + 1 + width > HELP_COLS) {
      mu_str_addf(out, "\n%*s", (int)indent, "");
      col = indent;
      first = true;
    }
    mu_str_add(out, first ? "" : " ");
    mu_str_addn(out, text + i, len);
    col += width + !first;
    first = false;
    i += len + 1;
  }
  mu_str_addc(out, '\n');
}

void mu_opt_wrap(const char *text, struct mu_str *out) {
  while (*text) {
    const char *end = text;
    if (*text == ' ' || *text == '\n') { /* an example, or the blank line around one */
      end += strcspn(text, "\n");
      mu_str_addn(out, text, (size_t)(end - text));
      mu_str_addc(out, '\n');
    } else {
      do {
        end += strcspn(end, "\n");
      } while (end[0] == '\n' && end[1] != '\n' && end[1] != ' ' && end[1] != '\0' && end++);
      fold(out, text, (size_t)(end - text), 0, 0);
    }
    text = end + (*end == '\n');
  }
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
  fold(out, mu_str_get(&doc), doc.n, DOC_COL, DOC_COL);
}

void mu_opt_usage(const char *command, const char *words, struct mu_str *out) {
  MU_STR(line, 1024);
  mu_str_addf(&line, "Usage: muster %s [OPTIONS]%s%s", command, *words ? " " : "", words);
  fold(out, mu_str_get(&line), line.n, 0, USAGE_COL);
}

void mu_opt_help(const struct mu_opt_set *sets, size_t n, struct mu_str *out) {
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out, "%s%s:\n", i ? "\n" : "", sets[i].title);
    for (const struct mu_opt *row = sets[i].rows; row->name; row++) {
      row_text(out, row);
    }
  }
}
