/* SPDX-License-Identifier: Apache-2.0 */
/* An Iceberg REST catalog (iceberg open-api/rest-catalog-open-api.yaml) as the look at one table
 * needs it: who we are to it, where the table's metadata is, and the keys to storage that it lends.
 * Only GETs are sent, and the POST for a token. The struct is the caller's until mu_rest_done();
 * texts live in the check's arena. */
#ifndef MU_PROBES_ICEBERG_REST_H
#define MU_PROBES_ICEBERG_REST_H

#include "base/json.h"
#include "store.h"
#include "wire/tokens.h"

enum { MU_REST_MAX_URL = 8192, MU_REST_MAX_KEYS = 32 };

struct mu_rest {
  const struct mu_args *args;
  const struct mu_probe_ctx *ctx;
  const char *uri;        /* without its last slash */
  const char *prefix;     /* "" or "main/", as it stands in a path */
  const char *separator;  /* of the levels of a namespace, encoded */
  const char *table_url;  /* of the table that was asked for */
  struct mu_json *config; /* what GET /v1/config answered */

  /* How requests are authorized (iceberg_rest_auth.c). */
  const char *bearer;             /* token in use; NULL: none */
  struct mu_token_ask credential; /* secret NULL: none was given */
  const char *sign_service;       /* AWS signatures for this service; NULL: none */
  const char *sign_region;
  struct mu_aws *aws;

  /* Keys that the catalog lends (iceberg_rest_keys.c). */
  bool wants_keys;
  struct mu_store_key keys[MU_REST_MAX_KEYS];
  size_t keys_n;
};

/* Reads the arguments, gets a token if need be, and asks for the catalog's configuration. */
int mu_rest_open(struct mu_rest *rest, const struct mu_args *args, const struct mu_probe_ctx *ctx,
                 struct mu_err *err);
void mu_rest_done(struct mu_rest *rest);
/* Where the table's metadata file is; keys that the catalog lends are then in rest->keys. *absent:
 * the catalog itself says that the table, or its namespace, is not there. */
int mu_rest_find(struct mu_rest *rest, const char *database, const char *table,
                 const char **metadata, bool *absent, struct mu_err *err);

/* ---- what its files share ---- */
/* GET, again where that may help; the caller frees *out. MU_E_ABSENT: the catalog's own word that a
 * table or namespace is not there; MU_E_DENIED: 401, 403, 419; MU_E_REMOTE and what HTTP can say.
 */
int mu_rest_ask(struct mu_rest *rest, const char *url, struct mu_json **out, struct mu_err *err);
/* A setting: what the server prescribes, else the operator's own word, else what it proposes. */
const char *mu_rest_setting(const struct mu_rest *rest, const char *name, const char *own);

/* Reads how to authorize; sends nothing. */
int mu_rest_auth_init(struct mu_rest *rest, struct mu_err *err);
/* A token for the credential, where one was given and no token. `url` NULL: the catalog's own
 * endpoint. */
int mu_rest_auth_token(struct mu_rest *rest, const char *url, struct mu_err *err);
/* Header lines for a GET of this URL. */
enum { MU_REST_AUTH_LINES = 4 };
int mu_rest_auth_lines(struct mu_rest *rest, const char *url, const char *lines[MU_REST_AUTH_LINES],
                       size_t *n, struct mu_err *err);
/* After a 401 or 419: true where a fresh token was fetched. */
bool mu_rest_auth_again(struct mu_rest *rest);

/* Takes the keys out of a table's answer. MU_E_UNSUPPORTED: the catalog lends none and would sign
 * each request itself. */
int mu_rest_take_keys(struct mu_rest *rest, const struct mu_json_node *table, struct mu_err *err);
void mu_rest_drop_keys(struct mu_rest *rest);

#endif
