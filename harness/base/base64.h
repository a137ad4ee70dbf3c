/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 back into bytes (RFC 4648, 4; the other way is mu_str_add_base64). */
#ifndef MU_BASE_BASE64_H
#define MU_BASE_BASE64_H

#include <stddef.h>

/* Room that n characters of base64 decode into, at most. */
#define MU_BASE64_ROOM(n) ((n) / 4 * 3 + 3)

/* The whole text, padded or not; spaces and line ends are passed over. The length, or SIZE_MAX
 * where it is no base64: another character, one that is left over, bits behind the end, padding
 * inside. */
size_t mu_base64_decode(const char *text, size_t n, unsigned char *out);

#endif
