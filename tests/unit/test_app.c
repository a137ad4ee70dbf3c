/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands do alike: find and refuse configs, run, report, record, and say by their exit
 * status how it went. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "ledger/ledger.h"
#include "support/cli.h"
#include "support/httpd.h"
#include "support/tf.h"

#define STANDBY "standbys:\n  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"
#define HEAD "muster: 1\nledger: @/l.db\n" STANDBY "workloads:\n"
/* A workload with one check, whose outcome is what DIR/status says. */
#define WORKLOAD(name)                                                                             \
  "  " name ":\n    dr: [dr]\n    drill: quarterly\n    smoke:\n      - name: exits\n"             \
  "        exec: { run: [sh, -c, \"exit $(cat @/status)\"] }\n"

/* Writes DIR/muster.yaml, "@" standing for DIR, and lets its check pass. */
static void config(struct cli *c, const char *yaml) {
  MU_STR(text, 1 << 16);
  for (const char *at = yaml; *at; at++) {
    if (*at == '@') {
      mu_str_add(&text, c->dir);
    } else {
      mu_str_addc(&text, *at);
    }
  }
  (void)cli_file(c, "muster.yaml", mu_str_get(&text));
  (void)cli_file(c, "status", "0");
}

static void outcome(struct cli *c, const char *status) {
  (void)cli_file(c, "status", status);
}

static void says(const char *text, const char *part) {
  if (!text || !strstr(text, part)) {
    fail_msg("'%s' is not in: %s", part, text ? text : "(nothing)");
  }
}

static void the_exit_status_is_the_verdict(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 0);
  says(c->out, "PASS");
  assert_string_equal(c->err, "");
  outcome(c, "1");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 1);
  config(c, HEAD "  app:\n    dr: [dr]\n    drill: quarterly\n    smoke:\n      - name: nobody\n"
                 "        http: { url: \"http://127.0.0.1:1/\" }\n");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 3);
}

static void terraforms_exit_statuses_are_to_be_had(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --exit-style=terraform"), 0);
  outcome(c, "1");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --exit-style=terraform"), 2);
  /* 2 means "differs" there: an error must not say it */
  assert_int_equal(cli_run(c, "smoke -c @/none.yaml --exit-style=terraform"), 1);
  assert_int_equal(cli_run(c, "smoke -c @/none.yaml"), 2);
}

static void the_worst_workload_decides(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app") "  other:\n    dr: [dr]\n    drill: quarterly\n    smoke:\n"
                                 "      - name: nobody\n"
                                 "        http: { url: \"http://127.0.0.1:1/\" }\n");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml app"), 0);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 3);
  outcome(c, "1");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 1); /* a failure outweighs a doubt */
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml other app"), 1);
}

static void only_new_findings_fail_where_asked(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  outcome(c, "1");
  /* the first run has nothing to be new against: it fails */
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --fail-on=new"), 1);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --fail-on=new"), 0);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 1);
  outcome(c, "0");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --fail-on=new"), 0);
  says(c->out, "resolved");
  outcome(c, "1");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --fail-on=new"), 1);
}

static void standby(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  (void)ctx;
  (void)req;
  mu_str_add(&resp->headers, "X-Served-By: standby\r\n");
}

/* The suite was planned once, for the standby's address; told another, it goes there, and what one
 * run does to its plan is not seen by the next. */
static void smoke_connects_where_it_is_told(void **state) {
  struct cli *c = *state;
  struct httpd *server = httpd_start(standby, NULL);
  config(c, mu_arena_fmt(c->arena,
                         HEAD "  app:\n    dr: [dr]\n    drill: quarterly\n    dns:\n"
                              "      name: api.example.invalid\n      marker: header.x-served-by\n"
                              "      primary: { id: primary, address: 198.51.100.1 }\n"
                              "      standby: { id: standby, address: 127.0.0.1 }\n"
                              "      providers: [route53: Z0123456789ABCDEFGHIJ]\n    smoke:\n"
                              "      - name: answers\n        http: { url: "
                              "\"http://api.example.invalid:%d/\" }\n        timeout: 1s\n",
                         httpd_port(server)));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml app app"), 0);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --connect 127.0.0.1"), 0);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --connect 127.0.0.2:1"), 3);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --by-name"), 3);
  httpd_stop(server);
}

