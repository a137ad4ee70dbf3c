/* SPDX-License-Identifier: Apache-2.0 */
/* The share of answers that name the standby, counted on the wire: direct queries, no cache in
 * between. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/stat.h"
#include "base/str.h"
#include "drill/dns/dns.h"
#include "wire/dns.h"

struct count {
  const struct mu_dns_ctx *ctx;
  struct mu_dns_share *share;
};

static bool is_name(const char *side) {
  return !strchr(side, ':') && side[strspn(side, "0123456789.")];
}

/* A side that is a name is seen as a CNAME; behind it stand addresses that say nothing of sides. */
static bool counts(const struct count *count, const struct mu_dns_record *record) {
  bool names = is_name(count->ctx->primary);
  return record->section == MU_DNS_ANSWER &&
         (names ? record->type == MU_DNS_CNAME
                : record->type == MU_DNS_A || record->type == MU_DNS_AAAA);
}

static bool is_side(const char *data, const char *side) {
  size_t n = strlen(side);
  n -= n && side[n - 1] == '.';
  return strncasecmp(data, side, n) == 0 && data[n] == '\0';
}

/* An answer that names both sides, or a third, leaves it to the client: it is neither's. */
static void count_answer(struct count *count, const struct mu_dns_answer *answer) {
  struct mu_dns_share *share = count->share;
  const char *other = NULL;
  bool primary = false, standby = false;
  for (size_t i = 0; i < answer->n; i++) {
    const struct mu_dns_record *record = &answer->records[i];
    if (!counts(count, record)) {
      continue;
    }
    share->ttl_s = record->ttl_s > share->ttl_s ? record->ttl_s : share->ttl_s;
    bool is_primary = is_side(record->data, count->ctx->primary);
    bool is_standby = is_side(record->data, count->ctx->standby);
    primary = primary || is_primary;
    standby = standby || is_standby;
    other = is_primary || is_standby ? other : record->data;
  }
  share->not_authoritative += !answer->authoritative;
  if (other || (primary && standby)) {
    share->other++;
    if (!share->other_example) {
      share->other_example = mu_arena_str(count->ctx->arena, other ? other : "both sides at once");
    }
  } else if (primary || standby) {
    share->primary += primary;
    share->standby += standby;
  } else {
    share->failed++;
    share->failure = share->failure ? share->failure : mu_dns_rcode_text(answer->rcode);
  }
}

static void on_answer(void *ctx, const struct mu_dns_answer *answer, const struct mu_err *why) {
  struct count *count = ctx;
  if (answer) {
    count_answer(count, answer);
    return;
  }
  count->share->failed++;
  if (!count->share->failure) {
    count->share->failure = mu_arena_str(count->ctx->arena, why->msg);
  }
}

/* "ADDRESS:PORT" or "NAME:PORT", an IPv6 address in brackets. */
static int split(const struct mu_dns_ctx *ctx, const char *authority,
                 struct mu_dns_question *question, struct mu_err *err) {
  const char *colon = strrchr(authority, ':');
  int64_t port = 53;
  bool bare_v6 = colon && strchr(authority, ':') != colon && authority[0] != '[';
  colon = bare_v6 || (colon && strchr(colon, ']')) ? NULL : colon;
  size_t n = colon ? (size_t)(colon - authority) : strlen(authority);
  if (colon && (mu_num_parse_i64(colon + 1, &port) != 0 || port < 1 || port > 65535)) {
    return mu_fail(err, MU_E_CONFIG, "'%s' is no ADDRESS:PORT", authority);
  }
  if (n > 1 && authority[0] == '[' && authority[n - 1] == ']') {
    authority++;
    n -= 2;
  }
  question->server = mu_arena_strn(ctx->arena, authority, n);
  question->port = (int)port;
  if (strspn(question->server, "0123456789.") == n || memchr(authority, ':', n)) {
    return 0;
  }
  const char *const *addresses = NULL;
  size_t found = 0;
  if (mu_dns_resolve(question->server, ctx->arena, &addresses, &found, err) != 0) {
    return mu_wrap(err, "authority %s", question->server);
  }
  question->server = addresses[0];
  return 0;
}

int mu_dns_measure(const struct mu_dns_ctx *ctx, const char *const *authorities, size_t n,
                   int64_t queries, int64_t deadline_mono_ms, struct mu_dns_share *out,
                   struct mu_err *err) {
  struct mu_dns_share share = {0};
  struct count count = {.ctx = ctx, .share = &share};
  for (size_t i = 0; i < n; i++) {
    struct mu_dns_question question = {.name = ctx->name,
                                       .type = strchr(ctx->primary, ':') ? MU_DNS_AAAA : MU_DNS_A};
    const struct mu_dns_sampling sampling = {.n = (size_t)queries,
                                             .deadline_mono_ms = deadline_mono_ms};
    if (split(ctx, authorities[i], &question, err) != 0) {
      return -1;
    }
    int64_t asked = mu_dns_sample(&question, &sampling, on_answer, &count, err);
    if (asked < 0) {
      return -1;
    }
    share.asked += asked;
  }
  mu_wilson(share.standby, share.primary + share.standby + share.other, 1.96, &share.lo, &share.hi);
  *out = share;
  return 0;
}
