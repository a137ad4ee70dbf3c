/* SPDX-License-Identifier: Apache-2.0 */
/* The drift engine on whole layers: ignore rules, what cannot pass, staged and standing layers,
 * several states, two plans, threads. */
#include "unit/drift_run.h"

/* ---- Ignore rules ---- */

static void ignore_rules(void **state) {
  (void)state;
  static const char plan[] = PLAN(
      CREATE("aws_eks.a", "aws_eks",
             "{\"release_version\":\"1\",\"n\":1,\"acl\":{\"publicly_accessible\":false}}", "{}"));
  static const char actual[] =
      STATE(RES("aws_eks.a", "aws_eks",
                "{\"release_version\":\"2\",\"n\":2,\"acl\":{\"publicly_accessible\":true}}"));
  struct mu_ignore rules[] = {
      {.address = "aws_eks.*",
       .path = "release_version",
       .reason = "moves",
       .owner = "o",
       .until_ms = NOW_MS,
       .where = "m:1"},
      {.address = "aws_eks.a",
       .path = "n",
       .reason = "r",
       .owner = "o",
       .until_ms = NOW_MS - 1,
       .where = "m:2"},
      {.address = "aws_other.*",
       .path = "q",
       .reason = "r",
       .owner = "o",
       .until_ms = NOW_MS,
       .where = "m:3"},
      {.address = "aws_eks.a",
       .path = "acl",
       .reason = "r",
       .owner = "o",
       .until_ms = NOW_MS,
       .where = "m:4"},
  };
  struct run r;
  start(&r, plan, actual);
  r.in.ignores = rules;
  r.in.ignores_n = 4;
  go(&r);
  assert_null(found(&r, MU_F_DRIFT_CHANGED, NULL, "release_version"));
  assert_true(noted(&r, "release_version", "ignore:m:1"));
  assert_int_equal(r.out.coverage.ignored, 1);
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, NULL, "n")); /* an expired rule hides nothing */
  assert_non_null(found(&r, MU_F_IGNORE_EXPIRED, NULL, NULL));
  assert_non_null(found(&r, MU_F_IGNORE_UNUSED, "aws_other.* q", NULL));
  assert_non_null(found(&r, MU_F_DRIFT_ACCESS_WIDER, "aws_eks.a",
                        "acl.publicly_accessible")); /* not without saying so */
  finish(&r);
  rules[3].allow_access = true;
  rules[3].path = NULL;
  rules[3].address = "*";
  start(&r, plan, actual);
  r.in.ignores = rules;
  r.in.ignores_n = 4;
  go(&r);
  assert_null(found(&r, MU_F_DRIFT_ACCESS_WIDER, NULL, NULL));
  assert_non_null(found(&r, MU_F_IGNORE_WIDE, "*", NULL));
  finish(&r);
  static const struct mu_ignore incomplete[] = {{.address = "a", .reason = "r", .until_ms = 1},
                                                {.address = "a", .owner = "o", .until_ms = 1},
                                                {.address = "a", .owner = "o", .reason = "r"}};
  for (size_t i = 0; i < 3; i++) {
    start(&r, plan, actual);
    r.in.ignores = &incomplete[i];
    r.in.ignores_n = 1;
    go(&r);
    assert_int_equal(r.rc, -1);
    finish(&r);
  }
}

/* ---- Could not tell ---- */

