/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/steps/table.h"

#include "base/attr.h"

#define MU_STEP(name, id) extern const struct mu_step mu_step_##name;
#include "config/steps.def"
#undef MU_STEP
extern const struct mu_step
    mu_step_manual; /* no step of the standard order: a config puts it where a person is needed */
#define MU_UNDO(name) extern const struct mu_undo mu_undo_##name;
#include "drill/steps/undos.def"
#undef MU_UNDO

static const struct mu_step *const steps[] = {
#define MU_STEP(name, id) &mu_step_##name,
#include "config/steps.def"
#undef MU_STEP
    &mu_step_manual,
};

static const struct mu_undo *const undos[] = {
#define MU_UNDO(name) &mu_undo_##name,
#include "drill/steps/undos.def"
#undef MU_UNDO
};

const struct mu_steps mu_steps_all = {
    .at = steps, .n = MU_LEN(steps), .undos = undos, .undos_n = MU_LEN(undos)};
