/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "base/attr.h"

static const struct mu_probe *const rows[] = {
#define MU_PROBE(name) &mu_probe_##name,
#include "table.def"
#undef MU_PROBE
};

const struct mu_probes *mu_probes_all(void) {
  static const struct mu_probes all = {.at = rows, .n = MU_LEN(rows)};
  return &all;
}
