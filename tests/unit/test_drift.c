/* SPDX-License-Identifier: Apache-2.0 */
/* The drift engine: what is paired, what is said, what is counted. Equality rules, access and whole
 * layers have programs of their own. T1 to T55 are the traps that the format is known for. */
#include "unit/drift_run.h"

static void one_attribute_changed(void **state) {
  (void)state;
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"size\":1,\"name\":\"n\"}", "{\"id\":true}")),
      STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i-1\",\"name\":\"n\",\"size\":2}")));
  only(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "size");
  const struct mu_finding *f = must(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "size");
  assert_string_equal(f->expected, "1");
  assert_string_equal(f->actual, "2");
  assert_non_null(strstr(f->next, "-target"));
  assert_int_equal(r.out.coverage.resources, 1);
  assert_int_equal(r.out.coverage.compared, 2);
  assert_int_equal(r.out.coverage.unverifiable, 1);
  assert_string_equal(r.out.headline, "1 changed of 1 · not known to be refreshed");
  finish(&r);
}

static void keys_in_any_order(void **state) {
  (void)state;
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"z\":1,\"a\":{\"q\":1,\"b\":2},\"m\":3}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"a\":{\"b\":2,\"q\":1},\"m\":3,\"n\":\"new\",\"z\":1}")));
  only(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "n");
  assert_int_equal(r.out.coverage.attributes, 5);
  finish(&r);
}

static void missing_and_extra(void **state) {
  (void)state; /* T54; also T15: never by position, T17: an address is opaque */
  struct run r;
  run(&r,
      PLAN(CREATE("module.m[\\\"a.b[\\\\\\\"c\\\\\\\"]\\\"].aws_x.a[1]", "aws_x", "{\"n\":1}",
                  "{}") "," CREATE("aws_x.a[0]", "aws_x", "{\"n\":2}",
                                   "{}") "," CREATE("aws_x.a[\\\"0\\\"]", "aws_x", "{\"n\":3}",
                                                    "{}")),
      STATE(RES("aws_x.a[\\\"0\\\"]", "aws_x",
                "{\"n\":3}") "," RES("module.m[\\\"a.b[\\\\\\\"c\\\\\\\"]\\\"].aws_x.a[1]", "aws_x",
                                     "{\"n\":1}") "," RES("aws_y.b", "aws_y", "{\"id\":\"i\"}")));
  assert_int_equal(alarms(&r), 2);
  assert_non_null(found(&r, MU_F_DRIFT_MISSING, "aws_x.a[0]", NULL));
  assert_non_null(found(&r, MU_F_DRIFT_EXTRA, "aws_y.b", NULL));
  finish(&r);
}

static void data_sources_are_left_out(void **state) {
  (void)state; /* T25 */
  struct run r;
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}",
                  "{}") ",{\"address\":\"data.aws_y.b\",\"mode\":\"data\",\"type\":\"aws_y\","
                        "\"name\":\"b\",\"change\":{\"actions\":[\"read\"],\"after\":{}}}"),
      STATE(
          RES("aws_x.a", "aws_x", "{\"n\":1}") ",{\"address\":\"data.aws_z.c\",\"mode\":\"data\","
                                               "\"type\":\"aws_z\",\"name\":\"c\",\"values\":{}}"));
  assert_int_equal(alarms(&r), 0);
  finish(&r);
}

