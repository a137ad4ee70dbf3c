/* SPDX-License-Identifier: Apache-2.0 */
/* DNS providers against stub servers: what they read, refuse, change, confirm and put back. */
#define _DEFAULT_SOURCE /* setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "drill/dns/dns.h"
#include "support/aws_world.h"

static struct mu_dns_ctx ctx_of(struct aws_world *w, struct mu_aws *aws,
                                const struct mu_dns_arg *args, size_t n) {
  return (struct mu_dns_ctx){.arena = w->arena,
                             .http = w->http,
                             .aws = aws,
                             .clock = &w->clock,
                             .args = args,
                             .args_n = n,
                             .name = "api.drill.example.com",
                             .primary = "192.0.2.1",
                             .standby = "192.0.2.2",
                             .primary_id = "azure",
                             .standby_id = "aws"};
}

/* ---- PowerDNS ---- */

static struct mu_dns_arg powerdns_args[] = {
    {"url", NULL}, {"key", "pdns-key"}, {"zone", "drill.example.com"}, {"server", "127.0.0.1:53"}};

static struct mu_dns_ctx powerdns(struct aws_world *w) {
  powerdns_args[0].value = w->base;
  return ctx_of(w, NULL, powerdns_args, MU_LEN(powerdns_args));
}

#define ZONE_OF(type, records)                                                                     \
  "{\"rrsets\":[{\"name\":\"drill.example.com.\",\"type\":\"SOA\",\"ttl\":1,\"records\":[]},"      \
  "{\"name\":\"api.drill.example.com.\",\"type\":\"" type "\",\"ttl\":30,\"records\":[" records    \
  "]}]}"
#define RECORD(content) "{\"content\":\"" content "\",\"disabled\":false}"
#define LUA(p, s) RECORD("A \\\"pickwrandom({{" #p ",'192.0.2.1'},{" #s ",'192.0.2.2'}})\\\"")
#define ZONE(p, s) ZONE_OF("LUA", LUA(p, s))

static void powerdns_reads_both_weights(void **state) {
  struct aws_world *w = *state;
  const struct mu_dns_ctx ctx = powerdns(w);
  const struct mu_dns_provider *pdns = mu_dns_provider_find("powerdns");
  struct mu_dns_weights weights = {0};
  struct mu_err err = {0};
  TOLD(w, ((const struct aws_reply[]){{200, NULL, ZONE(100, 7), false}}));
  assert_int_equal(pdns->read(&ctx, &weights, &err), 0);
  assert_int_equal(weights.primary, 100);
  assert_int_equal(weights.standby, 7);
  assert_int_equal(weights.ttl_s, 30);
  assert_non_null(strstr(w->seen[0], "GET /api/v1/servers/localhost/zones/drill.example.com.\r\n"));
  assert_non_null(strstr(w->seen[0], "X-API-Key: pdns-key\r\n"));
  const char *const *authorities = NULL;
  size_t n = 0;
  assert_int_equal(pdns->authorities(&ctx, &authorities, &n, &err), 0);
  assert_int_equal(n, 1);
  assert_string_equal(authorities[0], "127.0.0.1:53");
}

