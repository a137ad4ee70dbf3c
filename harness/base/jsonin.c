/* SPDX-License-Identifier: Apache-2.0 */
/* The second stage of the reader: the grammar over the index that jsonin_scan.c makes. One
 * automaton, in two forms: passing over a value, and writing it down as a tape. Brackets are
 * remembered in an array of bounded depth, never on the call stack. */
#include "base/jsonin.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { TAPE_NODES = 1 << 27 }; /* of 16 bytes */

static void fail_at(struct mu_jsonin *in, size_t at, const char *what) {
  if (!in->what || at < in->what_at) {
    in->what = what;
    in->what_at = at;
  }
}

void mu_jsonin_init(struct mu_jsonin *in, const char *text, size_t n) {
  MU_ASSERT(n <= MU_JSONIN_MAX);
  memset(in, 0, offsetof(struct mu_jsonin, index));
  in->text = text;
  in->n = n;
  in->by = mu_jsonin_best();
}

void mu_jsonin_breathe(struct mu_jsonin *in, void (*breathe)(void *ctx), void *ctx) {
  in->breathe = breathe;
  in->breathe_ctx = ctx;
  in->breathed = in->scanned;
}

bool mu_jsonin_refuse(struct mu_jsonin *in, size_t at, const char *what) {
  fail_at(in, at, what);
  return false;
}

bool mu_jsonin_failed(const struct mu_jsonin *in) {
  return in->what != NULL;
}

/* The position of the next token; n at the end. */
static inline uint32_t next(struct mu_jsonin *in) {
  if (in->i == in->have && !mu_jsonin_scan(in)) {
    return (uint32_t)in->n;
  }
  return in->index[in->i++];
}

static inline char byte(const struct mu_jsonin *in, uint32_t at) {
  return at < in->n ? in->text[at] : '\0';
}

static inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Bytes that end a number or a literal. */
static inline bool is_delimiter(char c) {
  return c == ',' || c == '}' || c == ']' || (unsigned char)c <= 0x20 || c == ':' || c == '"' ||
         c == '[' || c == '{';
}

/* The length of the number at `text`, 0 where it is none. */
static size_t number_length(const char *text, size_t n) {
  size_t i = 0;
  if (i < n && text[i] == '-') {
    i++;
  }
  if (i >= n || !is_digit(text[i])) {
    return 0;
  }
  if (text[i] == '0') {
    i++;
  } else {
    while (i < n && is_digit(text[i])) {
      i++;
    }
  }
  if (i < n && text[i] == '.') {
    if (++i >= n || !is_digit(text[i])) {
      return 0;
    }
    while (i < n && is_digit(text[i])) {
      i++;
    }
  }
  if (i < n && (text[i] == 'e' || text[i] == 'E')) {
    i++;
    if (i < n && (text[i] == '+' || text[i] == '-')) {
      i++;
    }
    if (i >= n || !is_digit(text[i])) {
      return 0;
    }
    while (i < n && is_digit(text[i])) {
      i++;
    }
  }
  return i;
}

bool mu_jsonin_is_num(const char *text, size_t n) {
  return n > 0 && number_length(text, n) == n;
}

static inline bool is_word(const char *text, size_t left, const char *word, size_t n) {
  return left >= n && memcmp(text, word, n) == 0;
}

/* The length of the number or literal at `text`, `left` bytes before the end; 0: it is neither. */
static inline size_t scalar_length(const char *text, size_t left, enum mu_jkind *kind) {
  size_t n = 0;
  switch (*text) {
  case 't':
    n = is_word(text, left, "true", 4) ? 4 : 0;
    *kind = MU_JTRUE;
    break;
  case 'f':
    n = is_word(text, left, "false", 5) ? 5 : 0;
    *kind = MU_JFALSE;
    break;
  case 'n':
    n = is_word(text, left, "null", 4) ? 4 : 0;
    *kind = MU_JNULL;
    break;
  default:
    n = number_length(text, left);
    *kind = MU_JNUM;
  }
  return n == left || is_delimiter(text[n]) ? n : 0;
}

/* ---- The automaton ---- */

/* The walk keeps all that changes in a structure of its own, whose address never leaves the
 * function that all of these are inlined into: so it lives in registers. */
#define MU_INLINE static inline __attribute__((always_inline))

/* Tokens are pointers into the text; behind the last one comes this byte, which begins nothing. */
static const char end_of_text = '\0';