static void moved_and_readdressed(void **state) {
  (void)state; /* T20, T21 */
  struct run r;
  run(&r,
      PLAN("{\"address\":\"aws_x.new\",\"previous_address\":\"aws_x.old\",\"mode\":\"managed\","
           "\"type\":\"aws_x\",\"name\":\"new\"," PROVIDER
           ",\"change\":{\"actions\":[\"no-op\"],\"after\":{\"id\":\"i\",\"n\":1},\"after_"
           "unknown\":{}}}"),
      STATE(RES("aws_x.old", "aws_x", "{\"id\":\"i\",\"n\":2}")));
  assert_int_equal(alarms(&r), 2); /* the content is compared all the same */
  assert_non_null(found(&r, MU_F_DRIFT_MOVED, "aws_x.new", NULL));
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_x.new", "n"));
  /* the configuration has its moved block already */
  assert_string_equal(must(&r, MU_F_DRIFT_MOVED, "aws_x.new", NULL)->next,
                      "terraform apply -target=aws_x.old -target=aws_x.new");
  finish(&r);

  run(&r, PLAN(CREATE("aws_x.new", "aws_x", "{\"bucket\":\"b\",\"n\":1}", "{\"id\":true}")),
      STATE(RES("aws_x.other", "aws_x", "{\"bucket\":\"b\",\"id\":\"b\",\"n\":1}")));
  only(&r, MU_F_DRIFT_READDRESSED, "aws_x.new", NULL);
  assert_string_equal(must(&r, MU_F_DRIFT_READDRESSED, "aws_x.new", NULL)->next,
                      "moved {\n  from = aws_x.other\n  to   = aws_x.new\n}");
  finish(&r);

  /* Two of the same name: which is which cannot be told, so nothing is paired. */
  run(&r, PLAN(CREATE("aws_x.new", "aws_x", "{\"name\":\"b\"}", "{}")),
      STATE(RES("aws_x.o1", "aws_x", "{\"name\":\"b\"}") "," RES("aws_x.o2", "aws_x",
                                                                 "{\"name\":\"b\"}")));
  assert_null(found(&r, MU_F_DRIFT_READDRESSED, NULL, NULL));
  finish(&r);

  /* Another type of the same name is another thing. */
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{\"name\":\"b\"}", "{}") "," CREATE("aws_q.k", "aws_q", "{}",
                                                                           "{}")),
      STATE(RES("aws_y.a", "aws_y", "{\"name\":\"b\"}") "," RES("aws_q.k", "aws_q", "{}")));
  assert_non_null(found(&r, MU_F_DRIFT_MISSING, "aws_x.a", NULL));
  assert_non_null(found(&r, MU_F_DRIFT_EXTRA, "aws_y.a", NULL));
  finish(&r);
}

static void deletions_of_the_plan(void **state) {
  (void)state; /* T45, T46, T47 */
  struct run r;
  run(&r,
      PLAN(CHANGE("aws_x.a", "aws_x", "\"delete\"", "null", "{}") "," CHANGE(
          "aws_x.b", "aws_x", "\"delete\"", "null",
          "{}") "," CHANGE("aws_x.c", "aws_x", "\"forget\"", "null",
                           "{}") "," CHANGE("aws_x.d", "aws_x", "\"delete\",\"create\"",
                                            "{\"n\":1}", "{}") "," CHANGE("aws_x.e", "aws_x",
                                                                          "\"create\",\"forget\"",
                                                                          "{\"n\":1}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"n\":1}") "," RES("aws_x.c", "aws_x", "{\"n\":1}") "," RES(
          "aws_x.d", "aws_x", "{\"n\":1}") "," RES("aws_x.e", "aws_x", "{\"n\":1}")));
  only(&r, MU_F_DRIFT_EXTRA, "aws_x.a", NULL);
  finish(&r);
}

static void deposed_tainted_double_provider(void **state) {
  (void)state; /* T16, T22, T24, T49 */
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
      STATE(
          RES("aws_x.a", "aws_x",
              "{\"n\":1}") ",{\"address\":\"aws_x.a\",\"deposed_key\":\"ab12\",\"mode\":"
                           "\"managed\",\"type\":\"aws_x\",\"name\":\"a\",\"values\":{\"n\":1}}"));
  only(&r, MU_F_DRIFT_DEPOSED, "aws_x.a", NULL);
  finish(&r);
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
      STATE("{\"address\":\"aws_x.a\",\"tainted\":true,\"mode\":\"managed\",\"type\":\"aws_x\","
            "\"name\":\"a\",\"values\":{\"n\":1}}"));
  only(&r, MU_F_DRIFT_TAINTED, "aws_x.a", NULL);
  finish(&r);
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{}", "{\"arn\":true}") "," CREATE("aws_x.b", "aws_x", "{}",
                                                                         "{\"arn\":true}")),
      STATE(RES("aws_x.a", "aws_x", "{\"arn\":\"arn:1\"}") "," RES("aws_x.b", "aws_x",
                                                                   "{\"arn\":\"arn:1\"}")));
  only(&r, MU_F_DRIFT_DOUBLE, "aws_x.b", NULL);
  finish(&r);
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
      STATE("{\"address\":\"aws_x.a\",\"mode\":\"managed\",\"type\":\"aws_x\",\"name\":\"a\","
            "\"provider_name\":\"registry.opentofu.org/hashicorp/aws\",\"values\":{\"n\":1}}"));
  assert_int_equal(alarms(&r), 0);
  finish(&r);
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
      STATE("{\"address\":\"aws_x.a\",\"mode\":\"managed\",\"type\":\"aws_x\",\"name\":\"a\","
            "\"provider_name\":\"registry.terraform.io/other/awscc\",\"values\":{\"n\":1}}"));
  only(&r, MU_F_DRIFT_TYPE, "aws_x.a", NULL);
  finish(&r);
}

