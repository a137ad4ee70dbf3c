/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the command line by its rows. */
#include "cli/opt.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

struct reader {
  const struct mu_opt_set *sets;
  size_t sets_n;
  char *const *argv;
  int argc, next;
  struct mu_arena *arena;
  struct mu_err *err;
};

/* A row, where its value goes, and how it was written. */
struct found {
  const struct mu_opt *row;
  char *at;
  bool negated;
  const char *shown; /* "--ticket", "-t" */
};

static bool find_name(const struct reader *r, const char *name, struct found *found) {
  for (int negated = 0; negated <= 1;
       negated++) { /* an option that is called no-something comes first */
    const char *wanted = !negated ? name : mu_str_starts(name, "no-") ? name + 3 : NULL;
    for (size_t s = 0; wanted && s < r->sets_n; s++) {
      for (const struct mu_opt *row = r->sets[s].rows; row->name; row++) {
        if (mu_streq(row->name, wanted) && (!negated || row->kind == MU_OPT_FLAG)) {
          found->row = row;
          found->negated = negated;
          found->at = (char *)r->sets[s].target + row->offset;
          return true;
        }
      }
    }
  }
  return false;
}

static bool find_letter(const struct reader *r, char letter, struct found *found) {
  for (size_t s = 0; s < r->sets_n; s++) {
    for (const struct mu_opt *row = r->sets[s].rows; row->name; row++) {
      if (row->letter == letter) {
        *found = (struct found){.row = row, .at = (char *)r->sets[s].target + row->offset};
        return true;
      }
    }
  }
  return false;
}

/* The only name that begins so, else the nearest. */
static const char *suggestion(const struct reader *r, const char *name) {
  struct mu_opt_list names = {0};
  const char *longer = NULL;
  size_t longer_n = 0;
  for (size_t s = 0; s < r->sets_n; s++) {
    for (const struct mu_opt *row = r->sets[s].rows; row->name; row++) {
      names.at = mu_arena_grow(r->arena, names.at, names.n, &names.cap, sizeof *names.at);
      names.at[names.n++] =
          row->kind == MU_OPT_FLAG && mu_str_starts(name, "no-") && !mu_str_starts(row->name, "no-")
              ? mu_arena_fmt(r->arena, "no-%s", row->name)
              : row->name;
      if (*name && mu_str_starts(names.at[names.n - 1], name)) {
        longer = names.at[names.n - 1];
        longer_n++;
      }
    }
  }
  return longer_n == 1 ? longer : mu_str_nearest(name, names.at, names.n);
}