static void what_cannot_pass(void **state) {
  (void)state; /* T13, T28 */
  static const struct {
    const char *plan, *actual;
    enum mu_finding_id id;
  } rows[] = {
      {"{\"format_version\":\"1.2\",\"errored\":true,\"resource_changes\":[" CREATE(
           "aws_x.a", "aws_x", "{}", "{}") "]}",
       STATE(RES("aws_x.a", "aws_x", "{}")), MU_F_DRIFT_PLAN_PARTIAL},
      {"{\"format_version\":\"1.2\",\"complete\":false,\"resource_changes\":[" CREATE(
           "aws_x.a", "aws_x", "{}", "{}") "]}",
       STATE(RES("aws_x.a", "aws_x", "{}")), MU_F_DRIFT_PLAN_PARTIAL},
      {"{\"format_version\":\"1.2\",\"resource_changes\":[]}", STATE(""), MU_F_DRIFT_PLAN_PARTIAL},
      {"{\"format_version\":\"0.1\",\"planned_values\":{\"root_module\":{\"resources\":[" RES(
           "aws_x.a", "aws_x", "{}") "]}}}",
       STATE(RES("aws_x.a", "aws_x", "{}")), MU_F_DRIFT_PLAN_PARTIAL},
      {PLAN(CREATE("aws_x.a", "aws_x", "{}", "{}")), STATE(""), MU_F_DRIFT_NOTHING_COMPARED},
      {PLAN(CREATE("aws_x.a", "aws_x", "{}", "{}")), "{\"format_version\":\"1.0\"}",
       MU_F_DRIFT_NOTHING_COMPARED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct run r;
    run(&r, rows[i].plan, rows[i].actual);
    const struct mu_finding *f = found(&r, rows[i].id, NULL, NULL);
    if (!f) {
      print_findings(&r);
      fail_msg("row %zu", i);
    }
    assert_int_equal(f->verdict, MU_INCONCLUSIVE);
    finish(&r);
  }
}

/* A targeted plan does not name what it leaves out: that is nobody's addition. Nor does it hide a
 * change of what it names. */
static void a_targeted_plan(void **state) {
  (void)state; /* T13 */
  struct run r;
  run(&r,
      "{\"format_version\":\"1.2\",\"complete\":false,\"resource_changes\":[" CREATE(
          "aws_x.a", "aws_x", "{\"n\":1}", "{}") "]}",
      STATE(RES("aws_x.a", "aws_x", "{\"n\":2}") "," RES("aws_x.b", "aws_x", "{\"n\":1}")));
  assert_int_equal(alarms(&r), 2);
  assert_non_null(found(&r, MU_F_DRIFT_PLAN_PARTIAL, NULL, NULL));
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "n"));
  assert_int_equal(r.out.coverage.unverifiable, 1);
  finish(&r);
}

static void the_state_of_another_stack(void **state) {
  (void)state;
  static const char other[] = STATE(RES("aws_y.b", "aws_y", "{\"id\":\"1\"}"));
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{}", "{}")), other);
  only(&r, MU_F_DRIFT_NOTHING_COMPARED, NULL, NULL);
  finish(&r);
  /* It is this stack's: the plan deletes what is there. */
  run(&r,
      PLAN(CREATE("aws_x.a", "aws_x", "{}", "{}") "," CHANGE("aws_y.b", "aws_y", "\"delete\"",
                                                             "null", "{}")),
      other);
  assert_null(found(&r, MU_F_DRIFT_NOTHING_COMPARED, NULL, NULL));
  assert_non_null(found(&r, MU_F_DRIFT_MISSING, "aws_x.a", NULL));
  assert_non_null(found(&r, MU_F_DRIFT_EXTRA, "aws_y.b", NULL));
  finish(&r);
}

/* Deleted by somebody, and taken out of the configuration since. */
static void gone_and_not_wanted(void **state) {
  (void)state;
  static const char plan[] = PLAN(CHANGE("aws_x.a", "aws_x", "\"no-op\"", "null",
                                         "{}") "," CREATE("aws_x.b", "aws_x", "{\"n\":1}", "{}"));
  struct run r;
  run(&r, plan, STATE(RES("aws_x.b", "aws_x", "{\"n\":1}")));
  assert_int_equal(alarms(&r), 0);
  finish(&r);
  run(&r, plan,
      STATE(RES("aws_x.a", "aws_x", "{\"n\":1}") "," RES("aws_x.b", "aws_x", "{\"n\":1}")));
  only(&r, MU_F_DRIFT_EXTRA, "aws_x.a", NULL);
  finish(&r);
}

#define FIVE(macro)                                                                                \
  macro("1") "," macro("2") "," macro("3") "," macro("4") "," macro("5") "," macro("6") "," macro( \
      "7") "," macro("8") "," macro("9") "," macro("10")
#define PLANNED(n) CREATE("aws_x.a" n, "aws_x", "{\"n\":" n "}", "{}")

static void destroyed_is_one_line(void **state) {
  (void)state; /* T54 */
  struct run r;
  run(&r, PLAN(FIVE(PLANNED)), STATE(RES("aws_x.a1", "aws_x", "{\"n\":1}")));
  assert_int_equal(alarms(&r), 1);
  assert_non_null(found(&r, MU_F_DRIFT_DESTROYED, NULL, NULL));
  finish(&r);
  run(&r, PLAN(FIVE(PLANNED)),
      STATE(RES("aws_x.a1", "aws_x", "{\"n\":1}") "," RES("aws_x.a2", "aws_x", "{\"n\":2}")));
  assert_null(found(&r, MU_F_DRIFT_DESTROYED, NULL, NULL));
  assert_int_equal(alarms(&r), 8);
  finish(&r);
}