static void another_object_at_the_address(void **state) {
  (void)state;
  struct run r;
  run(&r, PLAN(CHANGE("aws_x.a", "aws_x", "\"no-op\"", "{\"id\":\"i-1\",\"n\":1}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i-2\",\"n\":1}")));
  only(&r, MU_F_DRIFT_REPLACED, "aws_x.a", "id");
  finish(&r);
}

/* ---- What was unknown ---- */

static void unknown_is_never_equal(void **state) {
  (void)state; /* T27, T29 */
  struct run r;
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{\"list\":[null,\"b\"],\"block\":[{\"k\":1}]}",
                  "{\"id\":true,\"list\":[true,false],\"block\":[{\"u\":true}]}")),
      STATE(RES("aws_x.a", "aws_x",
                "{\"id\":\"i\",\"list\":[\"a\",\"b\"],\"block\":[{\"k\":1,\"u\":\"v\"}]}")));
  assert_int_equal(alarms(&r), 0);
  assert_int_equal(r.out.coverage.unverifiable, 3);
  assert_int_equal(r.out.coverage.compared, 2);
  assert_true(noted(&r, "id", "unknown") && noted(&r, "list[0]", "unknown") &&
              noted(&r, "block[0].u", "unknown"));
  assert_int_equal(r.out.observations_n, 3);
  finish(&r);
  /* A block of which nothing is known is one value, whatever it turns out to hold. */
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{\"block\":true}")),
      STATE(RES("aws_x.a", "aws_x", "{\"n\":1,\"block\":[{\"k\":1},{\"k\":2}]}")));
  assert_int_equal(alarms(&r), 0);
  assert_int_equal(r.out.coverage.unverifiable, 1);
  finish(&r);
  /* Presence is known all the same: what was planned with an id has one. */
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{\"id\":true,\"arn\":true}")),
      STATE(RES("aws_x.a", "aws_x", "{\"n\":1,\"arn\":\"arn:1\"}")));
  only(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "id");
  finish(&r);
  /* A mask of false and of {} hides nothing. */
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{\"list\":[\"a\",\"b\"],\"map\":{\"k\":1}}",
                  "{\"list\":[false,false],\"map\":{}}")),
      STATE(RES("aws_x.a", "aws_x", "{\"list\":[\"a\",\"c\"],\"map\":{\"k\":2}}")));
  assert_int_equal(alarms(&r), 2);
  finish(&r);
}

static void baseline_holds_and_tells(void **state) {
  (void)state;
  static const char plan[] =
      PLAN(CREATE("aws_x.a", "aws_x", "{}", "{\"id\":true,\"zone\":true,\"set\":true}"));
  struct run r;
  run(&r, plan,
      STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i\",\"zone\":\"a\",\"set\":[\"x\",\"y\"]}")));
  assert_int_equal(r.out.observations_n, 3);
  struct mu_observation seen[3];
  memcpy(seen, r.out.observations, sizeof seen);
  struct run again;
  start(&again, plan,
        STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i\",\"zone\":\"a\",\"set\":[\"y\",\"x\"]}")));
  again.in.baseline = seen;
  again.in.baseline_n = 3;
  go(&again);
  assert_int_equal(alarms(&again), 0);
  assert_int_equal(again.out.coverage.baseline, 3);
  assert_true(again.out.observations[0].held);
  finish(&again);
  for (int night = 0; night < 2; night++) { /* a change is not learned by being seen */
    start(&again, plan,
          STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i\",\"zone\":\"b\",\"set\":[\"x\",\"y\"]}")));
    again.in.baseline = seen;
    again.in.baseline_n = 3;
    go(&again);
    only(&again, MU_F_DRIFT_BASELINE, "aws_x.a", "zone");
    for (size_t i = 0; i < 3; i++) {
      seen[i].value = mu_arena_str(r.arena, again.out.observations[i].value);
      seen[i].path = mu_arena_str(r.arena, again.out.observations[i].path);
      seen[i].address = "aws_x.a";
      seen[i].provider_id = "i";
    }
    finish(&again);
  }
  /* Another object, of the next drill: a first observation, no drift. */
  start(&again, plan,
        STATE(RES("aws_x.a", "aws_x", "{\"id\":\"j\",\"zone\":\"b\",\"set\":[\"x\"]}")));
  again.in.baseline = seen;
  again.in.baseline_n = 3;
  go(&again);
  assert_int_equal(alarms(&again), 0);
  assert_int_equal(again.out.coverage.unverifiable, 3);
  finish(&again);
  finish(&r);
}

