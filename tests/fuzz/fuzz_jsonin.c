/* SPDX-License-Identifier: Apache-2.0 */
/* The reader against any bytes: passing over, pulling and writing a tape must agree, and all ways
 * to scan; spans must lie inside the text, and what the grammar accepts must read the same when
 * each value is read on its own. */
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

/* Every value pulled; recursion bounded by the depth of the reader. */
static bool pull(struct mu_jsonin *in, unsigned depth) {
  struct mu_span key = {0};
  char c = mu_jsonin_peek(in);
  if ((c != '{' && c != '[') || depth == MU_JSONIN_DEPTH) {
    return mu_jsonin_skip(in, NULL);
  }
  bool good = c == '{' ? mu_jsonin_object(in) : mu_jsonin_array(in);
  while (good && (c == '{' ? mu_jsonin_member(in, &key) : mu_jsonin_element(in))) {
    MU_ASSERT((size_t)key.at + key.n <= in->n);
    good = pull(in, depth + 1);
  }
  return good && !mu_jsonin_failed(in);
}

static void check_scanners(struct mu_jsonin *plain, struct mu_jsonin *other, const char *text,
                           size_t n) {
  for (int by = MU_JSONIN_PLAIN + 1; by < MU_JSONIN_BY_N_; by++) {
    mu_jsonin_init(plain, text, n);
    mu_jsonin_init(other, text, n);
    plain->by = MU_JSONIN_PLAIN;
    other->by = mu_jsonin_has((enum mu_jsonin_by)by) ? (enum mu_jsonin_by)by : plain->by;
    for (bool more = true; more;) {
      more = mu_jsonin_scan(plain);
      MU_ASSERT(mu_jsonin_scan(other) == more && plain->have == other->have);
      MU_ASSERT(memcmp(plain->index, other->index, plain->have * sizeof *plain->index) == 0);
      MU_ASSERT(plain->what == other->what && plain->what_at == other->what_at);
    }
  }
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
    mu_jsonin_init(in, text.text, text.n);
    bool pulled = pull(in, 0) && mu_jsonin_end(in);
    MU_ASSERT(skipped == pulled);
    struct mu_jsonin *other = malloc(sizeof *other);
    MU_ASSERT(other);
    check_scanners(in, other, text.text, text.n);
    free(other);
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
