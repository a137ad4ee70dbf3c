/* SPDX-License-Identifier: Apache-2.0 */
/* The growing string: what fits below the cap is kept, the first thing that does not marks the
 * string as failed, and from then on nothing is added, so that a capped copy is a true prefix of
 * what was written. */
#include "base/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fmt.h"

void mu_str_done(struct mu_str *s) {
  free(s->p);
  *s = (struct mu_str){.cap = s->cap};
}

void mu_str_clear(struct mu_str *s) {
  s->n = 0;
  s->failed = false;
  if (s->p) {
    s->p[0] = '\0';
  }
}

/* Room for n more bytes and the NUL; n is already known to be below the cap. */
static void reserve(struct mu_str *s, size_t n) {
  size_t need = 0;
  if (__builtin_add_overflow(s->n, n, &need) || __builtin_add_overflow(need, 1, &need)) {
    MU_BUG("string of %zu + %zu bytes", s->n, n);
  }
  if (need <= s->alloc) {
    return;
  }
  size_t alloc = s->alloc < 64 ? 64 : s->alloc;
  while (alloc < need) {
    alloc = alloc > SIZE_MAX / 2 ? need : alloc * 2;
  }
  char *p = realloc(s->p, alloc);
  if (!p) {
    MU_BUG("out of memory (%zu bytes)", alloc);
  }
  s->p = p;
  s->alloc = alloc;
}

/* Does it fit into what is allocated, below the cap? Reports are made of millions of small pieces.
 */
static bool fits(const struct mu_str *s, size_t n) {
  return !s->failed && s->n < s->alloc && n < s->alloc - s->n && s->n <= s->cap &&
         n <= s->cap - s->n;
}

void mu_str_addn(struct mu_str *s, const void *bytes, size_t n) {
  if (n > 0 && fits(s, n)) {
    memcpy(s->p + s->n, bytes, n);
    s->n += n;
    s->p[s->n] = '\0';
    return;
  }
  if (s->failed) {
    return;
  }
  size_t room = s->cap > s->n ? s->cap - s->n : 0;
  if (n > room) {
    s->failed = true;
    n = room;
  }
  reserve(s, n);
  if (n) {
    memcpy(s->p + s->n, bytes, n);
  }
  s->n += n;
  s->p[s->n] = '\0';
}

char *mu_str_room(struct mu_str *s, size_t n) {
  if (!fits(s, n)) {
    if (s->failed || s->n > s->cap || n > s->cap - s->n) {
      return NULL;
    }
    reserve(s, n);
  }
  char *room = s->p + s->n;
  s->n += n;
  s->p[s->n] = '\0';
  return room;
}

void mu_str_add(struct mu_str *s, const char *text) {
  mu_str_addn(s, text, strlen(text));
}

void mu_str_addc(struct mu_str *s, char c) {
  if (fits(s, 1)) {
    s->p[s->n++] = c;
    s->p[s->n] = '\0';
  } else {
    mu_str_addn(s, &c, 1);
  }
}

void mu_str_addf(struct mu_str *s, const char *fmt, ...) {
  char small[256];
  va_list args, again;
  va_start(args, fmt);
  va_copy(again, args);
  int n = mu_fmt(small, sizeof small, fmt, args);
  va_end(args);
  if (n < 0) {
    MU_BUG("format '%s'", fmt);
  }
  if ((size_t)n < sizeof small) {
    mu_str_addn(s, small, (size_t)n);
  } else {
    char *large = malloc((size_t)n + 1);
    if (!large) {
      MU_BUG("out of memory (%d bytes)", n);
    }
    (void)vsnprintf(large, (size_t)n + 1, fmt, again);
    mu_str_addn(s, large, (size_t)n);
    free(large);
  }
  va_end(again);
}

const char *mu_str_get(const struct mu_str *s) {
  return s->p ? s->p : "";
}

char *mu_str_take(struct mu_str *s) {
  reserve(s, 0);
  s->p[s->n] = '\0';
  char *taken = s->p;
  *s = (struct mu_str){.cap = s->cap};
  return taken;
}

char *mu_str_copy(const struct mu_str *s, struct mu_arena *arena) {
  return mu_arena_strn(arena, mu_str_get(s), s->n);
}

bool mu_streq(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

bool mu_str_starts(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool mu_str_ends(const char *s, const char *suffix) {
  size_t n = strlen(s), m = strlen(suffix);
  return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* Only the last star ever needs another try: what an earlier one swallowed cannot help a later
 * one. */
bool mu_str_glob(const char *pattern, const char *s) {
  const char *star = NULL, *from = NULL;
  while (*s) {
    if (*pattern == '*') {
      star = ++pattern;
      from = s;
    } else if (*pattern && (*pattern == '?' || *pattern == *s)) {
      pattern++;
      s++;
    } else if (star) {
      pattern = star;
      s = ++from;
    } else {
      return false;
    }
  }
  while (*pattern == '*') {
    pattern++;
  }
  return *pattern == '\0';
}

enum { WORD_MAX = 64 }; /* names longer than this are never "nearly" another one */

static size_t min_of(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t mu_str_distance(const char *a, const char *b, size_t max) {
  size_t n = strlen(a), m = strlen(b);
  if (n > WORD_MAX || m > WORD_MAX) {
    return strcmp(a, b) == 0 ? 0 : max + 1;
  }
  if ((n > m ? n - m : m - n) > max) { /* each character more is an edit of its own */
    return max + 1;
  }
  size_t rows[3][WORD_MAX + 1];
  for (size_t j = 0; j <= m; j++) {
    rows[0][j] = j;
  }
  for (size_t i = 1; i <= n; i++) {
    size_t *now = rows[i % 3];
    const size_t *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= m; j++) {
      size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = min_of(change, min_of(last[j], now[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = min_of(now[j], before[j - 2] + 1);
      }
    }
  }
  return min_of(rows[n % 3][m], max + 1);
}

const char *mu_str_nearest(const char *word, const char *const *candidates, size_t n) {
  size_t best = strlen(word) <= 3 ? 2 : 3; /* one more than is allowed */
  const char *nearest = NULL;
  for (size_t i = 0; i < n; i++) {
    size_t distance = mu_str_distance(word, candidates[i], best);
    if (distance < best) {
      best = distance;
      nearest = candidates[i];
    }
  }
  return nearest;
}