/* A value that differs at each look is none to compare; that there is one, and of which kind, is.
 */
static void a_volatile_value_keeps_its_kind(void **state) {
  (void)state;
  static const struct {
    const char *before; /* as it was observed; NULL: never */
    const char *now;
    size_t alarms;
  } rows[] = {
      {NULL, "\"2026-11-23T02:00:00Z\"", 0},   {"\"(a moment)\"", "\"2026-11-24T02:00:00Z\"", 0},
      {"\"(a moment)\"", "null", 1},           {"\"(a moment)\"", "\"never\"", 1},
      {"null", "\"2026-11-23T02:00:00Z\"", 0}, /* the first backup */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct texts *t = calloc(1, sizeof *t);
    assert_non_null(t);
    char values[256];
    (void)snprintf(values, sizeof values, "{\"id\":\"i\",\"latest_restorable_time\":%s}",
                   rows[i].now);
    texts_of(t, "aws_db_instance", "{}", "{\"id\":true,\"latest_restorable_time\":true}", values);
    const struct mu_observation seen = {.address = "aws_db_instance.x",
                                        .path = "latest_restorable_time",
                                        .provider_id = "i",
                                        .value = rows[i].before};
    struct run r;
    start(&r, t->plan, t->state);
    r.in.baseline = &seen;
    r.in.baseline_n = rows[i].before != NULL;
    go(&r);
    if (alarms(&r) != rows[i].alarms) {
      print_findings(&r);
      fail_msg("row %zu", i);
    }
    assert_int_equal(r.out.observations_n, 2);
    finish(&r);
    free(t);
  }
}

#define RULE(port, cidr)                                                                           \
  "{\"cidr_blocks\":[\"" cidr "\"],\"description\":\"\",\"from_port\":" port                       \
  ",\"ipv6_cidr_blocks\":[],\"prefix_list_ids\":[],"                                               \
  "\"protocol\":\"tcp\",\"security_groups\":[],\"self\":false,\"to_port\":" port "}"

