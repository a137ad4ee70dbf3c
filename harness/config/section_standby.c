/* SPDX-License-Identifier: Apache-2.0 */
/* standbys: the accounts, and by what the guard recognises them. */
#include "base/str.h"
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_standby, member)

static const struct mu_field fields[] = {
    {.key = "cloud",
     .type = MU_FIELD_ENUM,
     .flags = MU_ROW_REQUIRED,
     AT(cloud),
     .choices = "aws",
     .doc = "whose cloud it is: aws"},
    {.key = "account",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(account),
     .form = MU_FORM_ACCOUNT,
     .doc = "the account that credentials must belong to, 12 digits in quotes"},
    {.key = "region",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(region),
     .pattern = "^[a-z]{2,}(-[a-z]+)+-[0-9]+$",
     .expected = "a region; write it as us-east-1",
     .doc = "its region, as in us-east-1"},
    {.key = "profile", .type = MU_FIELD_STR, AT(profile), .doc = "AWS profile to use"},
    {.key = "tags", .type = MU_FIELD_PAIRS, AT(tags), .doc = "tags that the account must carry"},
    {.key = "primary_accounts",
     .type = MU_FIELD_STRS,
     AT(primary_accounts),
     .form = MU_FORM_ACCOUNT,
     .doc = "accounts of production: never in reach, nothing of theirs in a plan"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_standby *standby = out;
  for (size_t i = 0; standby->account && i < standby->primary_accounts.n; i++) {
    if (mu_streq(standby->account, standby->primary_accounts.at[i])) {
      mu_diag_add(r->diags, mu_node_get(place.member->value, "account"),
                  "account: %s is also one of primary_accounts; a standby is never production",
                  standby->account);
    }
  }
}

const struct mu_section mu_section_standby = {
    .name = "standby",
    .doc = "An account that stands by.",
    .size = sizeof(struct mu_conf_standby),
    .fields = fields,
    .node = offsetof(struct mu_conf_standby, node),
    .key = offsetof(struct mu_conf_standby, name),
    .rest = MU_NOWHERE,
    .key_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    .key_expected = "a name; write letters, digits, '.', '_' and '-' (at most 64)",
    .rules = rules,
};
