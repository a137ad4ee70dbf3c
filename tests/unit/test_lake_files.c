/* SPDX-License-Identifier: Apache-2.0 */
/* Footers of Parquet and ORC files and deletion vectors, made by hand: right, cut at every byte,
 * and contradicting themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "base/err.h"
#include "base/str.h"
#include "lake/orc.h"
#include "lake/parquet.h"
#include "lake/puffin.h"

enum { MAX = 1 << 20 };

/* ---- Parquet ---- */

static void zigzag(struct mu_str *out, int64_t value) {
  uint64_t bits = (uint64_t)value << 1;
  for (; bits >= 0x80; bits >>= 7) {
    mu_str_addc(out, (char)(bits | 0x80));
  }
  mu_str_addc(out, (char)bits);
}

/* version 1, a schema of one element, the rows, one row group with a column chunk to skip,
 * optionally encrypted. */
static void parquet(struct mu_str *out, int64_t rows, int64_t in_group, bool encrypted,
                    const char *magic) {
  MU_STR(footer, MAX);
  mu_str_addn(&footer, "\x15\x02\x19\x1c\x48\x06schema\x00\x16", 14);
  zigzag(&footer, rows);
  mu_str_addn(&footer, "\x19\x1c\x19\x1c\x26\x08\x00\x16\x10\x16", 10);
  zigzag(&footer, in_group);
  mu_str_addc(&footer, '\0');
  if (encrypted) {
    mu_str_addn(&footer, "\x4c\x1c\x18\x01x\x00\x00", 7);
  }
  mu_str_addc(&footer, '\0');
  mu_str_addn(out, "PAR1data", 8);
  mu_str_addn(out, footer.p, footer.n);
  mu_str_addf(out, "%c%c", (int)(footer.n & 0xff), (int)(footer.n >> 8));
  mu_str_addn(out, "\0\0", 2);
  mu_str_add(out, magic);
}

static void parquet_footers(void **state) {
  (void)state;
  struct mu_parquet_footer footer = {0};
  struct mu_err err = {0};
  MU_STR(file, MAX);
  parquet(&file, 150, 150, false, "PAR1");
  assert_int_equal(mu_parquet_footer_parse(file.p, file.n, &footer, &err), 0);
  assert_int_equal(footer.rows, 150);
  assert_int_equal(footer.row_groups, 1);
  for (size_t n = 0; n < file.n;
       n++) { /* the start cut off: too short, until the footer is whole */
    size_t kept = file.n - n;
    int rc = mu_parquet_footer_parse(file.p + n, kept, &footer, &err);
    assert_int_equal(rc, kept >= footer.footer_n && kept >= file.n - 8 ? 0 : -1);
    if (rc != 0 && kept >= 8) {
      assert_int_equal(err.code, MU_E_LIMIT);
      assert_int_equal(footer.footer_n, file.n - 8);
    }
  }
}

static void parquet_that_is_refused(void **state) {
  (void)state;
  static const struct {
    int64_t rows, in_group;
    bool encrypted;
    const char *magic;
    enum mu_errc code;
  } table[] = {
      {150, 149, false, "PAR1", MU_E_INPUT},
      {150, 150, true, "PAR1", MU_E_UNSUPPORTED},
      {150, 150, false, "PARE", MU_E_UNSUPPORTED},
      {150, 150, false, "PAR2", MU_E_INPUT},
  };
  for (size_t i = 0; i < MU_LEN(table); i++) {
    struct mu_parquet_footer footer = {0};
    struct mu_err err = {0};
    MU_STR(file, MAX);
    parquet(&file, table[i].rows, table[i].in_group, table[i].encrypted, table[i].magic);
    assert_int_equal(mu_parquet_footer_parse(file.p, file.n, &footer, &err), -1);
    assert_int_equal(err.code, table[i].code);
  }
}

/* ---- ORC ---- */

