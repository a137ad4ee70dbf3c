/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/escape.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* Length of a character that steers instead of shows, at s: C1 controls, direction marks and
 * overrides. 0: none. */
static size_t steers(const char *s, size_t n, unsigned *code) {
  const unsigned char *u = (const unsigned char *)s;
  if (n >= 2 && u[0] == 0xC2 && u[1] >= 0x80 && u[1] <= 0x9F) {
    *code = u[1];
    return 2;
  }
  if (n < 3 || u[0] != 0xE2 || (u[1] != 0x80 && u[1] != 0x81)) {
    return 0;
  }
  unsigned c = 0x2000U + (u[1] == 0x81 ? 0x40U : 0U) + (u[2] & 0x3FU);
  *code = c;
  bool turns = c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
               (c >= 0x2066 && c <= 0x2069);
  return turns ? 3 : 0;
}

static void markup(struct mu_str *out, const char *text, size_t n) {
  size_t from = 0;
  for (size_t i = 0; i < n;) {
    unsigned code = 0;
    size_t len = steers(text + i, n - i, &code);
    if (len == 0) {
      i++;
      continue;
    }
    mu_str_add_xml(out, text + from, i - from);
    mu_str_addf(out, "[U+%04X]", code);
    i += len;
    from = i;
  }
  mu_str_add_xml(out, text + from, n - from);
}

void mu_escape_text(struct mu_str *out, const char *text) {
  size_t n = text ? strlen(text) : 0;
  if (n <= MU_ESCAPE_MAX) {
    markup(out, text ? text : "", n);
    return;
  }
  size_t head = MU_ESCAPE_MAX / 2, tail = n - MU_ESCAPE_MAX / 2;
  while (head > 0 && continues(text[head])) {
    head--;
  }
  while (tail < n && continues(text[tail])) {
    tail++;
  }
  markup(out, text, head);
  mu_str_addf(out, "\n[… %zu bytes cut …]\n", tail - head);
  markup(out, text + tail, n - tail);
}

void mu_escape_attr(struct mu_str *out, const char *text) {
  MU_STR(plain, (size_t)16 * MU_ESCAPE_MAX);
  mu_escape_text(&plain, text);
  for (const char *c = mu_str_get(&plain); *c; c++) {
    if (*c == '\n' || *c == '\r' || *c == '\t') {
      mu_str_addf(out, "&#%d;", *c);
    } else {
      mu_str_addc(out, *c);
    }
  }
}

static bool is_blank(char c) { return c == '\n' || c == '\r' || c == '\t' || c == ' '; }

void mu_escape_line(struct mu_str *out, const char *text) {
  for (const char *c = text ? text : ""; *c;) {
    size_t n = strcspn(c, "\n\r\t");
    mu_str_add_safe(out, c, n);
    c += n;
    if (*c) {
      mu_str_addc(out, ' ');
      while (is_blank(*c)) {
        c++;
      }
    }
  }
}

void mu_escape_markdown(struct mu_str *out, const char *text) {
  MU_STR(line, (size_t)16 * MU_ESCAPE_MAX);
  mu_escape_line(&line, text);
  for (const char *c = mu_str_get(&line); *c; c++) {
    if (*c == '&' || *c == '<' || *c == '>') {
      mu_str_add(out, *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : "&gt;");
    } else if (strchr("\\`*_{}[]()#+!|~$", *c) || (*c == '/' && c[1] == '/') ||
               (*c == '.' && c != mu_str_get(&line) && (c[-1] == 'w' || c[-1] == 'W'))) {
      /* `//` and `www.` would become links by themselves */
      mu_str_addf(out, "\\%c", *c);
    } else {
      mu_str_addc(out, *c);
    }
  }
}

void mu_escape_label(struct mu_str *out, const char *text) {
  MU_STR(line, (size_t)16 * MU_ESCAPE_MAX);
  mu_escape_line(&line, text);
  for (const char *c = mu_str_get(&line); *c; c++) {
    if (*c == '\\' || *c == '"') {
      mu_str_addc(out, '\\');
    }
    mu_str_addc(out, *c);
  }
}

void mu_escape_command(struct mu_str *out, const char *text, int property) {
  const char *special = property ? "%\r\n:," : "%\r\n";
  for (const char *c = text ? text : ""; *c;) {
    size_t n = strcspn(c, special);
    mu_str_add_safe(out, c, n);
    c += n;
    if (*c) {
      mu_str_addf(out, "%%%02X", (unsigned)(unsigned char)*c++);
    }
  }
}

size_t mu_escape_columns(const char *text, size_t n) {
  size_t columns = 0;
  for (size_t i = 0; i < n; i++) {
    columns += !continues(text[i]);
  }
  return columns;
}

char *mu_escape_clip(struct mu_arena *arena, const char *text, size_t columns) {
  size_t n = strlen(text);
  if (columns == 0 || mu_escape_columns(text, n) <= columns) {
    return mu_arena_strn(arena, text, n);
  }
  size_t end = 0, seen = 0;
  for (; end < n; end++) {
    if (!continues(text[end]) && ++seen == columns) {
      break;
    }
  }
  return mu_arena_fmt(arena, "%.*s…", (int)end, text);
}
