/* SPDX-License-Identifier: Apache-2.0 */
/* The command line's rows: what they read, what they refuse, and the texts made of them, the
 * completion in the shells themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/str.h"
#include "cli/opt.h"

struct common {
  const char *config, *color;
  struct mu_opt_list reports;
  bool quiet, verbose, no_ledger;
};
struct own {
  const char *ticket;
  int64_t n, within_ms;
  bool wait, no_wait_for_it;
};

#define COMMON(member) .offset = offsetof(struct common, member)
static const struct mu_opt common_rows[] = {
    {.name = "config",
     .letter = 'c',
     .kind = MU_OPT_STR,
     COMMON(config),
     .arg = "FILE",
     .doc = "the config (default: muster.yaml)"},
    {.name = "report",
     .letter = 'r',
     .kind = MU_OPT_LIST,
     COMMON(reports),
     .arg = "FORMAT[=FILE]",
     .doc = "write a report; may be given again"},
    {.name = "color",
     .kind = MU_OPT_CHOICE,
     COMMON(color),
     .arg = "WHEN",
     .choices = "auto|always|never",
     .doc = "colours on a terminal"},
    {.name = "quiet", .letter = 'q', .kind = MU_OPT_FLAG, COMMON(quiet), .doc = "errors only"},
    {.name = "verbose",
     .letter = 'v',
     .kind = MU_OPT_FLAG,
     COMMON(verbose),
     .doc = "everything in full"},
    {.name = "no-ledger", .kind = MU_OPT_FLAG, COMMON(no_ledger), .doc = "record nothing"},
    {0},
};
#define OWN(member) .offset = offsetof(struct own, member)
static const struct mu_opt own_rows[] = {
    {.name = "ticket",
     .letter = 't',
     .kind = MU_OPT_STR,
     OWN(ticket),
     .arg = "ID",
     .doc = "the change that allows it"},
    {.name = "count", .letter = 'n', .kind = MU_OPT_INT, OWN(n), .arg = "N", .doc = "how many"},
    {.name = "within",
     .kind = MU_OPT_DUR,
     OWN(within_ms),
     .arg = "TIME",
     .doc = "how long the whole of it may take before it is given up, undone, and reported as what "
            "it is"},
    {.name = "wait", .letter = 'w', .kind = MU_OPT_FLAG, OWN(wait), .doc = "wait for an approval"},
    {.name = "a-name-that-is-too-long-for-it",
     .kind = MU_OPT_STR,
     OWN(ticket),
     .arg = "DIR",
     .doc = "gets a line of its own"},
    {0},
};

struct fixture {
  struct mu_arena *arena;
  struct common common;
  struct own own;
  struct mu_opt_list words;
  struct mu_err err;
};

/* Splits at spaces; "''" is the empty word. */
static int parse(struct fixture *f, const char *line) {
  char *argv[32];
  int argc = 0;
  f->common = (struct common){.color = "auto"};
  f->own = (struct own){.wait = true};
  f->err = (struct mu_err){0};
  f->words = (struct mu_opt_list){.n = 99};
  for (char *s = mu_arena_str(f->arena, line); *s;) {
    size_t n = strcspn(s, " ");
    bool last = !s[n];
    s[n] = '\0';
    argv[argc++] = mu_streq(s, "''") ? mu_arena_str(f->arena, "") : s;
    s += n + !last;
  }
  const struct mu_opt_set sets[] = {{"Options of this", own_rows, &f->own},
                                    {"Options of every command", common_rows, &f->common}};
  return mu_opt_parse(sets, 2, argc, argv, f->arena, &f->words, &f->err);
}

static void reads(struct fixture *f, const char *line) {
  if (parse(f, line) != 0) {
    fail_msg("%s: %s", line, f->err.msg);
  }
}

static void refuses(struct fixture *f, const char *line, const char *message) {
  if (parse(f, line) == 0) {
    fail_msg("'%s' is accepted", line);
  }
  assert_int_equal(f->err.code, MU_E_USAGE);
  assert_string_equal(f->err.msg, message);
  assert_int_equal(f->words.n, 99); /* written only on success */
}

