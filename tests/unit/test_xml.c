/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/xml.h"

static const char LISTING[] =
    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a > b -->"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" a='>'>\n"
    "  <Name>lake</Name>\n  <Prefix/>\n"
    "  <Contents><Key>a&amp;b&#x20;&#252;</Key><Size>1</Size></Contents>\n"
    "  <Other>x</Other>\n"
    "  <Contents><Key><![CDATA[<c>]]></Key><Size>2</Size></Contents>\n"
    "</ListBucketResult>\n";

static void paths(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  const struct mu_xml_node *doc = NULL;
  assert_int_equal(mu_xml_parse(LISTING, strlen(LISTING), arena, &doc, &err), 0);
  assert_string_equal(mu_xml_str(doc, "ListBucketResult/Name", ""), "lake");
  assert_string_equal(mu_xml_str(doc, "ListBucketResult/Prefix", "none"), "");
  assert_string_equal(mu_xml_str(doc, "ListBucketResult/Contents[0]/Key", ""), "a&b \xc3\xbc");
  assert_string_equal(mu_xml_str(doc, "ListBucketResult/Contents[1]/Key", ""), "<c>");
  assert_string_equal(mu_xml_str(doc, "ListBucketResult/Contents[2]/Key", "none"), "none");
  assert_null(mu_xml_path(doc, "ListBucketResult/Contents[-1]"));
  assert_null(mu_xml_path(doc, "ListBucketResult//Name"));
  assert_null(mu_xml_path(doc, "Name"));
  const struct mu_xml_node *one = mu_xml_child(mu_xml_child(doc, NULL), "Contents");
  assert_string_equal(mu_xml_str(mu_xml_again(one), "Size", ""), "2");
  assert_null(mu_xml_again(mu_xml_again(one)));
  mu_arena_free(arena);
}

static void refuse(const char *text, enum mu_errc code) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  const struct mu_xml_node *doc = NULL;
  assert_int_equal(mu_xml_parse(text, strlen(text), arena, &doc, &err), -1);
  assert_int_equal(err.code, code);
  assert_null(doc);
  mu_arena_free(arena);
}

static void what_is_no_xml_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "text",
      "<a>",
      "<a></b>",
      "<a/><b/>",
      "<a><b></a></b>",
      "<a",
      "<a b=\"",
      "<a>&nope;</a>",
      "<a>& b</a>",
      "<a>&#0;</a>",
      "<a>&#xD800;</a>",
      "<a>&#x110000;</a>",
      "<a>&#;</a>",
      "</a>",
      "<>",
      "<a/>x",
      "<![CDATA[x]]>",
      "<a><![CDATA[x</a>",
      "<!-- ",
      "<a b=<c>/>",
      "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
  };
  for (size_t i = 0; i < MU_LEN(bad); i++) {
    refuse(bad[i], MU_E_INPUT);
  }
}

static void depth_is_bounded(void **state) {
  (void)state;
  MU_STR(deep, 4096);
  for (int i = 0; i <= MU_XML_DEPTH; i++) {
    mu_str_add(&deep, "<a>");
  }
  refuse(mu_str_get(&deep), MU_E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths),
      cmocka_unit_test(what_is_no_xml_is_refused),
      cmocka_unit_test(depth_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
