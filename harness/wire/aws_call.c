/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: in rounds, everything still open is signed and sent at once; what may be asked again
 * waits, at most once to the end of the longest pause. Retries follow the SDKs' standard mode:
 * attempts, exponential backoff with full jitter, and one bucket of tokens for the whole client, so
 * that an outage is not answered with a storm. Who says that it is too much is asked fewer things
 * at a time: half as many at once, then one more after each full round of good answers. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/aws_int.h"
#include "wire/xml.h"

enum {
  RETRY_COST = 5,
  TIMEOUT_COST = 10,
  RETRY_TOKENS = 500,
  MAX_PAUSE_MS = 20000,
  SKEW_MS = 240000,
  MAX_WIDTH = 32 /* requests in flight */
};

void mu_aws_answer_done(struct mu_aws_answer *answer) {
  mu_json_free(answer->doc);
  answer->doc = NULL;
  answer->json = NULL;
}

/* ---- tokens and pauses ---- */

static int retry_cost(const struct mu_aws_call *call) {
  return call->resp.error == MU_E_TIMEOUT ? TIMEOUT_COST : RETRY_COST;
}

static bool take_tokens(struct mu_aws *aws, int cost) {
  (void)pthread_mutex_lock(&aws->lock);
  bool enough = aws->retry_tokens >= cost;
  aws->retry_tokens -= enough ? cost : 0;
  (void)pthread_mutex_unlock(&aws->lock);
  return enough;
}

static void give_tokens(struct mu_aws *aws, int n) {
  (void)pthread_mutex_lock(&aws->lock);
  aws->retry_tokens = aws->retry_tokens + n < RETRY_TOKENS ? aws->retry_tokens + n : RETRY_TOKENS;
  (void)pthread_mutex_unlock(&aws->lock);
}

/* rand(0, 1) * min(2^i, 20 s); what the service asks for is honoured up to 5 s above. */
static int64_t pause_ms(const struct mu_aws_call *call) {
  uint32_t random = 0;
  mu_random(&random, sizeof random);
  int shift = call->attempts < 6 ? call->attempts - 1 : 5;
  int64_t most = (int64_t)1000 << shift;
  most = most < MAX_PAUSE_MS ? most : MAX_PAUSE_MS;
  int64_t pause = (int64_t)((uint64_t)most * random >> 32);
  const char *asked = mu_http_header(&call->resp, "x-amz-retry-after");
  int64_t asked_ms = 0;
  if (asked && mu_num_parse_i64(asked, &asked_ms) == 0 && asked_ms > pause) {
    pause = asked_ms < pause + 5000 ? asked_ms : pause + 5000;
  }
  return pause;
}

/* ---- how many at once ---- */

/* A width that has just been halved is not halved again by the answers to what was on its way. */
static size_t note_answer(struct mu_aws *aws, bool throttled) {
  (void)pthread_mutex_lock(&aws->lock);
  aws->stale_answers -= aws->stale_answers > 0 ? 1 : 0;
  if (throttled && aws->stale_answers == 0) {
    aws->stale_answers = aws->width;
    aws->width = aws->width > 1 ? aws->width / 2 : 1;
    aws->good_answers = 0;
  } else if (!throttled && ++aws->good_answers >= aws->width) {
    aws->width += aws->width < MAX_WIDTH ? 1 : 0;
    aws->good_answers = 0;
  }
  size_t width = aws->width;
  (void)pthread_mutex_unlock(&aws->lock);
  return width;
}

static size_t width_now(struct mu_aws *aws) {
  (void)pthread_mutex_lock(&aws->lock);
  aws->width = aws->width > 0 ? aws->width : MAX_WIDTH;
  size_t width = aws->width;
  (void)pthread_mutex_unlock(&aws->lock);
  return width;
}

/* ---- time ---- */

static int64_t skew(struct mu_aws *aws) {
  (void)pthread_mutex_lock(&aws->lock);
  int64_t skew_ms = aws->skew_ms;
  (void)pthread_mutex_unlock(&aws->lock);
  return skew_ms;
}

/* "Wed, 21 Oct 2015 07:28:00 GMT" (RFC 9110, 5.6.7) */
static int parse_http_date(const char *text, int64_t *unix_ms) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (strlen(text) != 29) {
    return -1;
  }
  char month[4] = {text[8], text[9], text[10], '\0'};
  const char *found = strstr(months, month);
  if (!found || (found - months) % 3 != 0) {
    return -1;
  }
  MU_STR(iso, 40);
  mu_str_addf(&iso, "%.4s-%02d-%.2sT%.8sZ", text + 12, (int)(found - months) / 3 + 1, text + 5,
              text + 17);
  return mu_time_parse(mu_str_get(&iso), unix_ms);
}

