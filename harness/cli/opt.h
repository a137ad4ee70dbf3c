/* SPDX-License-Identifier: Apache-2.0 */
/* Command-line options as tables of rows: parsing, usage, help, man page and completion come from
 * the same rows. What is parsed is borrowed from argv or lives in the arena given. */
#ifndef MU_CLI_OPT_H
#define MU_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;
struct mu_str;

enum mu_opt_kind {
  MU_OPT_FLAG,   /* bool; --no-NAME sets it to false */
  MU_OPT_STR,    /* const char * */
  MU_OPT_INT,    /* int64_t */
  MU_OPT_DUR,    /* int64_t, milliseconds, written as 24h */
  MU_OPT_LIST,   /* struct mu_opt_list: may be given again */
  MU_OPT_CHOICE, /* const char *, one of `choices` */
};

struct mu_opt_list {
  const char **at;
  size_t n, cap;
};

/* One row. A row with name NULL ends a table. */
struct mu_opt {
  const char *name; /* "report": --report */
  char letter;      /* 'c': -c; 0: none */
  enum mu_opt_kind kind;
  size_t offset;       /* of the member in the struct that the table fills */
  const char *arg;     /* "FILE"; NULL for a flag */
  const char *choices; /* "auto|always|never" */
  const char *doc;     /* one line */
};

/* A table and the struct that it fills. */
struct mu_opt_set {
  const char *title; /* "Options of every command" */
  const struct mu_opt *rows;
  void *target;
};

/* Parses argv (without the program's and the command's name) by all sets: --opt=value, --opt value,
 * -ovalue, -o value, clustered letters, --no-flag, and -- which ends the options. Words that are no
 * options go to *words, in order. An unknown option or a wrong value is MU_E_USAGE, with a
 * suggestion where one is near. */
MU_CHECKED int mu_opt_parse(const struct mu_opt_set *sets, size_t n, int argc, char *const *argv,
                            struct mu_arena *arena, struct mu_opt_list *words, struct mu_err *err);
/* Paragraphs folded to 80 columns; a line that begins with a blank is an example and stays. */
void mu_opt_wrap(const char *text, struct mu_str *out);
/* "Usage: muster COMMAND [OPTIONS] WORDS", folded. */
void mu_opt_usage(const char *command, const char *words, struct mu_str *out);
/* The rows as help text, at most 80 columns wide. */
void mu_opt_help(const struct mu_opt_set *sets, size_t n, struct mu_str *out);

/* What shells and the man page are told of a command. In `words`, lower-case words stand for
 * themselves ("verify | list"), FILE and FOLDER for paths, WORKLOAD for a name in ./muster.yaml (or
 * $MUSTER_CONFIG). */
struct mu_opt_command {
  const char *name, *summary, *words, *doc;
  const struct mu_opt *rows; /* NULL: none of its own */
};
struct mu_opt_program {
  const char *name, *summary, *version;
  const struct mu_opt_command *commands;
  size_t n;
  const struct mu_opt *common; /* options of every command */
};
void mu_opt_bash(const struct mu_opt_program *program,
                 struct mu_str *out); /* completion: source it */
void mu_opt_zsh(const struct mu_opt_program *program,
                struct mu_str *out); /* completion: _NAME in a folder of $fpath */
void mu_opt_man(const struct mu_opt_program *program,
                struct mu_str *out); /* NAME(1), in the macros of man(7) */

#endif
