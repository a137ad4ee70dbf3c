/* SPDX-License-Identifier: Apache-2.0 */
/* Who says whether the order of an array means anything: the providers schema before the type of a
 * raw state, that before the tables, those before the config. And a schema that is not the plan's
 * says nothing. */
#include "drift/schema.h"
#include "unit/drift_run.h"

#define REGISTRY "registry.terraform.io/hashicorp/aws"
#define SCHEMA(provider, types)                                                                    \
  "{\"format_version\":\"1.0\",\"provider_schemas\":{\"registry.terraform.io/acme/other\":{"       \
  "\"provider\":{},\"resource_schemas\":{\"other_x\":{\"version\":0,\"block\":{}}}},\"" provider   \
  "\":{\"provider\":{\"version\":0,\"block\":{}},\"resource_schemas\":{" types                     \
  "},\"data_source_schemas\":{\"aws_x\":{\"version\":0,\"block\":{\"attributes\":{\"a\":{"         \
  "\"type\":[\"set\",\"string\"]}}}}}}}}"
#define TYPE(name, version, block) "\"" name "\":{\"version\":" version ",\"block\":{" block "}}"
#define ATTR(name, type) "\"" name "\":{\"type\":" type ",\"optional\":true}"
#define BLOCK(name, mode, block)                                                                   \
  "\"" name "\":{\"nesting_mode\":\"" mode "\",\"block\":{" block "}}"

static const struct mu_schema *schema_of(struct run *r, const char *text) {
  struct mu_schema *schema = NULL;
  const struct mu_schema_opts opts = {.name = "schema.json"};
  if (mu_schema_parse(text, strlen(text), &opts, r->in.plan, r->arena, &schema, &r->err) != 0) {
    fail_msg("%s", r->err.msg);
  }
  return schema;
}

static void compare(struct run *r, struct texts *t, const char *type, const char *planned,
                    const char *actual, const char *schema) {
  texts_of(t, type, planned, "{}", actual);
  start(r, t->plan, t->state);
  r->in.schema = schema ? schema_of(r, schema) : NULL;
  go(r);
  assert_int_equal(r->rc, 0);
}

/* ---- the schema's word ---- */

