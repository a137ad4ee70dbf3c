/* SPDX-License-Identifier: Apache-2.0 */
#include "base/gunzip.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_BYTES = 64 * 1024 };

/* Twice the room, at most `max`; false where there is no more to be had. */
static bool grow(unsigned char **bytes, size_t *room, size_t max) {
  size_t more = *room ? *room * 2 : FIRST_BYTES;
  more = more < max ? more : max;
  if (more <= *room) {
    return false;
  }
  unsigned char *bigger = realloc(*bytes, more);
  if (!bigger) {
    MU_BUG("out of memory (%zu bytes)", more);
  }
  *bytes = bigger;
  *room = more;
  return true;
}

static int inflate(struct libdeflate_decompressor *state, const unsigned char *in, size_t n,
                   size_t max, unsigned char **bytes, size_t *made, struct mu_err *err) {
  size_t room = 0;
  do {
    size_t used = 0, part = 0;
    if (room == 0 && !grow(bytes, &room, max)) {
      return mu_fail(err, MU_E_LIMIT, "no room to inflate to");
    }
    enum libdeflate_result result =
        libdeflate_gzip_decompress_ex(state, in, n, *bytes + *made, room - *made, &used, &part);
    if (result == LIBDEFLATE_SUCCESS) {
      *made += part;
      in += used;
      n -= used;
    } else if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return mu_fail(err, MU_E_INPUT, "damaged gzip stream");
    } else if (!grow(bytes, &room, max)) {
      return mu_fail(err, MU_E_LIMIT, "inflates to more than %zu bytes", max);
    }
  } while (n > 0);
  return 0;
}

int mu_gunzip(const unsigned char *in, size_t n, size_t max, unsigned char **out, size_t *out_n,
              struct mu_err *err) {
  struct libdeflate_decompressor *state = libdeflate_alloc_decompressor();
  unsigned char *bytes = NULL;
  size_t made = 0;
  if (!state) {
    MU_BUG("out of memory");
  }
  int rc = inflate(state, in, n, max, &bytes, &made, err);
  libdeflate_free_decompressor(state);
  if (rc != 0) {
    free(bytes);
    return -1;
  }
  *out = bytes;
  *out_n = made;
  return 0;
}
