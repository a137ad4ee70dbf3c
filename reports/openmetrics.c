/* SPDX-License-Identifier: Apache-2.0 */
/* OpenMetrics 1.0 text for the textfile collector of a node exporter or a push gateway: gauges
 * only, no timestamps of their own. Label sets are unique by construction: checks are labelled by
 * their id, everything else is counted. */
#include <string.h>

#include "base/attr.h"
#include "base/str.h"
#include "report.h"
#include "reports/draw.h"
#include "reports/escape.h"

struct writer {
  struct mu_str *out;
  const struct mu_run *run;
};

static void family(struct writer *w, const char *name, const char *unit, const char *help) {
  mu_str_addf(w->out, "# TYPE %s gauge\n", name);
  if (unit) {
    mu_str_addf(w->out, "# UNIT %s %s\n", name, unit);
  }
  mu_str_addf(w->out, "# HELP %s %s\n", name, help);
}

struct label {
  const char *name, *value;
};

/* One sample with the labels of the run, `own` and a value as text. Labels without a value are left
 * out. */
static void sample(struct writer *w, const char *name, const struct label *own, size_t n,
                   const char *value) {
  const struct label of_run[] = {{"command", w->run->command},
                                 {"workload", w->run->workload},
                                 {"class", w->run->rehearsal ? "REHEARSAL" : "REAL"}};
  const char *between = "{";
  mu_str_add(w->out, name);
  for (size_t i = 0; i < MU_LEN(of_run) + n; i++) {
    const struct label *label = i < MU_LEN(of_run) ? &of_run[i] : &own[i - MU_LEN(of_run)];
    if (label->value) {
      mu_str_addf(w->out, "%s%s=\"", between, label->name);
      mu_escape_label(w->out, label->value);
      mu_str_addc(w->out, '"');
      between = ",";
    }
  }
  mu_str_addf(w->out, "} %s\n", value);
}

static void sample_count(struct writer *w, const char *name, const struct label *own, size_t n,
                         long long count) {
  MU_STR(value, 32);
  mu_str_addf(&value, "%lld", count);
  sample(w, name, own, n, mu_str_get(&value));
}

static void sample_ms(struct writer *w, const char *name, const struct label *own, size_t n,
                      int64_t ms) {
  char value[MU_DRAW_SECONDS];
  mu_draw_seconds(ms, value);
  sample(w, name, own, n, value);
}

static void write_run(struct writer *w) {
  family(w, "muster_run_verdict", NULL, "1 for the verdict of the run, 0 for the others.");
  for (enum mu_verdict v = MU_PASS; v < MU_VERDICT_N_; v++) {
    const struct label own[] = {{"verdict", mu_verdict_text(v)}};
    sample_count(w, "muster_run_verdict", own, 1, w->run->verdict == v);
  }
  family(w, "muster_run_start_seconds", "seconds", "Start of the run, Unix time.");
  sample_ms(w, "muster_run_start_seconds", NULL, 0, w->run->started_ms);
  family(w, "muster_run_duration_seconds", "seconds", "How long the run took.");
  sample_ms(w, "muster_run_duration_seconds", NULL, 0, w->run->elapsed_ms);
}

static bool is_first_of_id(const struct mu_run *run, size_t i) {
  for (size_t k = 0; k < i; k++) {
    if (mu_streq(run->checks.at[k].id, run->checks.at[i].id)) {
      return false;
    }
  }
  return true;
}

static void write_checks(struct writer *w) {
  const struct mu_run *run = w->run;
  family(w, "muster_check_verdict", NULL, "1, with the verdict of the check as a label.");
  for (size_t i = 0; i < run->checks.n; i++) {
    const struct mu_check *check = &run->checks.at[i];
    const struct label own[] = {{"section", mu_draw_section(check)},
                                {"check", check->id},
                                {"verdict", mu_verdict_text(check->verdict)}};
    if (is_first_of_id(run, i)) {
      sample_count(w, "muster_check_verdict", own, MU_LEN(own), 1);
    }
  }
  family(w, "muster_check_duration_seconds", "seconds",
         "How long the check took, retries included.");
  for (size_t i = 0; i < run->checks.n; i++) {
    const struct mu_check *check = &run->checks.at[i];
    const struct label own[] = {{"section", mu_draw_section(check)}, {"check", check->id}};
    if (is_first_of_id(run, i)) {
      sample_ms(w, "muster_check_duration_seconds", own, MU_LEN(own), check->elapsed_ms);
    }
  }
}

