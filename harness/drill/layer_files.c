/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and state files, read side by side: what there is to do (parse each, hash each, tell their
 * secrets to the redactor) is taken by threads as they come free. Large files are mapped, so that
 * memory does not grow with them. */
#include "drill/layer_files.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/map.h"
#include "base/redact.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drill/layers.h"
#include "model/run.h"

enum {
  MAP_MIN = 16 << 20,    /* smaller files are copied */
  THREADS_MIN = 1 << 20, /* bytes in all: below it threads cost more than they save */
  HASH_BYTES = 4 << 20,  /* between two breaths */
  THREADS_MAX = 16,
};

struct job {
  struct mu_layer_file *file;
  const char *name;
  struct mu_arena *arena; /* of the document; the run's in the end */
  struct mu_map *map;     /* NULL: the bytes were copied */
  const char *bytes;
  size_t n;
  struct mu_doc *doc;
  const char *const *secrets;
  size_t secrets_n;
  char sha256[MU_SHA256_HEX];
  bool hashed;
  struct mu_err parse_err, hash_err;
};

/* What there is to do, taken by whoever is free: first all files to parse, then all to hash. */
struct jobs {
  struct job *at;
  size_t n;
  atomic_size_t next, parsed;
  struct mu_redact *redact; /* NULL: none; used by the one thread that parsed last */
};

static int open_file(struct job *job, struct mu_err *err) {
  struct mu_map *map = mu_arena_alloc(job->arena, sizeof *map);
  struct mu_err none = {0};
  if (mu_map_open(job->file->path, MU_LAYER_FILE_MAX, map, &none) == 0 && map->n >= MAP_MIN) {
    job->map = map; /* for as long as the process lives: the document works on it */
    job->bytes = map->p;
    job->n = map->n;
    return 0;
  }
  mu_map_done(map);
  MU_STR(text, MU_LAYER_FILE_MAX);
  if (mu_io_read(job->file->path, &text, err) != 0) {
    return -1;
  }
  job->bytes = mu_str_copy(&text, job->arena);
  job->n = text.n;
  return 0;
}

static void parse(struct job *job) {
  const struct mu_doc_opts opts = {.name = job->name,
                                   .want_config = !job->file->as_actual,
                                   .want_prior = job->file->as_actual,
                                   .breathe = job->map ? mu_map_breathe : NULL,
                                   .breathe_ctx = job->map};
  if (mu_doc_parse(job->bytes, job->n, &opts, job->arena, &job->doc, &job->parse_err) == 0) {
    job->secrets_n = mu_doc_secrets(job->doc, &job->secrets);
  }
}

/* By a map of its own, piece by piece: what was hashed is given back, and what the parser has at
 * hand is left alone. */
static int hash_mapped(const char *path, char out[MU_SHA256_HEX], struct mu_err *err) {
  struct mu_map map;
  if (mu_map_open(path, MU_LAYER_FILE_MAX, &map, err) != 0) {
    return -1;
  }
  struct mu_sha256_state *state = mu_sha256_new();
  for (size_t at = 0; at < map.n; at += HASH_BYTES) {
    mu_sha256_add(state, map.p + at, map.n - at < HASH_BYTES ? map.n - at : HASH_BYTES);
    mu_map_breathe(&map);
  }
  mu_sha256_end(state, out);
  mu_map_done(&map);
  return 0;
}

static void hash(struct job *job) {
  if (job->map) {
    job->hashed = hash_mapped(job->file->path, job->sha256, &job->hash_err) == 0;
  } else {
    job->hashed = true;
    mu_sha256_hex(job->bytes, job->n, job->sha256);
  }
}

/* In the order of the files, so that who was first makes no difference. */
static void tell_secrets(const struct jobs *jobs) {
  for (size_t i = 0; i < jobs->n; i++) {
    const struct job *job = &jobs->at[i];
    for (size_t k = 0; k < job->secrets_n; k++) {
      mu_redact_add(jobs->redact, job->secrets[k], strlen(job->secrets[k]));
    }
  }
}

static void *work(void *arg) {
  struct jobs *jobs = arg;
  for (size_t i; (i = atomic_fetch_add(&jobs->next, 1)) < 2 * jobs->n;) {
    if (i >= jobs->n) {
      hash(&jobs->at[i - jobs->n]);
      continue;
    }
    parse(&jobs->at[i]);
    if (atomic_fetch_add(&jobs->parsed, 1) + 1 == jobs->n && jobs->redact) {
      tell_secrets(jobs);
    }
  }
  return NULL;
}

static void work_all(struct jobs *jobs, size_t bytes) {
  pthread_t threads[THREADS_MAX];
  size_t wanted = bytes < THREADS_MIN ? 1 : mu_layer_processors(), started = 0;
  wanted = wanted < 2 * jobs->n ? wanted : 2 * jobs->n;
  wanted = wanted < THREADS_MAX ? wanted : THREADS_MAX;
  while (started + 1 <
             wanted && /* this thread works, too; one that cannot be started is one less */
         pthread_create(&threads[started], NULL, work, jobs) == 0) {
    started++;
  }
  (void)work(jobs);
  for (size_t i = 0; i < started; i++) {
    (void)pthread_join(threads[i], NULL);
  }
}

/* In the order of the files, whoever was first: what was read is an input of the record. */
static int keep(const struct mu_layer_env *env, struct job *job, struct mu_err *err) {
  struct mu_input *input = MU_RUN_ADD(env->run, inputs);
  *input = (struct mu_input){.role = job->file->role, .name = job->name, .bytes = (int64_t)job->n};
  memcpy(input->sha256, job->sha256, sizeof input->sha256);
  if (!job->doc || !job->hashed) {
    *err = job->doc ? job->hash_err : job->parse_err;
    return -1;
  }
  job->file->doc = job->doc;
  return 0;
}

int mu_layer_read_all(const struct mu_layer_env *env, struct mu_layer_file *files, size_t n,
                      struct mu_err *err) {
  struct jobs jobs = {
      .at = mu_arena_array(env->run->arena, n, sizeof *jobs.at), .n = n, .redact = env->redact};
  size_t bytes = 0;
  for (size_t i = 0; i < n; i++) {
    struct job *job = &jobs.at[i];
    job->file = &files[i];
    job->name = mu_arena_str(env->run->arena, mu_io_basename(files[i].path));
    job->arena = mu_arena_new();
    mu_arena_give(env->run->arena, job->arena);
    if (open_file(job, err) != 0) {
      return -1;
    }
    bytes += job->n;
  }
  work_all(&jobs, bytes);
  for (size_t i = 0; i < n; i++) {
    if (keep(env, &jobs.at[i], err) != 0) {
      return -1;
    }
  }
  return 0;
}

int mu_layer_read(const struct mu_layer_env *env, const char *role, const char *path,
                  bool as_actual, const struct mu_doc **out, struct mu_err *err) {
  struct mu_layer_file file = {.role = role, .path = path, .as_actual = as_actual};
  if (mu_layer_read_all(env, &file, 1, err) != 0) {
    return -1;
  }
  *out = file.doc;
  return 0;
}