static void powerdns_takes_nothing_but_the_choice(void **state) {
  struct aws_world *w = *state;
  const struct mu_dns_ctx ctx = powerdns(w);
  const struct mu_dns_provider *pdns = mu_dns_provider_find("powerdns");
  static const struct {
    const char *body;
    enum mu_errc code; /* MU_E_NONE: taken */
  } rows[] = {
      {ZONE_OF("LUA", RECORD("A \\\"pickwrandom({ {0, '192.0.2.2'}, {9, '192.0.2.1'} })\\\"")),
       MU_E_NONE}, /* the other way round, with spaces */
      {ZONE_OF("LUA", RECORD("A \\\"pickwrandom({{1,'192.0.2.1'},{1,'192.0.2.3'}})\\\"")),
       MU_E_CONFLICT},
      {ZONE_OF("LUA", RECORD("A \\\"pickwrandom({{1,'192.0.2.1'},{1,'192.0.2.2'},"
                             "{1,'192.0.2.3'}})\\\"")),
       MU_E_CONFLICT}, /* a third side, which a shift would lose */
      {ZONE_OF("LUA", RECORD("A \\\"pickwrandom({{1,'192.0.2.1'},{1,'192.0.2.2'}\\\"")),
       MU_E_CONFLICT}, /* broken Lua */
      {ZONE_OF("LUA", RECORD("A \\\"ifportup(443, {{1,'192.0.2.1'},{1,'192.0.2.2'}})\\\"")),
       MU_E_CONFLICT},
      {ZONE_OF("LUA", RECORD("A \\\"pickwrandom({{-1,'192.0.2.1'},{1,'192.0.2.2'}})\\\"")),
       MU_E_CONFLICT},
      {ZONE_OF("LUA", RECORD("A \\\"pickwrandom({{,'192.0.2.1'},{1,'192.0.2.2'}})\\\"")),
       MU_E_CONFLICT},
      {ZONE_OF("LUA", LUA(1, 1) "," LUA(1, 1)), MU_E_CONFLICT},
      {ZONE_OF("LUA", "{\"content\":\"A \\\"pickwrandom({{1,'192.0.2.1'},{1,'192.0.2.2'}})\\\"\","
                      "\"disabled\":true}"),
       MU_E_CONFLICT},
      {ZONE_OF("A", RECORD("192.0.2.1")), MU_E_ABSENT},
      {"{\"rrsets\":[]}", MU_E_ABSENT},
      {"<html>", MU_E_INPUT},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_dns_weights weights = {.primary = -7};
    struct mu_err err = {0};
    TOLD(w, ((const struct aws_reply[]){{200, NULL, rows[i].body, false}}));
    int rc = pdns->read(&ctx, &weights, &err);
    if (err.code != rows[i].code || (rc == 0) != (rows[i].code == MU_E_NONE)) {
      fail_msg("row %zu: code %d: %s", i, (int)err.code, err.msg);
    }
    assert_true(rc == 0 ? weights.primary == 9 : weights.primary == -7);
  }
}

static void powerdns_says_what_the_server_says(void **state) {
  struct aws_world *w = *state;
  const struct mu_dns_ctx ctx = powerdns(w);
  const struct mu_dns_provider *pdns = mu_dns_provider_find("powerdns");
  const struct mu_dns_weights now = {.ttl_s = 30};
  static const struct {
    struct aws_reply reply;
    enum mu_errc code;
    const char *says;
  } rows[] = {
      {{401, NULL, "Unauthorized", false}, MU_E_DENIED, "PowerDNS refuses the API key (HTTP 401)"},
      {{404, NULL, "Not Found", false}, MU_E_ABSENT, "PowerDNS has no zone drill.example.com"},
      {{422, NULL, "{\"error\":\"RRset IN A: bad\"}", false},
       MU_E_REMOTE,
       "PowerDNS answers HTTP 422: {\"error\":\"RRset IN A: bad\"}"},
      {{0, NULL, NULL, true}, MU_E_NET, "PowerDNS: "},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_dns_weights weights;
    struct mu_err read_err = {0}, shift_err = {0};
    aws_world_told(w, &rows[i].reply, 1);
    assert_int_equal(pdns->read(&ctx, &weights, &read_err), -1);
    assert_int_equal(pdns->shift(&ctx, &now, 50, 50, 0, &shift_err), -1);
    assert_int_equal(read_err.code, rows[i].code);
    assert_int_equal(shift_err.code, rows[i].code);
    assert_non_null(strstr(read_err.msg, rows[i].says));
    assert_null(strstr(read_err.msg, "pdns-key"));
  }
}

