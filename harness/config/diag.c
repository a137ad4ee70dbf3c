/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what is wrong with a config and shows it: place, cause, cure, and the line with a caret
 * under the value. Columns count characters, as editors do; the caret is placed by what a terminal
 * shows (wide characters take two columns, a tab stays a tab). */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "config/node.h"

enum {
  SHOWN_MAX = 100,  /* problems written out; more are counted */
  WINDOW_COLS = 120 /* of a very long line */
};

void mu_diags_init(struct mu_diags *diags, struct mu_arena *arena, const char *file,
                   const char *text) {
  *diags = (struct mu_diags){.arena = arena, .file = file, .text = text};
}

__attribute__((format(printf, 3, 0))) static void add(struct mu_diags *diags, struct mu_diag diag,
                                                      const char *fmt, va_list args) {
  char text[1024];
  (void)vsnprintf(text, sizeof text, fmt, args);
  diag.file = diags->file;
  diag.message = mu_arena_str(diags->arena, text);
  diags->at = mu_arena_grow(diags->arena, diags->at, diags->n, &diags->cap, sizeof *diags->at);
  diags->at[diags->n++] = diag;
  diags->errors += !diag.warning;
}

void mu_diag_add(struct mu_diags *diags, const struct mu_node *where, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  add(diags, (struct mu_diag){.line = where->line, .col = where->col, .end_col = where->end_col},
      fmt, args);
  va_end(args);
}

void mu_diag_add_secret(struct mu_diags *diags, const struct mu_node *where, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  add(diags,
      (struct mu_diag){
          .line = where->line, .col = where->col, .end_col = where->end_col, .hide = true},
      fmt, args);
  va_end(args);
}

void mu_diag_add_key(struct mu_diags *diags, const struct mu_member *where, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  struct mu_diag diag = {
      .line = where->key_line, .col = where->key_col, .end_col = where->key_end_col};
  if (!where->key) { /* an element of a list has no key: its own place */
    diag = (struct mu_diag){
        .line = where->value->line, .col = where->value->col, .end_col = where->value->end_col};
  }
  add(diags, diag, fmt, args);
  va_end(args);
}

void mu_diag_warn(struct mu_diags *diags, const struct mu_node *where, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  add(diags,
      (struct mu_diag){
          .line = where->line, .col = where->col, .end_col = where->end_col, .warning = true},
      fmt, args);
  va_end(args);
}

void mu_diag_at(struct mu_diags *diags, int line, int col, int end_col, bool warning,
                const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  add(diags, (struct mu_diag){.line = line, .col = col, .end_col = end_col, .warning = warning},
      fmt, args);
  va_end(args);
}

/* Bytes of the line break at s, 0 if there is none. The same breaks as libyaml counts, so that
 * lines are the ones it means. */
static size_t line_break(const char *s) {
  if (s[0] == '\r' && s[1] == '\n') {
    return 2;
  }
  if (s[0] == '\n' || s[0] == '\r') {
    return 1;
  }
  if ((unsigned char)s[0] == 0xC2 && (unsigned char)s[1] == 0x85) {
    return 2;
  }
  return (unsigned char)s[0] == 0xE2 && (unsigned char)s[1] == 0x80 &&
                 ((unsigned char)s[2] == 0xA8 || (unsigned char)s[2] == 0xA9)
             ? 3
             : 0;
}

static const char *find_line(const char *text, int line, size_t *n) {
  const char *s = text;
  for (int i = 1; i < line; i++) {
    size_t len = 0;
    while (*s && (len = line_break(s)) == 0) {
      s++;
    }
    if (!*s) {
      return NULL;
    }
    s += len;
  }
  *n = 0;
  while (s[*n] && line_break(s + *n) == 0) {
    ++*n;
  }
  return s;
}

/* Writes one line in two forms side by side: the characters, and what stands below them. */
struct painter {
  struct mu_str *above, *below;
  int from, to; /* the characters that are marked, 1-based, half open */
};

static void paint(struct painter *p, const char *bytes, size_t len, uint32_t code, int col) {
  bool marked = col >= p->from && col < p->to;
  if (code == '\t' && !marked) {
    mu_str_addc(p->above, '\t');
    mu_str_addc(p->below, '\t'); /* however wide the terminal makes it, both lines agree */
    return;
  }
  size_t before = p->above->n;
  int width = 1;
  if (code == '\t') {
    mu_str_addc(p->above, ' ');
  } else {
    mu_str_add_safe(p->above, bytes, len ? len : 1);
    size_t added = p->above->n - before;
    width = len == added ? mu_utf8_width(code) : (int)added; /* escaped: as long as its escape */
  }
  for (int i = 0; i < width; i++) {
    mu_str_addc(p->below, !marked ? ' ' : col == p->from && i == 0 ? '^' : '~');
  }
}

