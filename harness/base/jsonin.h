/* SPDX-License-Identifier: Apache-2.0 */
/* Streaming reader of exact JSON (RFC 8259), for plans and states: hundreds of megabytes, numbers
 * of any length kept as text, NUL in strings. It works on the caller's bytes (a mapped file, say),
 * which must outlive everything that is taken from them, allocates nothing for what is skipped,
 * checks the grammar of every byte, and reports damage with line, column and byte.
 *
 * Two ways to read, which can be mixed: pull (object, member, array, element, str, skip), and a
 * tape: one value as a flat array of 16-byte nodes. Errors are sticky in the reader: pull on, ask
 * once (mu_jsonin_failed). */
#ifndef MU_BASE_JSONIN_H
#define MU_BASE_JSONIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;

enum {
  MU_JSONIN_DEPTH = 512,   /* levels; Terraform's own types stay below 50 */
  MU_JSONIN_WINDOW = 8192, /* bytes indexed at a time: the index stays in the first-level cache */
  MU_JSONIN_BREATH = 8 * 1024 * 1024, /* bytes between two calls of `breathe` */
};
#define MU_JSONIN_MAX ((size_t)UINT32_MAX - 1) /* positions are 32 bits wide */

/* A piece of the text. For strings without the quotes, escapes as they stand. */
struct mu_span {
  uint32_t at, n;
};

/* What scans: the best that the processor has, unless a test asks for another. */
enum mu_jsonin_by {
  MU_JSONIN_PLAIN,
  MU_JSONIN_SSE2,
  MU_JSONIN_AVX2,
  MU_JSONIN_AVX512,
  MU_JSONIN_NEON,
  MU_JSONIN_BY_N_
};

/* What the scanner carries from one block of 64 bytes to the next. */
struct mu_jsonin_carry {
  uint64_t in_string, escaped, scalar;
  bool escapes; /* a backslash was seen in what was scanned */
};

/* A container that is open: what was known around it. */
struct mu_jframe {
  uint32_t node;   /* of the tape */
  uint32_t leaves; /* counted so far around it */
  bool in_object;
};

struct mu_jsonin {
  const char *text;
  size_t n;
  size_t scanned; /* how far the index reaches */
  struct mu_jsonin_carry carry;
  uint32_t utf8_left, utf8_min, utf8_code;
  enum mu_jsonin_by by;
  bool first;       /* right behind { or [ */
  const char *what; /* the first error, and where */
  size_t what_at;
  void (*breathe)(void *ctx); /* NULL: none */
  void *breathe_ctx;
  size_t breathed; /* how far the index had reached at the last call */
  uint32_t i, have;
  uint32_t index[MU_JSONIN_WINDOW + 64];
  struct mu_jframe around[MU_JSONIN_DEPTH];
};

/* ---- The bytes as they come: byte order marks, UTF-16 with or without one (transcoded into the
 * arena), lines of a log or of a wrapper before the first `{`. Pure text in, text out; MU_E_INPUT
 * names what it is where it cannot be JSON. ---- */
struct mu_jsonin_text {
  const char *text; /* UTF-8, borrowed from the input or the arena */
  size_t n;
  const char *encoding;                /* "UTF-8", "UTF-16LE", "UTF-16BE" */
  size_t lines_skipped, bytes_skipped; /* in front of the JSON */
};
MU_CHECKED int mu_jsonin_open(const char *bytes, size_t n, struct mu_arena *arena,
                              struct mu_jsonin_text *out, struct mu_err *err);

/* ---- Pull. The text is borrowed; n at most MU_JSONIN_MAX. ---- */
void mu_jsonin_init(struct mu_jsonin *in, const char *text, size_t n);
/* `breathe` is called every few megabytes from here on: a chance for the owner of the text to give
 * back memory that can be had again, such as the pages of a mapped file. */
void mu_jsonin_breathe(struct mu_jsonin *in, void (*breathe)(void *ctx), void *ctx);
/* The first byte of the next value or closing bracket: '{' '[' '"' '}' ']' '-' '0'-'9' 't' 'f' 'n';
 * 0 at the end or on error. */
