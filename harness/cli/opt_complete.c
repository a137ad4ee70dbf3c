/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash and zsh, printed from the rows: commands, options, what an option's value or
 * a word can be. Neither script needs anything but its shell. */
#include <string.h>

#include "base/str.h"
#include "cli/opt.h"

/* Names of workloads are the keys right below `workloads:`; a completion must not need a valid
 * config. */
static const char workloads_sed[] =
    "sed -n '/^workloads:/,/^[a-z]/s/^  \\([a-z0-9][a-z0-9-]*\\):.*/\\1/p' "
    "\"${MUSTER_CONFIG:-muster.yaml}\" 2>/dev/null";

/* The next lower-case word of a usage line, which stands for itself; one that ends in ':' or '=' is
 * only a beginning. */
static const char *next_literal(const char *s, size_t *n) {
  static const char lower[] = "abcdefghijklmnopqrstuvwxyz-";
  for (const char *from = s; *from; from += *from != '\0') {
    size_t len = strspn(from, lower);
    size_t whole = strcspn(from, " |[]");
    if (len > 0 && len == whole) {
      *n = len;
      return from;
    }
    from += whole;
    if (!*from) {
      break;
    }
  }
  return NULL;
}

static void literals(struct mu_str *out, const char *words) {
  size_t n = 0;
  for (const char *s = words ? words : ""; (s = next_literal(s, &n)); s += n) {
    mu_str_addc(out, ' ');
    mu_str_addn(out, s, n);
  }
}

static bool wants_path(const char *text) {
  return text && (strstr(text, "FILE") || strstr(text, "FOLDER") || strstr(text, "DIR"));
}

static void choices(struct mu_str *out, const char *text) {
  for (const char *s = text; *s; s++) {
    mu_str_addc(out, *s == '|' ? ' ' : *s);
  }
}

/* A pattern of `case`: --name|-c */
static void pattern(struct mu_str *out, const struct mu_opt *row) {
  mu_str_addf(out, "--%s", row->name);
  if (row->letter) {
    mu_str_addf(out, "|-%c", row->letter);
  }
}

/* ---- bash ---- */

