/* SPDX-License-Identifier: Apache-2.0 */
/* Keys to storage that a REST catalog lends ("vended credentials"): taken from a table's answer,
 * each for what lies below its prefix, and asked for anew when they run out. They stand in
 * `storage-credentials`; older catalogs write them into the table's `config`. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "iceberg_rest.h"
#include "wire/aws.h"

enum { EARLY_MS = 60000 };

/* One set of S3 keys, as it was lent; the AWS client asks it for keys. */
struct lent {
  struct mu_rest *rest;
  const char *prefix; /* NULL: of the table's config */
  struct mu_sigv4_keys keys;
  int64_t expires_ms; /* 0: not told */
  bool used;
};

/* What a set of keys says, then the table, then the catalog: the nearest word counts. */
struct words {
  const struct mu_rest *rest;
  const struct mu_json_node *own, *table;
};

static const char *word(const struct words *words, const char *name) {
  const char *own = mu_json_str(mu_json_get(words->own, name), NULL);
  const char *table = mu_json_str(mu_json_get(words->table, name), NULL);
  return own ? own : table ? table : mu_rest_setting(words->rest, name, NULL);
}

/* ---- one set ---- */

static bool read_keys(const struct mu_json_node *from, struct mu_arena *arena, struct lent *out) {
  const char *access = mu_json_str(mu_json_get(from, "s3.access-key-id"), NULL);
  const char *secret = mu_json_str(mu_json_get(from, "s3.secret-access-key"), NULL);
  const char *token = mu_json_str(mu_json_get(from, "s3.session-token"), NULL);
  const char *ends = mu_json_str(mu_json_get(from, "s3.session-token-expires-at-ms"), NULL);
  if (!access || !secret || !*access || !*secret) {
    return false;
  }
  out->keys = (struct mu_sigv4_keys){mu_arena_str(arena, access), mu_arena_str(arena, secret),
                                     token && *token ? mu_arena_str(arena, token) : NULL};
  if (!ends || mu_num_parse_i64(ends, &out->expires_ms) != 0) {
    out->expires_ms = 0;
  }
  return true;
}

static void note(const struct lent *lent) {
  struct mu_tokens *tokens = lent->rest->ctx->tokens;
  mu_tokens_note(tokens, lent->keys.secret_key);
  mu_tokens_note(tokens, lent->keys.session_token);
}

/* The entry for a prefix in what the catalog answered. */
static const struct mu_json_node *entry_of(const struct mu_json_node *answer, const char *prefix) {
  const struct mu_json_node *list = mu_json_get(answer, "storage-credentials");
  if (!prefix) {
    return mu_json_get(answer, "config");
  }
  for (size_t i = 0; i < mu_json_len(list); i++) {
    const struct mu_json_node *one = mu_json_at(list, i);
    if (mu_streq(mu_json_str(mu_json_get(one, "prefix"), ""), prefix)) {
      return mu_json_get(one, "config");
    }
  }
  return NULL;
}

static bool can_ask_for_keys(const struct mu_rest *rest) {
  static const char row[] = "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials";
  const struct mu_json_node *list = mu_json_get(mu_json_root(rest->config), "endpoints");
  for (size_t i = 0; i < mu_json_len(list); i++) {
    if (mu_streq(mu_json_str(mu_json_at(list, i), ""), row)) {
      return true;
    }
  }
  return false;
}

/* A catalog that does not offer the keys alone hands out fresh ones with the table. */
static int ask_again(struct lent *lent, struct mu_arena *arena, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_rest *rest = lent->rest;
  const char *url = rest->table_url;
  if (lent->prefix && can_ask_for_keys(rest)) {
    url = mu_arena_fmt(arena, "%s/credentials", url);
  }
  if (mu_rest_ask(rest, url, &doc, err) != 0) {
    return mu_wrap(err, "keys to the storage");
  }
  if (!read_keys(entry_of(mu_json_root(doc), lent->prefix), rest->ctx->arena, lent)) {
    return mu_fail(err, MU_E_DENIED, "the catalog lends no keys to the storage any more");
  }
  note(lent);
  return 0;
}

static int renew(void *ctx, struct mu_http *http, struct mu_arena *arena, struct mu_sigv4_keys *out,
                 int64_t *expires_ms, struct mu_err *err) {
  struct lent *lent = ctx;
  int64_t left_ms = lent->expires_ms - mu_wall_ms(lent->rest->ctx->clock);
  bool is_over = lent->expires_ms > 0 && left_ms < EARLY_MS;
  (void)http; /* the look's own, which is the one that asks the catalog */
  if ((lent->used || is_over) && ask_again(lent, arena, err) != 0) {
    return -1;
  }
  lent->used = true;
  *out = lent->keys;
  *expires_ms = lent->expires_ms;
  return 0;
}

