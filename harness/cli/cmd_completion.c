/* SPDX-License-Identifier: Apache-2.0 */
/* muster completion: for bash and zsh, from the tables. */
#include "base/err.h"
#include "base/str.h"
#include "cli/app.h"

static void write_words(struct mu_str *out) {
  const struct mu_command *const *commands = NULL;
  size_t n = mu_commands(&commands);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out, "%s%s", i ? " " : "", commands[i]->name);
  }
}

static void write_options(struct mu_str *out) {
  const struct mu_command *const *commands = NULL;
  size_t n = mu_commands(&commands);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(out,
                "    %s) words=\"--config --report --no-ledger --color --quiet --verbose --help",
                commands[i]->name);
    for (const struct mu_opt *row = commands[i]->options; row && row->name; row++) {
      mu_str_addf(out, " --%s", row->name);
    }
    mu_str_add(out, "\" ;;\n");
  }
}

static int run(struct mu_app *app, void *options, const struct mu_opt_list *words) {
  (void)options;
  const char *shell = words->n ? words->at[0] : "bash";
  MU_STR(text, 1 << 16);
  if (!mu_streq(shell, "bash") && !mu_streq(shell, "zsh")) {
    struct mu_err err = {0};
    (void)mu_fail(&err, MU_E_USAGE, "no completion for '%s'; there is one for bash and one for zsh",
                  shell);
    return mu_app_error(app, &err);
  }
  if (mu_streq(shell, "zsh")) {
    mu_str_add(&text, "autoload -U +X bashcompinit && bashcompinit\n");
  }
  mu_str_add(&text, "_muster() {\n  local words cur=${COMP_WORDS[COMP_CWORD]}\n  if [ "
                    "\"$COMP_CWORD\" = 1 ]; then\n    words=\"");
  write_words(&text);
  mu_str_add(&text, "\"\n  else\n    case ${COMP_WORDS[1]} in\n");
  write_options(&text);
  mu_str_add(&text, "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- "
                    "\"$cur\"))\n}\ncomplete -o default -F _muster muster\n");
  mu_app_print(mu_str_get(&text));
  return 0;
}

const struct mu_command mu_command_completion = {
    .name = "completion",
    .summary = "shell completion for bash or zsh",
    .words = "[bash|zsh]",
    .doc = "Prints a completion script: source <(muster completion bash)",
    .run = run,
};