static void powerdns_shifts_and_reads_back(void **state) {
  struct aws_world *w = *state;
  const struct mu_dns_ctx ctx = powerdns(w);
  const struct mu_dns_provider *pdns = mu_dns_provider_find("powerdns");
  const struct mu_dns_weights now = {.primary = 100, .ttl_s = 30};
  struct mu_err err = {0};
  TOLD(w, ((const struct aws_reply[]){{204, NULL, "", false}, {200, NULL, ZONE(50, 50), false}}));
  assert_int_equal(pdns->shift(&ctx, &now, 50, 50, 0, &err), 0);
  assert_int_equal(w->seen_n, 2);
  assert_non_null(strstr(w->seen[0], "PATCH /api/v1/"));
  assert_non_null(
      strstr(w->seen[0],
             "{\"rrsets\":[{\"name\":\"api.drill.example.com.\",\"type\":"
             "\"LUA\",\"ttl\":30,\"changetype\":\"REPLACE\",\"records\":[" LUA(50, 50) "]}]}"));
  TOLD(w, ((const struct aws_reply[]){{204, NULL, "", false}, {200, NULL, ZONE(100, 0), false}}));
  assert_int_equal(pdns->shift(&ctx, &now, 50, 50, 0, &err), -1);
  assert_int_equal(err.code, MU_E_CONFLICT);
  assert_non_null(strstr(err.msg, "reads 100:0"));
  TOLD(w, ((const struct aws_reply[]){{204, NULL, "", false}, {200, NULL, ZONE(60, 50), false}}));
  assert_int_equal(pdns->shift(&ctx, &now, 50, 50, 0, &err), -1);
  TOLD(w, ((const struct aws_reply[]){{204, NULL, "", false}}));
  assert_int_equal(pdns->shift(&ctx, &now, 0, 0, 0, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG);
  assert_int_equal(w->seen_n, 0); /* refused before anything was sent */
}

static void powerdns_puts_back_what_was_there(void **state) {
  struct aws_world *w = *state;
  const struct mu_dns_ctx ctx = powerdns(w);
  const struct mu_dns_provider *pdns = mu_dns_provider_find("powerdns");
  struct mu_dns_weights was = {0};
  struct mu_err err = {0};
#define ODD RECORD("A \\\"pickwrandom({ {0, '192.0.2.2'}, {9, '192.0.2.1'} })\\\"")
  TOLD(w, ((const struct aws_reply[]){{200, NULL, ZONE_OF("LUA", ODD), false}}));
  assert_int_equal(pdns->read(&ctx, &was, &err), 0);
  TOLD(w, ((const struct aws_reply[]){{204, NULL, "", false},
                                      {200, NULL, ZONE_OF("LUA", ODD), false}}));
  assert_int_equal(pdns->restore(&ctx, was.raw, 0, &err), 0);
  assert_non_null(strstr(w->seen[0], ODD)); /* byte for byte */
  assert_non_null(strstr(w->seen[0], "\"ttl\":30"));
  assert_int_equal(pdns->restore(&ctx, "{", 0, &err), -1);
  assert_int_equal(pdns->restore(&ctx, "{\"records\":[]}", 0, &err), -1);
  assert_int_equal(err.code, MU_E_CONFLICT);
}

static void powerdns_writes_addresses_of_six(void **state) {
  struct aws_world *w = *state;
  struct mu_dns_ctx ctx = powerdns(w);
  const struct mu_dns_weights now = {.ttl_s = 5};
  struct mu_err err = {0};
  ctx.primary = "2001:db8::1";
  ctx.standby = "2001:db8::2";
#define SIX RECORD("AAAA \\\"pickwrandom({{1,'2001:db8::1'},{2,'2001:db8::2'}})\\\"")
  TOLD(w, ((const struct aws_reply[]){{204, NULL, "", false},
                                      {200, NULL, ZONE_OF("LUA", SIX), false}}));
  assert_int_equal(mu_dns_provider_find("powerdns")->shift(&ctx, &now, 1, 2, 0, &err), 0);
  assert_non_null(strstr(w->seen[0], SIX));
}

/* ---- Route 53 ---- */

static const struct mu_dns_arg zone_arg[] = {{"zone", "Z0123456789"}};
enum { TEN_MINUTES = 600 * 1000 };

#define SET(name, type, id, weight, value)                                                         \
  "<ResourceRecordSet><Name>" name "</Name><Type>" type "</Type><SetIdentifier>" id                \
  "</SetIdentifier>" weight "<TTL>60</TTL><ResourceRecords>" value "</ResourceRecords>"            \
  "</ResourceRecordSet>"
#define WEIGHT(n) "<Weight>" #n "</Weight>"
#define VALUE(v) "<ResourceRecord><Value>" v "</Value></ResourceRecord>"
#define LIST_OF(sets, more)                                                                        \
  "<ListResourceRecordSetsResponse><ResourceRecordSets>" sets "</ResourceRecordSets>" more         \
  "</ListResourceRecordSetsResponse>"
#define LIST(sets) LIST_OF(sets, "<IsTruncated>false</IsTruncated>")
#define NAME "api.drill.example.com."
#define ONE SET(NAME, "A", "one", WEIGHT(100), VALUE("192.0.2.1"))
#define TWO SET(NAME, "A", "two", WEIGHT(0), VALUE("192.0.2.2"))
#define AFTER SET("z.example.com.", "A", "z", WEIGHT(1), VALUE("192.0.2.9"))
#define CHANGED                                                                                    \
  "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>"      \
  "</ChangeInfo></ChangeResourceRecordSetsResponse>"
#define CHANGE(status)                                                                             \
  "<GetChangeResponse><ChangeInfo><Id>/change/C1</Id><Status>" status                              \
  "</Status></ChangeInfo></GetChangeResponse>"

static enum mu_errc read53(struct aws_world *w, const char *body, struct mu_dns_weights *out,
                           struct mu_err *err) {
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){.mode = MU_AWS_READ_ONLY});
  const struct mu_dns_ctx ctx = ctx_of(w, aws, zone_arg, 1);
  const struct aws_reply one[] = {{200, NULL, body, false}}; /* must outlive the call below */
  *err = (struct mu_err){0};
  if (body) {
    TOLD(w, one);
  }
  (void)mu_dns_provider_find("route53")->read(&ctx, out, err);
  mu_aws_free(aws);
  return err->code;
}

