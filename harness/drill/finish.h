/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a drill: figures derived, verdict joined, record appended, journal closed. */
#ifndef MU_DRILL_FINISH_H
#define MU_DRILL_FINISH_H

#include "base/attr.h"

struct mu_drill;
struct mu_err;

MU_CHECKED int mu_drill_finish(struct mu_drill *drill, struct mu_err *err);

#endif