static const struct row {
  const char *block;            /* of aws_x */
  const char *planned, *actual; /* its attributes */
  bool equal;
} rows[] = {
    {"\"attributes\":{" ATTR("a", "[\"set\",\"string\"]") "}", "{\"a\":[\"1\",\"2\"]}",
     "{\"a\":[\"2\",\"1\"]}", true},
    {"\"attributes\":{" ATTR("a", "[\"set\",\"string\"]") "}", "{\"a\":[\"1\",\"2\"]}",
     "{\"a\":[\"2\",\"3\"]}", false},
    {"\"attributes\":{" ATTR("a", "[\"set\",\"string\"]") "}", "{\"a\":[\"1\",\"1\",\"2\"]}",
     "{\"a\":[\"1\",\"2\",\"2\"]}", false}, /* a multiset */
    {"\"attributes\":{" ATTR("a", "[\"list\",\"string\"]") "}", "{\"a\":[\"1\",\"2\"]}",
     "{\"a\":[\"2\",\"1\"]}", false},
    {"\"attributes\":{" ATTR("a", "[\"tuple\",[\"string\",\"string\"]]") "}",
     "{\"a\":[\"1\",\"2\"]}", "{\"a\":[\"2\",\"1\"]}", false},
    {"\"attributes\":{" ATTR("a", "[\"list\",[\"set\",\"string\"]]") "}",
     "{\"a\":[[\"1\",\"2\"],[\"3\"]]}", "{\"a\":[[\"2\",\"1\"],[\"3\"]]}", true},
    {"\"attributes\":{" ATTR("a", "[\"list\",[\"set\",\"string\"]]") "}",
     "{\"a\":[[\"1\",\"2\"],[\"3\"]]}", "{\"a\":[[\"3\"],[\"1\",\"2\"]]}", false},
    {"\"attributes\":{" ATTR("a", "[\"set\",[\"list\",\"string\"]]") "}",
     "{\"a\":[[\"1\",\"2\"],[\"3\",\"4\"]]}", "{\"a\":[[\"3\",\"4\"],[\"1\",\"2\"]]}", true},
    {"\"attributes\":{" ATTR("a", "[\"set\",[\"list\",\"string\"]]") "}",
     "{\"a\":[[\"1\",\"2\"],[\"3\",\"4\"]]}", "{\"a\":[[\"3\",\"4\"],[\"2\",\"1\"]]}", false},
    {"\"attributes\":{" ATTR("a", "[\"map\",[\"set\",\"number\"]]") "}", "{\"a\":{\"x\":[1,2]}}",
     "{\"a\":{\"x\":[2,1]}}", true},
    {"\"attributes\":{" ATTR("a", "[\"map\",[\"list\",\"number\"]]") "}", "{\"a\":{\"x\":[1,2]}}",
     "{\"a\":{\"x\":[2,1]}}", false},
    {"\"attributes\":{" ATTR("a", "[\"object\",{\"b\":[\"set\",\"number\"],\"c\":\"string\"}]") "}",
     "{\"a\":{\"b\":[1,2],\"c\":\"\"}}", "{\"a\":{\"b\":[2,1],\"c\":\"\"}}", true},
    {"\"attributes\":{\"a\":{\"nested_type\":{\"nesting_mode\":\"set\",\"attributes\":{" ATTR(
         "b", "[\"list\",\"number\"]") "}}}}",
     "{\"a\":[{\"b\":[1,2]},{\"b\":[3,4]}]}", "{\"a\":[{\"b\":[3,4]},{\"b\":[1,2]}]}", true},
    {"\"attributes\":{\"a\":{\"nested_type\":{\"nesting_mode\":\"set\",\"attributes\":{" ATTR(
         "b", "[\"list\",\"number\"]") "}}}}",
     "{\"a\":[{\"b\":[1,2]},{\"b\":[3,4]}]}", "{\"a\":[{\"b\":[3,4]},{\"b\":[2,1]}]}", false},
    {"\"attributes\":{\"a\":{\"nested_type\":{\"nesting_mode\":\"map\",\"attributes\":{" ATTR(
         "b", "[\"set\",\"number\"]") "}}}}",
     "{\"a\":{\"k\":{\"b\":[1,2]}}}", "{\"a\":{\"k\":{\"b\":[2,1]}}}", true},
    {"\"block_types\":{" BLOCK("a", "set", "\"attributes\":{" ATTR("b", "\"string\"") "}") "}",
     "{\"a\":[{\"b\":\"1\"},{\"b\":\"2\"}]}", "{\"a\":[{\"b\":\"2\"},{\"b\":\"1\"}]}", true},
    {"\"block_types\":{" BLOCK("a", "list", "\"attributes\":{" ATTR("b", "\"string\"") "}") "}",
     "{\"a\":[{\"b\":\"1\"},{\"b\":\"2\"}]}", "{\"a\":[{\"b\":\"2\"},{\"b\":\"1\"}]}", false},
    {"\"block_types\":{" BLOCK(
         "a", "list",
         "\"block_types\":{" BLOCK("b", "set",
                                   "\"attributes\":{" ATTR("c", "\"string\"") "}") "}") "}",
     "{\"a\":[{\"b\":[{\"c\":\"1\"},{\"c\":\"2\"}]}]}",
     "{\"a\":[{\"b\":[{\"c\":\"2\"},{\"c\":\"1\"}]}]}", true},
    {"\"block_types\":{" BLOCK("a", "single",
                               "\"attributes\":{" ATTR("b", "[\"set\",\"string\"]") "}") "}",
     "{\"a\":{\"b\":[\"1\",\"2\"]}}", "{\"a\":{\"b\":[\"2\",\"1\"]}}", true},
};

static void the_schema_tells_sets_from_lists(void **state) {
  (void)state;
  struct texts *t = malloc(sizeof *t);
  assert_non_null(t);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct run r;
    char schema[4096];
    assert_true((size_t)snprintf(schema, sizeof schema,
                                 SCHEMA(REGISTRY, "\"aws_x\":{\"version\":0,\"block\":{%s}}"),
                                 rows[i].block) < sizeof schema);
    compare(&r, t, "aws_x", rows[i].planned, rows[i].actual, schema);
    bool order = found(&r, MU_F_DRIFT_ORDER, NULL, NULL) != NULL;
    if ((alarms(&r) == 0) != rows[i].equal || order) {
      print_findings(&r);
      fail_msg("row %zu: %s against %s", i, rows[i].planned, rows[i].actual);
    }
    finish(&r);
  }
  free(t);
}

