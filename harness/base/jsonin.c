/* SPDX-License-Identifier: Apache-2.0 */
/* The second stage of the reader: the grammar over the index that jsonin_scan.c makes. One
 * automaton, in two forms: passing over a value, and writing it down as a tape. Brackets are
 * remembered in an array of bounded depth, never on the call stack. */
#include "base/jsonin.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

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
  return (unsigned char)c <= 0x20 || c == ',' || c == ']' || c == '}' || c == ':' || c == '"' ||
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

/* The length of the number or literal at `at`; 0 (and an error) where it is neither. */
static inline uint32_t scalar(struct mu_jsonin *in, uint32_t at, enum mu_jkind *kind) {
  static const struct {
    char text[8];
    uint32_t n;
    enum mu_jkind kind;
  } words[] = {{"true", 4, MU_JTRUE}, {"false", 5, MU_JFALSE}, {"null", 4, MU_JNULL}};
  size_t left = in->n - at;
  size_t n = 0;
  if (at >= in->n) {
    fail_at(in, in->n, "the text ends in the middle of a value");
    return 0;
  }
  char c = in->text[at];
  if (c == 't' || c == 'f' || c == 'n') {
    size_t w = c == 't' ? 0 : c == 'f' ? 1 : 2;
    if (left >= words[w].n && memcmp(in->text + at, words[w].text, words[w].n) == 0) {
      n = words[w].n;
      *kind = words[w].kind;
    }
  } else {
    n = number_length(in->text + at, left);
    *kind = MU_JNUM;
  }
  if (n == 0 || (n < left && !is_delimiter(in->text[at + n]))) {
    fail_at(in, at, "no JSON value");
    return 0;
  }
  return (uint32_t)n;
}

/* ---- The automaton ---- */

static bool tape_room(struct mu_jtape *tape) {
  uint32_t cap = tape->cap ? tape->cap * 2 : 256;
  if (tape->cap > UINT32_MAX / 2 / sizeof *tape->at) {
    return false;
  }
  struct mu_jnode *at = realloc(tape->at, (size_t)cap * sizeof *at);
  if (!at) {
    MU_BUG("out of memory (%zu bytes)", (size_t)cap * sizeof *at);
  }
  tape->at = at;
  tape->cap = cap;
  return true;
}

static inline bool tape_add(struct mu_jtape *tape, enum mu_jkind kind, uint32_t at, uint32_t n) {
  if (tape->n == tape->cap && !tape_room(tape)) {
    return false;
  }
  uint32_t self = tape->n++;
  tape->at[self] = (struct mu_jnode){.at = at,
                                     .n = n,
                                     .next = self + 1,
                                     .kind = (unsigned)kind & 0xf,
                                     .leaves = kind == MU_JKEY ? 0 : 1};
  return true;
}

struct frame {
  uint32_t node;   /* of the tape */
  uint32_t leaves; /* counted so far around it */
};

struct walk {
  struct mu_jsonin *in;
  struct mu_jtape *tape; /* NULL: only pass over */
  uint32_t leaves;
  uint32_t depth;
  uint64_t is_object[MU_JSONIN_DEPTH / 64];
  struct frame stack[MU_JSONIN_DEPTH];
};

static inline __attribute__((always_inline)) bool open_container(struct walk *w, bool is_object,
                                                                 uint32_t at) {
  if (w->depth == MU_JSONIN_DEPTH) {
    fail_at(w->in, at, "nested too deeply (more than 512 levels)");
    return false;
  }
  uint64_t bit = UINT64_C(1) << (w->depth % 64);
  uint64_t *word = &w->is_object[w->depth / 64];
  *word = is_object ? *word | bit : *word & ~bit;
  if (w->tape) {
    w->stack[w->depth] = (struct frame){.node = w->tape->n, .leaves = w->leaves};
    w->leaves = 0;
    if (!tape_add(w->tape, is_object ? MU_JOBJECT : MU_JARRAY, at, 0)) {
      fail_at(w->in, at, "too many values");
      return false;
    }
  }
  w->depth++;
  return true;
}

static inline __attribute__((always_inline)) void close_container(struct walk *w, uint32_t at) {
  w->depth--;
  if (w->tape) {
    struct frame *frame = &w->stack[w->depth];
    struct mu_jnode *node = &w->tape->at[frame->node];
    uint32_t inside = w->leaves ? w->leaves : 1; /* an empty container is a leaf */
    node->n = at + 1 - node->at;
    node->next = w->tape->n;
    node->leaves = inside & 0x0fffffff;
    w->leaves = frame->leaves + inside;
  }
}

