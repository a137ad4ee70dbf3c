/* SPDX-License-Identifier: Apache-2.0 */
/* muster drift ack: who answers for which drift until when, and what that does to the nights that
 * follow. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "base/str.h"
#include "support/cli.h"
#include "support/tf.h"

#define GROUP(rules)                                                                               \
  TF_RESOURCE("aws_security_group.alb", "aws_security_group",                                      \
              "{\"id\":\"sg-1\",\"name\":\"alb\",\"ingress\":[" rules "]}")
#define RULE(cidr)                                                                                 \
  "{\"protocol\":\"tcp\",\"from_port\":22,\"to_port\":22,\"cidr_blocks\":[\"" cidr "\"],"          \
  "\"ipv6_cidr_blocks\":[],\"prefix_list_ids\":[],\"security_groups\":[],\"self\":false,"          \
  "\"description\":\"\"}"
#define NONE ""

static void says(const char *text, const char *part) {
  if (!text || !strstr(text, part)) {
    fail_msg("'%s' is not in: %s", part, text ? text : "(nothing)");
  }
}

static void says_not(const char *text, const char *part) {
  if (strstr(text, part)) {
    fail_msg("'%s' is in: %s", part, text);
  }
}

/* Two workloads and a plan of one instance and one group. */
static void set_up(struct cli *c) {
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena,
                              "muster: 1\nledger: %s/l.db\n"
                              "standbys:\n"
                              "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"
                              "workloads:\n"
                              "  app:\n    dr: [dr]\n    drill: quarterly\n"
                              "  other:\n    dr: [dr]\n    drill: quarterly\n",
                              c->dir));
  (void)cli_file(
      c, "plan.json",
      tf_plan(c->arena,
              TF_CREATE(
                  "aws_instance.web[\\\"a\\\"]", "aws_instance",
                  "{\"ami\":\"ami-1\",\"id\":\"i-1\"}") "," TF_CREATE("aws_security_group.alb",
                                                                      "aws_security_group",
                                                                      "{\"id\":\"sg-1\",\"name\":"
                                                                      "\"alb\",\"ingress\":[]}")));
}

/* A night: the instance has that image, the group has those rules. */
#define NIGHT(c, ami, rules, more)                                                                 \
  night((c),                                                                                       \
        tf_refresh((c)->arena,                                                                     \
                   TF_RESOURCE("aws_instance.web[\\\"a\\\"]", "aws_instance",                      \
                               "{\"ami\":\"" ami "\",\"id\":\"i-1\"}") "," GROUP(rules)),          \
        more)

static int night(struct cli *c, const char *actual, const char *more) {
  (void)cli_file(c, "actual.json", actual);
  c->now_ms += INT64_C(86400000);
  return cli_run(c, mu_arena_fmt(c->arena,
                                 "drift app -c @/muster.yaml --plan @/plan.json --state "
                                 "@/actual.json %s",
                                 more));
}

#define ACK "drift ack -c @/muster.yaml --owner dana --reason CHG-77 "
#define WEB "aws_instance.web[\"a\"]"

static void it_does_not_fail_until_it_is_due(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);                /* 2026-11-24 */
  assert_int_equal(cli_run(c, ACK WEB ": --until 2026-11-26"), 0); /* as a report has it */
  says(c->out, "acknowledged DRIFT_CHANGED " WEB " ami");
  says(c->out, "ledger entry 2");
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 0);
  says(c->out, "acknowledged by dana until 2026-11-26: CHG-77");
  says(c->out, "1 acknowledged");
  says(c->out, "DRIFT_CHANGED"); /* shown, all the same */
  assert_int_equal(NIGHT(c, "ami-2", NONE, "--fail-on=new"), 0);
  assert_int_equal(NIGHT(c, "ami-2", NONE, "--fail-on=new"), 1); /* 2026-11-27: known, and past */
  says(c->out, "acknowledged by dana until 2026-11-26, which is past: CHG-77");
  assert_int_equal(NIGHT(c, "ami-2", NONE, "--fail-on=new"), 1);
  assert_int_equal(NIGHT(c, "ami-1", NONE, ""), 0);
  says(c->out, "1 resolved");
}

