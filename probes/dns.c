/* SPDX-License-Identifier: Apache-2.0 */
/* A name in the DNS, asked of one server directly or as the system sees it. With `samples`, the
 * share of answers that each side gets, with its 95 % interval by Wilson: a percentage without the
 * number behind it would prove nothing. */
#include "wire/dns.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/stat.h"
#include "base/str.h"
#include "probe.h"
#include "wire/url.h"

enum { SIDES_MAX = 16, RECORDS_MAX = 256, SAMPLES_MAX = 100000, DNS_PORT = 53 };
static const double Z95 = 1.959963984540054; /* two-sided */

static const struct mu_param params[] = {
    {.name = "name", .type = MU_T_STR, .required = true, .doc = "the name that is asked for"},
    {.name = "type",
     .type = MU_T_STR,
     .otherwise = "A",
     .choices = "A AAAA CNAME MX NS SOA TXT",
     .doc = "A, AAAA, CNAME, MX, NS, SOA or TXT"},
    {.name = "server",
     .type = MU_T_STR,
     .doc = "ADDRESS or ADDRESS:PORT to ask directly; default: as the system sees it, addresses "
            "only"},
    {.name = "recurse",
     .type = MU_T_BOOL,
     .otherwise = "false",
     .doc = "ask for recursion: for resolvers, not for authorities"},
    {.name = "samples",
     .type = MU_T_INT,
     .otherwise = "0",
     .min = 0,
     .max = SAMPLES_MAX,
     .doc = "ask this often and count who is in the answers; needs server and sides"},
    {.name = "sides",
     .type = MU_T_MAP,
     .doc = "id: address, or several separated by commas; for samples"},
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "addresses", .type = MU_T_LIST, .doc = "addresses of the name"},
    {.name = "records", .type = MU_T_LIST, .doc = "values of the records of that type"},
    {.name = "ttl",
     .type = MU_T_DUR,
     .is_volatile = true,
     .doc = "longest time to live among them"},
    {.name = "aa",
     .type = MU_T_BOOL,
     .doc = "the server says that it is an authority for the name"},
    {.name = "rcode", .type = MU_T_STR, .doc = "NOERROR, or what else the server said"},
    {.name = "elapsed", .type = MU_T_DUR, .is_volatile = true, .doc = "how long the answer took"},
    {.name = "samples", .type = MU_T_INT, .doc = "answers counted"},
    {.name = "failed", .type = MU_T_INT, .doc = "questions without an answer"},
    {.name = "share.*",
     .type = MU_T_REAL,
     .unit = "%",
     .is_volatile = true,
     .finding = MU_F_DNS_SHARE,
     .doc = "share of the answers with that side: share.aws"},
    {.name = "share_low.*",
     .type = MU_T_REAL,
     .unit = "%",
     .is_volatile = true,
     .finding = MU_F_DNS_SHARE,
     .doc = "lower end of its 95 % interval"},
    {.name = "share_high.*",
     .type = MU_T_REAL,
     .unit = "%",
     .is_volatile = true,
     .finding = MU_F_DNS_SHARE,
     .doc = "upper end of its 95 % interval"},
    {.name = "other",
     .type = MU_T_INT,
     .finding = MU_F_DNS_OTHER,
     .doc = "answers with an address of no side"},
    {0}};

/* ---- one answer ---- */

static bool is_address(int type) {
  return type == MU_DNS_A || type == MU_DNS_AAAA;
}