static void refreshed_or_not(void **state) {
  (void)state; /* T48 */
#define REFRESH(drift)                                                                             \
  "{\"format_version\":\"1.2\",\"timestamp\":\"2026-11-22T02:13:00Z\",\"planned_values\":{\"root_" \
  "module\":{}},\"resource_drift\":[" drift                                                        \
  "],\"prior_state\":{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":"      \
  "[" RES("aws_x.a", "aws_x", "{\"n\":1}") "]}}}}"
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")), REFRESH(""));
  assert_true(r.out.refreshed);
  assert_string_equal(r.out.headline, "1 resources as planned · refreshed 02:13Z");
  finish(&r);
  start(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
        STATE(RES("aws_x.a", "aws_x", "{\"n\":1}")));
  r.in.require_refreshed = true;
  go(&r);
  assert_false(r.out.refreshed);
  only(&r, MU_F_DRIFT_NOT_REFRESHED, NULL, NULL);
  finish(&r);
}

static void declared_or_not(void **state) {
  (void)state; /* T35 */
  struct run r;
  run(&r,
      "{\"format_version\":\"1.2\",\"resource_changes\":["
      "{\"address\":\"module.m[\\\"k.[1]\\\"].aws_x.a[0]\",\"mode\":\"managed\",\"type\":\"aws_x\","
      "\"name\":\"a\",\"change\":{\"actions\":[\"no-op\"],"
      "\"after\":{\"said\":1,\"unsaid\":1},\"after_unknown\":{}}}],\"configuration\":{\"root_"
      "module\":{\"module_calls\":{\"m\":{\"module\":{\"resources\":["
      "{\"address\":\"aws_x.a\",\"expressions\":{\"said\":{}},\"schema_version\":3}]}}}}}}",
      STATE(RES("module.m[\\\"k.[1]\\\"].aws_x.a[0]", "aws_x", "{\"said\":2,\"unsaid\":2}")));
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, NULL, "said"));
  assert_non_null(found(&r, MU_F_DRIFT_UNDECLARED, NULL, "unsaid"));
  assert_non_null(found(&r, MU_F_DRIFT_SCHEMA, NULL, NULL)); /* T23: 3 against 0 */
  finish(&r);
}

static void staged_layer_is_absent(void **state) {
  (void)state;
  struct run r;
  start(&r,
        PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}") "," CREATE("aws_x.b", "aws_x",
                                                                      "{\"n\":1}", "{}")),
        STATE(""));
  r.in.expect = MU_EXPECT_ABSENT;
  go(&r);
  assert_int_equal(alarms(&r), 0);
  assert_non_null(strstr(r.out.headline, "2 resources absent"));
  finish(&r);
  start(&r,
        PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}") "," CREATE("aws_x.b", "aws_x",
                                                                      "{\"n\":1}", "{}")),
        STATE(RES("aws_x.b", "aws_x", "{\"n\":1}")));
  r.in.expect = MU_EXPECT_ABSENT;
  go(&r);
  only(&r, MU_F_DRIFT_STAGED_PRESENT, "aws_x.b", NULL);
  finish(&r);
  start(&r, PLAN(CREATE("aws_x.b", "aws_x", "{\"n\":1}", "{}")),
        STATE(RES("aws_x.b", "aws_x", "{\"n\":1}")));
  r.in.expect = MU_EXPECT_ABSENT;
  go(&r);
  assert_non_null(found(&r, MU_F_PLAN_SPENT, "plan.json", NULL)); /* all of it: it was applied */
  finish(&r);
}