char mu_jsonin_peek(struct mu_jsonin *in);
bool mu_jsonin_object(
    struct mu_jsonin *in); /* enters; false (and an error) where the next value is no object */
bool mu_jsonin_array(struct mu_jsonin *in);
bool mu_jsonin_member(struct mu_jsonin *in,
                      struct mu_span *key);   /* false: the object was closed, or an error */
bool mu_jsonin_element(struct mu_jsonin *in); /* false: the array was closed, or an error */
/* Any value, passed over with its grammar checked; *span (may be NULL) is its text, strings with
 * their quotes here. */
bool mu_jsonin_skip(struct mu_jsonin *in, struct mu_span *span);
bool mu_jsonin_str(struct mu_jsonin *in,
                   struct mu_span *span); /* false and an error where it is no string */
/* A literal true; anything else is passed over and false. */
bool mu_jsonin_true(struct mu_jsonin *in);
/* Nothing but white space is left. An error otherwise. */
bool mu_jsonin_end(struct mu_jsonin *in);
bool mu_jsonin_failed(const struct mu_jsonin *in);
/* The reader of a format found something wrong at byte `at`: as if the grammar had. `what` is a
 * constant. Returns false. */
bool mu_jsonin_refuse(struct mu_jsonin *in, size_t at, const char *what);
/* "line 3, column 17 (byte 4711): what"; -1, MU_E_INPUT (MU_E_LIMIT for the depth). `skipped`: as
 * given by mu_jsonin_open, or NULL. */
int mu_jsonin_error(const struct mu_jsonin *in, const struct mu_jsonin_text *skipped,
                    struct mu_err *err);

/* ---- Tape. ---- */
enum mu_jkind { MU_JNULL, MU_JFALSE, MU_JTRUE, MU_JNUM, MU_JSTR, MU_JARRAY, MU_JOBJECT, MU_JKEY };

struct mu_jnode {
  uint32_t at, n;                 /* its text; strings and keys without quotes */
  uint32_t next;                  /* the node behind it and all that is in it */
  uint32_t kind : 4, leaves : 28; /* leaves: scalars and empty containers inside, itself included */
};

/* Grows on the heap; the caller's to clear for reuse and to free. */
struct mu_jtape {
  const char *text;
  struct mu_jnode *at;
  uint32_t n, cap;
  bool escapes; /* some string of it may hold a backslash */
};
/* One value of `text` at `span` (0, n for all of it) as a tape: nodes in the order of the text,
 * at[0] the value. Keys come right before their values. false: `in` holds the error. `in` is
 * scratch: it is initialised here, and kept by the caller only for its size. */
MU_CHECKED bool mu_jtape_read(struct mu_jtape *tape, struct mu_jsonin *in, const char *text,
                              struct mu_span span);
void mu_jtape_free(struct mu_jtape *tape);

/* ---- Strings and numbers as they stand in the text. ---- */
/* Decodes escapes; returns the length, at most n, or SIZE_MAX for a bad escape. A lone surrogate
 * becomes U+FFFD. */
size_t mu_jsonin_decode(const char *raw, size_t n, char *out);
/* As a NUL-terminated copy in the arena (what follows a NUL inside is kept behind it); NULL for a
 * bad escape. */
char *mu_jsonin_copy(const char *raw, size_t n, struct mu_arena *arena);
/* Compares decoded: 0 equal, else the sign of memcmp. */
int mu_jsonin_str_cmp(const char *a, size_t a_n, const char *b, size_t b_n);
/* Exact decimal equality: 1.0 is 1, 1e2 is 100, whatever the length. Both must be JSON numbers. */
bool mu_jsonin_num_eq(const char *a, size_t a_n, const char *b, size_t b_n);
bool mu_jsonin_is_num(const char *text, size_t n);

/* Inside base only: fills the index with the next window. False at the end of the text. */
bool mu_jsonin_scan(struct mu_jsonin *in);
bool mu_jsonin_has(enum mu_jsonin_by by); /* can this processor scan so? */
enum mu_jsonin_by mu_jsonin_best(void);

#endif
