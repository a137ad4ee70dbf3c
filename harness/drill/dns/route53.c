/* SPDX-License-Identifier: Apache-2.0 */
/* Route 53: weighted records of one name and type, told apart by SetIdentifier; changed by UPSERT
 * in one atomic batch and waited for until INSYNC (Route 53 API reference, ChangeResourceRecordSets
 * and GetChange). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/dns/dns.h"
#include "wire/aws.h"
#include "wire/xml.h"

enum { SETS_MAX = 16, BATCH_MAX = 1 << 18, WEIGHT_MAX = 255, POLL_MS = 1000 };

/* One record set, with all that an UPSERT must say again. */
struct set {
  const char *id, *type, *value, *health;
  int64_t weight, ttl_s;
};

struct sets {
  const struct mu_dns_ctx *ctx;
  struct set at[SETS_MAX];
  size_t n;
  const char *problem;
};

static bool same_name(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  n -= n && a[n - 1] == '.';
  m -= m && b[m - 1] == '.';
  return n == m && strncasecmp(a, b, n) == 0;
}

static int on_page(void *ctx, const struct mu_aws_answer *page) {
  struct sets *sets = ctx;
  const struct mu_xml_node *node =
      mu_xml_path(page->xml, "ListResourceRecordSetsResponse/ResourceRecordSets/ResourceRecordSet");
  for (; node; node = mu_xml_again(node)) {
    const char *type = mu_xml_str(node, "Type", "");
    if (!same_name(mu_xml_str(node, "Name", ""), sets->ctx->name)) {
      return 1; /* the listing starts at the name and is sorted: all of them were seen */
    }
    if (!mu_streq(type, "A") && !mu_streq(type, "AAAA") && !mu_streq(type, "CNAME")) {
      continue;
    }
    if (sets->n == SETS_MAX) {
      sets->problem = "has more records than a weighted pair";
      return 1;
    }
    struct mu_arena *arena = sets->ctx->arena;
    struct set *set = &sets->at[sets->n++];
    *set = (struct set){.id = mu_arena_str(arena, mu_xml_str(node, "SetIdentifier", "")),
                        .type = mu_arena_str(arena, type),
                        .value = mu_arena_str(
                            arena, mu_xml_str(node, "ResourceRecords/ResourceRecord[0]/Value", "")),
                        .health = mu_arena_str(arena, mu_xml_str(node, "HealthCheckId", "")),
                        .weight = -1};
    (void)mu_num_parse_i64(mu_xml_str(node, "Weight", ""), &set->weight);
    (void)mu_num_parse_i64(mu_xml_str(node, "TTL", ""), &set->ttl_s);
    if (set->weight < 0) {
      sets->problem = "has a record without a weight";
    } else if (mu_xml_path(node, "ResourceRecords/ResourceRecord[1]") || !*set->value) {
      sets->problem = "has a record that is an alias or holds several values";
    }
  }
  return 0;
}

static int list(const struct mu_dns_ctx *ctx, struct sets *sets, struct mu_err *err) {
  if (!ctx->aws) {
    return mu_fail(err, MU_E_CONFIG, "Route 53 needs a standby in AWS");
  }
  const struct mu_param_row params[] = {{"Id", mu_dns_arg(ctx, "zone")}, {"name", ctx->name}};
  const struct mu_aws_args args = {.params = params, .params_n = MU_LEN(params)};
  *sets = (struct sets){.ctx = ctx};
  if (mu_aws_pages(ctx->aws, ctx->http, "route53", "ListResourceRecordSets", &args, on_page, sets,
                   err) != 0) {
    return -1;
  }
  if (sets->n == 0) {
    return mu_fail(err, MU_E_ABSENT, "Route 53 has no records %s in zone %s", ctx->name,
                   mu_dns_arg(ctx, "zone"));
  }
  return sets->problem ? mu_fail(err, MU_E_CONFLICT, "%s in Route 53 %s", ctx->name, sets->problem)
                       : 0;
}

/* Which side a record belongs to: by its value, else by its identifier. */
static bool is_side(const struct set *set, const char *address, const char *id) {
  return (address && same_name(set->value, address)) || (id && mu_streq(set->id, id));
}

static void write_raw(const struct sets *sets, struct mu_str *out) {
  struct mu_jw w;
  mu_jw_init(&w, out, 0);
  mu_jw_array(&w);
  for (size_t i = 0; i < sets->n; i++) {
    const struct set *set = &sets->at[i];
    mu_jw_object(&w);
    mu_jw_kstr(&w, "id", set->id);
    mu_jw_kstr(&w, "type", set->type);
    mu_jw_kstr(&w, "value", set->value);
    mu_jw_kint(&w, "weight", set->weight);
    mu_jw_kint(&w, "ttl", set->ttl_s);
    if (*set->health) {
      mu_jw_kstr(&w, "health", set->health);
    }
    mu_jw_end(&w);
  }
  mu_jw_end(&w);
}

