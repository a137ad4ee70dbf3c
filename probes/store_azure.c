/* SPDX-License-Identifier: Apache-2.0 */
#include "store_azure.h"

#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/http.h"
#include "wire/sigv4.h" /* mu_uri_encode */
#include "wire/tokens.h"
#include "wire/xml.h"

enum { MAX_URL = 16384, MAX_PAGE = 16 * 1024 * 1024, ATTEMPTS = 3, PAUSE_MS = 200 };

/* The oldest version that knows all that is asked here is wanted: Azure keeps old versions for
 * years, while emulators and private clouds lag behind new ones. */
static const char *const version_header = "x-ms-version: 2021-08-06";

/* The public cloud's; national clouds have authorities of their own and the same scope. */
#define DEFAULT_AUTHORITY "https://login.microsoftonline.com"
#define DEFAULT_SCOPE "https://storage.azure.com/.default"

bool mu_azure_split(const char *uri, struct mu_arena *arena, struct mu_azure_place *out) {
  static const char *const schemes[] = {"abfss://", "abfs://", "wasbs://", "wasb://"};
  for (size_t i = 0; i < MU_LEN(schemes); i++) {
    if (!mu_str_starts(uri, schemes[i])) {
      continue;
    }
    const char *container = uri + strlen(schemes[i]);
    size_t container_n = strcspn(container, "@/");
    const char *host = container + container_n;
    if (*host != '@' || container_n == 0) {
      return false;
    }
    host++;
    size_t account_n = strcspn(host, "./"), host_n = strcspn(host, "/");
    if (account_n == 0 || host[account_n] != '.') {
      return false;
    }
    out->container = mu_arena_strn(arena, container, container_n);
    /* "ACCOUNT.dfs.SUFFIX" and "ACCOUNT.blob.SUFFIX" are two doors to one account. */
    const char *suffix = host + account_n + 1;
    suffix += mu_str_starts(suffix, "dfs.") ? 4 : mu_str_starts(suffix, "blob.") ? 5 : 0;
    out->account = mu_arena_strn(arena, host, account_n);
    out->suffix = mu_arena_strn(arena, suffix, strcspn(suffix, "/"));
    out->path = mu_arena_str(arena, host + host_n + (host[host_n] == '/' ? 1 : 0));
    return true;
  }
  return false;
}

/* ---- who asks ---- */

/* A signature lent for the account, or the operator's own; NULL: none. */
static const char *sas_for(const struct mu_store *store, const struct mu_azure_place *place) {
  for (size_t i = 0; i < store->keys_n; i++) {
    if (store->keys[i].sas && mu_streq(store->keys[i].account, place->account)) {
      return store->keys[i].sas;
    }
  }
  return mu_arg_str(store->args, "azure_sas", NULL);
}

/* The application that the arguments name; false: none. */
static bool app_of(const struct mu_store *store, struct mu_arena *arena, struct mu_token_ask *out) {
  const struct mu_args *args = store->args;
  const char *authority = mu_arg_str(args, "azure_authority", DEFAULT_AUTHORITY);
  const char *tenant = mu_arg_str(args, "azure_tenant", NULL);
  size_t n = strlen(authority);
  *out = (struct mu_token_ask){.client_id = mu_arg_str(args, "azure_client", NULL),
                               .secret = mu_arg_str(args, "azure_secret", NULL),
                               .scope = mu_arg_str(args, "azure_scope", DEFAULT_SCOPE),
                               .ca_file = mu_store_ca_file(store->args, store->ctx),
                               .deadline_mono_ms = store->ctx->deadline_mono_ms};
  if (!tenant || !out->client_id || !out->secret) {
    return false;
  }
  MU_STR(encoded, MAX_URL / 8);
  mu_uri_encode(&encoded, tenant, false);
  out->url = mu_arena_fmt(arena, "%.*s%s%s/oauth2/v2.0/token", (int)n, authority,
                          n > 0 && authority[n - 1] == '/' ? "" : "/", mu_str_get(&encoded));
  return true;
}

