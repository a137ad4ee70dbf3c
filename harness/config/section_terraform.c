/* SPDX-License-Identifier: Apache-2.0 */
/* terraform: the standing layer, the staged layer, and what the operator forgives. */
#include "base/arena.h"
#include "base/io.h"
#include "base/str.h"
#include "config/table.h"

#define LAYER(member) .offset = offsetof(struct mu_conf_layer, member)

static const struct mu_field layer_fields[] = {
    {.key = "dir",
     .type = MU_FIELD_PATH,
     .flags = MU_ROW_REQUIRED,
     LAYER(dir),
     .doc = "the folder of the .tf files, relative to the config"},
    {.key = "plan",
     .type = MU_FIELD_PATH,
     LAYER(plan),
     .doc = "its plan as JSON (terraform show -json), relative to the config"},
    {.key = "schema",
     .type = MU_FIELD_PATH,
     LAYER(schema),
     .doc = "its providers' schemas (terraform providers schema -json), relative to the config"},
    {.key = "vars", .type = MU_FIELD_STRS, LAYER(vars), .doc = "variable files, relative to dir"},
    {.key = "backend",
     .type = MU_FIELD_STRS,
     .flags = MU_ROW_REFS,
     LAYER(backend),
     .pattern = "^[A-Za-z_][A-Za-z0-9_]*=",
     .expected = "a backend setting; write it as \"bucket=corp-state\"",
     .doc = "-backend-config settings, as name=value"},
    {.key = "workspace", .type = MU_FIELD_STR, LAYER(workspace), .doc = "its workspace"},
    {.key = "drill_variable",
     .type = MU_FIELD_STR,
     LAYER(drill_variable),
     .otherwise = "drill",
     .pattern = "^[A-Za-z_][A-Za-z0-9_-]*$",
     .expected = "the name of a Terraform variable; write letters, digits, '_' and '-'",
     .doc = "the variable that takes a drill's suffix"},
    {.key = "max_age",
     .type = MU_FIELD_DUR,
     LAYER(max_age_ms),
     .doc = "the oldest that a plan may be"},
    {.key = "floats",
     .type = MU_FIELD_STRS,
     LAYER(floats),
     .doc = "attribute paths that may differ between the staged plan and a fresh one"},
    {0},
};

static const struct mu_section layer = {
    .name = "layer",
    .doc = "One folder of Terraform.",
    .size = sizeof(struct mu_conf_layer),
    .fields = layer_fields,
    .node = offsetof(struct mu_conf_layer, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

static const struct mu_field ignore_fields[] = {
    {.key = "address",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_ignore, address),
     .doc = "of the resource; * matches anything"},
    {.key = "path",
     .type = MU_FIELD_STR,
     .offset = offsetof(struct mu_ignore, path),
     .doc = "of the attribute; left out: all of them"},
    {.key = "reason",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_ignore, reason),
     .doc = "why this difference does no harm"},
    {.key = "owner",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_ignore, owner),
     .doc = "who answers for it"},
    {.key = "until",
     .type = MU_FIELD_DATE,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_ignore, until_ms),
     .doc = "the last day it holds, as in 2027-03-31"},
    {.key = "allow_access",
     .type = MU_FIELD_BOOL,
     .offset = offsetof(struct mu_ignore, allow_access),
     .doc = "may hide a widened access as well"},
    {0},
};

static void ignore_rules(struct mu_reader *r, struct mu_place place, void *out) {
  struct mu_ignore *ignore = out;
  ignore->where =
      mu_arena_fmt(r->arena, "%s:%d", mu_io_basename(r->config->path), place.member->value->line);
}

static const struct mu_section ignore = {
    .name = "ignore",
    .doc = "A difference that is known and forgiven, by whom and until when.",
    .size = sizeof(struct mu_ignore),
    .fields = ignore_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = ignore_rules,
};

static const struct mu_field mapping_fields[] = {
    {.key = "from",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_mapping, from),
     .doc = "text of the plan"},
    {.key = "to",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_mapping, to),
     .doc = "what stands in its place in the standby"},
    {0},
};

