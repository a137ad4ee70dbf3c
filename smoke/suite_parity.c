/* SPDX-License-Identifier: Apache-2.0 */
/* Parity: one check a table whose source the config names. The source is at home, so this is for
 * nights: a step of a drill never expands it, and an incident leaves it inconclusive beside a
 * replica that stands. */
#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "smoke/suite_replica.h"
#include "smoke/suites.h"

static bool configured(const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby) {
  (void)standby;
  for (size_t i = 0; i < workload->replica.tables.n; i++) {
    if (workload->replica.tables.at[i].source) {
      return true;
    }
  }
  return false;
}

static void add_source(struct mu_words *words, const struct mu_conf_source *source) {
  mu_words_add(words, "source_region", source->region);
  mu_words_add(words, "source_profile", source->profile);
  mu_words_add(words, "azure_tenant", source->azure.tenant);
  mu_words_add(words, "azure_client", source->azure.client);
  mu_words_add(words, "azure_secret", source->azure.secret);
  mu_words_add(words, "azure_authority", source->azure.authority);
  mu_words_add(words, "azure_endpoint", source->azure.endpoint);
  mu_words_add(words, "azure_sas", source->azure.sas);
}

static int expect(struct mu_planned *check, const struct mu_conf_source *source,
                  struct mu_arena *arena, struct mu_err *err) {
  char lag[MU_DUR_TEXT];
  mu_dur_exact(source->lag_ms, lag);
  if (mu_plan_expect(check, "stamp_true", "== true", arena, err) != 0 ||
      mu_plan_expect(check, "rows", source->rows ? source->rows : "source", arena, err) != 0) {
    return -1;
  }
  if (source->node && source->behind >= 0 &&
      mu_plan_expect(check, "behind", mu_arena_fmt(arena, "<= %lld", (long long)source->behind),
                     arena, err) != 0) {
    return -1;
  }
  return source->lag_ms > 0 ? mu_plan_expect(check, "copied_until_age",
                                             mu_arena_fmt(arena, "<= %s", lag), arena, err)
                            : 0;
}

static int expand(struct mu_plan *plan, const struct mu_conf_workload *workload,
                  const struct mu_conf_standby *standby, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err) {
  const struct mu_conf_replica *replica = &workload->replica;
  const struct mu_probe *probe = mu_probe_find(probes, "parity");
  if (!probe) {
    return mu_fail(err, MU_E_UNSUPPORTED, "this build has no probe 'parity'");
  }
  for (size_t i = 0; i < replica->tables.n; i++) {
    const struct mu_conf_table *table = &replica->tables.at[i];
    struct mu_words words = {.arena = arena};
    if (!table->source) {
      continue;
    }
    mu_words_add(&words, "source", table->source);
    mu_words_of_table(&words, workload, standby, table);
    add_source(&words, &replica->source);
    struct mu_planned *check =
        mu_plan_add(plan, mu_arena_fmt(arena, "parity/%s", table->name), "parity", workload->name,
                    table->name, probe, words.at, words.n, arena, err);
    if (!check || expect(check, &replica->source, arena, err) != 0) {
      return -1;
    }
  }
  return 0;
}

const struct mu_suite mu_suite_parity = {
    .name = "parity",
    .summary = "every copy against its source's own log",
    .configured = configured,
    .expand = expand,
};
