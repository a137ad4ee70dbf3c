/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of the lock file's subset of HCL (HashiCorp's "HCL Native Syntax Specification"):
 * comments, attributes, blocks; values are passed over to a bounded depth, and only those of a
 * provider's version and constraints are kept. */
#include "provenance/lockfile.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { DEPTH = 16, WORD_MAX = 1024 };

struct lexer {
  const char *text;
  size_t n, at;
  struct mu_arena *arena;
  struct mu_lock *out;
  struct mu_err *err;
};

static int fail_at(struct lexer *l, size_t at, const char *what) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < at && i < l->n; i++) {
    column = l->text[i] == '\n' ? 1 : column + 1;
    line += l->text[i] == '\n';
  }
  return mu_fail(l->err, MU_E_INPUT, "line %zu, column %zu: %s", line, column, what);
}

static int fail_here(struct lexer *l, const char *what) {
  return fail_at(l, l->at, what);
}

static bool starts(const struct lexer *l, const char *word) {
  size_t n = strlen(word);
  return l->n - l->at >= n && memcmp(l->text + l->at, word, n) == 0;
}

static void skip_line(struct lexer *l) {
  const char *end = memchr(l->text + l->at, '\n', l->n - l->at);
  l->at = end ? (size_t)(end - l->text) : l->n;
}

/* White space and comments; -1 for a comment that does not end. */
static int skip_blank(struct lexer *l) {
  while (l->at < l->n) {
    if (strchr(" \t\r\n", l->text[l->at]) && l->text[l->at]) {
      l->at++;
    } else if (l->text[l->at] == '#' || starts(l, "//")) {
      skip_line(l);
    } else if (starts(l, "/*")) {
      size_t from = l->at;
      while (l->at < l->n && !starts(l, "*/")) {
        l->at++;
      }
      if (l->at == l->n) {
        return fail_at(l, from, "a comment that does not end");
      }
      l->at += 2;
    } else {
      break;
    }
  }
  return 0;
}

/* The next byte behind white space and comments; 0 at the end. */
static int peek(struct lexer *l, char *out) {
  if (skip_blank(l) != 0) {
    return -1;
  }
  *out = l->at < l->n ? l->text[l->at] : '\0';
  if (l->at < l->n && *out == '\0') {
    return fail_here(l, "a NUL byte");
  }
  return 0;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool in_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+';
}

/* An identifier, a number, true, false, null. */
static int read_word(struct lexer *l, struct mu_str *out) {
  size_t from = l->at;
  while (l->at < l->n && in_word(l->text[l->at])) {
    l->at++;
  }
  if (l->at == from || l->at - from > WORD_MAX) {
    return fail_at(l, from,
                   l->at == from ? "neither a name nor a value" : "a name that is too long");
  }
  mu_str_clear(out);
  mu_str_addn(out, l->text + from, l->at - from);
  return 0;
}

/* Terraform writes none but these: what is locked has no other characters. */
static int read_escape(struct lexer *l, struct mu_str *out) {
  static const char from[] = "nrt\"\\", to[] = "\n\r\t\"\\";
  char c = l->at < l->n ? l->text[l->at] : '\0';
  const char *hit = c ? strchr(from, c) : NULL;
  if (!hit) {
    return fail_here(l, "an escape that a lock file does not have");
  }
  l->at++;
  mu_str_addc(out, to[hit - from]);
  return 0;
}

/* At the opening quote. Templates do not occur in a lock file. */
static int read_string(struct lexer *l, struct mu_str *out) {
  size_t from = l->at++;
  mu_str_clear(out);
  while (l->at < l->n && l->text[l->at] != '"') {
    char c = l->text[l->at];
    if (c == '\n' || c == '\0') {
      break;
    }
    if (starts(l, "${") || starts(l, "%{")) {
      return fail_here(l, "a template, which a lock file does not have");
    }
    l->at++;
    if (c == '\\') {
      if (read_escape(l, out) != 0) {
        return -1;
      }
    } else {
      mu_str_addc(out, c);
    }
  }
  if (l->at == l->n || l->text[l->at] != '"') {
    return fail_at(l, from, "a string that does not end");
  }
  l->at++;
  return out->failed ? fail_at(l, from, "a string that is too long") : 0;
}

/* One value that is no container; *string: it was a string. */
static int read_scalar(struct lexer *l, char c, struct mu_str *out, bool *string) {
  *string = c == '"';
  return *string ? read_string(l, out) : read_word(l, out);
}

static void add_hash(struct lexer *l, struct mu_lock_provider *into, const struct mu_str *text) {
  into->hashes = mu_arena_grow(l->arena, into->hashes, into->hashes_n, &into->hashes_cap,
                               sizeof *into->hashes);
  into->hashes[into->hashes_n++] = mu_str_copy(text, l->arena);
}

/* A value of any kind. Lists and maps are passed over; the strings of a list go to `hashes`, where
 * it is given. Brackets are kept in an array of bounded depth. */
static int read_value(struct lexer *l, struct mu_str *out, bool *string,
                      struct mu_lock_provider *hashes) {
  char open[DEPTH];
  size_t depth = 0;
  do {
    char c = '\0';
    if (peek(l, &c) != 0) {
      return -1;
    }
    if (c == '[' || c == '{') {
      if (depth == DEPTH) {
        return fail_here(l, "nested too deeply");
      }
      open[depth++] = c;
      l->at++;
    } else if (depth && c == (open[depth - 1] == '[' ? ']' : '}')) {
      depth--;
      l->at++;
    } else if (depth && (c == ',' || (open[depth - 1] == '{' && (c == '=' || c == ':')))) {
      l->at++;
    } else {
      bool is_string = false;
      if (read_scalar(l, c, out, &is_string) != 0) {
        return -1;
      }
      *string = depth == 0 && is_string;
      if (hashes && depth == 1 && is_string) {
        add_hash(l, hashes, out);
      }
    }
  } while (depth > 0);
  return 0;
}

