/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "model/record.h"
#include "model/run.h"

static const char *const strings[] = {"plain",           "with \"quotes\"", "\x1b[31mred",
                                      "\xff\xfe broken", "]]> </style>",    ""};
static size_t turn;
static const char *word(void) {
  return strings[turn++ % (sizeof strings / sizeof strings[0])];
}

static void add_facts(struct mu_facts *facts) {
  const char *const items[] = {"a", "b"};
  mu_fact_bool(facts, "f.bool", true);
  mu_fact_int(facts, "f.int", INT64_MIN, "rows");
  mu_fact_int(facts, "f.big", (INT64_C(1) << 53) + 1, NULL);
  mu_fact_real(facts, "f.real", 0.1, "%");
  mu_fact_real(facts, "f.whole", 5.0, NULL);
  mu_fact_real(facts, "f.zero", -0.0, NULL);
  mu_fact_real(facts, "f.nan", (double)NAN, NULL);
  mu_fact_str(facts, "f.str", word())->is_volatile = true;
  mu_fact_str(facts, "f.str", word());
  mu_fact_time(facts, "f.time", INT64_C(1795391467114));
  mu_fact_time(facts, "f.far", INT64_MAX / 4);
  mu_fact_dur(facts, "f.dur", 70920000);
  mu_fact_size(facts, "f.size", 106602);
  mu_fact_list(facts, "f.list", items, 2);
  mu_fact_list(facts, "f.none", items, 0);
  mu_fact_range(facts, "f.range", 3, 9, "rows");
  mu_fact_range(facts, "f.open", 3, -1, "ms");
  struct mu_fact *map = mu_fact_list(facts, "f.map", items, 2);
  map->value.type = MU_T_MAP;
  mu_fact_str(facts, "f.body", "BODY-BODY")->is_body = true;
  mu_fact_str(facts, "f.secret", "SECRET-SECRET")->is_secret = true;
}

static void add_check(struct mu_run *run) {
  static const struct mu_attempt attempts[] = {{1000, 30000, MU_TIMEOUT, "no answer"},
                                               {31000, 12, MU_OBSERVED, NULL}};
  struct mu_check *check = MU_RUN_ADD(run, checks);
  *check = (struct mu_check){.id = word(),
                             .section = word(),
                             .workload = word(),
                             .title = word(),
                             .probe = word(),
                             .target = word(),
                             .status = MU_TIMEOUT,
                             .verdict = MU_INCONCLUSIVE,
                             .headline = word(),
                             .error = word(),
                             .reason = word(),
                             .must_fail = true,
                             .started_ms = 1000,
                             .elapsed_ms = 30012,
                             .attempts_n = 2,
                             .details = "two\nlines"};
  check->attempts = mu_arena_alloc(run->arena, sizeof attempts);
  memcpy(check->attempts, attempts, sizeof attempts);
  mu_facts_init(&check->facts, run->arena);
  add_facts(&check->facts);
}

static void add_lists(struct mu_run *run) {
  struct mu_run_step *step = MU_RUN_ADD(run, steps);
  *step = (struct mu_run_step){.id = "stand-up",
                               .title = word(),
                               .verdict = MU_PASS,
                               .state = "done",
                               .started_ms = 5,
                               .ended_ms = 9,
                               .elapsed_ms = 4,
                               .budget_ms = 60,
                               .actor = word(),
                               .seen = word(),
                               .undo = word()};
  struct mu_event *event = MU_RUN_ADD(run, events);
  *event = (struct mu_event){"declare", 5, 7, word()};
  struct mu_target *target = MU_RUN_ADD(run, targets);
  *target =
      (struct mu_target){"rto", "service", NULL, 28800000, 1675000, 1677000, MU_MET, true, word()};
  target = MU_RUN_ADD(run, targets);
  *target = (struct mu_target){.name = "rpo", .subject = "t", .outcome = MU_NOT_MEASURED};
  struct mu_assumption *assumption = MU_RUN_ADD(run, assumptions);
  *assumption = (struct mu_assumption){"people", 10800000, word()};
  struct mu_evidence *evidence = MU_RUN_ADD(run, evidence);
  evidence->name = word();
  mu_sha256_hex("x", 1, evidence->sha256);
  struct mu_input *input = MU_RUN_ADD(run, inputs);
  input->role = "config";
  input->note = word();
  struct mu_observation *seen = MU_RUN_ADD(run, observations);
  *seen = (struct mu_observation){"aws_eip.a", "public_ip", "eipalloc-1", "\"192.0.2.1\"", true};
  run->coverage = (struct mu_coverage){41, 1310, 1204, 6, 84, 6, 10, 4};
  mu_run_leave_out(run, "federation", "not implemented");
  struct mu_note *note = MU_RUN_ADD(run, notes);
  *note = (struct mu_note){MU_NOTE_IGNORED, word(), word(), word(), "[1]", "null", word()};
  struct mu_ack *ack = MU_RUN_ADD(run, acks);
  *ack = (struct mu_ack){.finding = "DRIFT_EXTRA",
                         .check = word(),
                         .subject = word(),
                         .path = word(),
                         .owner = word(),
                         .until_ms = INT64_C(1798761599999),
                         .wider = true,
                         .withdrawn = true};
  mu_sha256_hex("f", 1, ack->fingerprint);
  mu_sha256_hex("s", 1, ack->seen);
}

