/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS client against a stub that answers as told: retries, refusals, clocks, credentials,
 * endpoints. */
#define _DEFAULT_SOURCE /* setenv, mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/str.h"
#include "support/aws_world.h"
#include "support/certs.h"
#include "wire/aws.h"

static const char STS_OK[] =
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>tok</SessionToken>"
    "<Expiration>2027-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></"
    "AssumeRoleResponse>";

/* ---- credentials ---- */

static int who(struct aws_world *w, struct mu_aws_options options, struct mu_aws_who *out,
               struct mu_err *err) {
  struct mu_aws *aws = aws_world_client(w, options);
  *err = (struct mu_err){0};
  int result = mu_aws_who(aws, w->http, w->arena, out, err);
  mu_aws_free(aws);
  return result;
}

static void check_who(struct aws_world *w, struct mu_aws_options options, const char *source,
                      const char *key) {
  struct mu_aws_who got;
  struct mu_err err;
  if (who(w, options, &got, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  assert_string_equal(got.source, source);
  assert_string_equal(got.access_key, key);
}

static void environment_and_profiles(void **state) {
  struct aws_world *w = *state;
  struct mu_aws_who got;
  struct mu_err err;
  check_who(w, (struct mu_aws_options){0}, "environment", "AKIDENV");
  (void)setenv(
      "AWS_SHARED_CREDENTIALS_FILE",
      aws_world_file(w, "credentials",
                     "# keys\n[default]\naws_access_key_id=AKIDDEF\naws_secret_access_key = s\n"
                     "[dr]\naws_access_key_id : AKIDDR\naws_secret_access_key=x=#y\n"
                     "[half]\naws_access_key_id=A\n"),
      1);
  check_who(w, (struct mu_aws_options){.profile = "dr"}, "profile dr",
            "AKIDDR"); /* named: not the environment */
  assert_int_equal(who(w, (struct mu_aws_options){.profile = "half"}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err),
                   -1); /* not somebody else's instead */
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  check_who(w, (struct mu_aws_options){0}, "profile default", "AKIDDEF");
  struct mu_aws *aws = NULL;
  struct mu_aws_options nobody = {.profile = "nobody"};
  assert_int_equal(mu_aws_new(&nobody, &aws, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG);
  assert_non_null(strstr(err.msg, "nobody"));
}

static void no_credentials_are_denied(void **state) {
  struct aws_world *w = *state;
  struct mu_aws_who got;
  struct mu_err err;
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
}

static void roles_are_assumed(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply sts[] = {{200, NULL, STS_OK, false}};
  (void)setenv(
      "AWS_CONFIG_FILE",
      aws_world_file(
          w, "config",
          "[profile base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=s\n"
          "[profile mid]\nrole_arn=arn:aws:iam::1:role/mid\nsource_profile=base\n"
          "[profile \"top\"]\nrole_arn=arn:aws:iam::2:role/top\nsource_profile=mid\nexternal_id=e "
          "x\n"
          "[profile loop]\nrole_arn=r\nsource_profile=pool\n[profile "
          "pool]\nrole_arn=r\nsource_profile=loop\n"),
      1);
  TOLD(w, sts);
  check_who(w, (struct mu_aws_options){.profile = "top"}, "profile top: assumed role", "ASIAROLE");
  assert_int_equal(w->seen_n, 2);
  assert_non_null(strstr(w->seen[0], "Credential=AKIDBASE/"));
  assert_non_null(strstr(w->seen[0], "role%2Fmid"));
  assert_non_null(strstr(w->seen[1], "Credential=ASIAROLE/"));
  assert_non_null(strstr(w->seen[1], "X-Amz-Security-Token: tok"));
  assert_non_null(strstr(w->seen[1], "ExternalId=e%20x"));
  struct mu_aws_who got;
  struct mu_err err;
  assert_int_equal(who(w, (struct mu_aws_options){.profile = "loop"}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_CONFIG);
}

static void web_identity_is_unsigned(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply sts[] = {
      {200, NULL,
       "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><"
       "AccessKeyId>ASIAWEB</AccessKeyId>"
       "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</"
       "SessionToken><Expiration>2027-01-01T00:00:00Z</Expiration>"
       "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
       false}};
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  (void)setenv("AWS_WEB_IDENTITY_TOKEN_FILE", aws_world_file(w, "token", "ey.J.x\n"), 1);
  (void)setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod", 1);
  TOLD(w, sts);
  check_who(w, (struct mu_aws_options){0}, "web identity", "ASIAWEB");
  assert_null(strstr(w->seen[0], "Authorization"));
  assert_non_null(strstr(w->seen[0], "WebIdentityToken=ey.J.x"));
}

static const char WEB_OK[] =
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>"
    "ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2027-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
    "</AssumeRoleWithWebIdentityResponse>";

/* A role whose token is a file, and one that starts from the environment's keys. */
static void roles_from_elsewhere(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply web[] = {{200, NULL, WEB_OK, false}};
  const struct aws_reply sts[] = {{200, NULL, STS_OK, false}};
  const char *token = aws_world_file(w, "token", "of.the.profile\n");
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(w, "config",
                              mu_arena_fmt(w->arena,
                                           "[profile pod]\nrole_arn=arn:aws:iam::1:role/p\n"
                                           "web_identity_token_file=%s\nrole_session_name=night\n"
                                           "[profile up]\nrole_arn=arn:aws:iam::1:role/u\n"
                                           "source_profile=pod\n"
                                           "[profile env]\nrole_arn=arn:aws:iam::1:role/e\n"
                                           "credential_source=Environment\nduration_seconds=900\n"
                                           "[profile odd]\nrole_arn=arn:aws:iam::1:role/o\n"
                                           "credential_source=Moon\n"
                                           "[profile two]\nrole_arn=arn:aws:iam::1:role/t\n"
                                           "credential_source=Environment\nsource_profile=pod\n",
                                           token)),
               1);
  TOLD(w, web);
  check_who(w, (struct mu_aws_options){.profile = "pod"}, "profile pod: web identity", "ASIAWEB");
  assert_non_null(strstr(w->seen[0], "WebIdentityToken=of.the.profile"));
  assert_non_null(strstr(w->seen[0], "RoleSessionName=night"));
  const struct aws_reply both[] = {{200, NULL, WEB_OK, false}, {200, NULL, STS_OK, false}};
  TOLD(w, both);
  check_who(w, (struct mu_aws_options){.profile = "up"}, "profile up: assumed role", "ASIAROLE");
  assert_non_null(strstr(w->seen[1], "Credential=ASIAWEB/"));
  TOLD(w, sts);
  check_who(w, (struct mu_aws_options){.profile = "env"}, "profile env: assumed role", "ASIAROLE");
  assert_non_null(strstr(w->seen[0], "Credential=AKIDENV/"));
  assert_non_null(strstr(w->seen[0], "DurationSeconds=900"));
  struct mu_aws_who got;
  struct mu_err err;
  static const char *const wrong[] = {"odd", "two"};
  for (size_t i = 0; i < MU_LEN(wrong); i++) {
    assert_int_equal(who(w, (struct mu_aws_options){.profile = wrong[i]}, &got, &err), -1);
    assert_int_equal(err.code, MU_E_CONFIG);
  }
}

/* In botocore's order: keys of the environment before those of a role that the environment's own
 * profile names; a token of the environment before the profile's keys. */
static void the_first_that_is_configured_decides(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply web[] = {{200, NULL, WEB_OK, false}};
  const struct aws_reply denied[] = {
      {403, NULL, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
       false}};
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(w, "config",
                              "[profile dr]\naws_access_key_id=AKIDDR\naws_secret_access_key=s\n"),
               1);
  (void)setenv("AWS_PROFILE", "dr", 1);
  (void)setenv("AWS_WEB_IDENTITY_TOKEN_FILE", aws_world_file(w, "token", "t"), 1);
  (void)setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod", 1);
  TOLD(w, web);
  check_who(w, (struct mu_aws_options){0}, "environment", "AKIDENV");
  assert_int_equal(w->seen_n, 0);
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  check_who(w, (struct mu_aws_options){0}, "web identity", "ASIAWEB");
  check_who(w, (struct mu_aws_options){.profile = "dr"}, "profile dr", "AKIDDR"); /* named */
  struct mu_aws_who got;
  struct mu_err err;
  TOLD(w, denied); /* refused: not somebody else instead */
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
}

static void web_endpoint(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  (void)ctx;
  (void)req;
  mu_str_add(&resp->body, STS_OK);
}

/* An authority of one's own is trusted where AWS_CA_BUNDLE or the profile names it, nowhere else.
 */
static void a_bundle_is_trusted(void **state) {
  struct aws_world *w = *state;
  struct mu_aws_who got;
  struct mu_err err;
  certs_make(w->dir, "sts", "IP:127.0.0.1", -60, 3600);
  struct httpd *tls =
      httpd_start_tls(web_endpoint, NULL, mu_arena_fmt(w->arena, "%s/sts.pem", w->dir),
                      mu_arena_fmt(w->arena, "%s/sts.key", w->dir));
  (void)setenv("AWS_ENDPOINT_URL_STS",
               mu_arena_fmt(w->arena, "https://127.0.0.1:%d", httpd_port(tls)), 1);
  static const char text[] = "[profile base]\naws_access_key_id=A\naws_secret_access_key=s\n"
                             "[profile dr]\nrole_arn=r\nsource_profile=base\n";
  struct mu_aws_options dr = {.profile = "dr"};
  (void)setenv("AWS_CONFIG_FILE", aws_world_file(w, "config", text), 1);
  assert_int_equal(who(w, dr, &got, &err), -1);
  assert_int_equal(err.code, MU_E_NET);
  (void)setenv("AWS_CA_BUNDLE", mu_arena_fmt(w->arena, "%s/ca.pem", w->dir), 1);
  check_who(w, dr, "profile dr: assumed role", "ASIAROLE");
  (void)unsetenv("AWS_CA_BUNDLE");
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(w, "config", mu_arena_fmt(w->arena, "%sca_bundle=~/ca.pem\n", text)),
               1);
  check_who(w, dr, "profile dr: assumed role", "ASIAROLE");
  httpd_stop(tls);
}

static void sso_takes_the_cached_token(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply portal[] = {{200, NULL,
                                      "{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\","
                                      "\"secretAccessKey\":\"s\",\"sessionToken\":\"t\","
                                      "\"expiration\":1795500000000}}",
                                      false}};
  struct mu_err err;
  struct mu_aws_who got;
  (void)setenv(
      "AWS_CONFIG_FILE",
      aws_world_file(w, "config",
                     "[profile sso]\nsso_session=corp\nsso_account_id=1\nsso_role_name=dr\n"
                     "[sso-session corp]\nsso_region=eu-west-1\nsso_start_url=https://x\n"),
      1);
  assert_int_equal(who(w, (struct mu_aws_options){.profile = "sso"}, &got, &err), -1);
  assert_non_null(strstr(err.msg, "aws sso login --profile sso"));
  const char *dir = mu_arena_fmt(w->arena, "%s/.aws/sso/cache", w->dir);
  assert_int_equal(mu_io_mkdirs(dir, &err), 0);
  TOLD(w, portal);
  const char *argv[] = {"sh", "-c", "printf corp | sha1sum | cut -c1-40 | tr -d '\\n'", NULL};
  MU_STR(name, 100);
  struct mu_exec spec = {.argv = argv, .out = &name};
  struct mu_exec_result result;
  assert_int_equal(mu_exec_run(&spec, &result, &err), 0);
  (void)aws_world_file(w, mu_arena_fmt(w->arena, ".aws/sso/cache/%s.json", mu_str_get(&name)),
                       "{\"accessToken\":\"sso-token\",\"expiresAt\":\"2026-12-01T00:00:00Z\"}");
  check_who(w, (struct mu_aws_options){.profile = "sso"}, "profile sso: SSO", "ASIASSO");
  (void)aws_world_file(w, mu_arena_fmt(w->arena, ".aws/sso/cache/%s.json", mu_str_get(&name)),
                       "{\"accessToken\":\"sso-token\",\"expiresAt\":\"2026-12-01T00:00:00UTC\"}");
  check_who(w, (struct mu_aws_options){.profile = "sso"}, "profile sso: SSO", "ASIASSO");
  assert_non_null(strstr(w->seen[0], "GET /federation/credentials?account_id=1&role_name=dr\r\n"));
  assert_non_null(strstr(w->seen[0], "x-amz-sso_bearer_token: sso-token"));
}

static const char AGENT_KEYS[] =
    "{\"AccessKeyId\":\"ASIABOX\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":"
    "\"2027-01-01T00:00:00Z\"}";

static void containers(void **state) {
  struct aws_world *w = *state;
  struct mu_err err;
  struct mu_aws_who got;
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  const struct aws_reply late[] = {
      {0, NULL, NULL, true}, {503, NULL, "", false}, {200, NULL, AGENT_KEYS, false}};
  TOLD(w, late);
  (void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", mu_arena_fmt(w->arena, "%s/creds", w->base),
               1);
  (void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", aws_world_file(w, "token", "box-token"),
               1);
  check_who(w, (struct mu_aws_options){0}, "container", "ASIABOX");
  assert_non_null(strstr(w->seen[0], "Authorization: box-token\r\n"));
  const struct aws_reply no[] = {{403, NULL, "", false}};
  TOLD(w, no); /* a no is not asked for twice, and nobody else is asked instead */
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  assert_int_equal(err.code, MU_E_DENIED);
  assert_int_equal(w->seen_n, 1);
  (void)aws_world_file(w, "token", "two\r\nlines"); /* a header of somebody else's making */
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  assert_int_equal(w->seen_n, 1);
  static const char *const evil[] = {"http://evil.example/creds", "http://127.0.0.1.evil.example/",
                                     "ftp://127.0.0.1/"};
  for (size_t i = 0; i < MU_LEN(evil); i++) {
    (void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", evil[i], 1);
    assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
    assert_int_equal(err.code, MU_E_CONFIG);
  }
}

static void instances(void **state) {
  struct aws_world *w = *state;
  struct mu_err err;
  struct mu_aws_who got;
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  (void)setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", mu_arena_fmt(w->arena, "%s/", w->base), 1);
  const struct aws_reply imds[] = {{200, NULL, "imds-token", false},
                                   {200, NULL, "dr-role\n", false},
                                   {200, NULL, AGENT_KEYS, false}};
  TOLD(w, imds);
  (void)setenv("AWS_EC2_METADATA_DISABLED", "True", 1);
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  assert_int_equal(w->seen_n, 0);
  (void)setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
  check_who(w, (struct mu_aws_options){0}, "instance role dr-role", "ASIABOX");
  assert_true(mu_str_starts(w->seen[0], "PUT /latest/api/token\r\n"));
  assert_non_null(strstr(w->seen[2], "X-aws-ec2-metadata-token: imds-token\r\n"));
  assert_true(
      mu_str_starts(w->seen[2], "GET /latest/meta-data/iam/security-credentials/dr-role\r\n"));
  const struct aws_reply flaky[] = {{500, NULL, "", false},
                                    {200, NULL, "imds-token", false},
                                    {200, NULL, "dr-role", false},
                                    {200, NULL, AGENT_KEYS, false}};
  TOLD(w, flaky);
  assert_int_equal(who(w, (struct mu_aws_options){0}, &got, &err), -1);
  (void)setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2", 1);
  TOLD(w, flaky);
  check_who(w, (struct mu_aws_options){0}, "instance role dr-role", "ASIABOX");
}

/* ---- endpoints ---- */

static const char *override_of(struct aws_world *w, struct mu_aws_options options,
                               const char *service) {
  struct mu_aws *aws = aws_world_client(w, options);
  const struct mu_aws_override *rows = NULL;
  size_t n = mu_aws_overridden(aws, w->arena, &rows);
  const char *found = "none";
  for (size_t i = 0; i < n; i++) {
    if (strcmp(rows[i].service, service) == 0) {
      found = mu_arena_fmt(w->arena, "%s from %s", rows[i].url, rows[i].source);
    }
  }
  mu_aws_free(aws);
  return found;
}

static void endpoints_in_their_order(void **state) {
  struct aws_world *w = *state;
  struct mu_aws_options dr = {.profile = "dr"};
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(w, "config",
                              "[profile dr]\nservices = local\nendpoint_url = http://p\n"
                              "[services local]\nglue =\n  endpoint_url = http://s-glue\n"
                              "route_53 =\n  endpoint_url = http://s-dns\n"),
               1);
  (void)setenv("AWS_ENDPOINT_URL", "http://all", 1);
  (void)setenv("AWS_ENDPOINT_URL_GLUE", "http://glue", 1);
  assert_string_equal(override_of(w, dr, "glue"), "http://glue from AWS_ENDPOINT_URL_GLUE");
  assert_string_equal(override_of(w, dr, "s3"), "http://all from AWS_ENDPOINT_URL");
  (void)unsetenv("AWS_ENDPOINT_URL_GLUE");
  (void)unsetenv("AWS_ENDPOINT_URL");
  assert_string_equal(override_of(w, dr, "glue"), "http://s-glue from services local");
  assert_string_equal(override_of(w, dr, "route53"), "http://s-dns from services local");
  assert_string_equal(override_of(w, dr, "s3"), "http://p from profile dr");
  (void)setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
  assert_string_equal(override_of(w, dr, "glue"), "none");
  (void)unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  (void)unsetenv("AWS_CONFIG_FILE");
  assert_string_equal(override_of(w, (struct mu_aws_options){0}, "glue"), "none");
}

static void what_we_cannot_do_is_said(void **state) {
  struct aws_world *w = *state;
  struct mu_aws_who got;
  struct mu_err err;
  const struct aws_reply sts[] = {{200, NULL, STS_OK, false}};
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(w, "config",
                              "[profile mfa]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=base\n"
                              "mfa_serial=arn:aws:iam::1:mfa/me\n"
                              "[profile over]\nrole_arn=arn:aws:iam::1:role/o\nsource_profile=mfa\n"
                              "[profile base]\naws_access_key_id=A\naws_secret_access_key=s\n"
                              "[profile in]\nlogin_session=arn:aws:iam::1:user/me\n"),
               1);
  TOLD(w, sts);
  static const struct {
    const char *profile, *cure;
  } cases[] = {
      {"mfa", "export-credentials --profile mfa"},
      {"over", "export-credentials --profile mfa"}, /* also where it is on the way */
      {"in", "credential_process = aws configure export-credentials --profile in"},
  };
  for (size_t i = 0; i < MU_LEN(cases); i++) {
    struct mu_aws_options options = {.profile = cases[i].profile};
    assert_int_equal(who(w, options, &got, &err), -1);
    assert_int_equal(err.code, MU_E_UNSUPPORTED);
    if (!strstr(err.msg, cases[i].cure)) {
      fail_msg("%s", err.msg);
    }
  }
  assert_int_equal(w->seen_n, 0);
}

static void a_region_is_needed(void **state) {
  struct aws_world *w = *state;
  const struct aws_reply ok[] = {{200, NULL, "{}", false}};
  TOLD(w, ok);
  (void)unsetenv("AWS_REGION");
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_CONFIG);
  (void)setenv("AWS_REGION", "evil.example/", 1);
  assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_CONFIG);
  assert_int_equal(w->seen_n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, aws_world_set_up, aws_world_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(environment_and_profiles),
      TEST(no_credentials_are_denied),
      TEST(roles_are_assumed),
      TEST(web_identity_is_unsigned),
      TEST(roles_from_elsewhere),
      TEST(the_first_that_is_configured_decides),
      TEST(a_bundle_is_trusted),
      TEST(sso_takes_the_cached_token),
      TEST(containers),
      TEST(instances),
      TEST(endpoints_in_their_order),
      TEST(what_we_cannot_do_is_said),
      TEST(a_region_is_needed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
