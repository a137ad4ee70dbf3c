/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

static struct mu_json *parse(const char *text) {
  struct mu_json *doc = NULL;
  struct mu_err err = {0};
  if (mu_json_parse(text, strlen(text), &doc, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return doc;
}

static void paths_lead_to_values(void **state) {
  (void)state;
  struct mu_json *doc =
      parse("{\"a\":{\"b\":[{\"c\":1},{\"c\":-2}],\"o.d\":\"x\"},\"t\":true,\"r\":2.5}");
  const struct mu_json_node *root = mu_json_root(doc);
  assert_int_equal(mu_json_int(mu_json_path(root, "a.b[0].c"), 9), 1);
  assert_int_equal(mu_json_int(mu_json_path(root, "a.b[-1].c"), 9), -2);
  assert_int_equal(mu_json_int(mu_json_path(root, "a.b[2].c"), 9), 9);
  assert_int_equal(mu_json_int(mu_json_path(root, "a.b[-3].c"), 9), 9);
  assert_string_equal(mu_json_str(mu_json_path(root, "a[\"o.d\"]"), ""), "x");
  assert_null(mu_json_path(root, "a..b"));
  assert_null(mu_json_path(root, "a.b["));
  assert_true(mu_json_bool(mu_json_get(root, "t"), false));
  assert_true(mu_json_real(mu_json_get(root, "r"), 0) > 2.4);
  assert_string_equal(mu_json_str(mu_json_get(root, "t"), "no"), "no");
  assert_int_equal(mu_json_type(mu_json_get(NULL, "t")), MU_JSON_ABSENT);
  mu_json_free(doc);
}

static void members_keep_their_order(void **state) {
  (void)state;
  struct mu_json *doc = parse("{\"z\":1,\"a\":2,\"m\":3}");
  const char *key = NULL;
  assert_int_equal(mu_json_len(mu_json_root(doc)), 3);
  assert_int_equal(mu_json_int(mu_json_member(mu_json_root(doc), 0, &key), 0), 1);
  assert_string_equal(key, "z");
  (void)mu_json_member(mu_json_root(doc), 2, &key);
  assert_string_equal(key, "m");
  assert_null(mu_json_member(mu_json_root(doc), 3, &key));
  mu_json_free(doc);
}

static void dump_is_canonical(void **state) {
  (void)state;
  struct mu_json *doc = parse(
      "{ \"b\" : [1, 2.50, null, false, \"q\\\"\"], \"a\" : {\"y\":0.1,\"x\":9007199254740993} }");
  MU_STR(out, 4096);
  mu_json_dump(mu_json_root(doc), &out);
  assert_string_equal(
      mu_str_get(&out),
      "{\"a\":{\"x\":9007199254740993,\"y\":0.1},\"b\":[1,2.5,null,false,\"q\\\"\"]}");
  struct mu_arena *arena = mu_arena_new();
  assert_string_equal(mu_json_text(mu_json_path(mu_json_root(doc), "b[4]"), arena), "q\"");
  assert_string_equal(mu_json_text(mu_json_path(mu_json_root(doc), "b[0]"), arena), "1");
  mu_arena_free(arena);
  mu_json_free(doc);
}

static void refuse(const char *text, size_t n, enum mu_errc code, const char *word) {
  struct mu_json *doc = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_json_parse(text, n, &doc, &err), -1);
  assert_int_equal(err.code, code);
  assert_non_null(strstr(err.msg, word));
  assert_null(doc);
}

static void bad_text_is_refused(void **state) {
  (void)state;
  refuse("{\"a\":1,\"a\":2}", 13, MU_E_INPUT, "duplicate");
  refuse("{\"a\":\n]", 7, MU_E_INPUT, "line 2");
  refuse("", 0, MU_E_INPUT, "line");
  char deep[400];
  memset(deep, '[', 200);
  memset(deep + 200, ']', 200);
  refuse(deep, sizeof deep, MU_E_LIMIT, "128");
  struct mu_json *doc = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_json_parse(deep + 72, 256, &doc, &err), 0); /* 128 levels are fine */
  mu_json_free(doc);
  struct mu_json *quoted = parse("\"[[[[[[\\\"[[[[\"");
  mu_json_free(quoted);
}

static void writer_makes_one_line(void **state) {
  (void)state;
  MU_STR(out, 4096);
  struct mu_jw w;
  mu_jw_init(&w, &out, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "s", "a\nb");
  mu_jw_kstr_opt(&w, "left out", NULL);
  mu_jw_kint(&w, "small", -9007199254740992);
  mu_jw_kint(&w, "large", INT64_MAX);
  mu_jw_kbool(&w, "yes", true);
  mu_jw_key(&w, "list");
  mu_jw_array(&w);
  mu_jw_real(&w, 0.1);
  mu_jw_real(&w, 1e300);
  mu_jw_null(&w);
  mu_jw_object(&w);
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_jw_kraw_opt(&w, "raw", "{}");
  mu_jw_end(&w);
  assert_string_equal(
      mu_str_get(&out),
      "{\"s\":\"a\\nb\",\"small\":-9007199254740992,\"large\":\"9223372036854775807\","
      "\"yes\":true,\"list\":[0.1,1e+300,null,{}],\"raw\":{}}");
}

static void writer_indents(void **state) {
  (void)state;
  MU_STR(out, 4096);
  struct mu_jw w;
  mu_jw_init(&w, &out, 2);
  mu_jw_object(&w);
  mu_jw_key(&w, "a");
  mu_jw_array(&w);
  mu_jw_int(&w, 1);
  mu_jw_int(&w, 2);
  mu_jw_end(&w);
  mu_jw_key(&w, "b");
  mu_jw_array(&w);
  mu_jw_end(&w);
  mu_jw_end(&w);
  assert_string_equal(mu_str_get(&out), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}");
}

static void text_is_laid_out_as_the_writer_would(void **state) {
  (void)state;
  static const char dense[] =
      "{\"a\":[1,{\"b\":{}},[],\"{\\\"[,:\\\\\"],\"c:d\":null,\"e\":-1.5e3}";
  MU_STR(out, 4096);
  mu_json_indent(dense, strlen(dense), 2, &out);
  assert_string_equal(mu_str_get(&out), "{\n  \"a\": [\n    1,\n    {\n      \"b\": {}\n    },\n"
                                        "    [],\n    \"{\\\"[,:\\\\\"\n  ],\n  \"c:d\": null,\n"
                                        "  \"e\": -1.5e3\n}");
  static const char *const broken[] = {"", "\"", "\"\\", "]}", "{\"a\"", "[redacted]x", "}:,{"};
  for (size_t i = 0; i < MU_LEN(broken); i++) { /* no promise but to come back */
    mu_str_clear(&out);
    mu_json_indent(broken[i], strlen(broken[i]), 2, &out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths_lead_to_values),
      cmocka_unit_test(members_keep_their_order),
      cmocka_unit_test(dump_is_canonical),
      cmocka_unit_test(bad_text_is_refused),
      cmocka_unit_test(writer_makes_one_line),
      cmocka_unit_test(writer_indents),
      cmocka_unit_test(text_is_laid_out_as_the_writer_would),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
