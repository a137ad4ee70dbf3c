/* SPDX-License-Identifier: Apache-2.0 */
/* muster explain: by a config, which refreshes the standing layer once more; by a run, which says
 * what was recorded then; of a rule. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "support/cli.h"
#include "support/tf.h"

static void says(const char *text, const char *part) {
  if (!text || !strstr(text, part)) {
    fail_msg("'%s' is not in: %s", part, text ? text : "(nothing)");
  }
}

static void set_up(struct cli *c) {
  tf_file(c->arena, c->dir, "plan.json",
          tf_plan(c->arena, TF_CREATE("aws_x.a", "aws_x", "{\"id\":\"1\",\"n\":1,\"text\":null}")));
  tf_file(c->arena, c->dir, "refresh.json",
          tf_refresh(c->arena,
                     TF_RESOURCE("aws_x.a", "aws_x", "{\"id\":\"1\",\"n\":2,\"text\":\"\"}")));
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena,
                              "muster: 1\nledger: %s/l.db\n"
                              "standbys:\n"
                              "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"
                              "workloads:\n  app:\n    dr: [dr]\n    drill: quarterly\n"
                              "    terraform:\n      cli: %s\n"
                              "      standing: { dir: ., plan: plan.json }\n"
                              "  bare:\n    dr: [dr]\n    drill: quarterly\n",
                              c->dir, tf_program(c->arena, c->dir)));
}

static void a_path_by_the_config(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(cli_run(c, "explain app aws_x.a n -c @/muster.yaml"), 0);
  says(c->out, "aws_x.a n\n");
  says(c->out, "planned   1\n");
  says(c->out, "actual    2\n");
  says(c->out, "a finding: DRIFT_CHANGED");
  says(c->out, "terraform apply -target=aws_x.a");
  assert_int_equal(cli_run(c, "explain app aws_x.a.text -c @/muster.yaml"), 0);
  says(c->out, "no finding: forgiven");
  says(c->out, "null-empty: ");
  /* it is a question, no look: nothing is recorded */
  assert_int_equal(cli_run(c, "ledger list -c @/muster.yaml"), 0);
  assert_string_equal(c->out, "");
}

static void what_cannot_be_asked(void **state) {
  struct cli *c = *state;
  set_up(c);
  static const struct {
    const char *line, *says;
    int status;
  } rows[] = {
      {"explain apq aws_x.a -c @/muster.yaml", "did you mean 'app'?", 2},
      {"explain bare aws_x.a -c @/muster.yaml", "bare has no standing layer", 2},
      {"explain aws_x.a -c @/muster.yaml", "is no workload of the config", 2},
      {"explain app -c @/muster.yaml", "there is no finding 'app'", 2},
      {"explain app aws_x.a n too many -c @/muster.yaml", "[WORKLOAD] ADDRESS [PATH]", 2},
      {"explain app aws_x.b n -c @/muster.yaml", "did you mean 'aws_x.a'?", 2},
      {"explain app aws_x.a m -c @/muster.yaml", "aws_x.a has no 'm' there", 2},
      {"explain aws_x.a --plan @/plan.json", "needs both --plan FILE and --state FILE", 2},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    assert_int_equal(cli_run(c, rows[i].line), rows[i].status);
    says(c->err, rows[i].says);
    assert_string_equal(c->out, "");
  }
  (void)cli_file(c, "fail", "plan\n"); /* nobody can refresh it: a doubt, and why */
  assert_int_equal(cli_run(c, "explain app aws_x.a n -c @/muster.yaml"), 3);
  says(c->err, "told to");
}

static void what_a_run_recorded(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(cli_run(c, "drift app -c @/muster.yaml --show=forgiven"), 1);
  assert_int_equal(cli_run(c, "explain aws_x.a n --run last -c @/muster.yaml"), 0);
  says(c->out, "planned 1, is 2");
  assert_int_equal(cli_run(c, "explain aws_x.a text --run last -c @/muster.yaml"), 0);
  says(c->out, "no finding forgiven");
  says(c->out, "null-empty");
  assert_int_equal(cli_run(c, "explain aws_x.a id --run last -c @/muster.yaml"), 0);
  says(c->out, "records nothing of it");
  assert_int_equal(cli_run(c, "explain DRIFT_CHANGED --run last -c @/muster.yaml"), 0);
  says(c->out, "standing aws_x.a · n");
}

static void rules_and_findings(void **state) {
  struct cli *c = *state;
  assert_int_equal(cli_run(c, "explain null-empty"), 0);
  says(c->out, "null-empty: a rule of drift\nwhat it decides is forgiven\n");
  assert_int_equal(cli_run(c, "explain null-empti"), 2);
  says(c->err, "did you mean 'null-empty'?");
  assert_int_equal(cli_run(c, "list rules"), 0);
  says(c->out, "sg-ingress          explained collects other resources");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_set_up, cli_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_path_by_the_config),
      TEST(what_cannot_be_asked),
      TEST(what_a_run_recorded),
      TEST(rules_and_findings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
