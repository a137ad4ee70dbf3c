/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: straight into a string, no tree. Wrong nesting is a bug of the caller and
 * aborts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"

static const int64_t EXACT_IN_DOUBLE = INT64_C(1) << 53;

void mu_jw_init(struct mu_jw *w, struct mu_str *out, int indent) {
  *w = (struct mu_jw){.out = out, .indent = indent};
}

static void add_line(struct mu_str *out, size_t width) {
  static const char line[] = "\n                                                            ";
  size_t n = width < sizeof line - 2 ? width : sizeof line - 2;
  mu_str_addn(out, line, n + 1);
  for (width -= n; width > 0; width -= n) {
    n = width < sizeof line - 2 ? width : sizeof line - 2;
    mu_str_addn(out, line + 1, n);
  }
}

static void newline(struct mu_jw *w, int depth) {
  if (w->indent > 0) {
    add_line(w->out, (size_t)depth * (size_t)w->indent);
  }
}

static void comma(struct mu_jw *w) {
  if (w->depth > 0) {
    if (w->comma[w->depth - 1]) {
      mu_str_addc(w->out, ',');
    }
    w->comma[w->depth - 1] = true;
    newline(w, w->depth);
  }
}

static void before_value(struct mu_jw *w) {
  if (w->after_key) {
    w->after_key = false;
    return;
  }
  MU_ASSERT(w->depth == 0 || !w->is_object[w->depth - 1]);
  comma(w);
}

static void open_level(struct mu_jw *w, char bracket) {
  before_value(w);
  MU_ASSERT(w->depth < MU_JW_DEPTH);
  w->is_object[w->depth] = bracket == '{';
  w->comma[w->depth] = false;
  w->depth++;
  mu_str_addc(w->out, bracket);
}

void mu_jw_object(struct mu_jw *w) {
  open_level(w, '{');
}

void mu_jw_array(struct mu_jw *w) {
  open_level(w, '[');
}

void mu_jw_end(struct mu_jw *w) {
  MU_ASSERT(w->depth > 0 && !w->after_key);
  w->depth--;
  if (w->comma[w->depth]) {
    newline(w, w->depth);
  }
  mu_str_addc(w->out, w->is_object[w->depth] ? '}' : ']');
}

void mu_jw_key(struct mu_jw *w, const char *key) {
  MU_ASSERT(w->depth > 0 && w->is_object[w->depth - 1] && !w->after_key);
  comma(w);
  mu_str_add_json(w->out, key, strlen(key));
  mu_str_addc(w->out, ':');
  if (w->indent > 0) {
    mu_str_addc(w->out, ' ');
  }
  w->after_key = true;
}

void mu_jw_str(struct mu_jw *w, const char *value) {
  if (value) {
    mu_jw_strn(w, value, strlen(value));
  } else {
    mu_jw_null(w);
  }
}

void mu_jw_strn(struct mu_jw *w, const char *value, size_t n) {
  before_value(w);
  mu_str_add_json(w->out, value, n);
}

void mu_jw_int(struct mu_jw *w, int64_t value) {
  bool exact = value >= -EXACT_IN_DOUBLE && value <= EXACT_IN_DOUBLE;
  before_value(w);
  char digits[24];
  size_t at = sizeof digits;
  uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    digits[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (value < 0) {
    digits[--at] = '-';
  }
  if (!exact) {
    mu_str_addc(w->out, '"');
  }
  mu_str_addn(w->out, digits + at, sizeof digits - at);
  if (!exact) {
    mu_str_addc(w->out, '"');
  }
}

void mu_jw_real(struct mu_jw *w, double value) {
  if (!isfinite(value)) { /* JSON has no word for it */
    mu_jw_null(w);
    return;
  }
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(text, sizeof text, "%.*g", digits, value);
    double back = strtod(text, NULL);
    if (memcmp(&back, &value, sizeof back) == 0) {
      break;
    }
  }
  before_value(w);
  mu_str_add(w->out, text);
}

void mu_jw_time(struct mu_jw *w, int64_t unix_ms) {
  static const int64_t from = INT64_C(-62167219200000), to = INT64_C(253402300800000);
  char text[MU_TIME_TEXT];
  if (unix_ms < from || unix_ms >= to) {
    mu_jw_int(w, unix_ms);
    return;
  }
  mu_time_text(unix_ms, text);
  mu_jw_str(w, text);
}

void mu_jw_bool(struct mu_jw *w, bool value) {
  mu_jw_raw(w, value ? "true" : "false");
}

void mu_jw_null(struct mu_jw *w) {
  mu_jw_raw(w, "null");
}

void mu_jw_raw(struct mu_jw *w, const char *json) {
  before_value(w);
  mu_str_add(w->out, json);
}

void mu_jw_kstr(struct mu_jw *w, const char *key, const char *value) {
  mu_jw_key(w, key);
  mu_jw_str(w, value);
}

void mu_jw_kstr_opt(struct mu_jw *w, const char *key, const char *value) {
  if (value) {
    mu_jw_kstr(w, key, value);
  }
}

void mu_jw_kint(struct mu_jw *w, const char *key, int64_t value) {
  mu_jw_key(w, key);
  mu_jw_int(w, value);
}

void mu_jw_kbool(struct mu_jw *w, const char *key, bool value) {
  mu_jw_key(w, key);
  mu_jw_bool(w, value);
}

void mu_jw_kraw_opt(struct mu_jw *w, const char *key, const char *json) {
  if (json) {
    mu_jw_key(w, key);
    mu_jw_raw(w, json);
  }
}

static bool is_structure(char c) {
  return c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']';
}

/* Behind what begins at text[0]: a string, or a run without any of the structure. */
static size_t token(const char *text, size_t n) {
  size_t i = 0;
  if (text[0] != '"') {
    while (i < n && text[i] != '"' && !is_structure(text[i])) {
      i++;
    }
    return i;
  }
  for (i = 1; i < n && text[i] != '"'; i++) {
    i += text[i] == '\\';
  }
  return i < n ? i + 1 : n;
}

/* Text is copied up to where a space or a line is to stand. */
void mu_json_indent(const char *json, size_t n, int indent, struct mu_str *out) {
  size_t depth = 0, step = (size_t)indent, from = 0;
  for (size_t i = 0; i < n;) {
    char c = json[i];
    if (!is_structure(c)) {
      i += token(json + i, n - i);
      continue;
    }
    bool closes = c == '}' || c == ']', opens = c == '{' || c == '[';
    if (opens && i + 1 < n && (json[i + 1] == '}' || json[i + 1] == ']')) {
      i += 2; /* an empty one stays as it is */
      continue;
    }
    size_t end = closes ? i : i + 1;
    mu_str_addn(out, json + from, end - from);
    depth += opens ? 1 : 0;
    depth -= closes && depth > 0 ? 1 : 0;
    if (c == ':') {
      mu_str_addc(out, ' ');
    } else {
      add_line(out, depth * step);
    }
    from = end;
    i++;
  }
  mu_str_addn(out, json + from, n - from);
}
