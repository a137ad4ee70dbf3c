/* SPDX-License-Identifier: Apache-2.0 */
/* What is no finding, and why: notes by kind and resource, and one path explained. */
#include "unit/drift_run.h"

#define ONE_OF_EACH                                                                                \
  PLAN(CREATE(                                                                                     \
      "aws_x.a", "aws_x",                                                                          \
      "{\"same\":1,\"nothing\":null,\"hidden\":\"p\",\"other\":1,\"password\":\"secret-1\","       \
      "\"list\":[{\"n\":1},{\"n\":2}]}",                                                           \
      "{\"late\":true}") "," CREATE("module.m.aws_x.b[\\\"k\\\"]", "aws_x",                        \
                                    "{\"same\":1,\"nothing\":null}", "{}"))
#define ACTUAL                                                                                     \
  STATE(RES(                                                                                       \
      "aws_x.a", "aws_x",                                                                          \
      "{\"same\":1,\"nothing\":\"\",\"hidden\":\"a\",\"other\":2,\"password\":\"secret-2\","       \
      "\"list\":[{\"n\":1},{\"n\":3}],\"late\":\"now\"}") "," RES("module.m.aws_x.b[\\\"k\\\"]",   \
                                                                  "aws_x",                         \
                                                                  "{\"same\":1,\"nothing\":"       \
                                                                  "\"\"}"))

static const struct mu_ignore hidden = {.address = "aws_x.a",
                                        .path = "hidden",
                                        .reason = "r",
                                        .owner = "o",
                                        .until_ms = NOW_MS,
                                        .where = "m:1"};

static void begin(struct run *r) {
  start(r, ONE_OF_EACH, ACTUAL);
  r->in.ignores = &hidden;
  r->in.ignores_n = 1;
}

static size_t count(const struct run *r, enum mu_note_kind kind) {
  size_t n = 0;
  for (size_t i = 0; i < r->out.notes_n; i++) {
    n += r->out.notes[i].kind == kind;
  }
  return n;
}

static void notes_are_of_a_kind(void **state) {
  (void)state;
  struct run r;
  begin(&r);
  go(&r);
  assert_int_equal(count(&r, MU_NOTE_FORGIVEN), 2);
  assert_int_equal(count(&r, MU_NOTE_IGNORED), 1);
  assert_int_equal(count(&r, MU_NOTE_UNKNOWN), 1);
  assert_int_equal(count(&r, MU_NOTE_EQUAL), 0); /* not unless asked for */
  finish(&r);
  begin(&r);
  r.in.notes.kinds = 1U << MU_NOTE_EQUAL;
  go(&r);
  assert_true(noted(&r, "same", "equal"));
  assert_true(noted(&r, "list[0]", "equal"));
  assert_int_equal(count(&r, MU_NOTE_EQUAL), r.out.notes_n);
  finish(&r);
}

static void notes_are_bounded_and_counted(void **state) {
  (void)state;
  struct run r;
  begin(&r);
  r.in.notes.max = 1;
  go(&r);
  assert_int_equal(count(&r, MU_NOTE_FORGIVEN), 1);
  assert_int_equal(r.out.notes_seen[MU_NOTE_FORGIVEN], 2);
  assert_int_equal(count(&r, MU_NOTE_UNKNOWN), 1); /* each kind for itself */
  finish(&r);
  begin(&r);
  r.in.notes.max = SIZE_MAX;
  go(&r);
  assert_int_equal(r.out.notes_n, 0);
  assert_true(r.out.rules_n > 0); /* counted all the same */
  finish(&r);
  static const char *const in_m[] = {"module.m.*"};
  begin(&r);
  r.in.notes.of = in_m;
  r.in.notes.of_n = 1;
  go(&r);
  assert_int_equal(r.out.notes_n, 1);
  assert_string_equal(r.out.notes[0].address, "module.m.aws_x.b[\"k\"]");
  finish(&r);
}

static void every_rule_has_a_sentence(void **state) {
  (void)state;
  const struct mu_rule_def *rules = NULL;
  size_t n = mu_rule_defs(&rules);
  assert_true(n > 40);
  for (size_t i = 0; i < n; i++) {
    assert_true(strlen(rules[i].doc) > 10);
    assert_true(mu_rule_def(rules[i].id) != NULL);
  }
  assert_int_equal(mu_rule_def("ignore:muster.yaml:37")->kind, MU_NOTE_IGNORED);
  assert_int_equal(mu_rule_def("null-empty")->kind, MU_NOTE_FORGIVEN);
  assert_int_equal(mu_rule_def("sg-ingress")->kind, MU_NOTE_EXPLAINED);
  assert_null(mu_rule_def("nothing-like-it"));
  assert_null(mu_rule_def("null"));
}

/* ---- one path ---- */

static struct mu_drift_why ask(struct run *r, const char *address, const char *path) {
  struct mu_drift_why why = {0};
  r->rc = mu_drift_explain(&r->in, address, path, r->arena, &why, &r->err);
  return why;
}

static struct mu_drift_why must_know(struct run *r, const char *address, const char *path) {
  struct mu_drift_why why = ask(r, address, path);
  if (r->rc != 0) {
    fail_msg("%s", r->err.msg);
  }
  return why;
}

