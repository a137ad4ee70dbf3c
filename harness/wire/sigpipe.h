/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that closes while TLS writes raises SIGPIPE, and neither OpenSSL nor libcurl (with
 * CURLOPT_NOSIGNAL, which threads need) keeps it from ending the process. Called by whatever in
 * wire opens such connections. */
#ifndef MU_WIRE_SIGPIPE_H
#define MU_WIRE_SIGPIPE_H

/* Ignores SIGPIPE from now on, unless somebody else has set a handler. From any thread. */
void mu_wire_ignore_sigpipe(void);

#endif
