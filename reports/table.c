/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

#include "base/attr.h"

#define MU_REPORT(name) extern const struct mu_report mu_report_##name;
#include "reports/table.def"
#undef MU_REPORT

static const struct mu_report *const rows[] = {
#define MU_REPORT(name) &mu_report_##name,
#include "reports/table.def"
#undef MU_REPORT
};

const struct mu_reports mu_reports_table = {.at = rows, .n = MU_LEN(rows)};
