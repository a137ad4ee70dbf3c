/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression of untrusted blocks into a buffer that grows up to a cap: deflate
 * (libdeflate), snappy, zstandard. The struct is the caller's and is used for one block after the
 * other; the bytes belong to it until the next call or mu_codec_done(). Not shared between threads.
 */
#ifndef MU_LAKE_CODEC_H
#define MU_LAKE_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct mu_err;

enum mu_codec_kind {
  MU_CODEC_NULL,
  MU_CODEC_DEFLATE,
  MU_CODEC_SNAPPY,      /* as Avro has it, with a CRC-32 behind it */
  MU_CODEC_SNAPPY_BARE, /* as ORC has it */
  MU_CODEC_ZSTD,
};

/* What one block may inflate to; a bomb is MU_E_LIMIT. */
enum { MU_CODEC_MAX_BYTES = 256 * 1024 * 1024 };

struct mu_codec {
  unsigned char *bytes; /* the last result */
  size_t n, alloc;
  void *inflate; /* libdeflate's state, made at first use */
};

void mu_codec_done(struct mu_codec *codec);

/* One block, as Avro (1.12 specification, "Required Codecs" and "Optional Codecs") and ORC have
 * them. MU_CODEC_NULL copies nothing and is not to be asked for. Deflate: up to 4 bytes behind the
 * stream are accepted, since Apache's Python writers leave zlib's checksum there. Snappy: the
 * CRC-32 behind the block is checked. Errors: MU_E_INPUT damaged, MU_E_LIMIT over the cap. */
MU_CHECKED int mu_codec_block(struct mu_codec *codec, enum mu_codec_kind kind,
                              const unsigned char *in, size_t n, struct mu_err *err);

#endif
