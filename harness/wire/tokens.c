/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/tokens.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "wire/http.h"
#include "wire/sigv4.h" /* mu_uri_encode */

enum {
  MAX_FORM = 64 * 1024,
  MAX_ANSWER = 1024 * 1024,
  MAX_SAID = 200, /* of an endpoint's own words */
  ATTEMPTS = 3,
  PAUSE_MS = 300,
  RENEW_MS = 60000 /* before the end, as the SDKs do: the request still has to get there */
};

struct token {
  struct token *next;
  char key[MU_SHA256_HEX]; /* of everything that was asked with */
  char *text;              /* NULL: refused, see err */
  int64_t ends_mono_ms;    /* 0: not told */
  struct mu_err err;
};

struct secret {
  struct secret *next;
  char *text;
};

struct mu_tokens {
  const struct mu_clock *clock;
  pthread_mutex_t lock; /* held while a token is fetched, so that it is fetched once */
  struct token *list;
  pthread_mutex_t secrets_lock;
  struct secret *secrets;
};

struct mu_tokens *mu_tokens_new(const struct mu_clock *clock) {
  struct mu_tokens *tokens = calloc(1, sizeof *tokens);
  if (!tokens || pthread_mutex_init(&tokens->lock, NULL) != 0 ||
      pthread_mutex_init(&tokens->secrets_lock, NULL) != 0) {
    MU_BUG("out of memory");
  }
  tokens->clock = clock;
  return tokens;
}

static char *copy_of(const char *text) {
  char *copy = strdup(text);
  if (!copy) {
    MU_BUG("out of memory");
  }
  return copy;
}

static void wipe(char *text) {
  if (text) {
    for (volatile char *at = text; *at; at++) {
      *at = '\0';
    }
    free(text);
  }
}

void mu_tokens_free(struct mu_tokens *tokens) {
  if (!tokens) {
    return;
  }
  for (struct token *token = tokens->list, *next; token; token = next) {
    next = token->next;
    wipe(token->text);
    free(token);
  }
  for (struct secret *secret = tokens->secrets, *next; secret; secret = next) {
    next = secret->next;
    wipe(secret->text);
    free(secret);
  }
  (void)pthread_mutex_destroy(&tokens->lock);
  (void)pthread_mutex_destroy(&tokens->secrets_lock);
  free(tokens);
}

void mu_tokens_cleanup(struct mu_tokens **tokens) {
  mu_tokens_free(*tokens);
  *tokens = NULL;
}

void mu_tokens_note(struct mu_tokens *tokens, const char *secret) {
  if (!tokens || !secret || !*secret) {
    return;
  }
  struct secret *one = calloc(1, sizeof *one);
  if (!one) {
    MU_BUG("out of memory");
  }
  one->text = copy_of(secret);
  (void)pthread_mutex_lock(&tokens->secrets_lock);
  one->next = tokens->secrets;
  tokens->secrets = one;
  (void)pthread_mutex_unlock(&tokens->secrets_lock);
}

void mu_tokens_tell(struct mu_tokens *tokens, struct mu_redact *redact) {
  if (!tokens || !redact) {
    return;
  }
  (void)pthread_mutex_lock(&tokens->secrets_lock);
  for (const struct secret *secret = tokens->secrets; secret; secret = secret->next) {
    mu_redact_add(redact, secret->text, strlen(secret->text));
  }
  (void)pthread_mutex_unlock(&tokens->secrets_lock);
}

/* ---- one token ---- */

static void key_of(const struct mu_token_ask *ask, char out[MU_SHA256_HEX]) {
  const char *const parts[] = {ask->url, ask->client_id, ask->secret, ask->scope, ask->audience};
  MU_STR(text, MAX_FORM);
  for (size_t i = 0; i < MU_LEN(parts); i++) {
    mu_str_addf(&text, "%s\n", parts[i] ? parts[i] : "\r");
  }
  mu_sha256_hex(mu_str_get(&text), text.n, out);
}

static void add_field(struct mu_str *form, const char *name, const char *value) {
  if (value) {
    mu_str_addf(form, "&%s=", name);
    mu_uri_encode(form, value, false);
  }
}

/* What the endpoint says of a failure: RFC 6749, 5.2, or an Iceberg catalog's error model. Only the
 * first line: Entra's others are trace ids and the time. */