static void a_rule_that_nobody_declared(void **state) {
  (void)state;
  static const char plan[] = PLAN(CREATE(
      "aws_security_group.g", "aws_security_group", "{\"name\":\"g\"}",
      "{\"id\":true,\"ingress\":true}") "," CREATE("aws_vpc_security_group_ingress_rule.r",
                                                   "aws_vpc_security_group_ingress_rule",
                                                   "{\"cidr_ipv4\":\"10.0.0.0/"
                                                   "8\",\"from_port\":443,\"to_port\":443,\"ip_"
                                                   "protocol\":\"tcp\"}",
                                                   "{\"id\":true,\"security_group_id\":true}"));
#define GROUP(rules)                                                                               \
  RES("aws_security_group.g", "aws_security_group",                                                \
      "{\"name\":\"g\",\"id\":\"sg-1\",\"ingress\":[" rules "]}")
#define OWN(group)                                                                                 \
  RES("aws_vpc_security_group_ingress_rule.r", "aws_vpc_security_group_ingress_rule",              \
      "{\"id\":\"sgr-1\",\"security_group_id\":\"" group "\",\"cidr_ipv4\":\"10.0.0.0/"            \
      "8\",\"from_port\":443,\"to_port\":443,\"ip_protocol\":\"tcp\"}")
  struct run r;
  run(&r, plan, STATE(GROUP(RULE("443", "10.0.0.0/8")) "," OWN("sg-1")));
  assert_int_equal(alarms(&r), 0);
  assert_int_equal(r.out.coverage.explained, 1);
  assert_true(noted(&r, "ingress", "sg-ingress"));
  finish(&r);
  static const char *const others[] = {
      STATE(GROUP(RULE("443", "10.0.0.0/8") "," RULE("22", "0.0.0.0/0")) "," OWN(
          "sg-1")),                                            /* another port */
      STATE(GROUP(RULE("443", "10.0.0.0/7")) "," OWN("sg-1")), /* a wider network */
      STATE(GROUP("{\"cidr_blocks\":[\"10.0.0.0/8\",\"0.0.0.0/"
                  "0\"],\"from_port\":443,\"protocol\":\"tcp\",\"to_port\":443}") "," OWN("sg-1")),
      STATE(GROUP(RULE("443", "10.0.0.0/8")) "," OWN("sg-2")), /* explained for another group */
      STATE(GROUP("{\"cidr_blocks\":[\"10.0.0.0/"
                  "8\"],\"from_port\":443,\"protocol\":\"udp\",\"to_port\":443}") "," OWN("sg-1")),
      STATE(GROUP("{\"cidr_blocks\":[\"10.0.0.0/"
                  "8\"],\"self\":true,\"from_port\":443,\"protocol\":\"tcp\",\"to_port\":"
                  "443}") "," OWN("sg-1")),
      STATE(GROUP("{\"cidr_blocks\":[\"10.0.0.0/"
                  "8\"],\"description\":\"mine\",\"from_port\":443,\"protocol\":\"tcp\",\"to_"
                  "port\":443}") "," OWN("sg-1")), /* another description */
      STATE(GROUP("{\"cidr_blocks\":[],\"from_port\":443,\"protocol\":\"tcp\",\"to_port\":"
                  "443}") "," OWN("sg-1")), /* from nowhere */
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    run(&r, plan, others[i]);
    if (!found(&r, MU_F_DRIFT_EXTRA, "aws_security_group.g", "ingress")) {
      print_findings(&r);
      fail_msg("not seen: %s", others[i]);
    }
    assert_int_equal(must(&r, MU_F_DRIFT_EXTRA, "aws_security_group.g", "ingress")->severity,
                     MU_HIGH);
    finish(&r);
  }
}

