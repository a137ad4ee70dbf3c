/* SPDX-License-Identifier: Apache-2.0 */
/* One arena a run: everything that lives as long as the run is allocated here and freed in one
 * call. All pointers returned are borrowed from the arena. Memory is zeroed and aligned for any
 * type. Running out of memory is a bug exit (70), which is defensible only because every size from
 * outside is capped before it gets here. An arena belongs to one thread at a time. */
#ifndef MU_BASE_ARENA_H
#define MU_BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"

struct mu_arena;

struct mu_arena *mu_arena_new(void);
void mu_arena_free(struct mu_arena *arena); /* NULL is fine */
void mu_arena_cleanup(struct mu_arena **arena);

/* Hands `child` over: it is freed together with `parent`, so pointers into it stay good. */
void mu_arena_give(struct mu_arena *parent, struct mu_arena *child);

void *mu_arena_alloc(struct mu_arena *arena, size_t size);
void *mu_arena_array(struct mu_arena *arena, size_t n, size_t size); /* n * size, checked */
char *mu_arena_str(struct mu_arena *arena, const char *s);           /* NULL in, NULL out */
char *mu_arena_strn(struct mu_arena *arena, const char *s, size_t n);
char *mu_arena_fmt(struct mu_arena *arena, const char *fmt, ...) MU_PRINTF(2, 3);

/* Makes room for one more element of a growing array: returns the array (moved if it had to grow)
 * with *cap updated. Use: list->at = mu_arena_grow(arena, list->at, list->n, &list->cap, sizeof
 * *list->at); list->at[list->n++] = x; */
void *mu_arena_grow(struct mu_arena *arena, void *at, size_t n, size_t *cap, size_t size);

/* Bytes handed out, children included: what a memory budget is checked against. */
size_t mu_arena_used(const struct mu_arena *arena);

#endif
