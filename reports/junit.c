/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML. There is no standard; this is the subset that Jenkins, GitLab, GitHub's reporters,
 * Azure DevOps, CircleCI and Buildkite all read: flat suites, no attributes on <testsuites>, three
 * decimals, unzoned UTC stamps, message both as attribute and as the first line of text. Valid by
 * the schema of Jenkins' xUnit plugin (junit-10.xsd); with `strict`, which leaves out the output of
 * test cases, also by the one of Ant (windyroad's JUnit.xsd). */
#include "reports/junit.h"

#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "report.h"
#include "reports/draw.h"
#include "reports/escape.h"

enum { MESSAGE_COLUMNS = 1000, STAMP_BYTES = 19 };

struct writer {
  struct mu_str *out;
  const struct mu_run *run;
  const struct mu_report_opts *opts;
  struct mu_junit_cases cases;
};

static void attr(struct writer *w, const char *name, const char *value) {
  mu_str_addf(w->out, " %s=\"", name);
  mu_escape_attr(w->out, value);
  mu_str_addc(w->out, '"');
}

static void attr_seconds(struct writer *w, int64_t ms) {
  char text[MU_DRAW_SECONDS];
  mu_draw_seconds(ms, text);
  attr(w, "time", text);
}

/* Nineteen characters in UTC without a zone, as both schemas want it; years that xs:dateTime does
 * not have become the epoch. */
static void attr_stamp(struct writer *w, int64_t unix_ms) {
  char text[MU_TIME_TEXT];
  mu_time_seconds(unix_ms, text);
  bool fits = strlen(text) == STAMP_BYTES + 1 && text[0] != '-' && !mu_str_starts(text, "0000");
  text[STAMP_BYTES] = '\0';
  attr(w, "timestamp", fits ? text : "1970-01-01T00:00:00");
}

static void property(struct writer *w, const char *name, const char *value) {
  if (value) {
    mu_str_add(w->out, "   <property");
    attr(w, "name", name);
    attr(w, "value", value);
    mu_str_add(w->out, "/>\n");
  }
}

static void properties(struct writer *w) {
  const struct mu_run *run = w->run;
  char started[MU_TIME_TEXT];
  mu_time_text(run->started_ms, started);
  mu_str_add(w->out, "  <properties>\n");
  property(w, "muster.run", run->id);
  property(w, "muster.version", run->version);
  property(w, "muster.class", run->rehearsal ? "REHEARSAL" : "REAL");
  property(w, "muster.command", run->command);
  property(w, "muster.verdict", mu_verdict_text(run->verdict));
  property(w, "muster.started", started);
  property(w, "muster.workload", run->workload);
  property(w, "muster.drill", run->drill);
  property(w, "muster.ticket", run->ticket);
  mu_str_add(w->out, "  </properties>\n");
}

static void element(struct writer *w, const char *name, const char *text) {
  mu_str_addf(w->out, "   <%s>", name);
  mu_escape_text(w->out, text);
  mu_str_addf(w->out, "</%s>\n", name);
}

static void outcome(struct writer *w, const struct mu_junit_case *c) {
  static const char *const names[MU_JUNIT_KIND_N_] = {"", "failure", "error", "skipped"};
  mu_str_addf(w->out, "   <%s", names[c->kind]);
  attr(w, "message", mu_escape_clip(w->cases.arena, c->message, MESSAGE_COLUMNS));
  if (c->kind != MU_JUNIT_SKIPPED) {
    attr(w, "type", c->type);
  }
  mu_str_addc(w->out, '>');
  const char *behind = w->opts->strict && c->output ? c->output : NULL;
  mu_escape_text(w->out,
                 behind ? mu_arena_fmt(w->cases.arena, "%s\n\n%s", c->text, behind) : c->text);
  mu_str_addf(w->out, "</%s>\n", names[c->kind]);
}

static void test_case(struct writer *w, const struct mu_junit_case *c) {
  bool output = c->output && !w->opts->strict;
  mu_str_add(w->out, "  <testcase");
  attr(w, "name", c->name);
  attr(w, "classname", c->suite);
  attr_seconds(w, c->elapsed_ms);
  if (c->kind == MU_JUNIT_PASSED && !output) {
    mu_str_add(w->out, "/>\n");
    return;
  }
  mu_str_add(w->out, ">\n");
  if (c->kind != MU_JUNIT_PASSED) {
    outcome(w, c);
  }
  if (output) {
    element(w, "system-out", c->output);
  }
  mu_str_add(w->out, "  </testcase>\n");
}

static void suite(struct writer *w, const char *name, size_t id) {
  size_t of[MU_JUNIT_KIND_N_] = {0}, all = 0;
  int64_t took = 0;
  for (size_t i = 0; i < w->cases.n; i++) {
    const struct mu_junit_case *c = &w->cases.at[i];
    if (mu_streq(c->suite, name)) {
      all++;
      of[c->kind]++;
      took += c->elapsed_ms > 0 && c->elapsed_ms < INT64_MAX - took ? c->elapsed_ms : 0;
    }
  }
  const char *host = mu_draw_env(w->run, "host");
  mu_str_add(w->out, " <testsuite");
  attr(w, "name", name);
  mu_str_addf(
      w->out,
      " package=\"\" id=\"%zu\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", id,
      all, of[MU_JUNIT_FAILURE], of[MU_JUNIT_ERROR], of[MU_JUNIT_SKIPPED]);
  attr_seconds(w, took);
  attr_stamp(w, w->run->started_ms);
  attr(w, "hostname", host && host[0] ? host : "unknown");
  mu_str_add(w->out, ">\n");
  properties(w);
  for (size_t i = 0; i < w->cases.n; i++) {
    if (mu_streq(w->cases.at[i].suite, name)) {
      test_case(w, &w->cases.at[i]);
    }
  }
  mu_str_add(w->out, "  <system-out></system-out>\n  <system-err></system-err>\n </testsuite>\n");
}

static void write_junit(const struct mu_run *run, const struct mu_report_opts *opts,
                        struct mu_str *out) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct writer w = {.out = out, .run = run, .opts = opts, .cases.arena = arena};
  size_t id = 0;
  mu_junit_collect(run, &w.cases);
  mu_str_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
  for (size_t i = 0; i < w.cases.n; i++) {
    bool begun = false;
    for (size_t k = 0; k < i && !begun; k++) {
      begun = mu_streq(w.cases.at[k].suite, w.cases.at[i].suite);
    }
    if (!begun) {
      suite(&w, w.cases.at[i].suite, id++);
    }
  }
  mu_str_add(out, "</testsuites>\n");
}

const struct mu_report mu_report_junit = {
    .name = "junit",
    .extension = ".xml",
    .summary = "JUnit XML for the test view of a pipeline",
    .write = write_junit,
};
