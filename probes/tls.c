/* SPDX-License-Identifier: Apache-2.0 */
/* What a TLS server shows, by a handshake of its own: certificate, chain, protocol. A certificate
 * that nobody would trust is seen all the same; whether that is a defect is for an expectation to
 * say. */
#include "wire/tls.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "probe.h"
#include "wire/url.h"

enum { HTTPS_PORT = 443 };

static const struct mu_param params[] = {
    {.name = "host",
     .type = MU_T_STR,
     .required = true,
     .doc = "name for SNI and the certificate's check; host:port is fine too"},
    {.name = "port", .type = MU_T_INT, .otherwise = "443", .min = 1, .max = 65535, .doc = "port"},
    {.name = "connect_to",
     .type = MU_T_STR,
     .doc = "ADDRESS or ADDRESS:PORT to connect to instead of host"},
    {.name = "ca",
     .type = MU_T_STR,
     .doc = "PEM file of certificates to trust besides the system's",
     .is_path = true},
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "not_after",
     .type = MU_T_TIME,
     .finding = MU_F_TLS_EXPIRING,
     .doc = "end of the certificate (days_left: how long that is)"},
    {.name = "not_before",
     .type = MU_T_TIME,
     .finding = MU_F_TLS_UNTRUSTED,
     .doc = "its beginning"},
    {.name = "chain_not_after",
     .type = MU_T_TIME,
     .finding = MU_F_TLS_EXPIRING,
     .doc = "the earliest end in the chain as sent"},
    {.name = "subject", .type = MU_T_STR, .doc = "its subject, as RFC 2253 writes it"},
    {.name = "issuer", .type = MU_T_STR, .doc = "its issuer"},
    {.name = "sans", .type = MU_T_LIST, .doc = "names and addresses that it is for"},
    {.name = "serial", .type = MU_T_STR, .doc = "serial number, hexadecimal"},
    {.name = "sha256", .type = MU_T_STR, .doc = "fingerprint of the certificate"},
    {.name = "key", .type = MU_T_STR, .doc = "kind and size of its key: EC 256"},
    {.name = "chain", .type = MU_T_INT, .unit = "certificates", .doc = "how many the server sent"},
    {.name = "verified",
     .type = MU_T_BOOL,
     .finding = MU_F_TLS_UNTRUSTED,
     .doc = "a client would accept it: chain and name"},
    {.name = "chain_valid",
     .type = MU_T_BOOL,
     .finding = MU_F_TLS_UNTRUSTED,
     .doc = "the chain leads to something trusted, now"},
    {.name = "name_matches",
     .type = MU_T_BOOL,
     .finding = MU_F_TLS_UNTRUSTED,
     .doc = "the certificate is for this host"},
    {.name = "verify_error",
     .type = MU_T_STR,
     .finding = MU_F_TLS_UNTRUSTED,
     .doc = "why it would not be accepted; empty: it would"},
    {.name = "protocol", .type = MU_T_STR, .doc = "TLSv1.3, …"},
    {.name = "cipher", .type = MU_T_STR, .doc = "cipher suite"},
    {.name = "alpn", .type = MU_T_STR, .doc = "h2, http/1.1; empty: none was chosen"},
    {.name = "remote", .type = MU_T_STR, .is_volatile = true, .doc = "address that answered"},
    {.name = "connect",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "name resolution and TCP connection"},
    {.name = "handshake",
     .type = MU_T_DUR,
     .is_volatile = true,
     .finding = MU_F_HTTP_SLOW,
     .doc = "the handshake itself"},
    {0}};

static void add_certificates(struct mu_facts *facts, const struct mu_tls_facts *seen) {
  const struct mu_tls_cert *leaf = &seen->chain[0];
  int64_t first_end = leaf->not_after_ms;
  for (size_t i = 1; i < seen->chain_n; i++) {
    first_end = seen->chain[i].not_after_ms < first_end ? seen->chain[i].not_after_ms : first_end;
  }
  (void)mu_fact_time(facts, "tls.not_after", leaf->not_after_ms);
  (void)mu_fact_time(facts, "tls.not_before", leaf->not_before_ms);
  (void)mu_fact_time(facts, "tls.chain_not_after", first_end);
  (void)mu_fact_str(facts, "tls.subject", leaf->subject);
  (void)mu_fact_str(facts, "tls.issuer", leaf->issuer);
  (void)mu_fact_list(facts, "tls.sans", leaf->sans, leaf->sans_n);
  (void)mu_fact_str(facts, "tls.serial", leaf->serial);
  (void)mu_fact_str(facts, "tls.sha256", leaf->sha256);
  (void)mu_fact_str(facts, "tls.key", leaf->key);
  (void)mu_fact_int(facts, "tls.chain", (int64_t)seen->chain_n, "certificates");
}

static void add_session(struct mu_facts *facts, const struct mu_tls_facts *seen) {
  (void)mu_fact_bool(facts, "tls.verified", seen->verified);
  (void)mu_fact_bool(facts, "tls.chain_valid", seen->chain_valid);
  (void)mu_fact_bool(facts, "tls.name_matches", seen->name_matched);
  (void)mu_fact_str(facts, "tls.verify_error", seen->why_not);
  (void)mu_fact_str(facts, "tls.protocol", seen->protocol);
  (void)mu_fact_str(facts, "tls.cipher", seen->cipher);
  (void)mu_fact_str(facts, "tls.alpn", seen->alpn);
  mu_fact_str(facts, "tls.remote", seen->remote_ip)->is_volatile = true;
  mu_fact_dur(facts, "tls.connect", (seen->connect_us + 999) / 1000)->is_volatile = true;
  mu_fact_dur(facts, "tls.handshake", (seen->handshake_us + 999) / 1000)->is_volatile = true;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  (void)absent;
  struct mu_tls_facts seen = {0};
  struct mu_tls_target target = {.ca_file = mu_arg_str(args, "ca", ctx->ca_file),
                                 .port = (int)mu_arg_int(args, "port", HTTPS_PORT)};
  const char *to = mu_arg_str(args, "connect_to", NULL);
  if (mu_url_host_port(mu_arg_str(args, "host", ""), ctx->arena, &target.host, &target.port, err) !=
          0 ||
      (to && mu_url_host_port(to, ctx->arena, &target.connect, &target.connect_port, err) != 0)) {
    return -1;
  }
  if (target.port < 1 || target.port > 65535) {
    return mu_fail(err, MU_E_INPUT, "tls needs a port from 1 to 65535");
  }
  if (mu_tls_look(&target, ctx->deadline_mono_ms, ctx->arena, &seen, err) != 0) {
    return -1;
  }
  if (seen.chain_n == 0) {
    return mu_fail(err, MU_E_REMOTE, "%s showed no certificate", target.host);
  }
  add_certificates(facts, &seen);
  add_session(facts, &seen);
  return 0;
}

const struct mu_probe mu_probe_tls = {.name = "tls",
                                      .summary = "a TLS handshake: certificate, chain, protocol",
                                      .params = params,
                                      .facts = facts_seen,
                                      .headline = "{protocol}, certificate until {not_after}",
                                      .target = "host",
                                      .network = true,
                                      .observe = observe,
                                      .expect = "verified",
                                      .expect_to_be = "true"};
