/* SPDX-License-Identifier: Apache-2.0 */
/* PowerDNS Authoritative by its HTTP API (doc.powerdns.com, "Built-in Webserver and HTTP API"): a
 * weighted name is one LUA record, A "pickwrandom({{100,'192.0.2.1'},{0,'192.0.2.2'}})", replaced
 * by a PATCH of its zone and in force at the next query. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/dns/dns.h"
#include "wire/http.h"

enum { BODY_MAX = 4 << 20, CALL_MS = 10 * 1000 };

static const char *dotted(struct mu_arena *arena, const char *name) {
  return mu_str_ends(name, ".") ? name : mu_arena_fmt(arena, "%s.", name);
}

static int call(const struct mu_dns_ctx *ctx, const char *method, const char *body,
                struct mu_http_resp *resp, struct mu_err *err) {
  const char *zone = mu_dns_arg(ctx, "zone"), *key = mu_dns_arg(ctx, "key"),
             *url = mu_dns_arg(ctx, "url");
  const char *headers[] = {mu_arena_fmt(ctx->arena, "X-API-Key: %s", key),
                           "Content-Type: application/json"};
  const struct mu_http_req req = {
      .method = method,
      .url = mu_arena_fmt(ctx->arena, "%s/api/v1/servers/localhost/zones/%s", url,
                          dotted(ctx->arena, zone)),
      .headers = headers,
      .headers_n = MU_LEN(headers),
      .body = body,
      .body_n = body ? strlen(body) : 0,
      .timeout_ms = CALL_MS,
      .max_body = BODY_MAX,
  };
  if (mu_http_do(ctx->http, &req, ctx->arena, resp, err) != 0) {
    return mu_wrap(err, "PowerDNS");
  }
  if (resp->status == 401 || resp->status == 403) {
    return mu_fail(err, MU_E_DENIED, "PowerDNS refuses the API key (HTTP %d)", resp->status);
  }
  if (resp->status == 404) {
    return mu_fail(err, MU_E_ABSENT, "PowerDNS has no zone %s", zone);
  }
  if (resp->status < 200 || resp->status > 299) {
    return mu_fail(err, MU_E_REMOTE, "PowerDNS answers HTTP %d: %.200s", resp->status,
                   resp->body_n ? resp->body : "");
  }
  return 0;
}

/* The weight of one address in a pickwrandom list; false where the address is not in it. */
static bool weight_of(const char *content, const char *address, int64_t *out) {
  char needle[128];
  (void)snprintf(needle, sizeof needle, ",'%s'}", address);
  const char *at = strstr(content, needle);
  if (!at) {
    return false;
  }
  const char *start = at;
  while (start > content && start[-1] >= '0' && start[-1] <= '9') {
    start--;
  }
  char digits[24] = "";
  if (at == start || at - start >= (ptrdiff_t)sizeof digits || start == content) {
    return false;
  }
  memcpy(digits, start, (size_t)(at - start));
  return mu_num_parse_i64(digits, out) == 0;
}

static const char *content_of(const struct mu_dns_ctx *ctx, const char *first, int64_t first_weight,
                              const char *second, int64_t second_weight) {
  return mu_arena_fmt(ctx->arena, "%s \"pickwrandom({{%lld,'%s'},{%lld,'%s'}})\"",
                      strchr(ctx->primary, ':') ? "AAAA" : "A", (long long)first_weight, first,
                      (long long)second_weight, second);
}

static const char *without_spaces(struct mu_arena *arena, const char *text) {
  char *out = mu_arena_str(arena, text), *to = out;
  for (const char *from = text; *from; from++) {
    *to = *from;
    to += *from != ' ';
  }
  *to = '\0';
  return out;
}

/* Both weights of a record that is nothing but the choice between the two sides. Anything more (a
 * third address, a health check, a slip in the Lua) would be lost by a shift: no. */
static bool parse_content(const struct mu_dns_ctx *ctx, const char *content, int64_t *primary,
                          int64_t *standby) {
  const char *plain = without_spaces(ctx->arena, content);
  if (!weight_of(plain, ctx->primary, primary) || !weight_of(plain, ctx->standby, standby)) {
    return false;
  }
  const char *one = content_of(ctx, ctx->primary, *primary, ctx->standby, *standby);
  const char *other = content_of(ctx, ctx->standby, *standby, ctx->primary, *primary);
  return mu_streq(plain, without_spaces(ctx->arena, one)) ||
         mu_streq(plain, without_spaces(ctx->arena, other));
}