static int read_answer(const struct mu_dns_answer *answer, int type, struct mu_facts *facts,
                       bool *absent, struct mu_err *err) {
  const char *addresses[RECORDS_MAX], *records[RECORDS_MAX];
  size_t addresses_n = 0, records_n = 0;
  int64_t ttl_s = -1;
  if (answer->rcode == MU_DNS_NXDOMAIN) {
    *absent = true;
    return 0;
  }
  if (answer->rcode != MU_DNS_NOERROR) {
    return mu_fail(err, answer->rcode == MU_DNS_REFUSED ? MU_E_DENIED : MU_E_REMOTE,
                   "the server said %s", mu_dns_rcode_text(answer->rcode));
  }
  for (size_t i = 0; i < answer->n && records_n < RECORDS_MAX && addresses_n < RECORDS_MAX; i++) {
    const struct mu_dns_record *r = &answer->records[i];
    if (r->section != MU_DNS_ANSWER) {
      continue;
    }
    if (is_address(r->type)) {
      addresses[addresses_n++] = r->data;
    }
    if (r->type == type) {
      records[records_n++] = r->data;
      ttl_s = r->ttl_s > ttl_s ? r->ttl_s : ttl_s;
    }
  }
  (void)mu_fact_list(facts, "dns.addresses", addresses, addresses_n);
  (void)mu_fact_list(facts, "dns.records", records, records_n);
  (void)mu_fact_bool(facts, "dns.aa", answer->authoritative);
  (void)mu_fact_str(facts, "dns.rcode", mu_dns_rcode_text(answer->rcode));
  mu_fact_dur(facts, "dns.elapsed", (answer->elapsed_us + 999) / 1000)->is_volatile = true;
  if (ttl_s >= 0) {
    mu_fact_dur(facts, "dns.ttl", ttl_s * 1000)->is_volatile = true;
  }
  return 0;
}

/* ---- many answers ---- */

struct side {
  const char *id, *addresses; /* as written, separated by commas or spaces */
  int64_t count;
};

struct tally {
  struct side sides[SIDES_MAX];
  size_t n;
  int64_t answered, failed, other;
  struct mu_err why; /* of the last failure */
};

static bool names_address(const char *list, const char *address) {
  size_t n = strlen(address);
  for (const char *at = list; *at;) {
    size_t word = strcspn(at, ", ");
    if (word == n && strncmp(at, address, n) == 0) {
      return true;
    }
    at += word;
    at += strspn(at, ", ");
  }
  return false;
}

/* Whose address it is; NULL: nobody's. */
static struct side *side_of(struct tally *tally, const char *address) {
  for (size_t i = 0; i < tally->n; i++) {
    if (names_address(tally->sides[i].addresses, address)) {
      return &tally->sides[i];
    }
  }
  return NULL;
}

/* An answer counts for a side when all of its addresses are that side's. */
static void count_answer(void *ctx, const struct mu_dns_answer *answer, const struct mu_err *why) {
  struct tally *tally = ctx;
  struct side *whose = NULL;
  bool any = false, mixed = false;
  if (!answer || answer->rcode != MU_DNS_NOERROR) {
    tally->failed++;
    if (why) {
      tally->why = *why;
    } else if (answer) {
      (void)mu_fail(&tally->why, MU_E_REMOTE, "the server said %s",
                    mu_dns_rcode_text(answer->rcode));
    }
    return;
  }
  for (size_t i = 0; i < answer->n; i++) {
    const struct mu_dns_record *r = &answer->records[i];
    if (r->section == MU_DNS_ANSWER && is_address(r->type)) {
      struct side *side = side_of(tally, r->data);
      mixed = mixed || !side || (any && side != whose);
      whose = side;
      any = true;
    }
  }
  tally->answered++;
  if (any && !mixed) {
    whose->count++;
  } else {
    tally->other++;
  }
}

static void add_shares(struct mu_facts *facts, const struct tally *tally) {
  for (size_t i = 0; i < tally->n; i++) {
    const struct side *side = &tally->sides[i];
    double low = 0, high = 1;
    mu_wilson(side->count, tally->answered, Z95, &low, &high);
    mu_fact_real(facts, mu_arena_fmt(facts->arena, "dns.share.%s", side->id),
                 100 * (double)side->count / (double)tally->answered, "%")
        ->is_volatile = true;
    mu_fact_real(facts, mu_arena_fmt(facts->arena, "dns.share_low.%s", side->id), 100 * low, "%")
        ->is_volatile = true;
    mu_fact_real(facts, mu_arena_fmt(facts->arena, "dns.share_high.%s", side->id), 100 * high, "%")
        ->is_volatile = true;
  }
  (void)mu_fact_int(facts, "dns.other", tally->other, NULL);
}

