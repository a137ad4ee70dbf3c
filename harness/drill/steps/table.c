/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/steps/table.h"

#include "base/attr.h"

#define MU_STEP(name) extern const struct mu_step mu_step_##name;
#include "drill/steps/table.def"
#undef MU_STEP
#define MU_UNDO(name) extern const struct mu_undo mu_undo_##name;
#include "drill/steps/undos.def"
#undef MU_UNDO

static const struct mu_step *const steps[] = {
#define MU_STEP(name) &mu_step_##name,
#include "drill/steps/table.def"
#undef MU_STEP
};

static const struct mu_undo *const undos[] = {
#define MU_UNDO(name) &mu_undo_##name,
#include "drill/steps/undos.def"
#undef MU_UNDO
};

const struct mu_steps mu_steps_all = {
    .at = steps, .n = MU_LEN(steps), .undos = undos, .undos_n = MU_LEN(undos)};