/* *line: the header that says who we are, or NULL where a signature does, or nothing. */
static int authorize(const struct mu_store *store, const struct mu_azure_place *place,
                     struct mu_arena *arena, const char **line, struct mu_err *err) {
  struct mu_token_ask app;
  const char *token = NULL;
  *line = NULL;
  if (sas_for(store, place) || !app_of(store, arena, &app)) {
    return 0;
  }
  if (!store->ctx->http || !store->ctx->tokens) {
    return mu_fail(err, MU_E_DENIED, "no token can be fetched here");
  }
  if (mu_tokens_get(store->ctx->tokens, store->ctx->http, &app, arena, &token, err) != 0) {
    return -1;
  }
  *line = mu_arena_fmt(arena, "Authorization: Bearer %s", token);
  return 0;
}

/* True: the request was made with a token, which is not used again. */
static bool drop_token(const struct mu_store *store, const struct mu_http_req *req) {
  static const char bearer[] = "Authorization: Bearer ";
  for (size_t i = 0; i < req->headers_n; i++) {
    if (mu_str_starts(req->headers[i], bearer)) {
      mu_tokens_drop(store->ctx->tokens, req->headers[i] + strlen(bearer));
      return true;
    }
  }
  return false;
}

/* ---- one request ---- */

/* The endpoint, the container and, if any, the path; then "?" and the signature, if there is one.
 */
static const char *url_of(struct mu_store *store, const struct mu_azure_place *place,
                          const char *query, struct mu_arena *arena) {
  const char *endpoint = mu_arg_str(store->args, "azure_endpoint", NULL);
  const char *sas = sas_for(store, place);
  MU_STR(url, MAX_URL);
  if (endpoint) {
    mu_str_addf(&url, "%s/", endpoint);
  } else {
    mu_str_addf(&url, "https://%s.blob.%s/", place->account, place->suffix);
  }
  mu_uri_encode(&url, place->container, false);
  if (*place->path && !query) {
    mu_str_addc(&url, '/');
    mu_uri_encode(&url, place->path, true);
  }
  if (query) {
    mu_str_addf(&url, "?%s", query);
  }
  if (sas) {
    mu_str_addf(&url, "%c%s", query ? '&' : '?', *sas == '?' ? sas + 1 : sas);
  }
  return url.failed ? NULL : mu_str_copy(&url, arena);
}

static const char *safe_header(const struct mu_http_resp *resp, const char *name,
                               struct mu_arena *arena) {
  const char *value = mu_http_header(resp, name);
  MU_STR(safe, 512);
  mu_str_add_safe(&safe, value ? value : "", value ? strnlen(value, 64) : 0);
  return mu_str_copy(&safe, arena);
}

/* A 404 is the service's own word only where it names its error. The request id is what Azure's
 * support asks for first. */
static int judge(const struct mu_http_resp *resp, const char *uri, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  if (resp->error != MU_E_NONE) {
    return mu_fail(err, resp->error, "%.200s: %s", uri, resp->error_msg);
  }
  if (resp->status == 200 || resp->status == 206) {
    return 0;
  }
  const char *code = safe_header(resp, "x-ms-error-code", arena);
  const char *id = safe_header(resp, "x-ms-request-id", arena);
  bool is_gone = resp->status == 404 &&
                 (mu_streq(code, "BlobNotFound") || mu_streq(code, "ContainerNotFound") ||
                  mu_streq(code, "PathNotFound") || mu_streq(code, "FilesystemNotFound"));
  enum mu_errc kind = resp->status == 401 || resp->status == 403 ? MU_E_DENIED
                      : is_gone                                  ? MU_E_ABSENT
                                                                 : MU_E_REMOTE;
  return mu_fail(err, kind, "%.200s: Azure answers %d%s%s%s%s%s", uri, resp->status,
                 *code ? " " : "", code, *id ? " (request " : "", id, *id ? ")" : "");
}