static void several_states(void **state) {
  (void)state; /* T26 */
  struct run r;
  start(&r,
        PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}") "," CREATE("aws_x.b", "aws_x",
                                                                      "{\"n\":1}", "{}")),
        STATE(RES("aws_x.a", "aws_x", "{\"n\":1}")));
  r.actual[1] = doc_of(&r, "second.json", STATE(RES("aws_x.b", "aws_x", "{\"n\":1}")), true);
  r.in.actual_n = 2;
  go(&r);
  assert_int_equal(alarms(&r), 0);
  finish(&r);
  start(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
        STATE(RES("aws_x.a", "aws_x", "{\"n\":1}")));
  r.actual[1] = doc_of(&r, "second.json", STATE(RES("aws_x.a", "aws_x", "{\"n\":1}")), true);
  r.in.actual_n = 2;
  go(&r);
  assert_int_equal(r.rc, -1); /* they contradict each other */
  finish(&r);
}

static void checks_of_terraform(void **state) {
  (void)state; /* T50 */
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{}", "{}")),
      "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[" RES(
          "aws_x.a", "aws_x", "{}") "]}},"
                                    "\"checks\":[{\"address\":{\"kind\":\"check\",\"to_display\":"
                                    "\"check.health\"},\"status\":\"fail\"},{\"address\":{\"to_"
                                    "display\":\"check.ok\"},\"status\":\"pass\"}]}");
  only(&r, MU_F_DRIFT_CHECK_FAILED, "check.health", NULL);
  finish(&r);
}

/* Words and members that a later Terraform may add are passed over; what is known of the rest
 * stands. */
static void later_words(void **state) {
  (void)state; /* T43, T44, T46, T51 */
  struct run r;
  run(&r,
      PLAN("{\"address\":\"aws_x.a\",\"mode\":\"managed\",\"type\":\"aws_x\",\"name\":\"a\","
           "\"action_reason\":\"because_of_something_new\",\"change\":{\"actions\":[\"no-op\"],"
           "\"importing\":{\"id\":\"i\"},\"generated_config\":\"resource {}\",\"after\":{\"pw_wo\":"
           "null,\"pw_wo_version\":1},\"after_unknown\":{}}},"
           "{\"address\":\"aws_x.b\",\"mode\":\"managed\",\"type\":\"aws_x\",\"name\":\"b\","
           "\"change\":{\"actions\":[\"no-op\"],\"importing\":{\"id\":\"j\"},\"after\":{\"n\":1},"
           "\"after_unknown\":{}}},"
           "{\"address\":\"aws_x.c\",\"mode\":\"managed\",\"type\":\"aws_x\",\"name\":\"c\","
           "\"change\":{\"actions\":[\"delete\",\"bury\"],\"after\":null,\"after_unknown\":{}}}"),
      STATE(RES("aws_x.a", "aws_x",
                "{\"pw_wo\":null,\"pw_wo_version\":2}") "," RES("aws_x.c", "aws_x", "{\"n\":1}")));
  assert_int_equal(alarms(&r), 3);
  assert_non_null(found(&r, MU_F_DRIFT_CHANGED, "aws_x.a", "pw_wo_version"));
  assert_non_null(found(&r, MU_F_DRIFT_MISSING, "aws_x.b", NULL)); /* imported from what is gone */
  assert_non_null(found(&r, MU_F_DRIFT_EXTRA, "aws_x.c", NULL));
  finish(&r);
}

/* ---- Two plans ---- */

static void fresh(struct run *r, const char *staged, const char *now, const char *const *floats,
                  size_t floats_n) {
  start(r, staged, now);
  struct mu_doc *doc = doc_of(r, "fresh.json", now, false);
  struct mu_fresh_in in = {.staged = r->in.plan,
                           .fresh = doc,
                           .floats = floats,
                           .floats_n = floats_n,
                           .check = "staged",
                           .now_ms = NOW_MS};
  r->out.findings = &r->findings;
  assert_int_equal(mu_drift_fresh(&in, r->arena, &r->out, &r->err), 0);
}

