/* SPDX-License-Identifier: Apache-2.0 */
/* Avro files made by hand: the right ones are read by id whatever their order, each wrong one is a
 * clean error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"
#include "lake/avro.h"
#include "support/avro_file.h"

static const struct mu_avro_want wants[] = {
    {MU_AVRO_ROOT, 1, MU_AVRO_AS_LONG, true},
    {MU_AVRO_ROOT, 2, MU_AVRO_AS_BYTES, false},
    {MU_AVRO_ROOT, 3, MU_AVRO_AS_RAW, false},
    {3, 4, MU_AVRO_AS_LONG, false},
};
enum { N = 2 }; /* most files here want the first two */

/* A field and a record of a schema. */
#define F(name, type, id) "{'name':'" name "','type':" type ",'field-id':" id "}"
#define R(fields) "{'type':'record','name':'r','fields':[" fields "]}"

/* Reads all rows; the sum of field 1, or -1 with the error. */
static int64_t sum(const struct mu_str *file, size_t wants_n, struct mu_err *err) {
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  struct mu_avro_value values[MU_LEN(wants)] = {0};
  int64_t total = 0;
  if (mu_avro_open(mu_str_get(file), file->n, wants, wants_n, &avro, err) != 0) {
    return -1;
  }
  for (;;) {
    int more = mu_avro_next(avro, values, err);
    if (more <= 0) {
      return more == 0 ? total : -1;
    }
    total += values[0].i;
  }
}

static void one_row(struct mu_str *file, const char *schema, const char *codec,
                    const struct mu_str *body) {
  avro_header(file, schema, codec, NULL);
  avro_block(file, 1, body, codec);
}

static void fields_are_found_by_id_in_any_order(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(file, AVRO_FILE_MAX);
  MU_STR(body, 1024);
  avro_long(&body, 0); /* union branch 0: the long */
  avro_long(&body, 42);
  avro_text(&body, "skipped");
  avro_text(&body, "kept");
  one_row(&file,
          R(F("b", "['long','null']", "1") "," F("x", "'string'", "77") "," F("a", "'bytes'", "2")),
          NULL, &body);
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  struct mu_avro_value values[N] = {0};
  assert_int_equal(mu_avro_open(file.p, file.n, wants, N, &avro, &err), 0);
  assert_int_equal(mu_avro_next(avro, values, &err), 1);
  assert_int_equal(values[0].i, 42);
  assert_int_equal(values[1].n, 4);
  assert_memory_equal(values[1].p, "kept", 4);
  assert_int_equal(mu_avro_next(avro, values, &err), 0);
}

/* Every type there is, to be skipped; then the wanted field. */
static void every_type_is_skipped(void **state) {
  (void)state;
  static const char schema[] =
      "{'type':'record','name':'r','fields':["
      "{'name':'n','type':'null'},{'name':'t','type':'boolean'},{'name':'f','type':'float'},"
      "{'name':'d','type':'double'},{'name':'x','type':{'type':'fixed','name':'fx','size':5}},"
      "{'name':'e','type':{'type':'enum','name':'en','symbols':['A','B']}},"
      "{'name':'m','type':{'type':'map','values':'long'}},"
      "{'name':'l','type':{'type':'array','items':{'type':'record','name':'in','fields':["
      "{'name':'q','type':'int'},{'name':'w','type':'string'}]}}},"
      "{'name':'z','type':{'type':'array','items':'null'}},"
      "{'name':'v','type':{'type':'array','items':'long'}},"
      "{'name':'again','type':'fx'},{'name':'b','type':'long','field-id':1}]}";
  struct mu_err err = {0};
  MU_STR(file, AVRO_FILE_MAX);
  MU_STR(body, 4096);
  mu_str_addn(&body, "\1FFFFDDDDDDDD12345", 18);
  avro_long(&body, 1);
  avro_long(&body, -2); /* a map run with its size */
  avro_long(&body, 6);
  mu_str_addn(&body, "\2a\2\2b\4", 6);
  avro_long(&body, 0);
  avro_long(&body, 2);
  for (int i = 0; i < 2; i++) {
    avro_long(&body, i);
    avro_text(&body, "w");
  }
  avro_long(&body, 0);
  avro_long(&body, INT64_MAX); /* nulls take no room, however many */
  avro_long(&body, 0);
  avro_long(&body, 20); /* longs of one to ten bytes, more than a word of them */
  for (int i = 0; i < 20; i++) {
    avro_long(&body, (int64_t)1 << (3 * i));
  }
  avro_long(&body, 0);
  mu_str_addn(&body, "54321", 5);
  avro_long(&body, 7);
  one_row(&file, schema, "null", &body);
  assert_int_equal(sum(&file, 1, &err), 7);
}