/* A token can end between two requests: it is dropped, and the next try brings a fresh one. */
static bool is_worth_another_try(const struct mu_store *store, const struct mu_http_req *req,
                                 const struct mu_http_resp *resp) {
  if (resp->error == MU_E_NONE && resp->status == 401) {
    return drop_token(store, req);
  }
  return resp->error == MU_E_NET || resp->status == 429 || resp->status >= 500;
}

static int64_t time_left_ms(const struct mu_store *store) {
  int64_t left = store->ctx->deadline_mono_ms - mu_mono_ms(store->ctx->clock);
  return left < MU_HTTP_TIMEOUT_MS ? left : MU_HTTP_TIMEOUT_MS;
}

/* The whole size: behind the slash of Content-Range, else Content-Length. */
static int64_t size_of(const struct mu_http_resp *resp) {
  const char *range = mu_http_header(resp, "Content-Range");
  const char *text = range ? strrchr(range, '/') : mu_http_header(resp, "Content-Length");
  int64_t size = -1;
  return text && mu_num_parse_i64(range ? text + 1 : text, &size) == 0 ? size : -1;
}

static void finish(struct mu_store_get *get, const struct mu_http_resp *resp) {
  get->err = (struct mu_err){0};
  get->result = judge(resp, get->uri, &get->err);
  if (get->result == 0) {
    get->size = size_of(resp);
    get->body = resp->body;
    get->n = get->head ? 0 : resp->body_n;
    get->truncated = resp->truncated;
    const char *tier = mu_http_header(resp, "x-ms-access-tier");
    get->storage_class = tier && mu_streq(tier, "Archive") ? "GLACIER" : "";
  }
}

/* Azure knows no range of the last bytes: the size is asked for first. */
static int resolve_tail(struct mu_store *store, struct mu_store_get *get, struct mu_arena *arena) {
  struct mu_store_get look = {.uri = get->uri, .head = true};
  struct mu_store_get *one = &look;
  mu_azure_get_many(store, &one, 1, arena);
  if (look.result != 0 || look.size < 0) {
    get->err = look.err;
    return look.result != 0 ? -1 : mu_fail(&get->err, MU_E_REMOTE, "%.200s: no size", get->uri);
  }
  get->first = look.size > get->tail ? look.size - get->tail : 0;
  get->length = look.size - get->first;
  get->tail = 0;
  return 0;
}

/* One request; false: it cannot be asked for, and the get says why. */
static bool prepare(struct mu_store *store, struct mu_store_get *get, struct mu_arena *arena,
                    struct mu_http_req *out) {
  struct mu_azure_place place;
  const char **headers = mu_arena_array(arena, 3, sizeof *headers), *auth = NULL;
  size_t n = 0;
  get->result = -1;
  if (!store->ctx->http || time_left_ms(store) <= 0) {
    (void)mu_fail(&get->err, MU_E_TIMEOUT, "%.200s: no time left", get->uri);
    return false;
  }
  if (!mu_azure_split(get->uri, arena, &place) ||
      (get->tail > 0 && resolve_tail(store, get, arena) != 0) ||
      authorize(store, &place, arena, &auth, &get->err) != 0) {
    return false;
  }
  headers[n++] = version_header;
  if (auth) {
    headers[n++] = auth;
  }
  if (get->length > 0) {
    headers[n++] = mu_arena_fmt(arena, "Range: bytes=%lld-%lld", (long long)get->first,
                                (long long)(get->first + get->length - 1));
  }
  *out = (struct mu_http_req){.method = get->head ? "HEAD" : "GET",
                              .url = url_of(store, &place, NULL, arena),
                              .headers = headers,
                              .headers_n = n,
                              .timeout_ms = time_left_ms(store),
                              .ca_file = mu_store_ca_file(store->args, store->ctx),
                              .max_body = get->max,
                              .path_as_is = true};
  if (!out->url) {
    (void)mu_fail(&get->err, MU_E_LIMIT, "%.200s: the name is too long", get->uri);
  }
  return out->url != NULL;
}

