/* SPDX-License-Identifier: Apache-2.0 */
/* The reader against any bytes: passing over and writing a tape must agree, spans must lie inside
 * the text, and what the grammar accepts must read the same when each value is read on its own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tape(const struct mu_jtape *tape, struct mu_jsonin *in, size_t n) {
  struct mu_jtape again = {0};
  for (uint32_t i = 0; i < tape->n; i++) {
    const struct mu_jnode *node = &tape->at[i];
    MU_ASSERT((size_t)node->at + node->n <= n && node->next > i && node->next <= tape->n);
    if (node->kind == MU_JSTR || node->kind == MU_JKEY) {
      char *copy = malloc(node->n + 1U);
      MU_ASSERT(copy);
      (void)mu_jsonin_decode(tape->text + node->at, node->n, copy);
      MU_ASSERT(mu_jsonin_str_cmp(tape->text + node->at, node->n, tape->text + node->at, node->n) ==
                0);
      free(copy);
    } else if (node->kind == MU_JNUM) {
      MU_ASSERT(mu_jsonin_num_eq(tape->text + node->at, node->n, tape->text + node->at, node->n));
    } else if (i < 64) {
      MU_ASSERT(mu_jtape_read(&again, in, tape->text, (struct mu_span){node->at, node->n}));
      MU_ASSERT(again.n == node->next - i);
    }
  }
  mu_jtape_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_jsonin_text text;
  struct mu_err err = {0};
  char *bytes =
      malloc(size ? size : 1); /* exactly as long as the input: a read beyond it is seen */
  struct mu_jsonin *in = malloc(sizeof *in);
  MU_ASSERT(bytes && in);
  if (size) {
    memcpy(bytes, data, size);
  }
  if (mu_jsonin_open(bytes, size, arena, &text, &err) == 0) {
    struct mu_jtape tape = {0};
    mu_jsonin_init(in, text.text, text.n);
    bool skipped = mu_jsonin_skip(in, NULL) && mu_jsonin_end(in);
    MU_ASSERT(skipped || mu_jsonin_error(in, &text, &err) == -1);
    bool taped = mu_jtape_read(&tape, in, text.text, (struct mu_span){0, (uint32_t)text.n});
    MU_ASSERT(skipped == taped);
    if (taped) {
      check_tape(&tape, in, text.n);
    }
    mu_jtape_free(&tape);
  }
  free(in);
  free(bytes);
  mu_arena_free(arena);
  return 0;
}