static void values(void **state) {
  struct fixture *f = *state;
  static const char *const same[] = {"--ticket=CHG-1", "--ticket CHG-1", "-tCHG-1",
                                     "-t CHG-1",       "-qtCHG-1",       "-qt CHG-1"};
  for (size_t i = 0; i < MU_LEN(same); i++) {
    reads(f, same[i]);
    assert_string_equal(f->own.ticket, "CHG-1");
    assert_int_equal(f->words.n, 0);
  }
  reads(f, "--ticket=a=b --count -5 --within 1h30m --color=never");
  assert_string_equal(f->own.ticket, "a=b");
  assert_true(f->own.n == -5 && f->own.within_ms == 5400000);
  assert_string_equal(f->common.color, "never");
  reads(f, "-r text --report=junit=a.xml -rjson");
  assert_int_equal(f->common.reports.n, 3);
  assert_string_equal(f->common.reports.at[1], "junit=a.xml");
  reads(f, "--ticket= --ticket=b -t c"); /* the last one counts, and an empty text is one */
  assert_string_equal(f->own.ticket, "c");
  reads(f, "--ticket ''");
  assert_string_equal(f->own.ticket, "");
  reads(f, "--config=--quiet");
  assert_string_equal(f->common.config, "--quiet");
  assert_false(f->common.quiet);
  reads(f, "");
  assert_string_equal(f->common.color, "auto"); /* defaults stay */
}

static void flags(void **state) {
  struct fixture *f = *state;
  reads(f, "-qv --no-wait --no-ledger");
  assert_true(f->common.quiet && f->common.verbose && f->common.no_ledger && !f->own.wait);
  reads(f, "--no-wait --wait -q --no-quiet");
  assert_true(f->own.wait && !f->common.quiet && !f->common.no_ledger);
}

static void words(void **state) {
  struct fixture *f = *state;
  reads(f, "one -q two - --ticket x three");
  assert_int_equal(f->words.n, 4);
  assert_string_equal(f->words.at[2], "-");
  assert_string_equal(f->words.at[3], "three");
  reads(f, "-q -- -v --ticket --");
  assert_int_equal(f->words.n, 3);
  assert_string_equal(f->words.at[2], "--");
  assert_true(f->common.quiet && !f->common.verbose);
  reads(f, "''");
  assert_string_equal(f->words.at[0], "");
}