static void a_nested_record_and_a_raw_one(void **state) {
  (void)state;
  static const char schema[] =
      "{'type':'record','name':'r','fields':[{'name':'b','type':'long','field-id':1},"
      "{'name':'p','field-id':3,'type':{'type':'record','name':'part','fields':["
      "{'name':'day','type':['null',{'type':'int','logicalType':'date'}],'field-id':1000},"
      "{'name':'c','type':['string','null'],'field-id':1001}]}}]}";
  struct mu_err err = {0};
  MU_STR(file, AVRO_FILE_MAX);
  MU_STR(body, 1024);
  MU_STR(text, 1024);
  avro_long(&body, 5);
  avro_long(&body, 1);
  avro_long(&body, 20500);
  avro_long(&body, 0);
  avro_text(&body, "DE");
  one_row(&file, schema, "deflate", &body);
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  struct mu_avro_value values[3] = {0};
  assert_int_equal(mu_avro_open(file.p, file.n, wants, 3, &avro, &err), 0);
  assert_int_equal(mu_avro_next(avro, values, &err), 1);
  mu_avro_raw_text(avro, 2, &values[2], &text);
  assert_string_equal(mu_str_get(&text), "day=2026-02-16, c=DE");
}

/* The same partition, written with other union orders and widths, is the same. */
static void equal_partitions_have_equal_bytes(void **state) {
  (void)state;
  static const char *const types[] = {"['null','int']", "['long','null']", "'long'"};
  MU_STR(first, 256);
  for (int i = 0; i < 3; i++) {
    struct mu_err err = {0};
    MU_STR(file, AVRO_FILE_MAX);
    MU_STR(body, 256);
    MU_STR(schema, 1024);
    MU_STR(canon, 256);
    mu_str_addf(&schema,
                R(F("b", "'long'", "1") ",{'name':'p','field-id':3,'type':{'type':'record',"
                                        "'name':'q','fields':[{'name':'x','type':%s}]}}"),
                types[i]);
    avro_long(&body, 1);
    if (i < 2) {
      avro_long(&body, i == 0 ? 1 : 0);
    }
    avro_long(&body, 99);
    one_row(&file, mu_str_get(&schema), NULL, &body);
    struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
    struct mu_avro_value values[3] = {0};
    assert_int_equal(mu_avro_open(file.p, file.n, wants, 3, &avro, &err), 0);
    assert_int_equal(mu_avro_next(avro, values, &err), 1);
    mu_avro_raw_canon(avro, 2, &values[2], &canon);
    if (i == 0) {
      mu_str_addn(&first, canon.p, canon.n);
    }
    assert_int_equal(canon.n, first.n);
    assert_memory_equal(canon.p, first.p, first.n);
  }
}

/* ---- What is wrong ---- */

