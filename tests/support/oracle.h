/* SPDX-License-Identifier: Apache-2.0 */
/* Python scripts that know the right answer from somebody else's library. */
#ifndef MU_TESTS_ORACLE_H
#define MU_TESTS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

/* Runs tests/unit/SCRIPT with up to three further words and stdin. The test fails where the script
 * ends with anything but 0. False, said aloud: no Python here has the library (77); the test is to
 * be skipped. */
bool oracle_check(const char *script, const char *const *words, const char *input, size_t input_n);

#endif