static void without_a_schema_an_order_is_a_remark(void **state) {
  (void)state;
  struct texts *t = malloc(sizeof *t);
  assert_non_null(t);
  struct run r;
  compare(&r, t, "aws_x", "{\"a\":[\"1\",\"2\"]}", "{\"a\":[\"2\",\"1\"]}", NULL);
  assert_int_equal(alarms(&r), 0);
  assert_non_null(found(&r, MU_F_DRIFT_ORDER, "aws_x.x", "a"));
  finish(&r);
  free(t);
}

static void the_schema_comes_before_the_tables(void **state) {
  (void)state;
  struct texts *t = malloc(sizeof *t);
  assert_non_null(t);
  struct run r;
  /* layers of a function: a list by the table; subnet_ids: a set */
  compare(&r, t, "aws_lambda_function", "{\"layers\":[\"1\",\"2\"]}", "{\"layers\":[\"2\",\"1\"]}",
          NULL);
  assert_true(alarms(&r) > 0);
  finish(&r);
  compare(&r, t, "aws_lambda_function", "{\"layers\":[\"1\",\"2\"]}", "{\"layers\":[\"2\",\"1\"]}",
          SCHEMA(REGISTRY, TYPE("aws_lambda_function", "0",
                                "\"attributes\":{" ATTR("layers", "[\"set\",\"string\"]") "}")));
  assert_int_equal(alarms(&r), 0);
  assert_true(noted(&r, "layers", "set"));
  finish(&r);
  compare(
      &r, t, "aws_x", "{\"subnet_ids\":[\"1\",\"2\"]}", "{\"subnet_ids\":[\"2\",\"1\"]}",
      SCHEMA(REGISTRY, TYPE("aws_x", "0",
                            "\"attributes\":{" ATTR("subnet_ids", "[\"list\",\"string\"]") "}")));
  assert_int_equal(alarms(&r), 0); /* the order means nothing to the service; it is said */
  assert_non_null(found(&r, MU_F_DRIFT_ORDER, "aws_x.x", "subnet_ids"));
  finish(&r);
  free(t);
}

/* ---- a schema that is not the plan's ---- */

static void another_provider_or_version_is_said(void **state) {
  (void)state;
  static const struct {
    const char *schema, *subject, *says;
  } cases[] = {
      {SCHEMA("registry.terraform.io/acme/aws", TYPE("aws_x", "0", "\"attributes\":{}")), REGISTRY,
       "does not have the provider"},
      {SCHEMA(REGISTRY, TYPE("aws_y", "0", "\"attributes\":{}")), "aws_x",
       "does not have the type"},
      {SCHEMA(REGISTRY, TYPE("aws_x", "0",
                             "\"attributes\":{" ATTR("a", "[\"set\",\"string\"]") "," ATTR(
                                 "newer", "\"string\"") "}")),
       "aws_x", "newer"},
      {SCHEMA(REGISTRY, TYPE("aws_x", "0", "\"attributes\":{}")), "aws_x", "lacks attributes"},
  };
  struct texts *t = malloc(sizeof *t);
  assert_non_null(t);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct run r;
    compare(&r, t, "aws_x", "{\"a\":[\"1\",\"2\"]}", "{\"a\":[\"2\",\"1\"]}", cases[i].schema);
    const struct mu_finding *f = must(&r, MU_F_DRIFT_SCHEMA_FILE, cases[i].subject, NULL);
    if (!strstr(f->message, cases[i].says) || !strstr(f->message, "schema.json")) {
      print_findings(&r);
      fail_msg("case %zu", i);
    }
    assert_non_null(found(&r, MU_F_DRIFT_ORDER, "aws_x.x", "a")); /* as if there were none */
    finish(&r);
  }
  free(t);
}

