/* SPDX-License-Identifier: Apache-2.0 */
/* The table of reports that main.c hands to the engine. */
#ifndef REPORTS_TABLE_H
#define REPORTS_TABLE_H

#include "report.h"

extern const struct mu_reports mu_reports_table;

#endif
