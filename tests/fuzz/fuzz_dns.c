/* SPDX-License-Identifier: Apache-2.0 */
/* The DNS decoder over any bytes: it must end, stay within them, and hand out only whole records.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "wire/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_dns_answer answer = {0};
  struct mu_err err = {0};
  if (mu_dns_decode(data, size, arena, &answer, &err) == 0) {
    for (size_t i = 0; i < answer.n; i++) {
      const struct mu_dns_record *r = &answer.records[i];
      MU_ASSERT(r->name && strlen(r->name) > 0 && r->data && r->data[r->data_n] == '\0' &&
                r->ttl_s >= 0);
    }
  } else {
    MU_ASSERT(err.code != MU_E_NONE && err.msg[0]);
  }
  mu_arena_free(arena);
  return 0;
}
