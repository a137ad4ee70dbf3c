/* SPDX-License-Identifier: Apache-2.0 */
/* The run record as JSON: the reader. Records come from the ledger, from bundles and from other
 * machines: nothing in them is trusted. Unknown members are passed over; a word that this version
 * does not know is an error, since a verdict may hang on it. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "model/record.h"
#include "model/run.h"

static const char SCHEMA[] = "muster.run/";

/* What every reading function needs, and the first error. */
struct reader {
  struct mu_run *run;
  struct mu_err *err;
  bool failed;
};

static void refuse(struct reader *r, const char *member, const char *what) {
  if (!r->failed) {
    MU_STR(safe, MU_ERR_MAX);
    mu_str_add_safe(&safe, what, strlen(what));
    (void)mu_fail(r->err, MU_E_UNSUPPORTED, "run record: %s: '%s' is not known to this version",
                  member, mu_str_get(&safe));
  }
  r->failed = true;
}

static const char *text(struct reader *r, const struct mu_json_node *object, const char *key) {
  return mu_arena_str(r->run->arena, mu_json_str(mu_json_get(object, key), NULL));
}

/* Integers beyond 2^53 are strings. */
static int64_t number_of(const struct mu_json_node *node) {
  int64_t n = 0;
  const char *digits = mu_json_str(node, NULL);
  if (digits) {
    return mu_num_parse_i64(digits, &n) == 0 ? n : 0;
  }
  return mu_json_int(node, 0);
}

static int64_t number(const struct mu_json_node *object, const char *key) {
  return number_of(mu_json_get(object, key));
}

static int64_t time_of(const struct mu_json_node *node) {
  int64_t ms = 0;
  const char *stamp = mu_json_str(node, NULL);
  return stamp && mu_time_parse(stamp, &ms) == 0 ? ms : number_of(node);
}

static int64_t when(const struct mu_json_node *object, const char *key) {
  return time_of(mu_json_get(object, key));
}

static bool flag(const struct mu_json_node *object, const char *key) {
  return mu_json_bool(mu_json_get(object, key), false);
}

static const char *value(struct reader *r, const struct mu_json_node *object, const char *key) {
  const struct mu_json_node *node = mu_json_get(object, key);
  if (!node) {
    return NULL;
  }
  MU_STR(json, MU_RECORD_MAX);
  mu_json_dump(node, &json);
  return mu_str_copy(&json, r->run->arena);
}

static void digest(struct reader *r, const struct mu_json_node *object, const char *key,
                   char out[MU_SHA256_HEX]) {
  const char *hex = mu_json_str(mu_json_get(object, key), "");
  size_t n = strlen(hex);
  if (n != 0 && (n != MU_SHA256_HEX - 1 || strspn(hex, "0123456789abcdef") != n)) {
    refuse(r, key, hex);
    return;
  }
  memcpy(out, hex, n + 1);
}

static enum mu_verdict verdict(struct reader *r, const struct mu_json_node *object) {
  enum mu_verdict out = MU_INCONCLUSIVE;
  const char *word = mu_json_str(mu_json_get(object, "verdict"), "");
  if (!mu_verdict_parse(word, &out)) {
    refuse(r, "verdict", word);
  }
  return out;
}

static enum mu_status status(struct reader *r, const struct mu_json_node *object) {
  enum mu_status out = MU_ERROR;
  const char *word = mu_json_str(mu_json_get(object, "status"), "");
  if (!mu_status_parse(word, &out)) {
    refuse(r, "status", word);
  }
  return out;
}

static void read_input(struct reader *r, const struct mu_json_node *node) {
  struct mu_input *input = MU_RUN_ADD(r->run, inputs);
  input->role = text(r, node, "role");
  input->name = text(r, node, "name");
  digest(r, node, "sha256", input->sha256);
  input->bytes = number(node, "bytes");
  input->note = text(r, node, "note");
}

