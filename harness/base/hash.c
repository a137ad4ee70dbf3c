/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"

void mu_hex(const unsigned char *bytes, size_t n, char *out) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * n] = '\0';
}

void mu_sha256(const void *bytes, size_t n, unsigned char out[MU_SHA256]) {
  if (EVP_Digest(bytes, n, out, NULL, EVP_sha256(), NULL) != 1) {
    MU_BUG("libcrypto has no SHA-256");
  }
}

void mu_sha256_hex(const void *bytes, size_t n, char out[MU_SHA256_HEX]) {
  unsigned char raw[MU_SHA256];
  mu_sha256(bytes, n, raw);
  mu_hex(raw, sizeof raw, out);
}

/* The state is libcrypto's context itself; the struct is only its name here. */
static EVP_MD_CTX *context_of(struct mu_sha256_state *state) {
  return (EVP_MD_CTX *)(void *)state;
}

struct mu_sha256_state *mu_sha256_new(void) {
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
    MU_BUG("libcrypto has no SHA-256");
  }
  return (struct mu_sha256_state *)(void *)ctx;
}

void mu_sha256_add(struct mu_sha256_state *state, const void *bytes, size_t n) {
  if (EVP_DigestUpdate(context_of(state), bytes, n) != 1) {
    MU_BUG("SHA-256 failed");
  }
}

void mu_sha256_end(struct mu_sha256_state *state, char out[MU_SHA256_HEX]) {
  unsigned char raw[MU_SHA256];
  if (EVP_DigestFinal_ex(context_of(state), raw, NULL) != 1) {
    MU_BUG("SHA-256 failed");
  }
  EVP_MD_CTX_free(context_of(state));
  mu_hex(raw, sizeof raw, out);
}

int mu_sha256_file(const char *path, char out[MU_SHA256_HEX], size_t *size, struct mu_err *err) {
  MU_FD(fd) = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    int sys = errno;
    return sys == ENOENT ? mu_fail(err, MU_E_ABSENT, "%s: no such file", path)
                         : mu_fail_sys(err, sys, "%s", path);
  }
  struct mu_sha256_state *state = mu_sha256_new();
  unsigned char buffer[32 * 1024];
  char hex[MU_SHA256_HEX];
  size_t total = 0;
  ssize_t n = 0;
  int sys = 0;
  do {
    n = read(fd, buffer, sizeof buffer);
    sys = n < 0 ? errno : 0;
    if (n > 0) {
      mu_sha256_add(state, buffer, (size_t)n);
      total += (size_t)n;
    }
  } while (n > 0 || sys == EINTR);
  mu_sha256_end(state, hex);
  if (sys != 0) {
    return mu_fail_sys(err, sys, "%s", path);
  }
  for (size_t i = 0; i < sizeof hex; i++) {
    out[i] = hex[i];
  }
  if (size) {
    *size = total;
  }
  return 0;
}

void mu_hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n,
                    unsigned char out[MU_SHA256]) {
  if (key_n > 0x7FFFFFFF || !HMAC(EVP_sha256(), key, (int)key_n, bytes, n, out, NULL)) {
    MU_BUG("HMAC-SHA-256 failed");
  }
}

void mu_random(void *out, size_t n) {
  if (n > 0x7FFFFFFF || RAND_bytes(out, (int)n) != 1) {
    MU_BUG("the system gives no randomness");
  }
}
