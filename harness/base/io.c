/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* realpath */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

void mu_io_close(int *fd) {
  if (*fd >= 0) {
    (void)close(*fd);
    *fd = -1;
  }
}

static int read_all(int fd, const char *name, struct mu_str *out, struct mu_err *err) {
  char buffer[32 * 1024];
  mu_str_clear(out);
  for (;;) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) {
      return 0;
    }
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      int sys = errno;
      mu_str_clear(out);
      return mu_fail_sys(err, sys, "%s", name);
    }
    mu_str_addn(out, buffer, (size_t)n);
    if (out->failed) {
      mu_str_clear(out);
      return mu_fail(err, MU_E_LIMIT, "%s: larger than the limit of %zu bytes", name, out->cap);
    }
  }
}

int mu_io_read(const char *path, struct mu_str *out, struct mu_err *err) {
  if (strcmp(path, "-") == 0) {
    return read_all(STDIN_FILENO, "standard input", out, err);
  }
  MU_FD(fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    int sys = errno;
    if (sys == ENOENT || sys == ENOTDIR) {
      return mu_fail(err, MU_E_ABSENT, "%s: no such file", path);
    }
    return mu_fail_sys(err, sys, "%s", path);
  }
  return read_all(fd, path, out, err);
}

static int write_all(int fd, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t done = write(fd, bytes, n);
    if (done < 0 && errno != EINTR) {
      return -1;
    }
    if (done > 0) {
      bytes += done;
      n -= (size_t)done;
    }
  }
  return 0;
}

static int sync_dir(const char *file) {
  const char *slash = strrchr(file, '/');
  char dir[PATH_MAX] = ".";
  if (slash) {
    (void)snprintf(dir, sizeof dir, "%.*s", slash == file ? 1 : (int)(slash - file), file);
  }
  MU_FD(fd) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  /* Some file systems cannot sync a folder; the rename is then as safe as they make it. */
  return fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != EROFS) ? -1 : 0;
}

static char *copy_of(const char *text) {
  char *copy = strdup(text);
  if (!copy) {
    MU_BUG("out of memory");
  }
  return copy;
}

static int write_beside(const char *path, const void *bytes, size_t n, struct mu_io_staged *out,
                        struct mu_err *err) {
  unsigned char raw[6];
  char suffix[2 * sizeof raw + 1], temporary[PATH_MAX];
  mu_random(raw, sizeof raw);
  mu_hex(raw, sizeof raw, suffix);
  int len = snprintf(temporary, sizeof temporary, "%s.%s.tmp", path, suffix);
  if (len < 0 || (size_t)len >= sizeof temporary) {
    return mu_fail_sys(err, ENAMETOOLONG, "%s", path);
  }
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    int sys = errno;
    return mu_fail_sys(err, sys, "%s", path);
  }
  int sys = write_all(fd, bytes, n) != 0 || fsync(fd) != 0 ? errno : 0;
  if (close(fd) != 0 && sys == 0) {
    sys = errno;
  }
  if (sys != 0) {
    (void)unlink(temporary);
    return mu_fail_sys(err, sys, "%s: not written", path);
  }
  *out = (struct mu_io_staged){.target = copy_of(path), .temporary = copy_of(temporary)};
  return 0;
}

int mu_io_stage(const char *path, const void *bytes, size_t n, struct mu_io_staged *out,
                struct mu_err *err) {
  struct stat st;
  char real[PATH_MAX];
  bool to_stdout = strcmp(path, "-") == 0, there = !to_stdout && stat(path, &st) == 0;
  if (there && S_ISDIR(st.st_mode)) {
    return mu_fail_sys(err, EISDIR, "%s: not written", path);
  }
  if (to_stdout || (there && !S_ISREG(st.st_mode))) { /* there is nothing to replace */
    *out = (struct mu_io_staged){.target = copy_of(path), .bytes = bytes, .n = n};
    return 0;
  }
  /* A symbolic link stays one: the file it points to is replaced. */
  return write_beside(there && realpath(path, real) ? real : path, bytes, n, out, err);
}

static int write_to(const char *path, const void *bytes, size_t n, struct mu_err *err) {
  if (strcmp(path, "-") == 0) {
    /* Through stdio, so that it stays in order with what was printed before. */
    if (fwrite(bytes, 1, n, stdout) != n || fflush(stdout) != 0) {
      int sys = errno;
      return mu_fail_sys(err, sys, "standard output");
    }
    return 0;
  }
  MU_FD(fd) = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0 || write_all(fd, bytes, n) != 0) {
    int sys = errno;
    return mu_fail_sys(err, sys, "%s", path);
  }
  return 0;
}

static void forget(struct mu_io_staged *staged) {
  free(staged->target);
  free(staged->temporary);
  *staged = (struct mu_io_staged){.target = NULL};
}

int mu_io_publish(struct mu_io_staged *staged, struct mu_err *err) {
  int result = 0;
  if (!staged->temporary) {
    result = write_to(staged->target, staged->bytes, staged->n, err);
  } else if (rename(staged->temporary, staged->target) != 0 || sync_dir(staged->target) != 0) {
    int sys = errno;
    (void)unlink(staged->temporary);
    result = mu_fail_sys(err, sys, "%s: not written", staged->target);
  }
  forget(staged);
  return result;
}

void mu_io_unstage(struct mu_io_staged *staged) {
  if (staged->temporary) {
    (void)unlink(staged->temporary);
  }
  forget(staged);
}

int mu_io_write(const char *path, const void *bytes, size_t n, struct mu_err *err) {
  struct mu_io_staged staged;
  return mu_io_stage(path, bytes, n, &staged, err) == 0 ? mu_io_publish(&staged, err) : -1;
}

int mu_io_mkdirs(const char *path, struct mu_err *err) {
  char dir[PATH_MAX];
  size_t n = strlen(path);
  if (n == 0 || n >= sizeof dir) {
    return mu_fail_sys(err, n ? ENAMETOOLONG : ENOENT, "%s", path);
  }
  memcpy(dir, path, n + 1);
  for (size_t i = 1; i <= n; i++) {
    if (dir[i] != '/' && dir[i] != '\0') {
      continue;
    }
    dir[i] = '\0';
    if (mkdir(dir, 0755) != 0 && !mu_io_is_dir(dir)) {
      int sys = errno == EEXIST ? ENOTDIR : errno;
      return mu_fail_sys(err, sys, "%s", dir);
    }
    dir[i] = i < n ? '/' : '\0';
  }
  return 0;
}

bool mu_io_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0;
}

bool mu_io_is_dir(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *mu_io_dirname(struct mu_arena *arena, const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) {
    return mu_arena_str(arena, ".");
  }
  return mu_arena_strn(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *mu_io_basename(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

char *mu_io_beside(struct mu_arena *arena, const char *base_file, const char *path) {
  const char *slash = base_file ? strrchr(base_file, '/') : NULL;
  if (!slash || path[0] == '/' || strcmp(path, "-") == 0) {
    return mu_arena_str(arena, path);
  }
  return mu_arena_fmt(arena, "%.*s/%s", (int)(slash - base_file), base_file, path);
}