struct walk {
  struct mu_jsonin *in;
  const char *text;
  const uint32_t *next, *stop; /* what is left of the index */
  struct mu_jtape *tape;       /* NULL: only pass over */
  struct mu_jnode *node;       /* the next to write; there is room for what is left of the index */
  uint32_t leaves, depth;
  bool in_object; /* the innermost container is one */
};

/* Room for `more` nodes. */
static bool tape_room(struct mu_jtape *tape, uint32_t more) {
  if (tape->at && tape->cap - tape->n >= more) {
    return true;
  }
  if (tape->n > TAPE_NODES - more) {
    return false;
  }
  uint32_t cap = tape->cap ? tape->cap * 2 : 256;
  cap = cap > tape->n + more ? cap : tape->n + more;
  struct mu_jnode *at = realloc(tape->at, (size_t)cap * sizeof *at);
  if (!at) {
    MU_BUG("out of memory (%zu bytes)", (size_t)cap * sizeof *at);
  }
  tape->at = at;
  tape->cap = cap;
  return true;
}

/* Something is left of the index, and the tape has room for it: each token makes one node at most.
 */
static __attribute__((noinline)) bool fill(struct mu_jsonin *in, struct mu_jtape *tape) {
  if (in->i == in->have && !mu_jsonin_scan(in)) {
    return false;
  }
  if (tape && !tape_room(tape, in->have - in->i)) {
    fail_at(in, in->index[in->i], "too many values");
    in->i = in->have;
    return false;
  }
  return true;
}

/* From what the walk sees of the reader and the tape to these, and back. */
MU_INLINE void give(const struct walk *w) {
  w->in->i = (uint32_t)(w->next - w->in->index);
  if (w->tape) {
    w->tape->n = (uint32_t)(w->node - w->tape->at);
  }
}

MU_INLINE void get(struct walk *w) {
  w->next = w->in->index + w->in->i;
  w->stop = w->in->index + w->in->have;
  w->node = w->tape ? w->tape->at + w->tape->n : NULL;
}

MU_INLINE const char *take(struct walk *w) {
  if (w->next == w->stop) {
    give(w);
    bool more = fill(w->in, w->tape);
    get(w);
    if (!more) {
      return &end_of_text;
    }
  }
  return w->text + *w->next++;
}

/* Says what is wrong at a token. False, for the caller to return. */
MU_INLINE bool wrong(const struct walk *w, const char *token, const char *what) {
  return mu_jsonin_refuse(w->in, token == &end_of_text ? w->in->n : (size_t)(token - w->text),
                          what);
}

MU_INLINE void put(struct walk *w, enum mu_jkind kind, const char *at, size_t n) {
  if (w->tape) {
    *w->node = (struct mu_jnode){.at = (uint32_t)(at - w->text),
                                 .n = (uint32_t)n,
                                 .next = (uint32_t)(w->node - w->tape->at) + 1,
                                 .kind = (unsigned)kind & 0xf,
                                 .leaves = kind == MU_JKEY ? 0 : 1};
    w->node++;
    w->leaves += kind == MU_JKEY ? 0 : 1;
  }
}

MU_INLINE bool enter_container(struct walk *w, const char *at) {
  if (w->depth == MU_JSONIN_DEPTH) {
    return wrong(w, at, "nested too deeply (more than 512 levels)");
  }
  struct mu_jframe *around = &w->in->around[w->depth++];
  around->in_object = w->in_object;
  w->in_object = *at == '{';
  if (w->tape) {
    around->node = (uint32_t)(w->node - w->tape->at);
    around->leaves = w->leaves;
    put(w, *at == '{' ? MU_JOBJECT : MU_JARRAY, at, 0);
    w->leaves = 0;
  }
  return true;
}

MU_INLINE void leave_container(struct walk *w, const char *at) {
  const struct mu_jframe *around = &w->in->around[--w->depth];
  w->in_object = around->in_object;
  if (w->tape) {
    struct mu_jnode *node = &w->tape->at[around->node];
    uint32_t inside = w->leaves ? w->leaves : 1; /* an empty container is a leaf */
    node->n = (uint32_t)(at - w->text) + 1 - node->at;
    node->next = (uint32_t)(w->node - w->tape->at);
    node->leaves = inside & 0x0fffffff;
    w->leaves = around->leaves + inside;
  }
}

/* A string by its opening quote. The scanner lets nothing else than the closing one follow. */
MU_INLINE bool take_string(struct walk *w, const char *at, enum mu_jkind kind) {
  const char *end = take(w);
  if (*end != '"') {
    return wrong(w, at, "a string that does not end");
  }
  put(w, kind, at + 1, (size_t)(end - at - 1));
  return true;
}

