/* SPDX-License-Identifier: Apache-2.0 */
/* dns: the service's name, which an incident shifts, the drill's own name, which a drill shifts,
 * the two sides, and the providers that hold the records. */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "config/table.h"

#define SIDE(member) .offset = offsetof(struct mu_conf_side, member)
#define NAME_PATTERN                                                                               \
  "^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)+[A-Za-z][A-Za-z0-9-]{0,62}\\.?$"

static const struct mu_field side_fields[] = {
    {.key = "id",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     SIDE(id),
     .doc = "its name in reports, and the value of the marker"},
    {.key = "address",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS,
     SIDE(address),
     .doc = "its IP address"},
    {.key = "host",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REFS,
     SIDE(host),
     .doc = "its host name, where it has no fixed address"},
    {0},
};

static void side_rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_side *side = out;
  const struct mu_node *map = place.member->value;
  bool address = mu_node_get(map, "address") != NULL, host = mu_node_get(map, "host") != NULL;
  (void)side;
  if (address == host) {
    mu_diag_add_key(r->diags, place.member,
                    "%s: needs %s of 'address' (an IP address) and 'host' (a name)", place.path,
                    address ? "only one" : "one");
  }
}

static const struct mu_section side = {
    .name = "side",
    .doc = "One side of a shift.",
    .size = sizeof(struct mu_conf_side),
    .fields = side_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = side_rules,
};

static bool is_secret_name(const char *name) {
  static const char *const words[] = {"key", "token", "secret", "password", "passwd", "credential"};
  for (size_t i = 0; i < MU_LEN(words); i++) {
    size_t n = strlen(words[i]);
    const char *at = strstr(name, words[i]);
    if (at && (at == name || at[-1] == '_') && (at[n] == '\0' || at[n] == '_' || at[n] == 's')) {
      return !mu_str_ends(name, "_id") && !mu_str_ends(name, "_name");
    }
  }
  return false;
}

static void read_holds(struct mu_reader *r, const struct mu_node *value,
                       struct mu_conf_dns_provider *provider) {
  const char *word = value->kind == MU_NODE_SCALAR ? value->text : "";
  if (mu_streq(word, "name")) {
    provider->holds = MU_HOLDS_NAME;
  } else if (mu_streq(word, "drill_name")) {
    provider->holds = MU_HOLDS_DRILL_NAME;
  } else {
    mu_diag_add(r->diags, value,
                "holds: is neither 'name' nor 'drill_name'; leave it out where the provider has "
                "the records of both");
  }
}

static void read_provider_args(struct mu_reader *r, const struct mu_node *map,
                               struct mu_conf_dns_provider *provider) {
  static const struct mu_field row = {
      .key = "providers", .type = MU_FIELD_PAIRS, .flags = MU_ROW_REFS};
  struct mu_conf_pair *args = mu_arena_array(r->arena, map->n, sizeof *args);
  for (size_t i = 0; i < map->n; i++) {
    const struct mu_node *value = map->members[i].value;
    const char *name = map->members[i].key;
    if (mu_streq(name, "holds")) {
      read_holds(r, value, provider);
      continue;
    }
    if (!mu_read_str(r, &row, name, value, &args[provider->args.n].value)) {
      continue;
    }
    if (is_secret_name(name) && !mu_ref_inside(value->text)) {
      mu_diag_add_secret(
          r->diags, value,
          "%s: is written out; a secret is not part of a config: name it by ${env:NAME} or "
          "${file:PATH}",
          name);
    }
    args[provider->args.n++].name = name;
  }
  provider->args.at = args;
}

/* - route53: ZONE   or   - powerdns: { url: …, key: …, zone: … } */
static void read_provider(struct mu_reader *r, const struct mu_section *section,
                          struct mu_place place, void *out) {
  (void)section;
  struct mu_conf_dns_provider *provider = out;
  const struct mu_node *node = place.member->value;
  if (node->kind != MU_NODE_MAP || node->n != 1) {
    mu_diag_add(r->diags, node,
                "%s: is not one provider; write '- route53: ZONE' or '- powerdns: { url: …, key: "
                "…, zone: … }'",
                place.path);
    return;
  }
  const struct mu_member *member = &node->members[0];
  struct mu_place inner = mu_place_of(r, place, member, 0);
  provider->kind = member->key;
  if (member->value->kind == MU_NODE_MAP) {
    read_provider_args(r, member->value, provider);
    return;
  }
  static const struct mu_field row = {.key = "zone", .type = MU_FIELD_STR, .flags = MU_ROW_REFS};
  struct mu_conf_pair *zone = mu_arena_alloc(r->arena, sizeof *zone);
  zone->name = "zone";
  if (mu_read_kind(r, inner, MU_NODE_SCALAR) &&
      mu_read_str(r, &row, member->key, member->value, &zone->value)) {
    provider->args.at = zone;
    provider->args.n = 1;
  }
}

