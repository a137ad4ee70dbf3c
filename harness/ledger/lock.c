/* SPDX-License-Identifier: Apache-2.0 */
/* The lock on a workload: an open-file-description lock, which the kernel lets go with the last
 * descriptor, however the owner died. Its text says who holds it and means nothing while nobody
 * does. The file is never removed: a second process could already have opened it, and there
 * would be two locks. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/journal.h"

struct mu_lock {
  int fd;
};

enum { TEXT_MAX = 1024 };

/* Two names of one ledger must give one lock, and a workload's name must stay inside the folder. */
static int lock_path(const struct mu_ledger *ledger, const char *workload, struct mu_str *out,
                     struct mu_err *err) {
  char real[PATH_MAX];
  if (!realpath(ledger->path, real)) {
    int sys = errno;
    return mu_fail_sys(err, sys, "ledger %s", ledger->path);
  }
  mu_str_addf(out, "%s.", real);
  mu_db_file_name(out, workload);
  mu_str_add(out, ".lock");
  return out->failed
             ? mu_fail(err, MU_E_LIMIT, "workload '%.40s…': too long for a file name", workload)
             : 0;
}

static void read_owner(int fd, struct mu_lock_owner *out) {
  char text[TEXT_MAX];
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  ssize_t n = pread(fd, text, sizeof text, 0);
  *out = (struct mu_lock_owner){.pid = 0};
  if (n <= 0 || mu_json_parse(text, (size_t)n, &doc, NULL) != 0) {
    return; /* held by somebody who has not said who yet */
  }
  const struct mu_json_node *root = mu_json_root(doc);
  out->pid = (pid_t)mu_json_int(mu_json_get(root, "pid"), 0);
  out->start_ticks = (uint64_t)mu_json_int(mu_json_get(root, "start_ticks"), 0);
  out->since_ms = mu_json_int(mu_json_get(root, "since_ms"), 0);
  (void)snprintf(out->drill, sizeof out->drill, "%s", mu_json_str(mu_json_get(root, "drill"), ""));
}

static int write_owner(int fd, const char *drill, int64_t now_ms) {
  MU_STR(text, TEXT_MAX);
  struct mu_jw w;
  mu_jw_init(&w, &text, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "pid", getpid());
  mu_jw_kint(&w, "start_ticks", (int64_t)mu_exec_start_ticks(getpid()));
  mu_jw_kint(&w, "since_ms", now_ms);
  mu_jw_kstr_opt(&w, "drill", drill);
  mu_jw_end(&w);
  return ftruncate(fd, 0) == 0 && pwrite(fd, mu_str_get(&text), text.n, 0) == (ssize_t)text.n ? 0
                                                                                              : -1;
}

static int fail_held(const char *workload, const struct mu_lock_owner *owner, struct mu_err *err) {
  char since[MU_TIME_TEXT];
  if (owner->pid == 0) {
    return mu_fail(err, MU_E_BUSY, "workload %s: another process holds its lock", workload);
  }
  mu_time_seconds(owner->since_ms, since);
  return mu_fail(err, MU_E_BUSY, "workload %s: drill %s is running (process %d, since %s)",
                 workload, owner->drill, (int)owner->pid, since);
}

int mu_lock_take(const struct mu_ledger *ledger, const char *workload, const char *drill,
                 int64_t now_ms, struct mu_lock **out, struct mu_lock_owner *owner,
                 struct mu_err *err) {
  MU_STR(path, PATH_MAX - 1);
  if (lock_path(ledger, workload, &path, err) != 0) {
    return -1;
  }
  MU_FD(fd) = open(mu_str_get(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  struct flock want = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fd < 0) {
    int sys = errno;
    return mu_fail_sys(err, sys, "%s", mu_str_get(&path));
  }
  if (fcntl(fd, F_OFD_SETLK, &want) != 0) {
    int sys = errno;
    struct mu_lock_owner held;
    if (sys != EAGAIN && sys != EACCES) {
      return mu_fail_sys(err, sys, "%s: no lock", mu_str_get(&path));
    }
    read_owner(fd, &held);
    if (owner) {
      *owner = held;
    }
    return fail_held(workload, &held, err);
  }
  if (write_owner(fd, drill, now_ms) != 0) {
    int sys = errno;
    return mu_fail_sys(err, sys, "%s", mu_str_get(&path));
  }
  struct mu_lock *lock = malloc(sizeof *lock);
  if (!lock) {
    MU_BUG("out of memory");
  }
  lock->fd = fd;
  fd = -1;
  *out = lock;
  return 0;
}

void mu_lock_free(struct mu_lock *lock) {
  if (lock) {
    mu_io_close(&lock->fd);
    free(lock);
  }
}

void mu_lock_cleanup(struct mu_lock **lock) {
  mu_lock_free(*lock);
  *lock = NULL;
}

int mu_lock_look(const struct mu_ledger *ledger, const char *workload, bool *held,
                 struct mu_lock_owner *owner, struct mu_err *err) {
  MU_STR(path, PATH_MAX - 1);
  if (lock_path(ledger, workload, &path, err) != 0) {
    return -1;
  }
  MU_FD(fd) = open(mu_str_get(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct flock probe = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fd < 0 && errno == ENOENT) {
    *held = false;
    return 0;
  }
  if (fd < 0 || fcntl(fd, F_OFD_GETLK, &probe) != 0) {
    int sys = errno;
    return mu_fail_sys(err, sys, "%s", mu_str_get(&path));
  }
  *held = probe.l_type != F_UNLCK;
  if (*held && owner) {
    read_owner(fd, owner);
  }
  return 0;
}
