/* SPDX-License-Identifier: Apache-2.0 */
/* The engines, what each needs to know, and the way of a statement: sent, looked at until it is
 * done, taken back where that does not come in time. */
#include "wire/sql.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/sql_int.h"
#include "wire/url.h"

enum {
  KEEP_MS = 2000, /* of the time given, for taking the statement back; at most a fifth of it */
  STOP_MS = 3000, /* that long it may take, even when time is up already */
  SLICE_MS = 50,  /* between looks at the operator's interrupt */
};

static const struct mu_sql_engine *const engines[] = {
#define MU_SQL_ENGINE(name) &mu_sql_##name,
#include "wire/sql_engines.def"
#undef MU_SQL_ENGINE
};

#define MU_SQL_ENGINE(name) " " #name
static const char names[] =
#include "wire/sql_engines.def"
    ;
#undef MU_SQL_ENGINE
const char *const mu_sql_engines = names + 1;

const struct mu_sql_engine *mu_sql_engine_find(const char *name) {
  for (size_t i = 0; i < MU_LEN(engines); i++) {
    if (mu_streq(engines[i]->name, name)) {
      return engines[i];
    }
  }
  return NULL;
}

/* ---- the target ---- */

/* By the names that an operator writes. */
static const struct {
  const char *name;
  size_t offset;
} keys[] = {
#define KEY(name, member)                                                                          \
  { name, offsetof(struct mu_sql_target, member) }
    KEY("url", url),
    KEY("user", user),
    KEY("password", password),
    KEY("token", token),
    KEY("credential", credential),
    KEY("oauth_uri", oauth_uri),
    KEY("scope", scope),
    KEY("catalog", catalog),
    KEY("schema", schema),
    KEY("warehouse", warehouse),
    KEY("workgroup", workgroup),
    KEY("output", output),
    KEY("region", region),
    KEY("profile", profile),
    KEY("session", session),
    KEY("ca", ca_file),
    KEY("cert", cert_file),
    KEY("key", key_file),
#undef KEY
};

static bool is_in(const char *words, const char *name) {
  size_t n = strlen(name);
  for (const char *at = words; (at = strstr(at, name)); at += n) {
    if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0')) {
      return true;
    }
  }
  return false;
}

static int check_keys(const struct mu_sql_target *target, const struct mu_sql_engine *engine,
                      struct mu_err *err) {
  for (size_t i = 0; i < MU_LEN(keys); i++) {
    const void *value = NULL;
    memcpy(&value, (const char *)target + keys[i].offset, sizeof value);
    bool needed = is_in(engine->needs, keys[i].name);
    if (needed && !value) {
      return mu_fail(err, MU_E_CONFIG, "engine %s needs '%s'", engine->name, keys[i].name);
    }
    if (value && !needed && !is_in(engine->takes, keys[i].name)) {
      return mu_fail(err, MU_E_CONFIG, "engine %s has no use for '%s'", engine->name, keys[i].name);
    }
  }
  return 0;
}

static bool is_loopback(const char *host) {
  bool is_address = strspn(host, "0123456789.") == strlen(host);
  return mu_streq(host, "localhost") || mu_streq(host, "::1") ||
         (is_address && mu_str_starts(host, "127."));
}

/* Whoever listens on the way could read a secret: only to this machine itself it goes in clear. */
static int check_url(const char *url, bool has_secret, struct mu_arena *arena, struct mu_err *err) {
  struct mu_url parts;
  if (!url || strstr(url, "${")) {
    return 0;
  }
  if (mu_url_parse(url, arena, &parts, err) != 0) {
    err->code = MU_E_CONFIG;
    return -1;
  }
  if (has_secret && !parts.tls && !is_loopback(parts.host)) {
    return mu_fail(err, MU_E_CONFIG, "a password or token is not sent without TLS: '%.80s'", url);
  }
  return 0;
}

int mu_sql_check(const struct mu_sql_target *target, struct mu_arena *arena, struct mu_err *err) {
  const struct mu_sql_engine *engine = mu_sql_engine_find(target->engine);
  struct mu_err why = {0};
  if (!engine) {
    return mu_fail(err, MU_E_CONFIG, "engine '%s' is none of %s",
                   target->engine ? target->engine : "", mu_sql_engines);
  }
  if (check_keys(target, engine, err) != 0) {
    return -1;
  }
  int ways = (target->token != NULL) + (target->password != NULL) + (target->credential != NULL);
  if (ways > 1) {
    return mu_fail(err, MU_E_CONFIG, "only one of token, password and credential is expected");
  }
  if (target->password && !target->user) {
    return mu_fail(err, MU_E_CONFIG, "a password needs its 'user'");
  }
  if (target->credential && !strchr(target->credential, ':') && !strstr(target->credential, "${")) {
    return mu_fail(err, MU_E_CONFIG, "credential: write ID:SECRET");
  }
  if (check_url(target->url, ways > 0, arena, &why) != 0 ||
      check_url(target->oauth_uri, true, arena, &why) != 0) {
    return mu_fail(err, why.code, "%s", why.msg);
  }
  return 0;
}