static int read_weights(const struct mu_dns_ctx *ctx, struct mu_dns_weights *out,
                        struct mu_err *err) {
  struct mu_http_resp resp = {0};
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (call(ctx, "GET", NULL, &resp, err) != 0 ||
      mu_json_parse(resp.body, resp.body_n, &doc, err) != 0) {
    return -1;
  }
  const struct mu_json_node *sets = mu_json_get(mu_json_root(doc), "rrsets");
  for (size_t i = 0; i < mu_json_len(sets); i++) {
    const struct mu_json_node *set = mu_json_at(sets, i);
    if (!mu_streq(mu_json_str(mu_json_get(set, "name"), ""), dotted(ctx->arena, ctx->name)) ||
        !mu_streq(mu_json_str(mu_json_get(set, "type"), ""), "LUA")) {
      continue;
    }
    const char *content = mu_json_str(mu_json_path(set, "records[0].content"), "");
    struct mu_dns_weights weights = {.ttl_s = mu_json_int(mu_json_get(set, "ttl"), 0)};
    if (mu_json_len(mu_json_get(set, "records")) != 1 ||
        mu_json_bool(mu_json_path(set, "records[0].disabled"), false) ||
        !parse_content(ctx, content, &weights.primary, &weights.standby)) {
      return mu_fail(err, MU_E_CONFLICT,
                     "%s at PowerDNS is not a weighted record of %s and %s: %.120s", ctx->name,
                     ctx->primary, ctx->standby, content);
    }
    MU_STR(raw, 1 << 16);
    mu_json_dump(set, &raw);
    weights.raw = mu_str_copy(&raw, ctx->arena);
    *out = weights;
    return 0;
  }
  return mu_fail(err, MU_E_ABSENT, "PowerDNS has no LUA record %s", ctx->name);
}

static int patch(const struct mu_dns_ctx *ctx, int64_t ttl_s, const char *content,
                 struct mu_err *err) {
  MU_STR(body, 1 << 16);
  struct mu_jw w;
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_key(&w, "rrsets");
  mu_jw_array(&w);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "name", dotted(ctx->arena, ctx->name));
  mu_jw_kstr(&w, "type", "LUA");
  mu_jw_kint(&w, "ttl", ttl_s);
  mu_jw_kstr(&w, "changetype", "REPLACE");
  mu_jw_key(&w, "records");
  mu_jw_array(&w);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "content", content);
  mu_jw_kbool(&w, "disabled", false);
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_jw_end(&w);
  struct mu_http_resp resp = {0};
  return call(ctx, "PATCH", mu_str_get(&body), &resp, err);
}

/* Reads back what was written: a 204 alone does not say that the record is what was meant. */
static int confirm(const struct mu_dns_ctx *ctx, int64_t primary, int64_t standby,
                   struct mu_err *err) {
  struct mu_dns_weights now = {0};
  if (read_weights(ctx, &now, err) != 0) {
    return -1;
  }
  if (now.primary != primary || now.standby != standby) {
    return mu_fail(err, MU_E_CONFLICT, "PowerDNS took the change, but %s reads %lld:%lld",
                   ctx->name, (long long)now.primary, (long long)now.standby);
  }
  return 0;
}

static int shift(const struct mu_dns_ctx *ctx, const struct mu_dns_weights *now, int64_t primary,
                 int64_t standby, int64_t deadline_mono_ms, struct mu_err *err) {
  (void)deadline_mono_ms; /* in force at once */
  if (primary < 0 || standby < 0 || primary + standby == 0) {
    return mu_fail(err, MU_E_CONFIG, "weights of %lld:%lld send nobody anywhere",
                   (long long)primary, (long long)standby);
  }
  const char *content = content_of(ctx, ctx->primary, primary, ctx->standby, standby);
  return patch(ctx, now->ttl_s, content, err) == 0 ? confirm(ctx, primary, standby, err) : -1;
}

static int restore(const struct mu_dns_ctx *ctx, const char *raw, int64_t deadline_mono_ms,
                   struct mu_err *err) {
  (void)deadline_mono_ms;
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(raw, strlen(raw), &doc, err) != 0) {
    return mu_wrap(err, "the record as it was");
  }
  const struct mu_json_node *set = mu_json_root(doc);
  const char *content = mu_json_str(mu_json_path(set, "records[0].content"), "");
  int64_t primary = 0, standby = 0;
  if (!parse_content(ctx, content, &primary, &standby)) {
    return mu_fail(err, MU_E_CONFLICT, "the record as it was does not name both sides");
  }
  return patch(ctx, mu_json_int(mu_json_get(set, "ttl"), 60), content, err) == 0
             ? confirm(ctx, primary, standby, err)
             : -1;
}

static int authorities(const struct mu_dns_ctx *ctx, const char *const **out, size_t *n,
                       struct mu_err *err) {
  (void)err;
  const char *server = mu_dns_arg(ctx, "server");
  const char **list = mu_arena_array(ctx->arena, 1, sizeof *list);
  list[0] = server;
  *out = list;
  *n = server ? 1 : 0;
  return 0;
}

static const char *const args[] = {"url", "key", "zone", "server", NULL};

const struct mu_dns_provider mu_dns_provider_powerdns = {
    .name = "powerdns",
    .summary = "PowerDNS Authoritative, by its HTTP API; weights as a LUA record",
    .args = args,
    .required = 3,
    .read = read_weights,
    .shift = shift,
    .restore = restore,
    .authorities = authorities,
};