static void add_findings(struct mu_run *run) {
  struct mu_finding *f = mu_finding_add(&run->findings, MU_F_DRIFT_EXTRA, word(), word(), word());
  f->expected = "{\"b\":1,  \"a\":[1.10,true,null]}";
  f->actual = "not JSON at all";
  f->message = word();
  f->klass = word();
  f->next = word();
  f->age = "new";
  f->since_ms = 86400000;
  f->ack = word();
  f->severity = MU_INFO;
  mu_finding_add(&run->findings, MU_F_TIMEOUT, NULL, NULL, NULL);
}

static struct mu_run *rich(void) {
  struct mu_run *run = mu_run_new("drill", INT64_C(1795391467114));
  const char **const members[] = {&run->version,     &run->workload, &run->owner,   &run->runbook,
                                  &run->tier,        &run->drill,    &run->who,     &run->ticket,
                                  &run->reason,      &run->scope,    &run->cleanup, &run->previous,
                                  &run->approved_by, &run->why};
  turn = 0;
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    *members[i] = word();
  }
  run->rehearsal = run->interrupted = true;
  run->verdict = MU_FAIL;
  struct mu_pair *pair = MU_RUN_ADD(run, environment);
  *pair = (struct mu_pair){"host", "first"};
  mu_run_env(run, "terraform", NULL);
  pair = MU_RUN_ADD(run, environment);
  *pair = (struct mu_pair){"host", "second"};
  add_check(run);
  add_findings(run);
  add_lists(run);
  return run;
}

static void round_trip(const struct mu_run *run, bool laid_out) {
  MU_STR(first, MU_RECORD_MAX);
  MU_STR(read, MU_RECORD_MAX);
  MU_STR(second, MU_RECORD_MAX);
  struct mu_run *back = NULL;
  struct mu_err err = {0};
  mu_record_write(run, &first);
  if (laid_out) {
    mu_json_indent(first.p, first.n, 2, &read);
  } else {
    mu_str_add(&read, first.p);
  }
  if (mu_record_read(read.p, read.n, &back, &err) != 0) {
    fail_msg("%s in %s", err.msg, read.p);
  }
  mu_record_write(back, &second);
  assert_string_equal(mu_str_get(&first), mu_str_get(&second));
  mu_run_free(back);
}

static void what_is_written_reads_back_to_the_same_bytes(void **state) {
  (void)state;
  struct mu_run *run = rich();
  round_trip(run, false);
  round_trip(run, true);
  mu_run_free(run);
  run = mu_run_new("check", 0);
  round_trip(run, false);
  mu_run_free(run);
}

static void every_member_survives(void **state) {
  (void)state;
  struct mu_run *run = rich(), *back = NULL;
  MU_STR(json, MU_RECORD_MAX);
  mu_record_write(run, &json);
  assert_int_equal(mu_record_read(json.p, json.n, &back, NULL), 0);
  assert_string_equal(back->id, run->id);
  assert_true(back->rehearsal && back->interrupted);
  assert_int_equal(back->verdict, MU_FAIL);
  assert_int_equal(back->started_ms, run->started_ms);
  const struct mu_facts *facts = &back->checks.at[0].facts;
  assert_true(mu_fact_find(facts, "f.int")->value.i == INT64_MIN);
  assert_true(mu_fact_find(facts, "f.big")->value.i == (INT64_C(1) << 53) + 1);
  assert_true(mu_fact_find(facts, "f.far")->value.i == INT64_MAX / 4);
  assert_true(isnan(mu_fact_find(facts, "f.nan")->value.f));
  assert_int_equal(mu_fact_find(facts, "f.open")->value.range.hi, -1);
  assert_int_equal(back->checks.at[0].attempts_n, 2);
  assert_string_equal(back->findings.at[0].expected, "{\"a\":[1.1,true,null],\"b\":1}");
  assert_string_equal(back->findings.at[0].actual, "\"not JSON at all\"");
  assert_string_equal(back->findings.at[0].fingerprint, run->findings.at[0].fingerprint);
  assert_int_equal(back->targets.at[0].hi_ms, 1677000);
  assert_memory_equal(&back->coverage, &run->coverage, sizeof run->coverage);
  assert_int_equal(back->environment.n, 2);
  assert_int_equal(back->notes.at[0].kind, MU_NOTE_IGNORED);
  assert_string_equal(back->notes.at[0].planned, "[1]");
  assert_string_equal(back->notes.at[0].rule, run->notes.at[0].rule);
  assert_true(back->acks.at[0].until_ms == INT64_C(1798761599999));
  assert_true(back->acks.at[0].wider && back->acks.at[0].withdrawn);
  assert_string_equal(back->acks.at[0].owner, run->acks.at[0].owner);
  assert_string_equal(back->acks.at[0].seen, run->acks.at[0].seen);
  mu_run_free(back);
  mu_run_free(run);
}

