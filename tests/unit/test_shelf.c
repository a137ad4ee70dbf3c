/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of support and of certificates against a day. */
#include "base/num.h"
#include "drift/cert.h"
#include "drift/shelf.h"
#include "unit/drift_run.h"

#define DAY INT64_C(86400000)

struct look {
  struct run r;
  struct texts *texts;
  struct mu_shelf_in in;
  struct mu_shelf_out out;
};

static int64_t day(const char *date) {
  char text[32];
  int64_t ms = 0;
  (void)snprintf(text, sizeof text, "%sT12:00:00Z", date);
  assert_int_equal(mu_time_parse(text, &ms), 0);
  return ms;
}

static void look(struct look *l, const char *now, const char *type, const char *after,
                 const struct mu_shelf_rule *rules, size_t n) {
  l->texts = malloc(sizeof *l->texts); /* documents work on their text */
  assert_non_null(l->texts);
  texts_of(l->texts, type, after, "{}", "{}");
  start(&l->r, l->texts->plan, STATE(""));
  l->in = (struct mu_shelf_in){.doc = l->r.in.plan,
                               .rules = rules,
                               .rules_n = n,
                               .now_ms = day(now),
                               .warn_ms = 180 * DAY,
                               .fail_ms = 60 * DAY,
                               .certificate_ms = 21 * DAY,
                               .check = "shelf"};
  l->out = (struct mu_shelf_out){.findings = &l->r.findings};
  mu_shelf_look(&l->in, l->r.arena, &l->out);
}

static void done(struct look *l) {
  finish(&l->r);
  free(l->texts);
}

#define PG(version) "{\"engine\":\"postgres\",\"engine_version\":\"" version "\"}"