static void pb(struct mu_str *out, unsigned id, uint64_t number) {
  for (uint64_t v[] = {(uint64_t)id << 3, number}, *at = v; at < v + 2; at++) {
    for (; *at >= 0x80; *at >>= 7) {
      mu_str_addc(out, (char)(*at | 0x80));
    }
    mu_str_addc(out, (char)*at);
  }
}

/* Two stripes; compression 0 none, 1 zlib. */
static void orc(struct mu_str *out, uint64_t rows, uint64_t first, uint64_t second,
                uint64_t compression) {
  MU_STR(footer, MAX);
  for (int i = 0; i < 2; i++) {
    MU_STR(stripe, 64);
    pb(&stripe, 1, 3);
    pb(&stripe, 5, i == 0 ? first : second);
    mu_str_addf(&footer, "%c%c", 3 << 3 | 2, (int)stripe.n);
    mu_str_addn(&footer, stripe.p, stripe.n);
  }
  pb(&footer, 6, rows);
  mu_str_add(out, "ORCdata");
  size_t from = out->n;
  if (compression == 1) {
    char packed[256];
    struct libdeflate_compressor *deflate = libdeflate_alloc_compressor(6);
    size_t n = libdeflate_deflate_compress(deflate, footer.p, footer.n, packed, sizeof packed);
    libdeflate_free_compressor(deflate);
    mu_str_addf(out, "%c", (int)(n << 1));
    mu_str_addn(out, "\0\0", 2);
    mu_str_addn(out, packed, n);
  } else {
    mu_str_addn(out, footer.p, footer.n);
  }
  MU_STR(postscript, 64);
  pb(&postscript, 1, out->n - from);
  pb(&postscript, 2, compression);
  mu_str_addn(&postscript, "\x82\xf4\x03\x03ORC", 7);
  mu_str_addn(out, postscript.p, postscript.n);
  mu_str_addc(out, (char)postscript.n);
}

static void orc_tails(void **state) {
  (void)state;
  for (uint64_t compression = 0; compression < 2; compression++) {
    struct mu_orc_tail tail = {0};
    struct mu_err err = {0};
    MU_STR(file, MAX);
    orc(&file, 300, 100, 200, compression);
    assert_int_equal(mu_orc_tail_parse(file.p, file.n, &tail, &err), 0);
    assert_int_equal(tail.rows, 300);
    size_t whole = tail.tail_n;
    for (size_t n = 0; n < file.n; n++) {
      int rc = mu_orc_tail_parse(file.p + n, file.n - n, &tail, &err);
      assert_int_equal(rc, file.n - n >= whole ? 0 : -1);
    }
    mu_str_clear(&file);
    orc(&file, 300, 100, 199, compression);
    assert_int_equal(mu_orc_tail_parse(file.p, file.n, &tail, &err), -1);
    assert_int_equal(err.code, MU_E_INPUT);
  }
}

static void orc_that_is_refused(void **state) {
  (void)state;
  struct mu_orc_tail tail = {0};
  struct mu_err err = {0};
  MU_STR(file, MAX);
  orc(&file, 300, 100, 200, 4);
  assert_int_equal(mu_orc_tail_parse(file.p, file.n, &tail, &err), -1);
  assert_int_equal(err.code, MU_E_UNSUPPORTED);
  assert_int_equal(mu_orc_tail_parse("", 0, &tail, &err), -1);
  assert_int_equal(mu_orc_tail_parse("\1\1", 2, &tail, &err), -1);
}

/* ---- Deletion vectors ---- */

static void add16(struct mu_str *out, unsigned value) {
  mu_str_addc(out, (char)(value & 0xff));
  mu_str_addc(out, (char)(value >> 8));
}

static void add32(struct mu_str *out, uint32_t value) {
  add16(out, value & 0xffff);
  add16(out, value >> 16);
}

static void big32(struct mu_str *out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    mu_str_addc(out, (char)(value >> shift & 0xff));
  }
}