static inline bool in_object(const struct walk *w) {
  return w->is_object[(w->depth - 1) / 64] >> ((w->depth - 1) % 64) & 1;
}

/* A string whose opening quote stands at `at`. */
static inline __attribute__((always_inline)) bool take_string(struct walk *w, uint32_t at,
                                                              bool key) {
  uint32_t end = next(w->in);
  if (byte(w->in, end) != '"') {
    fail_at(w->in, at, "a string that does not end");
    return false;
  }
  if (w->tape) {
    w->leaves += key ? 0 : 1;
    if (!tape_add(w->tape, key ? MU_JKEY : MU_JSTR, at + 1, end - at - 1)) {
      fail_at(w->in, at, "too many values");
      return false;
    }
  }
  return true;
}

static inline __attribute__((always_inline)) bool take_key(struct walk *w, uint32_t at) {
  if (byte(w->in, at) != '"') {
    fail_at(w->in, at, "a key in quotes is missing");
    return false;
  }
  if (!take_string(w, at, true)) {
    return false;
  }
  uint32_t colon = next(w->in);
  if (byte(w->in, colon) != ':') {
    fail_at(w->in, colon, "a colon is missing");
    return false;
  }
  return true;
}

static inline __attribute__((always_inline)) bool take_scalar(struct walk *w, uint32_t at,
                                                              uint32_t *end) {
  enum mu_jkind kind = MU_JNULL;
  uint32_t n = scalar(w->in, at, &kind);
  if (n == 0) {
    return false;
  }
  *end = at + n;
  if (w->tape) {
    w->leaves++;
    if (!tape_add(w->tape, kind, at, n)) {
      fail_at(w->in, at, "too many values");
      return false;
    }
  }
  return true;
}

/* Behind a value inside a container: 1 another value follows, 0 the outermost container is closed,
 * -1 error. */
static inline __attribute__((always_inline)) int after_value(struct walk *w, uint32_t *end) {
  while (w->depth > 0) {
    uint32_t at = next(w->in);
    char c = byte(w->in, at);
    bool object = in_object(w);
    if (c == ',') {
      return !object || take_key(w, next(w->in)) ? 1 : -1;
    }
    if (c != (object ? '}' : ']')) {
      fail_at(w->in, at,
              at >= w->in->n ? "the text ends too early"
                             : "a comma or a closing bracket is missing");
      return -1;
    }
    close_container(w, at);
    *end = at + 1;
  }
  return 0;
}

/* From the first token of a value (at `at`) to its last. */
static inline __attribute__((always_inline)) bool walk_value(struct walk *w, uint32_t at,
                                                             uint32_t *end) {
  struct mu_jsonin *in = w->in;
  for (;;) {
    char c = byte(in, at);
    *end = at + 1;
    if (c == '{' || c == '[') {
      if (!open_container(w, c == '{', at)) {
        return false;
      }
      at = next(in);
      if (byte(in, at) == (c == '{' ? '}' : ']')) {
        close_container(w, at);
        *end = at + 1;
      } else {
        if (c == '{') {
          if (!take_key(w, at)) {
            return false;
          }
          at = next(in);
        }
        continue;
      }
    } else if (c == '"') {
      if (!take_string(w, at, false)) {
        return false;
      }
      *end = in->index[in->i - 1] + 1;
    } else if (!take_scalar(w, at, end)) {
      return false;
    }
    int more = after_value(w, end);
    if (more <= 0) {
      return more == 0;
    }
    at = next(in);
  }
}

static bool walk_over(struct mu_jsonin *in, uint32_t at, uint32_t *end) {
  struct walk w;
  w.in = in;
  w.tape = NULL;
  w.depth = 0;
  return walk_value(&w, at, end);
}

static bool walk_tape(struct mu_jsonin *in, struct mu_jtape *tape, uint32_t at, uint32_t *end) {
  struct walk w;
  w.in = in;
  w.tape = tape;
  w.depth = 0;
  w.leaves = 0;
  return walk_value(&w, at, end);
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

bool mu_jsonin_member(struct mu_jsonin *in, struct mu_span *key) {
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
  if (in->what) {
    return false;
  }
  uint32_t at = next(in), end = at;
  if (!walk_over(in, at, &end) || in->what) {
    return false;
  }
  in->first = false;
  if (span) {
    *span = (struct mu_span){.at = at, .n = end - at};
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
  uint32_t at = next(in), end = at;
  bool good = walk_tape(in, tape, at, &end) && mu_jsonin_end(in);
  tape->escapes = in->escapes;
  return good && !in->what;
}

void mu_jtape_free(struct mu_jtape *tape) {
  free(tape->at);
  *tape = (struct mu_jtape){0};
}