static void read_head(struct reader *r, const struct mu_json_node *node) {
  struct mu_run *run = r->run;
  const char *id = mu_json_str(mu_json_get(node, "id"), "");
  if (strlen(id) >= sizeof run->id) {
    refuse(r, "id", id);
    return;
  }
  memcpy(run->id, id, strlen(id) + 1);
  /* Anything but REAL is a rehearsal: a word that is not understood must never satisfy a gate. */
  run->rehearsal = !mu_streq(mu_json_str(mu_json_get(node, "class"), NULL), "REAL");
  run->command = text(r, node, "command");
  run->workload = text(r, node, "workload");
  run->owner = text(r, node, "owner");
  run->runbook = text(r, node, "runbook");
  run->tier = text(r, node, "tier");
  run->drill = text(r, node, "drill");
  run->who = text(r, node, "who");
  run->ticket = text(r, node, "ticket");
  run->reason = text(r, node, "reason");
  run->approved_by = text(r, node, "approved_by");
  run->scope = text(r, node, "scope");
  run->version = text(r, node, "version");
  run->started_ms = when(node, "started");
  run->ended_ms = when(node, "ended");
  run->elapsed_ms = number(node, "elapsed_ms");
  run->interrupted = flag(node, "interrupted");
  run->cleanup = text(r, node, "cleanup");
  run->previous = text(r, node, "previous");
  const struct mu_json_node *environment = mu_json_get(node, "environment");
  for (size_t i = 0; i < mu_json_len(environment); i++) {
    const char *name = NULL;
    const struct mu_json_node *member = mu_json_member(environment, i, &name);
    if (member) {
      struct mu_pair *pair = MU_RUN_ADD(run, environment);
      pair->name = mu_arena_str(run->arena, name);
      pair->value = mu_arena_str(run->arena, mu_json_str(member, NULL));
    }
  }
}

static void read_strings(struct reader *r, const struct mu_json_node *node, struct mu_value *out) {
  size_t n = mu_json_len(node);
  const char **at = mu_arena_array(r->run->arena, n ? n : 1, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    at[i] = mu_arena_str(r->run->arena, mu_json_str(mu_json_at(node, i), ""));
  }
  out->list.at = at;
  out->list.n = n;
}

static void read_pairs(struct reader *r, const struct mu_json_node *node, struct mu_value *out) {
  size_t n = mu_json_len(node);
  const char **at = mu_arena_array(r->run->arena, n ? 2 * n : 1, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    const char *name = "";
    const struct mu_json_node *member = mu_json_member(node, i, &name);
    at[2 * i] = mu_arena_str(r->run->arena, name);
    at[2 * i + 1] = mu_arena_str(r->run->arena, mu_json_str(member, ""));
  }
  out->list.at = at;
  out->list.n = 2 * n;
}

static void read_value(struct reader *r, const struct mu_json_node *node, struct mu_value *out) {
  switch (out->type) {
  case MU_T_BOOL:
    out->b = mu_json_bool(node, false);
    break;
  case MU_T_INT:
  case MU_T_DUR:
  case MU_T_SIZE:
    out->i = number_of(node);
    break;
  case MU_T_REAL:
    out->f = mu_json_real(node, (double)NAN); /* null: no number */
    break;
  case MU_T_STR:
    out->s = mu_arena_str(r->run->arena, mu_json_str(node, ""));
    break;
  case MU_T_TIME:
    out->i = time_of(node);
    break;
  case MU_T_LIST:
    read_strings(r, node, out);
    break;
  case MU_T_RANGE:
    out->range.lo = number_of(mu_json_at(node, 0));
    out->range.hi =
        mu_json_type(mu_json_at(node, 1)) == MU_JSON_NULL ? -1 : number_of(mu_json_at(node, 1));
    break;
  case MU_T_MAP:
    read_pairs(r, node, out);
    break;
  case MU_TYPE_N_:
    break;
  }
}

static void read_facts(struct reader *r, const struct mu_json_node *node, struct mu_facts *facts) {
  mu_facts_init(facts, r->run->arena);
  for (size_t i = 0; i < mu_json_len(node); i++) {
    const char *name = NULL;
    const struct mu_json_node *member = mu_json_member(node, i, &name);
    enum mu_type type = MU_T_STR;
    const char *word = mu_json_str(mu_json_get(member, "type"), "");
    if (!name || !mu_type_parse(word, &type)) {
      refuse(r, "fact type", word);
      return;
    }
    struct mu_fact *fact = mu_fact_int(facts, name, 0, NULL);
    fact->value.type = type;
    read_value(r, mu_json_get(member, "value"), &fact->value);
    fact->unit = text(r, member, "unit");
    fact->is_volatile = flag(member, "volatile");
  }
}

static void read_attempts(struct reader *r, const struct mu_json_node *node,
                          struct mu_check *check) {
  size_t n = mu_json_len(node);
  check->attempts = mu_arena_array(r->run->arena, n ? n : 1, sizeof *check->attempts);
  check->attempts_n = n;
  for (size_t i = 0; i < n; i++) {
    const struct mu_json_node *at = mu_json_at(node, i);
    check->attempts[i].started_ms = when(at, "started");
    check->attempts[i].elapsed_ms = number(at, "elapsed_ms");
    check->attempts[i].status = status(r, at);
    check->attempts[i].error = text(r, at, "error");
  }
}

