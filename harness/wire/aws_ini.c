/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/aws_ini.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

enum { MAX_FILE = 4 << 20 };

struct place {
  const char *path;
  size_t line;
  const char *section,
      *parent; /* parent: a key without a value, below which indented ones may stand */
};

static char *trim(char *text) {
  text += strspn(text, " \t");
  size_t n = strlen(text);
  while (n > 0 && strchr(" \t\r", text[n - 1])) {
    text[--n] = '\0';
  }
  return text;
}

static void lower(char *text) {
  for (; *text; text++) {
    *text = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
  }
}

static int wrong(const struct place *at, const char *what, struct mu_err *err) {
  return mu_fail(err, MU_E_CONFIG, "%s line %zu: %s", at->path, at->line, what);
}

static int read_section(struct place *at, char *line, struct mu_aws_ini *out,
                        struct mu_arena *arena, struct mu_err *err) {
  char *end = strrchr(line, ']');
  if (!end) {
    return wrong(at, "']' is missing", err);
  }
  *end = '\0';
  at->section = trim(line + 1);
  at->parent = NULL;
  out->at = mu_arena_grow(arena, out->at, out->n, &out->cap, sizeof *out->at);
  out->at[out->n++] =
      (struct mu_aws_ini_row){at->section, "", ""}; /* so that it is known, even if empty */
  return 0;
}

static int read_row(struct place *at, char *line, bool indented, struct mu_aws_ini *out,
                    struct mu_arena *arena, struct mu_err *err) {
  size_t split = strcspn(line, "=:");
  if (!at->section) {
    return wrong(at, "a setting outside of any section", err);
  }
  if (!line[split]) {
    return wrong(at, "neither a [section] nor \"key = value\"", err);
  }
  char *value = line + split + 1;
  line[split] = '\0';
  char *key = trim(line);
  lower(key);
  value = trim(value);
  if (indented && at->parent) {
    key = mu_arena_fmt(arena, "%s.%s", at->parent, key);
  } else {
    at->parent = *value ? NULL : key;
  }
  out->at = mu_arena_grow(arena, out->at, out->n, &out->cap, sizeof *out->at);
  out->at[out->n++] = (struct mu_aws_ini_row){at->section, key, value};
  return 0;
}

int mu_aws_ini_load(const char *path, struct mu_arena *arena, struct mu_aws_ini *out,
                    struct mu_err *err) {
  MU_STR(text, MAX_FILE);
  if (mu_io_read(path, &text, err) != 0) {
    return -1;
  }
  struct place at = {.path = path};
  char *rest = mu_str_copy(&text, arena);
  while (rest && *rest) {
    char *line = rest;
    rest = strchr(rest, '\n');
    if (rest) {
      *rest++ = '\0';
    }
    at.line++;
    bool indented = *line == ' ' || *line == '\t';
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';') {
      continue;
    }
    int result = *line == '[' ? read_section(&at, line, out, arena, err)
                              : read_row(&at, line, indented, out, arena, err);
    if (result != 0) {
      return -1;
    }
  }
  return 0;
}

/* Is this section header `kind name`? */
static bool is_section(const char *section, const char *kind, const char *name) {
  if (kind) {
    size_t n = strlen(kind);
    if (strncmp(section, kind, n) != 0 || (section[n] != ' ' && section[n] != '\t')) {
      return false;
    }
    section += n + strspn(section + n, " \t");
  }
  size_t n = strlen(section);
  if (n >= 2 && (*section == '"' || *section == '\'') && section[n - 1] == *section) {
    section++;
    n -= 2;
  }
  return strlen(name) == n && memcmp(section, name, n) == 0;
}

const char *mu_aws_ini_get(const struct mu_aws_ini *ini, const char *kind, const char *name,
                           const char *key) {
  for (size_t i = ini->n; i > 0; i--) {
    const struct mu_aws_ini_row *row = &ini->at[i - 1];
    if (strcmp(row->key, key) == 0 && is_section(row->section, kind, name)) {
      return row->value;
    }
  }
  return NULL;
}

bool mu_aws_ini_has(const struct mu_aws_ini *ini, const char *kind, const char *name) {
  for (size_t i = 0; i < ini->n; i++) {
    if (is_section(ini->at[i].section, kind, name)) {
      return true;
    }
  }
  return false;
}
