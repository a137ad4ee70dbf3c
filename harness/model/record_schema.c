/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Schema (draft-07) of the run record. Each object is a table of its members; additional ones
 * are allowed, since a newer minor version may add some. Enumerations come from the same tables as
 * the record itself. */
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "model/fact.h"
#include "model/finding.h"
#include "model/note.h"
#include "model/record.h"
#include "model/verdict.h"

/* How a member looks. */
enum kind {
  TEXT,
  TIME,    /* RFC 3339, or Unix milliseconds outside of four-digit years */
  INTEGER, /* beyond 2^53: a string of digits */
  FLAG,
  ANY,
  DIGEST,
  INTERVAL, /* [lo, hi] */
  TEXTS,    /* names to strings */
  VERDICT,
  SEVERITY,
  STATUS,
  OUTCOME,
  CLASS,
  TYPE,
  FINDING,
  NOTE,
  FACTS, /* names to facts */
  LIST   /* of `items` */
};

struct member {
  const char *name;
  enum kind kind;
  bool required;
  const struct object *items;
};
struct object {
  const struct member *members;
  size_t n;
};
#define OBJECT(name, ...)                                                                          \
  static const struct member name##_members[] = {__VA_ARGS__};                                     \
  static const struct object name = {name##_members, MU_LEN(name##_members)}
#define MUST true
#define MAY false

OBJECT(input, {"role", TEXT, MAY, NULL}, {"name", TEXT, MAY, NULL}, {"sha256", DIGEST, MUST, NULL},
       {"bytes", INTEGER, MUST, NULL}, {"note", TEXT, MAY, NULL});
OBJECT(head, {"id", TEXT, MUST, NULL}, {"class", CLASS, MUST, NULL}, {"command", TEXT, MAY, NULL},
       {"workload", TEXT, MAY, NULL}, {"owner", TEXT, MAY, NULL}, {"runbook", TEXT, MAY, NULL},
       {"tier", TEXT, MAY, NULL}, {"drill", TEXT, MAY, NULL}, {"who", TEXT, MAY, NULL},
       {"ticket", TEXT, MAY, NULL}, {"reason", TEXT, MAY, NULL}, {"approved_by", TEXT, MAY, NULL},
       {"scope", TEXT, MAY, NULL}, {"version", TEXT, MAY, NULL}, {"started", TIME, MAY, NULL},
       {"ended", TIME, MAY, NULL}, {"elapsed_ms", INTEGER, MUST, NULL},
       {"interrupted", FLAG, MUST, NULL}, {"cleanup", TEXT, MAY, NULL},
       {"previous", TEXT, MAY, NULL}, {"environment", TEXTS, MUST, NULL},
       {"inputs", LIST, MUST, &input});
OBJECT(try, {"started", TIME, MAY, NULL}, {"elapsed_ms", INTEGER, MUST, NULL},
       {"status", STATUS, MUST, NULL}, {"error", TEXT, MAY, NULL});
OBJECT(check, {"id", TEXT, MAY, NULL}, {"section", TEXT, MAY, NULL}, {"workload", TEXT, MAY, NULL},
       {"title", TEXT, MAY, NULL}, {"probe", TEXT, MAY, NULL}, {"target", TEXT, MAY, NULL},
       {"status", STATUS, MUST, NULL}, {"verdict", VERDICT, MUST, NULL},
       {"headline", TEXT, MAY, NULL}, {"error", TEXT, MAY, NULL}, {"reason", TEXT, MAY, NULL},
       {"must_fail", FLAG, MAY, NULL}, {"started", TIME, MAY, NULL},
       {"elapsed_ms", INTEGER, MUST, NULL}, {"attempts", INTEGER, MUST, NULL},
       {"tries", LIST, MUST, &try}, {"facts", FACTS, MUST, NULL}, {"details", TEXT, MAY, NULL});
OBJECT(step, {"id", TEXT, MAY, NULL}, {"title", TEXT, MAY, NULL}, {"verdict", VERDICT, MUST, NULL},
       {"state", TEXT, MAY, NULL}, {"started", TIME, MAY, NULL}, {"ended", TIME, MAY, NULL},
       {"elapsed_ms", INTEGER, MUST, NULL}, {"budget_ms", INTEGER, MAY, NULL},
       {"actor", TEXT, MAY, NULL}, {"seen", TEXT, MAY, NULL}, {"undo", TEXT, MAY, NULL});
OBJECT(event, {"name", TEXT, MAY, NULL}, {"at", TIME, MUST, NULL}, {"mono_ms", INTEGER, MUST, NULL},
       {"detail", TEXT, MAY, NULL});
OBJECT(finding, {"id", FINDING, MUST, NULL}, {"check", TEXT, MAY, NULL},
       {"severity", SEVERITY, MUST, NULL}, {"verdict", VERDICT, MUST, NULL},
       {"subject", TEXT, MAY, NULL}, {"path", TEXT, MAY, NULL}, {"expected", ANY, MAY, NULL},
       {"actual", ANY, MAY, NULL}, {"message", TEXT, MAY, NULL}, {"class", TEXT, MAY, NULL},
       {"next", TEXT, MAY, NULL}, {"age", TEXT, MAY, NULL}, {"since", TIME, MAY, NULL},
       {"ack", TEXT, MAY, NULL}, {"fingerprint", DIGEST, MUST, NULL});
OBJECT(target, {"name", TEXT, MAY, NULL}, {"clock", TEXT, MAY, NULL}, {"subject", TEXT, MAY, NULL},
       {"target_ms", INTEGER, MAY, NULL}, {"achieved_ms", INTERVAL, MAY, NULL},
       {"outcome", OUTCOME, MUST, NULL}, {"gate", FLAG, MUST, NULL}, {"basis", TEXT, MAY, NULL});
OBJECT(assumption, {"name", TEXT, MAY, NULL}, {"ms", INTEGER, MUST, NULL},
       {"basis", TEXT, MAY, NULL});
OBJECT(evidence, {"name", TEXT, MAY, NULL}, {"sha256", DIGEST, MUST, NULL},
       {"bytes", INTEGER, MUST, NULL});
OBJECT(observation, {"address", TEXT, MAY, NULL}, {"path", TEXT, MAY, NULL},
       {"provider_id", TEXT, MAY, NULL}, {"value", ANY, MAY, NULL}, {"held", FLAG, MUST, NULL});
OBJECT(left_out, {"what", TEXT, MAY, NULL}, {"why", TEXT, MAY, NULL});
OBJECT(note, {"kind", NOTE, MUST, NULL}, {"check", TEXT, MAY, NULL}, {"address", TEXT, MAY, NULL},
       {"path", TEXT, MAY, NULL}, {"planned", ANY, MAY, NULL}, {"actual", ANY, MAY, NULL},
       {"rule", TEXT, MAY, NULL});
OBJECT(ack, {"fingerprint", DIGEST, MUST, NULL}, {"seen", DIGEST, MUST, NULL},
       {"finding", TEXT, MAY, NULL}, {"check", TEXT, MAY, NULL}, {"subject", TEXT, MAY, NULL},
       {"path", TEXT, MAY, NULL}, {"owner", TEXT, MAY, NULL}, {"until", TIME, MAY, NULL},
       {"wider", FLAG, MUST, NULL}, {"withdrawn", FLAG, MUST, NULL});
OBJECT(coverage, {"resources", INTEGER, MUST, NULL}, {"attributes", INTEGER, MUST, NULL},
       {"compared", INTEGER, MUST, NULL}, {"explained", INTEGER, MUST, NULL},
       {"baseline", INTEGER, MUST, NULL}, {"unverifiable", INTEGER, MUST, NULL},
       {"ignored", INTEGER, MUST, NULL}, {"redacted", INTEGER, MUST, NULL});
OBJECT(lists, {"checks", LIST, MUST, &check}, {"steps", LIST, MUST, &step},
       {"events", LIST, MUST, &event}, {"findings", LIST, MUST, &finding},
       {"targets", LIST, MUST, &target}, {"assumptions", LIST, MUST, &assumption},
       {"evidence", LIST, MUST, &evidence}, {"observations", LIST, MUST, &observation},
       {"left_out", LIST, MUST, &left_out}, {"notes", LIST, MAY, &note}, {"acks", LIST, MAY, &ack});

static void write_object(struct mu_jw *w, const struct object *object);

static void type(struct mu_jw *w, const char *name) {
  mu_jw_kstr(w, "type", name);
}

static const char *verdict_word(unsigned i) {
  return mu_verdict_text((enum mu_verdict)i);
}
static const char *severity_word(unsigned i) {
  return mu_severity_text((enum mu_severity)i);
}
static const char *status_word(unsigned i) {
  return mu_status_text((enum mu_status)i);
}
static const char *outcome_word(unsigned i) {
  return mu_outcome_text((enum mu_outcome)i);
}
static const char *type_word(unsigned i) {
  return mu_type_text((enum mu_type)i);
}
static const char *finding_word(unsigned i) {
  return mu_finding_def((enum mu_finding_id)i)->name;
}
static const char *note_word(unsigned i) {
  return mu_note_kind_text((enum mu_note_kind)i);
}
static const char *class_word(unsigned i) {
  return i == 0 ? "REAL" : "REHEARSAL";
}

static void words(struct mu_jw *w, const char *(*word)(unsigned), unsigned n) {
  mu_jw_key(w, "enum");
  mu_jw_array(w);
  for (unsigned i = 0; i < n; i++) {
    mu_jw_str(w, word(i));
  }
  mu_jw_end(w);
}

static void number_or_text(struct mu_jw *w, const char *keyword, const char *form) {
  mu_jw_key(w, "type");
  mu_jw_array(w);
  mu_jw_str(w, "integer");
  mu_jw_str(w, "string");
  mu_jw_end(w);
  mu_jw_kstr(w, keyword, form);
}

static void integer(struct mu_jw *w) {
  number_or_text(w, "pattern", "^-?[0-9]+$");
}

static void interval(struct mu_jw *w) {
  type(w, "array");
  mu_jw_key(w, "items");
  mu_jw_object(w);
  integer(w);
  mu_jw_end(w);
  mu_jw_kint(w, "minItems", 2);
  mu_jw_kint(w, "maxItems", 2);
}

static void names_to_strings(struct mu_jw *w) {
  type(w, "object");
  mu_jw_key(w, "additionalProperties");
  mu_jw_object(w);
  mu_jw_key(w, "type");
  mu_jw_array(w);
  mu_jw_str(w, "string");
  mu_jw_str(w, "null");
  mu_jw_end(w);
  mu_jw_end(w);
}

static void facts(struct mu_jw *w) {
  OBJECT(fact, {"type", TYPE, MUST, NULL}, {"value", ANY, MUST, NULL}, {"unit", TEXT, MAY, NULL},
         {"volatile", FLAG, MAY, NULL});
  type(w, "object");
  mu_jw_key(w, "additionalProperties");
  mu_jw_object(w);
  write_object(w, &fact);
  mu_jw_end(w);
}

static void list(struct mu_jw *w, const struct object *items) {
  type(w, "array");
  mu_jw_key(w, "items");
  mu_jw_object(w);
  write_object(w, items);
  mu_jw_end(w);
}

static void write_kind(struct mu_jw *w, const struct member *member) {
  switch (member->kind) {
  case TEXT:
    type(w, "string");
    break;
  case TIME:
    number_or_text(w, "format", "date-time");
    break;
  case INTEGER:
    integer(w);
    break;
  case FLAG:
    type(w, "boolean");
    break;
  case ANY:
    break;
  case DIGEST:
    type(w, "string");
    mu_jw_kstr(w, "pattern", "^([0-9a-f]{64})?$");
    break;
  case INTERVAL:
    interval(w);
    break;
  case TEXTS:
    names_to_strings(w);
    break;
  case VERDICT:
    words(w, verdict_word, MU_VERDICT_N_);
    break;
  case SEVERITY:
    words(w, severity_word, MU_SEVERITY_N_);
    break;
  case STATUS:
    words(w, status_word, MU_STATUS_N_);
    break;
  case OUTCOME:
    words(w, outcome_word, MU_OUTCOME_N_);
    break;
  case CLASS:
    words(w, class_word, 2);
    break;
  case TYPE:
    words(w, type_word, MU_TYPE_N_);
    break;
  case FINDING:
    words(w, finding_word, MU_F_N_);
    break;
  case NOTE:
    words(w, note_word, MU_NOTE_N_);
    break;
  case FACTS:
    facts(w);
    break;
  case LIST:
    list(w, member->items);
    break;
  }
}

static void write_members(struct mu_jw *w, const struct object *object) {
  for (size_t i = 0; i < object->n; i++) {
    mu_jw_key(w, object->members[i].name);
    mu_jw_object(w);
    write_kind(w, &object->members[i]);
    mu_jw_end(w);
  }
}

static void write_required(struct mu_jw *w, const struct object *object) {
  for (size_t i = 0; i < object->n; i++) {
    if (object->members[i].required) {
      mu_jw_str(w, object->members[i].name);
    }
  }
}

/* The members of an object schema; depth is that of the tables above. */
static void write_object(struct mu_jw *w, const struct object *object) {
  type(w, "object");
  mu_jw_key(w, "properties");
  mu_jw_object(w);
  write_members(w, object);
  mu_jw_end(w);
  mu_jw_key(w, "required");
  mu_jw_array(w);
  write_required(w, object);
  mu_jw_end(w);
}

static void write_top(struct mu_jw *w) {
  mu_jw_key(w, "schema");
  mu_jw_object(w);
  type(w, "string");
  mu_jw_kstr(w, "pattern", "^muster\\.run/1(\\.[0-9]+)?$");
  mu_jw_end(w);
  mu_jw_key(w, "run");
  mu_jw_object(w);
  write_object(w, &head);
  mu_jw_end(w);
  mu_jw_key(w, "verdict");
  mu_jw_object(w);
  words(w, verdict_word, MU_VERDICT_N_);
  mu_jw_end(w);
  mu_jw_key(w, "why");
  mu_jw_object(w);
  type(w, "string");
  mu_jw_end(w);
  mu_jw_key(w, "coverage");
  mu_jw_object(w);
  write_object(w, &coverage);
  mu_jw_end(w);
  write_members(w, &lists);
}

void mu_record_schema(struct mu_str *out) {
  struct mu_jw w;
  mu_jw_init(&w, out, 2);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "$schema", "http://json-schema.org/draft-07/schema#");
  mu_jw_kstr(&w, "$id", "muster.run/1");
  mu_jw_kstr(&w, "title", "The record of one muster run");
  type(&w, "object");
  mu_jw_key(&w, "properties");
  mu_jw_object(&w);
  write_top(&w);
  mu_jw_end(&w);
  mu_jw_key(&w, "required");
  mu_jw_array(&w);
  mu_jw_str(&w, "schema");
  mu_jw_str(&w, "run");
  mu_jw_str(&w, "verdict");
  write_required(&w, &lists);
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_str_addc(out, '\n');
}