static void route53_finds_the_pair(void **state) {
  struct aws_world *w = *state;
  struct mu_dns_weights weights = {0};
  struct mu_err err;
  assert_int_equal(read53(w, LIST(ONE TWO AFTER), &weights, &err), MU_E_NONE);
  assert_int_equal(weights.primary, 100);
  assert_int_equal(weights.standby, 0);
  assert_int_equal(weights.ttl_s, 60);
  assert_non_null(strstr(w->seen[0], "GET /2013-04-01/hostedzone/Z0123456789/rrset?"));
  assert_non_null(strstr(w->seen[0], "name=api.drill.example.com"));
  /* by identifier, where the values are names that the config does not know */
  assert_int_equal(read53(w,
                          LIST(SET(NAME, "CNAME", "azure", WEIGHT(3), VALUE("p.example.net"))
                                   SET(NAME, "CNAME", "aws", WEIGHT(4), VALUE("s.example.net"))),
                          &weights, &err),
                   MU_E_NONE);
  assert_int_equal(weights.primary, 3);
  assert_int_equal(weights.standby, 4);
  /* whatever the case and the last dot */
  assert_int_equal(
      read53(w, LIST(SET("API.drill.example.com", "A", "one", WEIGHT(1), VALUE("192.0.2.1")) TWO),
             &weights, &err),
      MU_E_NONE);
}

static void route53_pages(void **state) {
  struct aws_world *w = *state;
  struct mu_dns_weights weights = {0};
  struct mu_err err;
  TOLD(w, ((const struct aws_reply[]){
              {200, NULL,
               LIST_OF(ONE, "<IsTruncated>true</IsTruncated><NextRecordName>" NAME
                            "</NextRecordName><NextRecordType>A</NextRecordType>"
                            "<NextRecordIdentifier>two</NextRecordIdentifier>"),
               false},
              {200, NULL, LIST(TWO), false}}));
  assert_int_equal(read53(w, NULL, &weights, &err), MU_E_NONE);
  assert_int_equal(w->seen_n, 2);
  assert_non_null(strstr(w->seen[1], "identifier=two"));
}

static void route53_refuses_what_is_no_weighted_pair(void **state) {
  struct aws_world *w = *state;
  static const struct {
    const char *body;
    enum mu_errc code;
    const char *says;
  } rows[] = {
      {LIST(""), MU_E_ABSENT, "has no records api.drill.example.com in zone Z0123456789"},
      {LIST(AFTER), MU_E_ABSENT, "has no records"},
      {LIST(ONE), MU_E_CONFLICT, "has no record of the standby"},
      {LIST(TWO), MU_E_CONFLICT, "has no record of the primary"},
      {LIST(SET(NAME, "A", "one", "", VALUE("192.0.2.1"))), MU_E_CONFLICT, "without a weight"},
      {LIST(SET(NAME, "A", "one", WEIGHT(1), "")), MU_E_CONFLICT, "an alias or holds several"},
      {LIST(SET(NAME, "A", "one", WEIGHT(1), VALUE("192.0.2.1") VALUE("192.0.2.7"))), MU_E_CONFLICT,
       "an alias or holds several"},
      {LIST(SET(NAME, "TXT", "t", WEIGHT(1), VALUE("x"))), MU_E_ABSENT, "has no records"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    struct mu_dns_weights weights = {.primary = -7};
    struct mu_err err;
    if (read53(w, rows[i].body, &weights, &err) != rows[i].code || !strstr(err.msg, rows[i].says)) {
      fail_msg("row %zu: %d %s", i, (int)err.code, err.msg);
    }
    assert_int_equal(weights.primary, -7);
  }
  MU_STR(many, 1 << 16);
  for (int i = 0; i < 17; i++) {
    mu_str_add(&many, TWO);
  }
  struct mu_dns_weights weights;
  struct mu_err err;
  const char *body = mu_arena_fmt(w->arena, LIST("%s"), mu_str_get(&many));
  assert_int_equal(read53(w, body, &weights, &err), MU_E_CONFLICT);
  assert_non_null(strstr(err.msg, "more records than a weighted pair"));
  struct mu_dns_ctx ctx = ctx_of(w, NULL, zone_arg, 1);
  assert_int_equal(mu_dns_provider_find("route53")->read(&ctx, &weights, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG); /* no AWS */
}

static enum mu_errc shift53(struct aws_world *w, int64_t primary, int64_t standby,
                            struct mu_err *err) {
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){.mode = MU_AWS_MAY_CHANGE});
  const struct mu_dns_ctx ctx = ctx_of(w, aws, zone_arg, 1);
  *err = (struct mu_err){0};
  (void)mu_dns_provider_find("route53")->shift(&ctx, NULL, primary, standby,
                                               w->now_ms + TEN_MINUTES, err);
  mu_aws_free(aws);
  return err->code;
}

