/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler attributes, named once, so that the rest of the code stays plain C17. */
#ifndef MU_BASE_ATTR_H
#define MU_BASE_ATTR_H

#define MU_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define MU_CHECKED __attribute__((warn_unused_result))
#define MU_NORETURN __attribute__((noreturn))
#define MU_UNUSED __attribute__((unused))
/* Runs `fn(&variable)` when the variable leaves its scope. */
#define MU_CLEANUP(fn) __attribute__((cleanup(fn)))
#define MU_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