/* Takes over AWS's clock from the Date of an answer. False: it is not the clock. */
static bool correct_clock(struct mu_aws *aws, const struct mu_aws_call *call) {
  const char *date = mu_http_header(&call->resp, "date");
  int64_t theirs = 0;
  if (!date || parse_http_date(date, &theirs) != 0) {
    return false;
  }
  int64_t off = theirs - mu_wall_ms(aws->options.clock);
  (void)pthread_mutex_lock(&aws->lock);
  int64_t change = off - aws->skew_ms;
  bool far_off = change > SKEW_MS || change < -SKEW_MS;
  if (far_off) {
    aws->skew_ms = off;
  }
  (void)pthread_mutex_unlock(&aws->lock);
  return far_off;
}

/* ---- rounds ---- */

static void end(struct mu_aws_call *call, int result) {
  call->done = true;
  call->result = result;
}

static int64_t time_left(const struct mu_aws *aws, const struct mu_aws_call *call) {
  return call->args->deadline_mono_ms > 0
             ? call->args->deadline_mono_ms - mu_mono_ms(aws->options.clock)
             : INT64_MAX;
}

static const struct mu_sigv4_keys *keys_for(struct mu_aws *aws, struct mu_http *http,
                                            struct mu_aws_call *call, struct mu_aws_found *found,
                                            struct mu_arena *arena) {
  if (call->keys || call->is_unsigned) {
    return call->keys;
  }
  if (!found->keys.access_key && mu_aws_keys(aws, http, arena, found, call->err) != 0) {
    return NULL;
  }
  return &found->keys;
}

static void queue(struct mu_aws *aws, struct mu_http *http, struct mu_aws_call *call,
                  const struct mu_sigv4_keys *keys, struct mu_arena *arena) {
  struct mu_http_req req;
  int64_t left = time_left(aws, call);
  if (left <= 0) {
    if (call->attempts == 0) {
      (void)mu_fail(call->err, MU_E_TIMEOUT, "%s %s: no time left", call->service->name,
                    call->op->name);
    }
    end(call, -1);
    return;
  }
  call->skew_ms = skew(aws);
  int64_t now = mu_wall_ms(aws->options.clock) + call->skew_ms;
  if (mu_aws_build(aws, call, keys, now, arena, &req, call->err) != 0) {
    end(call, -1);
    return;
  }
  req.timeout_ms = req.timeout_ms < left ? req.timeout_ms : left;
  if (mu_http_add(http, &req, call, call->err) != 0) {
    end(call, -1);
    return;
  }
  call->access_key = keys ? keys->access_key : NULL;
  call->attempts++;
  call->answer->attempts = call->attempts;
}

struct round {
  struct mu_aws *aws;
  struct mu_http *http;
  struct mu_arena *arena;
};

static void on_answer(void *ctx, void *user, const struct mu_http_resp *resp) {
  struct round *round = ctx;
  struct mu_aws_call *call = user;
  mu_http_keep(resp, round->arena, &call->resp);
  if (resp->error == MU_E_NONE) {
    bool throttled = resp->status == 503 || resp->status == 429;
    mu_http_limit(round->http, note_answer(round->aws, throttled));
  }
}

/* The keys of the whole round are fetched before anything is queued: that takes the engine, too. */
static bool send_round(struct mu_aws *aws, struct mu_http *http, struct mu_aws_call *calls,
                       size_t n, struct mu_arena *arena) {
  struct mu_aws_found found = {0};
  for (size_t i = 0; i < n; i++) {
    if (!calls[i].done && !keys_for(aws, http, &calls[i], &found, arena) && !calls[i].is_unsigned) {
      end(&calls[i], -1);
    }
  }
  for (size_t i = 0; i < n; i++) {
    if (!calls[i].done) {
      queue(aws, http, &calls[i], keys_for(aws, http, &calls[i], &found, arena), arena);
    }
  }
  struct round round = {aws, http, arena};
  const struct mu_http_sink sink = {&round, on_answer};
  bool any = mu_http_pending(http) > 0;
  mu_http_limit(http, width_now(aws));
  while (mu_http_pending(http) > 0) {
    (void)mu_http_run_once(http, 200, &sink);
  }
  mu_http_limit(http, 0);
  return any;
}

/* A correction costs nothing and is tried once; it must change something. */
static bool correct(struct mu_aws *aws, struct mu_aws_call *call, enum mu_aws_verdict verdict) {
  if (call->corrected) {
    return false;
  }
  call->corrected = true;
  switch (verdict) {
  case MU_AWS_ELSEWHERE:
    return true;
  case MU_AWS_CLOCK:
    return correct_clock(aws, call) ||
           skew(aws) != call->skew_ms; /* another call may have set it right meanwhile */
  case MU_AWS_EXPIRED:
    if (call->keys || !call->access_key) {
      return false;
    }
    mu_aws_keys_drop(aws, call->access_key);
    return true;
  default:
    return false;
  }
}