static void provider_schema(struct mu_jw *w, const struct mu_probes *probes) {
  (void)probes;
  mu_jw_raw(w,
            "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,"
            "\"additionalProperties\":{\"anyOf\":[{\"type\":\"string\"},"
            "{\"type\":\"object\",\"properties\":{\"holds\":{\"enum\":[\"name\",\"drill_name\"]}},"
            "\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}]}}");
}

static const struct mu_section provider = {
    .name = "dns_provider",
    .doc = "Who holds the records: one provider with its zone, or its parameters.",
    .size = sizeof(struct mu_conf_dns_provider),
    .node = offsetof(struct mu_conf_dns_provider, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .read = read_provider,
    .schema = provider_schema,
};

#define AT(member) .offset = offsetof(struct mu_conf_dns, member)

static const struct mu_field fields[] = {
    {.key = "name",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(name),
     .pattern = NAME_PATTERN,
     .expected = "a DNS name; write it as api.example.com",
     .doc = "the service's own name, which only an incident shifts"},
    {.key = "drill_name",
     .type = MU_FIELD_STR,
     AT(drill_name),
     .pattern = NAME_PATTERN,
     .expected = "a DNS name; write it as api.drill.example.com",
     .doc = "the name that a drill shifts"},
    {.key = "primary",
     .type = MU_FIELD_MAP,
     .flags = MU_ROW_REQUIRED,
     AT(primary),
     .section = &side,
     .doc = "the side that serves today: { id, address or host }"},
    {.key = "standby",
     .type = MU_FIELD_MAP,
     .flags = MU_ROW_REQUIRED,
     AT(standby),
     .section = &side,
     .doc = "the side that stands by: { id, address or host }"},
    {.key = "marker",
     .type = MU_FIELD_STR,
     AT(marker),
     .pattern = "^(header\\.[A-Za-z0-9-]+|json\\..+)$",
     .expected = "a fact of an answer; write it as header.x-served-by or json.PATH",
     .doc = "the fact of an answer whose value is the id of the side that gave it"},
    {.key = "queries",
     .type = MU_FIELD_INT,
     AT(queries),
     .otherwise = "2000",
     .min = 1,
     .max = 1000000,
     .doc = "queries to each authority when the share is measured"},
    {.key = "ttl_wait",
     .type = MU_FIELD_DUR,
     AT(ttl_wait_ms),
     .doc = "how long to wait for the drain; default: one TTL as read"},
    {.key = "providers",
     .type = MU_FIELD_LIST,
     .flags = MU_ROW_REQUIRED,
     AT(providers),
     .section = &provider,
     .doc = "who holds the records, shifted and undone together; 'holds: name' or 'holds: "
            "drill_name' where a provider has only one of the two names"},
    {0},
};

static bool all_hold(const struct mu_conf_dns *dns, enum mu_conf_holds holds) {
  for (size_t i = 0; i < dns->providers.n; i++) {
    if (dns->providers.at[i].holds != holds) {
      return false;
    }
  }
  return dns->providers.n > 0;
}

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_dns *dns = out;
  const struct mu_node *map = place.member->value;
  if (dns->name && mu_streq(dns->name, dns->drill_name)) {
    mu_diag_add(r->diags, mu_node_get(map, "drill_name"),
                "drill_name: is the service's own name, which a drill never shifts; give the drill "
                "a name of its own");
  }
  if (dns->drill_name && all_hold(dns, MU_HOLDS_NAME)) {
    mu_diag_add(r->diags, mu_node_get(map, "providers"),
                "providers: none holds %s; a drill could shift nothing", dns->drill_name);
  }
  if (dns->primary.id && mu_streq(dns->primary.id, dns->standby.id)) {
    mu_diag_add(r->diags, mu_node_get(mu_node_get(map, "standby"), "id"),
                "id: both sides are called '%s'; nobody could tell which one answered",
                dns->standby.id);
  }
}

const struct mu_section mu_section_dns = {
    .name = "dns",
    .doc = "The names, the two sides, and who holds the records.",
    .size = sizeof(struct mu_conf_dns),
    .fields = fields,
    .node = offsetof(struct mu_conf_dns, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
};
