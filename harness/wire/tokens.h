/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens that a run obtains by OAuth 2.0 client credentials (RFC 6749, 4.4), as Iceberg REST
 * catalogs and Microsoft Entra ID hand them out: fetched once, shared by the run's threads, renewed
 * before they expire. A refusal is remembered too, so that a wrong secret is tried once and not
 * once a table. The object is its owner's; what it returns is copied into the arena asked. */
#ifndef MU_WIRE_TOKENS_H
#define MU_WIRE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_clock;
struct mu_err;
struct mu_http;
struct mu_redact;
struct mu_tokens;

struct mu_token_ask {
  const char *url;                /* of the token endpoint */
  const char *client_id, *secret; /* client_id NULL: the secret alone */
  const char *scope, *audience;   /* NULL: not sent */
  bool basic; /* id and secret as HTTP Basic (RFC 6749, 2.3.1) instead of in the form */
  const char *ca_file;
  int64_t deadline_mono_ms;
};

struct mu_tokens *mu_tokens_new(const struct mu_clock *clock);
void mu_tokens_free(struct mu_tokens *tokens); /* NULL is fine */
void mu_tokens_cleanup(struct mu_tokens **tokens);

/* The token itself. MU_E_DENIED: the endpoint refuses these credentials; MU_E_REMOTE, MU_E_NET,
 * MU_E_TIMEOUT: no answer that is one. The message names the endpoint and what it said, never the
 * secret. `http` has nothing pending. */
MU_CHECKED int mu_tokens_get(struct mu_tokens *tokens, struct mu_http *http,
                             const struct mu_token_ask *ask, struct mu_arena *arena,
                             const char **out, struct mu_err *err);
/* Forgets a token that was refused, so that the next question fetches a new one. */
void mu_tokens_drop(struct mu_tokens *tokens, const char *token);

/* Keeps a secret that came over the wire (keys that a catalog lends) for mu_tokens_tell(). From any
 * thread. */
void mu_tokens_note(struct mu_tokens *tokens, const char *secret);
/* Tells the redactor every secret obtained so far; from one thread, once the others are done. */
void mu_tokens_tell(struct mu_tokens *tokens, struct mu_redact *redact);

#endif
