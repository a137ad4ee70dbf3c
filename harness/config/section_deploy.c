/* SPDX-License-Identifier: Apache-2.0 */
/* deploy: the operator's own commands, as argument arrays, and the conditions to wait for. */
#include <string.h>

#include "base/str.h"
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_command, member)

static const struct mu_field fields[] = {
    {.key = "name",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(name),
     .doc = "what it deploys"},
    {.key = "run",
     .type = MU_FIELD_STRS,
     .flags = MU_ROW_REQUIRED | MU_ROW_REFS,
     AT(run),
     .doc = "program and arguments; no shell"},
    {.key = "undo",
     .type = MU_FIELD_STRS,
     .flags = MU_ROW_REFS,
     AT(undo),
     .doc = "program and arguments that take it back, at tear down"},
    {.key = "ready",
     .type = MU_FIELD_NODE,
     AT(ready),
     .schema = "{\"$ref\":\"#/definitions/look\"}",
     .doc = "a probe that must be able to observe: { tcp: \"host:port\" }"},
    {.key = "within",
     .type = MU_FIELD_DUR,
     AT(within_ms),
     .otherwise = "10m",
     .doc = "deadline of the command and the wait"},
    {0},
};

/* "helm upgrade x" in one string would look for a program of that name. */
static void one_word(struct mu_reader *r, const struct mu_node *node, const char *key) {
  if (node && node->kind == MU_NODE_SCALAR && strpbrk(node->text, " \t")) {
    mu_diag_add(r->diags, node,
                "%s: is one word with spaces, and no shell will split it; write [program, "
                "argument, argument]",
                key);
  }
}

static void rules(struct mu_reader *r, struct mu_place place, void *out) {
  (void)out;
  const struct mu_node *map = place.member->value, *ready = mu_node_get(map, "ready");
  one_word(r, mu_node_get(map, "run"), "run");
  one_word(r, mu_node_get(map, "undo"), "undo");
  if (ready && (ready->kind != MU_NODE_MAP || ready->n != 1)) {
    mu_diag_add(r->diags, ready,
                "ready: is not one probe; write { tcp: \"host:port\" }, or another probe with its "
                "parameters");
  }
}

static void refs(struct mu_reader *r, const struct mu_conf_workload *workload, const char *key) {
  for (size_t i = 1; i < workload->deploy.n; i++) {
    for (size_t k = 0; workload->deploy.at[i].name && k < i; k++) {
      if (mu_streq(workload->deploy.at[i].name, workload->deploy.at[k].name)) {
        mu_diag_add(r->diags, mu_node_get(workload->deploy.at[i].node, "name"),
                    "%s '%s' is there twice, see line %d; give it another name", key,
                    workload->deploy.at[i].name, workload->deploy.at[k].node->line);
        break;
      }
    }
  }
}

const struct mu_section mu_section_deploy = {
    .name = "command",
    .doc = "A command that deploys a part of the workload.",
    .size = sizeof(struct mu_conf_command),
    .fields = fields,
    .node = offsetof(struct mu_conf_command, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .rules = rules,
    .refs = refs,
};
