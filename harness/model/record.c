/* SPDX-License-Identifier: Apache-2.0 */
/* The run record as JSON: the writer. Members in the order of run.h; what is NULL is left out,
 * lists are always there, but for the two that few runs have (notes, acks). */
#include "model/record.h"

#include <string.h>

#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "model/run.h"

static void key_time(struct mu_jw *w, const char *key, int64_t unix_ms) {
  mu_jw_key(w, key);
  mu_jw_time(w, unix_ms);
}

static void key_time_opt(struct mu_jw *w, const char *key, int64_t unix_ms) {
  if (unix_ms != 0) {
    key_time(w, key, unix_ms);
  }
}

static void key_count_opt(struct mu_jw *w, const char *key, int64_t n) {
  if (n != 0) {
    mu_jw_kint(w, key, n);
  }
}

/* Values come as JSON text from many hands. They are parsed and written again, so that the record
 * is JSON whatever they hold; text that is no JSON becomes a string. */
static void key_value(struct mu_jw *w, const char *key, const char *json) {
  if (!json) {
    return;
  }
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(json, strlen(json), &doc, NULL) != 0) {
    mu_jw_kstr(w, key, json);
    return;
  }
  MU_STR(canonical, MU_RECORD_MAX);
  mu_json_dump(mu_json_root(doc), &canonical);
  mu_jw_kraw_opt(w, key, mu_str_get(&canonical));
}

static void write_inputs(struct mu_jw *w, const struct mu_run *run) {
  mu_jw_key(w, "inputs");
  mu_jw_array(w);
  for (size_t i = 0; i < run->inputs.n; i++) {
    const struct mu_input *input = &run->inputs.at[i];
    mu_jw_object(w);
    mu_jw_kstr_opt(w, "role", input->role);
    mu_jw_kstr_opt(w, "name", input->name);
    mu_jw_kstr(w, "sha256", input->sha256);
    mu_jw_kint(w, "bytes", input->bytes);
    mu_jw_kstr_opt(w, "note", input->note);
    mu_jw_end(w);
  }
  mu_jw_end(w);
}

/* As an object: where a name stands twice, the last one counts. */
static void write_environment(struct mu_jw *w, const struct mu_run *run) {
  mu_jw_key(w, "environment");
  mu_jw_object(w);
  for (size_t i = 0; i < run->environment.n; i++) {
    bool again = false;
    for (size_t k = i + 1; k < run->environment.n && !again; k++) {
      again = mu_streq(run->environment.at[i].name, run->environment.at[k].name);
    }
    if (!again) {
      mu_jw_kstr(w, run->environment.at[i].name, run->environment.at[i].value);
    }
  }
  mu_jw_end(w);
}

static void write_head(struct mu_jw *w, const struct mu_run *run) {
  mu_jw_key(w, "run");
  mu_jw_object(w);
  mu_jw_kstr(w, "id", run->id);
  mu_jw_kstr(w, "class", run->rehearsal ? "REHEARSAL" : "REAL");
  mu_jw_kstr_opt(w, "command", run->command);
  mu_jw_kstr_opt(w, "workload", run->workload);
  mu_jw_kstr_opt(w, "owner", run->owner);
  mu_jw_kstr_opt(w, "runbook", run->runbook);
  mu_jw_kstr_opt(w, "tier", run->tier);
  mu_jw_kstr_opt(w, "drill", run->drill);
  mu_jw_kstr_opt(w, "who", run->who);
  mu_jw_kstr_opt(w, "ticket", run->ticket);
  mu_jw_kstr_opt(w, "reason", run->reason);
  mu_jw_kstr_opt(w, "approved_by", run->approved_by);
  mu_jw_kstr_opt(w, "scope", run->scope);
  mu_jw_kstr_opt(w, "version", run->version);
  key_time_opt(w, "started", run->started_ms);
  key_time_opt(w, "ended", run->ended_ms);
  mu_jw_kint(w, "elapsed_ms", run->elapsed_ms);
  mu_jw_kbool(w, "interrupted", run->interrupted);
  mu_jw_kstr_opt(w, "cleanup", run->cleanup);
  mu_jw_kstr_opt(w, "previous", run->previous);
  write_environment(w, run);
  write_inputs(w, run);
  mu_jw_end(w);
}

