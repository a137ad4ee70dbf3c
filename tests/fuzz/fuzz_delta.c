/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Delta log: files separated by a form feed; the first is commit 0, the last the
 * version's checksum. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "lake/delta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LOG = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_delta *delta MU_CLEANUP(mu_delta_cleanup) = mu_delta_new();
  struct mu_delta_name names[MAX_LOG];
  const uint8_t *at[MAX_LOG];
  size_t sizes[MAX_LOG], n = 0;
  struct mu_err err = {0};
  struct mu_delta_plan plan;
  struct mu_delta_result result;
  while (n < MAX_LOG) {
    const uint8_t *stop = size ? memchr(data, '\f', size) : NULL;
    at[n] = data;
    sizes[n] = stop ? (size_t)(stop - data) : size;
    names[n] =
        (struct mu_delta_name){.kind = MU_DELTA_COMMIT, .version = (int64_t)n, .first = (int64_t)n};
    n++;
    if (!stop) {
      break;
    }
    size -= (size_t)(stop + 1 - data);
    data = stop + 1;
  }
  if (n > 1) {
    names[n - 1] = (struct mu_delta_name){.kind = MU_DELTA_CHECKSUM, .version = (int64_t)n - 2};
  }
  if (mu_delta_plan(names, n, -1, arena, &plan, &err) != 0) {
    return 0;
  }
  for (size_t i = 0; i < plan.n; i++) {
    if (mu_delta_read(delta, &names[plan.at[i]], at[plan.at[i]], sizes[plan.at[i]], &err) != 0) {
      return 0;
    }
  }
  MU_ASSERT(mu_delta_count(delta, &plan, &result, &err) != 0 ||
            (result.files >= 0 && result.rows >= 0));
  return 0;
}
