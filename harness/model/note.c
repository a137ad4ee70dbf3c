/* SPDX-License-Identifier: Apache-2.0 */
#include "model/note.h"

#include <string.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "model/finding.h"

enum { SEEN_MAX = 16 << 20 };

static const char *const kinds[] = {"forgiven", "explained", "baseline",
                                    "unknown",  "ignored",   "equal"};
_Static_assert(MU_LEN(kinds) == MU_NOTE_N_, "a word for each kind");

const char *mu_note_kind_text(enum mu_note_kind kind) {
  return kinds[kind];
}

bool mu_note_kind_parse(const char *text, enum mu_note_kind *out) {
  for (size_t i = 0; i < MU_LEN(kinds); i++) {
    if (mu_streq(kinds[i], text)) {
      *out = (enum mu_note_kind)i;
      return true;
    }
  }
  return false;
}

/* ---- acknowledgements ---- */

static bool is_of(const struct mu_finding *finding, const char *prefix) {
  return mu_str_starts(mu_finding_def(finding->id)->name, prefix);
}

/* As a record writes it, so that a finding of a run and the same one read back are alike. */
static void add_value(struct mu_str *out, const char *json) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(json, strlen(json), &doc, NULL) == 0) {
    mu_json_dump(mu_json_root(doc), out);
  } else {
    mu_str_add_json(out, json, strlen(json));
  }
}

/* The actual value; where a finding has none, its words, which name the object. What counts days or
 * commits says something else each night and is known by its fingerprint alone. */
void mu_ack_seen(const struct mu_finding *finding, char out[MU_SHA256_HEX]) {
  MU_STR(text, SEEN_MAX);
  if (finding->actual) {
    mu_str_add(&text, "actual:");
    add_value(&text, finding->actual);
  } else if (is_of(finding, "DRIFT_") && finding->message) {
    mu_str_addf(&text, "message:%s", finding->message);
  }
  mu_sha256_hex(mu_str_get(&text), text.n, out);
}

bool mu_ack_takes(const struct mu_finding *finding) {
  return (finding->verdict == MU_FAIL || (finding->verdict == MU_PASS && finding->ack)) &&
         (is_of(finding, "DRIFT_") || is_of(finding, "IGNORE_") || is_of(finding, "PLAN_") ||
          is_of(finding, "SHELF_"));
}

bool mu_ack_is_wider(const struct mu_finding *finding) {
  return finding->id == MU_F_DRIFT_ACCESS_WIDER || finding->id == MU_F_DRIFT_STAGED_UNSAFE ||
         mu_streq(finding->klass, "access") || (finding->id == MU_F_DRIFT_EXTRA && finding->path);
}