/* The bitmaps, with length, magic and checksum around them. */
static void blob(struct mu_str *out, const struct mu_str *bitmaps) {
  MU_STR(body, MAX);
  mu_str_addn(&body, "\xd1\xd3\x39\x64", 4);
  mu_str_addn(&body, bitmaps->p, bitmaps->n);
  big32(out, (uint32_t)body.n);
  mu_str_addn(out, body.p, body.n);
  big32(out, libdeflate_crc32(0, body.p, body.n));
}

/* An array of 3, a bitmap of 5000, and in a second bitmap two runs of 10 and 1. */
static void three_containers(struct mu_str *out) {
  add32(out, 2);
  add32(out, 0);
  add32(out, 0); /* high half 0 */
  add32(out, 12346);
  add32(out, 2);
  add16(out, 0);
  add16(out, 2);
  add16(out, 5);
  add16(out, 4999);
  add32(out, 0);
  add32(out, 0);
  add16(out, 1);
  add16(out, 7);
  add16(out, 9);
  for (int i = 0; i < 8192; i++) {
    mu_str_addc(out, i < 625 ? (char)0xff : '\0');
  }
  add32(out, 3);                               /* high half 3 */
  mu_str_addn(out, "\x3b\x30\x00\x00\x01", 5); /* cookie 12347, one container, a run */
  add16(out, 1);
  add16(out, 10);
  add16(out, 2);
  add16(out, 0);
  add16(out, 9);
  add16(out, 100);
  add16(out, 0);
}

static void vectors_of_every_container(void **state) {
  (void)state;
  struct mu_vector vector = {0};
  struct mu_err err = {0};
  MU_STR(bitmaps, MAX);
  MU_STR(bytes, MAX);
  three_containers(&bitmaps);
  blob(&bytes, &bitmaps);
  if (mu_puffin_vector_parse(bytes.p, bytes.n, &vector, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  assert_int_equal(vector.cardinality, 3 + 5000 + 11);
  assert_int_equal(vector.last, ((int64_t)3 << 32) + (1 << 16) + 100);
}

static void a_vector_changed_anywhere_is_refused(void **state) {
  (void)state;
  MU_STR(bitmaps, MAX);
  MU_STR(bytes, MAX);
  three_containers(&bitmaps);
  blob(&bytes, &bitmaps);
  for (size_t i = 0; i < bytes.n; i += 7) {
    struct mu_vector vector = {0};
    struct mu_err err = {0};
    bytes.p[i] ^= 1;
    assert_int_equal(mu_puffin_vector_parse(bytes.p, bytes.n, &vector, &err), -1);
    bytes.p[i] ^= 1;
    assert_int_equal(mu_puffin_vector_parse(bytes.p, i, &vector, &err), -1);
  }
}

/* With a checksum that fits: what the container's head says must be what it holds. */
static void a_vector_that_miscounts_is_refused(void **state) {
  (void)state;
  static const size_t places[] = {0,  12, 16, 22,  26,
                                  36, 38, 48, 8245}; /* counts, cookie, cardinalities, values */
  for (size_t i = 0; i < MU_LEN(places); i++) {
    struct mu_vector vector = {0};
    struct mu_err err = {0};
    MU_STR(bitmaps, MAX);
    MU_STR(bytes, MAX);
    three_containers(&bitmaps);
    bitmaps.p[places[i]] ^= 8;
    blob(&bytes, &bitmaps);
    if (mu_puffin_vector_parse(bytes.p, bytes.n, &vector, &err) == 0 &&
        vector.cardinality != 5014) {
      fail_msg("place %zu gives %lld", places[i], (long long)vector.cardinality);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parquet_footers),
      cmocka_unit_test(parquet_that_is_refused),
      cmocka_unit_test(orc_tails),
      cmocka_unit_test(orc_that_is_refused),
      cmocka_unit_test(vectors_of_every_container),
      cmocka_unit_test(a_vector_changed_anywhere_is_refused),
      cmocka_unit_test(a_vector_that_miscounts_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
