/* SPDX-License-Identifier: Apache-2.0 */
/* An AWS account as AWS Organizations knows it: name, status, tags. The tags mark what an account
 * is for. */
#include "aws_look.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

enum { TAGS_MAX = 1000 };

static const struct mu_param params[] = {
    {.name = "account", .type = MU_T_STR, .required = true, .doc = "account number"},
    MU_AWS_PARAMS,
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "id", .type = MU_T_STR, .doc = "account number"},
    {.name = "name", .type = MU_T_STR, .doc = "name in the organization"},
    {.name = "status",
     .type = MU_T_STR,
     .finding = MU_F_ACCOUNT_TAGS,
     .doc = "ACTIVE, SUSPENDED, PENDING_CLOSURE"},
    {.name = "tag.*",
     .type = MU_T_STR,
     .finding = MU_F_ACCOUNT_TAGS,
     .doc = "value of that tag of the account"},
    {.name = "tags", .type = MU_T_LIST, .doc = "names of all its tags"},
    {0}};

struct tags {
  struct mu_facts *facts;
  const char *names[TAGS_MAX];
  size_t n;
};

static int on_page(void *ctx, const struct mu_aws_answer *page) {
  struct tags *tags = ctx;
  const struct mu_json_node *list = mu_json_get(page->json, "Tags");
  struct mu_arena *arena = tags->facts->arena;
  for (size_t i = 0; i < mu_json_len(list) && tags->n < TAGS_MAX; i++) {
    const char *name = mu_json_str(mu_json_get(mu_json_at(list, i), "Key"), NULL);
    if (name) {
      tags->names[tags->n++] = mu_arena_str(arena, name);
      (void)mu_fact_str(tags->facts, mu_arena_fmt(arena, "account.tag.%s", name),
                        mu_json_str(mu_json_get(mu_json_at(list, i), "Value"), ""));
    }
  }
  return tags->n == TAGS_MAX;
}

/* An expected tag that the account does not carry is seen to be missing: empty, not unknown. */
static void add_missing(const struct mu_args *args, struct tags *tags) {
  const char *wanted = NULL;
  for (size_t i = 0; (wanted = mu_arg_selector(args, "tag", i)); i++) {
    const char *name = mu_arena_fmt(tags->facts->arena, "account.tag.%s", wanted);
    if (!mu_fact_find(tags->facts, name)) {
      (void)mu_fact_str(tags->facts, name, "");
    }
  }
}

static int read_tags(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                     const char *account, struct mu_facts *facts, struct mu_err *err) {
  struct tags tags = {.facts = facts};
  const struct mu_aws_args ask = {.json = mu_aws_look_json(ctx->arena, "ResourceId", account)};
  if (mu_aws_look_pages(args, ctx, "organizations", "ListTagsForResource", &ask, on_page, &tags,
                        err) != 0) {
    return -1;
  }
  if (tags.n == TAGS_MAX) {
    return mu_fail(err, MU_E_LIMIT, "account %s has more tags than the cap of %d", account,
                   TAGS_MAX);
  }
  add_missing(args, &tags);
  (void)mu_fact_list(facts, "account.tags", tags.names, tags.n);
  return 0;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  const char *account = mu_arg_str(args, "account", "");
  const struct mu_aws_args ask = {.json = mu_aws_look_json(ctx->arena, "AccountId", account)};
  if (mu_aws_look(args, ctx, "organizations", "DescribeAccount", &ask, &answer, err) != 0) {
    *absent = err->code == MU_E_ABSENT;
    return *absent ? 0 : -1;
  }
  const struct mu_json_node *it = mu_json_get(answer.json, "Account");
  (void)mu_fact_str(facts, "account.id", mu_json_str(mu_json_get(it, "Id"), account));
  (void)mu_fact_str(facts, "account.name", mu_json_str(mu_json_get(it, "Name"), ""));
  const char *status = mu_json_str(mu_json_get(it, "Status"), NULL);
  if (status) {
    (void)mu_fact_str(facts, "account.status", status);
  }
  return read_tags(args, ctx, account, facts, err);
}

const struct mu_probe mu_probe_account = {.name = "account",
                                          .summary =
                                              "an AWS account in its organization: status and tags",
                                          .params = params,
                                          .facts = facts_seen,
                                          .headline = "account {id} {name}, tags {tags}",
                                          .target = "account",
                                          .network = true,
                                          .observe = observe,
                                          .expect = "status",
                                          .expect_to_be = "ACTIVE"};
