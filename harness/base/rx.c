/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns come from the operator's config, subjects from the network: so the limits are on
 * matching, and text that is not UTF-8 is matched where it is (PCRE2_MATCH_INVALID_UTF) instead of
 * being an error. */
#include "base/rx.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

enum { MATCH_LIMIT = 1000000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KIB = 16 * 1024, MAX_PATTERN = 4096 };

struct mu_rx {
  pcre2_code *code;
  pcre2_match_context *limits;
};

int mu_rx_new(const char *pattern, struct mu_rx **out, struct mu_err *err) {
  size_t n = strlen(pattern);
  if (n > MAX_PATTERN) {
    return mu_fail(err, MU_E_LIMIT, "pattern of %zu bytes is over the cap of %d", n,
                   (int)MAX_PATTERN);
  }
  int why = 0;
  PCRE2_SIZE offset = 0;
  const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
  pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, n, options, &why, &offset, NULL);
  if (!code) {
    PCRE2_UCHAR text[160] = {0};
    (void)pcre2_get_error_message(why, text, sizeof text);
    return mu_fail(err, MU_E_INPUT, "pattern, at offset %zu: %s", (size_t)offset,
                   (const char *)text);
  }
  struct mu_rx *rx = calloc(1, sizeof *rx);
  pcre2_match_context *limits = pcre2_match_context_create(NULL);
  if (!rx || !limits) {
    MU_BUG("out of memory");
  }
  (void)pcre2_set_match_limit(limits, MATCH_LIMIT);
  (void)pcre2_set_depth_limit(limits, DEPTH_LIMIT);
  (void)pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
  rx->code = code;
  rx->limits = limits;
  *out = rx;
  return 0;
}

void mu_rx_free(struct mu_rx *rx) {
  if (rx) {
    pcre2_match_context_free(rx->limits);
    pcre2_code_free(rx->code);
    free(rx);
  }
}

void mu_rx_cleanup(struct mu_rx **rx) {
  mu_rx_free(*rx);
  *rx = NULL;
}

static char *copy_capture(pcre2_match_data *match, int pairs, const char *text,
                          struct mu_arena *arena) {
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(match);
  size_t group = pairs > 1 && at[2] != PCRE2_UNSET ? 1 : 0;
  PCRE2_SIZE from = at[2 * group], to = at[2 * group + 1];
  return mu_arena_strn(arena, text + from, to > from ? to - from : 0);
}

int mu_rx_match(const struct mu_rx *rx, const char *text, size_t n, struct mu_arena *arena,
                const char **capture, struct mu_err *err) {
  pcre2_match_data *match = pcre2_match_data_create_from_pattern(rx->code, NULL);
  if (!match) {
    MU_BUG("out of memory");
  }
  int got = pcre2_match(rx->code, (PCRE2_SPTR)text, n, 0, 0, match, rx->limits);
  int result = 1;
  if (got == PCRE2_ERROR_NOMATCH) {
    result = 0;
  } else if (got < 0) {
    PCRE2_UCHAR why[160] = {0};
    (void)pcre2_get_error_message(got, why, sizeof why);
    result = mu_fail(err, MU_E_LIMIT, "matching was given up: %s", (const char *)why);
  } else if (capture) {
    *capture = copy_capture(match, got, text, arena);
  }
  pcre2_match_data_free(match);
  return result;
}
