/* SPDX-License-Identifier: Apache-2.0 */
/* The top of the file: version, ledger, standbys, engines, workloads. */
#include "config/table.h"

static const struct mu_field fields[] = {
    {.key = "muster",
     .type = MU_FIELD_INT,
     .flags = MU_ROW_REQUIRED | MU_ROW_LATER,
     .min = 1,
     .max = 1,
     .doc = "version of this format: 1"},
    {.key = "ledger",
     .type = MU_FIELD_PATH,
     .offset = offsetof(struct mu_config, ledger),
     .doc = "the ledger's file, relative to the config"},
    {.key = "standbys",
     .type = MU_FIELD_NAMED,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_config, standbys),
     .section = &mu_section_standby,
     .doc = "the accounts that stand by, by name"},
    {.key = "engines",
     .type = MU_FIELD_NAMED,
     .offset = offsetof(struct mu_config, engines),
     .section = &mu_section_engine,
     .doc = "SQL engines that checks and replicas ask, by name"},
    {.key = "workloads",
     .type = MU_FIELD_NAMED,
     .flags = MU_ROW_REQUIRED,
     .offset = offsetof(struct mu_config, workloads),
     .section = &mu_section_workload,
     .doc = "what is restored in them, by name"},
    {0},
};

const struct mu_section mu_section_root = {
    .name = "config",
    .doc = "The config of muster: standbys, workloads, and what must hold for them.",
    .size = sizeof(struct mu_config),
    .fields = fields,
    .node = offsetof(struct mu_config, root),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};
