/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a dependency lock file: refused with a line, or a list of providers that have a name
 * and a version; and any version against any constraint. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "provenance/lockfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE_BYTES = 1 << 20, FACTOR = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  struct mu_lock lock = {0};
  char *bytes = malloc(size ? size : 1); /* of exactly that size: one byte too far is seen */
  MU_ASSERT(bytes);
  if (size) {
    memcpy(bytes, data, size);
  }
  if (mu_lock_parse(bytes, size, arena, &lock, &err) == 0) {
    for (size_t i = 0; i < lock.n; i++) {
      const struct mu_lock_provider *p = &lock.at[i];
      MU_ASSERT(p->source[0] && p->version && mu_lock_find(&lock, p->source) == p);
      (void)mu_version_meets(p->version, p->constraints);
      (void)mu_version_exact(p->constraints);
      MU_ASSERT(mu_version_meets(p->version, p->version) != MU_MEETS_NOT);
    }
  } else {
    MU_ASSERT(err.msg[0] && lock.n == 0);
  }
  MU_ASSERT(mu_arena_used(arena) < BASE_BYTES + size * FACTOR);
  free(bytes);
  mu_arena_free(arena);
  return 0;
}