static const char *said(const struct mu_json_node *root, struct mu_arena *arena) {
  const struct mu_json_node *error = mu_json_get(root, "error");
  const char *what = mu_json_str(error, mu_json_str(mu_json_get(error, "type"), ""));
  const char *more = mu_json_str(mu_json_get(root, "error_description"),
                                 mu_json_str(mu_json_get(error, "message"), ""));
  MU_STR(safe, MAX_SAID * 8);
  size_t what_n = strnlen(what, MAX_SAID), more_n = strcspn(more, "\r\n");
  mu_str_add_safe(&safe, what, what_n);
  mu_str_add(&safe, what_n && more_n ? ": " : "");
  mu_str_add_safe(&safe, more, more_n < MAX_SAID ? more_n : MAX_SAID);
  return mu_str_copy(&safe, arena);
}

/* An endpoint that quotes the secret back at us must not get it into a message. */
static const char *without(const char *text, const char *secret, struct mu_arena *arena) {
  MU_STR(out, MAX_SAID * 16);
  struct mu_redact *redact = mu_redact_new();
  mu_redact_add(redact, secret, strlen(secret));
  (void)mu_redact_write(redact, text, strlen(text), &out);
  mu_redact_free(redact);
  return mu_str_copy(&out, arena);
}

static bool is_worth_another_try(const struct mu_http_resp *resp) {
  return resp->error == MU_E_NET || resp->status == 429 || resp->status >= 500;
}

/* 400 with an OAuth error is how most endpoints refuse: invalid_client, invalid_scope. */
static int judge(const struct mu_token_ask *ask, const struct mu_http_resp *resp,
                 const struct mu_json_node *root, struct mu_arena *arena, struct mu_err *err) {
  if (resp->error != MU_E_NONE) {
    return mu_fail(err, resp->error, "token endpoint %.200s: %s", ask->url,
                   resp->error_msg ? resp->error_msg : "no answer");
  }
  if (resp->status == 200) {
    return 0;
  }
  bool is_refusal = resp->status == 400 || resp->status == 401 || resp->status == 403;
  const char *words = without(said(root, arena), ask->secret, arena);
  return mu_fail(err, is_refusal ? MU_E_DENIED : MU_E_REMOTE,
                 "token endpoint %.200s answers %d%s%s", ask->url, resp->status, *words ? ": " : "",
                 words);
}

static int read_token(const struct mu_tokens *tokens, const struct mu_token_ask *ask,
                      const struct mu_json_node *root, struct token *out, struct mu_err *err) {
  const char *text = mu_json_str(mu_json_get(root, "access_token"), NULL);
  const struct mu_json_node *lasts = mu_json_get(root, "expires_in");
  int64_t seconds = mu_json_int(lasts, 0);
  if (!text || !*text || strpbrk(text, "\r\n")) {
    return mu_fail(err, MU_E_REMOTE, "token endpoint %.200s answers without a token", ask->url);
  }
  /* Some write the number as a text. */
  if (mu_json_type(lasts) == MU_JSON_STR && mu_num_parse_i64(mu_json_str(lasts, ""), &seconds)) {
    seconds = 0;
  }
  bool told = seconds > 0 && seconds < INT32_MAX;
  out->text = copy_of(text);
  out->ends_mono_ms = told ? mu_mono_ms(tokens->clock) + seconds * 1000 : 0;
  return 0;
}

/* Both halves are form-encoded before they are joined (RFC 6749, 2.3.1). */
static const char *basic_header(const struct mu_token_ask *ask, struct mu_arena *arena) {
  MU_STR(pair, MAX_FORM);
  MU_STR(line, MAX_FORM);
  mu_uri_encode(&pair, ask->client_id ? ask->client_id : "", false);
  mu_str_addc(&pair, ':');
  mu_uri_encode(&pair, ask->secret, false);
  mu_str_add(&line, "Authorization: Basic ");
  mu_str_add_base64(&line, mu_str_get(&pair), pair.n);
  return mu_str_copy(&line, arena);
}

