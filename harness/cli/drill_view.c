/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/drill_view.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "cli/app.h"
#include "drill/drill.h"
#include "model/run.h"

enum { HEARTBEAT_MS = 15 * 1000, LINE = 1024 };

static const char *const colors[] = {"", "\x1b[2m", "\x1b[32m", "\x1b[33m",
                                     "\x1b[31m"}; /* by verdict; words and signs say the same */
static const char *const signs[] = {"·", "·", "✔", "?", "✘"};

/* "T+00:12" since the drill began. */
static void stamp(const struct mu_live *live, const struct mu_drill *drill, char out[16]) {
  int64_t s = (mu_wall_ms(live->app->parts->clock) - drill->run->started_ms) / 1000;
  (void)snprintf(out, 16, "T+%02lld:%02lld", (long long)(s / 60 % 100), (long long)(s % 60));
}

static void erase(const struct mu_live *live) {
  if (live->terminal) {
    (void)fputs("\r\x1b[K", stdout);
  }
}

static void put(const struct mu_live *live, const char *line) {
  MU_STR(clean, LINE * 4);
  (void)mu_redact_write(live->app->redact, line, strlen(line), &clean);
  (void)fputs(mu_str_get(&clean), stdout);
  (void)fflush(stdout);
}

static void begin(void *ctx, const struct mu_drill *drill, const struct mu_step *step) {
  struct mu_live *live = ctx;
  live->last_ms = mu_mono_ms(live->app->parts->clock);
  if (live->terminal) {
    char at[16], line[LINE];
    stamp(live, drill, at);
    (void)snprintf(line, sizeof line, "\r\x1b[K %s  … %s", at, step->title);
    put(live, line);
  }
}

static void note(void *ctx, const struct mu_drill *drill, const char *text) {
  struct mu_live *live = ctx;
  char at[16], line[LINE];
  stamp(live, drill, at);
  if (live->terminal) {
    int room = live->width > 16 ? live->width - 14 : 66;
    (void)snprintf(line, sizeof line, "\r\x1b[K %s  … %.*s", at, room, text);
    put(live, line);
    return;
  }
  int64_t now = mu_mono_ms(live->app->parts->clock);
  if (live->app->common.verbose ||
      now - live->last_ms >= HEARTBEAT_MS) { /* a pipe gets a sign of life, not every word */
    (void)snprintf(line, sizeof line, " %s    … %s\n", at, text);
    put(live, line);
    live->last_ms = now;
  }
}

static void end(void *ctx, const struct mu_drill *drill, const struct mu_run_step *step) {
  struct mu_live *live = ctx;
  char at[16], took[MU_DUR_TEXT] = "", budget[MU_DUR_TEXT];
  stamp(live, drill, at);
  if (step->started_ms) {
    mu_dur_text(step->elapsed_ms, true, took);
  }
  MU_STR(line, LINE * 2);
  mu_str_addf(&line, " %s  %s%s%s %-14s %s", at, live->color ? colors[step->verdict] : "",
              signs[step->verdict], live->color ? "\x1b[0m" : "", step->title,
              step->seen ? step->seen : step->state);
  if (*took) {
    mu_str_addf(&line, "  %s", took);
  }
  if (step->budget_ms) {
    mu_dur_exact(step->budget_ms, budget);
    mu_str_addf(&line, " (budget %s)", budget);
  }
  mu_str_addc(&line, '\n');
  erase(live);
  put(live, mu_str_get(&line));
}

/* Whoever reads the log must learn what the drill waits for, and how to answer. */
static void say_where(const struct mu_live *live, const struct mu_drill *drill,
                      const char *question) {
  char at[16];
  stamp(live, drill, at);
  MU_STR(line, LINE * 2);
  mu_str_addf(&line, " %s    waits for somebody: %s\n%*smuster drill approve %s ", at, question, 13,
              "", drill->run->drill);
  mu_str_add_shell(&line, mu_drill_get(drill, "step"));
  mu_str_addc(&line, '\n');
  erase(live);
  put(live, mu_str_get(&line));
}

/* A question on the terminal; without one, somebody answers from elsewhere. */
static bool ask(void *ctx, const struct mu_drill *drill, const char *question, const char **who) {
  struct mu_live *live = ctx;
  char answer[256];
  if (!isatty(STDIN_FILENO) || !live->terminal) {
    say_where(live, drill, question);
    return false;
  }
  erase(live);
  printf("%s\n  done or approved by (name, empty to wait for `muster drill approve`): ", question);
  (void)fflush(stdout);
  if (!fgets(answer, sizeof answer, stdin)) {
    return false;
  }
  answer[strcspn(answer, "\n")] = '\0';
  *who = mu_arena_str(drill->arena, answer);
  return *answer != '\0';
}

void mu_live_init(struct mu_live *live, const struct mu_app *app, struct mu_drill_view *view) {
  *live = (struct mu_live){
      .app = app, .color = mu_app_color(app, STDOUT_FILENO), .width = mu_app_width(STDOUT_FILENO)};
  live->terminal = live->width > 0;
  *view = (struct mu_drill_view){.ctx = live, .begin = begin, .note = note, .end = end, .ask = ask};
  if (app->common.quiet) {
    *view = (struct mu_drill_view){.ctx = live, .ask = ask};
  }
}

void mu_live_head(struct mu_live *live, const struct mu_drill *drill) {
  char rpo[MU_DUR_TEXT], rto[MU_DUR_TEXT];
  mu_dur_exact(drill->workload->rpo_ms, rpo);
  mu_dur_exact(drill->workload->rto_ms, rto);
  if (!live->app->common.quiet) {
    char line[LINE];
    (void)snprintf(
        line, sizeof line, "drill %s%s   targets RPO %s, RTO %s (frozen, config sha256 %.8s…)%s\n",
        drill->run->drill,
        drill->aborting  ? " (abort)"
        : drill->resumed ? " (resumed)"
                         : "",
        rpo, rto, drill->env->config->sha256, drill->run->rehearsal ? "   REHEARSAL" : "");
    put(live, line);
  }
}