static void schemas_that_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *schema;
    enum mu_errc code;
  } table[] = {
      {"not json", MU_E_INPUT},
      {"'long'", MU_E_INPUT},
      {"{}", MU_E_INPUT},
      {R(""), MU_E_INPUT},
      {R(F("a", "'long'", "9")), MU_E_INPUT},                           /* id 1 is missing */
      {R(F("a", "'string'", "1")), MU_E_INPUT},                         /* of another type */
      {R(F("a", "'long'", "1") "," F("b", "'long'", "1")), MU_E_INPUT}, /* twice */
      {R(F("a", "'longer'", "1")), MU_E_INPUT},
      {R(F("a", "[]", "1")), MU_E_INPUT},
      {R(F("a", "['null',['long']]", "1")), MU_E_INPUT},
      {R(F("a", "['null','long','int']", "1")), MU_E_INPUT},
      {R(F("a", "'long'", "1") "," F("b", "'r'", "5")), MU_E_INPUT}, /* itself */
      {R(F("a", "'long'", "1") "," F("b", "['null','r']", "5")), MU_E_INPUT},
      {R(F("a", "'long'", "1") ",{'name':'c'}"), MU_E_INPUT},
      {R(F("a", "'long'", "1") ",{'type':'int'}"), MU_E_INPUT},
      {R(F("a", "{'type':'fixed','name':'f','size':-1}", "5")), MU_E_INPUT},
      {R(F("a", "{'type':'fixed','name':'f','size':1099511627776}", "5")), MU_E_INPUT},
      {R(F("a", "{'type':'fixed','name':'f','size':-9223372036854775808}", "5")), MU_E_INPUT},
      {"{'type':'record','name':7,'fields':[]}", MU_E_INPUT},
      {"{'type':'record','fields':[]}", MU_E_INPUT},
      {"{'type':'record','name':'r','fields':{}}", MU_E_INPUT},
  };
  for (size_t i = 0; i < MU_LEN(table); i++) {
    struct mu_err err = {0};
    MU_STR(file, AVRO_FILE_MAX);
    MU_STR(body, 16);
    avro_long(&body, 1);
    one_row(&file, table[i].schema, NULL, &body);
    if (sum(&file, 1, &err) != -1 || err.code != table[i].code) {
      fail_msg("accepted: %s (%s)", table[i].schema, err.msg);
    }
  }
}

static void a_schema_as_deep_as_a_well_is_refused(void **state) {
  (void)state;
  for (int depth = 20; depth <= 2000; depth *= 10) {
    struct mu_err err = {0};
    MU_STR(file, AVRO_FILE_MAX);
    MU_STR(schema, 1 << 20);
    MU_STR(body, 16);
    mu_str_add(&schema, "{'type':'record','name':'r','fields':[");
    mu_str_add(&schema, F("a", "'long'", "1") ",{'name':'d','type':");
    for (int i = 0; i < depth; i++) {
      mu_str_add(&schema, "{'type':'array','items':");
    }
    mu_str_add(&schema, "'int'");
    for (int i = 0; i < depth; i++) {
      mu_str_addc(&schema, '}');
    }
    mu_str_add(&schema, "}]}");
    avro_long(&body, 3);
    avro_long(&body, 0);
    one_row(&file, mu_str_get(&schema), NULL, &body);
    assert_int_equal(sum(&file, 1, &err), depth == 20 ? 3 : -1);
  }
}

/* Types that refer to types: a graph of 2^20 leaves must cost no more than its bytes. */
static void a_schema_that_doubles_costs_nothing(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(file, AVRO_FILE_MAX);
  MU_STR(schema, 1 << 20);
  MU_STR(body, 16);
  mu_str_add(&schema, "{'type':'record','name':'r','fields':[" F("a", "'long'", "1"));
  mu_str_add(&schema, ",{'name':'d0','type':{'type':'record','name':'t0','fields':[]}}");
  for (int i = 1; i < 20; i++) {
    mu_str_addf(&schema,
                ",{'name':'d%d','type':{'type':'record','name':'t%d','fields':["
                "{'name':'x','type':'t%d'},{'name':'y','type':'t%d'}]}}",
                i, i, i - 1, i - 1);
  }
  mu_str_add(&schema, "]}");
  avro_long(&body, 4);
  one_row(&file, mu_str_get(&schema), NULL, &body);
  assert_int_equal(sum(&file, 1, &err), 4);
}

