/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fmt.h"

/* Blocks grow: an arena of one small attempt costs little to clear, a large one few calls. */
enum { FIRST_BLOCK_BYTES = 4 * 1024, BLOCK_BYTES = 64 * 1024 };

struct block {
  struct block *next;
  size_t used, size;
  alignas(max_align_t) unsigned char bytes[];
};

struct mu_arena {
  struct block *blocks;
  struct mu_arena *children, *sibling;
  size_t used;
  size_t block_bytes; /* of the newest ordinary block */
};

struct mu_arena *mu_arena_new(void) {
  struct mu_arena *arena = calloc(1, sizeof *arena);
  if (!arena) {
    MU_BUG("out of memory");
  }
  return arena;
}

void mu_arena_free(struct mu_arena *arena) {
  while (arena) {
    /* Children are spliced into the list in front of the siblings: no recursion, however deep. */
    struct mu_arena *child = arena->children;
    if (child) {
      struct mu_arena *last = child;
      while (last->sibling) {
        last = last->sibling;
      }
      last->sibling = arena->sibling;
      arena->sibling = child;
    }
    struct mu_arena *next = arena->sibling;
    for (struct block *block = arena->blocks; block;) {
      struct block *after = block->next;
      free(block);
      block = after;
    }
    free(arena);
    arena = next;
  }
}

void mu_arena_cleanup(struct mu_arena **arena) {
  mu_arena_free(*arena);
  *arena = NULL;
}

void mu_arena_give(struct mu_arena *parent, struct mu_arena *child) {
  child->sibling = parent->children;
  parent->children = child;
}

static struct block *block_new(size_t size) {
  struct block *block = calloc(1, sizeof *block + size);
  if (!block) {
    MU_BUG("out of memory (%zu bytes)", size);
  }
  block->size = size;
  return block;
}

static size_t next_block_bytes(const struct mu_arena *arena) {
  if (arena->block_bytes == 0) {
    return FIRST_BLOCK_BYTES;
  }
  return arena->block_bytes < BLOCK_BYTES ? 2 * arena->block_bytes : BLOCK_BYTES;
}

void *mu_arena_alloc(struct mu_arena *arena, size_t size) {
  const size_t align = alignof(max_align_t);
  if (size > SIZE_MAX / 2) {
    MU_BUG("allocation of %zu bytes", size);
  }
  size = (size + align - 1) / align * align;
  arena->used += size;
  struct block *block = arena->blocks;
  if (!block || block->size - block->used < size) {
    size_t next = next_block_bytes(arena);
    if (size > next / 4) { /* a large one gets a block of its own, behind the current one */
      struct block *own = block_new(size);
      own->used = size;
      if (block) {
        own->next = block->next;
        block->next = own;
      } else {
        arena->blocks = own;
      }
      return own->bytes;
    }
    block = block_new(next);
    arena->block_bytes = next;
    block->next = arena->blocks;
    arena->blocks = block;
  }
  void *p = block->bytes + block->used;
  block->used += size;
  return p;
}

void *mu_arena_array(struct mu_arena *arena, size_t n, size_t size) {
  size_t total = 0;
  if (__builtin_mul_overflow(n, size, &total)) {
    MU_BUG("array of %zu times %zu bytes", n, size);
  }
  return mu_arena_alloc(arena, total);
}

char *mu_arena_strn(struct mu_arena *arena, const char *s, size_t n) {
  char *copy = mu_arena_alloc(arena, n + 1);
  if (n) {
    memcpy(copy, s, n);
  }
  return copy;
}

char *mu_arena_str(struct mu_arena *arena, const char *s) {
  return s ? mu_arena_strn(arena, s, strlen(s)) : NULL;
}

char *mu_arena_fmt(struct mu_arena *arena, const char *fmt, ...) {
  char small[256]; /* most results fit, and are formatted once instead of twice */
  va_list args, again;
  MU_ASSERT(fmt);
  va_start(args, fmt);
  va_copy(again, args);
  int n = mu_fmt(small, sizeof small, fmt, args);
  va_end(args);
  if (n < 0) {
    MU_BUG("format '%s'", fmt);
  }
  char *text = mu_arena_alloc(arena, (size_t)n + 1);
  if ((size_t)n < sizeof small) {
    memcpy(text, small, (size_t)n + 1);
  } else {
    (void)vsnprintf(text, (size_t)n + 1, fmt, again);
  }
  va_end(again);
  return text;
}

void *mu_arena_grow(struct mu_arena *arena, void *at, size_t n, size_t *cap, size_t size) {
  if (n < *cap) {
    return at;
  }
  size_t more = *cap ? *cap * 2 : 8;
  void *moved = mu_arena_array(arena, more, size);
  if (n) {
    memcpy(moved, at, n * size);
  }
  *cap = more;
  return moved;
}

size_t mu_arena_used(const struct mu_arena *arena) {
  size_t used = arena->used;
  for (const struct mu_arena *child = arena->children; child; child = child->sibling) {
    used += child->used;
  }
  return used;
}
