/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan or state is recognised by, what is refused and with which advice, and what others ask
 * of it. T1 to T14 are the traps of reading; the files of others are looked for beside the source
 * tree and skipped, loudly, where they are not. */
#include "unit/drift_run.h"

static int parse(struct mu_arena *arena, const char *bytes, size_t n, bool actual,
                 struct mu_doc **doc, struct mu_err *err) {
  const struct mu_doc_opts opts = {.name = "file", .want_config = !actual, .want_prior = actual};
  return mu_doc_parse(bytes, n, &opts, arena, doc, err);
}

static void refused_with_advice(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t n; /* 0: strlen */
    const char *says;
    enum mu_errc code;
  } rows[] = {
      {"PK\x03\x04zip", 7, "terraform show -json PLANFILE", MU_E_INPUT}, /* T4 */
      {"{\"@level\":\"info\"}\n{\"@level\":\"info\"}\n", 0, "terraform plan -out=PLANFILE",
       MU_E_INPUT}, /* T4 */
      {"{\"plan_format_version\":\"1.2\",\"resource_changes\":[]}", 0, "HCP Terraform",
       MU_E_INPUT}, /* T12 */
      {"{\"provider_schemas\":{}}", 0, "provider schemas", MU_E_INPUT},
      {"", 0, "empty", MU_E_INPUT}, /* T11 */
      {" \n\t ", 0, "empty", MU_E_INPUT},
      {"\x1f\x8bxx", 0, "gzip", MU_E_INPUT},
      {"{}", 0, "neither a plan nor a state", MU_E_INPUT},
      {"[]", 0, "an object should stand here", MU_E_INPUT},
      {"hello", 0, "line 1, column 1", MU_E_INPUT},
      {"{\"format_version\":\"2.0\",\"resource_changes\":[]}", 0, "format_version \"2.0\"",
       MU_E_UNSUPPORTED}, /* T14 */
      {"{\"format_version\":\"test\",\"resource_changes\":[]}", 0, "can be read", MU_E_UNSUPPORTED},
      {"{\"version\":2,\"serial\":1,\"modules\":[]}", 0, "version 2", MU_E_UNSUPPORTED},
      {"{\"version\":5,\"serial\":1,\"resources\":[]}", 0, "version 5", MU_E_UNSUPPORTED},
      {"{\"format_version\":\"1.0\",\"format_version\":\"1.0\"}", 0, "was there before",
       MU_E_INPUT}, /* T9 */
      {"{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[{\"address\":\"a."
       "b\",\"values\":{}},{\"address\":\"a.c\",\"values\":{\"x\":tru}}]}}}",
       0, "in or after a.c", MU_E_INPUT}, /* T2 */
      {"{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[{\"address\":\"a."
       "b\"",
       0, "ends too early", MU_E_INPUT},
      {"\xff\xfe{\0\"\0", 6, "UTF-16LE", MU_E_INPUT}, /* T1 */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct mu_arena *arena = mu_arena_new();
    struct mu_doc *doc = NULL;
    struct mu_err err = {0};
    int rc = parse(arena, rows[i].bytes, rows[i].n ? rows[i].n : strlen(rows[i].bytes), true, &doc,
                   &err);
    if (rc == 0 || !strstr(err.msg, rows[i].says) || err.code != rows[i].code ||
        strncmp(err.msg, "file: ", 6) != 0) {
      fail_msg("row %zu: rc %d, code %d: %s", i, rc, (int)err.code, err.msg);
    }
    assert_null(doc);
    mu_arena_free(arena);
  }
}

