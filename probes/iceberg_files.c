/* SPDX-License-Identifier: Apache-2.0 */
/* Is every file of the snapshot there, with its size, locked, and at hand? One listing of the
 * table's folder and a join where there are many files, one look at each for what lies elsewhere or
 * where the lock's end is asked for. A refused look is "unknown", never "missing". */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "iceberg_look.h"
#include "lake/path.h"

/* Fewer files than this are looked at one by one: quicker than listing a folder that may hold
 * years. */
enum { LIST_FROM = 64, LOOKS_AT_ONCE = 1024 };

struct wanted {
  const struct mu_iceberg_file *file;
  struct mu_path_id id;
  bool seen;
};

struct join {
  struct mu_look *look;
  struct wanted *at;
  size_t n;
  int64_t orphans; /* not of this snapshot: of another one, in the making, or forgotten */
};

static struct mu_path_id id_of(const char *path) {
  const char *scheme = NULL;
  size_t n = strlen(path);
  const char *rest = mu_path_split(path, &n, &scheme);
  return mu_path_hash(rest, n);
}

static int compare(struct mu_path_id a, struct mu_path_id b) {
  return a.a != b.a ? (a.a < b.a ? -1 : 1) : (a.b > b.b) - (a.b < b.b);
}

static int by_id(const void *x, const void *y) {
  return compare(((const struct wanted *)x)->id, ((const struct wanted *)y)->id);
}

/* Storage classes that must be thawed before they can be read: hours, which an RTO does not have.
 */
static bool is_frozen(const char *storage_class) {
  return mu_streq(storage_class, "GLACIER") || mu_streq(storage_class, "DEEP_ARCHIVE");
}

static void found(struct mu_look *look, const struct mu_iceberg_file *file, int64_t size,
                  const char *storage_class) {
  struct mu_arena *arena = look->ctx->arena;
  look->checked++;
  if (size >= 0 && size != file->size) {
    mu_names_add(&look->wrong_size, arena, file->path,
                 mu_arena_fmt(arena, "%lld bytes, the manifest says %lld", (long long)size,
                              (long long)file->size));
  }
  if (is_frozen(storage_class)) {
    mu_names_add(&look->archived, arena, file->path, storage_class);
  }
}

static void on_object(void *ctx, const struct mu_store_object *object) {
  struct join *join = ctx;
  struct wanted key = {.id = id_of(object->uri)};
  struct wanted *wanted = bsearch(&key, join->at, join->n, sizeof key, by_id);
  if (wanted && !wanted->seen) {
    wanted->seen = true;
    found(join->look, wanted->file, object->size, object->storage_class);
  } else if (!wanted && !strstr(object->uri, "/metadata/")) {
    join->orphans++;
  }
}

void mu_look_note_lock(struct mu_look *look, const struct mu_store_get *get) {
  if (get->retain_until_ms == 0) {
    look->unlocked++;
  } else if (look->locked_until_ms == 0 || get->retain_until_ms < look->locked_until_ms) {
    look->locked_until_ms = get->retain_until_ms;
  }
}

/* Its name, and for those that are named, what is left of it. */
static void note_missing(struct mu_look *look, const struct mu_store_get *get,
                         struct mu_arena *arena) {
  const char *left =
      look->missing.n < MU_NAMES_MAX ? mu_store_recoverable(&look->store, get->uri, arena) : NULL;
  mu_names_add(&look->missing, look->ctx->arena, get->uri,
               left                 ? mu_arena_fmt(arena, "deleted; %s", left)
               : get->delete_marker ? "deleted, an older version may be recoverable"
                                    : NULL);
}

/* One look each, as many at once as the client sends. */
static void look_at_each(struct mu_look *look, struct wanted *wanted, size_t n, bool locks) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_store_get *gets = mu_arena_array(arena, n, sizeof *gets);
  for (size_t i = 0; i < n; i++) {
    gets[i] = (struct mu_store_get){.uri = wanted[i].file->path, .head = true};
  }
  mu_store_get_many(&look->store, gets, n, arena);
  for (size_t i = 0; i < n; i++) {
    if (gets[i].result == 0) {
      if (!wanted[i].seen) {
        found(look, wanted[i].file, gets[i].size, gets[i].storage_class);
      }
      if (locks) {
        mu_look_note_lock(look, &gets[i]);
      }
    } else if (gets[i].err.code == MU_E_ABSENT) {
      note_missing(look, &gets[i], arena);
    } else {
      look->unknown++;
    }
  }
}

/* Those that still need a look, moved to the front. */
static size_t still_wanted(struct mu_look *look, struct wanted *at, size_t n, bool all) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (mu_look_is_outside(look, at[i].file->path)) {
      continue; /* reported as such; it may be the primary's */
    }
    if (all || !at[i].seen) {
      at[kept++] = at[i];
    }
  }
  return kept;
}

/* One listing of the table's folder. Without the right to list, each file is asked for by name. */
static int list_and_join(struct mu_look *look, struct wanted *at, size_t n, struct mu_err *err) {
  struct join join = {.look = look, .at = at, .n = n};
  struct mu_err why = {0};
  if (mu_look_is_outside(look, mu_arena_fmt(look->ctx->arena, "%s/", look->meta->location))) {
    return 0;
  }
  if (mu_store_list(&look->store, look->meta->location, on_object, &join, &why) == 0) {
    (void)mu_fact_int(look->facts, "iceberg.orphans", join.orphans, "files");
    return 0;
  }
  if (why.code == MU_E_TIMEOUT) {
    *err = why;
    return -1;
  }
  return 0;
}

int mu_look_files(struct mu_look *look, const struct mu_iceberg_result *result,
                  struct mu_err *err) {
  bool locks = mu_arg_bool(look->args, "retention", false);
  size_t n = result->files_n;
  struct wanted *at = mu_arena_array(look->ctx->arena, n, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    at[i] = (struct wanted){.file = &result->files[i], .id = id_of(result->files[i].path)};
  }
  if (n > 0) {
    qsort(at, n, sizeof *at, by_id);
  }
  if (n >= LIST_FROM && list_and_join(look, at, n, err) != 0) {
    return -1;
  }
  n = still_wanted(look, at, n, locks);
  for (size_t from = 0; from < n; from += LOOKS_AT_ONCE) {
    if (mu_mono_ms(look->ctx->clock) >= look->ctx->deadline_mono_ms ||
        mu_canceled(look->ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "the deadline passed with %zu of %zu files looked at", from,
                     n);
    }
    look_at_each(look, at + from, n - from < LOOKS_AT_ONCE ? n - from : LOOKS_AT_ONCE, locks);
  }
  return 0;
}