static void a_path_is_explained(void **state) {
  (void)state;
  struct run r;
  begin(&r);
  static const struct {
    const char *path, *planned, *actual;
    enum mu_note_kind kind; /* MU_NOTE_N_: a finding */
    const char *rule;
  } rows[] = {
      {"same", "1", "1", MU_NOTE_EQUAL, "equal"},
      {"nothing", "null", "\"\"", MU_NOTE_FORGIVEN, "null-empty"},
      {"hidden", "\"p\"", "\"a\"", MU_NOTE_IGNORED, "ignore:m:1"},
      {"other", "1", "2", MU_NOTE_N_, "DRIFT_CHANGED"},
      {"list[1].n", "2", "3", MU_NOTE_N_, "DRIFT_CHANGED"},
      {"list[0].n", "1", "1", MU_NOTE_EQUAL, "equal"}, /* decided above it */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct mu_drift_why why = must_know(&r, "aws_x.a", rows[i].path);
    assert_string_equal(why.planned, rows[i].planned);
    assert_string_equal(why.actual, rows[i].actual);
    if (rows[i].kind == MU_NOTE_N_) {
      assert_int_equal(why.findings.n, 1);
      assert_string_equal(mu_finding_def(why.findings.at[0].id)->name, rows[i].rule);
      assert_non_null(why.findings.at[0].next);
    } else {
      assert_int_equal(why.findings.n, 0);
      assert_int_equal(why.notes_n, 1);
      assert_int_equal(why.notes[0].kind, rows[i].kind);
      assert_string_equal(why.notes[0].rule, rows[i].rule);
    }
  }
  struct mu_drift_why late = must_know(&r, "aws_x.a", "late");
  assert_true(late.unknown);
  assert_int_equal(late.notes[0].kind, MU_NOTE_UNKNOWN);
  finish(&r);
}

static void a_secret_stays_one(void **state) {
  (void)state;
  struct run r;
  begin(&r);
  struct mu_drift_why why = must_know(&r, "aws_x.a", "password");
  assert_true(why.sensitive);
  assert_null(strstr(why.planned, "secret-1"));
  assert_null(strstr(why.actual, "secret-2"));
  finish(&r);
}

static void a_resource_is_explained_as_a_whole(void **state) {
  (void)state;
  struct run r;
  begin(&r);
  struct mu_drift_why why = must_know(&r, "aws_x.a", NULL);
  assert_true(why.planned_there && why.actual_there);
  assert_string_equal(why.paired, "by address");
  assert_true(why.findings.n >= 3);
  assert_true(why.notes_n >= 4);
  finish(&r);
  run(&r, PLAN(CREATE("aws_x.gone", "aws_x", "{\"n\":1}", "{}")),
      STATE(RES("aws_x.new", "aws_x", "{\"n\":1}")));
  why = must_know(&r, "aws_x.gone", NULL);
  assert_false(why.actual_there);
  assert_int_equal(why.findings.at[0].id, MU_F_DRIFT_MISSING);
  why = must_know(&r, "aws_x.new", NULL);
  assert_false(why.planned_there);
  assert_int_equal(why.findings.at[0].id, MU_F_DRIFT_EXTRA);
  finish(&r);
}

/* As people type it, and as reports print it. */
static void addresses_are_taken_as_they_come(void **state) {
  (void)state;
  struct run r;
  begin(&r);
  static const char *const forms[][2] = {
      {"module.m.aws_x.b[\"k\"]", "nothing"},     {"module.m.aws_x.b[k]", "nothing"},
      {"module.m.aws_x.b[\"k\"] nothing:", NULL}, {"module.m.aws_x.b[\"k\"] nothing", NULL},
      {"module.m.aws_x.b[\"k\"].nothing", NULL},
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    struct mu_drift_why why = must_know(&r, forms[i][0], forms[i][1]);
    assert_string_equal(why.address, "module.m.aws_x.b[\"k\"]");
    assert_string_equal(why.path, "nothing");
  }
  static const char *const wrong[][3] = {
      {"aws_x.aa", "same", "did you mean 'aws_x.a'?"},
      {"aws_x.b", "same", "there is no aws_x.b in plan or state"},
      {"aws_x.b[\"k\"]", "same", "did you mean 'module.m.aws_x.b[\"k\"]'?"},
      {"module.m.aws_x.b", "same", "did you mean 'module.m.aws_x.b[\"k\"]'?"},
      {"aws_x.a", "smae", "aws_x.a has no 'smae' there; did you mean 'same'?"},
      {"aws_x.a", "list[7]", "has no '7' there"},
      {"aws_x.a", "same.deeper", "has no 'deeper' there"},
      {"nothing at all", NULL, "there is no nothing at all in plan or state"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    (void)ask(&r, wrong[i][0], wrong[i][1]);
    assert_int_equal(r.rc, -1);
    assert_int_equal(r.err.code, MU_E_ABSENT);
    if (!strstr(r.err.msg, wrong[i][2])) {
      fail_msg("'%s' is not in: %s", wrong[i][2], r.err.msg);
    }
  }
  finish(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notes_are_of_a_kind),
      cmocka_unit_test(notes_are_bounded_and_counted),
      cmocka_unit_test(every_rule_has_a_sentence),
      cmocka_unit_test(a_path_is_explained),
      cmocka_unit_test(a_secret_stays_one),
      cmocka_unit_test(a_resource_is_explained_as_a_whole),
      cmocka_unit_test(addresses_are_taken_as_they_come),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
