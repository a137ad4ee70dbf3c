/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/io.h"

enum { OPEN_FOLDERS = 16 };

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  (void)type;
  (void)where;
  (void)remove(path);
  return 0; /* go on: what cannot be removed stays */
}

void mu_io_remove_tree(const char *path) {
  (void)nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
