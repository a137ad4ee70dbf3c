/* SPDX-License-Identifier: Apache-2.0 */
/* What a night is told by the ones before it: nights without an answer, and a ledger that was
 * lost. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "support/cli.h"
#include "support/tf.h"

/* A check that nobody answers, after so many nights of which it fails; another that passes. */
static void config(struct cli *c, int limit, const char *url) {
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena,
                              "muster: 1\nledger: %s/l.db\n"
                              "standbys:\n"
                              "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"
                              "workloads:\n  app:\n    dr: [dr]\n    drill: quarterly\n"
                              "    inconclusive_nights: %d\n    smoke:\n"
                              "      - name: nobody\n        http: { url: \"%s\" }\n"
                              "      - name: fine\n        exec: { run: [\"true\"] }\n",
                              c->dir, limit, url));
}

#define NOBODY "http://127.0.0.1:1/"

static int night(struct cli *c) {
  c->now_ms += INT64_C(86400000);
  return cli_run(c, "smoke -c @/muster.yaml");
}

static bool says(const struct cli *c, const char *part) {
  return strstr(c->out, part) != NULL;
}

static void the_third_night_without_an_answer_fails(void **state) {
  struct cli *c = *state;
  config(c, 3, NOBODY);
  assert_int_equal(night(c), 3);
  assert_true(says(c, "night 1 of 3 without an answer"));
  assert_int_equal(night(c), 3);
  assert_true(says(c, "night 2 of 3 without an answer"));
  assert_int_equal(night(c), 1);
  assert_true(says(c, "could not be verified for 3 nights in a row"));
  assert_true(says(c, "STILL_INCONCLUSIVE"));
  assert_int_equal(night(c), 1); /* and every night after it */
}

static void an_answer_begins_the_count_anew(void **state) {
  struct cli *c = *state;
  config(c, 2, NOBODY);
  assert_int_equal(night(c), 3);
  const char *unanswered = cli_read(c, "muster.yaml");
  const char *answered = strstr(unanswered, "      - name: fine");
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena,
                              "%.*s      - name: nobody\n        exec: { run: [\"true\"] }\n%s",
                              (int)(strstr(unanswered, "      - name: nobody") - unanswered),
                              unanswered, answered));
  assert_int_equal(night(c), 0);
  (void)cli_file(c, "muster.yaml", unanswered);
  assert_int_equal(night(c), 3);
  assert_true(says(c, "night 1 of 2 without an answer"));
  assert_int_equal(night(c), 1);
}

static void asking_again_is_the_same_night(void **state) {
  struct cli *c = *state;
  config(c, 2, NOBODY);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 3);
    assert_true(says(c, "night 1 of 2 without an answer"));
  }
  assert_int_equal(night(c), 1);
}

static void one_night_is_enough_where_asked(void **state) {
  struct cli *c = *state;
  config(c, 1, NOBODY);
  assert_int_equal(night(c), 1);
  assert_true(says(c, "STILL_INCONCLUSIVE"));
}

static void without_a_ledger_nothing_is_counted(void **state) {
  struct cli *c = *state;
  config(c, 2, NOBODY);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --no-ledger"), 3);
    assert_false(says(c, "without an answer"));
  }
}

static void another_workloads_nights_are_its_own(void **state) {
  struct cli *c = *state;
  config(c, 2, NOBODY);
  const char *one = cli_read(c, "muster.yaml"), *app = strstr(one, "  app:\n");
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena, "%s  two:\n%s", one, app + strlen("  app:\n")));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml two"), 3);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml app"), 3);
  assert_true(says(c, "night 1 of 2 without an answer"));
}

static void a_lost_ledger_is_a_finding(void **state) {
  struct cli *c = *state;
  config(c, 9, NOBODY);
  assert_int_equal(night(c), 3);
  assert_true(says(c, "begins with this run, the first of its ledger: history"));
  assert_false(says(c, "LEDGER_LOST"));
  assert_int_equal(night(c), 3);
  assert_false(says(c, "begins with this run"));
  /* the key is made with the first comparison of a layer; it lies beside the ledger */
  (void)cli_file(c, "l.db.key", "0123456789abcdef0123456789abcdef");
  assert_int_equal(unlink(mu_arena_fmt(c->arena, "%s/l.db", c->dir)), 0);
  (void)unlink(mu_arena_fmt(c->arena, "%s/l.db-wal", c->dir));
  (void)unlink(mu_arena_fmt(c->arena, "%s/l.db-shm", c->dir));
  assert_int_equal(night(c), 1);
  assert_true(says(c, "LEDGER_LOST"));
  assert_true(says(c, "its key is older than it"));
}

/* Drift like anything else: a layer that Terraform cannot refresh is a doubt for two nights, and
 * fails in the third; the night it can be refreshed again is a good one. */
static void a_layer_that_cannot_be_refreshed_fails_in_the_end(void **state) {
  struct cli *c = *state;
  const char *one = TF_CREATE("aws_x.a", "aws_x", "{\"id\":\"1\"}");
  tf_file(c->arena, c->dir, "plan.json", tf_plan(c->arena, one));
  tf_file(c->arena, c->dir, "refresh.json",
          tf_refresh(c->arena, TF_RESOURCE("aws_x.a", "aws_x", "{\"id\":\"1\"}")));
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena,
                              "muster: 1\nledger: %s/l.db\n"
                              "standbys:\n"
                              "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"
                              "workloads:\n  app:\n    dr: [dr]\n    drill: quarterly\n"
                              "    inconclusive_nights: 3\n    terraform:\n      cli: %s\n"
                              "      standing: { dir: ., plan: plan.json }\n",
                              c->dir, tf_program(c->arena, c->dir)));
  (void)cli_file(c, "fail", "plan\n");
  for (int i = 1; i <= 3; i++) {
    c->now_ms += INT64_C(86400000);
    assert_int_equal(cli_run(c, "drift -c @/muster.yaml"), i < 3 ? 3 : 1);
    assert_true(says(c, i < 3 ? mu_arena_fmt(c->arena, "night %d of 3 without an answer", i)
                              : "could not be verified for 3 nights in a row"));
  }
  /* nobody can answer for what nobody saw */
  assert_int_equal(cli_run(c, "drift ack standing -c @/muster.yaml --owner o --until 2026-12-31 "
                              "--reason r"),
                   2);
  (void)cli_file(c, "fail", "");
  c->now_ms += INT64_C(86400000);
  assert_int_equal(cli_run(c, "drift -c @/muster.yaml"), 0);
  assert_true(says(c, "1 resources as planned"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_set_up, cli_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_third_night_without_an_answer_fails),
      TEST(an_answer_begins_the_count_anew),
      TEST(asking_again_is_the_same_night),
      TEST(one_night_is_enough_where_asked),
      TEST(without_a_ledger_nothing_is_counted),
      TEST(another_workloads_nights_are_its_own),
      TEST(a_lost_ledger_is_a_finding),
      TEST(a_layer_that_cannot_be_refreshed_fails_in_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
