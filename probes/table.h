/* SPDX-License-Identifier: Apache-2.0 */
/* All probes, by the rows of table.def. Only main.c and tests include this: the engine is handed
 * the table. */
#ifndef MU_PROBES_TABLE_H
#define MU_PROBES_TABLE_H

#include "probe.h"

#define MU_PROBE(name) extern const struct mu_probe mu_probe_##name;
#include "table.def"
#undef MU_PROBE

/* In the order of the rows. */
const struct mu_probes *mu_probes_all(void);

#endif