static int unknown(const struct reader *r, const char *shown, const char *name) {
  const char *near = suggestion(r, name);
  return mu_fail(r->err, MU_E_USAGE, "unknown option '%s'%s%s%s", shown,
                 near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

static int set_choice(const struct reader *r, const struct found *f, const char *value) {
  MU_STR(list, MU_ERR_MAX);
  size_t n = strlen(value);
  for (const char *s = f->row->choices; *s;) {
    size_t len = strcspn(s, "|");
    if (len == n && memcmp(s, value, n) == 0) {
      memcpy(f->at, &value, sizeof value);
      return 0;
    }
    mu_str_add(&list, list.n == 0 ? "" : s[len] ? ", " : " or ");
    mu_str_addn(&list, s, len);
    s += len + (s[len] == '|');
  }
  return mu_fail(r->err, MU_E_USAGE, "%s: '%s' is not known; write %s", f->shown, value,
                 mu_str_get(&list));
}

static int set_number(const struct reader *r, const struct found *f, const char *value) {
  bool dur = f->row->kind == MU_OPT_DUR;
  int64_t number = 0;
  if ((dur ? mu_dur_parse(value, &number) : mu_num_parse_i64(value, &number)) != 0) {
    return mu_fail(r->err, MU_E_USAGE, "%s: '%s' is not a %s", f->shown, value,
                   dur ? "duration; write 90s, 10m or 24h (units: ms s m h d w)" : "whole number");
  }
  memcpy(f->at, &number, sizeof number);
  return 0;
}

static void add_word(const struct reader *r, void *list, const char *word) {
  struct mu_opt_list words;
  memcpy(&words, list, sizeof words);
  words.at = mu_arena_grow(r->arena, words.at, words.n, &words.cap, sizeof *words.at);
  words.at[words.n++] = word;
  memcpy(list, &words, sizeof words);
}

static void set_flag(const struct found *f) {
  bool on = !f->negated;
  memcpy(f->at, &on, sizeof on);
}

static int set(const struct reader *r, const struct found *f, const char *value) {
  switch (f->row->kind) {
  case MU_OPT_FLAG:
    set_flag(f);
    return 0;
  case MU_OPT_STR:
    memcpy(f->at, &value, sizeof value);
    return 0;
  case MU_OPT_INT:
  case MU_OPT_DUR:
    return set_number(r, f, value);
  case MU_OPT_CHOICE:
    return set_choice(r, f, value);
  case MU_OPT_LIST:
    add_word(r, f->at, value);
    return 0;
  }
  return 0;
}

/* The value of an option: given with it, or the next word. */
static int read_value(struct reader *r, const struct found *f, const char *given) {
  if (f->row->kind == MU_OPT_FLAG) {
    return given ? mu_fail(r->err, MU_E_USAGE, "option '%s' takes no value", f->shown)
                 : set(r, f, NULL);
  }
  if (!given) {
    /* An option is hardly ever meant as a value: `--config --quiet` forgot one. `--config=--quiet`
     * says that it did not. */
    given = r->next < r->argc && !mu_str_starts(r->argv[r->next], "--") ? r->argv[r->next++] : NULL;
  }
  if (!given || (!*given && f->row->kind != MU_OPT_STR)) {
    return mu_fail(r->err, MU_E_USAGE, "option '%s' needs a value: %s%s%s", f->shown, f->shown,
                   f->shown[1] == '-' ? "=" : " ", f->row->arg ? f->row->arg : "VALUE");
  }
  return set(r, f, given);
}

static int read_long(struct reader *r, const char *word) {
  size_t n = strcspn(word, "=");
  struct found found = {.shown = mu_arena_strn(r->arena, word, n)};
  if (!find_name(r, found.shown + 2, &found)) {
    return unknown(r, found.shown, found.shown + 2);
  }
  return read_value(r, &found, word[n] ? word + n + 1 : NULL);
}

static int read_letters(struct reader *r, const char *word) {
  struct found found = {0};
  if (word[2] && find_name(r, word + 1, &found)) { /* "-config" would be read as "-c onfig" */
    return mu_fail(r->err, MU_E_USAGE, "unknown option '%s'; did you mean '-%s'?", word, word);
  }
  for (const char *s = word + 1; *s; s++) {
    if (!find_letter(r, *s, &found)) {
      return s == word + 1 ? unknown(r, word, word + 1)
                           : mu_fail(r->err, MU_E_USAGE, "unknown option '-%c' in '%s'", *s, word);
    }
    found.shown = mu_arena_fmt(r->arena, "-%c", *s);
    if (found.row->kind != MU_OPT_FLAG) {
      return read_value(r, &found, s[1] ? s + 1 : NULL);
    }
    set_flag(&found);
  }
  return 0;
}

int mu_opt_parse(const struct mu_opt_set *sets, size_t n, int argc, char *const *argv,
                 struct mu_arena *arena, struct mu_opt_list *words, struct mu_err *err) {
  struct reader r = {
      .sets = sets, .sets_n = n, .argv = argv, .argc = argc, .arena = arena, .err = err};
  struct mu_opt_list found = {0};
  bool only_words = false;
  while (r.next < argc) {
    const char *word = argv[r.next++];
    if (only_words || word[0] != '-' || !word[1]) { /* "-" alone is standard input: a word */
      add_word(&r, &found, word);
    } else if (strcmp(word, "--") == 0) {
      only_words = true;
    } else if ((word[1] == '-' ? read_long(&r, word) : read_letters(&r, word)) != 0) {
      return -1;
    }
  }
  *words = found;
  return 0;
}