/* ---- on the way ---- */

void mu_sql_slower(struct mu_sql_run *run, int64_t least, int64_t most) {
  int64_t pause = run->pause_ms > 0 ? run->pause_ms + run->pause_ms / 2 : least;
  run->pause_ms = pause < least ? least : pause < most ? pause : most;
}

int mu_sql_no_answer(const struct mu_sql_run *run, struct mu_err *err) {
  char time[MU_DUR_TEXT];
  mu_dur_text(run->deadline_mono_ms - run->started_mono_ms, false, time);
  return mu_fail(err, MU_E_TIMEOUT, "no answer in %s", time);
}

static int no_time(const struct mu_sql_run *run, struct mu_err *err) {
  if (mu_canceled(run->ctx->cancel)) {
    return mu_fail(err, MU_E_CANCELED, "canceled");
  }
  if (mu_mono_ms(run->ctx->clock) >= run->deadline_mono_ms) {
    return mu_sql_no_answer(run, err);
  }
  return 0;
}

/* Sleeps in slices, so that an interrupt is seen, and not beyond the deadline. */
static void rest(const struct mu_sql_run *run) {
  const struct mu_clock *clock = run->ctx->clock;
  int64_t until = mu_mono_ms(clock) + run->pause_ms;
  until = until < run->deadline_mono_ms ? until : run->deadline_mono_ms;
  for (int64_t left; (left = until - mu_mono_ms(clock)) > 0 && !mu_canceled(run->ctx->cancel);) {
    mu_sleep_ms(clock, left < SLICE_MS ? left : SLICE_MS);
  }
}

/* The answer would come to nobody: the engine must not go on working for it. */
static void take_back(struct mu_sql_run *run, const struct mu_sql_engine *engine,
                      struct mu_err *err) {
  struct mu_err why = {0}, before = *err;
  struct mu_http *http MU_CLEANUP(mu_http_cleanup) = mu_http_new(NULL);
  run->deadline_mono_ms = mu_mono_ms(run->ctx->clock) + STOP_MS;
  bool stopped = engine->stop(run, http, &why) == 0;
  (void)mu_fail(err, before.code, "%.300s; query %s %s%s%.120s", before.msg, run->result->query_id,
                stopped ? "was canceled at the engine" : "may still run: ",
                stopped ? "" : "canceling it failed: ", why.msg);
}

static void begin(struct mu_sql_run *run) {
  const struct mu_sql_ctx *ctx = run->ctx;
  run->started_mono_ms = mu_mono_ms(ctx->clock);
  int64_t time = ctx->deadline_mono_ms - run->started_mono_ms;
  run->deadline_mono_ms = ctx->deadline_mono_ms - (time / 5 < KEEP_MS ? time / 5 : KEEP_MS);
  size_t n = run->target->url ? strlen(run->target->url) : 0;
  while (n > 0 && run->target->url[n - 1] == '/') {
    n--;
  }
  run->base = n > 0 ? mu_arena_strn(ctx->arena, run->target->url, n) : "";
  *run->result = (struct mu_sql_result){.query_id = "", .queued_ms = -1, .scanned = -1};
}

int mu_sql_run(const struct mu_sql_target *target, const struct mu_sql_ctx *ctx,
               const char *statement, struct mu_sql_result *result, struct mu_err *err) {
  const struct mu_sql_engine *engine = mu_sql_engine_find(target->engine);
  struct mu_sql_run run = {.target = target, .ctx = ctx, .result = result};
  struct mu_err why = {0};
  begin(&run);
  if (mu_sql_check(target, ctx->arena, err) != 0 ||
      mu_sql_reads(target->engine, statement, ctx->arena, &run.statement, err) != 0) {
    return -1;
  }
  int rc = no_time(&run, &why);
  rc = rc == 0 ? engine->start(&run, &why) : rc;
  while (rc == 0 && !run.is_done) {
    rest(&run);
    rc = no_time(&run, &why);
    if (rc == 0) { /* without an id it was not taken yet: the engine was too busy */
      rc = *result->query_id ? engine->look(&run, &why) : engine->start(&run, &why);
    }
  }
  result->elapsed_ms = mu_mono_ms(ctx->clock) - run.started_mono_ms;
  if (rc != 0 && run.is_running) {
    take_back(&run, engine, &why);
  }
  return rc == 0 ? 0 : mu_fail(err, why.code, "%s: %s", target->engine, why.msg);
}