static int read_sides(const struct mu_args *args, struct tally *tally, struct mu_err *err) {
  const char *id = NULL, *addresses = NULL;
  while (mu_arg_pair(args, "sides", tally->n, &id, &addresses)) {
    if (tally->n == SIDES_MAX - 1) {
      return mu_fail(err, MU_E_LIMIT, "more sides than the cap of %d", SIDES_MAX - 1);
    }
    tally->sides[tally->n++] = (struct side){.id = id, .addresses = addresses};
  }
  return tally->n > 0 ? 0 : mu_fail(err, MU_E_INPUT, "samples need sides: { standby: 192.0.2.1 }");
}

static int sample(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                  const struct mu_dns_question *question, int64_t n, struct mu_facts *facts,
                  struct mu_err *err) {
  struct tally tally = {.n = 0};
  const struct mu_dns_sampling sampling = {
      .n = (size_t)n, .deadline_mono_ms = ctx->deadline_mono_ms, .cancel = ctx->cancel};
  if (read_sides(args, &tally, err) != 0 ||
      mu_dns_sample(question, &sampling, count_answer, &tally, err) < 0) {
    return -1;
  }
  if (mu_canceled(ctx->cancel)) {
    return mu_fail(err, MU_E_CANCELED, "canceled");
  }
  if (tally.answered == 0) {
    enum mu_errc code = tally.why.code ? tally.why.code : MU_E_TIMEOUT;
    return mu_fail(err, code, "no answer to any question: %s",
                   tally.why.code ? tally.why.msg : "out of time");
  }
  (void)mu_fact_int(facts, "dns.samples", tally.answered, NULL);
  (void)mu_fact_int(facts, "dns.failed", tally.failed, NULL);
  add_shares(facts, &tally);
  return 0;
}

/* ---- the look ---- */

static int ask_system(const char *name, const struct mu_probe_ctx *ctx, struct mu_facts *facts,
                      bool *absent, struct mu_err *err) {
  const char *const *addresses = NULL;
  size_t n = 0;
  if (mu_dns_resolve(name, ctx->arena, &addresses, &n, err) != 0) {
    *absent = err->code == MU_E_ABSENT;
    return *absent ? 0 : -1;
  }
  (void)mu_fact_list(facts, "dns.addresses", addresses, n);
  return 0;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  const char *server = mu_arg_str(args, "server", NULL), *type = mu_arg_str(args, "type", "A");
  int64_t samples = mu_arg_int(args, "samples", 0);
  struct mu_dns_question question = {.name = mu_arg_str(args, "name", ""),
                                     .port = DNS_PORT,
                                     .type = mu_dns_type_parse(type),
                                     .recurse = mu_arg_bool(args, "recurse", false)};
  struct mu_dns_answer answer = {0};
  if (question.type == 0) {
    return mu_fail(err, MU_E_INPUT, "type '%s' is none of A, AAAA, CNAME, MX, NS, SOA, TXT", type);
  }
  if (samples > 0 && !server) {
    return mu_fail(err, MU_E_INPUT, "samples are asked of a server; name it");
  }
  if (!server) {
    return ask_system(question.name, ctx, facts, absent, err);
  }
  if (mu_url_host_port(server, ctx->arena, &question.server, &question.port, err) != 0 ||
      mu_dns_ask(&question, ctx->deadline_mono_ms, ctx->arena, &answer, err) != 0 ||
      read_answer(&answer, question.type, facts, absent, err) != 0) {
    return -1;
  }
  return *absent || samples == 0 ? 0 : sample(args, ctx, &question, samples, facts, err);
}

const struct mu_probe mu_probe_dns = {
    .name = "dns",
    .summary = "a name in the DNS: records, TTL, authority, measured shares",
    .params = params,
    .facts = facts_seen,
    .headline = "{addresses}",
    .target = "name",
    .network = true,
    .observe = observe};
