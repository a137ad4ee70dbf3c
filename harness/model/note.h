/* SPDX-License-Identifier: Apache-2.0 */
/* Two things that a record may hold beside findings: notes of what a comparison looked at and did
 * not find wanting, kept where somebody asked to see them, and acknowledgements of findings. Plain
 * data; strings are borrowed from the run's arena. */
#ifndef MU_MODEL_NOTE_H
#define MU_MODEL_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

/* What became of an attribute that is no finding. */
enum mu_note_kind {
  MU_NOTE_FORGIVEN,  /* differs to the letter, and an equality rule says that it means the same */
  MU_NOTE_EXPLAINED, /* collects other resources, and they account for all of it */
  MU_NOTE_BASELINE,  /* unknown when planned, and as it was first seen */
  MU_NOTE_UNKNOWN,   /* could not be told */
  MU_NOTE_IGNORED,   /* left out, by a rule of the operator's or of a table */
  MU_NOTE_EQUAL,     /* the same to the letter */
  MU_NOTE_N_
};

const char *mu_note_kind_text(enum mu_note_kind kind); /* "forgiven" */
bool mu_note_kind_parse(const char *text, enum mu_note_kind *out);

struct mu_note {
  enum mu_note_kind kind;
  const char *check;            /* the check that made the comparison */
  const char *address, *path;   /* path "": the resource as a whole */
  const char *planned, *actual; /* canonical JSON, redacted; NULL: absent */
  const char *rule;             /* "null-empty", "ignore:muster.yaml:37" */
};

/* Somebody knows of a finding and answers for it until a date; or takes that back. The reason and
 * whoever wrote it down are the run's. */
struct mu_ack {
  char fingerprint[MU_SHA256_HEX]; /* of the finding */
  char seen[MU_SHA256_HEX]; /* mu_ack_seen() of it: what was acknowledged is what stood there */
  const char *finding;      /* "DRIFT_CHANGED" */
  const char *check, *subject, *path;
  const char *owner;
  int64_t until_ms;
  bool wider;     /* that it widens access was accepted in so many words */
  bool withdrawn; /* from here on it counts again */
};

struct mu_finding;

/* What a finding shows, as a hash: the fingerprint leaves the values out, and an acknowledgement
 * must not cover the next change of the same attribute. */
void mu_ack_seen(const struct mu_finding *finding, char out[MU_SHA256_HEX]);
/* Can it be acknowledged at all: drift that was seen, and fails? */
bool mu_ack_takes(const struct mu_finding *finding);
/* Does it say that access was widened, protection taken away, or that something was put there that
 * nobody declared? Then an acknowledgement has to say so. */
bool mu_ack_is_wider(const struct mu_finding *finding);

#endif
