/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a certificate that stands in a plan or state as PEM text. */
#ifndef MU_DRIFT_CERT_H
#define MU_DRIFT_CERT_H

#include <stdbool.h>
#include <stdint.h>

/* notAfter of the first CERTIFICATE of a PEM text (RFC 7468, RFC 5280 4.1); false where there is
 * none or it cannot be read. */
bool mu_cert_not_after(const char *pem, int64_t *unix_ms);

#endif
