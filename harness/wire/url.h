/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an http or https URL that decide where a connection goes (RFC 3986, authority
 * without user information). */
#ifndef MU_WIRE_URL_H
#define MU_WIRE_URL_H

#include <stdbool.h>
#include <stdint.h>

struct mu_arena;
struct mu_err;

struct mu_url {
  const char *host; /* without brackets */
  int port;
  bool tls;
};
/* MU_E_INPUT: no http or https URL, or one with a password in it. */
int mu_url_parse(const char *url, struct mu_arena *arena, struct mu_url *out, struct mu_err *err);

/* "host:port", "[::1]:443", "::1", "host" (then *port stays as it is). */
int mu_url_host_port(const char *text, struct mu_arena *arena, const char **host, int *port,
                     struct mu_err *err);

#endif
