/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"

int mu_key_load(const char *ledger_path, unsigned char out[MU_KEY_BYTES], struct mu_err *err) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s.key", ledger_path) >= (int)sizeof path) {
    return mu_fail(err, MU_E_LIMIT, "the ledger's path is too long");
  }
  MU_FD(made) = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    mu_random(out, MU_KEY_BYTES);
    if (write(made, out, MU_KEY_BYTES) != MU_KEY_BYTES || fsync(made) != 0) {
      int sys = errno;
      (void)unlink(path); /* half a key would be worse than none */
      return mu_fail_sys(err, sys, "%s", path);
    }
    return 0;
  }
  MU_FD(fd) = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return mu_fail_sys(err, errno, "%s", path);
  }
  if (read(fd, out, MU_KEY_BYTES) != MU_KEY_BYTES) {
    return mu_fail(err, MU_E_INPUT, "%s is not a key of %d bytes", path, MU_KEY_BYTES);
  }
  return 0;
}