static void read_check(struct reader *r, const struct mu_json_node *node) {
  struct mu_check *check = MU_RUN_ADD(r->run, checks);
  check->id = text(r, node, "id");
  check->section = text(r, node, "section");
  check->workload = text(r, node, "workload");
  check->title = text(r, node, "title");
  check->probe = text(r, node, "probe");
  check->target = text(r, node, "target");
  check->status = status(r, node);
  check->verdict = verdict(r, node);
  check->headline = text(r, node, "headline");
  check->error = text(r, node, "error");
  check->reason = text(r, node, "reason");
  check->must_fail = flag(node, "must_fail");
  check->started_ms = when(node, "started");
  check->elapsed_ms = number(node, "elapsed_ms");
  check->details = text(r, node, "details");
  read_attempts(r, mu_json_get(node, "tries"), check);
  read_facts(r, mu_json_get(node, "facts"), &check->facts);
}

static void read_step(struct reader *r, const struct mu_json_node *node) {
  struct mu_run_step *step = MU_RUN_ADD(r->run, steps);
  step->id = text(r, node, "id");
  step->title = text(r, node, "title");
  step->verdict = verdict(r, node);
  step->state = text(r, node, "state");
  step->started_ms = when(node, "started");
  step->ended_ms = when(node, "ended");
  step->elapsed_ms = number(node, "elapsed_ms");
  step->budget_ms = number(node, "budget_ms");
  step->actor = text(r, node, "actor");
  step->seen = text(r, node, "seen");
  step->undo = text(r, node, "undo");
}

static void read_event(struct reader *r, const struct mu_json_node *node) {
  struct mu_event *event = MU_RUN_ADD(r->run, events);
  event->name = text(r, node, "name");
  event->wall_ms = when(node, "at");
  event->mono_ms = number(node, "mono_ms");
  event->detail = text(r, node, "detail");
}

static void read_finding(struct reader *r, const struct mu_json_node *node) {
  enum mu_finding_id id = MU_F_EXPECTATION_FAILED;
  const char *name = mu_json_str(mu_json_get(node, "id"), "");
  if (!mu_finding_by_name(name, &id)) {
    refuse(r, "finding", name);
    return;
  }
  struct mu_finding *finding =
      mu_finding_add(&r->run->findings, id, mu_json_str(mu_json_get(node, "check"), NULL),
                     mu_json_str(mu_json_get(node, "subject"), NULL),
                     mu_json_str(mu_json_get(node, "path"), NULL));
  const char *severity = mu_json_str(mu_json_get(node, "severity"), "");
  if (!mu_severity_parse(severity, &finding->severity)) {
    refuse(r, "severity", severity);
  }
  finding->verdict = verdict(r, node);
  finding->expected = value(r, node, "expected");
  finding->actual = value(r, node, "actual");
  finding->message = text(r, node, "message");
  finding->klass = text(r, node, "class");
  finding->next = text(r, node, "next");
  finding->age = text(r, node, "age");
  finding->since_ms = when(node, "since");
  finding->ack = text(r, node, "ack");
  digest(r, node, "fingerprint", finding->fingerprint);
}

static void read_target(struct reader *r, const struct mu_json_node *node) {
  struct mu_target *target = MU_RUN_ADD(r->run, targets);
  const char *outcome = mu_json_str(mu_json_get(node, "outcome"), "");
  if (!mu_outcome_parse(outcome, &target->outcome)) {
    refuse(r, "outcome", outcome);
  }
  target->name = text(r, node, "name");
  target->clock = text(r, node, "clock");
  target->subject = text(r, node, "subject");
  target->target_ms = number(node, "target_ms");
  target->lo_ms = number_of(mu_json_at(mu_json_get(node, "achieved_ms"), 0));
  target->hi_ms = number_of(mu_json_at(mu_json_get(node, "achieved_ms"), 1));
  target->gate = flag(node, "gate");
  target->basis = text(r, node, "basis");
}

static void read_assumption(struct reader *r, const struct mu_json_node *node) {
  struct mu_assumption *assumption = MU_RUN_ADD(r->run, assumptions);
  assumption->name = text(r, node, "name");
  assumption->ms = number(node, "ms");
  assumption->basis = text(r, node, "basis");
}

static void read_evidence(struct reader *r, const struct mu_json_node *node) {
  struct mu_evidence *evidence = MU_RUN_ADD(r->run, evidence);
  evidence->name = text(r, node, "name");
  digest(r, node, "sha256", evidence->sha256);
  evidence->bytes = number(node, "bytes");
}