static void bodies_and_secrets_stay_out(void **state) {
  (void)state;
  struct mu_run *run = rich();
  MU_STR(json, MU_RECORD_MAX);
  mu_record_write(run, &json);
  assert_non_null(strstr(json.p, "f.size"));
  assert_null(strstr(json.p, "BODY-BODY"));
  assert_null(strstr(json.p, "SECRET-SECRET"));
  assert_null(strchr(json.p, '\x1b'));
  mu_run_free(run);
}

static int read_text(const char *json) {
  struct mu_run *run = NULL;
  struct mu_err err = {0};
  int rc = mu_record_read(json, strlen(json), &run, &err);
  assert_true(rc == 0 || err.msg[0] != '\0');
  mu_run_free(run);
  return rc;
}

static void versions_and_words(void **state) {
  (void)state;
  assert_int_equal(read_text("{\"schema\":\"muster.run/1\",\"verdict\":\"PASS\"}"), 0);
  assert_int_equal(read_text("{\"schema\":\"muster.run/1.7\",\"verdict\":\"PASS\",\"new\":[1]}"),
                   0);
  assert_int_equal(read_text("{\"schema\":\"muster.run/2\",\"verdict\":\"PASS\"}"), -1);
  assert_int_equal(read_text("{\"schema\":\"muster.run/12\",\"verdict\":\"PASS\"}"), -1);
  assert_int_equal(read_text("{\"schema\":\"other/1\",\"verdict\":\"PASS\"}"), -1);
  assert_int_equal(read_text("{\"verdict\":\"PASS\"}"), -1);
  assert_int_equal(read_text("[]"), -1);
  assert_int_equal(read_text("{"), -1);
  assert_int_equal(read_text("{\"schema\":\"muster.run/1\",\"verdict\":\"GREEN\"}"), -1);
  assert_int_equal(read_text("{\"schema\":\"muster.run/1\",\"verdict\":\"PASS\",\"findings\":[{"
                             "\"id\":\"NEWER\",\"severity\":\"low\",\"verdict\":\"FAIL\"}]}"),
                   -1);
}

/* Only the word REAL makes a run real. */
static void an_unknown_class_is_a_rehearsal(void **state) {
  (void)state;
  static const char json[] =
      "{\"schema\":\"muster.run/1\",\"run\":{\"class\":\"real\"},\"verdict\":\"PASS\"}";
  struct mu_run *run = NULL;
  assert_int_equal(mu_record_read(json, strlen(json), &run, NULL), 0);
  assert_true(run->rehearsal);
  mu_run_free(run);
}

/* Every member that the writer knows is described, so that the schema cannot fall behind. */
static void described(const struct mu_json_node *value, const struct mu_json_node *schema) {
  if (mu_json_type(value) == MU_JSON_ARRAY && mu_json_get(schema, "items")) {
    for (size_t i = 0; i < mu_json_len(value); i++) {
      described(mu_json_at(value, i), mu_json_get(schema, "items"));
    }
  }
  const struct mu_json_node *properties = mu_json_get(schema, "properties");
  if (mu_json_type(value) == MU_JSON_OBJECT && properties) {
    for (size_t i = 0; i < mu_json_len(value); i++) {
      const char *key = NULL;
      const struct mu_json_node *member = mu_json_member(value, i, &key);
      if (!mu_json_get(properties, key)) {
        fail_msg("the schema does not know '%s'", key);
      }
      described(member, mu_json_get(properties, key));
    }
    const struct mu_json_node *required = mu_json_get(schema, "required");
    for (size_t i = 0; i < mu_json_len(required); i++) {
      assert_non_null(mu_json_get(value, mu_json_str(mu_json_at(required, i), "")));
    }
  }
}

static void the_schema_describes_what_is_written(void **state) {
  (void)state;
  struct mu_run *run = rich();
  struct mu_json *schema = NULL, *record = NULL;
  struct mu_err err = {0};
  MU_STR(json, MU_RECORD_MAX);
  MU_STR(text, MU_RECORD_MAX);
  mu_record_write(run, &json);
  mu_record_schema(&text);
  assert_int_equal(mu_json_parse(json.p, json.n, &record, &err), 0);
  assert_int_equal(mu_json_parse(text.p, text.n, &schema, &err), 0);
  described(mu_json_root(record), mu_json_root(schema));
  mu_json_free(record);
  mu_json_free(schema);
  mu_run_free(run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_reads_back_to_the_same_bytes),
      cmocka_unit_test(every_member_survives),
      cmocka_unit_test(bodies_and_secrets_stay_out),
      cmocka_unit_test(versions_and_words),
      cmocka_unit_test(an_unknown_class_is_a_rehearsal),
      cmocka_unit_test(the_schema_describes_what_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