static void it_covers_what_stood_there_and_nothing_else(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, ACK WEB " --until 2027-03-31"), 0);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 0);
  assert_int_equal(NIGHT(c, "ami-3", NONE, "--fail-on=new"), 1); /* the same path, another value */
  says(c->out, "dana acknowledged something else here: CHG-77");
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 0);
  assert_int_equal(NIGHT(c, "ami-2", RULE("10.0.0.0/8"), ""), 1); /* another resource */
  /* Another workload has findings of its own. */
  assert_int_equal(cli_run(c, "drift other -c @/muster.yaml --plan @/plan.json --state "
                              "@/actual.json"),
                   1);
  says_not(c->out, "acknowledged");
}

static void wider_access_has_to_be_accepted_by_name(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-1", RULE("0.0.0.0/0"), ""), 1);
  assert_int_equal(cli_run(c, ACK "aws_security_group.alb --until 2027-03-31"), 2);
  says(c->err, "opens access or takes protection away");
  says(c->err, "--accept-wider-access");
  assert_int_equal(NIGHT(c, "ami-1", RULE("0.0.0.0/0"), ""), 1);
  assert_int_equal(
      cli_run(c, ACK "aws_security_group.alb --until 2027-03-31 --accept-wider-access"), 0);
  assert_int_equal(NIGHT(c, "ami-1", RULE("0.0.0.0/0"), ""), 0);
  assert_int_equal(cli_run(c, "drift ack --list -c @/muster.yaml"), 0);
  says(c->out, "(wider access accepted)");
}

static void it_is_listed_and_taken_back(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, "drift ack --list -c @/muster.yaml"), 0);
  assert_string_equal(c->out, "nothing is acknowledged\n");
  assert_int_equal(cli_run(c, ACK WEB " --until 2026-12-31"), 0);
  assert_int_equal(cli_run(c, "drift ack --list -c @/muster.yaml"), 0);
  says(c->out, "until 2026-12-31  dana");
  says(c->out, "DRIFT_CHANGED " WEB " ami");
  says(c->out, "CHG-77 · by ");
  assert_int_equal(cli_run(c, "drift ack --withdraw -c @/muster.yaml --reason no aws_instance.wb"),
                   2);
  says(c->err, "nothing is acknowledged about 'aws_instance.wb'");
  /* the shell ate the quotes */
  assert_int_equal(
      cli_run(c, "drift ack --withdraw -c @/muster.yaml --reason no aws_instance.web[a]"), 0);
  says(c->out, "withdrawn DRIFT_CHANGED " WEB " ami");
  assert_int_equal(cli_run(c, "drift ack --list -c @/muster.yaml"), 0);
  assert_string_equal(c->out, "nothing is acknowledged\n");
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, ACK WEB " --until 2026-12-31"), 0); /* and once more */
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 0);
}

