/* SPDX-License-Identifier: Apache-2.0 */
/* The text of statements: may it be sent, and how a table's name is written into one. The reader
 * knows words, quotes and comments, nothing of grammar: what it cannot tell apart it refuses. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/sql_int.h"

enum { NAME_PARTS = 3, NAME_MAX_BYTES = 512 };

/* ---- words ---- */

enum kind { END, WORD, NAME, STRING, NUMBER, SEMICOLON, OPEN, DOT, OTHER, BROKEN };

struct token {
  enum kind kind;
  const char *at; /* without quotes */
  size_t n;
};

struct reader {
  const struct mu_sql_engine *engine;
  const char *at;
};

static bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_word(char c) {
  return is_word_start(c) || is_digit(c) || c == '$' || c == '@';
}

/* Behind the comment's end, or NULL where it has none. */
static const char *skip_block(const char *at, bool nested) {
  int depth = 0;
  while (*at) {
    if (at[0] == '/' && at[1] == '*' && (depth == 0 || nested)) {
      depth++;
      at += 2;
    } else if (at[0] == '*' && at[1] == '/') {
      at += 2;
      if (--depth == 0) {
        return at;
      }
    } else {
      at++;
    }
  }
  return NULL;
}

/* Blanks and comments. False: a comment without an end. */
static bool skip_blank(struct reader *r) {
  for (;;) {
    r->at += strspn(r->at, " \t\r\n\f\v");
    if (r->at[0] == '-' && r->at[1] == '-') {
      r->at += strcspn(r->at, "\r\n");
    } else if (r->at[0] == '/' && r->at[1] == '*') {
      const char *end = skip_block(r->at, r->engine->nested_comments);
      if (!end) {
        return false;
      }
      r->at = end;
    } else {
      return true;
    }
  }
}

/* From the opening quote to behind the closing one; a doubled quote stands for itself. */
static struct token take_quoted(struct reader *r, enum kind kind, bool escapes) {
  char quote = *r->at++;
  const char *from = r->at;
  for (; *r->at; r->at++) {
    if (escapes && *r->at == '\\' && r->at[1]) {
      r->at++;
    } else if (*r->at == quote && r->at[1] == quote) {
      r->at++;
    } else if (*r->at == quote) {
      size_t n = (size_t)(r->at++ - from);
      return (struct token){kind, from, n};
    }
  }
  return (struct token){BROKEN, from, 0};
}

/* r'…' of Spark, in which a backslash is a backslash. */
static bool is_raw_string(const struct reader *r) {
  return r->engine->backslash && (*r->at == 'r' || *r->at == 'R') &&
         (r->at[1] == '\'' || r->at[1] == '"');
}

static struct token take_run(struct reader *r, enum kind kind) {
  const char *from = r->at;
  while (is_word(*r->at)) {
    r->at++;
  }
  return (struct token){kind, from, (size_t)(r->at - from)};
}

static struct token take(struct reader *r) {
  if (!skip_blank(r)) {
    return (struct token){BROKEN, r->at, 0};
  }
  char c = *r->at;
  if (c == '\0') {
    return (struct token){END, r->at, 0};
  }
  if (is_raw_string(r)) {
    r->at++;
    return take_quoted(r, STRING, false);
  }
  if (c == '\'') {
    return take_quoted(r, STRING, r->engine->backslash);
  }
  if (c == '"') {
    return take_quoted(r, r->engine->backslash ? STRING : NAME, r->engine->backslash);
  }
  if (c == '`') {
    return take_quoted(r, NAME, false);
  }
  if (is_word_start(c) || is_digit(c)) {
    return take_run(r, is_digit(c) ? NUMBER : WORD);
  }
  enum kind kind = c == ';' ? SEMICOLON : c == '(' ? OPEN : c == '.' ? DOT : OTHER;
  return (struct token){kind, r->at++, 1};
}

static bool is_among(const struct token *token, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (strlen(words[i]) == token->n && strncasecmp(words[i], token->at, token->n) == 0) {
      return true;
    }
  }
  return false;
}

/* ---- what may be sent ---- */

static const char *const READS[] = {"select", "with",     "values", "table",
                                    "show",   "describe", "desc",   "explain"};
/* Behind these comes a name, not a query: their words write nothing (SHOW CREATE TABLE). */
static const char *const ONLY_NAMES[] = {"show", "describe", "desc"};
/* Behind the others each of these changes something: WITH … INSERT (Spark), EXPLAIN ANALYZE CREATE
 * (Trino), SELECT … INTO. */
static const char *const WRITES[] = {"insert",  "update",   "delete", "merge",   "into",
                                     "create",  "drop",     "alter",  "replace", "call",
                                     "execute", "truncate", "grant",  "revoke"};
/* Functions of these names too: replace(x, 'a', 'b'). */
static const char *const FUNCTIONS_TOO[] = {"replace", "truncate", "merge"};
/* Table functions and functions that run text elsewhere, where nobody sees what it does. */
static const char *const PASS_ON[] = {"raw_query",   "remote_query", "http_request",
                                      "java_method", "reflect",      "try_reflect"};
static const char *const PASS_ON_QUALIFIED[] = {"query"};

static int refuse(struct mu_err *err, const struct token *token, const char *why) {
  char word[32] = "";
  size_t n = token->n < sizeof word - 1 ? token->n : sizeof word - 1;
  memcpy(word, token->at, n);
  return mu_fail(err, MU_E_CONFIG, "a statement that only reads is expected: '%s' %s", word, why);
}

static struct token peek(const struct reader *r) {
  struct reader ahead = *r;
  return take(&ahead);
}