/* A known failure beside a doubt is a doubt. */
static void a_doubt_is_no_pass_where_only_new_findings_fail(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app") "      - name: nobody\n"
                                 "        http: { url: \"http://127.0.0.1:1/\" }\n");
  outcome(c, "1");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 1);
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --fail-on=new"), 3);
}

static void nothing_is_recorded_without_a_ledger(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml --no-ledger"), 0);
  assert_null(cli_read(c, "l.db"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 0);
  assert_non_null(cli_read(c, "l.db"));
  assert_int_equal(cli_run(c, "ledger list -c @/muster.yaml"), 0);
  says(c->out, "    1  ");
  assert_null(strstr(c->out, "    2  "));
  assert_int_equal(cli_run(c, "drill run app -c @/muster.yaml --no-ledger"), 2);
  says(c->err, "a drill needs the ledger");
  assert_int_equal(cli_run(c, "gate -c @/muster.yaml --no-ledger"), 2);
  says(c->err, "this needs the ledger");
}

static void reports_go_where_they_are_sent(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(
      cli_run(c, "smoke -c @/muster.yaml --report junit=@/a.xml -r junit-strict=@/b.xml"), 0);
  says(cli_read(c, "a.xml"), "<testsuite");
  says(cli_read(c, "b.xml"), "<testsuite");
  says(c->out, "PASS"); /* text on stdout beside files */
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -r json"), 0);
  assert_int_equal(c->out[0], '{'); /* and instead of it */
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -q"), 0);
  assert_string_equal(c->out, "");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -r text=@/a=b"), 0);
  says(cli_read(c, "a=b"), "PASS"); /* the first = ends the format */
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -r json=@/no/such/x.json"), 2);
}

static void a_wrong_report_is_refused_before_anything_runs(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -r pdf=@/x.pdf"), 2);
  says(c->err, "there is no report format 'pdf'; `muster list reports` names them");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -r junit="), 2);
  says(c->err, "--report junit= names no file");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml -r =x"), 2);
  assert_null(cli_read(c, "l.db"));
}

static void configs_are_found_and_refused(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "validate @/muster.yaml"), 0);
  says(c->out, "1 workload, 1 standby, no errors");
  assert_int_equal(setenv("MUSTER_CONFIG", mu_arena_fmt(c->arena, "%s/muster.yaml", c->dir), 1), 0);
  assert_int_equal(cli_run(c, "smoke"), 0);
  assert_int_equal(unsetenv("MUSTER_CONFIG"), 0);
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(mkdir(mu_arena_fmt(c->arena, "%s/empty", c->dir), 0700), 0);
  assert_int_equal(chdir(mu_arena_fmt(c->arena, "%s/empty", c->dir)), 0);
  assert_int_equal(cli_run(c, "smoke"), 2);
  says(c->err, "there is no muster.yaml here; name one with -c, or start one with `muster init`");
  assert_int_equal(cli_run(c, "init"), 0);
  assert_int_equal(cli_run(c, "validate"), 0);
  assert_int_equal(cli_run(c, "init"), 2);
  says(c->err, "left as it is");
  assert_int_equal(chdir(here), 0);
}