static int add_s3(struct mu_rest *rest, const char *prefix, const struct words *words,
                  struct mu_err *err) {
  struct mu_arena *arena = rest->ctx->arena;
  struct lent *lent = mu_arena_alloc(arena, sizeof *lent);
  const char *region = word(words, "s3.region"), *endpoint = word(words, "s3.endpoint");
  lent->rest = rest;
  lent->prefix = mu_arena_str(arena, prefix);
  if (!read_keys(prefix ? words->own : words->table, arena, lent)) {
    return 0;
  }
  note(lent);
  region = region ? region : word(words, "client.region");
  region = region ? region : mu_arg_str(rest->args, "region", endpoint ? "us-east-1" : NULL);
  const struct mu_aws_source source = {
      .renew = renew, .ctx = lent, .name = "lent by the catalog", .s3_endpoint = endpoint};
  const struct mu_aws_options options = {.mode = MU_AWS_READ_ONLY,
                                         .region = region,
                                         .ca_file = mu_store_ca_file(rest->args, rest->ctx),
                                         .clock = rest->ctx->clock,
                                         .cancel = rest->ctx->cancel,
                                         .source = &source};
  struct mu_store_key *key = &rest->keys[rest->keys_n];
  *key = (struct mu_store_key){.prefix = prefix ? lent->prefix : "s3"};
  if (mu_aws_new(&options, &key->aws, err) != 0) {
    return mu_wrap(err, "keys lent by the catalog");
  }
  rest->keys_n++;
  return 0;
}

/* "adls.sas-token.ACCOUNT" or, with its host, "adls.sas-token.ACCOUNT.dfs.core.windows.net". */
static void add_azure(struct mu_rest *rest, const struct mu_json_node *config) {
  static const char name[] = "adls.sas-token.";
  struct mu_arena *arena = rest->ctx->arena;
  for (size_t i = 0; i < mu_json_len(config) && rest->keys_n < MU_REST_MAX_KEYS; i++) {
    const char *key = NULL;
    const char *sas = mu_json_str(mu_json_member(config, i, &key), NULL);
    if (!sas || !mu_str_starts(key, name)) {
      continue;
    }
    const char *account = key + strlen(name);
    rest->keys[rest->keys_n++] =
        (struct mu_store_key){.prefix = "",
                              .account = mu_arena_strn(arena, account, strcspn(account, ".")),
                              .sas = mu_arena_str(arena, sas)};
    mu_tokens_note(rest->ctx->tokens, sas);
  }
}

/* ---- all of them ---- */

static bool signs_remotely(const struct mu_rest *rest, const struct mu_json_node *table) {
  const struct words words = {.rest = rest, .table = mu_json_get(table, "config")};
  return mu_streq(word(&words, "s3.remote-signing-enabled"), "true");
}

int mu_rest_take_keys(struct mu_rest *rest, const struct mu_json_node *table, struct mu_err *err) {
  const struct mu_json_node *list = mu_json_get(table, "storage-credentials");
  struct words words = {.rest = rest, .table = mu_json_get(table, "config")};
  const char *token = mu_json_str(mu_json_get(words.table, "token"), NULL);
  if (token && !strpbrk(token, "\r\n")) { /* for whatever else is asked about this table */
    rest->bearer = mu_arena_str(rest->ctx->arena, token);
    mu_tokens_note(rest->ctx->tokens, token);
  }
  if (mu_json_len(list) >= MU_REST_MAX_KEYS) {
    return mu_fail(err, MU_E_LIMIT, "the catalog lends more keys than the cap of %d",
                   (int)MU_REST_MAX_KEYS);
  }
  for (size_t i = 0; i < mu_json_len(list); i++) {
    const struct mu_json_node *one = mu_json_at(list, i);
    words.own = mu_json_get(one, "config");
    add_azure(rest, words.own);
    if (rest->keys_n < MU_REST_MAX_KEYS &&
        add_s3(rest, mu_json_str(mu_json_get(one, "prefix"), ""), &words, err) != 0) {
      return -1;
    }
  }
  words.own = NULL;
  if (rest->keys_n == 0) {
    add_azure(rest, words.table);
    if (add_s3(rest, NULL, &words, err) != 0) {
      return -1;
    }
  }
  if (rest->keys_n == 0 && signs_remotely(rest, table)) {
    return mu_fail(err, MU_E_UNSUPPORTED,
                   "the catalog lends no keys to the storage but signs each request itself (remote "
                   "signing), which is not supported; let it lend keys, or write access: own");
  }
  return 0;
}

void mu_rest_drop_keys(struct mu_rest *rest) {
  for (size_t i = 0; i < rest->keys_n; i++) {
    mu_aws_free(rest->keys[i].aws);
  }
  rest->keys_n = 0;
}