/* With all protocols a group repeats no ports: what stands there all the same was put there. */
static void a_rule_for_all_protocols(void **state) {
  (void)state;
  static const char plan[] = PLAN(CREATE(
      "aws_security_group.g", "aws_security_group", "{\"name\":\"g\"}",
      "{\"id\":true,\"egress\":true}") "," CREATE("aws_security_group_rule.r",
                                                  "aws_security_group_rule",
                                                  "{\"type\":\"egress\",\"cidr_blocks\":[\"10.0.0."
                                                  "0/"
                                                  "8\"],\"protocol\":\"-1\",\"from_port\":0,\"to_"
                                                  "port\":65535}",
                                                  "{\"security_group_id\":true}"));
#define ALL(from, to)                                                                              \
  STATE(RES("aws_security_group.g", "aws_security_group",                                          \
            "{\"name\":\"g\",\"id\":\"sg-1\",\"egress\":[{\"cidr_blocks\":[\"10.0.0.0/8\"],"       \
            "\"protocol\":\"-1\",\"from_port\":" from ",\"to_port\":" to                           \
            "}]}") "," RES("aws_security_group_rule.r", "aws_security_group_rule",                 \
                           "{\"type\":\"egress\",\"security_group_id\":\"sg-1\",\"cidr_blocks\":[" \
                           "\"10.0.0.0/8\"],"                                                      \
                           "\"protocol\":\"-1\",\"from_port\":0,\"to_port\":65535}"))
  static const struct {
    const char *actual;
    size_t alarms;
  } rows[] = {
      {ALL("0", "0"), 0}, {ALL("-1", "-1"), 0},   {ALL("null", "null"), 0},
      {ALL("1", "0"), 1}, {ALL("0", "65535"), 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct run r;
    run(&r, plan, rows[i].actual);
    if (alarms(&r) != rows[i].alarms) {
      print_findings(&r);
      fail_msg("row %zu", i);
    }
    finish(&r);
  }
}

/* A collection that the resource declares itself, of values not known when planned, is no one
 * else's: it is held against its first observation, and a stranger in it is seen then. */
static void a_collection_of_its_own(void **state) {
  (void)state;
#define OF_ITS_OWN(expressions)                                                                    \
  "{\"format_version\":\"1.2\",\"resource_changes\":[" CREATE(                                     \
      "aws_vpc_endpoint.e", "aws_vpc_endpoint", "{}",                                              \
      "{\"route_table_ids\":true}") "],\"configuration\":{\"root_module\":{\"resources\":[{"       \
                                    "\"address\":\"aws_vpc_endpoint.e\","                          \
                                    "\"expressions\":{" expressions "}}]}}}"
  static const char theirs[] = OF_ITS_OWN("\"route_table_ids\":{\"references\":[\"t\"]}"),
                    nobodys[] = OF_ITS_OWN("\"service_name\":{}");
#define TABLES(ids)                                                                                \
  STATE(RES("aws_vpc_endpoint.e", "aws_vpc_endpoint",                                              \
            "{\"id\":\"e\",\"route_table_ids\":[" ids "]}"))
  static const struct mu_observation seen = {.address = "aws_vpc_endpoint.e",
                                             .path = "route_table_ids",
                                             .provider_id = "e",
                                             .value = "[\"rtb-1\"]"};
  struct run r;
  run(&r, theirs, TABLES("\"rtb-1\""));
  assert_int_equal(r.findings.n, 1); /* the id, which was not planned at all */
  assert_int_equal(r.out.coverage.unverifiable, 1);
  finish(&r);
  start(&r, theirs, TABLES("\"rtb-1\",\"rtb-2\""));
  r.in.baseline = &seen;
  r.in.baseline_n = 1;
  go(&r);
  assert_non_null(found(&r, MU_F_DRIFT_BASELINE, "aws_vpc_endpoint.e", "route_table_ids"));
  finish(&r);
  run(&r, nobodys, TABLES("\"rtb-1\""));
  assert_non_null(found(&r, MU_F_DRIFT_EXTRA, "aws_vpc_endpoint.e", "route_table_ids"));
  finish(&r);
}

static void a_policy_that_nobody_declared(void **state) {
  (void)state;
  static const char plan[] = PLAN(
      CREATE("aws_iam_role.r", "aws_iam_role", "{\"name\":\"r\"}",
             "{\"id\":true,\"managed_policy_arns\":true,\"inline_"
             "policy\":true}") "," CREATE("aws_iam_role_policy_"
                                          "attachment.a",
                                          "aws_iam_role_policy_"
                                          "attachment",
                                          "{\"role\":\"r\",\"policy_"
                                          "arn\":\"arn:p\"}",
                                          "{\"id\":true}") "," CREATE("aws_iam_role_policy.i",
                                                                      "aws_iam_role_policy",
                                                                      "{\"role\":\"r\",\"name\":"
                                                                      "\"i\",\"policy\":\"{}\"}",
                                                                      "{}"));
#define ATTACHED                                                                                   \
  RES("aws_iam_role_policy_attachment.a", "aws_iam_role_policy_attachment",                        \
      "{\"id\":\"x\",\"role\":\"r\",\"policy_arn\":\"arn:p\"}")                                    \
  "," RES("aws_iam_role_policy.i", "aws_iam_role_policy",                                          \
          "{\"role\":\"r\",\"name\":\"i\",\"policy\":\"{}\"}")
#define ROLE(arns, inline)                                                                         \
  RES("aws_iam_role.r", "aws_iam_role",                                                            \
      "{\"id\":\"r\",\"name\":\"r\",\"managed_policy_arns\":[" arns                                \
      "],\"inline_policy\":[" inline "]}")
  struct run r;
  run(&r, plan, STATE(ROLE("\"arn:p\"", "{\"name\":\"i\",\"policy\":\"{}\"}") "," ATTACHED));
  assert_int_equal(alarms(&r), 0);
  finish(&r);
  run(&r, plan,
      STATE(ROLE("\"arn:p\",\"arn:aws:iam::aws:policy/AdministratorAccess\"", "") "," ATTACHED));
  only(&r, MU_F_DRIFT_EXTRA, "aws_iam_role.r", "managed_policy_arns");
  finish(&r);
  run(&r, plan,
      STATE(ROLE("\"arn:p\"", "{\"name\":\"i\",\"policy\":\"{\\\"a\\\":1}\"}") "," ATTACHED));
  only(&r, MU_F_DRIFT_EXTRA, "aws_iam_role.r", "inline_policy");
  finish(&r);
}

/* ---- Collections ---- */

static void order_and_sets(void **state) {
  (void)state; /* T30, T31 */
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"l\":[\"a\",\"b\",\"c\"]}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"l\":[\"c\",\"a\",\"b\"]}")));
  assert_int_equal(alarms(&r), 0);
  assert_non_null(found(&r, MU_F_DRIFT_ORDER, "aws_x.a", "l"));
  finish(&r);
  run(&r,
      PLAN(CREATE("aws_codepipeline.a", "aws_codepipeline",
                  "{\"stage\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", "{}")),
      STATE(RES("aws_codepipeline.a", "aws_codepipeline",
                "{\"stage\":[{\"name\":\"b\"},{\"name\":\"a\"}]}")));
  assert_int_equal(alarms(&r), 2); /* here the order is the meaning */
  finish(&r);
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"l\":[\"a\",\"a\",\"b\"]}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"l\":[\"a\",\"b\",\"b\"]}")));
  only(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "l");
  assert_string_equal(must(&r, MU_F_DRIFT_CHANGED, NULL, NULL)->expected, "[\"a\"]");
  assert_string_equal(must(&r, MU_F_DRIFT_CHANGED, NULL, NULL)->actual, "[\"b\"]");
  finish(&r);
}

