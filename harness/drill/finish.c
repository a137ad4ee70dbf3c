/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/finish.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/clocks.h"
#include "drill/drill.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/age.h"
#include "model/record.h"

enum {
  CLOCK_ERROR_MS = 1000
}; /* an HTTP Date header has whole seconds: no offset is known better */

/* Tables as the restore step left them in the memo:
 * [{"name","as_of_ms","why_not","exposure_ms","exposure_at_ms"}]. */
static size_t read_tables(struct mu_drill *drill, const struct mu_json_node *list,
                          struct mu_clock_table **out) {
  size_t n = mu_json_len(list);
  struct mu_clock_table *tables = mu_arena_array(drill->arena, n + 1, sizeof *tables);
  for (size_t i = 0; i < n; i++) {
    const struct mu_json_node *row = mu_json_at(list, i);
    tables[i] = (struct mu_clock_table){
        .name = mu_arena_str(drill->arena, mu_json_str(mu_json_get(row, "name"), "?")),
        .measured = mu_json_type(mu_json_get(row, "as_of_ms")) == MU_JSON_INT,
        .as_of_ms = mu_json_int(mu_json_get(row, "as_of_ms"), 0),
        .why_not = mu_arena_str(drill->arena, mu_json_str(mu_json_get(row, "why_not"), NULL)),
        .waived = mu_json_bool(mu_json_get(row, "waived"), false),
        .has_exposure = mu_json_type(mu_json_get(row, "exposure_ms")) == MU_JSON_INT,
        .exposure_ms = mu_json_int(mu_json_get(row, "exposure_ms"), 0),
        .exposure_at_ms = mu_json_int(mu_json_get(row, "exposure_at_ms"), 0),
    };
  }
  *out = tables;
  return n;
}

static void add_assumption(struct mu_run *run, const char *name, int64_t ms, const char *basis) {
  struct mu_assumption *assumption = MU_RUN_ADD(run, assumptions);
  assumption->name = mu_arena_str(run->arena, name);
  assumption->ms = ms;
  assumption->basis = basis;
}

static int derive_targets(struct mu_drill *drill, struct mu_err *err) {
  const char *text = mu_drill_get(drill, "tables");
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(text ? text : "[]", strlen(text ? text : "[]"), &doc, err) != 0) {
    return mu_wrap(err, "restored tables in the drill's memory");
  }
  struct mu_clock_table *tables = NULL;
  size_t n = read_tables(drill, mu_json_root(doc), &tables);
  const struct mu_conf_workload *workload = drill->workload;
  for (size_t i = 0; i < workload->projected.n; i++) {
    add_assumption(drill->run, workload->projected.at[i].step, workload->projected.at[i].ms,
                   "declared in the config");
  }
  const char *ttl = mu_drill_get(drill, "dns.ttl_s");
  int64_t ttl_s = 0;
  if (ttl && mu_num_parse_i64(ttl, &ttl_s) == 0) {
    add_assumption(drill->run, "ttl", ttl_s * 1000, "as read from the drill's record");
  }
  const struct mu_clock_in in = {
      .rpo_ms = workload->rpo_ms,
      .rto_ms = workload->rto_ms,
      .clock_error_ms = CLOCK_ERROR_MS,
      .interrupted = drill->run->interrupted,
      .same_boot = !drill->resumed,
      .tables = tables,
      .tables_n = n,
      .assumptions = drill->run->assumptions.at,
      .assumptions_n = drill->run->assumptions.n,
  };
  mu_clocks_derive(drill->run, &in);
  return 0;
}

/* Each target that gates and was not met is a finding, so that it can be seen, aged and
 * acknowledged like any other. */
static void find_targets(struct mu_drill *drill) {
  for (size_t i = 0; i < drill->run->targets.n; i++) {
    const struct mu_target *target = &drill->run->targets.at[i];
    if (!target->gate || target->outcome == MU_MET) {
      continue;
    }
    const char *subject = target->clock
                              ? mu_arena_fmt(drill->arena, "%s %s", target->name, target->clock)
                              : target->name;
    char limit[MU_DUR_TEXT], lo[MU_DUR_TEXT];
    mu_dur_exact(target->target_ms, limit);
    mu_dur_text(target->lo_ms, false, lo);
    if (target->outcome == MU_MISSED) {
      mu_drill_find(drill,
                    mu_streq(target->name, "rpo-exposure") ? MU_F_RPO_EXPOSURE : MU_F_TARGET_MISSED,
                    subject, "at least %s, target %s%s%s", lo, limit, target->subject ? ": " : "",
                    target->subject ? target->subject : "");
    } else {
      mu_drill_find(drill, MU_F_TARGET_UNCERTAIN, subject, "%s, target %s: %s",
                    mu_outcome_text(target->outcome), limit,
                    target->basis ? target->basis : "nothing was measured");
    }
  }
}

