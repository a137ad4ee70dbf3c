/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS handshake for its own sake: what a server shows, also where it would not be trusted.
 * (libcurl tells nothing about reused connections and failed verification.) Nothing is sent but the
 * handshake. Inputs are borrowed, facts live in the arena. */
#ifndef MU_WIRE_TLS_H
#define MU_WIRE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;

enum { MU_TLS_CHAIN = 16, MU_TLS_SANS = 512 }; /* what is kept of longer ones */

struct mu_tls_target {
  const char *host; /* goes into SNI, and the certificate is checked against it; an address is
                       checked as one, without SNI */
  int port;
  const char *connect; /* connect there instead: a name or an address; NULL: host */
  int connect_port;    /* 0: port */
  const char *ca_file; /* trusted besides the system's; NULL: none */
};

struct mu_tls_cert {
  const char *subject, *issuer; /* RFC 2253 */
  const char *serial;           /* hex */
  const char *sha256;           /* of the certificate, hex */
  const char *key;              /* "RSA 2048", "EC 256" */
  const char *const *sans;      /* DNS names and addresses */
  size_t sans_n;
  int64_t not_before_ms, not_after_ms; /* Unix */
};

struct mu_tls_facts {
  const char *remote_ip;
  const char *protocol; /* "TLSv1.3" */
  const char *cipher;
  const char *alpn;                /* "h2", "http/1.1"; "" where none was chosen */
  const struct mu_tls_cert *chain; /* as sent, the leaf first */
  size_t chain_n;
  bool name_matched; /* the leaf is for this host */
  bool chain_valid;  /* the chain leads to something trusted, now */
  bool verified;     /* both: what a client would accept */
  /* "" when verified; else "certificate has expired", "the certificate is not for …" */
  const char *why_not;
  int64_t connect_us, handshake_us; /* connect_us: with the look-up of the name */
};

/* MU_E_NET: no connection or no handshake. MU_E_TIMEOUT. MU_E_CONFIG: ca_file cannot be read. A
 * certificate that nobody trusts is no error: see verified. deadline_mono_ms 0: 10 s from now. */
MU_CHECKED int mu_tls_look(const struct mu_tls_target *target, int64_t deadline_mono_ms,
                           struct mu_arena *arena, struct mu_tls_facts *facts, struct mu_err *err);

#endif