/* Sends what is still open; those worth another try stay open. Returns how many do. */
static size_t send_all(struct mu_store *store, struct mu_store_get **open, size_t n, bool is_last,
                       struct mu_arena *arena) {
  struct mu_http_req *reqs = mu_arena_array(arena, n, sizeof *reqs);
  struct mu_http_resp *resps = mu_arena_array(arena, n, sizeof *resps);
  size_t sent = 0, still = 0;
  struct mu_err err = {0};
  for (size_t i = 0; i < n; i++) {
    if (prepare(store, open[i], arena, &reqs[sent])) {
      open[sent++] = open[i];
    }
  }
  if (sent == 0) {
    return 0;
  }
  if (mu_http_batch(store->ctx->http, reqs, sent, arena, resps, &err) != 0) {
    for (size_t i = 0; i < sent; i++) {
      open[i]->err = err;
    }
    return 0;
  }
  for (size_t i = 0; i < sent; i++) {
    finish(open[i], &resps[i]);
    if (!is_last && open[i]->result != 0 && is_worth_another_try(store, &reqs[i], &resps[i])) {
      open[still++] = open[i];
    }
  }
  return still;
}

void mu_azure_get_many(struct mu_store *store, struct mu_store_get **gets, size_t n,
                       struct mu_arena *arena) {
  struct mu_store_get **open = mu_arena_array(arena, n, sizeof *open);
  if (n > 0) {
    memcpy(open, gets, n * sizeof *open);
  }
  for (int attempt = 1; n > 0 && attempt <= ATTEMPTS; attempt++) {
    if (attempt > 1) {
      mu_sleep_ms(store->ctx->clock, PAUSE_MS * attempt);
    }
    n = send_all(store, open, n, attempt == ATTEMPTS, arena);
  }
}

/* ---- Listing ---- */

/* "Mon, 23 Nov 2026 02:31:01 GMT" (RFC 9110, "IMF-fixdate") as Unix milliseconds; -1: it is not. */
static int64_t http_date(const char *text) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int64_t ms = -1;
  if (strlen(text) != strlen("Mon, 23 Nov 2026 02:31:01 GMT")) {
    return -1;
  }
  char month[4] = {text[8], text[9], text[10], '\0'};
  const char *at = strstr(months, month);
  if (!at || (at - months) % 3 != 0) {
    return -1;
  }
  MU_STR(iso, 32);
  mu_str_addf(&iso, "%.4s-%02d-%.2sT%.8sZ", text + 12, (int)((at - months) / 3 + 1), text + 5,
              text + 17);
  return mu_time_parse(mu_str_get(&iso), &ms) == 0 ? ms : -1;
}

struct listing {
  struct mu_store *store;
  struct mu_azure_place place;
  const char *root; /* the URI up to the container's root, with a slash */
  void (*on_object)(void *ctx, const struct mu_store_object *object);
  void *ctx;
};

static int read_page(struct listing *l, const struct mu_http_resp *resp, struct mu_arena *arena,
                     const char **marker, struct mu_err *err) {
  const struct mu_xml_node *document = NULL;
  if (resp->truncated || mu_xml_parse(resp->body, resp->body_n, arena, &document, err) != 0) {
    return mu_fail(err, MU_E_REMOTE, "Azure's listing cannot be read");
  }
  const struct mu_xml_node *root = mu_xml_path(document, "EnumerationResults");
  const struct mu_xml_node *blobs = mu_xml_path(root, "Blobs");
  if (!blobs) {
    return mu_fail(err, MU_E_REMOTE, "Azure's answer is no listing");
  }
  for (const struct mu_xml_node *blob = mu_xml_child(blobs, "Blob"); blob;
       blob = mu_xml_again(blob)) {
    struct mu_store_object seen = {.size = -1, .storage_class = ""};
    bool is_folder = mu_streq(mu_xml_str(blob, "Properties/ResourceType", ""), "directory");
    if (is_folder ||
        mu_num_parse_i64(mu_xml_str(blob, "Properties/Content-Length", ""), &seen.size) != 0) {
      continue;
    }
    seen.uri = mu_arena_fmt(arena, "%s%s", l->root, mu_xml_str(blob, "Name", ""));
    seen.modified_ms = http_date(mu_xml_str(blob, "Properties/Last-Modified", ""));
    l->on_object(l->ctx, &seen);
  }
  *marker = mu_xml_str(root, "NextMarker", "");
  return 0;
}