/* Whatever is wrong with this line: a secret in it is not shown. */
static bool is_hidden(const struct mu_diags *diags, int line, int col) {
  for (size_t i = 0; i < diags->n; i++) {
    const struct mu_diag *d = &diags->at[i];
    if (d->hide && d->line == line && col >= d->col && col < d->end_col) {
      return true;
    }
  }
  return false;
}

/* Three asterisks, however long it is. */
static void hide(struct painter *p, bool begins, bool marked) {
  if (begins) {
    mu_str_add(p->above, "***");
    mu_str_add(p->below, marked ? "^~~" : "   ");
  }
}

static void show_line(const struct mu_diags *diags, const struct mu_diag *diag,
                      struct mu_str *out) {
  size_t n = 0;
  const char *line = diags->text ? find_line(diags->text, diag->line, &n) : NULL;
  if (!line) {
    return;
  }
  MU_STR(above, 16 * 1024);
  MU_STR(below, 16 * 1024);
  struct painter p = {.above = &above, .below = &below, .from = diag->col, .to = diag->end_col};
  int first = diag->col > WINDOW_COLS ? diag->col - WINDOW_COLS / 2 : 1; /* a line of a megabyte */
  int last = first + 2 * WINDOW_COLS;
  mu_str_add(&above, first > 1 ? "…" : "");
  mu_str_add(&below, first > 1 ? " " : "");
  int col = 1;
  size_t i = 0;
  for (; i < n && col < last; col++) {
    uint32_t code = 0;
    size_t len = mu_utf8_next(line + i, n - i, &code);
    if (col >= first && is_hidden(diags, diag->line, col)) {
      hide(&p, !is_hidden(diags, diag->line, col - 1), col == diag->col);
    } else if (col >= first) {
      paint(&p, line + i, len, code, col);
    }
    i += len ? len : 1;
  }
  mu_str_add(&above, i < n ? "…" : "");
  if (!strchr(mu_str_get(&below), '^')) {
    mu_str_addc(&below, '^'); /* the place is the end of the line */
  }
  while (strchr(" \t", below.p[below.n - 1])) {
    below.p[--below.n] = '\0';
  }
  mu_str_addf(out, "%5d | %s\n", diag->line, mu_str_get(&above));
  mu_str_addf(out, "      | %s\n", mu_str_get(&below));
}

static int by_place(const void *a, const void *b) {
  const struct mu_diag *x = *(const struct mu_diag *const *)a;
  const struct mu_diag *y = *(const struct mu_diag *const *)b;
  if (x->line != y->line) {
    return x->line < y->line ? -1 : 1;
  }
  if (x->col != y->col) {
    return x->col < y->col ? -1 : 1;
  }
  return x < y ? -1 : x > y;
}

static void count(struct mu_str *out, size_t n, const char *noun) {
  mu_str_addf(out, "%zu %s%s", n, noun, n == 1 ? "" : "s");
}

void mu_diags_write(const struct mu_diags *diags, struct mu_str *out) {
  if (diags->n == 0) {
    return;
  }
  const struct mu_diag **sorted = mu_arena_array(diags->arena, diags->n, sizeof *sorted);
  for (size_t i = 0; i < diags->n; i++) {
    sorted[i] = &diags->at[i];
  }
  qsort(sorted, diags->n, sizeof *sorted, by_place);
  for (size_t i = 0; i < diags->n && i < SHOWN_MAX; i++) {
    mu_str_addf(out, "%s:%d:%d: %s: ", sorted[i]->file, sorted[i]->line, sorted[i]->col,
                sorted[i]->warning ? "warning" : "error");
    mu_str_add_safe(out, sorted[i]->message, strlen(sorted[i]->message));
    mu_str_addc(out, '\n');
    show_line(diags, sorted[i], out);
  }
  if (diags->n > SHOWN_MAX) {
    mu_str_addf(out, "… and %zu more\n", diags->n - SHOWN_MAX);
  }
  size_t warnings = diags->n - diags->errors;
  if (diags->errors) {
    count(out, diags->errors, "error");
    mu_str_add(out, warnings ? ", " : "");
  }
  if (warnings) {
    count(out, warnings, "warning");
  }
  mu_str_addf(out, " in %s\n", diags->file);
}
