/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that an earlier process of a drill knew and this one does not yet. */
#ifndef MU_DRILL_SECRETS_H
#define MU_DRILL_SECRETS_H

struct mu_drill;

/* Tells the redactor every sensitive value of the staged plan and of the drill's own state, before
 * anything is written. A file that is not there, or not whole, holds none that could be told. */
void mu_secrets_relearn(struct mu_drill *drill);

#endif
