/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/escape.h"
#include "reports/html.h"

enum { FMT_MAX = 1024 };

void mu_html_raw(struct mu_html *h, const char *markup) {
  mu_str_add(h->out, markup);
}

void mu_html_fmt(struct mu_html *h, const char *fmt, ...) {
  char text[FMT_MAX];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  mu_str_add(h->out, text);
}

void mu_html_text(struct mu_html *h, const char *text) {
  mu_escape_text(h->out, text);
}

void mu_html_attr(struct mu_html *h, const char *name, const char *text) {
  mu_str_addc(h->out, ' ');
  mu_str_add(h->out, name);
  mu_str_add(h->out, "=\"");
  mu_escape_attr(h->out, text);
  mu_str_addc(h->out, '"');
}

void mu_html_el(struct mu_html *h, const char *tag, const char *klass, const char *text) {
  mu_str_addc(h->out, '<');
  mu_str_add(h->out, tag);
  if (klass) {
    mu_html_attr(h, "class", klass);
  }
  mu_str_addc(h->out, '>');
  mu_html_text(h, text);
  mu_str_add(h->out, "</");
  mu_str_add(h->out, tag);
  mu_str_addc(h->out, '>');
}

void mu_html_time(struct mu_html *h, int64_t unix_ms) {
  char exact[MU_TIME_TEXT], shown[MU_TIME_TEXT];
  mu_time_text(unix_ms, exact);
  mu_time_seconds(unix_ms, shown);
  char *t = strchr(shown, 'T'), *seconds = strrchr(shown, ':');
  if (t) {
    *t = ' ';
  }
  if (seconds && strcmp(seconds, ":00Z") == 0) {
    (void)snprintf(seconds, sizeof ":00Z", "Z");
  }
  mu_html_fmt(h, "<time datetime=\"%s\">%s</time>", exact, shown);
}

const char *mu_html_class(enum mu_verdict verdict) {
  return verdict == MU_PASS           ? "pass"
         : verdict == MU_FAIL         ? "fail"
         : verdict == MU_INCONCLUSIVE ? "unsure"
                                      : "soft";
}

/* A figure, a name or an id reads badly when it is broken in the middle; what is longer must break,
 * or the page would scroll. */
static bool is_whole(const char *text) {
  size_t n = mu_escape_columns(text, strlen(text));
  return n <= 18 || (n <= 32 && !strpbrk(text, " \n"));
}

void mu_html_verdict(struct mu_html *h, enum mu_verdict verdict, const char *word) {
  mu_html_fmt(h, "<span class=\"v %s%s\"><span aria-hidden=\"true\">%s</span> ",
              mu_html_class(verdict), word && is_whole(word) ? " nw" : "", mu_draw_glyph(verdict));
  mu_html_text(h, word);
  mu_html_raw(h, "</span>");
}

void mu_html_value(struct mu_html *h, const char *json) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(json, strlen(json), &doc, NULL) != 0) {
    mu_html_text(h, json);
    return;
  }
  const char *plain = mu_json_str(mu_json_root(doc), NULL);
  /* An empty or blank string would show as nothing: keep its quotes. */
  bool shown = plain && plain[strspn(plain, " \t\r\n")] != '\0';
  mu_html_text(h, shown ? plain : json);
}

void mu_html_link(struct mu_html *h, const char *text) {
  if (!mu_str_starts(text, "https://") && !mu_str_starts(text, "http://")) {
    mu_html_text(h, text);
    return;
  }
  mu_html_raw(h, "<a rel=\"noopener noreferrer\"");
  mu_html_attr(h, "href", text);
  mu_html_raw(h, ">");
  mu_html_text(h, text);
  mu_html_raw(h, "</a>");
}

void mu_html_section(struct mu_html *h, const char *id, const char *title) {
  mu_html_fmt(h, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s</h2>\n", id, id,
              id, title);
}

/* ---- tables: the roles say again what the elements are, since some browsers forget it when a
 * table is laid out as cards ---- */

static const char *column_name(const char *column) {
  return column + (column[0] == '>');
}

void mu_html_table(struct mu_html *h, struct mu_html_table *table, const char *caption,
                   const char *const *columns) {
  *table = (struct mu_html_table){.columns = columns};
  mu_html_raw(h, "<table class=\"stack\" role=\"table\">\n");
  mu_html_el(h, "caption", NULL, caption);
  mu_html_raw(h, "\n<thead role=\"rowgroup\"><tr role=\"row\">");
  for (size_t i = 0; columns[i]; i++) {
    mu_html_raw(h, columns[i][0] == '>' ? "<th scope=\"col\" role=\"columnheader\" class=\"n\">"
                                        : "<th scope=\"col\" role=\"columnheader\">");
    mu_html_text(h, column_name(columns[i]));
    mu_html_raw(h, "</th>");
  }
  mu_html_raw(h, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
}

void mu_html_row(struct mu_html *h, struct mu_html_table *table, const char *klass) {
  table->at = 0;
  mu_html_raw(h, "<tr role=\"row\"");
  if (klass) {
    mu_html_attr(h, "class", klass);
  }
  mu_html_raw(h, ">");
}

void mu_html_cell(struct mu_html *h, struct mu_html_table *table) {
  const char *column = table->columns[table->at++];
  mu_html_raw(h, "<td role=\"cell\"");
  if (column[0] == '>') {
    mu_html_raw(h, " class=\"n\"");
  }
  mu_html_attr(h, "data-label", column_name(column));
  mu_html_raw(h, ">");
}

void mu_html_cell_end(struct mu_html *h) {
  mu_html_raw(h, "</td>");
}

void mu_html_cell_text(struct mu_html *h, struct mu_html_table *table, const char *text) {
  mu_html_cell(h, table);
  if (text && text[0] && is_whole(text)) {
    mu_html_el(h, "span", "nw", text);
  } else {
    mu_html_text(h, text);
  }
  mu_html_cell_end(h);
}

/* An address or a path, which may be broken behind its separators. */
static void breakable(struct mu_html *h, const char *text) {
  for (const char *c = text; *c;) {
    size_t n = strcspn(c, "./_:");
    n += c[n] != '\0';
    mu_html_text(h, mu_arena_strn(h->arena, c, n));
    c += n;
    mu_html_raw(h, *c ? "<wbr/>" : "");
  }
}

void mu_html_cell_code(struct mu_html *h, struct mu_html_table *table, const char *text) {
  mu_html_cell(h, table);
  if (text && text[0]) {
    mu_html_raw(h, is_whole(text) ? "<code class=\"nw\">" : "<code>");
    breakable(h, text);
    mu_html_raw(h, "</code>");
  }
  mu_html_cell_end(h);
}

void mu_html_row_end(struct mu_html *h) {
  mu_html_raw(h, "</tr>\n");
}

void mu_html_table_end(struct mu_html *h) {
  mu_html_raw(h, "</tbody></table>\n");
}

int mu_html_px(int64_t part, int64_t whole, int width) {
  if (part <= 0 || whole <= 0) {
    return 0;
  }
  return part >= whole ? width : (int)((double)part / (double)whole * width + 0.5);
}

bool mu_html_has_drift(const struct mu_run *run) {
  return run->coverage.attributes != 0 || run->observations.n > 0;
}

size_t mu_html_check_of(const struct mu_run *run, const char *id) {
  size_t i = 0;
  while (i < run->checks.n && !mu_streq(run->checks.at[i].id, id)) {
    i++;
  }
  return i;
}