static void settle(struct mu_aws *aws, struct mu_aws_call *call, struct mu_arena *arena) {
  enum mu_aws_verdict verdict = mu_aws_judge(call, arena);
  call->wait_ms = 0;
  if (verdict == MU_AWS_DONE) {
    give_tokens(aws, call->attempts > 1 ? RETRY_COST : 1);
    end(call, 0);
  } else if (verdict == MU_AWS_FAILED) {
    end(call, -1);
  } else if (verdict != MU_AWS_AGAIN) {
    if (!correct(aws, call, verdict)) {
      end(call, -1);
    }
  } else if (call->attempts >= aws->options.max_attempts || !take_tokens(aws, retry_cost(call))) {
    end(call, -1);
  } else {
    call->wait_ms = pause_ms(call);
    if (time_left(aws, call) <= call->wait_ms) {
      end(call, -1);
    }
  }
}

/* Sleeps in slices, so that a cancellation is seen. */
static void rest(const struct mu_aws *aws, int64_t ms) {
  while (ms > 0 && !mu_canceled(aws->options.cancel)) {
    int64_t slice = ms < 100 ? ms : 100;
    mu_sleep_ms(aws->options.clock, slice);
    ms -= slice;
  }
}

/* All but what takes back: that is sent once, whatever was interrupted. */
static void cancel_rest(struct mu_aws_call *calls, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (!calls[i].done && (!calls[i].args->despite_cancel || calls[i].attempts > 0)) {
      (void)mu_fail(calls[i].err, MU_E_CANCELED, "canceled");
      end(&calls[i], -1);
    }
  }
}

void mu_aws_run(struct mu_aws *aws, struct mu_http *http, struct mu_aws_call *calls, size_t n,
                struct mu_arena *arena) {
  for (bool open = true; open;) {
    int64_t longest = 0;
    if (mu_canceled(aws->options.cancel)) {
      cancel_rest(calls, n);
    }
    if (!send_round(aws, http, calls, n, arena)) {
      return;
    }
    open = false;
    for (size_t i = 0; i < n; i++) {
      if (!calls[i].done) {
        settle(aws, &calls[i], arena);
        open = open || !calls[i].done;
        longest = calls[i].wait_ms > longest ? calls[i].wait_ms : longest;
      }
    }
    rest(aws, longest);
  }
}

/* ---- the public calls ---- */

static int prepare(const struct mu_aws *aws, const char *service, const char *operation,
                   struct mu_aws_call *call, struct mu_err *err) {
  call->service = mu_aws_service_find(service);
  call->op = mu_aws_op_find(service, operation);
  if (!call->service || !call->op) {
    return mu_fail(err, MU_E_USAGE, "%s %s is not among the operations that can be sent", service,
                   operation);
  }
  bool may_send = call->op->kind == READS || (call->op->kind == QUERIES && call->args->may_query) ||
                  aws->options.mode == MU_AWS_MAY_CHANGE;
  if (!may_send) {
    return mu_fail(err, MU_E_USAGE, "%s %s changes something, and this client only reads", service,
                   operation);
  }
  return 0;
}

void mu_aws_batch(struct mu_aws *aws, struct mu_http *http, struct mu_aws_batch_call *calls,
                  size_t n, struct mu_arena *arena) {
  struct mu_aws_call *inner = mu_arena_array(arena, n + 1, sizeof *inner);
  for (size_t i = 0; i < n; i++) {
    calls[i].err = (struct mu_err){0};
    calls[i].answer = (struct mu_aws_answer){.request_id = "", .code = "", .message = ""};
    inner[i] = (struct mu_aws_call){
        .args = &calls[i].args, .answer = &calls[i].answer, .err = &calls[i].err};
    if (prepare(aws, calls[i].service, calls[i].operation, &inner[i], &calls[i].err) != 0) {
      end(&inner[i], -1);
    }
  }
  mu_aws_run(aws, http, inner, n, arena);
  for (size_t i = 0; i < n; i++) {
    calls[i].result = inner[i].result;
  }
}

int mu_aws_do(struct mu_aws *aws, struct mu_http *http, const char *service, const char *operation,
              const struct mu_aws_args *args, struct mu_arena *arena, struct mu_aws_answer *answer,
              struct mu_err *err) {
  struct mu_aws_batch_call call = {.service = service, .operation = operation, .args = *args};
  mu_aws_batch(aws, http, &call, 1, arena);
  *answer = call.answer;
  if (call.result != 0 && err) {
    *err = call.err;
  }
  return call.result;
}

int mu_aws_call(struct mu_aws *aws, struct mu_http *http, const char *service,
                const char *operation, const char *json, struct mu_arena *arena,
                struct mu_aws_answer *answer, struct mu_err *err) {
  const struct mu_aws_args args = {.json = json};
  return mu_aws_do(aws, http, service, operation, &args, arena, answer, err);
}

int mu_aws_query(struct mu_aws *aws, struct mu_http *http, const char *service,
                 const char *operation, const struct mu_param_row *params, size_t n,
                 struct mu_arena *arena, struct mu_aws_answer *answer, struct mu_err *err) {
  const struct mu_aws_args args = {.params = params, .params_n = n};
  return mu_aws_do(aws, http, service, operation, &args, arena, answer, err);
}