static int read_weights(const struct mu_dns_ctx *ctx, struct mu_dns_weights *out,
                        struct mu_err *err) {
  struct sets sets;
  if (list(ctx, &sets, err) != 0) {
    return -1;
  }
  struct mu_dns_weights weights = {0};
  bool primary = false, standby = false;
  for (size_t i = 0; i < sets.n; i++) {
    const struct set *set = &sets.at[i];
    if (is_side(set, ctx->primary, ctx->primary_id)) {
      weights.primary += set->weight;
      primary = true;
    } else if (is_side(set, ctx->standby, ctx->standby_id)) {
      weights.standby += set->weight;
      standby = true;
    }
    weights.ttl_s = set->ttl_s > weights.ttl_s ? set->ttl_s : weights.ttl_s;
  }
  if (!primary || !standby) {
    return mu_fail(err, MU_E_CONFLICT, "%s in Route 53 has no record of the %s", ctx->name,
                   primary ? "standby" : "primary");
  }
  MU_STR(raw, 1 << 16);
  write_raw(&sets, &raw);
  weights.raw = mu_str_copy(&raw, ctx->arena);
  *out = weights;
  return 0;
}

static void add_xml(struct mu_str *out, const char *tag, const char *text) {
  mu_str_addf(out, "<%s>", tag);
  mu_str_add_xml(out, text, strlen(text));
  mu_str_addf(out, "</%s>", tag);
}

static void add_upsert(const struct mu_dns_ctx *ctx, struct mu_str *out, const struct set *set) {
  mu_str_add(out, "<Change><Action>UPSERT</Action><ResourceRecordSet>");
  add_xml(out, "Name", ctx->name);
  add_xml(out, "Type", set->type);
  add_xml(out, "SetIdentifier", set->id);
  mu_str_addf(out, "<Weight>%lld</Weight><TTL>%lld</TTL><ResourceRecords><ResourceRecord>",
              (long long)set->weight, (long long)set->ttl_s);
  add_xml(out, "Value", set->value);
  mu_str_add(out, "</ResourceRecord></ResourceRecords>");
  if (*set->health) {
    add_xml(out, "HealthCheckId", set->health);
  }
  mu_str_add(out, "</ResourceRecordSet></Change>");
}

/* Waits until every authority has the change. */
static int wait_insync(const struct mu_dns_ctx *ctx, const char *change, int64_t deadline_mono_ms,
                       struct mu_err *err) {
  const char *id = mu_str_starts(change, "/change/") ? change + strlen("/change/") : change;
  for (;;) {
    const struct mu_param_row params[] = {{"Id", id}};
    const struct mu_aws_args args = {
        .params = params, .params_n = MU_LEN(params), .deadline_mono_ms = deadline_mono_ms};
    MU_AWS_ANSWER(answer);
    if (mu_aws_do(ctx->aws, ctx->http, "route53", "GetChange", &args, ctx->arena, &answer, err) !=
        0) {
      return -1;
    }
    if (mu_streq(mu_xml_str(answer.xml, "GetChangeResponse/ChangeInfo/Status", ""), "INSYNC")) {
      return 0;
    }
    if (mu_mono_ms(ctx->clock) + POLL_MS >= deadline_mono_ms) {
      return mu_fail(err, MU_E_TIMEOUT, "Route 53 change %s is still not INSYNC", id);
    }
    mu_sleep_ms(ctx->clock, POLL_MS);
  }
}

static int upsert(const struct mu_dns_ctx *ctx, const struct sets *sets, int64_t deadline_mono_ms,
                  struct mu_err *err) {
  MU_STR(body, BATCH_MAX);
  mu_str_add(&body, "<ChangeResourceRecordSetsRequest "
                    "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>"
                    "<Comment>muster</Comment><Changes>");
  for (size_t i = 0; i < sets->n; i++) {
    add_upsert(ctx, &body, &sets->at[i]);
  }
  mu_str_add(&body, "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>");
  const struct mu_param_row params[] = {{"Id", mu_dns_arg(ctx, "zone")}};
  const struct mu_aws_args args = {.params = params,
                                   .params_n = MU_LEN(params),
                                   .body = mu_str_get(&body),
                                   .body_n = body.n,
                                   .content_type = "text/xml",
                                   .deadline_mono_ms = deadline_mono_ms};
  MU_AWS_ANSWER(answer);
  if (mu_aws_do(ctx->aws, ctx->http, "route53", "ChangeResourceRecordSets", &args, ctx->arena,
                &answer, err) != 0) {
    return -1;
  }
  const char *change = mu_xml_str(answer.xml, "ChangeResourceRecordSetsResponse/ChangeInfo/Id", "");
  return *change ? wait_insync(ctx, change, deadline_mono_ms, err)
                 : mu_fail(err, MU_E_REMOTE, "Route 53 answered without a change id");
}

