/* SPDX-License-Identifier: Apache-2.0 */
/* The man page, in the macros of man(7). Text is escaped by its rules: '\' and '-' everywhere, '.'
 * and ''' where a line begins. */
#include <string.h>

#include "base/str.h"
#include "cli/opt.h"

static void escaped(struct mu_str *out, const char *text) {
  for (const char *s = text; *s; s++) {
    bool begins = s == text || s[-1] == '\n';
    if (begins && (*s == '.' || *s == '\'')) {
      mu_str_add(out, "\\&");
    }
    if (*s == '\\') {
      mu_str_add(out, "\\e");
    } else if (*s == '-') {
      mu_str_add(out, "\\-");
    } else if (s[0] == '\n' && s[1] == '\n') {
      mu_str_add(out, "\n.PP");
    } else {
      mu_str_addc(out, *s);
    }
  }
}

static void row_text(struct mu_str *out, const struct mu_opt *row) {
  mu_str_add(out, ".TP\n");
  if (row->letter) {
    mu_str_addf(out, "\\fB\\-%c\\fR, ", row->letter);
  }
  mu_str_add(out, "\\fB\\-\\-");
  escaped(out, row->name);
  mu_str_add(out, "\\fR");
  if (row->kind != MU_OPT_FLAG) {
    mu_str_addf(out, "=\\fI%s\\fR", row->arg ? row->arg : "VALUE");
  }
  mu_str_addc(out, '\n');
  escaped(out, row->doc);
  if (row->kind == MU_OPT_CHOICE) {
    mu_str_addf(out, " [%s]", row->choices);
  }
  mu_str_addc(out, '\n');
}

static void rows_text(struct mu_str *out, const struct mu_opt *rows) {
  for (const struct mu_opt *row = rows; row && row->name; row++) {
    row_text(out, row);
  }
}

static void command_text(struct mu_str *out, const struct mu_opt_program *program,
                         const struct mu_opt_command *command) {
  mu_str_addf(out, ".SS \"%s ", program->name);
  escaped(out, command->name);
  if (command->words && *command->words) {
    mu_str_addc(out, ' ');
    escaped(out, command->words);
  }
  mu_str_add(out, "\"\n");
  escaped(out, command->doc && *command->doc ? command->doc : command->summary);
  mu_str_addc(out, '\n');
  rows_text(out, command->rows);
}

void mu_opt_man(const struct mu_opt_program *program, struct mu_str *out) {
  mu_str_add(out, ".TH ");
  for (const char *s = program->name; *s; s++) {
    mu_str_addc(out, *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s);
  }
  mu_str_addf(out, " 1 \"\" \"%s %s\" \"User Commands\"\n.SH NAME\n%s \\- ", program->name,
              program->version, program->name);
  escaped(out, program->summary);
  mu_str_addf(out,
              "\n.SH SYNOPSIS\n.B %s\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIWORDS\\fR]\n.SH "
              "OPTIONS OF EVERY COMMAND\n",
              program->name);
  rows_text(out, program->common);
  mu_str_add(out, ".SH COMMANDS\n");
  for (size_t i = 0; i < program->n; i++) {
    command_text(out, program, &program->commands[i]);
  }
}