static int check_word(const struct reader *r, const struct token *word, bool after_dot,
                      bool only_names, struct mu_err *err) {
  bool is_call = peek(r).kind == OPEN;
  if (is_call && (is_among(word, PASS_ON, MU_LEN(PASS_ON)) ||
                  (after_dot && is_among(word, PASS_ON_QUALIFIED, MU_LEN(PASS_ON_QUALIFIED))))) {
    return refuse(err, word, "hands text to somebody else to run");
  }
  if (word->kind != WORD || after_dot || only_names || !is_among(word, WRITES, MU_LEN(WRITES)) ||
      (is_call && is_among(word, FUNCTIONS_TOO, MU_LEN(FUNCTIONS_TOO)))) {
    return 0;
  }
  return refuse(err, word, "writes; where it is a name, quote it");
}

static struct token first_word(struct reader *r) {
  struct token token = take(r);
  while (token.kind == OPEN) {
    token = take(r);
  }
  return token;
}

int mu_sql_reads(const char *engine, const char *text, struct mu_arena *arena, const char **out,
                 struct mu_err *err) {
  struct reader r = {mu_sql_engine_find(engine), text};
  if (!r.engine) {
    return mu_fail(err, MU_E_CONFIG, "engine '%s' is none of %s", engine, mu_sql_engines);
  }
  if (strlen(text) > MU_SQL_MAX_STATEMENT) {
    return mu_fail(err, MU_E_LIMIT, "a statement over the cap of %d bytes", MU_SQL_MAX_STATEMENT);
  }
  struct token token = first_word(&r);
  if (token.kind != WORD || !is_among(&token, READS, MU_LEN(READS))) {
    return refuse(err, &token, "is none of SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE, EXPLAIN");
  }
  bool only_names = is_among(&token, ONLY_NAMES, MU_LEN(ONLY_NAMES)), after_dot = false;
  enum kind before = WORD;
  for (token = take(&r); token.kind != END && token.kind != SEMICOLON; token = take(&r)) {
    if (token.kind == BROKEN) {
      return mu_fail(err, MU_E_CONFIG, "the statement ends inside a quote or a comment");
    }
    if ((token.kind == WORD || token.kind == NAME) &&
        check_word(&r, &token, after_dot, only_names, err) != 0) {
      return -1;
    }
    after_dot = token.kind == DOT && before != NUMBER; /* t.update is a column, 1. a number */
    before = token.kind;
  }
  if (token.kind == SEMICOLON && take(&r).kind != END) {
    return mu_fail(err, MU_E_CONFIG, "more than one statement: there is something behind the ';'");
  }
  *out = mu_arena_strn(arena, text, (size_t)(token.at - text));
  return 0;
}

/* ---- names ---- */

static void add_quoted(struct mu_str *out, char quote, const char *name) {
  mu_str_addc(out, quote);
  for (; *name; name++) {
    if (*name == quote) {
      mu_str_addc(out, quote);
    }
    mu_str_addc(out, *name);
  }
  mu_str_addc(out, quote);
}

void mu_sql_add_name(struct mu_str *out, const char *engine, const char *name) {
  const struct mu_sql_engine *found = mu_sql_engine_find(engine);
  add_quoted(out, found ? found->quote : '"', name);
}

/* One part of a name, bare or in quotes of either kind; moves *text behind it. */
static const char *take_part(const char **text, struct mu_arena *arena) {
  const char *at = *text;
  char quote = *at;
  if (quote != '"' && quote != '`') {
    size_t n = strcspn(at, ".\"`'; \t\r\n()");
    *text = at + n;
    return n > 0 ? mu_arena_strn(arena, at, n) : NULL;
  }
  MU_STR(part, NAME_MAX_BYTES);
  for (at++; *at && (*at != quote || at[1] == quote); at++) {
    at += *at == quote;
    mu_str_addc(&part, *at);
  }
  if (*at != quote || part.n == 0 || part.failed) {
    return NULL;
  }
  *text = at + 1;
  return mu_str_copy(&part, arena);
}

int mu_sql_count(const char *engine, const char *table, const char *snapshot,
                 struct mu_arena *arena, const char **out, struct mu_err *err) {
  const struct mu_sql_engine *found = mu_sql_engine_find(engine);
  const char *at = table;
  size_t parts = 0;
  int64_t version = 0;
  if (!found) {
    return mu_fail(err, MU_E_CONFIG, "engine '%s' is none of %s", engine, mu_sql_engines);
  }
  if (snapshot && (mu_num_parse_i64(snapshot, &version) != 0 || version < 0)) {
    return mu_fail(err, MU_E_CONFIG, "snapshot '%s' is not a number", snapshot);
  }
  MU_STR(text, 8 * NAME_MAX_BYTES);
  mu_str_add(&text, "SELECT count(*) FROM ");
  for (bool more = true; more && parts <= NAME_PARTS; parts++) {
    const char *part = take_part(&at, arena);
    more = part && *at == '.';
    if (!part || (*at && !more)) {
      return mu_fail(err, MU_E_CONFIG,
                     "'%s' is not the name of a table; write catalog.schema.table, a part with odd "
                     "characters in double quotes",
                     table);
    }
    add_quoted(&text, found->quote, part);
    if (more) {
      mu_str_addc(&text, '.');
      at++;
    }
  }
  if (parts > NAME_PARTS || text.failed) {
    return mu_fail(err, MU_E_CONFIG, "'%s' has more than %d parts; quote a part that holds dots",
                   table, NAME_PARTS);
  }
  if (snapshot) {
    mu_str_addf(&text, "%s%lld", found->version_as, (long long)version);
  }
  *out = mu_str_copy(&text, arena);
  return 0;
}
