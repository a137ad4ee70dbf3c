/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of AWS Secrets Manager: are the ones the standby needs there, and when were their values
 * last changed? Only their descriptions are read, never a value. */
#include <string.h>

#include "aws_look.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"

enum { NAMES_MAX = 1000 };

static const struct mu_param params[] = {
    {.name = "names",
     .type = MU_T_LIST,
     .required = true,
     .doc = "names or ARNs of the secrets that must be there"},
    {.name = "changed",
     .type = MU_T_MAP,
     .doc = "name: when the primary's value was last changed; an older one here is behind"},
    MU_AWS_PARAMS,
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "present",
     .type = MU_T_INT,
     .finding = MU_F_SECRET_STALE,
     .doc = "how many of them are there"},
    {.name = "missing",
     .type = MU_T_LIST,
     .finding = MU_F_SECRET_STALE,
     .doc = "the ones that are not there, or are being deleted"},
    {.name = "behind",
     .type = MU_T_LIST,
     .finding = MU_F_SECRET_STALE,
     .doc = "the ones older than `changed` says the primary's are"},
    {.name = "oldest",
     .type = MU_T_TIME,
     .finding = MU_F_SECRET_STALE,
     .doc = "when the longest unchanged one was last changed (oldest_age: how long ago)"},
    {.name = "oldest_name", .type = MU_T_STR, .doc = "which one that is"},
    {.name = "rotating", .type = MU_T_INT, .doc = "how many of them rotate by themselves"},
    {0}};

struct tally {
  const char *missing[NAMES_MAX], *behind[NAMES_MAX];
  size_t missing_n, behind_n;
  int64_t present, rotating, oldest_ms;
  const char *oldest;
};

/* What the primary says about this one; 0: nothing. */
static int changed_at(const struct mu_args *args, const char *name, int64_t *out,
                      struct mu_err *err) {
  const char *key = NULL, *value = NULL;
  *out = 0;
  for (size_t i = 0; mu_arg_pair(args, "changed", i, &key, &value); i++) {
    if (strcmp(key, name) == 0 && mu_time_parse(value, out) != 0) {
      return mu_fail(err, MU_E_INPUT,
                     "changed: '%s' of %s is not a time such as 2026-11-22T04:00:00Z", value, name);
    }
  }
  return 0;
}

static int read_one(const struct mu_args *args, const struct mu_probe_ctx *ctx, const char *name,
                    struct tally *tally, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  int64_t primary_ms = 0;
  const struct mu_aws_args ask = {.json = mu_aws_look_json(ctx->arena, "SecretId", name)};
  if (changed_at(args, name, &primary_ms, err) != 0) {
    return -1;
  }
  int status = mu_aws_look(args, ctx, "secretsmanager", "DescribeSecret", &ask, &answer, err);
  if (status != 0 && err->code != MU_E_ABSENT) {
    return -1;
  }
  if (status != 0 || mu_json_real(mu_json_get(answer.json, "DeletedDate"), 0) > 0) {
    tally->missing[tally->missing_n++] = name;
    return 0;
  }
  double created = mu_json_real(mu_json_get(answer.json, "CreatedDate"), 0);
  int64_t changed_ms =
      mu_aws_look_time(mu_json_real(mu_json_get(answer.json, "LastChangedDate"), created));
  tally->present++;
  tally->rotating += mu_json_bool(mu_json_get(answer.json, "RotationEnabled"), false) ? 1 : 0;
  if (changed_ms <= 0) {
    return mu_fail(err, MU_E_REMOTE, "secretsmanager DescribeSecret: no date for %s", name);
  }
  if (primary_ms > changed_ms) {
    tally->behind[tally->behind_n++] = name;
  }
  if (!tally->oldest || changed_ms < tally->oldest_ms) {
    tally->oldest = name;
    tally->oldest_ms = changed_ms;
  }
  return 0;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  (void)absent;
  struct tally *tally = mu_arena_alloc(ctx->arena, sizeof *tally);
  const char *name = NULL;
  for (size_t i = 0; (name = mu_arg_item(args, "names", i)); i++) {
    if (i >= NAMES_MAX) {
      return mu_fail(err, MU_E_LIMIT, "more secrets than the cap of %d", NAMES_MAX);
    }
    if (read_one(args, ctx, name, tally, err) != 0) {
      return -1;
    }
  }
  (void)mu_fact_int(facts, "secrets.present", tally->present, NULL);
  (void)mu_fact_list(facts, "secrets.missing", tally->missing, tally->missing_n);
  (void)mu_fact_list(facts, "secrets.behind", tally->behind, tally->behind_n);
  (void)mu_fact_int(facts, "secrets.rotating", tally->rotating, NULL);
  if (tally->oldest) {
    (void)mu_fact_time(facts, "secrets.oldest", tally->oldest_ms);
    (void)mu_fact_str(facts, "secrets.oldest_name", tally->oldest);
  }
  return 0;
}

const struct mu_probe mu_probe_secrets = {
    .name = "secrets",
    .summary = "secrets of AWS Secrets Manager: there, and not behind the primary's",
    .params = params,
    .facts = facts_seen,
    .headline = "{present} there, oldest changed {oldest}",
    .target = "names",
    .network = true,
    .observe = observe,
    .expect = "missing",
    .expect_to_be = "0"};
