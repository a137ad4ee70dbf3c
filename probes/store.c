/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a table by URI: S3 through the AWS client, folders through the file system, prefixes
 * of the one mapped to the other. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/path.h"
#include "store.h"
#include "store_azure.h"
#include "wire/aws.h"
#include "wire/s3.h"

enum { MAX_DEPTH = 16, MAX_PATH = 8192 };

/* A local file for a URI: what is mapped, and what a table that itself lies in a folder names. */
struct local {
  const char *path; /* NULL: the URI is no local file */
  bool refused;     /* it is one that this table may not name */
};

static bool climbs(const char *path) {
  for (const char *at = path; (at = strstr(at, "..")); at += 2) {
    if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0')) {
      return true;
    }
  }
  return false;
}

static struct local local_path(struct mu_store *store, const char *uri, struct mu_arena *arena) {
  const char *prefix = NULL, *folder = NULL, *best = NULL, *rest = NULL;
  size_t best_n = 0;
  for (size_t i = 0; mu_arg_pair(store->args, "map", i, &prefix, &folder); i++) {
    size_t n = strlen(prefix), uri_n = strlen(uri);
    bool is_it = n == uri_n + 1 && prefix[uri_n] == '/' && strncmp(uri, prefix, uri_n) == 0;
    if (n > best_n && (is_it || strncmp(uri, prefix, n) == 0)) {
      best = folder;
      best_n = n;
      rest = is_it ? "" : uri + n;
    }
  }
  if (best) {
    size_t n = strlen(best);
    bool slash = n > 0 && best[n - 1] == '/';
    const char *path = mu_arena_fmt(arena, "%s%s%s", best, slash || *rest == '/' ? "" : "/", rest);
    return (struct local){path, climbs(rest)};
  }
  size_t n = strlen(uri);
  const char *scheme = NULL;
  const char *path = mu_path_split(uri, &n, &scheme);
  bool is_file = (scheme && strcmp(scheme, "file") == 0) || (!scheme && !strstr(uri, "://"));
  return (struct local){is_file ? mu_arena_str(arena, path) : NULL,
                        is_file && !store->may_read_files};
}

static int refuse(const char *path, struct mu_err *err) {
  return mu_fail(err, MU_E_DENIED, "%.200s is not a local file that this table may name", path);
}

static int read_file(const char *path, struct mu_store_get *get, struct mu_arena *arena) {
  MU_FD(fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) {
    bool gone = errno == ENOENT || errno == ENOTDIR;
    (void)mu_fail_sys(&get->err, errno, "%s", path);
    get->err.code = gone ? MU_E_ABSENT : errno == EACCES ? MU_E_DENIED : MU_E_IO;
    return -1;
  }
  if (!S_ISREG(st.st_mode)) {
    return mu_fail(&get->err, MU_E_INPUT, "%s is not a file", path);
  }
  get->size = st.st_size;
  if (get->head) {
    return 0;
  }
  int64_t from = get->tail > 0 && get->tail < st.st_size ? st.st_size - get->tail : 0;
  if (get->length > 0) {
    from = get->first < st.st_size ? get->first : st.st_size;
  }
  bool in_part = get->length > 0 && get->length < st.st_size - from;
  size_t want = (size_t)(in_part ? get->length : st.st_size - from);
  get->truncated = want > get->max;
  want = get->truncated ? get->max : want;
  char *body = mu_arena_alloc(arena, want + 1);
  while (get->n < want) {
    ssize_t got = pread(fd, body + get->n, want - get->n, from + (off_t)get->n);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return mu_fail_sys(&get->err, got < 0 ? errno : EIO, "%s", path);
    }
    get->n += (size_t)got;
  }
  get->body = body;
  return 0;
}

