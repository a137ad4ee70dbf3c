/* SPDX-License-Identifier: Apache-2.0 */
/* The reports asked for, as pages: drawn side by side in threads, since each is a function of the
 * record alone, and filed, that is given their names, only when the ledger has the run's entry. A
 * crash in between leaves an entry without a page, which can be drawn again, never a page without
 * an entry. */
#ifndef MU_CLI_PAGES_H
#define MU_CLI_PAGES_H

#include <stdbool.h>

#include "base/attr.h"

struct mu_app;
struct mu_pages;
struct mu_report_record;
struct mu_run;

/* Starts to draw what needs no more than the run. In the app's arena; run and record are borrowed
 * until mu_pages_end(), which every caller comes to. brief: the text was shown live already. */
struct mu_pages *mu_pages_new(struct mu_app *app, const struct mu_run *run, bool brief);
/* Starts the others. record NULL: they find it out by themselves. */
void mu_pages_draw(struct mu_pages *pages, const struct mu_report_record *record);
/* The entry is there: files get their names. `recorded` false: it is not, and they are dropped. */
void mu_pages_file(struct mu_pages *pages, bool recorded);
/* Waits for the files, and writes what goes to stdout. 0, or the exit status for a page that could
 * not be written. */
MU_CHECKED int mu_pages_end(struct mu_pages *pages);

#endif
