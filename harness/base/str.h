/* SPDX-License-Identifier: Apache-2.0 */
/* A growing string with a cap at birth. Failure (over the cap) is sticky: write on, ask once at
 * the end. The struct is the caller's; the bytes belong to it until mu_str_done() or
 * mu_str_take(). */
#ifndef MU_BASE_STR_H
#define MU_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;

struct mu_str {
  char *p; /* NUL-terminated once anything was added; NULL before */
  size_t n, alloc, cap;
  bool failed; /* something did not fit below the cap and was left out */
};

#define MU_STR_INIT(cap_bytes) ((struct mu_str){.cap = (cap_bytes)})
#define MU_STR(name, cap_bytes) struct mu_str name MU_CLEANUP(mu_str_done) = MU_STR_INIT(cap_bytes)

void mu_str_done(struct mu_str *s);
void mu_str_clear(struct mu_str *s); /* keeps the memory and the cap */
void mu_str_add(struct mu_str *s, const char *text);
void mu_str_addn(struct mu_str *s, const void *bytes, size_t n);
void mu_str_addc(struct mu_str *s, char c);
void mu_str_addf(struct mu_str *s, const char *fmt, ...) MU_PRINTF(2, 3);
/* n more bytes at the end for the caller to fill; NULL where they do not fit below the cap. */
char *mu_str_room(struct mu_str *s, size_t n);
const char *mu_str_get(const struct mu_str *s); /* never NULL */
char *mu_str_take(struct mu_str *s);            /* the caller frees; never NULL */
char *mu_str_copy(const struct mu_str *s, struct mu_arena *arena);

/* Quoting. JSON: with the quotes. XML/HTML: text or attribute value, invalid UTF-8 as U+FFFD,
 * characters that XML 1.0 forbids and terminal escape sequences dropped. Shell: one POSIX word. */
void mu_str_add_json(struct mu_str *s, const char *text, size_t n);
void mu_str_add_xml(struct mu_str *s, const char *text, size_t n);
void mu_str_add_shell(struct mu_str *s, const char *text);
/* For a terminal or a log line: control characters as \xNN, so that no input can move the
 * cursor. */
void mu_str_add_safe(struct mu_str *s, const char *text, size_t n);
void mu_str_add_base64(struct mu_str *s, const void *bytes, size_t n); /* RFC 4648, 4: padded */

/* Small questions that libc has no name for. */
bool mu_streq(const char *a, const char *b); /* NULL equals only NULL */
bool mu_str_starts(const char *s, const char *prefix);
bool mu_str_ends(const char *s, const char *suffix);
/* `*` matches any run of characters (dots included), `?` one; everything else itself. Linear, no
 * recursion. */
bool mu_str_glob(const char *pattern, const char *s);

/* Damerau-Levenshtein distance, at most `max`; max + 1 where it is more. For "did you mean". */
size_t mu_str_distance(const char *a, const char *b, size_t max);
/* The nearest of n candidates within 2 edits (1 for words of up to 3), or NULL. */
const char *mu_str_nearest(const char *word, const char *const *candidates, size_t n);

#endif
