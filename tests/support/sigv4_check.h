/* SPDX-License-Identifier: Apache-2.0 */
/* What a strict server does with a signed request: signs what arrived and compares. */
#ifndef MU_TESTS_SIGV4_CHECK_H
#define MU_TESTS_SIGV4_CHECK_H

#include <stdint.h>

#include "support/httpd.h"
#include "wire/sigv4.h"

/* NULL: signed with these keys over all that arrived; else what is wrong, in S3's words. *unix_ms
 * gets the time that it was signed for. */
const char *sigv4_check(const struct httpd_req *req, const struct mu_sigv4_keys *keys,
                        int64_t *unix_ms);

#endif