static void members_by_natural_key(void **state) {
  (void)state; /* T32 */
  struct run r;
  run(&r,
      PLAN(CREATE("aws_db_parameter_group.a", "aws_db_parameter_group",
                  "{\"parameter\":[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b\",\"value\":"
                  "\"2\"},{\"name\":\"c\",\"value\":\"3\"}]}",
                  "{}")),
      STATE(RES("aws_db_parameter_group.a", "aws_db_parameter_group",
                "{\"parameter\":[{\"name\":\"c\",\"value\":\"3\"},{\"name\":\"b\",\"value\":\"9\"},"
                "{\"name\":\"a\",\"value\":\"1\"}]}")));
  only(&r, MU_F_DRIFT_CHANGED, "aws_db_parameter_group.a", "parameter[name=b].value");
  finish(&r);
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{\"rules\":[{\"p\":1,\"q\":2},{\"p\":3,\"q\":4}]}", "{}")),
      STATE(RES("aws_x.a", "aws_x",
                "{\"rules\":[{\"p\":3,\"q\":4},{\"p\":1,\"q\":2},{\"p\":5,\"q\":6}]}")));
  only(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "rules");
  assert_string_equal(must(&r, MU_F_DRIFT_CHANGED, NULL, NULL)->expected, "[]");
  assert_string_equal(must(&r, MU_F_DRIFT_CHANGED, NULL, NULL)->actual, "[{\"p\":5,\"q\":6}]");
  finish(&r);
}

static void one_finding_a_tag(void **state) {
  (void)state; /* T53 */
  struct run r;
  run(&r,
      PLAN(CREATE(
          "aws_x.a", "aws_x",
          "{\"tags\":{\"A\":\"1\",\"B\":\"2\"},\"tags_all\":{\"A\":\"1\",\"B\":\"2\",\"D\":\"4\"}}",
          "{}")),
      STATE(RES("aws_x.a", "aws_x",
                "{\"tags\":{\"A\":\"9\",\"B\":\"2\",\"aws:cloudformation:x\":\"y\"},\"tags_all\":{"
                "\"A\":\"9\",\"B\":\"2\",\"D\":\"5\"}}")));
  assert_int_equal(alarms(&r), 2);
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "tags.A"));
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "tags_all.D"));
  finish(&r);
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"tags\":null}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"tags\":{\"a.b\":\"1\",\"C\":\"2\"}}")));
  assert_int_equal(alarms(&r), 2);
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "tags[\"a.b\"]"));
  finish(&r);
}

