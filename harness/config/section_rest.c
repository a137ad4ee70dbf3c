/* SPDX-License-Identifier: Apache-2.0 */
/* replica: rest: an Iceberg REST catalog, and who we are to it. */
#include <strings.h>

#include "base/str.h"
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_rest, member)

static const struct mu_field sigv4_fields[] = {
    {.key = "service",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(sign_service),
     .pattern = "^[a-z0-9-]+$",
     .expected = "a service's signing name; write it as glue, s3tables or execute-api",
     .doc = "the AWS service: glue, s3tables, execute-api"},
    {.key = "region",
     .type = MU_FIELD_STR,
     AT(sign_region),
     .pattern = "^[a-z]{2,}(-[a-z]+)+-[0-9]+$",
     .expected = "a region; write it as us-east-1",
     .doc = "its region; default: the standby's"},
    {0},
};

static const struct mu_section sigv4 = {
    .name = "sigv4",
    .doc = "Requests signed with AWS credentials.",
    .size = sizeof(struct mu_conf_rest), /* fills in the catalog itself */
    .fields = sigv4_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

static const struct mu_field fields[] = {
    {.key = "uri",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED | MU_ROW_REFS,
     AT(uri),
     .pattern = "^https?://[^/?#@]+[^?#]*$",
     .expected =
         "a catalog's address; write it as https://catalog.example.com/api/catalog, without "
         "/v1",
     .doc = "its address, up to what stands before /v1"},
    {.key = "warehouse",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS,
     AT(warehouse),
     .doc = "which of its warehouses"},
    {.key = "prefix",
     .type = MU_FIELD_STR,
     AT(prefix),
     .doc = "of its paths, where it does not say so itself"},
    {.key = "access",
     .type = MU_FIELD_ENUM,
     AT(access),
     .choices = "vended|own",
     .otherwise = "vended",
     .doc =
         "by whose keys storage is read: vended (lent by the catalog, where it lends any) or own"},
    {.key = "token",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS | MU_ROW_SECRET,
     AT(token),
     .doc = "bearer token, by ${env:NAME} or ${file:PATH}"},
    {.key = "credential",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS | MU_ROW_SECRET,
     AT(credential),
     .doc = "ID:SECRET by ${env:NAME} or ${file:PATH}, exchanged for a token by OAuth2 client "
            "credentials"},
    {.key = "oauth_uri",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS,
     AT(oauth_uri),
     .pattern = "^https?://.+",
     .expected = "an address; write it as https://login.example.com/oauth2/token",
     .doc = "the token endpoint; default: what the catalog says, else the catalog's own"},
    {.key = "scope", .type = MU_FIELD_STR, AT(scope), .doc = "of the token; default: catalog"},
    {.key = "audience",
     .type = MU_FIELD_STR,
     AT(audience),
     .doc = "of the token, where the endpoint wants one"},
    {.key = "sigv4",
     .type = MU_FIELD_MAP,
     .section = &sigv4,
     .doc = "sign requests with AWS credentials: { service, region }"},
    {.key = "headers",
     .type = MU_FIELD_PAIRS,
     .flags = MU_ROW_REFS,
     AT(headers),
     .doc = "more headers, such as Polaris-Realm: dr"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_rest *rest = out;
  const struct mu_node *map = place.member->value, *headers = mu_node_get(map, "headers");
  int ways =
      !!mu_node_get(map, "token") + !!mu_node_get(map, "credential") + !!mu_node_get(map, "sigv4");
  if (ways > 1) {
    mu_diag_add_key(r->diags, place.member,
                    "%s: is authorized in %d ways; leave one of token, credential and sigv4",
                    place.path, ways);
  }
  for (size_t i = 0; i < rest->headers.n; i++) {
    const struct mu_conf_pair *header = &rest->headers.at[i];
    if (strcasecmp(header->name, "authorization") == 0 && !mu_ref_inside(header->value)) {
      mu_diag_add_secret(r->diags, mu_node_get(headers, header->name),
                         "%s: is written out; a secret is not part of a config: name it by "
                         "${env:NAME} or ${file:PATH}",
                         header->name);
    }
  }
}

const struct mu_section mu_section_rest = {
    .name = "rest",
    .doc = "An Iceberg REST catalog, and who we are to it.",
    .size = sizeof(struct mu_conf_rest),
    .fields = fields,
    .node = offsetof(struct mu_conf_rest, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
};
