/* SPDX-License-Identifier: Apache-2.0 */
/* A large file as memory, so that it need not be copied. The map is the caller's until mu_map_done;
 * its bytes are read-only. Only for files that nobody rewrites in place meanwhile: cutting a mapped
 * file short kills the reader (SIGBUS), so small files are better read. */
#ifndef MU_BASE_MAP_H
#define MU_BASE_MAP_H

#include <stddef.h>

#include "base/attr.h"

struct mu_err;

struct mu_map {
  const char *p; /* NULL: an empty file */
  size_t n;
};

/* Absent: MU_E_ABSENT; not a regular file, or larger than max: MU_E_LIMIT; else MU_E_IO. */
MU_CHECKED int mu_map_open(const char *path, size_t max, struct mu_map *out, struct mu_err *err);
void mu_map_done(struct mu_map *map);
/* Gives the pages back to the system; they are read again when they are touched. `map` is a struct
 * mu_map, so that this can be handed over as a callback. */
void mu_map_breathe(void *map);

#endif