static void write_facts(struct mu_jw *w, const struct mu_facts *facts) {
  mu_jw_key(w, "facts");
  mu_jw_object(w);
  for (size_t i = 0; i < facts->n; i++) {
    const struct mu_fact *fact = &facts->at[i];
    if (fact->is_body || fact->is_secret || mu_fact_find(facts, fact->name) != fact) {
      continue;
    }
    mu_jw_key(w, fact->name);
    mu_jw_object(w);
    mu_jw_kstr(w, "type", mu_type_text(fact->value.type));
    mu_jw_key(w, "value");
    mu_value_write(w, &fact->value);
    mu_jw_kstr_opt(w, "unit", fact->unit);
    if (fact->is_volatile) {
      mu_jw_kbool(w, "volatile", true);
    }
    mu_jw_end(w);
  }
  mu_jw_end(w);
}

static void write_attempts(struct mu_jw *w, const struct mu_check *check) {
  mu_jw_kint(w, "attempts", (int64_t)check->attempts_n);
  mu_jw_key(w, "tries");
  mu_jw_array(w);
  for (size_t i = 0; i < check->attempts_n; i++) {
    const struct mu_attempt *attempt = &check->attempts[i];
    mu_jw_object(w);
    key_time_opt(w, "started", attempt->started_ms);
    mu_jw_kint(w, "elapsed_ms", attempt->elapsed_ms);
    mu_jw_kstr(w, "status", mu_status_text(attempt->status));
    mu_jw_kstr_opt(w, "error", attempt->error);
    mu_jw_end(w);
  }
  mu_jw_end(w);
}

static void write_check(struct mu_jw *w, const struct mu_check *check) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "id", check->id);
  mu_jw_kstr_opt(w, "section", check->section);
  mu_jw_kstr_opt(w, "workload", check->workload);
  mu_jw_kstr_opt(w, "title", check->title);
  mu_jw_kstr_opt(w, "probe", check->probe);
  mu_jw_kstr_opt(w, "target", check->target);
  mu_jw_kstr(w, "status", mu_status_text(check->status));
  mu_jw_kstr(w, "verdict", mu_verdict_text(check->verdict));
  mu_jw_kstr_opt(w, "headline", check->headline);
  mu_jw_kstr_opt(w, "error", check->error);
  mu_jw_kstr_opt(w, "reason", check->reason);
  if (check->must_fail) {
    mu_jw_kbool(w, "must_fail", true);
  }
  key_time_opt(w, "started", check->started_ms);
  mu_jw_kint(w, "elapsed_ms", check->elapsed_ms);
  write_attempts(w, check);
  write_facts(w, &check->facts);
  mu_jw_kstr_opt(w, "details", check->details);
  mu_jw_end(w);
}

static void write_step(struct mu_jw *w, const struct mu_run_step *step) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "id", step->id);
  mu_jw_kstr_opt(w, "title", step->title);
  mu_jw_kstr(w, "verdict", mu_verdict_text(step->verdict));
  mu_jw_kstr_opt(w, "state", step->state);
  key_time_opt(w, "started", step->started_ms);
  key_time_opt(w, "ended", step->ended_ms);
  mu_jw_kint(w, "elapsed_ms", step->elapsed_ms);
  key_count_opt(w, "budget_ms", step->budget_ms);
  mu_jw_kstr_opt(w, "actor", step->actor);
  mu_jw_kstr_opt(w, "seen", step->seen);
  mu_jw_kstr_opt(w, "undo", step->undo);
  mu_jw_end(w);
}