static void bash_values(struct mu_str *out, const struct mu_opt *rows) {
  for (const struct mu_opt *row = rows; row && row->name; row++) {
    if (row->kind == MU_OPT_FLAG) {
      continue;
    }
    mu_str_add(out, "    ");
    pattern(out, row);
    if (row->kind == MU_OPT_CHOICE) {
      mu_str_add(out, ") COMPREPLY=($(compgen -W '");
      choices(out, row->choices);
      mu_str_add(out, "' -- \"$cur\")); return ;;\n");
    } else if (wants_path(row->arg)) {
      mu_str_add(out, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
    } else {
      mu_str_add(out, ") return ;;\n");
    }
  }
}

static void names(struct mu_str *out, const struct mu_opt *rows) {
  for (const struct mu_opt *row = rows; row && row->name; row++) {
    mu_str_addf(out, " --%s", row->name);
  }
}

static void bash_command(struct mu_str *out, const struct mu_opt_command *command) {
  mu_str_addf(out, "    %s)\n      opts='", command->name);
  names(out, command->rows);
  mu_str_add(out, "'\n      words='");
  literals(out, command->words);
  mu_str_add(out, "'\n");
  if (command->words && strstr(command->words, "WORKLOAD")) {
    mu_str_addf(out, "      words+=\" $(%s)\"\n", workloads_sed);
  }
  if (wants_path(command->words)) {
    mu_str_add(out, "      files=yes\n");
  }
  if (command->rows && command->rows->name) {
    mu_str_add(out, "      case $prev in\n");
    bash_values(out, command->rows);
    mu_str_add(out, "      esac\n");
  }
  mu_str_add(out, "      ;;\n");
}

void mu_opt_bash(const struct mu_opt_program *program, struct mu_str *out) {
  const char *name = program->name;
  mu_str_addf(out, "# Completion of %s for bash: source it.\n_%s() {\n", name, name);
  mu_str_add(out, "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} opts='' "
                  "words='' files=''\n"
                  "  COMPREPLY=()\n"
                  "  # bash takes --name=value apart at the '='.\n"
                  "  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then "
                  "prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                  "  if (( COMP_CWORD == 1 )); then\n    COMPREPLY=($(compgen -W '");
  for (size_t i = 0; i < program->n; i++) {
    mu_str_addf(out, "%s%s", i ? " " : "", program->commands[i].name);
  }
  mu_str_add(out, " --help --version' -- \"$cur\"))\n    return\n  fi\n  case $prev in\n");
  bash_values(out, program->common);
  mu_str_add(out, "  esac\n  case ${COMP_WORDS[1]} in\n");
  for (size_t i = 0; i < program->n; i++) {
    bash_command(out, &program->commands[i]);
  }
  mu_str_add(out, "  esac\n  if [[ $cur == -* ]]; then\n    COMPREPLY=($(compgen -W \"$opts");
  names(out, program->common);
  mu_str_addf(out,
              "\" -- \"$cur\"))\n  else\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
              "    [[ $files ]] && COMPREPLY+=($(compgen -f -- \"$cur\"))\n  fi\n  return "
              "0\n}\ncomplete -F _%s %s\n",
              name, name);
}

/* ---- zsh ---- */

/* Inside '…[text]…': what _arguments reads specially, and the quote of the shell. */
static void zsh_text(struct mu_str *out, const char *text) {
  for (const char *s = text; *s; s++) {
    if (*s == '\'') {
      mu_str_add(out, "'\\''");
    } else if (strchr("[]:\\", *s)) {
      mu_str_addf(out, "\\%c", *s);
    } else {
      mu_str_addc(out, *s);
    }
  }
}

static void zsh_rows(struct mu_str *out, const struct mu_opt *rows) {
  for (const struct mu_opt *row = rows; row && row->name; row++) {
    bool flag = row->kind == MU_OPT_FLAG;
    for (int letter = row->letter ? 0 : 1; letter < 2; letter++) {
      mu_str_add(out, row->kind == MU_OPT_LIST ? "    '*" : "    '");
      if (letter == 0) {
        mu_str_addf(out, "-%c%s[", row->letter, flag ? "" : "+");
      } else {
        mu_str_addf(out, "--%s%s[", row->name, flag ? "" : "=");
      }
      zsh_text(out, row->doc);
      mu_str_addc(out, ']');
      if (!flag) {
        mu_str_addc(out, ':');
        zsh_text(out, row->arg ? row->arg : "value");
        mu_str_addc(out, ':');
      }
      if (row->kind == MU_OPT_CHOICE) {
        mu_str_addc(out, '(');
        choices(out, row->choices);
        mu_str_addc(out, ')');
      } else if (!flag && wants_path(row->arg)) {
        mu_str_add(out, "_files");
      }
      mu_str_add(out, "'\n");
    }
  }
}

static void zsh_command(struct mu_str *out, const struct mu_opt_command *command) {
  mu_str_addf(out, "    (%s)\n      specs=(\n", command->name);
  zsh_rows(out, command->rows);
  mu_str_add(out, "      )\n      literal=(");
  literals(out, command->words);
  mu_str_add(out, " )\n");
  if (command->words && strstr(command->words, "WORKLOAD")) {
    mu_str_addf(out, "      literal+=(${(f)\"$(%s)\"})\n", workloads_sed);
  }
  if (wants_path(command->words)) {
    mu_str_add(out, "      paths=yes\n");
  }
  mu_str_add(out, "      ;;\n");
}

void mu_opt_zsh(const struct mu_opt_program *program, struct mu_str *out) {
  const char *name = program->name;
  mu_str_addf(out,
              "#compdef %s\n# Completion of %s for zsh: put it into a folder of $fpath as "
              "_%s.\n_%s_words() {\n"
              "  (( $#literal )) && compadd -a literal\n  [[ -n $paths ]] && _files\n  return "
              "0\n}\n_%s() {\n"
              "  local -a commands common specs literal\n  local paths\n  commands=(\n",
              name, name, name, name, name);
  for (size_t i = 0; i < program->n; i++) {
    mu_str_addf(out, "    '%s:", program->commands[i].name);
    zsh_text(out, program->commands[i].summary);
    mu_str_add(out, "'\n");
  }
  mu_str_add(out, "  )\n  common=(\n");
  zsh_rows(out, program->common);
  mu_str_add(out, "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    "
                  "return\n  fi\n  case $words[2] in\n");
  for (size_t i = 0; i < program->n; i++) {
    zsh_command(out, &program->commands[i]);
  }
  mu_str_addf(out,
              "  esac\n  shift words\n  (( CURRENT-- ))\n  _arguments -s $common $specs "
              "'*:word:_%s_words'\n}\n_%s \"$@\"\n",
              name, name);
}
