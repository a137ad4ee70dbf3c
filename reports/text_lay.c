/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/text_lay.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "reports/escape.h"

enum { TAIL_COLUMN = 96, LINE_MAX_BYTES = 1 << 20 };

enum mu_ink mu_lay_ink(enum mu_verdict verdict) {
  switch (verdict) {
  case MU_PASS:
    return MU_INK_GOOD;
  case MU_FAIL:
    return MU_INK_BAD;
  case MU_INCONCLUSIVE:
    return MU_INK_UNSURE;
  case MU_SKIPPED:
  case MU_NOT_APPLICABLE:
  case MU_VERDICT_N_:
    break;
  }
  return MU_INK_SOFT;
}

static void put(struct mu_lay *l, const char *text, size_t n) {
  mu_str_addn(l->out, text, n);
  l->column += mu_escape_columns(text, n);
}

void mu_lay_end(struct mu_lay *l) {
  mu_str_addc(l->out, '\n');
  l->column = 0;
}

void mu_lay_pad(struct mu_lay *l, size_t column) {
  while (l->column < column) {
    put(l, " ", 1);
  }
}

void mu_lay_word(struct mu_lay *l, enum mu_ink ink, const char *text) {
  static const char *const codes[] = {"", "\x1b[2m", "\x1b[32m", "\x1b[1;31m", "\x1b[33m"};
  MU_STR(line, LINE_MAX_BYTES);
  mu_escape_line(&line, text);
  bool colored = l->opts->color && ink != MU_INK_PLAIN;
  if (colored) {
    mu_str_add(l->out, codes[ink]);
  }
  put(l, mu_str_get(&line), line.n);
  if (colored) {
    mu_str_add(l->out, "\x1b[0m");
  }
}

static size_t width_of(const struct mu_lay *l) {
  return l->opts->width > 0 ? (size_t)l->opts->width : 0;
}

static void put_tail(struct mu_lay *l, const struct mu_lay_tail *tail, size_t columns) {
  size_t width = width_of(l);
  if (width > 0 && l->column + 2 + columns > width) {
    mu_lay_end(l);
  }
  size_t at = width > columns ? width - columns : TAIL_COLUMN;
  mu_lay_pad(l, at > l->column + 2 ? at : l->column + 2);
  mu_lay_word(l, tail->ink, tail->text);
}

void mu_lay_text(struct mu_lay *l, size_t indent, const char *text,
                 const struct mu_lay_tail *tail) {
  MU_STR(line, LINE_MAX_BYTES);
  mu_escape_line(&line, text);
  size_t tail_columns = tail && tail->text ? mu_escape_columns(tail->text, strlen(tail->text)) : 0;
  bool tail_due = tail_columns > 0;
  bool any = false;   /* something stands on this line behind the indent */
  bool begun = false; /* the first word goes where the line already is */
  for (const char *word = mu_str_get(&line); *word;) {
    size_t n = strcspn(word, " "), columns = mu_escape_columns(word, n);
    size_t width = width_of(l);
    size_t limit = tail_due && tail->first && width > indent + tail_columns + 12
                       ? width - tail_columns - 2
                       : width;
    if (any && width > 0 && l->column + 1 + columns > limit) {
      if (tail_due && tail->first) {
        put_tail(l, tail, tail_columns);
        tail_due = false;
      }
      mu_lay_end(l);
      any = false;
    }
    if (any) {
      put(l, " ", 1);
    } else if (l->column == 0) {
      mu_lay_pad(l, begun ? indent : 0);
    }
    begun = true;
    put(l, word, n);
    any = true;
    word += n;
    word += strspn(word, " ");
  }
  if (tail_due) {
    put_tail(l, tail, tail_columns);
  }
  mu_lay_end(l);
}

void mu_lay_paste(struct mu_lay *l, size_t indent, const char *text) {
  for (const char *line = text; *line;) {
    size_t n = strcspn(line, "\n");
    mu_lay_pad(l, indent);
    mu_lay_word(l, MU_INK_PLAIN, mu_arena_strn(l->arena, line, n));
    mu_lay_end(l);
    line += n;
    line += *line == '\n';
  }
}

void mu_lay_lines(struct mu_lay *l, size_t indent, const char *text) {
  for (const char *line = text; *line;) {
    size_t n = strcspn(line, "\n");
    size_t blanks = strspn(line, " ");
    blanks = blanks > n ? n : blanks; /* the text's own indent stays */
    size_t at = indent + (blanks < 40 ? blanks : 40);
    mu_lay_pad(l, at);
    mu_lay_text(l, at, mu_arena_strn(l->arena, line + blanks, n - blanks), NULL);
    line += n;
    line += *line == '\n';
  }
}
