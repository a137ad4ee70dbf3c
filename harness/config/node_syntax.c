/* SPDX-License-Identifier: Apache-2.0 */
/* What libyaml says about broken YAML, said so that it can be mended: the cause, the cure, and for
 * brackets and quotes the place where they were opened. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <yaml.h>

#include "base/attr.h"
#include "base/utf8.h"
#include "config/load.h"
#include "config/node.h"

struct advice {
  const char *problem; /* a part of libyaml's text */
  const char *words;
  bool at_context; /* points at where it began */
};

static const struct advice advices[] = {
    {"mapping values are not allowed",
     "a second ': ' on this line; put the value in quotes, or break the line", false},
    {"could not find expected ':'", "a key without ':'; every line of a map is 'key: value'",
     false},
    {"did not find expected key",
     "the indentation does not fit the lines above, or a ':' is missing, or text stands behind a "
     "quote",
     false},
    {"did not find expected '-'",
     "the indentation does not fit the list above, or a '-' is missing", false},
    {"did not find expected ',' or ']'",
     "this '[' is not closed by ']', or a ',' is missing behind it", true},
    {"did not find expected ',' or '}'",
     "this '{' is not closed by '}', or a ',' is missing behind it", true},
    {"found unexpected end of stream", "this quote is not closed", true},
    {"found unexpected document indicator", "this quote is not closed before the document ends",
     true},
    {"found unknown escape character",
     "an escape that YAML does not know; use single quotes, where '\\' is an ordinary character",
     false},
    {"block sequence entries are not allowed",
     "a list cannot begin here; put '- …' on a line of its own below the key", false},
    {"found undefined tag handle", "tags ('!…') are not read; leave it out", false},
    {"did not find expected <document start>", "text behind the end of the document", false},
};

/* The first character that is none, or a control: where libyaml's reader stumbled, which knows no
 * lines and columns. */
static bool place_of_bytes(const char *text, size_t n, int *line, int *col) {
  *line = *col = 1;
  for (size_t i = 0; i < n;) {
    uint32_t code = 0;
    size_t len = mu_utf8_next(text + i, n - i, &code);
    if (len == 0) {
      return false;
    }
    if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') || code == 0x7F) {
      return true;
    }
    i += len;
    if (code == '\n') {
      ++*line;
      *col = 1;
    } else {
      ++*col;
    }
  }
  return true;
}

static void cannot_start(struct mu_diags *diags, const char *text, size_t n,
                         const yaml_mark_t *mark) {
  int line = (int)mark->line + 1, col = (int)mark->column + 1;
  /* mark->index counts characters: walk there. */
  size_t at = 0;
  for (size_t i = 0; i < mark->index && at < n; i++) {
    uint32_t code = 0;
    size_t len = mu_utf8_next(text + at, n - at, &code);
    at += len ? len : 1;
  }
  char c = at < n ? text[at] : ' ';
  if (c == '\t') {
    mu_diag_at(diags, line, col, col + 1, false, "a tab; YAML is indented with spaces");
  } else {
    mu_diag_at(diags, line, col, col + 1, false, "a value cannot begin with '%c'; put it in quotes",
               c);
  }
}

void mu_config_syntax(struct mu_diags *diags, const char *text, size_t n,
                      const struct yaml_parser_s *parser) {
  const char *problem = parser->problem ? parser->problem : "cannot be read";
  if (parser->error == YAML_READER_ERROR) {
    int line = 1, col = 1;
    bool control = place_of_bytes(text, n, &line, &col);
    mu_diag_at(diags, line, col, col + 1, false, "%s",
               control ? "a control character; YAML allows none but tab and line ends"
                       : "these bytes are not UTF-8; save the file as UTF-8");
    return;
  }
  if (strstr(problem, "cannot start any token")) {
    cannot_start(diags, text, n, &parser->problem_mark);
    return;
  }
  for (size_t i = 0; i < MU_LEN(advices); i++) {
    if (strstr(problem, advices[i].problem)) {
      bool at_context = advices[i].at_context && parser->context;
      const yaml_mark_t *mark = at_context ? &parser->context_mark : &parser->problem_mark;
      mu_diag_at(diags, (int)mark->line + 1, (int)mark->column + 1, (int)mark->column + 2, false,
                 "%s", advices[i].words);
      return;
    }
  }
  const yaml_mark_t *mark = &parser->problem_mark;
  mu_diag_at(diags, (int)mark->line + 1, (int)mark->column + 1, (int)mark->column + 2, false,
             "not YAML: %s%s%s", problem, parser->context ? " " : "",
             parser->context ? parser->context : "");
}