static void write_findings(struct writer *w) {
  family(w, "muster_findings", NULL, "Findings by verdict and severity.");
  for (enum mu_verdict v = MU_PASS; v < MU_VERDICT_N_; v++) {
    for (enum mu_severity s = MU_INFO; s < MU_SEVERITY_N_; s++) {
      long long n = 0;
      for (size_t i = 0; i < w->run->findings.n; i++) {
        n += w->run->findings.at[i].verdict == v && w->run->findings.at[i].severity == s;
      }
      const struct label own[] = {{"verdict", mu_verdict_text(v)},
                                  {"severity", mu_severity_text(s)}};
      sample_count(w, "muster_findings", own, MU_LEN(own), n);
    }
  }
}

static void write_coverage(struct writer *w) {
  const struct mu_coverage *c = &w->run->coverage;
  const struct {
    const char *part;
    int64_t n;
  } parts[] = {{"compared", c->compared},
               {"explained", c->explained},
               {"baseline", c->baseline},
               {"unverifiable", c->unverifiable},
               {"ignored", c->ignored}};
  if (c->attributes == 0) {
    return;
  }
  family(w, "muster_drift_attributes", NULL,
         "Attributes of the drift comparison, by what became of them.");
  for (size_t i = 0; i < MU_LEN(parts); i++) {
    const struct label own[] = {{"part", parts[i].part}};
    sample_count(w, "muster_drift_attributes", own, 1, (long long)parts[i].n);
  }
}

static bool is_first_target(const struct mu_run *run, size_t i) {
  const struct mu_target *at = run->targets.at;
  for (size_t k = 0; k < i; k++) {
    if (mu_streq(at[k].name, at[i].name) && mu_streq(at[k].clock, at[i].clock) &&
        mu_streq(at[k].subject, at[i].subject)) {
      return false;
    }
  }
  return true;
}

enum figure { TARGET, LOWER, UPPER, MET };

static void write_figures(struct writer *w, const char *name, enum figure figure) {
  const struct mu_run *run = w->run;
  for (size_t i = 0; i < run->targets.n; i++) {
    const struct mu_target *t = &run->targets.at[i];
    const struct label own[] = {{"target", t->name}, {"clock", t->clock}, {"subject", t->subject}};
    bool measured = t->outcome != MU_NOT_MEASURED;
    if (!is_first_target(run, i)) {
      continue;
    }
    if (figure == MET && t->gate) {
      sample_count(w, name, own, MU_LEN(own), t->outcome == MU_MET);
    } else if (figure == TARGET && t->target_ms) {
      sample_ms(w, name, own, MU_LEN(own), t->target_ms);
    } else if ((figure == LOWER || figure == UPPER) && measured) {
      sample_ms(w, name, own, MU_LEN(own), figure == LOWER ? t->lo_ms : t->hi_ms);
    }
  }
}

static void write_targets(struct writer *w) {
  family(w, "muster_target_seconds", "seconds", "What the workload allows.");
  write_figures(w, "muster_target_seconds", TARGET);
  family(w, "muster_achieved_lower_seconds", "seconds", "What was achieved, lower bound.");
  write_figures(w, "muster_achieved_lower_seconds", LOWER);
  family(w, "muster_achieved_upper_seconds", "seconds", "What was achieved, upper bound.");
  write_figures(w, "muster_achieved_upper_seconds", UPPER);
  family(w, "muster_target_met", NULL, "1 where a target that counts was met, 0 otherwise.");
  write_figures(w, "muster_target_met", MET);
}

static void write_openmetrics(const struct mu_run *run, const struct mu_report_opts *opts,
                              struct mu_str *out) {
  (void)opts;
  struct writer w = {.out = out, .run = run};
  write_run(&w);
  write_checks(&w);
  write_findings(&w);
  write_coverage(&w);
  write_targets(&w);
  mu_str_add(out, "# EOF\n");
}

const struct mu_report mu_report_openmetrics = {
    .name = "openmetrics",
    .extension = ".prom",
    .summary = "gauges for Prometheus (textfile collector, push gateway)",
    .write = write_openmetrics,
};