static void every_mistake_is_said_at_once_with_its_place(void **state) {
  struct cli *c = *state;
  config(c, HEAD "  app:\n    dr: [dr]\n    drill: quarterly\n    typo: 1\n"
                 "    dns:\n      name: api.example.com\n      drill_name: api.drill.example.com\n"
                 "      primary: { id: a, address: 192.0.2.1 }\n"
                 "      standby: { id: b, address: 192.0.2.2 }\n"
                 "      providers:\n"
                 "        - rout53: Z1\n"
                 "        - bind: Z1\n"
                 "        - powerdns: { ulr: \"http://x\", zone: z }\n"
                 "    replica:\n      catalog: glue\n      inside: s3://b/\n      tables:\n"
                 "        a.b: { rovs: 1 }\n"
                 "    deploy:\n      - name: up\n        run: [\"true\"]\n"
                 "        ready: { htp: \"http://x\" }\n"
                 "    control:\n      replica: { table: a.b, rowz: \"== 0\" }\n"
                 "    smoke:\n      - name: s\n        tcp: { hots: h, port: 1 }\n"
                 "    checks:\n      - name: c\n        tcp: { host: h, prot: 1 }\n");
  assert_int_equal(cli_run(c, "validate @/muster.yaml"), 2);
  static const char *const all[] = {
      "typo",
      ":16:11: error: there is no DNS provider 'rout53'; did you mean 'route53'?",
      ":17:11: error: there is no DNS provider 'bind'; there are powerdns, route53",
      ":18:28: error: powerdns takes no 'ulr'; did you mean 'url'?",
      ":18:11: error: powerdns: 'url' is missing",
      ":18:11: error: powerdns: 'key' is missing",
      "no fact 'rovs'",
      "no fact 'rowz'",
      "unknown probe 'htp'; did you mean 'http'?",
      "'hots'",
      "'prot'",
  };
  for (size_t i = 0; i < MU_LEN(all); i++) {
    says(c->err, all[i]);
  }
}