static void write_event(struct mu_jw *w, const struct mu_event *event) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "name", event->name);
  key_time(w, "at", event->wall_ms);
  mu_jw_kint(w, "mono_ms", event->mono_ms);
  mu_jw_kstr_opt(w, "detail", event->detail);
  mu_jw_end(w);
}

static void write_finding(struct mu_jw *w, const struct mu_finding *finding) {
  mu_jw_object(w);
  mu_jw_kstr(w, "id", mu_finding_def(finding->id)->name);
  mu_jw_kstr_opt(w, "check", finding->check);
  mu_jw_kstr(w, "severity", mu_severity_text(finding->severity));
  mu_jw_kstr(w, "verdict", mu_verdict_text(finding->verdict));
  mu_jw_kstr_opt(w, "subject", finding->subject);
  mu_jw_kstr_opt(w, "path", finding->path);
  key_value(w, "expected", finding->expected);
  key_value(w, "actual", finding->actual);
  mu_jw_kstr_opt(w, "message", finding->message);
  mu_jw_kstr_opt(w, "class", finding->klass);
  mu_jw_kstr_opt(w, "next", finding->next);
  mu_jw_kstr_opt(w, "age", finding->age);
  key_time_opt(w, "since", finding->since_ms);
  mu_jw_kstr_opt(w, "ack", finding->ack);
  mu_jw_kstr(w, "fingerprint", finding->fingerprint);
  mu_jw_end(w);
}

static void write_target(struct mu_jw *w, const struct mu_target *target) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "name", target->name);
  mu_jw_kstr_opt(w, "clock", target->clock);
  mu_jw_kstr_opt(w, "subject", target->subject);
  key_count_opt(w, "target_ms", target->target_ms);
  if (target->outcome != MU_NOT_MEASURED) {
    mu_jw_key(w, "achieved_ms");
    mu_jw_array(w);
    mu_jw_int(w, target->lo_ms);
    mu_jw_int(w, target->hi_ms);
    mu_jw_end(w);
  }
  mu_jw_kstr(w, "outcome", mu_outcome_text(target->outcome));
  mu_jw_kbool(w, "gate", target->gate);
  mu_jw_kstr_opt(w, "basis", target->basis);
  mu_jw_end(w);
}

static void write_assumption(struct mu_jw *w, const struct mu_assumption *assumption) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "name", assumption->name);
  mu_jw_kint(w, "ms", assumption->ms);
  mu_jw_kstr_opt(w, "basis", assumption->basis);
  mu_jw_end(w);
}

static void write_evidence(struct mu_jw *w, const struct mu_evidence *evidence) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "name", evidence->name);
  mu_jw_kstr(w, "sha256", evidence->sha256);
  mu_jw_kint(w, "bytes", evidence->bytes);
  mu_jw_end(w);
}

static void write_observation(struct mu_jw *w, const struct mu_observation *observation) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "address", observation->address);
  mu_jw_kstr_opt(w, "path", observation->path);
  mu_jw_kstr_opt(w, "provider_id", observation->provider_id);
  key_value(w, "value", observation->value);
  mu_jw_kbool(w, "held", observation->held);
  mu_jw_end(w);
}

static void write_coverage(struct mu_jw *w, const struct mu_coverage *coverage) {
  static const struct mu_coverage nothing;
  if (memcmp(coverage, &nothing, sizeof nothing) == 0) {
    return;
  }
  mu_jw_key(w, "coverage");
  mu_jw_object(w);
  mu_jw_kint(w, "resources", coverage->resources);
  mu_jw_kint(w, "attributes", coverage->attributes);
  mu_jw_kint(w, "compared", coverage->compared);
  mu_jw_kint(w, "explained", coverage->explained);
  mu_jw_kint(w, "baseline", coverage->baseline);
  mu_jw_kint(w, "unverifiable", coverage->unverifiable);
  mu_jw_kint(w, "ignored", coverage->ignored);
  mu_jw_kint(w, "redacted", coverage->redacted);
  mu_jw_end(w);
}

