/* SPDX-License-Identifier: Apache-2.0 */
/* replica: source: how the tables at home are read, and how far a copy may be from them. They are
 * asked at night; a drill has to get by without them. */
#include "base/str.h"
#include "config/table.h"

#define AZURE(member) .offset = offsetof(struct mu_conf_azure, member)

static const struct mu_field azure_fields[] = {
    {.key = "tenant",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS,
     AZURE(tenant),
     .doc = "the application's directory in Microsoft Entra ID"},
    {.key = "client",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS,
     AZURE(client),
     .doc = "the application's id"},
    {.key = "secret",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS | MU_ROW_SECRET,
     AZURE(secret),
     .doc = "the application's secret, by ${env:NAME} or ${file:PATH}"},
    {.key = "authority",
     .type = MU_FIELD_STR,
     AZURE(authority),
     .pattern = "^https?://.+",
     .expected = "an address; write it as https://login.microsoftonline.us",
     .doc = "Microsoft Entra ID of a national cloud"},
    {.key = "endpoint",
     .type = MU_FIELD_STR,
     AZURE(endpoint),
     .pattern = "^https?://.+",
     .expected = "an address; write it as https://account.blob.core.windows.net",
     .doc = "the account's blob endpoint, where it is not the cloud's own"},
    {.key = "sas",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS | MU_ROW_SECRET,
     AZURE(sas),
     .doc = "instead of an application: a shared access signature, by ${env:NAME} or ${file:PATH}"},
    {0},
};

static void azure_rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_node *map = place.member->value;
  bool sas = mu_node_get(map, "sas") != NULL;
  int of_app =
      !!mu_node_get(map, "tenant") + !!mu_node_get(map, "client") + !!mu_node_get(map, "secret");
  (void)out;
  if ((sas && of_app > 0) || (!sas && of_app < 3)) {
    mu_diag_add_key(r->diags, place.member,
                    "%s: needs tenant, client and secret of an application, or sas alone",
                    place.path);
  }
}

static const struct mu_section azure = {
    .name = "azure",
    .doc = "Who reads what lies in Azure Storage.",
    .size = sizeof(struct mu_conf_azure),
    .fields = azure_fields,
    .node = offsetof(struct mu_conf_azure, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = azure_rules,
};

#define AT(member) .offset = offsetof(struct mu_conf_source, member)

static const struct mu_field fields[] = {
    {.key = "rows",
     .type = MU_FIELD_STR,
     AT(rows),
     .otherwise = "source",
     .doc = "what is expected of a copy's rows, against the source's log at the version that the "
            "copy is stamped with: source, \"source ± 1%\""},
    {.key = "behind",
     .type = MU_FIELD_INT,
     AT(behind),
     .otherwise = "-1",
     .min = -1,
     .max = 1000000000,
     .doc = "how many versions a copy may be behind its source; -1: any number"},
    {.key = "lag",
     .type = MU_FIELD_DUR,
     AT(lag_ms),
     .doc = "how long a version of the source may wait to be copied"},
    {.key = "region", .type = MU_FIELD_STR, AT(region), .doc = "of sources in S3: AWS region"},
    {.key = "profile",
     .type = MU_FIELD_STR,
     AT(profile),
     .doc = "of sources in S3: an AWS profile that may read them, and that no drill uses"},
    {.key = "azure",
     .type = MU_FIELD_MAP,
     AT(azure),
     .section = &azure,
     .doc = "of sources in Azure Storage: who reads them"},
    {0},
};

const struct mu_section mu_section_source = {
    .name = "source",
    .doc = "How the tables at home are read, and how far a copy may be from them.",
    .size = sizeof(struct mu_conf_source),
    .fields = fields,
    .node = offsetof(struct mu_conf_source, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};