static void age_findings(struct mu_drill *drill) {
  const struct mu_ledger_filter filter = {.scope = drill->run->scope,
                                          .class = drill->run->rehearsal ? "REHEARSAL" : "REAL"};
  struct mu_entry entry;
  struct mu_err none;
  struct mu_run *previous = NULL;
  if (mu_ledger_latest(drill->env->ledger, &filter, drill->arena, &entry, &none) == 0 &&
      mu_ledger_run_brief(drill->env->ledger, &entry, &previous, &none) == 0) {
    mu_run_age(drill->run, previous);
    mu_run_free(previous);
  }
}

/* The record as it goes into the ledger: through the same choke-point as every report. */
static int append(struct mu_drill *drill, struct mu_entry *entry, struct mu_err *err) {
  MU_STR(json, MU_RECORD_MAX);
  MU_STR(clean, MU_RECORD_MAX);
  mu_record_write(drill->run, &json);
  (void)mu_redact_write(drill->env->redact, mu_str_get(&json), json.n, &clean);
  if (json.failed || clean.failed) {
    return mu_fail(err, MU_E_LIMIT, "the record is larger than %d bytes", MU_RECORD_MAX);
  }
  return mu_ledger_append_json(drill->env->ledger, mu_str_get(&clean), clean.n, drill->arena, entry,
                               err);
}

/* Terraform's plan and state files hold every secret in clear. They are kept while something may
 * still have to be undone with them, and not a moment longer. */
static void remove_scratch(const struct mu_drill *drill) {
  static const char *const names[] = {"fresh.plan", "refresh.plan", "terraform.tfstate",
                                      "terraform.tfstate.backup", "terraform"};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    mu_io_remove_tree(mu_arena_fmt(drill->arena, "%s/%s", drill->dir, names[i]));
  }
}

/* The record and the end of the drill go into the ledger together: a drill that was killed in
 * between would be finished and unfinished at once. One that left something behind stays open:
 * resume and abort go on with what is left. */
static int conclude(struct mu_drill *drill, bool open, struct mu_err *err) {
  struct mu_ledger *ledger = drill->env->ledger;
  const char *how = drill->aborting ? "aborted" : "finished";
  struct mu_entry entry;
  if (mu_ledger_together(ledger, err) != 0) {
    return mu_wrap(err, "the drill is not in the ledger");
  }
  if (append(drill, &entry, err) != 0 ||
      (!open && mu_journal_end(drill->journal, how, NULL, err) != 0)) {
    mu_ledger_together_drop(ledger);
    return mu_wrap(err, "the drill is not in the ledger");
  }
  mu_drill_set(drill, "left-open", open ? "yes" : NULL);
  mu_drill_set(drill, "entry", mu_arena_fmt(drill->arena, "%lld", (long long)entry.seq));
  return mu_ledger_together_keep(ledger, err);
}

int mu_drill_finish(struct mu_drill *drill, struct mu_err *err) {
  struct mu_run *run = drill->run;
  mu_drill_set(drill, "step", "verdict");
  if (derive_targets(drill, err) != 0) {
    return -1;
  }
  if (run->interrupted) {
    mu_drill_find(drill, MU_F_DRILL_INTERRUPTED, run->drill, "%s",
                  drill->aborting ? "interrupted, then aborted"
                                  : "interrupted; RTO is not measured");
  }
  find_targets(drill);
  bool open = mu_act_open(drill, NULL);
  if (open) {
    run->cleanup = "leftovers";
  }
  age_findings(drill);
  int64_t now = mu_wall_ms(drill->env->clock);
  mu_run_finish(run, now, now - run->started_ms);
  struct mu_entry entry;
  struct mu_err none;
  if (mu_ledger_find(drill->env->ledger, run->id, drill->arena, &entry, &none) == 0) {
    mu_ulid(now, run->id); /* it stayed open after its record was written: this is one more run */
  }
  /* Before the end is written: afterwards nobody would come back for them. */
  if (!open && mu_streq(run->cleanup, "clean")) {
    remove_scratch(drill);
  }
  return conclude(drill, open, err);
}