MU_INLINE bool take_key(struct walk *w, const char *at) {
  if (*at != '"') {
    return wrong(w, at, "a key in quotes is missing");
  }
  if (!take_string(w, at, MU_JKEY)) {
    return false;
  }
  const char *colon = take(w);
  return *colon == ':' || wrong(w, colon, "a colon is missing");
}

MU_INLINE bool take_scalar(struct walk *w, const char *at, const char **end) {
  if (at == &end_of_text) {
    return wrong(w, at, "the text ends in the middle of a value");
  }
  enum mu_jkind kind = MU_JNULL;
  size_t n = scalar_length(at, w->in->n - (size_t)(at - w->text), &kind);
  if (n == 0) {
    return wrong(w, at, "no JSON value");
  }
  put(w, kind, at, n);
  *end = at + n;
  return true;
}

/* Behind a value: closes what ends here, up to the next value. Then *at is its first token; NULL:
 * the outermost value is complete. */
MU_INLINE bool to_next_value(struct walk *w, const char **at, const char **end) {
  while (w->depth > 0) {
    const char *token = take(w);
    if (*token == ',') {
      *at = take(w);
      if (w->in_object) {
        if (!take_key(w, *at)) {
          return false;
        }
        *at = take(w);
      }
      return true;
    }
    if (*token != (w->in_object ? '}' : ']')) {
      return wrong(w, token,
                   token == &end_of_text ? "the text ends too early"
                                         : "a comma or a closing bracket is missing");
    }
    leave_container(w, token);
    *end = token + 1;
  }
  *at = NULL;
  return true;
}

/* Into a container: to its first value, or, where it is empty, behind it (*at is NULL). */
MU_INLINE bool to_first_value(struct walk *w, const char **at, const char **end) {
  const char *open = *at;
  if (!enter_container(w, open)) {
    return false;
  }
  *at = take(w);
  if (**at == (*open == '{' ? '}' : ']')) {
    leave_container(w, *at);
    *end = *at + 1;
    *at = NULL;
  } else if (*open == '{') {
    if (!take_key(w, *at)) {
      return false;
    }
    *at = take(w);
  }
  return true;
}

/* From the first token of a value to behind its last. */
MU_INLINE bool walk_value(struct walk *w, const char *at, const char **end) {
  for (;;) {
    if (*at == '{' || *at == '[') {
      if (!to_first_value(w, &at, end)) {
        return false;
      }
      if (at) {
        continue;
      }
    } else if (*at == '"') {
      if (!take_string(w, at, MU_JSTR)) {
        return false;
      }
      *end = w->text + w->next[-1] + 1;
    } else if (!take_scalar(w, at, end)) {
      return false;
    }
    if (!to_next_value(w, &at, end)) {
      return false;
    }
    if (!at) {
      return true;
    }
  }
}

MU_INLINE bool walk(struct mu_jsonin *in, struct mu_jtape *tape, struct mu_span *span) {
  struct walk w = {.in = in, .text = in->text, .tape = tape};
  if (!fill(in, tape)) {
    fail_at(in, in->n, "the text ends in the middle of a value");
    return false;
  }
  get(&w);
  const char *first = take(&w), *end = first;
  bool good = walk_value(&w, first, &end);
  give(&w);
  if (!good || in->what) {
    return false;
  }
  *span = (struct mu_span){.at = (uint32_t)(first - w.text), .n = (uint32_t)(end - first)};
  return true;
}

static bool walk_over(struct mu_jsonin *in, struct mu_span *span) {
  return walk(in, NULL, span);
}

static bool walk_tape(struct mu_jsonin *in, struct mu_jtape *tape, struct mu_span *span) {
  return walk(in, tape, span);
}

/* ---- Pull ---- */

char mu_jsonin_peek(struct mu_jsonin *in) {
  if (in->what || (in->i == in->have && !mu_jsonin_scan(in))) {
    return '\0';
  }
  return in->text[in->index[in->i]];
}

static bool enter(struct mu_jsonin *in, char bracket, const char *what) {
  if (mu_jsonin_peek(in) != bracket) {
    fail_at(in, in->i < in->have ? in->index[in->i] : in->n, what);
    return false;
  }
  in->i++;
  in->first = true;
  return true;
}

bool mu_jsonin_object(struct mu_jsonin *in) {
  return enter(in, '{', "an object should stand here");
}

bool mu_jsonin_array(struct mu_jsonin *in) {
  return enter(in, '[', "an array should stand here");
}