static void write_left_out(struct mu_jw *w, const struct mu_pair *pair) {
  mu_jw_object(w);
  mu_jw_kstr_opt(w, "what", pair->name);
  mu_jw_kstr_opt(w, "why", pair->value);
  mu_jw_end(w);
}

static void write_note(struct mu_jw *w, const struct mu_note *note) {
  mu_jw_object(w);
  mu_jw_kstr(w, "kind", mu_note_kind_text(note->kind));
  mu_jw_kstr_opt(w, "check", note->check);
  mu_jw_kstr_opt(w, "address", note->address);
  mu_jw_kstr_opt(w, "path", note->path);
  key_value(w, "planned", note->planned);
  key_value(w, "actual", note->actual);
  mu_jw_kstr_opt(w, "rule", note->rule);
  mu_jw_end(w);
}

static void write_ack(struct mu_jw *w, const struct mu_ack *ack) {
  mu_jw_object(w);
  mu_jw_kstr(w, "fingerprint", ack->fingerprint);
  mu_jw_kstr(w, "seen", ack->seen);
  mu_jw_kstr_opt(w, "finding", ack->finding);
  mu_jw_kstr_opt(w, "check", ack->check);
  mu_jw_kstr_opt(w, "subject", ack->subject);
  mu_jw_kstr_opt(w, "path", ack->path);
  mu_jw_kstr_opt(w, "owner", ack->owner);
  key_time_opt(w, "until", ack->until_ms);
  mu_jw_kbool(w, "wider", ack->wider);
  mu_jw_kbool(w, "withdrawn", ack->withdrawn);
  mu_jw_end(w);
}

/* One list of the run, each element by `write`. */
#define WRITE_LIST(w, run, list, write)                                                            \
  do {                                                                                             \
    mu_jw_key((w), #list);                                                                         \
    mu_jw_array(w);                                                                                \
    for (size_t i = 0; i < (run)->list.n; i++) {                                                   \
      write((w), &(run)->list.at[i]);                                                              \
    }                                                                                              \
    mu_jw_end(w);                                                                                  \
  } while (0)

static void write_checks(struct mu_jw *w, const struct mu_run *run, size_t n) {
  mu_jw_key(w, "checks");
  mu_jw_array(w);
  for (size_t i = 0; i < n; i++) {
    write_check(w, &run->checks.at[i]);
  }
  mu_jw_end(w);
}

static void write_record(const struct mu_run *run, size_t checks, struct mu_str *out) {
  struct mu_jw w;
  mu_jw_init(&w, out, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "schema", "muster.run/1");
  write_head(&w, run);
  mu_jw_kstr(&w, "verdict", mu_verdict_text(run->verdict));
  mu_jw_kstr_opt(&w, "why", run->why);
  write_checks(&w, run, checks);
  WRITE_LIST(&w, run, steps, write_step);
  WRITE_LIST(&w, run, events, write_event);
  WRITE_LIST(&w, run, findings, write_finding);
  write_coverage(&w, &run->coverage);
  WRITE_LIST(&w, run, targets, write_target);
  WRITE_LIST(&w, run, assumptions, write_assumption);
  WRITE_LIST(&w, run, evidence, write_evidence);
  WRITE_LIST(&w, run, observations, write_observation);
  WRITE_LIST(&w, run, left_out, write_left_out);
  if (run->notes.n) {
    WRITE_LIST(&w, run, notes, write_note);
  }
  if (run->acks.n) {
    WRITE_LIST(&w, run, acks, write_ack);
  }
  mu_jw_end(&w);
}

void mu_record_write(const struct mu_run *run, struct mu_str *out) {
  write_record(run, run->checks.n, out);
}

void mu_record_write_brief(const struct mu_run *run, struct mu_str *out) {
  write_record(run, 0, out);
}
