/* SPDX-License-Identifier: Apache-2.0 */
/* fork, a gate, exec, poll. The child waits at the gate (a pipe) until on_start has journaled it,
 * so that no program runs that nobody knows of; the parent's death closes the gate. Afterwards
 * PR_SET_PDEATHSIG takes over: SIGTERM, which Terraform answers by letting go of its lock. */
#define _GNU_SOURCE /* pipe2, memfd_create, environ */
#include "base/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"

enum { GRACE_MS = 10000, TICK_MS = 50, DRAIN_MS = 500, MAX_LINE = 64 * 1024, NOT_RUN = 127 };
enum { FORGET = 1 << 20 }; /* bytes of a file in memory that were read and may go */

/* What the child says through the failure pipe when it cannot become the program. */
struct failure {
  int sys;
  bool in_chdir;
};

struct stream {
  int fd; /* read end, -1 when at its end */
  bool is_file;
  off_t at; /* of a file: read up to here */
  bool is_stderr;
  struct mu_str *copy;
  struct mu_str line;
};

struct child {
  pid_t pid;
  int pidfd;
  int gate, failure;
  struct stream streams[2];
  int64_t started_ms, asked_ms; /* asked_ms: when SIGINT was sent, 0 before */
  int64_t ended_ms;             /* when it was seen to have ended, 0 before */
  bool killed;
};

struct pipes {
  int in, out[2], errors[2], gate[2], failure[2];
};

static void close_pipes(struct pipes *p) {
  int *all[] = {&p->in,      &p->out[0],  &p->out[1],     &p->errors[0], &p->errors[1],
                &p->gate[0], &p->gate[1], &p->failure[0], &p->failure[1]};
  for (size_t i = 0; i < MU_LEN(all); i++) {
    mu_io_close(all[i]);
    *all[i] = -1;
  }
}

/* stdin is an unlinked file in memory: no pipe to feed, no SIGPIPE when the program does not read.
 */