/* The lent client for an object: prefixes are compared as they are written, s3a and s3n aside. */
static struct mu_aws *lent_client(const struct mu_store *store, const char *uri) {
  struct mu_aws *best = NULL;
  size_t best_n = 0, n = strlen(uri);
  const char *scheme = NULL, *rest = mu_path_split(uri, &n, &scheme);
  for (size_t i = 0; i < store->keys_n; i++) {
    const struct mu_store_key *key = &store->keys[i];
    size_t key_n = strlen(key->prefix), path_n = key_n;
    const char *key_scheme = NULL, *path = mu_path_split(key->prefix, &path_n, &key_scheme);
    bool fits = key_scheme ? mu_streq(scheme, key_scheme) && mu_str_starts(rest, path)
                           : mu_str_starts(uri, key->prefix);
    if (key->aws && fits && (!best || key_n > best_n)) {
      best = key->aws;
      best_n = key_n;
    }
  }
  return best;
}

/* NULL, with err: there is none. */
static struct mu_aws *client_for(struct mu_store *store, const char *uri, struct mu_err *err) {
  struct mu_aws *lent = lent_client(store, uri);
  if (!lent && !store->aws && store->ctx->aws) {
    store->aws = store->ctx->aws(store->ctx->aws_ctx, mu_arg_str(store->args, "region", NULL),
                                 mu_arg_str(store->args, "profile", NULL));
  }
  struct mu_aws *aws = lent ? lent : store->aws;
  if (!aws || !store->ctx->http) {
    (void)mu_fail(err, MU_E_DENIED, "no AWS credentials");
    return NULL;
  }
  return aws;
}

/* Where one object is read: from a file at once, or queued for S3 or Azure. */
enum where { DONE, IN_S3, IN_AZURE };

static enum where prepare(struct mu_store *store, struct mu_store_get *get, struct mu_arena *arena,
                          struct mu_s3_get *out, struct mu_aws **client) {
  struct local local = local_path(store, get->uri, arena);
  get->size = -1;
  get->storage_class = "";
  if (local.path) {
    get->result = local.refused ? refuse(local.path, &get->err) : read_file(local.path, get, arena);
    return DONE;
  }
  get->result = -1;
  struct mu_azure_place place;
  if (mu_azure_split(get->uri, arena, &place)) {
    return IN_AZURE;
  }
  *out = (struct mu_s3_get){.head = get->head,
                            .max_body = get->max,
                            .owner = mu_arg_str(store->args, "owner", NULL),
                            .first = get->tail > 0 ? -get->tail : 0,
                            .last = get->tail > 0 ? -1 : 0};
  if (get->length > 0) {
    out->first = get->first;
    out->last = get->first + get->length - 1;
  }
  if (mu_s3_split(get->uri, arena, &out->bucket, &out->key) != 0) {
    (void)mu_fail(&get->err, MU_E_UNSUPPORTED,
                  "%.200s: only s3://, abfss:// and folders can be read", get->uri);
    return DONE;
  }
  *client = client_for(store, get->uri, &get->err);
  return *client ? IN_S3 : DONE;
}

static void finish(struct mu_store_get *get, const struct mu_s3_get *from) {
  get->result = from->result;
  get->err = from->err;
  get->body = from->body;
  get->n = from->body_n;
  get->truncated = from->truncated;
  get->size = from->size;
  get->delete_marker = from->delete_marker;
  get->storage_class = from->storage_class ? from->storage_class : "";
  if (from->retain_until && mu_time_parse(from->retain_until, &get->retain_until_ms) != 0) {
    get->retain_until_ms = 0;
  }
}

/* What is queued for S3, each object's client beside it. */
struct queue {
  struct mu_s3_get *at;
  struct mu_store_get **gets;
  struct mu_aws **clients;
  size_t n;
};

