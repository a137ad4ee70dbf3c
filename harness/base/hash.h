/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104), by OpenSSL's libcrypto; this is the only file
 * of base that knows it. */
#ifndef MU_BASE_HASH_H
#define MU_BASE_HASH_H

#include <stddef.h>

#include "base/attr.h"

struct mu_err;

enum { MU_SHA256 = 32, MU_SHA256_HEX = 65 };

void mu_sha256(const void *bytes, size_t n, unsigned char out[MU_SHA256]);
void mu_sha256_hex(const void *bytes, size_t n, char out[MU_SHA256_HEX]);
/* A file, streamed; *size (may be NULL) gets its length in bytes. */
MU_CHECKED int mu_sha256_file(const char *path, char out[MU_SHA256_HEX], size_t *size,
                              struct mu_err *err);
void mu_hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n,
                    unsigned char out[MU_SHA256]);
void mu_hex(const unsigned char *bytes, size_t n, char *out); /* 2n + 1 characters */

/* Incremental, for what does not fit in memory. */
struct mu_sha256_state;
struct mu_sha256_state *mu_sha256_new(void);
void mu_sha256_add(struct mu_sha256_state *state, const void *bytes, size_t n);
void mu_sha256_end(struct mu_sha256_state *state, char out[MU_SHA256_HEX]); /* frees the state */

/* Cryptographic randomness. */
void mu_random(void *out, size_t n);

#endif
