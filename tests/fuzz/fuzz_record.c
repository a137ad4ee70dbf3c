/* SPDX-License-Identifier: Apache-2.0 */
/* Run records come from ledgers and bundles of others: whatever can be read must be written back to
 * the same bytes and drawn by every report, without a control character and below the cap. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/record.h"
#include "model/run.h"
#include "reports/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPORT_MAX = 64 << 20 };

static void round_trip(const struct mu_run *run) {
  struct mu_run *back = NULL;
  MU_STR(first, MU_RECORD_MAX);
  MU_STR(second, MU_RECORD_MAX);
  mu_record_write(run, &first);
  if (mu_record_read(mu_str_get(&first), first.n, &back, NULL) != 0) {
    abort();
  }
  mu_record_write(back, &second);
  if (strcmp(mu_str_get(&first), mu_str_get(&second)) != 0) {
    abort();
  }
  mu_run_free(back);
}

static void draw(const struct mu_run *run, const struct mu_report *report,
                 const struct mu_report_opts *opts) {
  MU_STR(text, REPORT_MAX);
  report->write(run, opts, &text);
  for (const char *c = mu_str_get(&text); *c; c++) {
    unsigned char byte = (unsigned char)*c;
    if (byte < 0x20 && byte != '\n' && byte != '\t') {
      abort();
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_run *run = NULL;
  if (mu_record_read((const char *)data, size, &run, NULL) != 0) {
    return 0;
  }
  round_trip(run);
  const struct mu_report_opts opts[] = {{.width = 80}, {.verbose = true, .strict = true}};
  for (size_t i = 0; i < mu_reports_table.n; i++) {
    draw(run, mu_reports_table.at[i], &opts[0]);
    draw(run, mu_reports_table.at[i], &opts[1]);
  }
  mu_run_finish(run, 0, 0);
  mu_run_free(run);
  return 0;
}
