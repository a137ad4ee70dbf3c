/* SPDX-License-Identifier: Apache-2.0 */
/* DNS asked directly of one server (RFC 1035): nothing caches in between, and AA, TTL and rcode are
 * visible. Each try has a random id and a socket of its own, hence a random source port; no EDNS; a
 * truncated answer is asked again over TCP. What the system's own resolver sees is
 * mu_dns_resolve(). Inputs are borrowed, answers live in the arena. */
#ifndef MU_WIRE_DNS_H
#define MU_WIRE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_cancel;
struct mu_err;

enum mu_dns_type {
  MU_DNS_A = 1,
  MU_DNS_NS = 2,
  MU_DNS_CNAME = 5,
  MU_DNS_SOA = 6,
  MU_DNS_MX = 15,
  MU_DNS_TXT = 16,
  MU_DNS_AAAA = 28,
};
/* "A", "aaaa", …; 0: not one of these. And back; "TYPE65" for others. */
int mu_dns_type_parse(const char *text);
enum { MU_DNS_TYPE_TEXT = 12 };
void mu_dns_type_text(int type, char out[MU_DNS_TYPE_TEXT]);

enum mu_dns_section { MU_DNS_ANSWER, MU_DNS_AUTHORITY, MU_DNS_ADDITIONAL };
enum { MU_DNS_NOERROR = 0, MU_DNS_SERVFAIL = 2, MU_DNS_NXDOMAIN = 3, MU_DNS_REFUSED = 5 };

struct mu_dns_record {
  enum mu_dns_section section;
  const char *name; /* without the last dot, "." for the root; odd bytes as \DDD */
  int type;
  int64_t ttl_s;
  /* An address, a name, "10 mail.example.com", the text of a TXT (its strings joined), "mname rname
   * serial refresh retry expire minimum"; for other types "" . data_n counts, because a TXT may
   * hold anything. */
  const char *data;
  size_t data_n;
};
struct mu_dns_answer {
  int rcode; /* NXDOMAIN and SERVFAIL are answers, not errors */
  bool authoritative, truncated, recursion_available, by_tcp;
  const struct mu_dns_record *records;
  size_t n;
  int64_t elapsed_us; /* of the try that was answered */
};
const char *mu_dns_rcode_text(int rcode); /* "NXDOMAIN"; "OTHER" for those beyond REFUSED */

struct mu_dns_question {
  const char *server; /* an address, not a name */
  int port;           /* 0: 53 */
  const char *name;   /* with or without the last dot; \DDD (decimal; Route 53 writes octal) and \.
                         are fine */
  int type;
  bool recurse;       /* RD; an authority is asked without */
  bool tcp;           /* from the start */
  int64_t timeout_ms; /* of one try; 0: 2 s */
  int tries;          /* 0: 3 */
};

/* MU_E_INPUT: a name or address that is none. MU_E_TIMEOUT: no answer. MU_E_NET: the server cannot
 * be reached. MU_E_REMOTE: answers that are not DNS or not to this question. deadline_mono_ms 0:
 * none. */
MU_CHECKED int mu_dns_ask(const struct mu_dns_question *question, int64_t deadline_mono_ms,
                          struct mu_arena *arena, struct mu_dns_answer *answer, struct mu_err *err);

/* The same question n times. on_answer gets each outcome, in the order of arrival: an answer
 * (borrowed for the call), or NULL and why. Returns how many were asked before deadline or
 * cancellation; -1 with err where the question itself is wrong. */
struct mu_dns_sampling {
  size_t n;
  size_t in_flight;         /* 0: 8 */
  int64_t interval_ms;      /* between two starts; 0: as fast as answers come */
  int64_t deadline_mono_ms; /* 0: none */
  const struct mu_cancel *cancel;
};
int64_t mu_dns_sample(const struct mu_dns_question *question,
                      const struct mu_dns_sampling *sampling,
                      void (*on_answer)(void *ctx, const struct mu_dns_answer *answer,
                                        const struct mu_err *why),
                      void *ctx, struct mu_err *err);

/* As the system sees it (getaddrinfo: hosts file, resolver, its caches and its own timeouts).
 * MU_E_ABSENT: no such name, or no address for it. Addresses as text, each once. */
MU_CHECKED int mu_dns_resolve(const char *name, struct mu_arena *arena,
                              const char *const **addresses, size_t *n, struct mu_err *err);

/* A message of n bytes, whatever it is. -1: malformed (MU_E_REMOTE). */
MU_CHECKED int mu_dns_decode(const unsigned char *message, size_t n, struct mu_arena *arena,
                             struct mu_dns_answer *answer, struct mu_err *err);

#endif