static void workloads_are_named_or_all(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("lakehouse") WORKLOAD("billing"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml lakehuose"), 2);
  says(c->err, "there is no workload 'lakehuose'");
  says(c->err, "did you mean 'lakehouse'?");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml x"), 2);
  assert_null(strstr(c->err, "did you mean"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml billing -r json"), 0);
  says(c->out, "\"workload\": \"billing\"");
  assert_null(strstr(c->out, "lakehouse"));
}

static void an_interrupt_is_a_status_of_its_own(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  c->stop.signal = SIGINT;
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 130);
  c->stop.signal = SIGTERM;
  assert_int_equal(cli_run(c, "list probes"), 143);
}

static void wrong_words_are_usage_errors(void **state) {
  struct cli *c = *state;
  static const struct {
    const char *line, *says;
  } rows[] = {
      {"chekc", "there is no command 'chekc'; did you mean 'check'?"},
      {"zzzzzz", "`muster help` lists them"},
      {"failback", "is not implemented in this version"},
      {"check --no-terrafrom", "no-terrafrom"},
      {"list tables", "there is no table 'tables'"},
      {"explain", "explain needs the id of a finding"},
      {"explain DRIFT_CHANGD", "did you mean 'DRIFT_CHANGED'?"},
      {"schema nothing", "there is no schema of 'nothing'"},
      {"probe", "probe needs a kind"},
      {"probe htp", "htp"},
      {"drill dance", "drill takes plan, run"},
      {"drill stauts", "did you mean 'status'?"},
      {"ledger export", "ledger takes verify"},
      {"drift --plan x", "drift from files needs both --plan FILE and --state FILE"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    assert_int_equal(cli_run(c, rows[i].line), 2);
    says(c->err, rows[i].says);
    assert_string_equal(c->out, "");
  }
  assert_int_equal(cli_run(c, ""), 2); /* not what anybody wanted */
  says(c->out, "Usage: muster COMMAND");
  assert_int_equal(cli_run(c, "help"), 0);
  assert_int_equal(cli_run(c, "help check"), 0);
  says(c->out, "--no-terraform");
  assert_int_equal(cli_run(c, "--version"), 0);
  assert_string_equal(c->out, "muster 0-test\n");
}

static void tables_and_texts_can_be_had(void **state) {
  struct cli *c = *state;
  assert_int_equal(cli_run(c, "list"), 0);
  static const char *const tables[] = {"probes\n", "findings\n", "reports\n",
                                       "steps\n",  "dns\n",      "suites\n"};
  for (size_t i = 0; i < MU_LEN(tables); i++) {
    says(c->out, tables[i]);
  }
  assert_int_equal(cli_run(c, "list dns"), 0);
  says(c->out, "powerdns");
  assert_null(strstr(c->out, "probes"));
  assert_int_equal(cli_run(c, "explain DRIFT_CHANGED"), 0);
  says(c->out, "DRIFT_CHANGED: changed\nseverity medium, verdict FAIL\n");
  assert_int_equal(cli_run(c, "schema"), 0);
  assert_int_equal(c->out[0], '{');
  assert_int_equal(cli_run(c, "completion bash"), 0);
  says(c->out, "muster");
}

static void a_probe_needs_no_config(void **state) {
  struct cli *c = *state;
  assert_int_equal(cli_run(c, "probe exec run=true"), 0);
  assert_int_equal(cli_run(c, "probe exec run=false"), 1);
  assert_int_equal(cli_run(c, "probe exec run=false expect:exit=1"), 0);
}

static void an_earlier_run_can_be_seen_again(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  outcome(c, "4");
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 1);
  const char *first = c->out;
  assert_int_equal(cli_run(c, "report last -c @/muster.yaml"), 0);
  assert_string_equal(c->out, first);
  assert_int_equal(cli_run(c, "report 0000 -c @/muster.yaml"), 2);
  assert_int_equal(cli_run(c, "explain EXPECTATION_FAILED --run last -c @/muster.yaml"), 0);
  says(c->out, "smoke/exits");
  config(c, "muster: 1\n" STANDBY "workloads:\n" WORKLOAD("app"));
  assert_int_equal(cli_run(c, "explain EXPECTATION_FAILED --run last -c @/muster.yaml"), 2);
  says(c->err, "--run needs the ledger");
}

static void registry_and_gate_read_the_ledger(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "gate -c @/muster.yaml"), 1);
  says(c->out, "no drill is in the ledger");
  assert_int_equal(cli_run(c, "registry -c @/muster.yaml"), 0);
  says(c->out, "never");
  says(c->out, "STALE");
  assert_int_equal(cli_run(c, "ledger verify -c @/muster.yaml"), 0);
  says(c->out, " verifies: 1 chains, 1 entries");
  says(c->out, "anchor ");
  assert_int_equal(cli_run(c, "drill status -c @/muster.yaml"), 0);
  says(c->out, "no drill is unfinished");
  assert_int_equal(cli_run(c, "drill plan app -c @/muster.yaml"), 0);
  says(c->out, "a drill of app would do this; nothing is done now");
  assert_int_equal(cli_run(c, "drill resume -c @/muster.yaml"), 2);
  says(c->err, "no unfinished drill");
}

static void a_bundle_goes_out_and_comes_in(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app"));
  assert_int_equal(cli_run(c, "smoke -c @/muster.yaml"), 0);
  assert_int_equal(cli_run(c, "ledger export @/bundle -c @/muster.yaml"), 0);
  assert_int_equal(cli_run(c, "ledger verify --bundle @/bundle"), 0);
  says(c->out, "verifies");
  MU_STR(other, 4096);
  mu_str_add(&other, "muster: 1\nledger: @/other.db\n" STANDBY "workloads:\n" WORKLOAD("app"));
  config(c, mu_str_get(&other));
  assert_int_equal(cli_run(c, "ledger import @/bundle -c @/muster.yaml"), 0);
  says(c->out, "1 entries added, 0 were here already");
  assert_int_equal(cli_run(c, "ledger import @/bundle -c @/muster.yaml"), 0);
  says(c->out, "0 entries added, 1 were here already");
}

