/* SPDX-License-Identifier: Apache-2.0 */
/* Why something could not be done. The caller owns the struct (on its stack); a callee fills it in
 * once, at the lowest level, when it returns -1, and never touches it on success. Messages are one
 * line, lower case, without a trailing full stop, and never hold a secret. */
#ifndef MU_BASE_ERR_H
#define MU_BASE_ERR_H

#include "base/attr.h"

enum { MU_ERR_MAX = 512 };

enum mu_errc {
  MU_E_NONE = 0,
  MU_E_USAGE,       /* the command line is wrong: nothing was started */
  MU_E_CONFIG,      /* the configuration is wrong: nothing was started */
  MU_E_INPUT,       /* bytes from outside are not what they should be */
  MU_E_IO,          /* a file or the system; `sys` holds errno */
  MU_E_NET,         /* no answer: name, connection, handshake */
  MU_E_TIMEOUT,     /* a deadline passed */
  MU_E_DENIED,      /* the other side knows us and says no */
  MU_E_ABSENT,      /* the thing asked for is proven not to be there */
  MU_E_UNSUPPORTED, /* a format or feature that this version cannot read */
  MU_E_LIMIT,       /* one of our own caps; the message names it */
  MU_E_CANCELED,    /* the operator or a deadline above us stopped it */
  MU_E_BUSY,        /* somebody else holds it */
  MU_E_CONFLICT,    /* the state found is not the one this act may start from */
  MU_E_REMOTE,      /* the other side failed (5xx, a malformed answer) */
};

struct mu_err {
  enum mu_errc code;
  int sys; /* errno where there is one, else 0 */
  char msg[MU_ERR_MAX];
};

/* Fills *err (which may be NULL) and returns -1, so that a callee writes `return mu_fail(err, …)`.
 */
int mu_fail(struct mu_err *err, enum mu_errc code, const char *fmt, ...) MU_PRINTF(3, 4);

/* The same with ": strerror(sys)" behind the message; code is MU_E_IO. */
int mu_fail_sys(struct mu_err *err, int sys, const char *fmt, ...) MU_PRINTF(3, 4);

/* Puts "context: " in front of a message once, at a boundary. Returns -1. */
int mu_wrap(struct mu_err *err, const char *fmt, ...) MU_PRINTF(2, 3);

/* A bug of ours: one line on stderr and exit 70. */
void mu_bug(const char *file, int line, const char *fmt, ...) MU_PRINTF(3, 4) MU_NORETURN;
#define MU_BUG(...) mu_bug(__FILE__, __LINE__, __VA_ARGS__)
#define MU_ASSERT(cond) ((cond) ? (void)0 : mu_bug(__FILE__, __LINE__, "broken promise: %s", #cond))

#endif