static int send(const struct mu_tokens *tokens, struct mu_http *http,
                const struct mu_token_ask *ask, const char *form, struct mu_arena *arena,
                struct mu_http_resp *resp, struct mu_err *err) {
  const char *headers[] = {"Content-Type: application/x-www-form-urlencoded",
                           "Accept: application/json", basic_header(ask, arena)};
  struct mu_http_req req = {.url = ask->url,
                            .headers = headers,
                            .headers_n = ask->basic ? 3 : 2,
                            .body = form,
                            .body_n = strlen(form),
                            .ca_file = ask->ca_file,
                            .max_body = MAX_ANSWER,
                            .proxy_from_env = true};
  for (int attempt = 1;; attempt++) {
    struct mu_err ignored = {0};
    int64_t left_ms = ask->deadline_mono_ms - mu_mono_ms(tokens->clock);
    if (left_ms <= 0) {
      return mu_fail(err, MU_E_TIMEOUT, "no time left to ask %.200s for a token", ask->url);
    }
    req.timeout_ms = left_ms < MU_HTTP_TIMEOUT_MS ? left_ms : MU_HTTP_TIMEOUT_MS;
    if (mu_http_do(http, &req, arena, resp, &ignored) != 0 && resp->error == MU_E_NONE) {
      *err = ignored; /* it could not even be queued */
      return -1;
    }
    if (attempt == ATTEMPTS || !is_worth_another_try(resp)) {
      return 0;
    }
    mu_sleep_ms(tokens->clock, PAUSE_MS * attempt);
  }
}

static int fetch(struct mu_tokens *tokens, struct mu_http *http, const struct mu_token_ask *ask,
                 struct token *out, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_http_resp resp = {0};
  struct mu_err ignored = {0};
  MU_STR(form, MAX_FORM);
  mu_str_add(&form, "grant_type=client_credentials");
  if (!ask->basic) {
    add_field(&form, "client_id", ask->client_id);
    add_field(&form, "client_secret", ask->secret);
  }
  add_field(&form, "scope", ask->scope);
  add_field(&form, "audience", ask->audience);
  if (form.failed) {
    return mu_fail(err, MU_E_LIMIT, "the credentials are over the cap of %d bytes", (int)MAX_FORM);
  }
  if (send(tokens, http, ask, mu_str_get(&form), arena, &resp, err) != 0) {
    return -1;
  }
  if (resp.body && mu_json_parse(resp.body, resp.body_n, &doc, &ignored) != 0) {
    doc = NULL;
  }
  const struct mu_json_node *root = mu_json_root(doc);
  return judge(ask, &resp, root, arena, err) != 0 ? -1 : read_token(tokens, ask, root, out, err);
}

static bool is_usable(const struct mu_tokens *tokens, const struct token *token) {
  int64_t left_ms = token->ends_mono_ms - mu_mono_ms(tokens->clock);
  return token->err.code != MU_E_NONE ||
         (token->text && (token->ends_mono_ms == 0 || left_ms > RENEW_MS));
}

/* Under the lock. */
static struct token *entry_of(struct mu_tokens *tokens, const struct mu_token_ask *ask) {
  char key[MU_SHA256_HEX];
  key_of(ask, key);
  for (struct token *token = tokens->list; token; token = token->next) {
    if (strcmp(token->key, key) == 0) {
      return token;
    }
  }
  struct token *token = calloc(1, sizeof *token);
  if (!token) {
    MU_BUG("out of memory");
  }
  memcpy(token->key, key, sizeof key);
  token->next = tokens->list;
  tokens->list = token;
  return token;
}

static int renew(struct mu_tokens *tokens, struct mu_http *http, const struct mu_token_ask *ask,
                 struct token *token, struct mu_err *err) {
  struct token fresh = {0};
  struct mu_err why = {0};
  if (fetch(tokens, http, ask, &fresh, &why) != 0) {
    if (why.code == MU_E_DENIED) {
      token->err = why; /* asking again and again can lock the account */
    }
    *err = why;
    return -1;
  }
  wipe(token->text);
  token->text = fresh.text;
  token->ends_mono_ms = fresh.ends_mono_ms;
  mu_tokens_note(tokens, fresh.text);
  return 0;
}

int mu_tokens_get(struct mu_tokens *tokens, struct mu_http *http, const struct mu_token_ask *ask,
                  struct mu_arena *arena, const char **out, struct mu_err *err) {
  int rc = 0;
  (void)pthread_mutex_lock(&tokens->lock);
  struct token *token = entry_of(tokens, ask);
  if (!is_usable(tokens, token)) {
    rc = renew(tokens, http, ask, token, err);
  } else if (token->err.code != MU_E_NONE) {
    *err = token->err;
    rc = -1;
  }
  if (rc == 0) {
    *out = mu_arena_str(arena, token->text);
  }
  (void)pthread_mutex_unlock(&tokens->lock);
  return rc;
}

void mu_tokens_drop(struct mu_tokens *tokens, const char *token) {
  (void)pthread_mutex_lock(&tokens->lock);
  for (struct token *one = tokens->list; one; one = one->next) {
    if (one->text && mu_streq(one->text, token)) {
      wipe(one->text);
      one->text = NULL;
    }
  }
  (void)pthread_mutex_unlock(&tokens->lock);
}