/* ---- Secrets ---- */

static bool leaks(const struct run *r, const char *secret) {
  bool leak = false;
  for (size_t i = 0; i < r->findings.n; i++) {
    const struct mu_finding *f = &r->findings.at[i];
    const char *const texts[] = {f->expected, f->actual, f->message, f->subject, f->path, f->next};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
      leak |= texts[k] && strstr(texts[k], secret);
    }
  }
  for (size_t i = 0; i < r->out.notes_n; i++) {
    leak |= r->out.notes[i].planned && strstr(r->out.notes[i].planned, secret);
    leak |= r->out.notes[i].actual && strstr(r->out.notes[i].actual, secret);
  }
  for (size_t i = 0; i < r->out.observations_n; i++) {
    leak |= strstr(r->out.observations[i].value, secret) != NULL;
  }
  return leak;
}

static void secrets_are_shown_as_changed(void **state) {
  (void)state; /* T41, T42 */
  static const char plan[] = "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"aws_"
                             "db.a\",\"mode\":\"managed\",\"type\":\"aws_db\",\"name\":\"a\","
                             "\"change\":{\"actions\":[\"create\"],\"after\":{\"url\":\"db://"
                             "app:old-secret-1@h\",\"pw\":\"old-secret-1\",\"n\":1,\"nested\":[{"
                             "\"k\":\"old-secret-2\",\"m\":1}]},"
                             "\"after_unknown\":{\"token\":true},\"after_sensitive\":{\"pw\":true,"
                             "\"nested\":[{\"k\":true}]}}}]}";
  static const char state_text[] =
      "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[{\"address\":\"aws_"
      "db.a\",\"mode\":\"managed\",\"type\":\"aws_db\",\"name\":\"a\","
      "\"values\":{\"id\":\"i\",\"url\":\"db://"
      "app:new-secret-1@h\",\"pw\":\"new-secret-1\",\"n\":1,\"nested\":[{\"k\":\"new-secret-2\","
      "\"m\":2}],\"token\":\"new-secret-3\"},"
      "\"sensitive_values\":{\"pw\":true,\"nested\":[{\"k\":true}]}}]}}}";
  struct run r;
  run(&r, plan, state_text);
  assert_non_null(found(&r, MU_F_DRIFT_SENSITIVE, "aws_db.a", "pw"));
  assert_non_null(found(&r, MU_F_DRIFT_SENSITIVE, "aws_db.a", "nested[0].k"));
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_db.a", "nested[0].m"));
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_db.a",
                        "url")); /* holds the secret, though nobody marked it */
  assert_non_null(strstr(must(&r, MU_F_DRIFT_SENSITIVE, NULL, "pw")->actual, "hmac:"));
  assert_false(leaks(&r, "secret-1") || leaks(&r, "secret-2") || leaks(&r, "secret-3"));
  assert_true(r.out.coverage.redacted >= 2);
  finish(&r);
  start(&r, plan, state_text);
  r.in.key = NULL;
  go(&r);
  assert_string_equal(must(&r, MU_F_DRIFT_SENSITIVE, NULL, "pw")->actual, "\"(sensitive)\"");
  assert_false(leaks(&r, "secret-"));
  finish(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_attribute_changed),
      cmocka_unit_test(keys_in_any_order),
      cmocka_unit_test(missing_and_extra),
      cmocka_unit_test(data_sources_are_left_out),
      cmocka_unit_test(moved_and_readdressed),
      cmocka_unit_test(deletions_of_the_plan),
      cmocka_unit_test(deposed_tainted_double_provider),
      cmocka_unit_test(another_object_at_the_address),
      cmocka_unit_test(unknown_is_never_equal),
      cmocka_unit_test(baseline_holds_and_tells),
      cmocka_unit_test(a_volatile_value_keeps_its_kind),
      cmocka_unit_test(a_rule_that_nobody_declared),
      cmocka_unit_test(a_rule_for_all_protocols),
      cmocka_unit_test(a_collection_of_its_own),
      cmocka_unit_test(a_policy_that_nobody_declared),
      cmocka_unit_test(order_and_sets),
      cmocka_unit_test(members_by_natural_key),
      cmocka_unit_test(one_finding_a_tag),
      cmocka_unit_test(secrets_are_shown_as_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
