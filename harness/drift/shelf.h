/* SPDX-License-Identifier: Apache-2.0 */
/* Shelf life: what a plan or state pins to a version that goes out of support, or to a certificate
 * that ends. A cold standby rots by standing. Pure, as all of drift: documents, rules and now in;
 * findings and counts out. What is given is borrowed for the call, results live in the arena. */
#ifndef MU_DRIFT_SHELF_H
#define MU_DRIFT_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/rules.h"

struct mu_arena;
struct mu_doc;

struct mu_shelf_in {
  const struct mu_doc *doc; /* a plan: what it wants; read as actual state: what is there */
  const struct mu_shelf_rule *rules; /* before the built-in table */
  size_t rules_n;
  int64_t now_ms;
  int64_t warn_ms;        /* an end nearer than this is worth a line (low) */
  int64_t fail_ms;        /* nearer than this it is medium, as is support that costs extra */
  int64_t certificate_ms; /* the same for certificates, which are renewed late by design */
  const char *check;      /* the check that findings carry */
};

struct mu_shelf_out {
  struct mu_findings *findings; /* given by the caller; appended to */
  size_t looked_up;             /* versions and certificates whose end is known */
  size_t soon;                  /* of them: findings */
  size_t unlisted;              /* versions that no row knows: SHELF_LIFE_UNKNOWN */
  int64_t nearest_ms;           /* the next end; 0: none */
  const char *nearest;
  const char *headline;
};

/* A resource that cannot be read again counts as unlisted. */
void mu_shelf_look(const struct mu_shelf_in *in, struct mu_arena *arena, struct mu_shelf_out *out);
int64_t mu_shelf_table_ms(void); /* the date of the built-in table */

#endif