static void every_level_of_depth_ends(void **state) {
  (void)state; /* T10 */
  enum { LEVELS = 100 };
  MU_STR(text, 1 << 20);
  mu_str_add(&text, "{\"format_version\":\"1.0\",\"values\":{\"root_module\":");
  for (int i = 0; i < LEVELS; i++) {
    mu_str_add(&text, "{\"child_modules\":[");
  }
  for (int i = 0; i < LEVELS; i++) {
    mu_str_add(&text, "]}");
  }
  mu_str_add(&text, "}}");
  struct mu_arena *arena = mu_arena_new();
  struct mu_doc *doc = NULL;
  struct mu_err err = {0};
  assert_int_equal(parse(arena, mu_str_get(&text), text.n, true, &doc, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
  mu_arena_free(arena);
}

static void kinds_and_versions(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum mu_doc_kind kind;
    size_t resources, warnings;
  } rows[] = {
      {"{\"format_version\":\"1.0\"}", MU_DOC_STATE_JSON, 0, 0}, /* T11: an empty state */
      {"{\"format_version\":\"0.1\",\"values\":{}}", MU_DOC_STATE_JSON, 0, 0},
      {"{\"values\":{\"root_module\":{}}}", MU_DOC_STATE_JSON, 0, 1},
      {"{\"format_version\":\"1.5\",\"resource_changes\":[{\"address\":\"a.b\",\"change\":{"
       "\"actions\":[\"no-op\"]}}],\"future\":{\"x\":[1]}}",
       MU_DOC_PLAN, 1, 0},
      {"{\"resource_changes\":[]}", MU_DOC_PLAN, 0, 1},
      {"log line\n{\"format_version\":\"1.0\"}\ntrailer {", MU_DOC_STATE_JSON, 0, 1}, /* T3 */
      {"{\"version\":4,\"serial\":1,\"lineage\":\"l\",\"resources\":[]}", MU_DOC_TFSTATE, 0, 0},
      {"{\"version\":3,\"serial\":1,\"modules\":[{\"path\":[\"root\"],\"resources\":{\"aws_x.y.1\":"
       "{\"type\":\"aws_x\",\"primary\":{\"attributes\":{}}}}}]}",
       MU_DOC_TFSTATE, 1, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct mu_arena *arena = mu_arena_new();
    struct mu_doc *doc = NULL;
    struct mu_err err = {0};
    struct mu_doc_info info;
    if (parse(arena, rows[i].text, strlen(rows[i].text), true, &doc, &err) != 0) {
      fail_msg("row %zu: %s", i, err.msg);
    }
    mu_doc_info(doc, &info);
    assert_int_equal(mu_doc_kind(doc), rows[i].kind);
    assert_int_equal(info.resources, rows[i].resources);
    assert_int_equal(info.warnings_n, rows[i].warnings);
    mu_arena_free(arena);
  }
}

static void addresses_of_a_raw_state(void **state) {
  (void)state; /* T17, T18, T19 */
  static const char text[] = "{\"version\":4,\"serial\":7,\"lineage\":\"l\",\"terraform_version\":"
                             "\"1.9.0\",\"resources\":["
                             "{\"module\":\"module.a[\\\"x.y\\\"]\",\"mode\":\"managed\",\"type\":"
                             "\"aws_x\",\"name\":\"n\",\"provider\":\"p\",\"instances\":["
                             "{\"index_key\":\"k\\\"${1}\",\"attributes\":{\"id\":\"1\"}},{\"index_"
                             "key\":2.0,\"attributes\":{}},{\"attributes\":{}}]},"
                             "{\"instances\":[{\"attributes\":{}}],\"mode\":\"data\",\"type\":"
                             "\"aws_y\",\"name\":\"d\",\"provider\":\"p\"}]}";
  static const char *const expected[] = {"module.a[\"x.y\"].aws_x.n[\"k\\\"$${1}\"]",
                                         "module.a[\"x.y\"].aws_x.n[2]",
                                         "module.a[\"x.y\"].aws_x.n", "data.aws_y.d"};
  struct mu_arena *arena = mu_arena_new();
  struct mu_doc *doc = NULL;
  struct mu_err err = {0};
  const struct mu_doc_change *changes = NULL;
  assert_int_equal(parse(arena, text, strlen(text), true, &doc, &err), 0);
  assert_int_equal(mu_doc_changes(doc, &changes), 4);
  for (size_t i = 0; i < 4; i++) {
    assert_string_equal(changes[i].address, expected[i]);
  }
  struct mu_doc_info info;
  mu_doc_info(doc, &info);
  assert_int_equal(info.serial, 7);
  assert_string_equal(info.lineage, "l");
  mu_arena_free(arena);
}

static void flat_attributes(void **state) {
  (void)state; /* T40 */
  struct run r;
  start(&r,
        "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"aws_db_parameter_group."
        "g\",\"mode\":\"managed\",\"type\":\"aws_db_parameter_group\",\"name\":\"g\","
        "\"change\":{\"actions\":[\"create\"],\"after\":{\"name\":\"g\",\"parameter\":[{\"name\":"
        "\"a\",\"value\":\"1\"}],\"tags\":{\"k.z\":\"v\"}},\"after_unknown\":{\"id\":true}}}]}",
        "{\"version\":4,\"serial\":1,\"resources\":[{\"mode\":\"managed\",\"type\":\"aws_db_"
        "parameter_group\",\"name\":\"g\",\"provider\":\"provider.aws\",\"instances\":[{"
        "\"attributes_flat\":"
        "{\"id\":\"g\",\"name\":\"g\",\"parameter.#\":\"1\",\"parameter.123.name\":\"a\","
        "\"parameter.123.value\":\"1\",\"tags.%\":\"1\",\"tags.k.z\":\"v\"}}]}]}");
  go(&r);
  print_findings(&r);
  assert_int_equal(alarms(&r), 0);
  finish(&r);
}

static void dynamic_values(void **state) {
  (void)state; /* T39 */
  static const char plan[] =
      "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"terraform_data.d\","
      "\"mode\":\"managed\",\"type\":\"terraform_data\",\"name\":\"d\","
      "\"change\":{\"actions\":[\"create\"],\"after\":{\"input\":\"x\"},\"after_unknown\":{\"id\":"
      "true}}}]}";
  static const char same[] =
      "{\"version\":4,\"serial\":1,\"resources\":[{\"mode\":\"managed\",\"type\":\"terraform_"
      "data\",\"name\":\"d\",\"provider\":\"p\",\"instances\":[{\"attributes\":"
      "{\"id\":\"i\",\"input\":{\"value\":\"x\",\"type\":\"string\"}}}]}]}";
  static const char other[] =
      "{\"version\":4,\"serial\":1,\"resources\":[{\"mode\":\"managed\",\"type\":\"terraform_"
      "data\",\"name\":\"d\",\"provider\":\"p\",\"instances\":[{\"attributes\":"
      "{\"id\":\"i\",\"input\":{\"value\":\"y\",\"type\":\"string\"}}}]}]}";
  struct run r;
  start(&r, plan, same);
  go(&r);
  assert_int_equal(alarms(&r), 0);
  finish(&r);
  start(&r, plan, other);
  go(&r);
  assert_int_equal(alarms(&r), 1);
  finish(&r);
}

static void questions(void **state) {
  (void)state;
  static const char text[] =
      "{\"format_version\":\"1.2\",\"timestamp\":\"2026-11-22T02:13:00Z\",\"errored\":true,"
      "\"variables\":{\"db_password\":{\"value\":\"var-secret-1\"},\"p\":{\"value\":\"var-secret-"
      "2\"}},"
      "\"resource_changes\":[{\"address\":\"aws_x.a\",\"mode\":\"managed\",\"type\":\"aws_x\","
      "\"name\":\"a\",\"provider_name\":\"aws\",\"change\":{\"actions\":[\"delete\",\"create\"],"
      "\"before\":{\"pw\":\"before-secret\"},\"before_sensitive\":{\"pw\":true},\"after\":{\"n\":1,"
      "\"pw\":\"after-secret\",\"deep\":[{\"arn\":\"arn:aws:iam::111111111111:role/x\"}]},"
      "\"after_unknown\":{\"id\":true},\"after_sensitive\":{\"pw\":true}}}],"
      "\"output_changes\":{\"o\":{\"actions\":[\"create\"],\"after\":[1,\"x\"],\"after_unknown\":"
      "false,\"after_sensitive\":false},"
      "\"s\":{\"after\":\"out-secret\",\"after_sensitive\":true},\"u\":{\"after_unknown\":true}},"
      "\"configuration\":{\"root_module\":{\"variables\":{\"p\":{\"sensitive\":true}}}}}";
  struct mu_arena *arena = mu_arena_new();
  struct mu_doc *doc = NULL;
  struct mu_err err = {0};
  struct mu_doc_info info;
  assert_int_equal(parse(arena, text, strlen(text), false, &doc, &err), 0);
  mu_doc_info(doc, &info);
  assert_true(info.errored);
  assert_int_equal(info.timestamp_ms, 1795313580000);
  const struct mu_doc_change *changes = NULL;
  assert_int_equal(mu_doc_changes(doc, &changes), 1);
  assert_true(changes[0].create && changes[0].destroy && !changes[0].update && !changes[0].noop);
  assert_string_equal(mu_doc_attribute(doc, "aws_x.a", "n", arena), "1");
  assert_null(mu_doc_attribute(doc, "aws_x.a", "id", arena));
  assert_null(mu_doc_attribute(doc, "aws_x.a", "pw", arena));
  assert_null(mu_doc_attribute(doc, "aws_x.b", "n", arena));
  const struct mu_doc_output *outputs = NULL;
  assert_int_equal(mu_doc_outputs(doc, &outputs), 3);
  assert_string_equal(outputs[0].value_json, "[1,\"x\"]");
  assert_true(outputs[1].sensitive && !outputs[1].value_json);
  assert_true(outputs[2].unknown && !outputs[2].value_json);
  static const char *const expected[] = {"var-secret-1", "var-secret-2", "before-secret",
                                         "after-secret", "out-secret"};
  const char *const *secrets = NULL;
  size_t n = mu_doc_secrets(doc, &secrets);
  assert_int_equal(n, 5);
  for (size_t i = 0; i < 5; i++) {
    bool there = false;
    for (size_t k = 0; k < n; k++) {
      there |= strcmp(secrets[k], expected[i]) == 0;
    }
    assert_true(there);
  }
  const char *needles[] = {"222222222222", "111111111111"}, *address = NULL, *path = NULL,
             *needle = NULL;
  assert_true(mu_doc_mentions(doc, needles, 2, &address, &path, &needle));
  assert_string_equal(address, "aws_x.a");
  assert_string_equal(path, "deep[0].arn");
  assert_string_equal(needle, "111111111111");
  assert_false(mu_doc_mentions(doc, needles, 1, &address, &path, &needle));
  mu_arena_free(arena);
}

/* ---- Files of others ---- */

static char *load(const char *name, size_t *n) {
  const char *shared = getenv("MUSTER_SHARED");
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/fixtures/terraform/%s",
                 shared ? shared : MU_SOURCE_DIR "/../shared", name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    print_message("  skipped: %s is not there (set MUSTER_SHARED)\n", path);
    return NULL;
  }
  char *text = malloc(4 << 20);
  assert_non_null(text);
  *n = fread(text, 1, 4 << 20, file);
  (void)fclose(file);
  return text;
}

static void files_of_others(void **state) {
  (void)state;
  static const struct {
    const char *plan, *actual;
    size_t resources, alarms;
  } rows[] = {
      {"tofu-basic_json_string_update.plan.json", "tofu-basic_json_string_update.state.json", 1, 0},
      {"tofu-drift_simple.plan.json", "tofu-drift_simple.state.json", 1, 0},
      {"tofu-moved_with_drift.plan.json", "tofu-moved_with_drift.state.json", 2, 0},
      {"tofu-nested_set_update.plan.json", "tofu-nested_set_update.state.json", 1, 0},
      {"tofu-drift_simple.plan.json", "tofu-drift_simple.plan.json", 1,
       1}, /* the change is still to be applied */
      {"tofu-drift_refresh_only.plan.json", "tofu-drift_refresh_only.state.json", 0,
       1}, /* a refresh-only plan wants nothing */
      {"terraform-json-has-changes.plan.json", "terraform-json-has-changes.tfstate", 6, 0},
      {"infracost-v0.14.plan.json", "infracost-v0.14.state.json", 26, 19},
      {"infracost-wrapper-lines.plan.json", "infracost-v0.14.state.json", 2,
       0}, /* another stack's state: see below */
      {"terraform-compliance-drift15.plan.json", "terraform-compliance-drift15.plan.json", 12, 7},
      {"tirith-s3-destroy.plan.json", "tirith-s3-destroy.plan.json", 0, 5},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t n = 0, m = 0;
    char *plan = load(rows[i].plan, &n), *actual = plan ? load(rows[i].actual, &m) : NULL;
    if (!actual) {
      free(plan);
      skip();
    }
    plan[n] = actual[m] = '\0';
    struct run r;
    start(&r, plan, actual);
    go(&r);
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.out.coverage.resources, rows[i].resources);
    if (strstr(rows[i].plan, "wrapper")) {
      assert_non_null(found(&r, MU_F_DRIFT_NOTHING_COMPARED, NULL, NULL));
    } else if (alarms(&r) != rows[i].alarms) {
      print_findings(&r);
      fail_msg("%s: %zu findings, expected %zu", rows[i].plan, alarms(&r), rows[i].alarms);
    }
    finish(&r);
    free(plan);
    free(actual);
  }
}

