/* SPDX-License-Identifier: Apache-2.0 */
/* The key for hashes of sensitive values, so that two runs can be compared without the values. It
 * lies outside the ledger, in a file of mode 0600: whoever has only the ledger cannot try values
 * against it. */
#ifndef MU_DRILL_KEY_H
#define MU_DRILL_KEY_H

#include "base/attr.h"

struct mu_err;

enum { MU_KEY_BYTES = 32 };

/* Reads "<ledger>.key", and makes it where it is not there yet. */
MU_CHECKED int mu_key_load(const char *ledger_path, unsigned char out[MU_KEY_BYTES],
                           struct mu_err *err);

#endif
