/* SPDX-License-Identifier: Apache-2.0 */
/* A record without its checks, which are most of it: what a comparison of findings and the columns
 * of the ledger need. One pass of the streaming reader instead of a tree of a thousand checks. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonin.h"
#include "base/str.h"
#include "model/record.h"

struct walk {
  struct mu_jsonin in;
  struct mu_arena *arena;
  void (*on_check)(void *ctx, const char *workload);
  void *ctx;
};

static bool is_named(const struct walk *w, struct mu_span key, const char *name) {
  return key.n == strlen(name) && memcmp(w->in.text + key.at, name, key.n) == 0;
}

/* One check: only its workload is looked at. */
static void read_check(struct walk *w) {
  struct mu_span key, value;
  if (!mu_jsonin_object(&w->in)) {
    return;
  }
  while (mu_jsonin_member(&w->in, &key)) {
    if (is_named(w, key, "workload") && mu_jsonin_peek(&w->in) == '"') {
      if (mu_jsonin_str(&w->in, &value)) {
        const char *workload = mu_jsonin_copy(w->in.text + value.at, value.n, w->arena);
        w->on_check(w->ctx, workload ? workload : "");
      }
    } else {
      (void)mu_jsonin_skip(&w->in, NULL);
    }
  }
}

static void read_checks(struct walk *w) {
  if (!w->on_check) {
    (void)mu_jsonin_skip(&w->in, NULL);
  } else if (mu_jsonin_array(&w->in)) {
    while (mu_jsonin_element(&w->in)) {
      read_check(w);
    }
  }
}

static void copy_member(struct walk *w, struct mu_span key, struct mu_str *out, bool first) {
  struct mu_span value;
  mu_str_add(out, first ? "\"" : ",\"");
  mu_str_addn(out, w->in.text + key.at, key.n);
  mu_str_add(out, "\":");
  if (is_named(w, key, "checks") && mu_jsonin_peek(&w->in) == '[') {
    read_checks(w);
    mu_str_add(out, "[]");
  } else if (mu_jsonin_skip(&w->in, &value)) {
    mu_str_addn(out, w->in.text + value.at, value.n);
  }
}

int mu_record_brief(const char *json, size_t n, struct mu_arena *arena,
                    void (*on_check)(void *ctx, const char *workload), void *ctx,
                    struct mu_str *out, struct mu_err *err) {
  struct mu_span key;
  bool first = true;
  if (n > MU_RECORD_MAX) {
    return mu_fail(err, MU_E_LIMIT, "run record of %zu bytes is over the cap of %d", n,
                   (int)MU_RECORD_MAX);
  }
  struct walk *w = mu_arena_alloc(arena, sizeof *w);
  *w = (struct walk){.arena = arena, .on_check = on_check, .ctx = ctx};
  mu_jsonin_init(&w->in, json, n);
  if (mu_jsonin_object(&w->in)) {
    mu_str_addc(out, '{');
    while (mu_jsonin_member(&w->in, &key)) {
      copy_member(w, key, out, first);
      first = false;
    }
    mu_str_addc(out, '}');
    (void)mu_jsonin_end(&w->in);
  }
  return mu_jsonin_failed(&w->in) ? mu_jsonin_error(&w->in, NULL, err) : 0;
}
