/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: a queue, a set of slots, one curl multi. Two things make it quick. Free slots are
 * refilled before each wait (waiting first costs a poll interval per batch of completions). And the
 * number in flight starts small and grows only while nothing completes: a quick server is asked
 * over a few connections instead of paying for many handshakes, a slow one soon gets the full
 * width. */
#include "wire/http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "wire/http_int.h"
#include "wire/sigpipe.h"

enum { IN_FLIGHT = 50, START_WIDTH = 12, WIDEN_BY = 8, WIDEN_AFTER_MS = 4 };

struct waiting {
  struct mu_http_req req;
  void *user;
};

struct mu_http {
  CURLM *multi;
  CURLSH *share;
  struct slot *idle, *busy;
  struct waiting *queue; /* a ring */
  size_t queue_cap, queue_at, queue_n;
  size_t in_flight, width, max_in_flight, limit; /* limit 0: none besides */
  int64_t last_done_ms;
  char *user_agent;
  const struct mu_cancel *cancel;
};

static void init_curl(void) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    MU_BUG("libcurl does not start");
  }
}

static size_t positive(int value, size_t otherwise) {
  return value > 0 ? (size_t)value : otherwise;
}

struct mu_http *mu_http_new(const struct mu_http_options *options) {
  static pthread_once_t once = PTHREAD_ONCE_INIT; /* libcurl's own state is the process's */
  (void)pthread_once(&once, init_curl);
  mu_wire_ignore_sigpipe();
  struct mu_http_options opt = options ? *options : (struct mu_http_options){0};
  struct mu_http *h = calloc(1, sizeof *h);
  if (!h) {
    MU_BUG("out of memory");
  }
  h->max_in_flight = positive(opt.max_in_flight, IN_FLIGHT);
  h->width = h->max_in_flight < START_WIDTH ? h->max_in_flight : START_WIDTH;
  h->cancel = opt.cancel;
  h->user_agent = strdup(opt.user_agent ? opt.user_agent : "muster");
  h->multi = curl_multi_init();
  h->share = curl_share_init();
  if (!h->user_agent || !h->multi || !h->share) {
    MU_BUG("out of memory");
  }
  /* The multi shares names and connections among its handles already, but not TLS sessions. */
  (void)curl_share_setopt(h->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  (void)curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)(2 * h->max_in_flight));
  if (opt.max_per_host > 0) {
    (void)curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)opt.max_per_host);
  }
  return h;
}

static void link_slot(struct slot **list, struct slot *slot) {
  slot->next = *list;
  slot->prev = list;
  if (*list) {
    (*list)->prev = &slot->next;
  }
  *list = slot;
}

static void unlink_slot(struct slot *slot) {
  *slot->prev = slot->next;
  if (slot->next) {
    slot->next->prev = slot->prev;
  }
}

static struct slot *take_slot(struct mu_http *h) {
  struct slot *slot = h->idle;
  if (slot) {
    unlink_slot(slot);
    curl_easy_reset(slot->easy);
  } else {
    slot = calloc(1, sizeof *slot);
    if (!slot) {
      MU_BUG("out of memory");
    }
    slot->easy = curl_easy_init();
    if (!slot->easy) {
      MU_BUG("out of memory");
    }
    (void)curl_easy_setopt(slot->easy, CURLOPT_SHARE, h->share); /* survives resets */
  }
  link_slot(&h->busy, slot);
  return slot;
}

static void empty_slot(struct slot *slot) {
  curl_slist_free_all(slot->headers);
  curl_slist_free_all(slot->connect_to);
  slot->headers = slot->connect_to = NULL;
}

static void free_slots(struct mu_http *h, struct slot *slot) {
  while (slot) {
    struct slot *next = slot->next;
    (void)curl_multi_remove_handle(h->multi, slot->easy);
    curl_easy_cleanup(slot->easy);
    empty_slot(slot);
    mu_str_done(&slot->head);
    mu_str_done(&slot->body);
    free(slot->table);
    free(slot);
    slot = next;
  }
}