static void versions_of_the_table(void **state) {
  (void)state;
  static const struct {
    const char *now, *type, *after;
    int severity; /* -1: no finding */
    const char *says;
  } rows[] = {
      {"2026-01-01", "aws_eks_cluster", "{\"version\":\"1.33\"}", -1, NULL},
      {"2026-02-15", "aws_eks_cluster", "{\"version\":\"1.33\"}", MU_LOW,
       "EKS 1.33: standard support ends on 2026-07-29, in 163 days; extended support ends on "
       "2027-07-29"},
      {"2026-06-15", "aws_eks_cluster", "{\"version\":\"1.33\"}", MU_MEDIUM, "in 43 days"},
      {"2026-11-23", "aws_eks_cluster", "{\"version\":\"1.33\"}", MU_MEDIUM,
       "ended on 2026-07-29, 117 days ago; extended support ends on 2027-07-29"},
      {"2027-07-28", "aws_eks_cluster", "{\"version\":\"1.33\"}", MU_MEDIUM, "ends on 2027-07-29"},
      {"2027-07-29", "aws_eks_cluster", "{\"version\":\"1.33\"}", MU_HIGH, "ended on 2027-07-29"},
      {"2026-11-23", "aws_eks_node_group", "{\"version\":\"1.29\"}", MU_HIGH, "EKS nodes 1.29"},
      {"2026-11-23", "aws_db_instance", PG("16.4"), -1, NULL},
      {"2026-11-23", "aws_db_instance", PG("14.12"), MU_LOW, "RDS for PostgreSQL 14.12"},
      {"2026-11-23", "aws_db_instance", PG("9.6.24"), MU_HIGH, "support ended on 2022-04-30"},
      {"2026-11-23", "aws_rds_cluster",
       "{\"engine\":\"aurora-mysql\",\"engine_version\":\"5.7.mysql_aurora.2.11.2\"}", MU_HIGH,
       "Aurora MySQL 5.7.mysql_aurora.2.11.2"},
      {"2026-11-23", "aws_lambda_function", "{\"runtime\":\"python3.9\"}", MU_HIGH,
       "Lambda python3.9: support ended on 2025-12-15"},
      {"2026-11-23", "aws_lambda_function", "{\"runtime\":\"java8.al2\"}", -1, NULL},
      {"2026-11-23", "aws_s3_bucket", "{\"version\":\"1.20\"}", -1, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct look l;
    look(&l, rows[i].now, rows[i].type, rows[i].after, NULL, 0);
    const struct mu_finding *f = found(&l.r, MU_F_SHELF_LIFE_ENDS, NULL, NULL);
    bool good = rows[i].severity < 0
                    ? l.r.findings.n == 0
                    : f && (int)f->severity == rows[i].severity &&
                          strstr(f->message, rows[i].says) && f->verdict == MU_FAIL;
    if (!good) {
      print_findings(&l.r);
      fail_msg("row %zu", i);
    }
    done(&l);
  }
}

static void versions_of_no_table(void **state) {
  (void)state;
  static const struct {
    const char *type, *after;
    bool told;
  } rows[] = {
      {"aws_eks_cluster", "{\"version\":\"1.99\"}", true},
      {"aws_eks_cluster", "{\"version\":\"1.3\"}", true}, /* not the beginning of 1.33 */
      {"aws_db_instance", PG("99.1"), true},
      {"aws_lambda_function", "{\"runtime\":\"python3.1\"}", true},
      {"aws_eks_cluster", "{\"version\":null}", false}, /* not known when planned */
      {"aws_db_instance", "{\"engine\":\"oracle-ee\",\"engine_version\":\"19\"}", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct look l;
    look(&l, "2026-11-23", rows[i].type, rows[i].after, NULL, 0);
    if ((found(&l.r, MU_F_SHELF_LIFE_UNKNOWN, NULL, NULL) != NULL) != rows[i].told ||
        l.out.unlisted != rows[i].told || l.r.findings.n != rows[i].told) {
      print_findings(&l.r);
      fail_msg("row %zu", i);
    }
    done(&l);
  }
}

static void the_operators_rows_come_first(void **state) {
  (void)state;
  struct mu_shelf_rule rules[] = {
      {.type = "aws_eks_cluster", .attribute = "version", .version = "1.33", .source = "a letter"},
      {.type = "aws_db_*",
       .attribute = "engine_version",
       .engine = "oracle-ee",
       .version = "19",
       .source = "support.oracle.com"},
      {.type = "acme_*", .attribute = "release", .version = "7", .source = "acme.example"},
  };
  rules[0].until_ms = day("2026-12-31");
  rules[1].until_ms = day("2027-04-30");
  rules[2].until_ms = day("2030-01-01");
  struct look l;
  look(&l, "2026-11-23", "aws_eks_cluster", "{\"version\":\"1.33\"}", rules, 3);
  const struct mu_finding *f = must(&l.r, MU_F_SHELF_LIFE_ENDS, "aws_eks_cluster.x", "version");
  assert_non_null(strstr(f->message, "support ends on 2026-12-31, in 38 days (a letter)"));
  assert_int_equal(f->severity, MU_MEDIUM);
  done(&l);
  look(&l, "2026-11-23", "aws_db_instance",
       "{\"engine\":\"oracle-ee\",\"engine_version\":\"19.0.0\"}", rules, 3);
  assert_non_null(strstr(must(&l.r, MU_F_SHELF_LIFE_ENDS, NULL, "engine_version")->message,
                         "oracle-ee 19.0.0"));
  done(&l);
  look(&l, "2026-11-23", "aws_eks_cluster", "{\"version\":\"1.34\"}", rules, 3);
  assert_non_null(found(&l.r, MU_F_SHELF_LIFE_ENDS, NULL, NULL)); /* the table's own row */
  done(&l);
  look(&l, "2026-11-23", "acme_db", "{\"release\":\"7.3\"}", rules, 3);
  assert_int_equal(l.r.findings.n, 0);
  assert_int_equal(l.out.looked_up, 1);
  assert_non_null(strstr(l.out.headline, "0 of 1 end soon or have ended · next: acme_db 7.3 on "
                                         "2030-01-01 · table of 2026-08-22"));
  done(&l);
  look(&l, "2026-11-23", "acme_db", "{\"release\":\"8.0\"}", rules, 3);
  assert_non_null(found(&l.r, MU_F_SHELF_LIFE_UNKNOWN, NULL, "release"));
  done(&l);
}

/* openssl req -x509 -newkey ed25519 -nodes -subj /CN=a -not_after 20270131120000Z: UTCTime; the
 * other ends on 20510131120000Z: GeneralizedTime. */
#define PEM_2027                                                                                   \
  "-----BEGIN CERTIFICATE-----\\n"                                                                 \
  "MIG+MHICAQEwBQYDK2VwMAwxCjAIBgNVBAMMAWEwHhcNMjYwMTAxMDAwMDAwWhcN\\n"                            \
  "MjcwMTMxMTIwMDAwWjAMMQowCAYDVQQDDAFhMCowBQYDK2VwAyEACCH9V7fPHo2g\\n"                            \
  "d95XZ5C9CimADGwN8LxRYKRu9ribWYkwBQYDK2VwA0EAPd1mW+b/XZWpV48heE5L\\n"                            \
  "E2fjeylKKUBPn75sgLXUmzD+ALYsq9357TAiV3G/34/oYqK0A+k27l+JwTJEXAfF\\n"                            \
  "Aw==\\n"                                                                                        \
  "-----END CERTIFICATE-----\\n"
#define PEM_2051                                                                                   \
  "-----BEGIN CERTIFICATE-----\\n"                                                                 \
  "MIHAMHQCAQEwBQYDK2VwMAwxCjAIBgNVBAMMAWEwIBcNMjYwMTAxMDAwMDAwWhgP\\n"                            \
  "MjA1MTAxMzExMjAwMDBaMAwxCjAIBgNVBAMMAWEwKjAFBgMrZXADIQDfBtSercp4\\n"                            \
  "M8acAfnVxy6NoXB5DVOK+Cw2BQPfrbQWZDAFBgMrZXADQQBeqxTBgbofsdlxPE/5\\n"                            \
  "p7v4Rs8hv5ija4JqtXkcKfqH5ly9xMG//2IBxkCm6VyoEgZTFX7mQbG3eq5T6T/w\\n"                            \
  "jgkJ\\n"                                                                                        \
  "-----END CERTIFICATE-----\\n"

static void certificates(void **state) {
  (void)state;
  static const struct {
    const char *now, *type, *after;
    int severity;
    const char *says;
  } rows[] = {
      {"2026-11-23", "aws_acm_certificate", "{\"not_after\":\"2026-12-10T12:00:00Z\"}", MU_MEDIUM,
       "certificate: ends on 2026-12-10, in 17 days"},
      {"2026-11-23", "aws_acm_certificate", "{\"not_after\":\"2026-12-31T12:00:00Z\"}", -1, NULL},
      {"2026-11-23", "aws_acm_certificate", "{\"not_after\":\"2026-11-01T12:00:00Z\"}", MU_HIGH,
       "certificate: ended on 2026-11-01, 22 days ago"},
      {"2026-11-23", "tls_self_signed_cert", "{\"validity_end_time\":\"2026-11-24T00:00:00Z\"}",
       MU_MEDIUM, "in less than a day"},
      {"2027-01-20", "aws_iam_server_certificate", "{\"certificate_body\":\"" PEM_2027 "\"}",
       MU_MEDIUM, "ends on 2027-01-31"},
      {"2026-11-23", "aws_iam_server_certificate", "{\"certificate_body\":\"" PEM_2027 "\"}", -1,
       NULL},
      {"2051-02-02", "aws_iam_server_certificate", "{\"certificate_body\":\"" PEM_2051 "\"}",
       MU_HIGH, "ended on 2051-01-31"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct look l;
    look(&l, rows[i].now, rows[i].type, rows[i].after, NULL, 0);
    const struct mu_finding *f = found(&l.r, MU_F_SHELF_LIFE_ENDS, NULL, NULL);
    if (rows[i].severity < 0
            ? l.r.findings.n != 0
            : !f || (int)f->severity != rows[i].severity || !strstr(f->message, rows[i].says)) {
      print_findings(&l.r);
      fail_msg("row %zu", i);
    }
    assert_int_equal(l.out.looked_up, 1);
    done(&l);
  }
  struct look l;
  look(&l, "2026-11-23", "aws_acm_certificate", "{\"not_after\":\"soon\"}", NULL, 0);
  assert_non_null(
      strstr(must(&l.r, MU_F_SHELF_LIFE_UNKNOWN, NULL, "not_after")->message, "cannot be read"));
  done(&l);
}

static void damaged_certificates(void **state) {
  (void)state;
  int64_t ms = 0;
  static const char whole[] = PEM_2027;
  char text[sizeof whole];
  size_t n = 0;
  for (const char *p = whole; *p; p++) { /* the JSON escapes of line ends */
    text[n++] = p[0] == '\\' ? '\n' : *p;
    p += p[0] == '\\';
  }
  text[n] = '\0';
  assert_true(mu_cert_not_after(text, &ms));
  assert_false(mu_cert_not_after("", &ms));
  assert_false(mu_cert_not_after("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", &ms));
  assert_false(
      mu_cert_not_after("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", &ms));
  const char *body = strchr(text, '\n') + 1;
  for (size_t i = (size_t)(body - text); i < n; i++) { /* no byte of it makes it fall over */
    char was = text[i];
    for (const char *c = "A/=\n"; *c; c++) {
      text[i] = *c;
      (void)mu_cert_not_after(text, &ms);
    }
    text[i] = was;
  }
}

/* What is deleted, forgotten or only looked up has no shelf life; a refresh-only plan has. */
static void which_resources(void **state) {
  (void)state;
  struct look l = {0};
  start(&l.r,
        PLAN(CHANGE(
            "aws_eks_cluster.x", "aws_eks_cluster", "\"delete\"", "null",
            "{}") ","
                  "{\"address\":\"data.aws_eks_cluster.x\",\"mode\":\"data\",\"type\":\"aws_eks_"
                  "cluster\",\"name\":\"x\",\"change\":{\"actions\":[\"read\"],\"before\":null,"
                  "\"after\":{\"version\":\"1.20\"},\"after_unknown\":{}}}"),
        STATE(""));
  l.in = (struct mu_shelf_in){.doc = l.r.in.plan, .now_ms = day("2026-11-23"), .check = "s"};
  l.out.findings = &l.r.findings;
  mu_shelf_look(&l.in, l.r.arena, &l.out);
  assert_int_equal(l.out.looked_up + l.out.unlisted, 0);
  l.in.doc = doc_of(&l.r, "refresh",
                    "{\"format_version\":\"1.2\",\"planned_values\":{\"root_module\":{}},"
                    "\"prior_state\":{\"format_version\":\"1.0\",\"values\":{\"root_module\":{"
                    "\"resources\":[" RES("aws_eks_cluster.x", "aws_eks_cluster",
                                          "{\"version\":\"1.28\"}") "]}}}}",
                    true);
  mu_shelf_look(&l.in, l.r.arena, &l.out);
  assert_int_equal(must(&l.r, MU_F_SHELF_LIFE_ENDS, "aws_eks_cluster.x", "version")->severity,
                   MU_HIGH);
  finish(&l.r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(versions_of_the_table),         cmocka_unit_test(versions_of_no_table),
      cmocka_unit_test(the_operators_rows_come_first), cmocka_unit_test(certificates),
      cmocka_unit_test(damaged_certificates),          cmocka_unit_test(which_resources),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
