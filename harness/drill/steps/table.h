/* SPDX-License-Identifier: Apache-2.0 */
/* The steps and undos of this build: main.c hands them to the engine. */
#ifndef MU_DRILL_STEPS_TABLE_H
#define MU_DRILL_STEPS_TABLE_H

#include "step.h"

extern const struct mu_steps mu_steps_all;

#endif