void mu_http_free(struct mu_http *h) {
  if (!h) {
    return;
  }
  free_slots(h, h->busy);
  free_slots(h, h->idle);
  (void)curl_multi_cleanup(h->multi);
  (void)curl_share_cleanup(h->share);
  free(h->queue);
  free(h->user_agent);
  free(h);
}

void mu_http_cleanup(struct mu_http **h) {
  mu_http_free(*h);
  *h = NULL;
}

size_t mu_http_pending(const struct mu_http *h) {
  return h->queue_n + h->in_flight;
}

void mu_http_limit(struct mu_http *h, size_t n) {
  h->limit = n;
}

void mu_http_wakeup(struct mu_http *h) {
  (void)curl_multi_wakeup(h->multi);
}

static void grow_queue(struct mu_http *h) {
  size_t cap = h->queue_cap ? 2 * h->queue_cap : 64;
  struct waiting *queue = calloc(cap, sizeof *queue);
  if (!queue) {
    MU_BUG("out of memory");
  }
  for (size_t i = 0; i < h->queue_n; i++) {
    queue[i] = h->queue[(h->queue_at + i) % h->queue_cap];
  }
  free(h->queue);
  h->queue = queue;
  h->queue_cap = cap;
  h->queue_at = 0;
}

int mu_http_add(struct mu_http *h, const struct mu_http_req *req, void *user, struct mu_err *err) {
  if (mu_http_check(req, err) != 0) {
    return -1;
  }
  if (h->queue_n == h->queue_cap) {
    grow_queue(h);
  }
  h->queue[(h->queue_at + h->queue_n++) % h->queue_cap] = (struct waiting){*req, user};
  return 0;
}

static struct waiting take_waiting(struct mu_http *h) {
  struct waiting first = h->queue[h->queue_at];
  h->queue_at = (h->queue_at + 1) % h->queue_cap;
  h->queue_n--;
  return first;
}

/* Hands the answer over and makes the slot free again. */
static void finish(struct mu_http *h, struct slot *slot, const struct mu_http_resp *resp,
                   const struct mu_http_sink *sink) {
  h->in_flight--;
  sink->done(sink->ctx, slot->user, resp);
  (void)curl_multi_remove_handle(h->multi, slot->easy);
  empty_slot(slot);
  if (slot->body.alloc >
      MU_HTTP_MAX_BODY) { /* one large body is no reason to keep as much for each slot */
    mu_str_done(&slot->body);
  }
  unlink_slot(slot);
  link_slot(&h->idle, slot);
}

static void start(struct mu_http *h, struct waiting next) {
  struct slot *slot = take_slot(h);
  slot->req = next.req;
  slot->user = next.user;
  if (mu_http_prepare(slot, h->user_agent) != 0 ||
      curl_multi_add_handle(h->multi, slot->easy) != CURLM_OK) {
    MU_BUG("libcurl refuses a request");
  }
  h->in_flight++;
}

static void refill(struct mu_http *h) {
  int64_t now = mu_mono_ms(mu_clock_system());
  if (h->in_flight == 0) {
    h->last_done_ms = now;
  }
  if (h->queue_n > 0 && h->in_flight >= h->width && h->width < h->max_in_flight &&
      now - h->last_done_ms >= WIDEN_AFTER_MS) {
    h->width += WIDEN_BY;
    h->width = h->width < h->max_in_flight ? h->width : h->max_in_flight;
    h->last_done_ms = now;
  }
  size_t most = h->limit > 0 && h->limit < h->width ? h->limit : h->width;
  while (h->queue_n > 0 && h->in_flight < most) {
    start(h, take_waiting(h));
  }
}

static size_t collect(struct mu_http *h, const struct mu_http_sink *sink) {
  size_t n = 0;
  int left = 0;
  for (CURLMsg *msg; (msg = curl_multi_info_read(h->multi, &left));) {
    if (msg->msg != CURLMSG_DONE) {
      continue;
    }
    CURLcode code = msg->data.result;
    struct slot *slot = NULL;
    (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &slot);
    struct mu_http_resp resp;
    mu_http_answer(slot, code, &resp);
    finish(h, slot, &resp, sink);
    n++;
  }
  if (n > 0) {
    h->last_done_ms = mu_mono_ms(mu_clock_system());
  }
  return n;
}