static int keep(struct lexer *l, struct mu_lock_provider *into, const char *name,
                const struct mu_str *value, bool string) {
  bool version = strcmp(name, "version") == 0;
  if (version || strcmp(name, "constraints") == 0) {
    const char **at = version ? &into->version : &into->constraints;
    if (!string || *at) {
      return fail_here(l, *at ? "said before" : "not a string");
    }
    *at = mu_str_copy(value, l->arena);
  }
  return 0;
}

/* What stands between the braces of a block; `into` NULL: not one of a provider. Blocks inside
 * blocks are passed over. */
static int read_body(struct lexer *l, struct mu_lock_provider *into) {
  MU_STR(name, WORD_MAX + 1);
  MU_STR(value, WORD_MAX * 4);
  for (size_t depth = 1; depth > 0;) {
    char c = '\0';
    bool string = false;
    if (peek(l, &c) != 0) {
      return -1;
    }
    if (c == '}' || (c == '{' && depth > 1)) {
      depth -= c == '}';
      l->at++;
      continue;
    }
    if (!is_letter(c)) {
      return fail_here(l, c ? "not the name of an attribute" : "a block that does not end");
    }
    if (read_word(l, &name) != 0 || peek(l, &c) != 0) {
      return -1;
    }
    if (c == '=') {
      l->at++;
      bool own = into && depth == 1;
      bool hashes = own && strcmp(mu_str_get(&name), "hashes") == 0;
      if (read_value(l, &value, &string, hashes ? into : NULL) != 0 ||
          (own && keep(l, into, mu_str_get(&name), &value, string) != 0)) {
        return -1;
      }
    } else {
      while (c == '"') {
        if (read_string(l, &value) != 0 || peek(l, &c) != 0) {
          return -1;
        }
      }
      if (c != '{' || ++depth > DEPTH) {
        return fail_here(l, c == '{' ? "nested too deeply" : "neither an attribute nor a block");
      }
      l->at++;
    }
  }
  return 0;
}

static int read_provider(struct lexer *l, size_t from, const char *source) {
  struct mu_lock *lock = l->out;
  struct mu_lock_provider provider = {.source = source};
  if (mu_lock_find(lock, source)) {
    return fail_at(l, from, "a provider that is locked twice");
  }
  if (lock->n == MU_LOCK_PROVIDERS) {
    return mu_fail(l->err, MU_E_LIMIT, "more than %d providers", (int)MU_LOCK_PROVIDERS);
  }
  if (read_body(l, &provider) != 0) {
    return -1;
  }
  if (!provider.version) {
    return fail_at(l, from, "a provider without a version");
  }
  lock->at = mu_arena_grow(l->arena, lock->at, lock->n, &lock->cap, sizeof *lock->at);
  lock->at[lock->n++] = provider;
  return 0;
}

/* One attribute or block of the file. */
static int read_top(struct lexer *l) {
  size_t from = l->at, labels = 0;
  MU_STR(name, WORD_MAX + 1);
  MU_STR(label, WORD_MAX + 1);
  char c = '\0';
  bool string = false;
  if (!is_letter(l->text[l->at])) {
    return fail_here(l, "not the name of a block");
  }
  if (read_word(l, &name) != 0 || peek(l, &c) != 0) {
    return -1;
  }
  if (c == '=') {
    l->at++;
    return read_value(l, &label, &string, NULL);
  }
  for (; c == '"'; labels++) {
    if (read_string(l, &label) != 0 || peek(l, &c) != 0) {
      return -1;
    }
  }
  if (c != '{') {
    return fail_here(l, "neither an attribute nor a block");
  }
  l->at++;
  bool provider = strcmp(mu_str_get(&name), "provider") == 0;
  if (provider && (labels != 1 || label.n == 0)) {
    return fail_at(l, from, "a provider without a name, or with several");
  }
  return provider ? read_provider(l, from, mu_str_copy(&label, l->arena)) : read_body(l, NULL);
}

int mu_lock_parse(const char *text, size_t n, struct mu_arena *arena, struct mu_lock *out,
                  struct mu_err *err) {
  struct mu_lock lock = {0};
  struct mu_err local = {0};
  struct lexer l = {.text = text, .n = n, .arena = arena, .out = &lock, .err = err ? err : &local};
  char c = '\0';
  if (n > MU_LOCK_BYTES) {
    return mu_fail(err, MU_E_LIMIT, "a lock file of more than %d bytes", (int)MU_LOCK_BYTES);
  }
  if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    l.at = 3;
  }
  for (;;) {
    if (peek(&l, &c) != 0) {
      return -1;
    }
    if (l.at == l.n) {
      *out = lock;
      return 0;
    }
    if (read_top(&l) != 0) {
      return -1;
    }
  }
}

const struct mu_lock_provider *mu_lock_find(const struct mu_lock *lock, const char *source) {
  for (size_t i = 0; i < lock->n; i++) {
    if (strcmp(lock->at[i].source, source) == 0) {
      return &lock->at[i];
    }
  }
  return NULL;
}

bool mu_lock_same_package(const struct mu_lock_provider *a, const struct mu_lock_provider *b) {
  for (size_t i = 0; i < a->hashes_n; i++) {
    for (size_t k = 0; k < b->hashes_n; k++) {
      if (strcmp(a->hashes[i], b->hashes[k]) == 0) {
        return true;
      }
    }
  }
  return a->hashes_n == 0 || b->hashes_n == 0;
}
