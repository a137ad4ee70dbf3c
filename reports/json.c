/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON report: the run record itself, indented. */
#include "base/str.h"
#include "model/record.h"
#include "report.h"

static void write_json(const struct mu_run *run, const struct mu_report_opts *opts,
                       struct mu_str *out) {
  (void)opts;
  mu_record_write(run, 2, out);
  mu_str_addc(out, '\n');
}

const struct mu_report mu_report_json = {
    .name = "json",
    .extension = ".json",
    .summary = "the run record; its schema is a promise (muster schema run)",
    .write = write_json,
};
