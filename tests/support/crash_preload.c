/* SPDX-License-Identifier: Apache-2.0 */
/* Kills muster at a transition of its journal, from outside: preloaded between the program and
 * SQLite, since muster has no path of its own for tests. A transition is a transaction that inserts
 * into the journal; others (evidence, runs) are not counted, and neither are syncs, of which one
 * commit may make several.
 *
 *   CRASH_AT=N       the Nth transition of this process
 *   CRASH_HOW        before: nothing of it has reached the file
 *                    torn: half of the first write of it has
 *                    after: it is durable, and what it announces has not been done
 */
#define _GNU_SOURCE /* RTLD_NEXT, program_invocation_short_name */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef int step_fn(sqlite3_stmt *);
typedef int exec_fn(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                    char **);
typedef ssize_t pwrite_fn(int, const void *, size_t, off_t);

static pid_t self; /* 0: not the process to be killed */
static long wanted, seen;
static const char *how;
static bool in_journal, tearing;

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("CRASH_AT");
  how = getenv("CRASH_HOW");
  if (at && how && strcmp(program_invocation_short_name, "muster") == 0) {
    wanted = strtol(at, NULL, 10);
    self = getpid();
  }
}

/* dlsym() gives an object pointer; POSIX lets it be read as a function's. */
static void find(const char *name, void *out) {
  void *symbol = dlsym(RTLD_NEXT, name);
  if (!symbol) {
    abort();
  }
  memcpy(out, &symbol, sizeof symbol);
}

static void die(void) {
  (void)kill(self, SIGKILL);
  for (;;) {
    (void)pause();
  }
}

int sqlite3_step(sqlite3_stmt *stmt) {
  step_fn *real = NULL;
  find("sqlite3_step", &real);
  const char *sql = sqlite3_sql(stmt);
  if (sql && strncmp(sql, "INSERT INTO journal ", strlen("INSERT INTO journal ")) == 0) {
    in_journal = true;
  }
  return real(stmt);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *ctx,
                 char **message) {
  exec_fn *real = NULL;
  find("sqlite3_exec", &real);
  bool commit = in_journal && strcmp(sql, "COMMIT") == 0;
  bool now = commit && self == getpid() && ++seen == wanted;
  if (commit || strcmp(sql, "ROLLBACK") == 0) {
    in_journal = false;
  }
  if (now && strcmp(how, "before") == 0) {
    die();
  }
  tearing = now && strcmp(how, "torn") == 0;
  int rc = real(db, sql, row, ctx, message);
  if (now) {
    die();
  }
  return rc;
}

/* SQLite writes a transaction's pages to the write-ahead log with pwrite(), inside the commit. */
static ssize_t write_or_tear(const char *name, int fd, const void *bytes, size_t n, off_t at) {
  pwrite_fn *real = NULL;
  find(name, &real);
  if (tearing) {
    (void)real(fd, bytes, n / 2, at);
    die();
  }
  return real(fd, bytes, n, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  return write_or_tear("pwrite", fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
  return write_or_tear("pwrite64", fd, bytes, n, at);
}
