/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629) one character at a time, and how many columns of a terminal it takes. */
#ifndef MU_BASE_UTF8_H
#define MU_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the character at text[0], n > 0 bytes left, with its code; 0 where the bytes
 * are no UTF-8 (overlong forms, surrogates and what lies above U+10FFFF included). */
size_t mu_utf8_next(const char *text, size_t n, uint32_t *code);

/* 0 for marks that combine with the character before, 2 for East Asian wide ones and emoji (UAX #11
 * W and F), else 1. Controls count as 1: whoever shows them escapes them first. */
int mu_utf8_width(uint32_t code);

#endif
