/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* madvise */
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"

int mu_map_open(const char *path, size_t max, struct mu_map *out, struct mu_err *err) {
  MU_FD(fd) = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 && errno == ENOENT) {
    return mu_fail(err, MU_E_ABSENT, "%s does not exist", path);
  }
  if (fd < 0 || fstat(fd, &st) != 0) {
    return mu_fail_sys(err, errno, "%s", path);
  }
  if (!S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > max) {
    return mu_fail(err, MU_E_LIMIT, "%s: no regular file of at most %zu bytes", path, max);
  }
  if (st.st_size == 0) {
    *out = (struct mu_map){0};
    return 0;
  }
  void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED) {
    return mu_fail_sys(err, errno, "map %s", path);
  }
  (void)madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
  *out = (struct mu_map){.p = p, .n = (size_t)st.st_size};
  return 0;
}

static void *address(const struct mu_map *map) {
  /* the system's interface wants the pointer without const; nothing is written through it */
  union {
    const char *c;
    void *v;
  } p = {.c = map->p};
  return p.v;
}

void mu_map_done(struct mu_map *map) {
  if (map->p) {
    (void)munmap(address(map), map->n);
  }
  *map = (struct mu_map){0};
}

void mu_map_breathe(void *arg) {
  const struct mu_map *map = arg;
  if (map->p) {
    (void)madvise(address(map), map->n, MADV_DONTNEED);
  }
}