static void each_standby_is_looked_at_by_its_own_profile(void **state) {
  struct cli *c = *state;
  config(c, "muster: 1\nstandbys:\n  dr: { cloud: aws, account: \"123456789012\", "
            "region: us-east-1, profile: dr-ro }\nworkloads:\n" WORKLOAD("app"));
  assert_int_equal(mkdir(mu_arena_fmt(c->arena, "%s/.aws", c->dir), 0700), 0);
  (void)cli_file(c, ".aws/config",
                 "[profile dr-ro]\naws_access_key_id = AKIDDR\naws_secret_access_key = s3cr3t-dr\n"
                 "endpoint_url = http://127.0.0.1:1\n");
  assert_int_equal(cli_run(c, "check -c @/muster.yaml -r json"), 3);
  says(c->out, "\"class\": \"REHEARSAL\""); /* the profile's endpoint is none of AWS's */
  says(c->out, "http://127.0.0.1:1, by profile dr-ro");
  says(c->out, "\"id\": \"account/identity\"");
  assert_null(strstr(c->out, "s3cr3t-dr"));
}

static void a_night_without_a_cloud_is_inconclusive(void **state) {
  struct cli *c = *state;
  config(c, HEAD WORKLOAD("app") "    dns:\n      name: api.example.com\n"
                                 "      primary: { id: a, address: 192.0.2.1 }\n"
                                 "      standby: { id: b, address: 192.0.2.2 }\n"
                                 "      providers:\n"
                                 "        - powerdns: { url: \"http://127.0.0.1:1\", "
                                 "key: \"${env:MU_NO_KEY}\", zone: z }\n"
                                 "    terraform:\n      cli: @/no-terraform\n"
                                 "      standing: { dir: @/tf }\n");
  assert_int_equal(cli_run(c, "check -c @/muster.yaml -r json"), 3);
  says(c->out, "MU_NO_KEY");
  says(c->out, "no-terraform was not found");
  says(c->out, "\"scope\": \"check:app\"");
  assert_int_equal(cli_run(c, "check -c @/muster.yaml --no-terraform -r json"), 3);
  says(c->out, "deselected by --no-terraform");
  says(c->out, "\"scope\": \"check:app --no-terraform\"");
  assert_null(strstr(c->out, "no-terraform was not found"));
  assert_int_equal(cli_run(c, "drift -c @/muster.yaml --layer=staged -r json"), 3);
  says(c->out, "\"scope\": \"drift:app --layer=staged\"");
  assert_int_equal(cli_run(c, "replica -c @/muster.yaml"), 3); /* nothing configured, no pass */
}

static void drift_needs_two_files_and_nothing_else(void **state) {
  struct cli *c = *state;
  (void)cli_file(c, "plan.json", tf_plan(c->arena, TF_CREATE("aws_x.a", "aws_x", "{\"port\":1}")));
  (void)cli_file(c, "same.json",
                 tf_refresh(c->arena, TF_RESOURCE("aws_x.a", "aws_x", "{\"port\":1}")));
  (void)cli_file(c, "other.json",
                 tf_refresh(c->arena, TF_RESOURCE("aws_x.a", "aws_x", "{\"port\":2}")));
  assert_int_equal(cli_run(c, "drift --plan @/plan.json --state @/same.json"), 0);
  assert_int_equal(cli_run(c, "drift --plan @/plan.json --state @/other.json"), 1);
  says(c->out, "port");
  assert_int_equal(cli_run(c, "drift --plan @/plan.json --state @/same.json --expect=absent"), 1);
  assert_int_equal(cli_run(c, "drift --plan @/none.json --state @/same.json"), 2);
}

/* How many files of the folder end with ".tmp": reports that are drawn and have no name yet. */
static size_t staged(const struct cli *c) {
  size_t n = 0;
  DIR *dir = opendir(c->dir);
  assert_non_null(dir);
  for (const struct dirent *entry; (entry = readdir(dir));) {
    n += mu_str_ends(entry->d_name, ".tmp");
  }
  (void)closedir(dir);
  return n;
}

/* Its check waits until the ledger, which is open by then, is somebody else's to write to. */
#define SLOW_CHECK                                                                                 \
  "  app:\n    dr: [dr]\n    drill: quarterly\n    smoke:\n      - name: waits\n"                  \
  "        exec: { run: [sh, -c, \"touch @/asked; until [ -e @/held ]; do sleep 0.02; done\"] }\n"

