/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* strdup */
#include "support/sql_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "wire/http.h"

static void add_body(struct mu_str *out, const char *body, const char *base) {
  for (; *body; body++) {
    if (*body == '@') {
      mu_str_add(out, base);
    } else {
      mu_str_addc(out, *body);
    }
  }
}

static void handle(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct sql_world *w = ctx;
  size_t i = w->seen_n;
  if (i < SQL_WORLD_SEEN) {
    MU_STR(text, 64 * 1024);
    mu_str_addf(&text, "%s %s\r\n%s\r\n%s", req->method, req->target, req->head, req->body);
    w->seen[i] = strdup(mu_str_get(&text));
  }
  const struct sql_reply *reply = &w->replies[i < w->replies_n ? i : w->replies_n - 1];
  resp->status = reply->status;
  resp->drop = reply->drop;
  resp->cut = reply->cut;
  resp->delay_ms = reply->delay_ms;
  mu_str_add(&resp->headers, reply->headers ? reply->headers : "");
  add_body(&resp->body, reply->body ? reply->body : "", w->base);
  w->seen_n = i + 1;
  if (w->cancel_after > 0 && i + 1 == w->cancel_after) {
    w->cancel.signal = SIGINT;
  }
}

static int64_t now_ms(void *ctx) {
  struct sql_world *w = ctx;
  return w->real_time ? mu_mono_ms(mu_clock_system()) : w->now_ms;
}

static void sleep_ms(void *ctx, int64_t ms) {
  struct sql_world *w = ctx;
  w->now_ms += ms;
  w->slept_ms += ms;
  if (w->real_time) {
    mu_sleep_ms(mu_clock_system(), ms);
  }
}

int sql_world_set_up(void **state) {
  struct sql_world *w = calloc(1, sizeof *w);
  w->arena = mu_arena_new();
  w->server = httpd_start(handle, w);
  const struct mu_http_options options = {.cancel = &w->cancel};
  w->http = mu_http_new(&options);
  w->now_ms = 1000000;
  w->time_ms = 60000;
  w->clock = (struct mu_clock){w, now_ms, now_ms, sleep_ms};
  (void)snprintf(w->base, sizeof w->base, "http://127.0.0.1:%d", httpd_port(w->server));
  *state = w;
  return w->server ? 0 : -1;
}

int sql_world_tear_down(void **state) {
  struct sql_world *w = *state;
  httpd_stop(w->server);
  mu_http_free(w->http);
  mu_arena_free(w->arena);
  for (size_t i = 0; i < SQL_WORLD_SEEN; i++) {
    free(w->seen[i]);
  }
  free(w);
  return 0;
}

void sql_world_told(struct sql_world *w, const struct sql_reply *replies, size_t n) {
  struct sql_reply *copy = mu_arena_array(w->arena, n, sizeof *copy);
  memcpy(copy, replies, n * sizeof *copy);
  for (size_t i = 0; i < SQL_WORLD_SEEN; i++) {
    free(w->seen[i]);
    w->seen[i] = NULL;
  }
  w->replies = copy;
  w->replies_n = n;
  w->seen_n = 0;
  w->slept_ms = 0;
  w->cancel.signal = 0;
}

enum mu_errc sql_world_run(struct sql_world *w, struct mu_sql_target target,
                           const char *statement) {
  if (!target.url) {
    target.url = w->base;
  }
  const struct mu_sql_ctx ctx = {.arena = w->arena,
                                 .clock = &w->clock,
                                 .cancel = &w->cancel,
                                 .deadline_mono_ms = now_ms(w) + w->time_ms,
                                 .http = w->http};
  w->err = (struct mu_err){0};
  return mu_sql_run(&target, &ctx, statement, &w->result, &w->err) == 0 ? MU_E_NONE : w->err.code;
}

bool sql_world_saw(const struct sql_world *w, size_t i, const char *text) {
  return i < w->seen_n && w->seen[i] && strstr(w->seen[i], text);
}

bool sql_world_ended_with(const struct sql_world *w, const char *method_and_target) {
  size_t n = w->seen_n, length = strlen(method_and_target);
  return n > 0 && n <= SQL_WORLD_SEEN && strncmp(w->seen[n - 1], method_and_target, length) == 0 &&
         strncmp(w->seen[n - 1] + length, "\r\n", 2) == 0;
}