static int check_range(const struct sets *sets, struct mu_err *err) {
  for (size_t i = 0; i < sets->n; i++) {
    if (sets->at[i].weight < 0 || sets->at[i].weight > WEIGHT_MAX) {
      return mu_fail(err, MU_E_CONFIG, "a weight of %lld is not 0 to %d",
                     (long long)sets->at[i].weight, WEIGHT_MAX);
    }
  }
  return 0;
}

/* All records of weight 0 would send traffic to all of them alike. */
static int check_sum(const struct sets *sets, struct mu_err *err) {
  int64_t sum = 0;
  for (size_t i = 0; i < sets->n; i++) {
    sum += sets->at[i].weight;
  }
  return sum > 0 ? 0 : mu_fail(err, MU_E_CONFIG, "all weights would be 0");
}

static int shift(const struct mu_dns_ctx *ctx, const struct mu_dns_weights *now, int64_t primary,
                 int64_t standby, int64_t deadline_mono_ms, struct mu_err *err) {
  (void)now;
  struct sets sets;
  if (list(ctx, &sets, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < sets.n; i++) {
    struct set *set = &sets.at[i];
    set->weight = is_side(set, ctx->primary, ctx->primary_id)   ? primary
                  : is_side(set, ctx->standby, ctx->standby_id) ? standby
                                                                : set->weight;
  }
  return check_range(&sets, err) == 0 && check_sum(&sets, err) == 0
             ? upsert(ctx, &sets, deadline_mono_ms, err)
             : -1;
}

static int restore(const struct mu_dns_ctx *ctx, const char *raw, int64_t deadline_mono_ms,
                   struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(raw, strlen(raw), &doc, err) != 0) {
    return mu_wrap(err, "the records as they were");
  }
  struct sets sets = {.ctx = ctx};
  const struct mu_json_node *rows = mu_json_root(doc);
  for (size_t i = 0; i < mu_json_len(rows) && i < SETS_MAX; i++) {
    const struct mu_json_node *row = mu_json_at(rows, i);
    sets.at[sets.n++] = (struct set){.id = mu_json_str(mu_json_get(row, "id"), ""),
                                     .type = mu_json_str(mu_json_get(row, "type"), "A"),
                                     .value = mu_json_str(mu_json_get(row, "value"), ""),
                                     .health = mu_json_str(mu_json_get(row, "health"), ""),
                                     .weight = mu_json_int(mu_json_get(row, "weight"), -1),
                                     .ttl_s = mu_json_int(mu_json_get(row, "ttl"), 60)};
  }
  if (sets.n == 0) {
    return mu_fail(err, MU_E_INPUT, "the records as they were name none");
  }
  return check_range(&sets, err) == 0 ? upsert(ctx, &sets, deadline_mono_ms, err) : -1;
}

/* Where the control plane is an emulation there are no authorities to ask; else the zone's own name
 * servers. */
static int authorities(const struct mu_dns_ctx *ctx, const char *const **out, size_t *n,
                       struct mu_err *err) {
  *n = 0;
  *out = NULL;
  const struct mu_aws_override *overrides = NULL;
  size_t overridden = mu_aws_overridden(ctx->aws, ctx->arena, &overrides);
  for (size_t i = 0; i < overridden; i++) {
    if (mu_streq(overrides[i].service, "route53")) {
      return 0;
    }
  }
  const struct mu_param_row params[] = {{"Id", mu_dns_arg(ctx, "zone")}};
  const struct mu_aws_args args = {.params = params, .params_n = MU_LEN(params)};
  MU_AWS_ANSWER(answer);
  if (mu_aws_do(ctx->aws, ctx->http, "route53", "GetHostedZone", &args, ctx->arena, &answer, err) !=
      0) {
    return -1;
  }
  const char **names = mu_arena_array(ctx->arena, SETS_MAX, sizeof *names);
  const struct mu_xml_node *node =
      mu_xml_path(answer.xml, "GetHostedZoneResponse/DelegationSet/NameServers/NameServer");
  for (; node && *n < SETS_MAX; node = mu_xml_again(node)) {
    names[(*n)++] = mu_arena_fmt(ctx->arena, "%s:53", node->text);
  }
  *out = names;
  return 0;
}

static const char *const args[] = {"zone", NULL};

const struct mu_dns_provider mu_dns_provider_route53 = {
    .name = "route53",
    .summary = "Amazon Route 53, weighted records",
    .args = args,
    .required = 1,
    .read = read_weights,
    .shift = shift,
    .restore = restore,
    .authorities = authorities,
};