/* Those of one client after the other, each group at once. */
static void get_from_s3(struct mu_store *store, struct queue *queue, struct mu_arena *arena) {
  struct mu_s3_get *group = mu_arena_array(arena, queue->n + 1, sizeof *group);
  struct mu_store_get **gets = mu_arena_array(arena, queue->n + 1, sizeof(*gets));
  for (size_t first = 0; first < queue->n; first++) {
    struct mu_aws *client = queue->clients[first];
    size_t n = 0;
    for (size_t i = first; client && i < queue->n; i++) {
      if (queue->clients[i] == client) {
        queue->clients[i] = NULL;
        gets[n] = queue->gets[i];
        group[n++] = queue->at[i];
      }
    }
    if (n > 0) {
      mu_s3_get_many(client, store->ctx->http, group, n, store->ctx->deadline_mono_ms, arena);
    }
    for (size_t i = 0; i < n; i++) {
      finish(gets[i], &group[i]);
    }
  }
}

void mu_store_get_many(struct mu_store *store, struct mu_store_get *gets, size_t n,
                       struct mu_arena *arena) {
  struct mu_store_get **azure = mu_arena_array(arena, n, sizeof(*azure));
  size_t azure_n = 0;
  struct queue queue = {.at = mu_arena_array(arena, n, sizeof *queue.at),
                        .gets = mu_arena_array(arena, n, sizeof(*queue.gets)),
                        .clients = mu_arena_array(arena, n, sizeof(*queue.clients))};
  for (size_t i = 0; i < n; i++) {
    enum where where = prepare(store, &gets[i], arena, &queue.at[queue.n], &queue.clients[queue.n]);
    if (where == IN_S3) {
      queue.gets[queue.n++] = &gets[i];
    } else if (where == IN_AZURE) {
      azure[azure_n++] = &gets[i];
    }
  }
  mu_azure_get_many(store, azure, azure_n, arena);
  get_from_s3(store, &queue, arena);
}

const char *mu_store_ca_file(const struct mu_args *args, const struct mu_probe_ctx *ctx) {
  return mu_arg_str(args, "ca_file", ctx->ca_file);
}

int mu_store_get(struct mu_store *store, struct mu_store_get *get, struct mu_arena *arena,
                 struct mu_err *err) {
  mu_store_get_many(store, get, 1, arena);
  if (get->result != 0) {
    *err = get->err;
    return -1;
  }
  if (get->truncated) {
    return mu_fail(err, MU_E_LIMIT, "%.200s is over the cap of %zu bytes", get->uri, get->max);
  }
  return 0;
}

const char *mu_store_recoverable(struct mu_store *store, const char *uri, struct mu_arena *arena) {
  struct mu_s3_get gone = {.owner = mu_arg_str(store->args, "owner", NULL)};
  struct mu_s3_version version;
  struct mu_err err = {0};
  if (local_path(store, uri, arena).path || mu_s3_split(uri, arena, &gone.bucket, &gone.key) != 0) {
    return NULL;
  }
  struct mu_aws *aws = client_for(store, uri, &err);
  if (!aws || mu_s3_last_version(aws, store->ctx->http, &gone, store->ctx->deadline_mono_ms, arena,
                                 &version, &err) != 0) {
    return NULL;
  }
  bool locked = *version.retain_until != '\0';
  return mu_arena_fmt(arena, "version %s of %.10s can be brought back%s%.10s", version.id,
                      version.last_modified, locked ? ", locked until " : "", version.retain_until);
}

/* ---- Listing ---- */

struct listing {
  struct mu_store *store;
  const char *bucket; /* as the caller's prefix spells it: scheme and bucket */
  void (*on_object)(void *ctx, const struct mu_store_object *object);
  void *ctx;
  bool is_late;
};

static int on_s3(void *ctx, const struct mu_s3_object *object) {
  struct listing *listing = ctx;
  MU_STR(uri, MAX_PATH);
  mu_str_addf(&uri, "s3://%s/%s", listing->bucket, object->key);
  struct mu_store_object seen = {mu_str_get(&uri), object->size, -1,
                                 object->storage_class ? object->storage_class : ""};
  if (object->last_modified && mu_time_parse(object->last_modified, &seen.modified_ms) != 0) {
    seen.modified_ms = -1;
  }
  listing->on_object(listing->ctx, &seen);
  const struct mu_probe_ctx *probe = listing->store->ctx;
  listing->is_late =
      mu_mono_ms(probe->clock) >= probe->deadline_mono_ms || mu_canceled(probe->cancel);
  return listing->is_late;
}