/* Counts and lengths that lie, at each place where one stands. */
static void numbers_that_lie(void **state) {
  (void)state;
  static const int64_t lies[] = {-1, -2, INT64_MIN, INT64_MAX, (int64_t)1 << 40};
  static const char schema[] =
      "{'type':'record','name':'r','fields':[{'name':'b','type':'long','field-id':1},"
      "{'name':'s','type':'string','field-id':2},"
      "{'name':'l','type':{'type':'array','items':'string'}},"
      "{'name':'m','type':{'type':'map','values':'int'}},{'name':'u','type':['null','int']},"
      "{'name':'e','type':{'type':'enum','name':'en','symbols':['A']}}]}";
  for (size_t i = 0; i < MU_LEN(lies); i++) {
    for (int place = 0; place <= 7; place++) { /* 7: nowhere, and all is well */
      struct mu_err err = {0};
      MU_STR(file, AVRO_FILE_MAX);
      MU_STR(body, 1024);
      avro_long(&body, 1);
      avro_long(&body, place == 0 ? lies[i] : 1);
      mu_str_addc(&body, 's');
      avro_long(&body, place == 1 ? lies[i] : 0);
      avro_long(&body, place == 2 ? lies[i] : 0);
      avro_long(&body, place == 3 ? lies[i] : 0);
      avro_long(&body, place == 4 ? lies[i] : 0);
      avro_header(&file, schema, NULL, NULL);
      if (place == 5) { /* rows of the block */
        avro_block(&file, lies[i], &body, NULL);
      } else if (place == 6) { /* bytes of the block */
        avro_long(&file, 1);
        avro_long(&file, lies[i]);
        mu_str_addn(&file, body.p, body.n);
      } else {
        avro_block(&file, 1, &body, NULL);
      }
      int64_t got = sum(&file, N, &err);
      if (place == 7 ? got != 1 : got != -1 || err.code != MU_E_INPUT) {
        fail_msg("place %d, %lld: %lld %s", place, (long long)lies[i], (long long)got, err.msg);
      }
    }
  }
}

static void files_that_are_broken(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(whole, AVRO_FILE_MAX);
  MU_STR(body, 1024);
  avro_long(&body, 3);
  one_row(&whole, R(F("b", "'long'", "1")), "deflate", &body);
  assert_int_equal(sum(&whole, 1, &err), 3);
  size_t header = whole.n - 16 - 3 - 3;  /* about: the block is a dozen bytes */
  for (size_t n = 0; n < whole.n; n++) { /* cut anywhere but between blocks */
    MU_STR(cut, AVRO_FILE_MAX);
    mu_str_addn(&cut, whole.p, n);
    int64_t got = sum(&cut, 1, &err);
    assert_true(got == -1 || (got == 0 && n < header));
  }
  whole.p[whole.n - 1] = 'x'; /* the sync marker */
  assert_int_equal(sum(&whole, 1, &err), -1);
}

static void codecs_that_are_unknown_or_damaged(void **state) {
  (void)state;
  static const char *const codecs[] = {"snappy", "zstandard", "deflate", "bzip2", "", "\x1b[2J"};
  for (size_t i = 0; i < MU_LEN(codecs); i++) {
    struct mu_err err = {0};
    MU_STR(file, AVRO_FILE_MAX);
    avro_header(&file, R(F("b", "'long'", "1")), codecs[i], NULL);
    avro_long(&file, 1);
    avro_bytes(&file, "\xff\xff\xffgarbage", 10);
    mu_str_addn(&file, "muster-test-sync", 16);
    assert_int_equal(sum(&file, 1, &err), -1);
    assert_int_equal(err.code, i < 3 ? MU_E_INPUT : MU_E_UNSUPPORTED);
    assert_null(strchr(err.msg, '\x1b'));
  }
}

static void a_bomb_meets_the_cap(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(file, AVRO_FILE_MAX);
  struct mu_str body = MU_STR_INIT((size_t)300 * 1024 * 1024);
  char zeros[4096] = {0};
  while (body.n < (size_t)290 * 1024 * 1024) {
    mu_str_addn(&body, zeros, sizeof zeros);
  }
  one_row(&file, R(F("b", "'long'", "1")), "deflate", &body);
  mu_str_done(&body);
  assert_int_equal(sum(&file, 1, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_are_found_by_id_in_any_order),
      cmocka_unit_test(every_type_is_skipped),
      cmocka_unit_test(a_nested_record_and_a_raw_one),
      cmocka_unit_test(equal_partitions_have_equal_bytes),
      cmocka_unit_test(schemas_that_are_refused),
      cmocka_unit_test(a_schema_as_deep_as_a_well_is_refused),
      cmocka_unit_test(a_schema_that_doubles_costs_nothing),
      cmocka_unit_test(numbers_that_lie),
      cmocka_unit_test(files_that_are_broken),
      cmocka_unit_test(codecs_that_are_unknown_or_damaged),
      cmocka_unit_test(a_bomb_meets_the_cap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
