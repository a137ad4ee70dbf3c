/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON report: the run record itself, laid out for people. */
#include "base/json.h"
#include "base/str.h"
#include "model/record.h"
#include "report.h"

enum { INDENT = 2 };

static void write_json(const struct mu_run *run, const struct mu_report_opts *opts,
                       struct mu_str *out) {
  MU_STR(record, MU_RECORD_MAX);
  if (opts->record) {
    mu_json_indent(opts->record->text, opts->record->n, INDENT, out);
  } else {
    mu_record_write(run, &record);
    mu_json_indent(mu_str_get(&record), record.n, INDENT, out);
  }
  mu_str_addc(out, '\n');
  out->failed = out->failed || record.failed;
}

const struct mu_report mu_report_json = {
    .name = "json",
    .extension = ".json",
    .summary = "the run record; its schema is a promise (muster schema run)",
    .of_record = true,
    .write = write_json,
};