static void what_is_wrong_is_said_and_nothing_written(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(cli_run(c, ACK WEB " --until 2026-12-31 --workload app"), 2);
  says(c->err, "the ledger has no drift or check of app yet");
  assert_int_equal(NIGHT(c, "ami-2", RULE("0.0.0.0/0"), ""), 1);
  static const struct {
    const char *line, *says;
  } rows[] = {
      {ACK "--until 2026-12-31", "name what is acknowledged"},
      {ACK WEB, "drift ack needs --until DATE"},
      {"drift ack -c @/muster.yaml --until 2026-12-31 --reason r " WEB, "needs --owner NAME"},
      {"drift ack -c @/muster.yaml --until 2026-12-31 --owner o " WEB, "needs --reason TEXT"},
      {ACK WEB " --until 31.12.2026", "'31.12.2026' is not a date; write it as 2027-03-31"},
      {ACK WEB " --until 2026-13-01", "is not a date"},
      {ACK WEB " --until 2026-11-01", "--until 2026-11-01 is past"},
      {ACK WEB " --until 2029-01-01", "more than a year away"},
      {ACK "aws_security_group.abl --until 2026-12-31", "did you mean 'aws_security_group.alb'?"},
      {ACK "aws_nothing.like_it --until 2026-12-31", "no drift was found of 'aws_nothing.like_it'"},
      {ACK WEB " aws_security_group.alb --until 2026-12-31", "--accept-wider-access"},
      {ACK WEB " --until 2026-12-31 --workload ap", "did you mean 'app'?"},
      {ACK WEB " --until 2026-12-31 --no-ledger", "this needs the ledger"},
      {"drift --owner dana", "--owner belongs to `muster drift ack`"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(cli_run(c, rows[i].line), 2);
    says(c->err, rows[i].says);
    assert_string_equal(c->out, "");
  }
  assert_int_equal(cli_run(c, "drift ack --list -c @/muster.yaml"), 0);
  assert_string_equal(c->out, "nothing is acknowledged\n");
}

/* What could not be verified, and what fails nothing, cannot be acknowledged. */
static void a_doubt_cannot_be_acknowledged(void **state) {
  struct cli *c = *state;
  set_up(c);
  (void)cli_file(c, "partial.json", tf_plan(c->arena, ""));
  (void)cli_file(c, "actual.json",
                 tf_refresh(c->arena, TF_RESOURCE("aws_a.a", "aws_a", "{\"id\":\"1\"}")));
  assert_int_equal(cli_run(c, "drift app -c @/muster.yaml --plan @/partial.json --state "
                              "@/actual.json"),
                   3);
  assert_int_equal(cli_run(c, ACK "partial.json --until 2026-12-31"), 2);
  says(c->err, "could not be verified");
}

static void it_is_evidence(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, ACK WEB " --until 2026-12-31"), 0);
  assert_int_equal(cli_run(c, "ledger verify -c @/muster.yaml"), 0);
  says(c->out, "2 entries");
  assert_int_equal(cli_run(c, "ledger list -c @/muster.yaml"), 0);
  says(c->out, " ack ");
  assert_int_equal(cli_run(c, "ledger export @/bundle -c @/muster.yaml"), 0);
  assert_int_equal(cli_run(c, "ledger verify --bundle @/bundle"), 0);
  /* `last` is a look at the standby, not a word about one */
  assert_int_equal(cli_run(c, "report last -c @/muster.yaml -r json"), 0);
  says(c->out, "\"command\": \"drift\"");
  /* In another ledger it holds as well, once it was imported. */
  const char *text = cli_read(c, "muster.yaml"), *at = strstr(text, "/l.db");
  (void)cli_file(c, "muster.yaml",
                 mu_arena_fmt(c->arena, "%.*s/m.db%s", (int)(at - text), text, at + 5));
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, "ledger import @/bundle -c @/muster.yaml"), 0);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 0);
}

static void an_entry_that_was_changed_holds_nothing(void **state) {
  struct cli *c = *state;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, ACK WEB " --until 2026-12-31"), 0);
  assert_int_equal(cli_run(c, "ledger export @/bundle -c @/muster.yaml"), 0);
  says(c->out, "wrote");
  const char *list = NULL;
  assert_int_equal(cli_run(c, "drift ack --list -c @/muster.yaml"), 0);
  list = strstr(c->out, ", run ") + strlen(", run ");
  const char *name = mu_arena_fmt(c->arena, "bundle/records/%.26s.json", list);
  const char *record = cli_read(c, name), *until = strstr(record, "2026-12-31");
  (void)cli_file(c, name,
                 mu_arena_fmt(c->arena, "%.*s2029%s", (int)(until - record), record, until + 4));
  assert_int_equal(cli_run(c, "ledger verify --bundle @/bundle"), 1);
  says(c->out, "was changed");
}

/* Somebody with the file prolongs an acknowledgement: then none holds, and the reason is said. */
static void a_forged_ledger_acknowledges_nothing(void **state) {
  struct cli *c = *state;
  sqlite3 *db = NULL;
  set_up(c);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  assert_int_equal(cli_run(c, ACK WEB " --until 2026-12-31"), 0);
  assert_int_equal(sqlite3_open(mu_arena_fmt(c->arena, "%s/l.db", c->dir), &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db,
                   "DROP TRIGGER run_no_update; UPDATE run SET record ="
                   " replace(record, '2026-12-31', '2029-12-31') WHERE command = 'ack'",
                   NULL, NULL, NULL),
      SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  assert_int_equal(NIGHT(c, "ami-2", NONE, ""), 1);
  says(c->err, "acknowledgements cannot be read, so that none holds");
  assert_int_equal(cli_run(c, "ledger verify -c @/muster.yaml"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_set_up, cli_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(it_does_not_fail_until_it_is_due),
      TEST(it_covers_what_stood_there_and_nothing_else),
      TEST(wider_access_has_to_be_accepted_by_name),
      TEST(it_is_listed_and_taken_back),
      TEST(what_is_wrong_is_said_and_nothing_written),
      TEST(a_doubt_cannot_be_acknowledged),
      TEST(it_is_evidence),
      TEST(an_entry_that_was_changed_holds_nothing),
      TEST(a_forged_ledger_acknowledges_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
