/* SPDX-License-Identifier: Apache-2.0 */
/* workloads: what each must achieve, whose it is, and its sections (sections.def). */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/num.h"
#include "base/str.h"
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_workload, member)

#define DAY_MS INT64_C(86400000)

static const struct mu_field fields[] = {
    {.key = "tier", .type = MU_FIELD_STR, AT(tier), .doc = "of the workload registry"},
    {.key = "rpo", .type = MU_FIELD_DUR, AT(rpo_ms), .doc = "how much data may be lost, as a time"},
    {.key = "rto", .type = MU_FIELD_DUR, AT(rto_ms), .doc = "how long until it serves again"},
    {.key = "dr",
     .type = MU_FIELD_STRS,
     .flags = MU_ROW_REQUIRED | MU_ROW_LATER,
     AT(dr),
     .doc = "names of the standbys it can move to"},
    {.key = "drill",
     .type = MU_FIELD_STR,
     AT(cycle),
     .otherwise = "quarterly",
     .doc = "how often it is drilled: monthly, quarterly, yearly, or a duration"},
    {.key = "owner",
     .type = MU_FIELD_STR,
     AT(owner),
     .doc = "who is asked at three in the morning"},
    {.key = "runbook", .type = MU_FIELD_STR, AT(runbook), .doc = "address of the runbook"},
    {.key = "severity_floor",
     .type = MU_FIELD_ENUM,
     AT(severity_floor),
     .otherwise = "medium",
     .choices = "info|low|medium|high",
     .doc = "drift at or above it fails a drill"},
    {.key = "inconclusive_nights",
     .type = MU_FIELD_INT,
     AT(inconclusive_nights),
     .otherwise = "3",
     .min = 1,
     .max = 365,
     .doc = "a finding that stays inconclusive for so many nights fails"},
    {.key = "document_branch",
     .type = MU_FIELD_BOOL,
     AT(document_branch),
     .doc = "write the drift record on a branch of the Terraform repository as well"},
#define MU_SECTION(name, part, shape, member, text)                                                \
  {.key = #name, .type = shape, AT(member), .section = &mu_section_##part, .doc = text},
#include "config/sections.def"
#undef MU_SECTION
    {0},
};

void mu_section_refs(struct mu_reader *r, const struct mu_conf_workload *workload) {
  static const struct {
    const struct mu_section *section;
    const char *key;
  } rows[] = {
#define MU_SECTION(key, part, shape, member, doc) {&mu_section_##part, #key},
#include "config/sections.def"
#undef MU_SECTION
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (rows[i].section->refs) {
      rows[i].section->refs(r, workload, rows[i].key);
    }
  }
}

static void read_cycle(struct mu_reader *r, struct mu_place place,
                       struct mu_conf_workload *workload) {
  static const struct {
    const char *word;
    int64_t days;
  } words[] = {{"monthly", 30}, {"quarterly", 91}, {"half-yearly", 182}, {"yearly", 365}};
  const char *known[MU_LEN(words)];
  for (size_t i = 0; i < MU_LEN(words); i++) {
    known[i] = words[i].word;
    if (mu_streq(workload->cycle, words[i].word)) {
      workload->cycle_ms = words[i].days * DAY_MS;
      return;
    }
  }
  if (!workload->cycle || mu_dur_parse(workload->cycle, &workload->cycle_ms) == 0) {
    return;
  }
  mu_diag_add(
      r->diags, mu_node_get(place.member->value, "drill"),
      "drill: '%s' is not a cycle; write monthly, quarterly, half-yearly, yearly or a duration%s",
      workload->cycle, mu_read_hint(r, workload->cycle, known, MU_LEN(known)));
}

static const struct mu_conf_standby *find_standby(const struct mu_config *config,
                                                  const char *name) {
  for (size_t i = 0; i < config->standbys.n; i++) {
    if (mu_streq(config->standbys.at[i].name, name)) {
      return &config->standbys.at[i];
    }
  }
  return NULL;
}

static void complain_standby(struct mu_reader *r, const struct mu_node *node) {
  const struct mu_config *config = r->config;
  const char **names = mu_arena_array(r->arena, config->standbys.n, sizeof *names);
  for (size_t i = 0; i < config->standbys.n; i++) {
    names[i] = config->standbys.at[i].name;
  }
  mu_diag_add(r->diags, node, "dr: there is no standby '%s'%s", node->text,
              mu_read_hint(r, node->text, names, config->standbys.n));
}

/* Standbys stand in front of workloads in the root's rows, so they are read by now, wherever they
 * stand in the file. */
static void read_dr(struct mu_reader *r, struct mu_place place, struct mu_conf_workload *workload) {
  const struct mu_member *member = mu_member_find(place.member->value, "dr");
  if (!member) {
    return;
  }
  static const struct mu_field row = {.key = "dr", .type = MU_FIELD_STRS, .flags = MU_ROW_REQUIRED};
  MU_CONFIG_LIST(const char *) names = {0};
  mu_read_field(r, &row, mu_place_of(r, place, member, 0), &names);
  const struct mu_conf_standby **found = mu_arena_array(r->arena, names.n, sizeof *found);
  const struct mu_node *list = member->value;
  for (size_t i = 0; i < names.n; i++) {
    const struct mu_node *node = list->kind == MU_NODE_LIST ? list->members[i].value : list;
    const struct mu_conf_standby *standby = find_standby(r->config, names.at[i]);
    if (standby) {
      found[workload->dr.n++] = standby;
    } else if (mu_streq(node->text, names.at[i])) {
      complain_standby(r, node);
    }
  }
  workload->dr.at = found;
}

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_conf_workload *workload = out;
  read_cycle(r, place, workload);
  read_dr(r, place, workload);
}

const struct mu_section mu_section_workload = {
    .name = "workload",
    .doc = "A workload: its targets, its owner, and what must hold for its standby.",
    .size = sizeof(struct mu_conf_workload),
    .fields = fields,
    .node = offsetof(struct mu_conf_workload, node),
    .key = offsetof(struct mu_conf_workload, name),
    .rest = MU_NOWHERE,
    .key_pattern = "^[a-z0-9][a-z0-9-]{0,39}$",
    .key_expected =
        "a workload's name; write a-z, 0-9 and '-' (at most 40), as it becomes part of drill ids",
    .rules = rules,
};
