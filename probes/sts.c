/* SPDX-License-Identifier: Apache-2.0 */
/* Whose credentials these are, by STS GetCallerIdentity: the only answer that no configuration can
 * fake. */
#include "aws_look.h"
#include "base/err.h"
#include "wire/xml.h"

static const struct mu_param params[] = {MU_AWS_PARAMS, {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "account",
     .type = MU_T_STR,
     .finding = MU_F_ACCOUNT_WRONG,
     .doc = "account number of the credentials"},
    {.name = "arn",
     .type = MU_T_STR,
     .finding = MU_F_ACCOUNT_WRONG,
     .doc = "ARN of the user or role"},
    {.name = "user_id",
     .type = MU_T_STR,
     .finding = MU_F_ACCOUNT_WRONG,
     .doc = "unique id of the user or role session"},
    {.name = "expires",
     .type = MU_T_TIME,
     .is_volatile = true,
     .finding = MU_F_CREDENTIALS_SHORT,
     .doc = "when the session ends; not there for long-lived keys (expires_left: how long it "
            "still is)"},
    {.name = "source", .type = MU_T_STR, .doc = "where the credentials were found"},
    {0}};

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  (void)absent;
  MU_AWS_ANSWER(answer);
  struct mu_aws_who who = {0};
  if (mu_aws_look(args, ctx, "sts", "GetCallerIdentity", NULL, &answer, err) != 0) {
    return -1;
  }
  const char *path = "GetCallerIdentityResponse/GetCallerIdentityResult";
  const struct mu_xml_node *result = mu_xml_path(answer.xml, path);
  const char *account = mu_xml_str(result, "Account", NULL);
  if (!account) {
    return mu_fail(err, MU_E_REMOTE, "sts GetCallerIdentity: no account in the answer");
  }
  (void)mu_fact_str(facts, "sts.account", account);
  (void)mu_fact_str(facts, "sts.arn", mu_xml_str(result, "Arn", ""));
  (void)mu_fact_str(facts, "sts.user_id", mu_xml_str(result, "UserId", ""));
  struct mu_aws *aws = mu_aws_look_client(args, ctx, err);
  if (!aws || mu_aws_who(aws, ctx->http, ctx->arena, &who, err) != 0) {
    return -1;
  }
  (void)mu_fact_str(facts, "sts.source", who.source);
  if (who.expires_ms > 0) {
    mu_fact_time(facts, "sts.expires", who.expires_ms)->is_volatile = true;
  }
  return 0;
}

const struct mu_probe mu_probe_sts = {.name = "sts",
                                      .summary = "whose AWS credentials these are",
                                      .params = params,
                                      .facts = facts_seen,
                                      .headline = "account {account} as {arn}",
                                      .network = true,
                                      .observe = observe};