static size_t cancel_all(struct mu_http *h, const struct mu_http_sink *sink) {
  const struct mu_http_resp resp = {.error = MU_E_CANCELED,
                                    .error_msg = "canceled",
                                    .body = "",
                                    .remote_ip = "",
                                    .version = "",
                                    .url = ""};
  size_t n = 0;
  for (struct slot *slot; (slot = h->busy); n++) {
    struct mu_http_resp canceled = resp;
    canceled.sent = true; /* perhaps: nobody knows any more */
    finish(h, slot, &canceled, sink);
  }
  for (; h->queue_n > 0; n++) {
    struct waiting next = take_waiting(h);
    sink->done(sink->ctx, next.user, &resp);
  }
  return n;
}

size_t mu_http_run_once(struct mu_http *h, int timeout_ms, const struct mu_http_sink *sink) {
  if (mu_canceled(h->cancel)) {
    return cancel_all(h, sink);
  }
  int running = 0;
  refill(h);
  (void)curl_multi_perform(h->multi, &running);
  size_t n = collect(h, sink);
  if (n > 0 && h->queue_n > 0) {
    refill(h);
    (void)curl_multi_perform(h->multi, &running); /* sends the new ones before anybody waits */
  }
  if (n == 0) {
    bool can_widen = h->queue_n > 0 && h->in_flight >= h->width && h->width < h->max_in_flight;
    int wait_ms = can_widen && timeout_ms > WIDEN_AFTER_MS ? WIDEN_AFTER_MS : timeout_ms;
    (void)curl_multi_poll(h->multi, NULL, 0, wait_ms, NULL);
  }
  return n;
}

void mu_http_keep(const struct mu_http_resp *resp, struct mu_arena *arena,
                  struct mu_http_resp *out) {
  *out = *resp;
  struct mu_http_header *headers = mu_arena_array(arena, resp->headers_n + 1, sizeof *headers);
  for (size_t i = 0; i < resp->headers_n; i++) {
    headers[i].name = mu_arena_str(arena, resp->headers[i].name);
    headers[i].value = mu_arena_str(arena, resp->headers[i].value);
  }
  out->headers = headers;
  out->error_msg = mu_arena_str(arena, resp->error_msg);
  out->body = mu_arena_strn(arena, resp->body, resp->body_n);
  out->remote_ip = mu_arena_str(arena, resp->remote_ip);
  out->url = mu_arena_str(arena, resp->url);
}

struct keeper {
  struct mu_arena *arena;
};

static void keep(void *ctx, void *user, const struct mu_http_resp *resp) {
  struct keeper *keeper = ctx;
  mu_http_keep(resp, keeper->arena, user);
}

int mu_http_batch(struct mu_http *h, const struct mu_http_req *reqs, size_t n,
                  struct mu_arena *arena, struct mu_http_resp *resps, struct mu_err *err) {
  MU_ASSERT(mu_http_pending(h) == 0);
  for (size_t i = 0; i < n; i++) {
    if (mu_http_add(h, &reqs[i], &resps[i], err) != 0) {
      h->queue_n = 0;
      return -1;
    }
  }
  struct keeper keeper = {arena};
  const struct mu_http_sink sink = {&keeper, keep};
  while (mu_http_pending(h) > 0) {
    (void)mu_http_run_once(h, 200, &sink);
  }
  return 0;
}

int mu_http_do(struct mu_http *h, const struct mu_http_req *req, struct mu_arena *arena,
               struct mu_http_resp *resp, struct mu_err *err) {
  if (mu_http_batch(h, req, 1, arena, resp, err) != 0) {
    return -1;
  }
  if (resp->error != MU_E_NONE) {
    return mu_fail(err, resp->error, "%s", resp->error_msg);
  }
  return 0;
}