static void wait_for(struct cli *c, const char *name, size_t n_staged) {
  for (int i = 0; i < 800 && !(name && cli_read(c, name)) && staged(c) < n_staged; i++) {
    mu_sleep_ms(mu_clock_system(), 10);
  }
}

/* A run in a process of its own that has drawn two reports and waits for the ledger. */
static pid_t waiting_run(struct cli *c, struct mu_ledger **ledger) {
  struct mu_err err = {0};
  config(c, HEAD SLOW_CHECK);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    _exit(cli_run(c, "smoke -c @/muster.yaml -r json=@/r.json -r html=@/r.html"));
  }
  wait_for(c, "asked", SIZE_MAX);
  assert_int_equal(mu_ledger_open(mu_arena_fmt(c->arena, "%s/l.db", c->dir), ledger, &err), 0);
  assert_int_equal(mu_ledger_together(*ledger, &err), 0);
  (void)cli_file(c, "held", "");
  wait_for(c, "r.json", 2);
  mu_sleep_ms(mu_clock_system(), 50); /* it would not be long behind its drawing */
  assert_null(cli_read(c, "r.json"));
  assert_null(cli_read(c, "r.html"));
  assert_int_equal(staged(c), 2);
  return child;
}

static void a_report_is_filed_after_its_entry(void **state) {
  struct cli *c = *state;
  struct mu_ledger *ledger = NULL;
  int status = -1;
  pid_t child = waiting_run(c, &ledger);
  mu_ledger_together_drop(ledger);
  mu_ledger_close(ledger);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(staged(c), 0);
  assert_non_null(cli_read(c, "r.json"));
  assert_non_null(cli_read(c, "r.html"));
  assert_int_equal(cli_run(c, "ledger list -c @/muster.yaml"), 0);
  says(c->out, "    1  ");
}

static void a_run_killed_before_its_entry_leaves_no_report(void **state) {
  struct cli *c = *state;
  struct mu_ledger *ledger = NULL;
  pid_t child = waiting_run(c, &ledger);
  (void)kill(child, SIGKILL);
  assert_int_equal(waitpid(child, NULL, 0), child);
  mu_ledger_together_drop(ledger);
  mu_ledger_close(ledger);
  assert_null(cli_read(c, "r.json"));
  assert_null(cli_read(c, "r.html"));
  assert_int_equal(cli_run(c, "ledger list -c @/muster.yaml"), 0);
  assert_null(strstr(c->out, "    1  "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cli_set_up, cli_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_exit_status_is_the_verdict),
      TEST(terraforms_exit_statuses_are_to_be_had),
      TEST(the_worst_workload_decides),
      TEST(only_new_findings_fail_where_asked),
      TEST(a_doubt_is_no_pass_where_only_new_findings_fail),
      TEST(smoke_connects_where_it_is_told),
      TEST(nothing_is_recorded_without_a_ledger),
      TEST(reports_go_where_they_are_sent),
      TEST(a_wrong_report_is_refused_before_anything_runs),
      TEST(configs_are_found_and_refused),
      TEST(every_mistake_is_said_at_once_with_its_place),
      TEST(workloads_are_named_or_all),
      TEST(an_interrupt_is_a_status_of_its_own),
      TEST(wrong_words_are_usage_errors),
      TEST(tables_and_texts_can_be_had),
      TEST(a_probe_needs_no_config),
      TEST(an_earlier_run_can_be_seen_again),
      TEST(a_report_is_filed_after_its_entry),
      TEST(a_run_killed_before_its_entry_leaves_no_report),
      TEST(registry_and_gate_read_the_ledger),
      TEST(a_bundle_goes_out_and_comes_in),
      TEST(each_standby_is_looked_at_by_its_own_profile),
      TEST(a_night_without_a_cloud_is_inconclusive),
      TEST(drift_needs_two_files_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
