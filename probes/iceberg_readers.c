/* SPDX-License-Identifier: Apache-2.0 */
#include "iceberg_readers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

enum { MAX_THREADS = 8, WORTH_BYTES = 512 * 1024 };

struct mu_readers {
  const struct mu_iceberg_scan *scan;
  pthread_mutex_t lock; /* of what follows */
  pthread_cond_t work, done;
  struct mu_reading_job *jobs;
  size_t n, next, finished;
  bool is_over;
  pthread_t threads[MAX_THREADS];
  size_t threads_n;
};

static void read_job(const struct mu_readers *readers, struct mu_reading_job *job) {
  job->rc = mu_iceberg_read(readers->scan, job->index, job->bytes, job->n, &job->part, &job->err);
}

static void *run(void *arg) {
  struct mu_readers *readers = arg;
  (void)pthread_mutex_lock(&readers->lock);
  for (;;) {
    while (!readers->is_over && readers->next == readers->n) {
      (void)pthread_cond_wait(&readers->work, &readers->lock);
    }
    if (readers->is_over) {
      break;
    }
    struct mu_reading_job *job = &readers->jobs[readers->next++];
    (void)pthread_mutex_unlock(&readers->lock);
    read_job(readers, job);
    (void)pthread_mutex_lock(&readers->lock);
    if (++readers->finished == readers->n) {
      (void)pthread_cond_signal(&readers->done);
    }
  }
  (void)pthread_mutex_unlock(&readers->lock);
  return NULL;
}

size_t mu_readers_worth(size_t manifests, int64_t bytes) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (manifests < 2 || bytes < WORTH_BYTES || cores < 2) {
    return 0;
  }
  size_t n = (size_t)cores < MAX_THREADS ? (size_t)cores : MAX_THREADS;
  return n < manifests ? n : manifests;
}

struct mu_readers *mu_readers_new(const struct mu_iceberg_scan *scan, size_t threads) {
  struct mu_readers *readers = calloc(1, sizeof *readers);
  sigset_t all, before;
  if (!readers || pthread_mutex_init(&readers->lock, NULL) != 0 ||
      pthread_cond_init(&readers->work, NULL) != 0 ||
      pthread_cond_init(&readers->done, NULL) != 0) {
    MU_BUG("out of memory");
  }
  readers->scan = scan;
  (void)sigfillset(&all); /* signals are the main thread's */
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  while (readers->threads_n < threads && readers->threads_n < MAX_THREADS) {
    if (pthread_create(&readers->threads[readers->threads_n], NULL, run, readers) != 0) {
      break; /* with fewer, or by the caller's own hand */
    }
    readers->threads_n++;
  }
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return readers;
}

void mu_readers_start(struct mu_readers *readers, struct mu_reading_job *jobs, size_t n) {
  (void)pthread_mutex_lock(&readers->lock);
  MU_ASSERT(readers->finished == readers->n);
  readers->jobs = jobs;
  readers->n = n;
  readers->next = readers->finished = 0;
  (void)pthread_cond_broadcast(&readers->work);
  (void)pthread_mutex_unlock(&readers->lock);
}

void mu_readers_wait(struct mu_readers *readers) {
  (void)pthread_mutex_lock(&readers->lock);
  while (readers->threads_n == 0 && readers->next < readers->n) {
    read_job(readers, &readers->jobs[readers->next++]);
    readers->finished++;
  }
  while (readers->finished < readers->n) {
    (void)pthread_cond_wait(&readers->done, &readers->lock);
  }
  (void)pthread_mutex_unlock(&readers->lock);
}

void mu_readers_free(struct mu_readers *readers) {
  if (!readers) {
    return;
  }
  (void)pthread_mutex_lock(&readers->lock);
  readers->is_over = true; /* what nobody has begun is left undone */
  (void)pthread_cond_broadcast(&readers->work);
  (void)pthread_mutex_unlock(&readers->lock);
  for (size_t i = 0; i < readers->threads_n; i++) {
    (void)pthread_join(readers->threads[i], NULL);
  }
  (void)pthread_mutex_destroy(&readers->lock);
  (void)pthread_cond_destroy(&readers->work);
  (void)pthread_cond_destroy(&readers->done);
  free(readers);
}

void mu_readers_cleanup(struct mu_readers **readers) {
  mu_readers_free(*readers);
  *readers = NULL;
}
