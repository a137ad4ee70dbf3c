/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of files and the comparisons share, inside of drill's layers. */
#ifndef MU_DRILL_LAYER_FILES_H
#define MU_DRILL_LAYER_FILES_H

enum { MU_LAYER_FILE_MAX = 1 << 30 }; /* bytes of a plan or state */

unsigned mu_layer_processors(void); /* at least 1 */

#endif
