/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/acks.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "model/run.h"

enum { LOOKS_MAX = 60 }; /* runs back to which the newest look at a check is searched for */

const char *mu_ack_scope(struct mu_arena *arena, const char *of) {
  return mu_arena_fmt(arena, MU_ACK_COMMAND ":%s", of ? of : "");
}

const struct mu_ack_entry *mu_ack_of(const struct mu_ack_entries *list, const char *fingerprint) {
  for (size_t i = 0; i < list->n; i++) {
    if (strcmp(list->at[i].ack.fingerprint, fingerprint) == 0) {
      return &list->at[i];
    }
  }
  return NULL;
}

static void take(struct mu_ack_entries *list, const struct mu_run *run, const struct mu_ack *ack,
                 struct mu_arena *arena) {
  struct mu_ack_entry *entry = NULL;
  for (size_t i = 0; i < list->n && !entry; i++) {
    entry = strcmp(list->at[i].ack.fingerprint, ack->fingerprint) == 0 ? &list->at[i] : NULL;
  }
  if (!entry) {
    list->at = mu_arena_grow(arena, list->at, list->n, &list->cap, sizeof *list->at);
    entry = &list->at[list->n++];
  }
  *entry = (struct mu_ack_entry){.ack = *ack,
                                 .run = mu_arena_str(arena, run->id),
                                 .at_ms = run->started_ms,
                                 .who = mu_arena_str(arena, run->who),
                                 .reason = mu_arena_str(arena, run->reason)};
  entry->ack.finding = mu_arena_str(arena, ack->finding);
  entry->ack.check = mu_arena_str(arena, ack->check);
  entry->ack.subject = mu_arena_str(arena, ack->subject);
  entry->ack.path = mu_arena_str(arena, ack->path);
  entry->ack.owner = mu_arena_str(arena, ack->owner);
}

static int due_first(const void *left, const void *right) {
  const struct mu_ack_entry *a = left, *b = right;
  return a->ack.until_ms != b->ack.until_ms ? (a->ack.until_ms < b->ack.until_ms ? -1 : 1)
                                            : strcmp(a->ack.fingerprint, b->ack.fingerprint);
}

int mu_ledger_acks(struct mu_ledger *ledger, const char *of, const char *class,
                   struct mu_arena *arena, struct mu_ack_entries *out, struct mu_err *err) {
  const struct mu_ledger_filter filter = {.command = MU_ACK_COMMAND,
                                          .scope = mu_ack_scope(arena, of),
                                          .class = class,
                                          .oldest_first = true};
  struct mu_entries entries = {0};
  struct mu_ack_entries list = {0};
  if (mu_ledger_list(ledger, &filter, arena, &entries, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < entries.n; i++) {
    struct mu_run *run = NULL;
    if (mu_ledger_run(ledger, &entries.at[i], &run, err) != 0) {
      return -1;
    }
    for (size_t k = 0; k < run->acks.n; k++) {
      take(&list, run, &run->acks.at[k], arena);
    }
    mu_run_free(run);
  }
  size_t kept = 0;
  for (size_t i = 0; i < list.n; i++) {
    if (!list.at[i].ack.withdrawn) {
      list.at[kept++] = list.at[i];
    }
  }
  list.n = kept;
  if (list.n > 1) {
    qsort(list.at, list.n, sizeof *list.at, due_first);
  }
  *out = list;
  return 0;
}

/* ---- what can be acknowledged ---- */

struct seen { /* checks whose newest look was found */
  const char **at;
  size_t n, cap;
};

static bool is_seen(const struct seen *seen, const char *check) {
  for (size_t i = 0; i < seen->n; i++) {
    if (mu_streq(seen->at[i], check)) {
      return true;
    }
  }
  return false;
}

static void copy_target(struct mu_ack_targets *out, const struct mu_finding *finding,
                        struct mu_arena *arena) {
  struct mu_finding *copy = mu_arena_alloc(arena, sizeof *copy);
  *copy = *finding;
  const char **const texts[] = {&copy->check,  &copy->subject, &copy->path,  &copy->expected,
                                &copy->actual, &copy->message, &copy->klass, &copy->next,
                                &copy->age,    &copy->ack};
  for (size_t i = 0; i < MU_LEN(texts); i++) {
    *texts[i] = mu_arena_str(arena, *texts[i]);
  }
  out->at = mu_arena_grow(arena, out->at, out->n, &out->cap, sizeof *out->at);
  out->at[out->n++] = copy;
}

/* Findings of checks that no newer run has looked at. */
static void take_run(const struct mu_run *run, struct seen *seen, struct mu_ack_targets *out,
                     struct mu_arena *arena) {
  size_t before = seen->n;
  for (size_t i = 0; i < run->checks.n; i++) {
    const struct mu_check *check = &run->checks.at[i];
    if (check->status == MU_OBSERVED && !is_seen(seen, check->id)) {
      seen->at = mu_arena_grow(arena, seen->at, seen->n, &seen->cap, sizeof *seen->at);
      seen->at[seen->n++] = mu_arena_str(arena, check->id);
    }
  }
  const struct seen fresh = {.at = seen->at + before, .n = seen->n - before};
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (is_seen(&fresh, finding->check) && !mu_streq(finding->age, "resolved")) {
      copy_target(out, finding, arena);
    }
  }
}

int mu_ledger_ack_targets(struct mu_ledger *ledger, const char *workload, const char *scope,
                          const char *class, struct mu_arena *arena, struct mu_ack_targets *out,
                          struct mu_err *err) {
  const struct mu_ledger_filter filter = {
      .workload = workload, .scope = scope, .class = class, .limit = LOOKS_MAX};
  struct mu_entries entries = {0};
  struct mu_ack_targets list = {0};
  struct seen seen = {0};
  size_t looks = 0;
  if (mu_ledger_list(ledger, &filter, arena, &entries, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < entries.n; i++) {
    const char *command = entries.at[i].command;
    struct mu_run *run = NULL;
    if (!mu_streq(command, "check") && !mu_streq(command, "drift")) {
      continue;
    }
    if (mu_ledger_run(ledger, &entries.at[i], &run, err) != 0) {
      return -1;
    }
    looks++;
    take_run(run, &seen, &list, arena);
    mu_run_free(run);
  }
  if (looks == 0) {
    return mu_fail(err, MU_E_ABSENT,
                   "the ledger has no drift or check of %s yet: run `muster drift`",
                   workload ? workload : "these files");
  }
  *out = list;
  return 0;
}
