/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, SOCK_NONBLOCK, timegm */
#include "wire/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/str.h"
#include "wire/sigpipe.h"

enum { DEFAULT_MS = 10000, MAX_TEXT = 4096 };

static void free_ctx(SSL_CTX **ctx) {
  SSL_CTX_free(*ctx);
}
static void free_ssl(SSL **ssl) {
  SSL_free(*ssl);
}
static void free_bio(BIO **bio) {
  BIO_free_all(*bio);
}
static void free_names(GENERAL_NAMES **names) {
  GENERAL_NAMES_free(*names);
}
static void free_addresses(struct addrinfo **list) {
  if (*list) {
    freeaddrinfo(*list);
  }
}

static int64_t now_us(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool is_address(const char *host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* ---- connecting ---- */

/* 0: ready, -1: the deadline passed or poll failed. */
static int wait_for(int fd, short events, int64_t deadline_ms) {
  for (;;) {
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = deadline_ms - mu_mono_ms(mu_clock_system());
    if (left <= 0) {
      return -1;
    }
    int n = poll(&p, 1, (int)(left < 1000 ? left : 1000));
    if (n > 0) {
      return 0;
    }
    if (n < 0 && errno != EINTR) {
      return -1;
    }
  }
}

static int connect_one(const struct addrinfo *to, int64_t deadline_ms, int *sys) {
  int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int failed = fd < 0 ? errno : 0;
  if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
    failed = errno;
    if (failed == EINPROGRESS && wait_for(fd, POLLOUT, deadline_ms) != 0) {
      failed = ETIMEDOUT;
    } else if (failed == EINPROGRESS) {
      socklen_t n = sizeof failed;
      failed = getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n) == 0 ? failed : errno;
    }
  }
  if (failed != 0) {
    *sys = failed;
    mu_io_close(&fd);
    return -1;
  }
  return fd;
}

/* The first address that takes the connection. */
static int connect_any(const struct mu_tls_target *t, int64_t deadline_ms, struct mu_arena *arena,
                       struct mu_tls_facts *facts, struct mu_err *err) {
  const char *host = t->connect ? t->connect : t->host;
  char port[16], text[NI_MAXHOST];
  int sys = 0, fd = -1;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *list MU_CLEANUP(free_addresses) = NULL;
  (void)snprintf(port, sizeof port, "%d", t->connect_port > 0 ? t->connect_port : t->port);
  int why = getaddrinfo(host, port, &hints, &list);
  if (why != 0) {
    return mu_fail(err, MU_E_NET, "%s: %s", host, gai_strerror(why));
  }
  for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next) {
    fd = connect_one(at, deadline_ms, &sys);
    if (fd >= 0 &&
        getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0) {
      facts->remote_ip = mu_arena_str(arena, text);
    }
  }
  if (fd < 0) {
    (void)mu_fail_sys(err, sys, "%s port %s", host, port);
    if (err) {
      err->code = sys == ETIMEDOUT ? MU_E_TIMEOUT : MU_E_NET;
    }
  }
  return fd;
}

/* ---- shaking hands ---- */

static int fail_tls(struct mu_err *err, const char *host) {
  unsigned long code = ERR_get_error();
  const char *why = code ? ERR_reason_error_string(code) : NULL;
  ERR_clear_error();
  return mu_fail(err, MU_E_NET, "%s: no TLS handshake: %s", host,
                 why ? why : "the connection was closed");
}

static int shake(SSL *ssl, int fd, const char *host, int64_t deadline_ms, struct mu_err *err) {
  ERR_clear_error();
  for (;;) {
    int done = SSL_connect(ssl);
    if (done == 1) {
      return 0;
    }
    int why = SSL_get_error(ssl, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      return fail_tls(err, host);
    }
    if (wait_for(fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ms) != 0) {
      return mu_fail(err, MU_E_TIMEOUT, "%s: no end of the TLS handshake", host);
    }
  }
}