/* Each file against itself, as what was planned and what is: a document differs from itself only by
 * what it has not done yet. */
static void raw_states_are_read(void **state) {
  (void)state;
  static const char *const names[] = {"driftctl-s3-full.tfstate", "driftctl-sg-rule.tfstate",
                                      "terraform-json-has-changes.tfstate"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t n = 0;
    char *text = load(names[i], &n);
    if (!text) {
      skip();
    }
    struct mu_arena *arena = mu_arena_new();
    struct mu_doc *doc = NULL;
    struct mu_err err = {0};
    assert_int_equal(parse(arena, text, n, true, &doc, &err), 0);
    assert_int_equal(mu_doc_kind(doc), MU_DOC_TFSTATE);
    const struct mu_doc_change *changes = NULL;
    assert_true(mu_doc_changes(doc, &changes) > 0);
    mu_arena_free(arena);
    free(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refused_with_advice), cmocka_unit_test(every_level_of_depth_ends),
      cmocka_unit_test(kinds_and_versions),  cmocka_unit_test(addresses_of_a_raw_state),
      cmocka_unit_test(flat_attributes),     cmocka_unit_test(dynamic_values),
      cmocka_unit_test(questions),           cmocka_unit_test(files_of_others),
      cmocka_unit_test(raw_states_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