static void route53_shifts_and_waits_for_insync(void **state) {
  struct aws_world *w = *state;
  struct mu_err err;
  TOLD(w,
       ((const struct aws_reply[]){
           {200, NULL,
            LIST(SET(
                NAME, "A", "one", WEIGHT(100),
                VALUE(
                    "192.0.2.1")) "<ResourceRecordSet><Name>" NAME
                                  "</Name><Type>A</Type><SetIdentifier>two"
                                  "</SetIdentifier><Weight>0</Weight><TTL>60</TTL><ResourceRecords>"
                                  "<ResourceRecord><Value>192.0.2.2</Value></ResourceRecord></"
                                  "ResourceRecords>"
                                  "<HealthCheckId>h-1</HealthCheckId></ResourceRecordSet>"),
            false},
           {200, NULL, CHANGED, false},
           {200, NULL, CHANGE("PENDING"), false},
           {200, NULL, CHANGE("INSYNC"), false}}));
  assert_int_equal(shift53(w, 50, 50, &err), MU_E_NONE);
  assert_int_equal(w->seen_n, 4);
  assert_true(w->slept_ms > 0);
  assert_non_null(strstr(w->seen[1], "POST /2013-04-01/hostedzone/Z0123456789/rrset"));
  assert_non_null(
      strstr(w->seen[1], "<SetIdentifier>one</SetIdentifier><Weight>50</Weight><TTL>60</TTL>"));
  assert_non_null(strstr(w->seen[1], "<HealthCheckId>h-1</HealthCheckId>")); /* not lost */
  assert_non_null(strstr(w->seen[2], "GET /2013-04-01/change/C1"));
}

static void route53_does_not_wait_for_ever(void **state) {
  struct aws_world *w = *state;
  struct mu_err err;
  TOLD(w, ((const struct aws_reply[]){{200, NULL, LIST(ONE TWO), false},
                                      {200, NULL, CHANGED, false},
                                      {200, NULL, CHANGE("PENDING"), false}}));
  assert_int_equal(shift53(w, 50, 50, &err), MU_E_TIMEOUT);
  assert_string_equal(err.msg, "Route 53 change C1 is still not INSYNC");
}

static void route53_refuses_weights_that_mean_something_else(void **state) {
  struct aws_world *w = *state;
  struct mu_err err;
  TOLD(w, ((const struct aws_reply[]){{200, NULL, LIST(ONE TWO), false}}));
  assert_int_equal(shift53(w, 0, 0, &err), MU_E_CONFIG);
  assert_string_equal(err.msg, "all weights would be 0");
  assert_int_equal(shift53(w, 256, 0, &err), MU_E_CONFIG);
  assert_string_equal(err.msg, "a weight of 256 is not 0 to 255");
  assert_int_equal(shift53(w, -1, 5, &err), MU_E_CONFIG);
  assert_int_equal(w->seen_n, 3); /* read, and never written */
}