/* SSL_VERIFY_NONE: OpenSSL verifies all the same and keeps the result, but goes on. */
static int new_ctx(const struct mu_tls_target *t, SSL_CTX **out, struct mu_err *err) {
  static const unsigned char protocols[] = "\2h2\x8http/1.1";
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  *out = ctx;
  if (!ctx) {
    MU_BUG("out of memory");
  }
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
  (void)SSL_CTX_set_default_verify_paths(ctx);
  (void)SSL_CTX_set_alpn_protos(ctx, protocols, sizeof protocols - 1);
  if (t->ca_file && SSL_CTX_load_verify_locations(ctx, t->ca_file, NULL) != 1) {
    ERR_clear_error();
    return mu_fail(err, MU_E_CONFIG, "%s: no certificates can be read from it", t->ca_file);
  }
  return 0;
}

/* ---- certificates ---- */

static const char *bio_text(BIO *bio, struct mu_arena *arena) {
  char *bytes = NULL;
  long n = BIO_get_mem_data(bio, &bytes);
  MU_STR(safe, MAX_TEXT);
  if (n > 0) {
    mu_str_add_safe(&safe, bytes, (size_t)n);
  }
  return mu_str_copy(&safe, arena);
}

static const char *name_text(const X509_NAME *name, struct mu_arena *arena) {
  BIO *bio MU_CLEANUP(free_bio) = BIO_new(BIO_s_mem());
  (void)X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
  return bio_text(bio, arena);
}

static int64_t time_ms(const ASN1_TIME *time) {
  struct tm tm;
  memset(&tm, 0, sizeof tm);
  return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static const char *serial_text(X509 *cert, struct mu_arena *arena) {
  BIO *bio MU_CLEANUP(free_bio) = BIO_new(BIO_s_mem());
  (void)i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(cert));
  return bio_text(bio, arena);
}

static const char *key_text(X509 *cert, struct mu_arena *arena) {
  EVP_PKEY *key = X509_get0_pubkey(cert);
  const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;
  return kind ? mu_arena_fmt(arena, "%s %d", kind, EVP_PKEY_get_bits(key)) : "";
}

static const char *san_text(const GENERAL_NAME *name, struct mu_arena *arena) {
  char address[INET6_ADDRSTRLEN];
  if (name->type == GEN_DNS) {
    MU_STR(safe, MAX_TEXT);
    mu_str_add_safe(&safe, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                    (size_t)ASN1_STRING_length(name->d.dNSName));
    return mu_str_copy(&safe, arena);
  }
  if (name->type == GEN_IPADD) {
    int n = ASN1_STRING_length(name->d.iPAddress);
    int family = n == 4 ? AF_INET : AF_INET6;
    if ((n == 4 || n == 16) &&
        inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), address, sizeof address)) {
      return mu_arena_str(arena, address);
    }
  }
  return NULL;
}

static void read_sans(X509 *cert, struct mu_arena *arena, struct mu_tls_cert *out) {
  GENERAL_NAMES *names MU_CLEANUP(free_names) =
      X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
  int n = names ? sk_GENERAL_NAME_num(names) : 0;
  n = n < MU_TLS_SANS ? n : MU_TLS_SANS;
  const char **list = mu_arena_array(arena, (size_t)n + 1, sizeof *list);
  for (int i = 0; i < n; i++) {
    const char *text = san_text(sk_GENERAL_NAME_value(names, i), arena);
    if (text) {
      list[out->sans_n++] = text;
    }
  }
  out->sans = list;
}

static void read_cert(X509 *cert, struct mu_arena *arena, struct mu_tls_cert *out) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  char *hex = mu_arena_alloc(arena, 2 * sizeof digest + 1);
  if (X509_digest(cert, EVP_sha256(), digest, &n) == 1) {
    mu_hex(digest, n, hex);
  }
  *out = (struct mu_tls_cert){
      .subject = name_text(X509_get_subject_name(cert), arena),
      .issuer = name_text(X509_get_issuer_name(cert), arena),
      .serial = serial_text(cert, arena),
      .sha256 = hex,
      .key = key_text(cert, arena),
      .not_before_ms = time_ms(X509_get0_notBefore(cert)),
      .not_after_ms = time_ms(X509_get0_notAfter(cert)),
  };
  read_sans(cert, arena, out);
}

