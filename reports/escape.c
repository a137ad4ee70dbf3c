/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"

static bool continues(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

/* Characters that steer instead of show and that XML lets through: C1 controls, direction marks and
 * overrides, line and paragraph separators. */
static bool steers(uint32_t c) {
  return (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

static void markup(struct mu_str *out, const char *text, size_t n) {
  size_t from = 0;
  for (size_t i = 0; i < n;) {
    if (text[i] > 0 && text[i] < 0x7F && text[i] != '\r') {
      i++;
      continue;
    }
    uint32_t code = 0;
    size_t len = mu_utf8_next(text + i, n - i, &code);
    if (len == 0 || (!steers(code) && code != '\r')) {
      i += len ? len : 1;
      continue;
    }
    mu_str_add_xml(out, text + from, i - from);
    if (code != '\r') {
      mu_str_addf(out, "[U+%04X]", (unsigned)code);
    } else if (i + 1 == n || text[i + 1] != '\n') { /* one kind of line break is enough */
      mu_str_addc(out, '\n');
    }
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
  for (const char *c = mu_str_get(&plain); *c;) {
    size_t n = strcspn(c, "\n\r\t");
    mu_str_addn(out, c, n);
    c += n;
    if (*c) {
      mu_str_addf(out, "&#%d;", *c++);
    }
  }
}

static bool is_blank(char c) {
  return c == '\n' || c == '\r' || c == '\t' || c == ' ';
}

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

/* How many bytes of a text fill at most `columns`; *used is what they take. */
static size_t fill(const char *text, size_t n, size_t columns, size_t *used) {
  size_t i = 0;
  *used = 0;
  while (i < n) {
    uint32_t code = 0;
    size_t len = mu_utf8_next(text + i, n - i, &code);
    size_t width = len ? (size_t)mu_utf8_width(code) : 1;
    if (width > columns - *used) {
      break;
    }
    *used += width;
    i += len ? len : 1;
  }
  return i;
}

size_t mu_escape_columns(const char *text, size_t n) {
  size_t used = 0;
  (void)fill(text, n, SIZE_MAX, &used);
  return used;
}

char *mu_escape_clip(struct mu_arena *arena, const char *text, size_t columns) {
  size_t n = strlen(text), used = 0;
  if (columns == 0 || fill(text, n, columns, &used) == n) {
    return mu_arena_strn(arena, text, n);
  }
  return mu_arena_fmt(arena, "%.*s…", (int)fill(text, n, columns - 1, &used), text);
}