static void read_observation(struct reader *r, const struct mu_json_node *node) {
  struct mu_observation *observation = MU_RUN_ADD(r->run, observations);
  observation->address = text(r, node, "address");
  observation->path = text(r, node, "path");
  observation->provider_id = text(r, node, "provider_id");
  observation->value = value(r, node, "value");
  observation->held = flag(node, "held");
}

static void read_left_out(struct reader *r, const struct mu_json_node *node) {
  struct mu_pair *pair = MU_RUN_ADD(r->run, left_out);
  pair->name = text(r, node, "what");
  pair->value = text(r, node, "why");
}

static void read_note(struct reader *r, const struct mu_json_node *node) {
  struct mu_note *note = MU_RUN_ADD(r->run, notes);
  const char *kind = mu_json_str(mu_json_get(node, "kind"), "");
  if (!mu_note_kind_parse(kind, &note->kind)) {
    refuse(r, "kind of note", kind);
  }
  note->check = text(r, node, "check");
  note->address = text(r, node, "address");
  note->path = text(r, node, "path");
  note->planned = value(r, node, "planned");
  note->actual = value(r, node, "actual");
  note->rule = text(r, node, "rule");
}

static void read_ack(struct reader *r, const struct mu_json_node *node) {
  struct mu_ack *ack = MU_RUN_ADD(r->run, acks);
  digest(r, node, "fingerprint", ack->fingerprint);
  digest(r, node, "seen", ack->seen);
  ack->finding = text(r, node, "finding");
  ack->check = text(r, node, "check");
  ack->subject = text(r, node, "subject");
  ack->path = text(r, node, "path");
  ack->owner = text(r, node, "owner");
  ack->until_ms = when(node, "until");
  ack->wider = flag(node, "wider");
  ack->withdrawn = flag(node, "withdrawn");
}

static void read_coverage(const struct mu_json_node *node, struct mu_coverage *out) {
  out->resources = number(node, "resources");
  out->attributes = number(node, "attributes");
  out->compared = number(node, "compared");
  out->explained = number(node, "explained");
  out->baseline = number(node, "baseline");
  out->unverifiable = number(node, "unverifiable");
  out->ignored = number(node, "ignored");
  out->redacted = number(node, "redacted");
}

static void each(struct reader *r, const struct mu_json_node *object, const char *key,
                 void (*read)(struct reader *, const struct mu_json_node *)) {
  const struct mu_json_node *array = mu_json_get(object, key);
  for (size_t i = 0; i < mu_json_len(array) && !r->failed; i++) {
    read(r, mu_json_at(array, i));
  }
}

static int check_schema(const struct mu_json_node *root, struct mu_err *err) {
  const char *schema = mu_json_str(mu_json_get(root, "schema"), "");
  if (!mu_str_starts(schema, SCHEMA)) {
    return mu_fail(err, MU_E_INPUT, "not a run record: no \"schema\": \"muster.run/1\"");
  }
  const char *major = schema + strlen(SCHEMA);
  if (major[0] != '1' || (major[1] != '\0' && major[1] != '.')) {
    return mu_fail(err, MU_E_UNSUPPORTED, "run record of another major version than 1");
  }
  return 0;
}

int mu_record_read(const char *json, size_t n, struct mu_run **out, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (n > MU_RECORD_MAX) {
    return mu_fail(err, MU_E_LIMIT, "run record of %zu bytes is over the cap of %d", n,
                   (int)MU_RECORD_MAX);
  }
  if (mu_json_parse(json, n, &doc, err) != 0 || check_schema(mu_json_root(doc), err) != 0) {
    return -1;
  }
  const struct mu_json_node *root = mu_json_root(doc);
  struct reader r = {.run = mu_run_new(NULL, 0), .err = err};
  read_head(&r, mu_json_get(root, "run"));
  each(&r, mu_json_get(root, "run"), "inputs", read_input);
  r.run->verdict = verdict(&r, root);
  r.run->why = text(&r, root, "why");
  each(&r, root, "checks", read_check);
  each(&r, root, "steps", read_step);
  each(&r, root, "events", read_event);
  each(&r, root, "findings", read_finding);
  read_coverage(mu_json_get(root, "coverage"), &r.run->coverage);
  each(&r, root, "targets", read_target);
  each(&r, root, "assumptions", read_assumption);
  each(&r, root, "evidence", read_evidence);
  each(&r, root, "observations", read_observation);
  each(&r, root, "left_out", read_left_out);
  each(&r, root, "notes", read_note);
  each(&r, root, "acks", read_ack);
  if (r.failed) {
    mu_run_free(r.run);
    return -1;
  }
  *out = r.run;
  return 0;
}