static void refusals(void **state) {
  struct fixture *f = *state;
  static const char *const rows[][2] = {
      {"--tickte x", "unknown option '--tickte'; did you mean '--ticket'?"},
      {"--tick=x", "unknown option '--tick'; did you mean '--ticket'?"},
      {"--no-wiat", "unknown option '--no-wiat'; did you mean '--no-wait'?"},
      {"--no-legder", "unknown option '--no-legder'; did you mean '--no-ledger'?"},
      {"--no-ticket", "unknown option '--no-ticket'"},
      {"--bogus", "unknown option '--bogus'"},
      {"-x", "unknown option '-x'"},
      {"-qx", "unknown option '-x' in '-qx'"},
      {"-ticket x", "unknown option '-ticket'; did you mean '--ticket'?"},
      {"--ticket", "option '--ticket' needs a value: --ticket=ID"},
      {"-t", "option '-t' needs a value: -t ID"},
      {"-qt", "option '-t' needs a value: -t ID"},
      {"--config --quiet", "option '--config' needs a value: --config=FILE"},
      {"--report=", "option '--report' needs a value: --report=FORMAT[=FILE]"},
      {"--quiet=yes", "option '--quiet' takes no value"},
      {"--no-wait=yes", "option '--no-wait' takes no value"},
      {"--color=purple", "--color: 'purple' is not known; write auto, always or never"},
      {"--count 3x", "--count: '3x' is not a whole number"},
      {"--within=10",
       "--within: '10' is not a duration; write 90s, 10m or 24h (units: ms s m h d w)"},
      {"-n99999999999999999999", "-n: '99999999999999999999' is not a whole number"},
      {"--=x", "unknown option '--'"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    refuses(f, rows[i][0], rows[i][1]);
  }
}

static void help(void **state) {
  struct fixture *f = *state;
  const struct mu_opt_set sets[] = {{"Options of this", own_rows, &f->own},
                                    {"Options of every command", common_rows, &f->common}};
  MU_STR(out, 1 << 16);
  mu_opt_help(sets, 2, &out);
  assert_string_equal(
      out.p, "Options of this:\n"
             "  -t, --ticket=ID           the change that allows it\n"
             "  -n, --count=N             how many\n"
             "      --within=TIME         how long the whole of it may take before it is given\n"
             "                            up, undone, and reported as what it is\n"
             "  -w, --wait                wait for an approval\n"
             "      --a-name-that-is-too-long-for-it=DIR\n"
             "                            gets a line of its own\n"
             "\n"
             "Options of every command:\n"
             "  -c, --config=FILE         the config (default: muster.yaml)\n"
             "  -r, --report=FORMAT[=FILE]\n"
             "                            write a report; may be given again\n"
             "      --color=WHEN          colours on a terminal [auto, always, never]\n"
             "  -q, --quiet               errors only\n"
             "  -v, --verbose             everything in full\n"
             "      --no-ledger           record nothing\n");
}

/* ---- shells and the man page ---- */

static const struct mu_opt_command commands[] = {
    {.name = "check",
     .summary = "is the standby ready?",
     .words = "[WORKLOAD...]",
     .doc = ".begins with a dot\n\nand has it's two paragraphs",
     .rows = own_rows},
    {.name = "ledger",
     .summary = "the evidence: [verify] it",
     .words = "verify | list | export FOLDER [RUN] | import FILE|FOLDER"},
    {.name = "probe", .summary = "one look", .words = "KIND [NAME=VALUE...] [expect:FACT=WHAT...]"},
};
static const struct mu_opt_program program = {.name = "muster",
                                              .summary = "would the standby pass muster?",
                                              .version = "1.2.3",
                                              .commands = commands,
                                              .n = MU_LEN(commands),
                                              .common = common_rows};

static int run(const char *const *argv, const char *dir, const char *input, struct mu_str *out) {
  struct mu_exec_result result;
  struct mu_err err = {0};
  const struct mu_exec spec = {.argv = argv,
                               .dir = dir,
                               .input = input,
                               .input_n = input ? strlen(input) : 0,
                               .timeout_ms = 20000,
                               .out = out,
                               .errors = out};
  if (mu_exec_run(&spec, &result, &err) != 0) {
    return err.code == MU_E_ABSENT ? 127 : -1;
  }
  return result.status;
}

/* What bash offers for the words behind "muster"; the last one is the one under the cursor. */
static void bash_offers(const char *dir, const char *script, const char *line,
                        const char *expected) {
  MU_STR(input, 1 << 17);
  mu_str_addf(&input,
              "%s\nCOMP_WORDS=(muster %s)\n[[ '%s' == *' ' || -z '%s' ]] && "
              "COMP_WORDS+=('')\nCOMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))\n"
              "_muster\nprintf '%%s\\n' \"${COMPREPLY[@]}\" | sort | paste -sd' '\n",
              script, line, line, line);
  MU_STR(out, 1 << 16);
  const char *const argv[] = {"bash", "--norc", "-s", NULL};
  assert_int_equal(run(argv, dir, input.p, &out), 0);
  if (strcmp(mu_str_get(&out), expected) != 0) {
    fail_msg("'%s' offers %s", line, mu_str_get(&out));
  }
}

static void bash_completion(void **state) {
  (void)state;
  const char *const have[] = {"bash", "--version", NULL};
  if (run(have, NULL, NULL, NULL) == 127) {
    print_message("SKIPPED: no bash here\n");
    skip();
  }
  char dir[] = "/tmp/test_opt.XXXXXX", file[64];
  assert_non_null(mkdtemp(dir));
  (void)snprintf(file, sizeof file, "%s/muster.yaml", dir);
  const char yaml[] = "muster: 1\nstandbys:\n  not-this:\nworkloads:\n  lakehouse:\n    dr: x\n  "
                      "payments:\n    dr: y\n";
  assert_int_equal(mu_io_write(file, yaml, sizeof yaml - 1, NULL), 0);
  MU_STR(script, 1 << 16);
  mu_opt_bash(&program, &script);
  static const char *const rows[][2] = {
      {"", "--help --version check ledger probe\n"},
      {"l", "ledger\n"},
      {"check ", "lakehouse payments\n"},
      {"check pay", "payments\n"},
      {"check --ti", "--ticket\n"},
      {"check --no", "--no-ledger\n"},
      {"check --color ", "always auto never\n"},
      {"check --color = a", "always auto\n"},
      {"check --color = ", "always auto never\n"},
      {"check -c ", "muster.yaml\n"},
      {"check --ticket ", "\n"},
      {"ledger ", "export import list muster.yaml verify\n"},
      {"probe ", "\n"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    bash_offers(dir, script.p, rows[i][0], rows[i][1]);
  }
  (void)unlink(file);
  (void)rmdir(dir);
}

static void zsh_completion(void **state) {
  (void)state;
  MU_STR(script, 1 << 16);
  mu_opt_zsh(&program, &script);
  assert_true(mu_str_starts(script.p, "#compdef muster\n"));
  assert_non_null(strstr(script.p, "    'ledger:the evidence\\: \\[verify\\] it'\n"));
  assert_non_null(
      strstr(script.p, "'*-r+[write a report; may be given again]:FORMAT\\[=FILE\\]:_files'\n"));
  assert_non_null(strstr(script.p, "'--color=[colours on a terminal]:WHEN:(auto always never)'\n"));
  assert_non_null(strstr(script.p, "literal=( verify list export import )\n"));
  const char *const argv[] = {"zsh", "-n", "/dev/stdin", NULL};
  MU_STR(out, 1 << 16);
  int status = run(argv, NULL, script.p, &out);
  if (status == 127) {
    print_message("SKIPPED: no zsh here to read the script\n");
    return;
  }
  assert_int_equal(status, 0);
}

static void man_page(void **state) {
  (void)state;
  MU_STR(page, 1 << 16);
  mu_opt_man(&program, &page);
  assert_true(mu_str_starts(
      page.p,
      ".TH MUSTER 1 \"\" \"muster 1.2.3\" \"User Commands\"\n.SH NAME\nmuster \\- would the"));
  assert_non_null(strstr(page.p, ".SS \"muster check [WORKLOAD...]\"\n\\&.begins with a "
                                 "dot\n.PP\nand has it's two paragraphs\n.TP\n"));
  assert_non_null(
      strstr(page.p, "\\fB\\-t\\fR, \\fB\\-\\-ticket\\fR=\\fIID\\fR\nthe change that allows it\n"));
  assert_non_null(strstr(page.p, "\\fB\\-c\\fR, \\fB\\-\\-config\\fR=\\fIFILE\\fR\n"));
  assert_non_null(strstr(page.p, "colours on a terminal [auto|always|never]\n"));
  const char *const argv[] = {"groff", "-man", "-Tutf8", "-ww", NULL};
  MU_STR(out, 1 << 17);
  int status = run(argv, NULL, page.p, &out);
  if (status == 127) {
    print_message("SKIPPED: no groff here to set the page\n");
    return;
  }
  assert_int_equal(status, 0);
  assert_null(strstr(out.p, "warning"));
}

static int setup(void **state) {
  static struct fixture f;
  f = (struct fixture){.arena = mu_arena_new()};
  *state = &f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  mu_arena_free(f->arena);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {TEST(values),         TEST(flags),   TEST(words),
                                     TEST(refusals),       TEST(help),    TEST(bash_completion),
                                     TEST(zsh_completion), TEST(man_page)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
