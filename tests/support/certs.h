/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made while a test runs: an authority, and a leaf below it, as PEM files in a folder
 * that is the caller's. */
#ifndef MU_TESTS_CERTS_H
#define MU_TESTS_CERTS_H

/* Writes DIR/ca.pem, DIR/NAME.pem (leaf and authority) and DIR/NAME.key. The authority is made
 * where DIR/ca.pem is not there yet. sans as OpenSSL writes them:
 * "DNS:api.example.com,IP:127.0.0.1". Valid from `from_s` to `to_s` seconds from now. */
void certs_make(const char *dir, const char *name, const char *sans, long from_s, long to_s);

#endif
