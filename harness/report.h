/* SPDX-License-Identifier: Apache-2.0 */
/* The report interface: a pure function from a run record to bytes. No clock, no locale, no verdict
 * of its own. One more report is one file that defines `const struct mu_report mu_report_NAME` and
 * one row in reports/table.def. */
#ifndef MU_REPORT_H
#define MU_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/verdict.h"

struct mu_run;
struct mu_str;

/* The canonical record, as the ledger keeps it. */
struct mu_report_record {
  const char *text;
  size_t n;
  const char *sha256;
};

/* Which findings a reader wants to see. What it hides is counted and said, and no verdict changes:
 * text and markdown draw fewer lines, the reports for machines and auditors are always whole. */
struct mu_report_filter {
  const char *const *only; /* addresses, globs over them, ids or classes; none: all */
  size_t only_n;
  enum mu_severity severity; /* this and above; what could not be verified has none, and is shown */
};

struct mu_report_opts {
  bool color;   /* text: ANSI colours */
  int width;    /* text: columns; 0: unlimited */
  bool verbose; /* text: equal and passed things in full */
  bool brief;   /* text: without the steps of a drill, where a live view has shown them already */
  bool strict;  /* junit: without test-case output, so that the strictest schema takes it */
  const char *css_href; /* html: link this stylesheet too, for servers that forbid inline styles;
                           NULL: none */
  const struct mu_report_filter *filter; /* NULL: everything */
  const struct mu_report_record *record; /* where it is written already, else NULL */
};

struct mu_report {
  const char *name;      /* "junit" */
  const char *extension; /* ".xml" */
  const char *summary;   /* one line */
  bool of_record;        /* made of opts->record where that is there, so it is worth waiting for */
  void (*write)(const struct mu_run *run, const struct mu_report_opts *opts, struct mu_str *out);
};

struct mu_reports {
  const struct mu_report *const *at;
  size_t n;
};
const struct mu_report *mu_report_find(const struct mu_reports *reports, const char *name);

#endif
