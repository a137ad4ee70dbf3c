/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of a folder, for compilers without libFuzzer: a corpus is a
 * regression test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    return 1;
  }
  size_t room = 1 << 16, n = 0, got = 0;
  uint8_t *bytes = malloc(room);
  while (bytes && (got = fread(bytes + n, 1, room - n, file)) > 0) {
    n += got;
    if (n == room) {
      room *= 2;
      uint8_t *more = realloc(bytes, room);
      if (!more) {
        break;
      }
      bytes = more;
    }
  }
  (void)fclose(file);
  if (bytes) {
    (void)LLVMFuzzerTestOneInput(bytes, n);
  }
  free(bytes);
  return 0;
}

int main(int argc, char **argv) {
  int files = 0, failed = 0;
  for (int i = 1; i < argc; i++) {
    DIR *dir = opendir(argv[i]);
    if (!dir) {
      perror(argv[i]);
      return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
      char path[4096];
      if (entry->d_name[0] == '.') {
        continue;
      }
      (void)snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
      failed |= replay(path);
      files++;
    }
    (void)closedir(dir);
  }
  printf("%d inputs replayed\n", files);
  return files == 0 || failed; /* a corpus that is not there proves nothing */
}