static int list_s3(struct listing *listing, const char *prefix, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const char *key = NULL;
  struct mu_store *store = listing->store;
  const char *with_slash = mu_str_ends(prefix, "/") ? prefix : mu_arena_fmt(arena, "%s/", prefix);
  if (mu_s3_split(with_slash, arena, &listing->bucket, &key) != 0) {
    return mu_fail(err, MU_E_UNSUPPORTED, "%.200s: only s3:// and folders can be listed", prefix);
  }
  const struct mu_s3_below below = {listing->bucket, key, mu_arg_str(store->args, "owner", NULL),
                                    store->ctx->deadline_mono_ms};
  struct mu_aws *aws = client_for(store, with_slash, err);
  if (!aws || mu_s3_list(aws, store->ctx->http, &below, on_s3, listing, err) != 0) {
    return -1;
  }
  return listing->is_late
             ? mu_fail(err, MU_E_TIMEOUT, "the deadline passed while listing %.200s", prefix)
             : 0;
}

/* One folder; its files are handed over under the URI of the caller, folders below it are walked.
 */
static int list_folder(struct listing *listing, const char *path, const char *uri, int depth,
                       struct mu_err *err) {
  DIR *dir = opendir(path);
  if (!dir) {
    (void)mu_fail_sys(err, errno, "%s", path);
    err->code = errno == ENOENT ? MU_E_ABSENT : MU_E_IO;
    return -1;
  }
  int rc = 0;
  for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
    struct stat st;
    MU_STR(name, MAX_PATH);
    MU_STR(below, MAX_PATH);
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    mu_str_addf(&name, "%s/%s", path, entry->d_name);
    mu_str_addf(&below, "%s/%s", uri, entry->d_name);
    if (name.failed || below.failed || lstat(mu_str_get(&name), &st) != 0) {
      rc = mu_fail(err, MU_E_IO, "cannot look at %.200s", mu_str_get(&name));
    } else if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH) {
      rc = list_folder(listing, mu_str_get(&name), mu_str_get(&below), depth + 1, err);
    } else if (S_ISREG(st.st_mode)) {
      int64_t modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
      struct mu_store_object seen = {mu_str_get(&below), st.st_size, modified_ms, ""};
      listing->on_object(listing->ctx, &seen);
    }
  }
  (void)closedir(dir);
  return rc;
}

int mu_store_list(struct mu_store *store, const char *prefix,
                  void (*on_object)(void *ctx, const struct mu_store_object *object), void *ctx,
                  struct mu_err *err) {
  struct listing listing = {.store = store, .on_object = on_object, .ctx = ctx};
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct local local = local_path(store, prefix, arena);
  struct mu_azure_place place;
  if (!local.path && mu_azure_split(prefix, arena, &place)) {
    return mu_azure_list(store, prefix, on_object, ctx, err);
  }
  if (!local.path) {
    return list_s3(&listing, prefix, err);
  }
  if (local.refused) {
    return refuse(local.path, err);
  }
  size_t n = strlen(prefix);
  while (n > 1 && prefix[n - 1] == '/') {
    n--;
  }
  return list_folder(&listing, local.path, mu_arena_strn(arena, prefix, n), 0, err);
}

void mu_names_add(struct mu_names *names, struct mu_arena *arena, const char *name,
                  const char *why) {
  names->total++;
  if (names->n < MU_NAMES_MAX) {
    names->at[names->n++] =
        why ? mu_arena_fmt(arena, "%s (%s)", name, why) : mu_arena_str(arena, name);
  }
}
