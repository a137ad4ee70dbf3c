/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read with a cap, written as a whole or not at all. */
#ifndef MU_BASE_IO_H
#define MU_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;
struct mu_str;

/* Reads a file ("-" is stdin) of at most out->cap bytes; more is MU_E_LIMIT and names the cap.
 * Absent: MU_E_ABSENT. */
MU_CHECKED int mu_io_read(const char *path, struct mu_str *out, struct mu_err *err);

/* Writes beside the target, syncs, renames: a reader sees the old file or the new one. "-" is
 * stdout. Mode 0644 less umask. */
MU_CHECKED int mu_io_write(const char *path, const void *bytes, size_t n, struct mu_err *err);

/* The same in two acts: beside the target and synced first, under its name only when published.
 * `bytes` are borrowed until then, because a pipe, a device and "-" are written at the end. What
 * is staged is removed by mu_io_unstage(), which after publishing, or on zeroes, does nothing. */
struct mu_io_staged {
  char *target, *temporary; /* temporary NULL: written at the end */
  const void *bytes;
  size_t n;
};
MU_CHECKED int mu_io_stage(const char *path, const void *bytes, size_t n, struct mu_io_staged *out,
                           struct mu_err *err);
MU_CHECKED int mu_io_publish(struct mu_io_staged *staged, struct mu_err *err);
void mu_io_unstage(struct mu_io_staged *staged);

MU_CHECKED int mu_io_mkdirs(const char *path, struct mu_err *err); /* like mkdir -p, 0755 */
/* Removes a folder of ours with all in it; links are removed, not followed. What cannot be
 * removed stays. */
void mu_io_remove_tree(const char *path);
bool mu_io_exists(const char *path);
bool mu_io_is_dir(const char *path);

/* `path` as seen from the folder of `base_file`; absolute paths and "-" stay. */
char *mu_io_beside(struct mu_arena *arena, const char *base_file, const char *path);
char *mu_io_dirname(struct mu_arena *arena, const char *path);
const char *mu_io_basename(const char *path);

void mu_io_close(int *fd); /* cleanup helper; -1 is fine */
#define MU_FD(name) int name MU_CLEANUP(mu_io_close)

#endif
