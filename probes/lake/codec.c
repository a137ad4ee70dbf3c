/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows libdeflate, snappy and zstd. Neither deflate nor an unsized zstandard
 * frame says how much comes out, so the buffer starts at what the last block needed and doubles up
 * to the cap. */
#include "lake/codec.h"

#include <libdeflate.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/err.h"

enum { FIRST_BYTES = 256 * 1024, ADLER_BYTES = 4, SNAPPY_CRC_BYTES = 4, ZSTD_WINDOW_LOG = 25 };

void mu_codec_done(struct mu_codec *codec) {
  free(codec->bytes);
  if (codec->inflate) {
    libdeflate_free_decompressor(codec->inflate);
  }
  *codec = (struct mu_codec){0};
}

static int reserve(struct mu_codec *codec, size_t n, struct mu_err *err) {
  if (n > MU_CODEC_MAX_BYTES) {
    return mu_fail(err, MU_E_LIMIT, "a block inflates to more than the cap of %d bytes",
                   (int)MU_CODEC_MAX_BYTES);
  }
  if (n <= codec->alloc) {
    return 0;
  }
  unsigned char *bytes = realloc(codec->bytes, n);
  if (!bytes) {
    MU_BUG("out of memory (%zu bytes)", n);
  }
  codec->bytes = bytes;
  codec->alloc = n;
  return 0;
}

/* Twice the room, the last step to exactly the cap. */
static int grow(struct mu_codec *codec, struct mu_err *err) {
  size_t more = codec->alloc * 2;
  if (more > MU_CODEC_MAX_BYTES && codec->alloc < MU_CODEC_MAX_BYTES) {
    more = MU_CODEC_MAX_BYTES;
  }
  return reserve(codec, more, err);
}

static int start(struct mu_codec *codec, size_t n, struct mu_err *err) {
  codec->n = 0;
  size_t guess = n < MU_CODEC_MAX_BYTES / 4 ? n * 4 : MU_CODEC_MAX_BYTES;
  if (guess < FIRST_BYTES) {
    guess = FIRST_BYTES;
  }
  if (!codec->inflate) {
    codec->inflate = libdeflate_alloc_decompressor();
    if (!codec->inflate) {
      MU_BUG("out of memory");
    }
  }
  return reserve(codec, guess, err);
}

static int block_deflate(struct mu_codec *codec, const unsigned char *in, size_t n,
                         struct mu_err *err) {
  if (start(codec, n, err) != 0) {
    return -1;
  }
  for (;;) {
    size_t used = 0, made = 0;
    enum libdeflate_result result = libdeflate_deflate_decompress_ex(
        codec->inflate, in, n, codec->bytes, codec->alloc, &used, &made);
    if (result == LIBDEFLATE_SUCCESS) {
      if (n - used > ADLER_BYTES) {
        return mu_fail(err, MU_E_INPUT, "%zu bytes behind a deflate stream", n - used);
      }
      codec->n = made;
      return 0;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return mu_fail(err, MU_E_INPUT, "damaged deflate stream");
    }
    if (grow(codec, err) != 0) {
      return -1;
    }
  }
}

static int check_crc(const struct mu_codec *codec, const unsigned char *crc, struct mu_err *err) {
  uint32_t want = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
  return libdeflate_crc32(0, codec->bytes, codec->n) == want
             ? 0
             : mu_fail(err, MU_E_INPUT, "checksum of a snappy block does not match");
}

static int block_snappy(struct mu_codec *codec, const unsigned char *in, size_t n, bool has_crc,
                        struct mu_err *err) {
  size_t behind = has_crc ? SNAPPY_CRC_BYTES : 0;
  if (n <= behind) {
    return mu_fail(err, MU_E_INPUT, "snappy block of %zu bytes", n);
  }
  size_t body = n - behind, made = 0;
  /* snappy's C interface takes char where bytes are meant. */
  const char *text = (const char *)in;
  if (snappy_uncompressed_length(text, body, &made) != SNAPPY_OK) {
    return mu_fail(err, MU_E_INPUT, "damaged snappy block");
  }
  if (reserve(codec, made ? made : 1, err) != 0) {
    return -1;
  }
  if (snappy_uncompress(text, body, (char *)codec->bytes, &made) != SNAPPY_OK) {
    return mu_fail(err, MU_E_INPUT, "damaged snappy block");
  }
  codec->n = made;
  return has_crc ? check_crc(codec, in + body, err) : 0;
}

/* Streams, since a frame need not say its size. */
static int zstd_stream(struct mu_codec *codec, ZSTD_DCtx *zstd, const unsigned char *bytes,
                       size_t n, struct mu_err *err) {
  ZSTD_inBuffer in = {.src = bytes, .size = n, .pos = 0};
  size_t left = 1;
  while (in.pos < in.size || left != 0) {
    if (codec->n == codec->alloc && grow(codec, err) != 0) {
      return -1;
    }
    size_t from = in.pos;
    ZSTD_outBuffer out = {.dst = codec->bytes, .size = codec->alloc, .pos = codec->n};
    left = ZSTD_decompressStream(zstd, &out, &in);
    if (ZSTD_isError(left)) {
      return mu_fail(err, MU_E_INPUT, "damaged zstandard block: %s", ZSTD_getErrorName(left));
    }
    if (left != 0 && in.pos == in.size && in.pos == from && out.pos == codec->n) {
      return mu_fail(err, MU_E_INPUT, "zstandard block is cut short");
    }
    codec->n = out.pos;
  }
  return 0;
}

static int block_zstd(struct mu_codec *codec, const unsigned char *in, size_t n,
                      struct mu_err *err) {
  if (start(codec, n, err) != 0) {
    return -1;
  }
  ZSTD_DCtx *zstd = ZSTD_createDCtx();
  if (!zstd) {
    MU_BUG("out of memory");
  }
  (void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
  int rc = zstd_stream(codec, zstd, in, n, err);
  (void)ZSTD_freeDCtx(zstd);
  return rc;
}

int mu_codec_block(struct mu_codec *codec, enum mu_codec_kind kind, const unsigned char *in,
                   size_t n, struct mu_err *err) {
  switch (kind) {
  case MU_CODEC_DEFLATE:
    return block_deflate(codec, in, n, err);
  case MU_CODEC_SNAPPY:
  case MU_CODEC_SNAPPY_BARE:
    return block_snappy(codec, in, n, kind == MU_CODEC_SNAPPY, err);
  case MU_CODEC_ZSTD:
    return block_zstd(codec, in, n, err);
  case MU_CODEC_NULL:
    break;
  }
  MU_BUG("a block without compression has nothing to decompress");
}
