/* SPDX-License-Identifier: Apache-2.0 */
/* The report interface: a pure function from a run record to bytes. No clock, no locale, no verdict
 * of its own. One more report is one file that defines `const struct mu_report mu_report_NAME` and
 * one row in reports/table.def. */
#ifndef MU_REPORT_H
#define MU_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct mu_run;
struct mu_str;

struct mu_report_opts {
  bool color;   /* text: ANSI colours */
  int width;    /* text: columns; 0: unlimited */
  bool verbose; /* text: equal and passed things in full */
  bool brief;   /* text: without the steps of a drill, where a live view has shown them already */
  bool strict;  /* junit: without test-case output, so that the strictest schema takes it */
  const char *css_href; /* html: link this stylesheet too, for servers that forbid inline styles;
                           NULL: none */
  const char *record_sha256; /* html: the hash of the canonical record, where it is known already */
};

struct mu_report {
  const char *name;      /* "junit" */
  const char *extension; /* ".xml" */
  const char *summary;   /* one line */
  void (*write)(const struct mu_run *run, const struct mu_report_opts *opts, struct mu_str *out);
};

struct mu_reports {
  const struct mu_report *const *at;
  size_t n;
};
const struct mu_report *mu_report_find(const struct mu_reports *reports, const char *name);

#endif