static void route53_puts_back_all_that_was_there(void **state) {
  struct aws_world *w = *state;
  struct mu_dns_weights was = {0};
  struct mu_err err;
  assert_int_equal(read53(w,
                          LIST(SET(NAME, "A", "one", WEIGHT(0), VALUE("192.0.2.1"))
                                   TWO SET(NAME, "A", "third", WEIGHT(0), VALUE("192.0.2.3"))),
                          &was, &err),
                   MU_E_NONE);
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){.mode = MU_AWS_MAY_CHANGE});
  const struct mu_dns_ctx ctx = ctx_of(w, aws, zone_arg, 1);
  const struct mu_dns_provider *route53 = mu_dns_provider_find("route53");
  TOLD(w, ((const struct aws_reply[]){{200, NULL, CHANGED, false},
                                      {200, NULL, CHANGE("INSYNC"), false}}));
  /* 0:0:0 is odd, but it is what was there */
  assert_int_equal(route53->restore(&ctx, was.raw, w->now_ms + TEN_MINUTES, &err), 0);
  assert_non_null(strstr(w->seen[0], "<SetIdentifier>third</SetIdentifier><Weight>0</Weight>"));
  assert_non_null(strstr(w->seen[0], "<Value>192.0.2.1</Value>"));
  static const char *const broken[] = {"", "[]", "[{\"id\":\"one\"}]"};
  for (size_t i = 0; i < MU_LEN(broken); i++) {
    assert_int_equal(route53->restore(&ctx, broken[i], w->now_ms + TEN_MINUTES, &err), -1);
  }
  assert_int_equal(w->seen_n, 2);
  mu_aws_free(aws);
}

static void route53_says_what_aws_says(void **state) {
  struct aws_world *w = *state;
  struct mu_dns_weights weights;
  struct mu_err err;
  TOLD(w, ((const struct aws_reply[]){
              {403, NULL,
               "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
               "</ErrorResponse>",
               false}}));
  assert_int_equal(read53(w, NULL, &weights, &err), MU_E_DENIED);
  TOLD(w, ((const struct aws_reply[]){{200, NULL, LIST(ONE TWO), false},
                                      {200, NULL, "<Odd/>", false}}));
  assert_int_equal(shift53(w, 1, 1, &err), MU_E_REMOTE);
  assert_string_equal(err.msg, "Route 53 answered without a change id");
}

static void route53_names_its_authorities(void **state) {
  struct aws_world *w = *state;
  const char *const *names = NULL;
  size_t n = 7;
  struct mu_err err = {0};
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){.mode = MU_AWS_READ_ONLY});
  const struct mu_dns_ctx ctx = ctx_of(w, aws, zone_arg, 1);
  TOLD(w, ((const struct aws_reply[]){{200, NULL, "<x/>", false}}));
  assert_int_equal(mu_dns_provider_find("route53")->authorities(&ctx, &names, &n, &err), 0);
  assert_int_equal(n, 0); /* an emulated control plane has no name servers */
  assert_int_equal(w->seen_n, 0);
  mu_aws_free(aws);
}

/* ---- the table ---- */

static void every_provider_says_what_it_takes(void **state) {
  (void)state;
  const struct mu_dns_provider *const *all = NULL;
  size_t n = mu_dns_providers(&all);
  assert_true(n >= 2);
  for (size_t i = 0; i < n; i++) {
    assert_ptr_equal(mu_dns_provider_find(all[i]->name), all[i]);
    size_t args = 0;
    while (all[i]->args[args]) {
      assert_true(mu_dns_takes(all[i], all[i]->args[args++]));
    }
    assert_true(all[i]->required <= args);
    assert_true(mu_dns_takes(all[i], "zone"));
    assert_false(mu_dns_takes(all[i], "zones"));
  }
  assert_null(mu_dns_provider_find("bind"));
  const struct mu_dns_arg some[] = {{"url", "u"}, {"zone", "z"}, {"key", ""}};
  struct mu_err err = {0};
  assert_false(mu_dns_args_given(mu_dns_provider_find("powerdns"), some, 3, &err));
  assert_string_equal(err.msg, "powerdns: 'key' is missing");
  assert_true(mu_dns_args_given(mu_dns_provider_find("route53"), some, 3, &err));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, aws_world_set_up, aws_world_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(powerdns_reads_both_weights),
      TEST(powerdns_takes_nothing_but_the_choice),
      TEST(powerdns_says_what_the_server_says),
      TEST(powerdns_shifts_and_reads_back),
      TEST(powerdns_puts_back_what_was_there),
      TEST(powerdns_writes_addresses_of_six),
      TEST(route53_finds_the_pair),
      TEST(route53_pages),
      TEST(route53_refuses_what_is_no_weighted_pair),
      TEST(route53_shifts_and_waits_for_insync),
      TEST(route53_does_not_wait_for_ever),
      TEST(route53_refuses_weights_that_mean_something_else),
      TEST(route53_puts_back_all_that_was_there),
      TEST(route53_says_what_aws_says),
      TEST(route53_names_its_authorities),
      TEST(every_provider_says_what_it_takes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