#define CONF_PLAN(version)                                                                         \
  "{\"format_version\":\"1.2\",\"resource_changes\":[" CREATE(                                     \
      "aws_x.x", "aws_x", "{\"a\":[\"1\",\"2\"]}",                                                 \
      "{}") "],"                                                                                   \
            "\"configuration\":{\"root_module\":{\"resources\":[{\"address\":\"aws_x.x\","         \
            "\"mode\":"                                                                            \
            "\"managed\",\"type\":\"aws_x\",\"name\":\"x\",\"expressions\":{\"a\":{}},\"schema_"   \
            "version\":" version "}]}}}"

static void another_schema_version_is_said(void **state) {
  (void)state;
  const char *schema = SCHEMA(
      REGISTRY, TYPE("aws_x", "2", "\"attributes\":{" ATTR("a", "[\"set\",\"string\"]") "}"));
  for (int fits = 0; fits < 2; fits++) {
    struct run r;
    start(&r, fits ? CONF_PLAN("2") : CONF_PLAN("1"),
          STATE(RES("aws_x.x", "aws_x", "{\"a\":[\"2\",\"1\"]}")));
    r.in.schema = schema_of(&r, schema);
    size_t known = 9, types = 9;
    mu_schema_fit(r.in.schema, &known, &types);
    assert_int_equal(known, fits);
    assert_int_equal(types, 1);
    go(&r);
    const struct mu_finding *f = must(&r, MU_F_DRIFT_SCHEMA_FILE, "aws_x", NULL);
    assert_int_equal(strstr(f->message, "schema version 2 of it, the plan has 1") != NULL, !fits);
    finish(&r);
  }
}

static void what_is_no_schema_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum mu_errc code;
    const char *says;
  } cases[] = {
      {"", MU_E_INPUT, "terraform providers schema -json"},
      {"{}", MU_E_INPUT, "terraform providers schema -json"},
      {"{\"format_version\":\"1.2\",\"resource_changes\":[]}", MU_E_INPUT, "no providers schema"},
      {"{\"format_version\":\"2.0\",\"provider_schemas\":{}}", MU_E_UNSUPPORTED, "\"2.0\""},
      {"{\"format_version\":\"1.0\",\"provider_schemas\":{\"" REGISTRY
       "\":{\"resource_schemas\":{\"aws_x\":{\"block\":{",
       MU_E_INPUT, "schema.json"},
      {"not json", MU_E_INPUT, "schema.json"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct run r;
    start(&r, PLAN(CREATE("aws_x.x", "aws_x", "{}", "{}")), STATE(""));
    struct mu_schema *schema = NULL;
    const struct mu_schema_opts opts = {.name = "schema.json"};
    assert_int_equal(mu_schema_parse(cases[i].text, strlen(cases[i].text), &opts, r.in.plan,
                                     r.arena, &schema, &r.err),
                     -1);
    assert_int_equal(r.err.code, cases[i].code);
    if (!strstr(r.err.msg, cases[i].says)) {
      fail_msg("%zu: %s", i, r.err.msg);
    }
    assert_null(schema);
    finish(&r);
  }
}

/* ---- raw states, tables, config ---- */

#define TFSTATE(type)                                                                              \
  "{\"version\":4,\"terraform_version\":\"1.9.8\",\"serial\":1,\"lineage\":\"l\",\"outputs\":{},"  \
  "\"resources\":[{\"mode\":\"managed\",\"type\":\"terraform_data\",\"name\":\"x\",\"provider\":"  \
  "\"provider[\\\"terraform.io/builtin/terraform\\\"]\",\"instances\":[{\"schema_version\":0,"     \
  "\"attributes\":{\"id\":\"i\",\"input\":{\"value\":{\"a\":[\"2\",\"1\"]},\"type\":[\"object\","  \
  "{\"a\":" type "}]},\"later\":[\"2\",\"1\"]}}]}]}"

static void the_type_of_a_dynamic_value_counts(void **state) {
  (void)state;
  const char *plan =
      "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"terraform_data.x\","
      "\"mode\":"
      "\"managed\",\"type\":\"terraform_data\",\"name\":\"x\",\"provider_name\":"
      "\"terraform.io/builtin/terraform\",\"change\":{\"actions\":[\"create\"],\"before\":null,"
      "\"after\":{\"id\":\"i\",\"input\":{\"a\":[\"1\",\"2\"]},\"later\":[\"1\",\"2\"]},"
      "\"after_unknown\":{},\"before_sensitive\":false,\"after_sensitive\":{}}}]}";
  struct run r;
  run(&r, plan, TFSTATE("[\"set\",\"string\"]"));
  assert_int_equal(alarms(&r), 0);
  assert_true(noted(&r, "input.a", "set"));
  assert_non_null(found(&r, MU_F_DRIFT_ORDER, NULL, "later")); /* the type ends with its value */
  finish(&r);
  run(&r, plan, TFSTATE("[\"list\",\"string\"]"));
  only(&r, MU_F_DRIFT_CHANGED, "terraform_data.x", "input.a");
  finish(&r);
}

