/* SPDX-License-Identifier: Apache-2.0 */
/* A finding: the world differs from what was expected, or could not be verified. Its id is a row of
 * findings.def, is never reused and never changes its meaning. All strings are borrowed from the
 * run's arena. */
#ifndef MU_MODEL_FINDING_H
#define MU_MODEL_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "model/verdict.h"

enum mu_finding_id {
#define MU_FINDING(id, severity, verdict, title, doc) MU_F_##id,
#include "model/findings.def"
#undef MU_FINDING
  MU_F_N_
};

struct mu_finding_def {
  const char *name; /* "DRIFT_EXTRA" */
  enum mu_severity severity;
  enum mu_verdict verdict; /* FAIL, INCONCLUSIVE or PASS (an observation worth a line); config may
                              regrade severity, never this */
  const char *title;       /* one line, lower case */
  const char *doc;         /* the paragraph of the reference: what it means, what to do */
};

const struct mu_finding_def *mu_finding_def(enum mu_finding_id id);
const struct mu_finding_def *mu_finding_by_name(const char *name,
                                                enum mu_finding_id *id); /* NULL: no such id */

struct mu_finding {
  enum mu_finding_id id;
  enum mu_severity severity;
  enum mu_verdict verdict;
  const char *check;    /* the check it belongs to */
  const char *subject;  /* what it is about: an address, a table, a host */
  const char *path;     /* an attribute or fact inside the subject; may be NULL */
  const char *expected; /* canonical JSON text, redacted; may be NULL */
  const char *actual;   /* the same */
  const char *message;  /* one line for people: what differs, in words */
  const char *klass;    /* the equality class or rule that decided it; may be NULL */
  const char *next;     /* the next step, as a command or a line to write; may be NULL */
  const char *age;  /* "new", "persisting", "resolved"; NULL until compared with an earlier run */
  int64_t since_ms; /* first seen; 0: this run */
  const char *ack;  /* owner and due date of an acknowledgement; may be NULL */
  char fingerprint[MU_SHA256_HEX]; /* over id, check, subject and path, never the values: matches
                                      findings between runs */
};

struct mu_findings {
  struct mu_finding *at;
  size_t n, cap;
  struct mu_arena *arena;
};

void mu_findings_init(struct mu_findings *list, struct mu_arena *arena);
/* Adds a finding with the definition's severity and verdict; copies the strings; the caller may set
 * the optional members. */
struct mu_finding *mu_finding_add(struct mu_findings *list, enum mu_finding_id id,
                                  const char *check, const char *subject, const char *path);
/* Sets `message`, formatted. */
void mu_finding_say(struct mu_findings *list, struct mu_finding *finding, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Worst first, then by check, subject, path: the order of every report. */
void mu_findings_sort(struct mu_findings *list);

#endif