/* The headers are made anew for each try: the token may be another one. */
static int page_headers(struct listing *l, struct mu_arena *arena, const char *lines[2],
                        struct mu_http_req *req, struct mu_err *err) {
  const char *auth = NULL;
  if (authorize(l->store, &l->place, arena, &auth, err) != 0) {
    return -1;
  }
  lines[0] = version_header;
  lines[1] = auth;
  req->headers = lines;
  req->headers_n = auth ? 2 : 1;
  return 0;
}

static int ask_page(struct listing *l, const char *marker, struct mu_arena *arena,
                    struct mu_http_resp *resp, struct mu_err *err) {
  const char *lines[2] = {NULL, NULL};
  MU_STR(query, MAX_URL);
  mu_str_add(&query, "restype=container&comp=list&prefix=");
  mu_uri_encode(&query, l->place.path, false);
  if (*marker) {
    mu_str_add(&query, "&marker=");
    mu_uri_encode(&query, marker, false);
  }
  struct mu_http_req req = {.url = url_of(l->store, &l->place, mu_str_get(&query), arena),
                            .ca_file = mu_store_ca_file(l->store->args, l->store->ctx),
                            .max_body = MAX_PAGE};
  if (!req.url || !l->store->ctx->http) {
    return mu_fail(err, MU_E_LIMIT, "the name of the folder is too long");
  }
  for (int attempt = 1;; attempt++) {
    struct mu_err ignored = {0};
    req.timeout_ms = time_left_ms(l->store);
    if (req.timeout_ms <= 0 || mu_canceled(l->store->ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "the deadline passed while listing");
    }
    if (page_headers(l, arena, lines, &req, err) != 0) {
      return -1;
    }
    (void)!mu_http_do(l->store->ctx->http, &req, arena, resp, &ignored);
    if (attempt == ATTEMPTS || !is_worth_another_try(l->store, &req, resp)) {
      return judge(resp, l->root, err);
    }
    mu_sleep_ms(l->store->ctx->clock, PAUSE_MS * attempt);
  }
}

int mu_azure_list(struct mu_store *store, const char *prefix,
                  void (*on_object)(void *ctx, const struct mu_store_object *object), void *ctx,
                  struct mu_err *err) {
  struct mu_arena *names MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct listing l = {.store = store, .on_object = on_object, .ctx = ctx};
  const char *whole = mu_str_ends(prefix, "/") ? prefix : mu_arena_fmt(names, "%s/", prefix);
  char marker[MAX_URL / 4] = "";
  if (!mu_azure_split(whole, names, &l.place)) {
    return mu_fail(err, MU_E_UNSUPPORTED, "%.200s cannot be listed", prefix);
  }
  l.root = mu_arena_strn(names, whole, strlen(whole) - strlen(l.place.path));
  do {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    struct mu_http_resp resp = {0};
    const char *next = "";
    if (ask_page(&l, marker, arena, &resp, err) != 0 ||
        read_page(&l, &resp, arena, &next, err) != 0) {
      return -1;
    }
    size_t n = strlen(next);
    if (n >= sizeof marker || (n > 0 && strcmp(next, marker) == 0)) {
      return mu_fail(err, MU_E_REMOTE, "Azure's listing does not end");
    }
    memcpy(marker, next, n + 1);
  } while (*marker);
  return 0;
}