static void the_config_counts_where_nobody_else_knows(void **state) {
  (void)state;
  static const struct mu_set_rule sets[] = {{.type = "acme_*", .path = "rules", .key = "name"},
                                            {.type = "aws_*", .path = "layers"}};
  struct texts *t = malloc(sizeof *t);
  assert_non_null(t);
  struct run r;
  texts_of(t, "acme_x", "{\"rules\":[{\"name\":\"a\",\"v\":1},{\"name\":\"b\",\"v\":1}]}", "{}",
           "{\"rules\":[{\"name\":\"b\",\"v\":1},{\"name\":\"a\",\"v\":2}]}");
  start(&r, t->plan, t->state);
  r.in.sets = sets;
  r.in.sets_n = 2;
  go(&r);
  only(&r, MU_F_DRIFT_CHANGED, "acme_x.x", "rules[name=a].v");
  finish(&r);
  texts_of(t, "aws_lambda_function", "{\"layers\":[\"1\",\"2\"]}", "{}",
           "{\"layers\":[\"2\",\"1\"]}");
  start(&r, t->plan, t->state);
  r.in.sets = sets;
  r.in.sets_n = 2;
  go(&r);
  assert_true(alarms(&r) > 0); /* the table says that it is a list */
  finish(&r);
  free(t);
}

static void two_plans_are_compared_by_the_schema_as_well(void **state) {
  (void)state;
  struct run r;
  const char *staged = PLAN(CREATE("aws_x.x", "aws_x", "{\"a\":[\"1\",\"2\"]}", "{}"));
  start(&r, staged, STATE(""));
  const struct mu_doc *fresh =
      doc_of(&r, "fresh", PLAN(CREATE("aws_x.x", "aws_x", "{\"a\":[\"2\",\"1\"]}", "{}")), false);
  for (int list = 0; list < 2; list++) {
    struct mu_fresh_in in = {
        .staged = r.in.plan,
        .fresh = fresh,
        .schema = schema_of(
            &r,
            list ? SCHEMA(REGISTRY, TYPE("aws_x", "0",
                                         "\"attributes\":{" ATTR("a", "[\"list\",\"string\"]") "}"))
                 : SCHEMA(REGISTRY,
                          TYPE("aws_x", "0",
                               "\"attributes\":{" ATTR("a", "[\"set\",\"string\"]") "}")))};
    struct mu_drift_out out = {.findings = &r.findings};
    r.findings.n = 0;
    assert_int_equal(mu_drift_fresh(&in, r.arena, &out, &r.err), 0);
    assert_int_equal(alarms(&r), list);
  }
  struct mu_fresh_in in = {
      .staged = r.in.plan,
      .fresh = fresh,
      .schema = schema_of(&r, SCHEMA(REGISTRY, TYPE("aws_y", "0", "\"attributes\":{}")))};
  struct mu_drift_out out = {.findings = &r.findings};
  assert_int_equal(mu_drift_fresh(&in, r.arena, &out, &r.err), 0);
  assert_non_null(found(&r, MU_F_DRIFT_SCHEMA_FILE, "aws_x", NULL));
  finish(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_schema_tells_sets_from_lists),
      cmocka_unit_test(without_a_schema_an_order_is_a_remark),
      cmocka_unit_test(the_schema_comes_before_the_tables),
      cmocka_unit_test(another_provider_or_version_is_said),
      cmocka_unit_test(another_schema_version_is_said),
      cmocka_unit_test(what_is_no_schema_is_refused),
      cmocka_unit_test(the_type_of_a_dynamic_value_counts),
      cmocka_unit_test(the_config_counts_where_nobody_else_knows),
      cmocka_unit_test(two_plans_are_compared_by_the_schema_as_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