static const struct mu_section mapping = {
    .name = "mapping",
    .doc = "A text that is another one in the standby.",
    .size = sizeof(struct mu_mapping),
    .fields = mapping_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

static const struct mu_field set_fields[] = {
    {.key = "type",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_set_rule, type),
     .doc = "of the resource; * matches anything"},
    {.key = "path",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_set_rule, path),
     .pattern = "^[^][]+$",
     .expected = "the path of an attribute without indexes; write \"rule.ports\"",
     .doc = "of the attribute, without indexes; *.x is an x at any depth"},
    {.key = "key",
     .type = MU_FIELD_STR,
     .offset = offsetof(struct mu_set_rule, key),
     .doc = "what tells its members apart, as in \"name\" or \"from,to\""},
    {0},
};

static const struct mu_section set = {
    .name = "set",
    .doc = "An attribute whose order means nothing, where neither schema nor tables know it.",
    .size = sizeof(struct mu_set_rule),
    .fields = set_fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

static const struct mu_field waiver_fields[] = {
    {.key = "address",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_conf_waiver, address),
     .doc = "of the datastore in the plan"},
    {.key = "reason",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_conf_waiver, reason),
     .doc = "why it holds no data of record"},
    {.key = "owner",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_conf_waiver, owner),
     .doc = "who answers for it"},
    {.key = "until",
     .type = MU_FIELD_DATE,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_conf_waiver, until_ms),
     .doc = "the last day it holds, as in 2027-03-31"},
    {0},
};

static const struct mu_section waiver = {
    .name = "waiver",
    .doc = "A datastore that comes up empty, and need not be restored.",
    .size = sizeof(struct mu_conf_waiver),
    .fields = waiver_fields,
    .node = offsetof(struct mu_conf_waiver, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

#define AT(member) .offset = offsetof(struct mu_conf_workload, member)

static const struct mu_field fields[] = {
    {.key = "cli",
     .type = MU_FIELD_STR,
     AT(terraform),
     .doc = "the program; default: terraform, else tofu, on PATH"},
    {.key = "standing",
     .type = MU_FIELD_MAP,
     AT(standing),
     .section = &layer,
     .doc = "always there: actual must equal it"},
    {.key = "staged",
     .type = MU_FIELD_MAP,
     AT(staged),
     .section = &layer,
     .doc = "absent until a drill or an incident"},
    {.key = "ignore",
     .type = MU_FIELD_LIST,
     AT(ignores),
     .section = &ignore,
     .doc = "differences that are forgiven"},
    {.key = "mappings",
     .type = MU_FIELD_LIST,
     AT(mappings),
     .section = &mapping,
     .doc = "texts that differ by design"},
    {.key = "sets",
     .type = MU_FIELD_LIST,
     AT(sets),
     .section = &set,
     .doc = "attributes whose order means nothing"},
    {.key = "no_data_of_record",
     .type = MU_FIELD_LIST,
     AT(no_data_of_record),
     .section = &waiver,
     .doc = "datastores that need no restore source"},
    {0},
};

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  const struct mu_conf_workload *workload = out;
  if (place.member->value->n > 0 && !workload->standing.node && !workload->staged.node) {
    mu_diag_add_key(r->diags, place.member,
                    "%s: has neither 'standing' nor 'staged'; write at least one of them",
                    place.path);
  }
  if (workload->standing.dir && mu_streq(workload->standing.dir, workload->staged.dir)) {
    mu_diag_add(r->diags, mu_node_get(workload->staged.node, "dir"),
                "dir: the standing layer is the same folder; what stands always cannot be absent "
                "until a drill");
  }
}

const struct mu_section mu_section_terraform = {
    .name = "terraform",
    .doc = "The Terraform folders of the standby.",
    .size = sizeof(struct mu_conf_workload), /* fills in the workload itself */
    .fields = fields,
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
};
