/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about a finding: every class has a next step, and what is to be pasted can be pasted.
 */
#include "unit/drift_run.h"

#define NOW INT64_C(1795400000000) /* 2026-11-23 */

static bool has(const char *text, const char *part) {
  return text && strstr(text, part);
}

static void every_class_has_one(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_findings list;
  mu_findings_init(&list, arena);
  for (int id = 0; id < MU_F_N_; id++) {
    const struct mu_finding_def *def = mu_finding_def((enum mu_finding_id)id);
    bool drift = mu_str_starts(def->name, "DRIFT_") || mu_str_starts(def->name, "IGNORE_") ||
                 (mu_str_starts(def->name, "PLAN_") && id != MU_F_PLAN_NOT_CREATE_ONLY);
    for (int with_path = 0; drift && def->verdict > MU_PASS && with_path < 2; with_path++) {
      struct mu_finding *f =
          mu_finding_add(&list, (enum mu_finding_id)id, "drift", "aws_x.a", with_path ? "p" : NULL);
      if (!mu_drift_next(f, NOW, arena)) {
        fail_msg("%s has no next step", def->name);
      }
    }
  }
  struct mu_finding *other = mu_finding_add(&list, MU_F_HTTP_STATUS, "smoke", "x", NULL);
  assert_null(mu_drift_next(other, NOW, arena));
  assert_null(mu_drift_ignore(other, NOW, arena));
  mu_arena_free(arena);
}

/* The address goes into a shell as one word, and into HCL as it is. */
static void addresses_are_quoted(void **state) {
  (void)state;
  struct run r;
  run(&r,
      PLAN(CREATE("aws_x.a[\\\"it's $HOME\\\"]", "aws_x", "{\"n\":1}",
                  "{}") "," CREATE("aws_x.gone[\\\"k\\\"]", "aws_x", "{\"n\":1}", "{}")),
      STATE(RES("aws_x.a[\\\"it's $HOME\\\"]", "aws_x", "{\"n\":2}")));
  assert_string_equal(must(&r, MU_F_DRIFT_CHANGED, NULL, "n")->next,
                      "terraform apply -target='aws_x.a[\"it'\\''s $HOME\"]'");
  assert_string_equal(must(&r, MU_F_DRIFT_MISSING, NULL, NULL)->next,
                      "terraform apply -target='aws_x.gone[\"k\"]'\n"
                      "# or, if it exists outside of the state:\n"
                      "import {\n  to = aws_x.gone[\"k\"]\n  id = \"ID\"\n}");
  finish(&r);
}

static void what_an_apply_does_not_set_is_left_by_a_rule(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_findings list;
  mu_findings_init(&list, arena);
  struct mu_finding *f =
      mu_finding_add(&list, MU_F_DRIFT_UNDECLARED, "drift", "aws_x.a[\"k\"]", "tags[\"a.b\"]");
  assert_string_equal(mu_drift_next(f, NOW, arena), "- address: \"aws_x.a[\\\"k\\\"]\"\n"
                                                    "  path: \"tags[\\\"a.b\\\"]\"\n"
                                                    "  reason: WHY IT DOES NO HARM\n"
                                                    "  owner: WHO ANSWERS FOR IT\n"
                                                    "  until: 2027-02-21");
  f = mu_finding_add(&list, MU_F_DRIFT_ACCESS_WIDER, "drift", "aws_x.a", "cidr");
  assert_false(has(mu_drift_next(f, NOW, arena), "allow_access")); /* nothing to forgive lightly */
  assert_true(has(mu_drift_ignore(f, NOW, arena), "\n  allow_access: true"));
  mu_arena_free(arena);
}

static void replaced_things_are_taken_back(void **state) {
  (void)state;
  struct run r;
  run(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"id\":\"i-${1}\",\"n\":1}", "{}")),
      STATE(RES("aws_x.a", "aws_x", "{\"id\":\"i-2\",\"n\":1}")));
  assert_string_equal(must(&r, MU_F_DRIFT_REPLACED, NULL, "id")->next,
                      "terraform state rm aws_x.a   # then take the planned one back:\n"
                      "import {\n  to = aws_x.a\n  id = \"i-$${1}\"\n}");
  finish(&r);
}

/* What no resource explains is imported as the resource that it should be. */
static void members_are_imported(void **state) {
  (void)state;
  struct run r;
  run(&r,
      PLAN(CREATE("aws_security_group.g", "aws_security_group", "{\"name\":\"g\"}",
                  "{\"id\":true,\"ingress\":true}") "," CREATE("aws_iam_role.r", "aws_iam_role",
                                                               "{\"name\":\"r\"}",
                                                               "{\"managed_policy_arns\":true}")),
      STATE(RES("aws_security_group.g", "aws_security_group",
                "{\"id\":\"sg-1\",\"name\":\"g\",\"ingress\":[{\"protocol\":\"tcp\",\"from_port\":"
                "22,\"to_port\":23,\"cidr_blocks\":[\"10.0.0.0/8\",\"192.0.2.0/24\"],"
                "\"ipv6_cidr_blocks\":[],\"prefix_list_ids\":[],\"security_groups\":[],\"self\":"
                "false,\"description\":\"\"}]}") "," RES("aws_iam_role.r", "aws_iam_role",
                                                         "{\"name\":\"r\",\"managed_policy_arns\":["
                                                         "\"arn:aws:iam::aws:policy/Admin\"]}")));
  assert_true(has(must(&r, MU_F_DRIFT_EXTRA, "aws_security_group.g", "ingress")->next,
                  "to = aws_security_group_rule.NAME\n"
                  "  id = \"sg-1_ingress_tcp_22_23_10.0.0.0/8_192.0.2.0/24\"\n"));
  assert_true(has(must(&r, MU_F_DRIFT_EXTRA, "aws_iam_role.r", "managed_policy_arns")->next,
                  "to = aws_iam_role_policy_attachment.NAME\n"
                  "  id = \"r/arn:aws:iam::aws:policy/Admin\"\n"));
  finish(&r);
}

static void two_plans_are_reviewed(void **state) {
  (void)state;
  struct run r;
  start(&r, PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":1}", "{}")),
        STATE(RES("aws_x.a", "aws_x", "{}")));
  struct mu_fresh_in in = {
      .staged = r.in.plan,
      .fresh = doc_of(&r, "fresh.json", PLAN(CREATE("aws_x.a", "aws_x", "{\"n\":2}", "{}")), false),
      .check = "fresh"};
  r.out.findings = &r.findings;
  assert_int_equal(mu_drift_fresh(&in, r.arena, &r.out, &r.err), 0);
  assert_true(has(must(&r, MU_F_DRIFT_STAGED_DIFFERS, NULL, "n")->next, "terraform show -json"));
  finish(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_class_has_one),
      cmocka_unit_test(addresses_are_quoted),
      cmocka_unit_test(what_an_apply_does_not_set_is_left_by_a_rule),
      cmocka_unit_test(replaced_things_are_taken_back),
      cmocka_unit_test(members_are_imported),
      cmocka_unit_test(two_plans_are_reviewed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