static void fresh_against_staged(void **state) {
  (void)state;
  static const char staged[] = PLAN(
      CREATE("aws_x.a", "aws_x",
             "{\"ami\":\"1\",\"size\":1,\"cidr_blocks\":[\"10.0.0.0/8\"],\"tags\":{\"k\":\"v\"}}",
             "{\"id\":true,\"arn\":true}"));
  static const char *const floats[] = {"ami", "tags.muster:drill"};
  struct run r;
  fresh(&r, staged, staged, NULL, 0);
  assert_int_equal(r.findings.n, 0);
  assert_int_equal(r.out.coverage.compared, r.out.coverage.attributes);
  assert_string_equal(r.out.headline, "fresh plan equals the staged one, 1 resources");
  finish(&r);
  static const struct {
    const char *now;
    enum mu_finding_id id;
    const char *path;
  } rows[] = {
      {PLAN(CREATE(
           "aws_x.a", "aws_x",
           "{\"ami\":\"1\",\"size\":2,\"cidr_blocks\":[\"10.0.0.0/8\"],\"tags\":{\"k\":\"v\"}}",
           "{\"id\":true,\"arn\":true}")),
       MU_F_DRIFT_STAGED_DIFFERS, "size"},
      {PLAN(CREATE(
           "aws_x.a", "aws_x",
           "{\"ami\":\"1\",\"size\":1,\"cidr_blocks\":[\"0.0.0.0/0\"],\"tags\":{\"k\":\"v\"}}",
           "{\"id\":true,\"arn\":true}")),
       MU_F_DRIFT_STAGED_UNSAFE, "cidr_blocks[0]"},
      {PLAN(CREATE("aws_x.b", "aws_x", "{}", "{}")), MU_F_DRIFT_STAGED_UNSAFE, NULL},
      {PLAN(CHANGE(
           "aws_x.a", "aws_x", "\"update\"",
           "{\"ami\":\"1\",\"size\":1,\"cidr_blocks\":[\"10.0.0.0/8\"],\"tags\":{\"k\":\"v\"}}",
           "{\"id\":true,\"arn\":true}")),
       MU_F_DRIFT_STAGED_UNSAFE, NULL},
      {PLAN(CREATE("aws_x.a", "aws_x",
                   "{\"ami\":\"1\",\"cidr_blocks\":[\"10.0.0.0/8\"],\"tags\":{\"k\":\"v\"}}",
                   "{\"id\":true,\"arn\":true,\"size\":true}")),
       MU_F_DRIFT_STAGED_DIFFERS, "size"},
      {PLAN(CREATE("aws_x.a", "aws_x",
                   "{\"ami\":\"1\",\"arn\":\"a\",\"size\":1,\"cidr_blocks\":[\"10.0.0.0/"
                   "8\"],\"tags\":{\"k\":\"v\"}}",
                   "{\"id\":true}")),
       MU_F_DRIFT_STAGED_DIFFERS, "arn"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fresh(&r, staged, rows[i].now, floats, 2);
    if (!found(&r, rows[i].id, NULL, rows[i].path)) {
      print_findings(&r);
      fail_msg("row %zu", i);
    }
    finish(&r);
  }
  fresh(&r, staged,
        PLAN(CREATE("aws_x.a", "aws_x",
                    "{\"ami\":\"2\",\"size\":1,\"cidr_blocks\":[\"10.0.0.0/"
                    "8\"],\"tags\":{\"k\":\"v\",\"muster:drill\":\"d1\"}}",
                    "{\"id\":true,\"arn\":true}")),
        floats, 2);
  assert_int_equal(alarms(&r), 0);
  assert_true(noted(&r, "ami", "float") && noted(&r, "tags.muster:drill", "float"));
  finish(&r);
}

static void errors_plainly(void **state) {
  (void)state;
  struct run r;
  start(&r, PLAN(CREATE("aws_x.a", "aws_x", "{}", "{}")), STATE(""));
  r.in.plan = r.actual[0];
  go(&r);
  assert_int_equal(r.rc, -1);
  assert_non_null(strstr(r.err.msg, "not a plan"));
  finish(&r);
}

/* ---- Many resources ---- */

enum { MANY = 10000, WITH_RULE = 100 };

/* A rule, and what of it stands in its group. */
#define RULE                                                                                       \
  "\"type\":\"ingress\",\"from_port\":22,\"to_port\":22,\"protocol\":\"tcp\","                     \
  "\"cidr_blocks\":[\"10.0.0.0/8\"]"
#define RULE_OF_GROUP                                                                              \
  "{\"cidr_blocks\":[\"10.0.0.0/8\"],\"description\":\"\",\"from_port\":22,"                       \
  "\"protocol\":\"tcp\",\"self\":false,\"to_port\":22}"
#define HEAD(type, name)                                                                           \
  "%s{\"address\":\"" type "." name "[%d]\",\"mode\":\"managed\",\"type\":\"" type                 \
  "\",\"name\":\"" name "\","

/* MANY security groups, each tenth changed, as a plan and a state; each hundredth has a rule that a
 * resource of its own explains. */
static void many(struct mu_str *plan, struct mu_str *state) {
  mu_str_add(plan, "{\"format_version\":\"1.2\",\"resource_changes\":[");
  mu_str_add(state, "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[");
  for (int i = 0; i < MANY; i++) {
    bool rule = i % WITH_RULE == 5;
    mu_str_addf(plan,
                HEAD("aws_security_group", "a") "\"change\":{\"actions\":[\"create\"],"
                                                "\"after\":{\"n\":%d,\"s\":null},"
                                                "\"after_unknown\":{\"id\":true,"
                                                "\"ingress\":true}}}",
                i ? "," : "", i, i);
    mu_str_addf(state,
                HEAD("aws_security_group", "a") "\"values\":{\"id\":\"i%d\",\"ingress\":[%s],"
                                                "\"n\":%d,\"s\":\"\"}}",
                i ? "," : "", i, i, rule ? RULE_OF_GROUP : "", i % 10 ? i : -1);
    if (rule) {
      mu_str_addf(plan,
                  HEAD("aws_security_group_rule", "r") "\"change\":{\"actions\":[\"create\"],"
                                                       "\"after\":{" RULE "},\"after_unknown\":"
                                                       "{\"id\":true,"
                                                       "\"security_group_id\":true}}}",
                  ",", i);
      mu_str_addf(state,
                  HEAD("aws_security_group_rule",
                       "r") "\"values\":{" RULE ",\"id\":\"r%d\",\"security_group_id\":\"i%d\"}}",
                  ",", i, i, i);
    }
  }
  mu_str_add(plan, "]}");
  mu_str_add(state, "]}}}");
}

static void threads_change_nothing(void **state) {
  (void)state;
  MU_STR(plan, 16 << 20);
  MU_STR(actual, 16 << 20);
  many(&plan, &actual);
  struct run one, two;
  start(&one, mu_str_get(&plan), mu_str_get(&actual));
  go(&one);
  start(&two, mu_str_get(&plan), mu_str_get(&actual));
  two.in.threads = 2;
  go(&two);
  assert_int_equal(alarms(&one), MANY / 10);
  assert_int_equal(two.findings.n, one.findings.n);
  assert_int_equal(two.out.observations_n, one.out.observations_n);
  assert_int_equal(two.out.notes_n, one.out.notes_n);
  assert_memory_equal(&two.out.coverage, &one.out.coverage, sizeof one.out.coverage);
  for (size_t i = 0; i < one.findings.n; i++) {
    assert_string_equal(two.findings.at[i].fingerprint, one.findings.at[i].fingerprint);
  }
  for (size_t i = 0; i < one.out.notes_n; i++) {
    assert_string_equal(two.out.notes[i].address, one.out.notes[i].address);
  }
  finish(&one);
  finish(&two);
}

static void another_object_in_a_standing_layer(void **state) {
  (void)state;
  static const char plan[] = PLAN(CREATE("aws_x.a", "aws_x", "{}", "{\"id\":true}"));
  static const struct mu_observation seen = {
      .address = "aws_x.a", .path = "id", .provider_id = "i-1", .value = "\"i-1\""};
  for (int standing = 0; standing < 2; standing++) {
    struct run r;
    start(&r, plan, STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i-2\"}")));
    r.in.baseline = &seen;
    r.in.baseline_n = 1;
    r.in.standing = standing;
    go(&r);
    assert_int_equal(alarms(&r), standing); /* in a drill every object is new */
    assert_int_equal(found(&r, MU_F_DRIFT_REPLACED, "aws_x.a", "id") != NULL, standing);
    finish(&r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ignore_rules),
      cmocka_unit_test(what_cannot_pass),
      cmocka_unit_test(a_targeted_plan),
      cmocka_unit_test(the_state_of_another_stack),
      cmocka_unit_test(gone_and_not_wanted),
      cmocka_unit_test(destroyed_is_one_line),
      cmocka_unit_test(refreshed_or_not),
      cmocka_unit_test(declared_or_not),
      cmocka_unit_test(staged_layer_is_absent),
      cmocka_unit_test(several_states),
      cmocka_unit_test(checks_of_terraform),
      cmocka_unit_test(later_words),
      cmocka_unit_test(fresh_against_staged),
      cmocka_unit_test(errors_plainly),
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(another_object_in_a_standing_layer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