/* Takes a comma where one must stand, or the closing bracket. True: an element follows. */
static bool advance(struct mu_jsonin *in, char close) {
  char c = mu_jsonin_peek(in);
  if (c == close) {
    in->i++;
    in->first = false;
    return false;
  }
  if (!in->first) {
    if (c != ',') {
      fail_at(in, in->i < in->have ? in->index[in->i] : in->n,
              c ? "a comma or a closing bracket is missing" : "the text ends too early");
      return false;
    }
    in->i++;
  }
  in->first = false;
  return !in->what;
}

bool mu_jsonin_element(struct mu_jsonin *in) {
  return advance(in, ']');
}

static bool string(struct mu_jsonin *in, uint32_t at, struct mu_span *span) {
  uint32_t end = next(in);
  if (byte(in, end) != '"') {
    fail_at(in, at, "a string that does not end");
    return false;
  }
  *span = (struct mu_span){.at = at + 1, .n = end - at - 1};
  return !in->what;
}

/* The common case, all four tokens at hand: a comma, a key in quotes, a colon. */
static inline bool next_member(struct mu_jsonin *in, struct mu_span *key) {
  const uint32_t *at = in->index + in->i;
  if (in->have - in->i < 4 || in->first || in->what || in->text[at[0]] != ',' ||
      in->text[at[1]] != '"' || in->text[at[3]] != ':') {
    return false;
  }
  *key = (struct mu_span){.at = at[1] + 1, .n = at[2] - at[1] - 1};
  in->i += 4;
  return true;
}

bool mu_jsonin_member(struct mu_jsonin *in, struct mu_span *key) {
  if (next_member(in, key)) {
    return true;
  }
  if (!advance(in, '}')) {
    return false;
  }
  uint32_t at = next(in);
  if (byte(in, at) != '"') {
    fail_at(in, at, "a key in quotes is missing");
    return false;
  }
  if (!string(in, at, key)) {
    return false;
  }
  uint32_t colon = next(in);
  if (byte(in, colon) != ':') {
    fail_at(in, colon, "a colon is missing");
    return false;
  }
  return true;
}

bool mu_jsonin_skip(struct mu_jsonin *in, struct mu_span *span) {
  struct mu_span passed = {0};
  if (in->what || !walk_over(in, &passed)) {
    return false;
  }
  in->first = false;
  if (span) {
    *span = passed;
  }
  return true;
}

bool mu_jsonin_str(struct mu_jsonin *in, struct mu_span *span) {
  if (mu_jsonin_peek(in) != '"') {
    fail_at(in, in->i < in->have ? in->index[in->i] : in->n, "a string should stand here");
    return false;
  }
  return string(in, next(in), span);
}

bool mu_jsonin_true(struct mu_jsonin *in) {
  struct mu_span span = {0};
  return mu_jsonin_skip(in, &span) && span.n == 4 && memcmp(in->text + span.at, "true", 4) == 0;
}

bool mu_jsonin_end(struct mu_jsonin *in) {
  if (in->what) {
    return false;
  }
  if (mu_jsonin_peek(in) != '\0') {
    fail_at(in, in->index[in->i], "text behind the value");
  }
  return !in->what;
}

int mu_jsonin_error(const struct mu_jsonin *in, const struct mu_jsonin_text *skipped,
                    struct mu_err *err) {
  size_t line = 1 + (skipped ? skipped->lines_skipped : 0);
  size_t end = in->what_at < in->n ? in->what_at : in->n;
  const char *start = in->text;
  for (const char *p; (p = memchr(start, '\n', (size_t)(in->text + end - start)));) {
    line++;
    start = p + 1;
  }
  enum mu_errc code = in->what && strstr(in->what, "too deeply") ? MU_E_LIMIT : MU_E_INPUT;
  return mu_fail(err, code, "line %zu, column %zu (byte %zu): %s", line,
                 (size_t)(in->text + end - start) + 1, end + (skipped ? skipped->bytes_skipped : 0),
                 in->what ? in->what : "no error");
}

/* ---- Tape ---- */

bool mu_jtape_read(struct mu_jtape *tape, struct mu_jsonin *in, const char *text,
                   struct mu_span span) {
  tape->text = text;
  tape->n = 0;
  mu_jsonin_init(in, text, (size_t)span.at + span.n);
  in->scanned = span.at;
  struct mu_span value = {0};
  bool good = walk_tape(in, tape, &value) && mu_jsonin_end(in);
  tape->escapes = in->carry.escapes;
  return good && !in->what;
}

void mu_jtape_free(struct mu_jtape *tape) {
  free(tape->at);
  *tape = (struct mu_jtape){0};
}
