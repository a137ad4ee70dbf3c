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

struct page {
  struct mu_app *app;
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

static void *draw_page(void *arg) {
  struct page *page = arg;
  page->result = draw(page, &page->err);
  return NULL;
}

static void start(struct page *page) {
  if (pthread_create(&page->thread, NULL, draw_page, page) != 0) {
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
  const struct page like = {
      .app = app, .run = run, .brief = brief, .text = MU_STR_INIT(REPORT_MAX)};
  struct mu_pages *pages = mu_arena_alloc(app->arena, sizeof *pages);
  bool stdout_taken = app->common.quiet;
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

int mu_pages_file(struct mu_pages *pages, bool recorded) {
  int status = 0;
  for (size_t i = 0; i < pages->n; i++) {
    if (pages->at[i].started) {
      (void)pthread_join(pages->at[i].thread, NULL);
    } else {
      (void)draw_page(&pages->at[i]);
    }
  }
  for (size_t i = 0; i < pages->n; i++) {
    struct page *page = &pages->at[i];
    /* What goes to the screen is the operator's in any case; a file is evidence. */
    if (page->result == 0 && (recorded || !page->path)) {
      page->result = mu_io_publish(&page->staged, &page->err);
    }
    mu_io_unstage(&page->staged);
    mu_str_done(&page->text);
    if (page->result != 0) {
      status = mu_app_error(page->app, &page->err);
    }
  }
  return status;
}
