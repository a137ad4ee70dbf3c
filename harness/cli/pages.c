/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pages.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "cli/app.h"
#include "report.h"

/* Where `css=FILE` is asked for as well, the page links it: for servers that forbid inline styles.
 */
static const char *stylesheet(const struct mu_app *app) {
  for (size_t i = 0; i < app->common.reports.n; i++) {
    if (mu_str_starts(app->common.reports.at[i], "css=")) {
      return mu_io_basename(app->common.reports.at[i] + strlen("css="));
    }
  }
  return NULL;
}

#define REPORT_MAX ((size_t)256 << 20)
enum { REPORT_NAME = 64 };

/* "junit=FILE": the format, and where to (NULL: stdout); NULL: there is no such format. */
static const struct mu_report *report_of(const struct mu_app *app, const char *spec,
                                         const char **path, bool *strict) {
  char name[REPORT_NAME];
  size_t n = strcspn(spec, "=");
  (void)snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name), spec);
  *path = spec[n] ? spec + n + 1 : NULL;
  *strict = mu_streq(name, "junit-strict");
  return mu_report_find(app->parts->reports, *strict ? "junit" : name);
}

/* What becomes of the files, once the run's entry was written, or could not be. */
enum fate { UNKNOWN, FILED, DROPPED };

struct page {
  struct mu_app *app;
  struct mu_pages *pages;
  const struct mu_run *run;
  const struct mu_report_record *record;
  const struct mu_report *report;
  const char *path; /* NULL: stdout, drawn when all else is done */
  bool brief, strict, started;
  pthread_t thread;
  struct mu_str text;
  struct mu_io_staged staged;
  int result;
  struct mu_err err;
};

struct mu_pages {
  struct page *at;
  size_t n;
  pthread_mutex_t mutex;
  pthread_cond_t decided;
  enum fate fate;
};

/* Every byte that leaves goes through the redactor. */
static int draw(struct page *page, struct mu_err *err) {
  struct mu_app *app = page->app;
  const char *path = page->path;
  struct mu_report_opts opts = {.color = !path && mu_app_color(app, STDOUT_FILENO),
                                .width = path ? 0 : mu_app_width(STDOUT_FILENO),
                                .verbose = app->common.verbose,
                                .strict = page->strict,
                                .filter = &app->filter,
                                .css_href = stylesheet(app),
                                .record = page->record,
                                .brief = page->brief && !path};
  page->report->write(page->run, &opts, &page->text);
  (void)mu_redact_str(app->redact, &page->text);
  if (page->text.failed) {
    return mu_fail(err, MU_E_LIMIT, "the %s report is larger than %zu bytes", page->report->name,
                   page->text.cap);
  }
  return mu_io_stage(path ? path : "-", mu_str_get(&page->text), page->text.n, &page->staged, err);
}

static enum fate wait_for_fate(struct mu_pages *pages) {
  (void)pthread_mutex_lock(&pages->mutex);
  while (pages->fate == UNKNOWN) {
    (void)pthread_cond_wait(&pages->decided, &pages->mutex);
  }
  enum fate fate = pages->fate;
  (void)pthread_mutex_unlock(&pages->mutex);
  return fate;
}

/* What goes to the screen is the operator's in any case; a file is evidence. */
static void *make_page(void *arg) {
  struct page *page = arg;
  page->result = draw(page, &page->err);
  bool filed = !page->path || wait_for_fate(page->pages) == FILED;
  if (page->result == 0 && filed) {
    page->result = mu_io_publish(&page->staged, &page->err);
  }
  mu_io_unstage(&page->staged);
  mu_str_done(&page->text);
  return NULL;
}

static void start(struct page *page) {
  if (pthread_create(&page->thread, NULL, make_page, page) != 0) {
    MU_BUG("no thread can be started");
  }
  page->started = true;
}

static struct page *add(struct mu_pages *pages, const struct page *like, const char *spec) {
  struct page *page = &pages->at[pages->n++];
  *page = *like;
  page->report = report_of(page->app, spec, &page->path, &page->strict);
  MU_ASSERT(page->report); /* every format was looked up before the command ran */
  return page;
}

struct mu_pages *mu_pages_new(struct mu_app *app, const struct mu_run *run, bool brief) {
  struct mu_pages *pages = mu_arena_alloc(app->arena, sizeof *pages);
  const struct page like = {
      .app = app, .pages = pages, .run = run, .brief = brief, .text = MU_STR_INIT(REPORT_MAX)};
  bool stdout_taken = app->common.quiet;
  (void)pthread_mutex_init(&pages->mutex, NULL);
  (void)pthread_cond_init(&pages->decided, NULL);
  pages->at = mu_arena_array(app->arena, app->common.reports.n + 1, sizeof *pages->at);
  for (size_t i = 0; i < app->common.reports.n; i++) {
    struct page *page = add(pages, &like, app->common.reports.at[i]);
    stdout_taken = stdout_taken || !page->path;
    if (page->path && !page->report->of_record) {
      start(page);
    }
  }
  if (!stdout_taken) { /* text where nothing else is */
    (void)add(pages, &like, "text");
  }
  return pages;
}

void mu_pages_draw(struct mu_pages *pages, const struct mu_report_record *record) {
  for (size_t i = 0; i < pages->n; i++) {
    struct page *page = &pages->at[i];
    if (!page->started) {
      page->record = record;
      if (page->path) {
        start(page);
      }
    }
  }
}

void mu_pages_file(struct mu_pages *pages, bool recorded) {
  (void)pthread_mutex_lock(&pages->mutex);
  pages->fate = recorded ? FILED : DROPPED;
  (void)pthread_cond_broadcast(&pages->decided);
  (void)pthread_mutex_unlock(&pages->mutex);
}

int mu_pages_end(struct mu_pages *pages) {
  int status = 0;
  for (size_t i = 0; i < pages->n; i++) {
    struct page *page = &pages->at[i];
    if (page->started) {
      (void)pthread_join(page->thread, NULL);
    } else {
      (void)make_page(page);
    }
    if (page->result != 0) {
      status = mu_app_error(page->app, &page->err);
    }
  }
  (void)pthread_cond_destroy(&pages->decided);
  (void)pthread_mutex_destroy(&pages->mutex);
  return status;
}