static int open_input(const struct mu_exec *spec) {
  if (!spec->input) {
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  int fd = memfd_create("muster-stdin", MFD_CLOEXEC);
  for (size_t at = 0; fd >= 0 && at < spec->input_n;) {
    ssize_t n = write(fd, spec->input + at, spec->input_n - at);
    if (n < 0 && errno != EINTR) {
      (void)close(fd);
      return -1;
    }
    at += n > 0 ? (size_t)n : 0;
  }
  if (fd >= 0) {
    (void)lseek(fd, 0, SEEK_SET);
  }
  return fd;
}

/* [1] is the child's, [0] ours: two ends of a pipe, or of one file. */
static int open_output(const struct mu_exec *spec, int ends[2]) {
  if (!spec->outlives) {
    return pipe2(ends, O_CLOEXEC);
  }
  ends[1] = memfd_create("muster-output", MFD_CLOEXEC);
  ends[0] = ends[1] < 0 ? -1 : fcntl(ends[1], F_DUPFD_CLOEXEC, 0);
  return ends[0] < 0 ? -1 : 0;
}

static int open_pipes(const struct mu_exec *spec, struct pipes *p) {
  *p = (struct pipes){-1, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
  p->in = open_input(spec);
  if (p->in < 0 || open_output(spec, p->out) != 0 || open_output(spec, p->errors) != 0 ||
      pipe2(p->gate, O_CLOEXEC) != 0 || pipe2(p->failure, O_CLOEXEC) != 0) {
    return -1;
  }
  return 0;
}

static bool same_name(const char *a, const char *b) {
  size_t n = strcspn(a, "=");
  return strncmp(a, b, n + 1) == 0;
}

/* Our environment with the rows of spec->env added or replaced. The rows are borrowed, the array is
 * the caller's to free. */
static const char **merged_env(const struct mu_exec *spec) {
  size_t ours = 0, added = 0;
  while (environ && environ[ours]) {
    ours++;
  }
  while (spec->env && spec->env[added]) {
    added++;
  }
  const char **rows = calloc(ours + added + 1, sizeof *rows);
  if (!rows) {
    MU_BUG("out of memory");
  }
  size_t n = 0;
  for (size_t i = 0; i < ours; i++) {
    bool replaced = false;
    for (size_t j = 0; j < added && !replaced; j++) {
      replaced = same_name(spec->env[j], environ[i]);
    }
    if (!replaced) {
      rows[n++] = environ[i];
    }
  }
  for (size_t j = 0; j < added; j++) {
    rows[n++] = spec->env[j];
  }
  return rows;
}

static void reset_signals(void) {
  static const int resets[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD};
  struct sigaction plain;
  memset(&plain, 0, sizeof plain);
  plain.sa_handler = SIG_DFL;
  for (size_t i = 0; i < MU_LEN(resets); i++) {
    (void)sigaction(resets[i], &plain, NULL);
  }
  sigset_t none;
  (void)sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Between fork and exec: only what is async-signal-safe. */
static void become(const struct mu_exec *spec, const char **env, const struct pipes *p,
                   pid_t parent) {
  (void)setpgid(0, 0);
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) { /* it died before prctl(): the signal would never come */
    _exit(NOT_RUN);
  }
  reset_signals();
  (void)close(p->gate[1]); /* ours too, or the parent's death would not close the gate */
  char go = 0;
  ssize_t n;
  do {
    n = read(p->gate[0], &go, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) {
    _exit(NOT_RUN);
  }
  struct failure why = {0, false};
  if (dup2(p->in, 0) < 0 || dup2(p->out[1], 1) < 0 || dup2(p->errors[1], 2) < 0) {
    why.sys = errno;
  } else if (spec->dir && chdir(spec->dir) != 0) {
    why = (struct failure){errno, true};
  } else {
    union {
      const char **in;
      char **out;
    } rows = {.in = env};
    union {
      const char *const *in;
      char *const *out;
    } argv = {.in = spec->argv};
    environ = rows.out;
    (void)execvp(argv.out[0], argv.out);
    why.sys = errno;
  }
  (void)!write(p->failure[1], &why, sizeof why);
  _exit(NOT_RUN);
}

/* proc(5): pid (name) state …, the start time in field 22. A zombie has ended: in a container
 * nobody may ever come to bury it. */
static uint64_t read_start_ticks(pid_t pid, bool *ended) {
  char path[48], text[1024];
  *ended = true;
  (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  MU_FD(fd) = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  ssize_t n = read(fd, text, sizeof text - 1);
  if (n <= 0) {
    return 0;
  }
  text[n] = '\0';
  char *at = strrchr(text, ')'); /* the name in field 2 may hold blanks and brackets */
  char *rest = NULL;
  int field = 2;
  for (char *word = at ? strtok_r(at + 1, " ", &rest) : NULL; word;
       word = strtok_r(NULL, " ", &rest)) {
    uint64_t ticks = 0;
    if (++field == 3) {
      *ended = *word == 'Z' || *word == 'X';
    }
    if (field == 22) {
      return mu_num_parse_u64(word, &ticks) == 0 ? ticks : 0;
    }
  }
  return 0;
}

uint64_t mu_exec_start_ticks(pid_t pid) {
  bool ended = false;
  return read_start_ticks(pid, &ended);
}

bool mu_exec_alive(pid_t pid, uint64_t start_ticks) {
  bool ended = false;
  return start_ticks != 0 && read_start_ticks(pid, &ended) == start_ticks && !ended;
}

static int start(const struct mu_exec *spec, struct child *c, struct mu_err *err) {
  struct pipes p;
  if (open_pipes(spec, &p) != 0) {
    int sys = errno;
    close_pipes(&p);
    return mu_fail_sys(err, sys, "cannot prepare %s", spec->argv[0]);
  }
  const char **env = merged_env(spec);
  pid_t parent = getpid();
  c->pid = fork();
  if (c->pid == 0) {
    become(spec, env, &p, parent);
  }
  int sys = errno;
  free(env);
  if (c->pid < 0) {
    close_pipes(&p);
    return mu_fail_sys(err, sys, "cannot start %s", spec->argv[0]);
  }
  (void)setpgid(c->pid, c->pid);                       /* both sides do it: whoever comes first */
  c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0U); /* -1 on an old kernel: the tick finds out */
  c->gate = p.gate[1];
  c->failure = p.failure[0];
  c->streams[0] = (struct stream){.fd = p.out[0],
                                  .is_file = spec->outlives,
                                  .copy = spec->out,
                                  .line = MU_STR_INIT(MAX_LINE + 1)};
  c->streams[1] = (struct stream){.fd = p.errors[0],
                                  .is_file = spec->outlives,
                                  .is_stderr = true,
                                  .copy = spec->errors,
                                  .line = MU_STR_INIT(MAX_LINE + 1)};
  p.gate[1] = p.failure[0] = p.out[0] = p.errors[0] = -1;
  close_pipes(&p);
  return 0;
}

/* Opens the gate, or not. Returns 0 when the program runs. */
static int let_go(const struct mu_exec *spec, struct child *c, struct mu_err *err) {
  if (spec->on_start && spec->on_start(spec->ctx, c->pid, mu_exec_start_ticks(c->pid)) != 0) {
    return mu_fail(err, MU_E_CANCELED, "%s was not started", spec->argv[0]);
  }
  (void)!write(c->gate, "g", 1); /* the child cannot be gone: it waits for this */
  mu_io_close(&c->gate);
  c->gate = -1;
  struct failure why;
  ssize_t n;
  do {
    n = read(c->failure, &why, sizeof why); /* its end comes with exec */
  } while (n < 0 && errno == EINTR);
  if (n != (ssize_t)sizeof why) {
    return 0;
  }
  if (why.in_chdir) {
    return mu_fail_sys(err, why.sys, "cannot enter %s", spec->dir);
  }
  if (why.sys == ENOENT) {
    return mu_fail(err, MU_E_ABSENT, "%s: not found on PATH", spec->argv[0]);
  }
  return mu_fail_sys(err, why.sys, "cannot run %s", spec->argv[0]);
}

static void flush_line(const struct mu_exec *spec, struct stream *s) {
  if (s->line.n > 0) {
    spec->on_line(spec->ctx, s->is_stderr, s->line.p, s->line.n);
  }
  mu_str_clear(&s->line);
}

/* A line longer than MAX_LINE is handed over in pieces. */
static void feed_lines(const struct mu_exec *spec, struct stream *s, const char *bytes, size_t n) {
  while (n > 0) {
    const char *end = memchr(bytes, '\n', n);
    size_t part = end ? (size_t)(end - bytes) : n;
    size_t room = MAX_LINE - s->line.n;
    bool whole = part <= room;
    part = whole ? part : room;
    mu_str_addn(&s->line, bytes, part);
    if (end && whole) {
      spec->on_line(spec->ctx, s->is_stderr, mu_str_get(&s->line), s->line.n);
      mu_str_clear(&s->line);
      part++;
    } else if (!whole) {
      flush_line(spec, s);
    }
    bytes += part;
    n -= part;
  }
}

static void take(const struct mu_exec *spec, struct stream *s, const char *bytes, size_t n) {
  if (s->copy) { /* over its cap it keeps what it has; reading goes on, or the program would block
                  */
    mu_str_addn(s->copy, bytes, n);
  }
  if (spec->on_line) {
    feed_lines(spec, s, bytes, n);
  }
}

/* What has come since the last look; `last`: the program has ended, and no more will come. */
static void drain_file(const struct mu_exec *spec, struct stream *s, bool last) {
  char bytes[16384];
  ssize_t n = 0;
  while ((n = pread(s->fd, bytes, sizeof bytes, s->at)) > 0) {
    take(spec, s, bytes, (size_t)n);
    if ((s->at + n) / FORGET != s->at / FORGET) {
      (void)fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, s->at);
    }
    s->at += n;
  }
  if (last) {
    mu_io_close(&s->fd);
    s->fd = -1;
  }
}

static void drain(const struct mu_exec *spec, struct stream *s) {
  char bytes[16384];
  ssize_t n = read(s->fd, bytes, sizeof bytes);
  if (n > 0) {
    take(spec, s, bytes, (size_t)n);
  } else if (n == 0 || errno != EINTR) {
    mu_io_close(&s->fd);
    s->fd = -1;
  }
}

static bool has_ended(pid_t pid) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  /* WNOWAIT: while it is a zombie its pid, and so its group's id, cannot be given to anybody else.
   */
  return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

static void enforce(const struct mu_exec *spec, struct child *c, int64_t now,
                    struct mu_exec_result *result) {
  if (c->asked_ms == 0) {
    result->canceled = mu_canceled(spec->cancel);
    result->timed_out =
        !result->canceled && spec->timeout_ms > 0 && now - c->started_ms >= spec->timeout_ms;
    if (result->canceled || result->timed_out) {
      c->asked_ms = now;
      (void)kill(-c->pid, SIGINT);
    }
    return;
  }
  int64_t grace_ms = spec->grace_ms > 0 ? spec->grace_ms : GRACE_MS;
  if (!c->killed && now - c->asked_ms >= grace_ms) {
    c->killed = true;
    (void)kill(-c->pid, SIGKILL);
  }
}

/* Until the program has ended and its output is read. A grandchild that keeps the pipes open is
 * given DRAIN_MS. */
static void attend(const struct mu_exec *spec, struct child *c, const struct mu_clock *clock,
                   struct mu_exec_result *result) {
  for (;;) {
    int64_t now = mu_mono_ms(clock);
    if (c->ended_ms == 0 && has_ended(c->pid)) {
      c->ended_ms = now;
    }
    for (size_t i = 0; i < 2; i++) {
      if (c->streams[i].is_file && c->streams[i].fd >= 0) {
        drain_file(spec, &c->streams[i], c->ended_ms != 0);
      }
    }
    bool open = c->streams[0].fd >= 0 || c->streams[1].fd >= 0;
    if (c->ended_ms != 0 && (!open || now - c->ended_ms >= DRAIN_MS)) {
      break;
    }
    if (c->ended_ms == 0) {
      enforce(spec, c, now, result);
    }
    bool files = spec->outlives; /* nothing to wait for: looked at with each tick */
    struct pollfd fds[3] = {{.fd = files ? -1 : c->streams[0].fd, .events = POLLIN},
                            {.fd = files ? -1 : c->streams[1].fd, .events = POLLIN},
                            {.fd = c->ended_ms == 0 ? c->pidfd : -1, .events = POLLIN}};
    if (poll(fds, 3, TICK_MS) <= 0) {
      continue;
    }
    for (size_t i = 0; i < 2; i++) {
      if (fds[i].revents) {
        drain(spec, &c->streams[i]);
      }
    }
  }
}

static void finish(const struct mu_exec *spec, struct child *c, struct mu_exec_result *result) {
  if (result->timed_out || result->canceled) {
    (void)kill(-c->pid, SIGKILL); /* whoever of the group outlived its leader */
  }
  int status = 0;
  while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {}
  result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  for (size_t i = 0; i < 2; i++) {
    if (spec->on_line) {
      flush_line(spec, &c->streams[i]);
    }
    mu_str_done(&c->streams[i].line);
    mu_io_close(&c->streams[i].fd);
  }
  mu_io_close(&c->pidfd);
  mu_io_close(&c->gate);
  mu_io_close(&c->failure);
}

int mu_exec_run(const struct mu_exec *spec, struct mu_exec_result *result, struct mu_err *err) {
  const struct mu_clock *clock = spec->clock ? spec->clock : mu_clock_system();
  struct child c = {.pid = -1, .pidfd = -1, .gate = -1, .failure = -1};
  struct mu_exec_result seen = {.status = -1};
  c.started_ms = mu_mono_ms(clock);
  if (start(spec, &c, err) != 0) {
    return -1;
  }
  if (let_go(spec, &c, err) != 0) {
    mu_io_close(&c.gate); /* a child still at the gate leaves when it closes */
    c.gate = -1;
    finish(spec, &c, &seen);
    return -1;
  }
  attend(spec, &c, clock, &seen);
  finish(spec, &c, &seen);
  seen.elapsed_ms = mu_mono_ms(clock) - c.started_ms;
  *result = seen;
  if (seen.canceled) {
    return mu_fail(err, MU_E_CANCELED, "%s was stopped", spec->argv[0]);
  }
  if (seen.timed_out) {
    return mu_fail(err, MU_E_TIMEOUT, "%s: no end after %lld ms", spec->argv[0],
                   (long long)spec->timeout_ms);
  }
  return 0;
}