static bool fits_name(X509 *leaf, const char *host) {
  return is_address(host)
             ? X509_check_ip_asc(leaf, host, 0) == 1
             : X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static int read_chain(SSL *ssl, const char *host, struct mu_arena *arena,
                      struct mu_tls_facts *facts, struct mu_err *err) {
  STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl); /* borrowed from the session */
  int n = sent ? sk_X509_num(sent) : 0;
  if (n <= 0) {
    return mu_fail(err, MU_E_REMOTE, "%s: a TLS server without a certificate", host);
  }
  n = n < MU_TLS_CHAIN ? n : MU_TLS_CHAIN;
  struct mu_tls_cert *chain = mu_arena_array(arena, (size_t)n, sizeof *chain);
  for (int i = 0; i < n; i++) {
    read_cert(sk_X509_value(sent, i), arena, &chain[i]);
  }
  facts->chain = chain;
  facts->chain_n = (size_t)n;
  long result = SSL_get_verify_result(ssl);
  facts->chain_valid = result == X509_V_OK;
  facts->name_matched = fits_name(sk_X509_value(sent, 0), host);
  facts->verified = facts->chain_valid && facts->name_matched;
  facts->why_not = "";
  if (!facts->chain_valid) {
    facts->why_not = X509_verify_cert_error_string(result); /* static text */
  } else if (!facts->name_matched) {
    facts->why_not = mu_arena_fmt(arena, "the certificate is not for %s", host);
  }
  return 0;
}

static void read_session(SSL *ssl, struct mu_arena *arena, struct mu_tls_facts *facts) {
  const unsigned char *alpn = NULL;
  unsigned int n = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &n);
  facts->alpn = n > 0 ? mu_arena_strn(arena, (const char *)alpn, n) : "";
  facts->protocol = mu_arena_str(arena, SSL_get_version(ssl));
  facts->cipher = mu_arena_str(arena, SSL_get_cipher_name(ssl));
}

int mu_tls_look(const struct mu_tls_target *target, int64_t deadline_mono_ms,
                struct mu_arena *arena, struct mu_tls_facts *facts, struct mu_err *err) {
  int64_t deadline_ms =
      deadline_mono_ms > 0 ? deadline_mono_ms : mu_mono_ms(mu_clock_system()) + DEFAULT_MS;
  struct mu_tls_facts got = {.remote_ip = ""};
  SSL_CTX *ctx MU_CLEANUP(free_ctx) = NULL;
  SSL *ssl MU_CLEANUP(free_ssl) = NULL;
  mu_wire_ignore_sigpipe();
  if (new_ctx(target, &ctx, err) != 0) {
    return -1;
  }
  int64_t start = now_us();
  MU_FD(fd) = connect_any(target, deadline_ms, arena, &got, err);
  if (fd < 0) {
    return -1;
  }
  int64_t connected = now_us();
  ssl = SSL_new(ctx);
  if (!ssl || SSL_set_fd(ssl, fd) != 1) {
    MU_BUG("out of memory");
  }
  char *name = mu_arena_str(arena, target->host); /* OpenSSL's macro casts const away */
  if (!is_address(name) && SSL_set_tlsext_host_name(ssl, name) != 1) {
    return mu_fail(err, MU_E_INPUT, "a host name that TLS cannot carry");
  }
  if (shake(ssl, fd, target->host, deadline_ms, err) != 0) {
    return -1;
  }
  got.connect_us = connected - start;
  got.handshake_us = now_us() - connected;
  read_session(ssl, arena, &got);
  if (read_chain(ssl, target->host, arena, &got, err) != 0) {
    return -1;
  }
  *facts = got;
  return 0;
}
