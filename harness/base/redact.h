/* SPDX-License-Identifier: Apache-2.0 */
/* The one choke-point in front of every writer: values known to be secret, replaced wherever they
 * occur in what leaves the program (also in their JSON, URL, base64 and XML forms). Thread-safe to
 * ask, not to add. The redactor owns copies of the secrets. */
#ifndef MU_BASE_REDACT_H
#define MU_BASE_REDACT_H

#include <stddef.h>

struct mu_redact;
struct mu_str;

enum {
  MU_REDACT_MIN = 8
}; /* shorter values would blank out ordinary words: they are redacted by name only */

struct mu_redact *mu_redact_new(void);
void mu_redact_free(struct mu_redact *r); /* wipes */
void mu_redact_add(struct mu_redact *r, const char *secret, size_t n);
/* Copies `text` to `out` with each secret as "[redacted]". Returns how many were replaced. A NULL
 * redactor copies. */
size_t mu_redact_write(const struct mu_redact *r, const char *text, size_t n, struct mu_str *out);
/* The same within `text`, which is not even copied where it holds no secret, as most texts. */
size_t mu_redact_str(const struct mu_redact *r, struct mu_str *text);

#endif
