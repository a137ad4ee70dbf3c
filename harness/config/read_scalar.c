/* SPDX-License-Identifier: Apache-2.0 */
/* One value from its text. Types follow the core schema of YAML 1.2 and no older one: `no`, `1:30`
 * and `014` are not what they look like to YAML 1.1 readers, and a message says so instead of
 * guessing. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/rx.h"
#include "base/str.h"
#include "config/table.h"

/* A list or map inside a list of values; "" where a value is needed. */
static bool is_value(struct mu_reader *r, const char *key, const struct mu_node *node) {
  if (node->kind != MU_NODE_SCALAR) {
    mu_diag_add(r->diags, node, "%s: is %s where a single value is expected", key,
                node->kind == MU_NODE_MAP ? "a map" : "a list");
    return false;
  }
  if (mu_node_is_null(node)) {
    mu_diag_add(r->diags, node, "%s: has no value; give it one, or leave it out", key);
    return false;
  }
  return true;
}

static bool matches(const char *pattern, const char *text) {
  struct mu_rx *rx MU_CLEANUP(mu_rx_cleanup) = NULL;
  struct mu_err err = {0};
  if (mu_rx_new(pattern, &rx, &err) != 0) {
    MU_BUG("pattern of a config row: %s", err.msg);
  }
  return mu_rx_match(rx, text, strlen(text), NULL, NULL, &err) == 1;
}

static bool refs_fine(struct mu_reader *r, const struct mu_field *f, const char *key,
                      const struct mu_node *node) {
  if (!mu_ref_inside(node->text)) {
    return true;
  }
  if (!(f->flags & MU_ROW_REFS)) {
    mu_diag_add(r->diags, node, "%s: ${…} cannot be used here; write the value itself", key);
    return false;
  }
  const char *problem = mu_ref_problem(node->text, r->arena);
  if (problem) {
    mu_diag_add(r->diags, node, "%s: %s", key, problem);
  }
  return !problem;
}

static bool account_fine(struct mu_reader *r, const char *key, const struct mu_node *node) {
  size_t n = strlen(node->text);
  bool digits = n > 0 && strspn(node->text, "0123456789") == n;
  if (digits && !node->quoted && node->text[0] == '0') {
    mu_diag_add(
        r->diags, node,
        "%s: %s is not in quotes, and other YAML readers take a number that begins with 0 as "
        "octal or drop the 0; write \"%s\"",
        key, node->text, node->text);
    return false;
  }
  if (!digits || n != 12) {
    mu_diag_add(r->diags, node, "%s: '%s' is not an account id; write its 12 digits in quotes%s",
                key, node->text, digits && n < 12 ? " (leading zeros included)" : "");
    return false;
  }
  return true;
}

bool mu_read_str(struct mu_reader *r, const struct mu_field *f, const char *key,
                 const struct mu_node *node, const char **out) {
  if (!is_value(r, key, node) || !refs_fine(r, f, key, node)) {
    return false;
  }
  if (f->type != MU_FIELD_PAIRS && mu_node_is_bool(node)) {
    mu_diag_add(
        r->diags, node,
        "%s: %s is a truth value where text is expected; if you mean the word, write \"%s\"", key,
        node->text, node->text);
    return false;
  }
  if (f->flags & MU_ROW_SECRET && !mu_ref_inside(node->text)) {
    mu_diag_add_secret(r->diags, node,
                       "%s: is written out; a secret is not part of a config: name it by "
                       "${env:NAME} or ${file:PATH}",
                       key);
    return false;
  }
  if (f->form == MU_FORM_ACCOUNT && !account_fine(r, key, node)) {
    return false;
  }
  if (f->pattern && !mu_ref_inside(node->text) && !matches(f->pattern, node->text)) {
    mu_diag_add(r->diags, node, "%s: '%s' is not %s", key, node->text, f->expected);
    return false;
  }
  *out = node->text;
  return true;
}

bool mu_read_int(struct mu_reader *r, const struct mu_field *f, const char *key,
                 const struct mu_node *node, int64_t *out) {
  const char *digits = node->text + (*node->text == '-');
  int64_t value = 0;
  if (node->quoted || mu_num_parse_i64(node->text, &value) != 0) {
    mu_diag_add(r->diags, node, "%s: '%s' is not a whole number; write %s", key, node->text,
                node->quoted && mu_num_parse_i64(node->text, &value) == 0 ? "it without quotes"
                                                                          : "digits, as in 3");
    return false;
  }
  if (digits[0] == '0' && digits[1]) {
    mu_diag_add(r->diags, node,
                "%s: %s begins with 0, which some YAML readers take as octal; write %lld", key,
                node->text, (long long)value);
    return false;
  }
  if ((f->min || f->max) && (value < f->min || value > f->max)) {
    mu_diag_add(r->diags, node, "%s: %s is out of range; write %lld to %lld", key, node->text,
                (long long)f->min, (long long)f->max);
    return false;
  }
  *out = value;
  return true;
}

bool mu_read_bool(struct mu_reader *r, const char *key, const struct mu_node *node, bool *out) {
  static const char *const yes[] = {"true", "yes", "on", "y", "1"};
  if (mu_node_is_bool(node)) {
    *out = node->text[0] == 't' || node->text[0] == 'T';
    return true;
  }
  static const char *const no[] = {"false", "no", "off", "n", "0"};
  const char *instead = "true or false";
  char lower[8] = "";
  for (size_t i = 0; i < sizeof lower - 1 && node->text[i]; i++) {
    lower[i] = (char)tolower((unsigned char)node->text[i]);
  }
  for (size_t i = 0; i < MU_LEN(yes); i++) {
    instead = mu_streq(lower, yes[i]) ? "true" : mu_streq(lower, no[i]) ? "false" : instead;
  }
  mu_diag_add(r->diags, node, "%s: '%s' is not a truth value; write %s%s", key, node->text, instead,
              node->quoted ? " without quotes" : "");
  return false;
}

/* What the operator may have meant: a number and the first letters of a unit. NULL: no idea. */
static const char *meant_duration(struct mu_reader *r, const char *text) {
  static const struct {
    const char *word, *unit;
  } units[] = {{"ms", "ms"}, {"mil", "ms"}, {"mo", NULL}, {"m", "m"},
               {"s", "s"},   {"h", "h"},    {"d", "d"},   {"w", "w"}};
  size_t n = strspn(text, "0123456789");
  const char *rest = text + n + strspn(text + n, " \t");
  char lower[4] = "";
  for (size_t i = 0; i < sizeof lower - 1 && rest[i]; i++) {
    lower[i] = (char)tolower((unsigned char)rest[i]);
  }
  for (size_t i = 0; n > 0 && n < 10 && i < MU_LEN(units); i++) {
    if (mu_str_starts(lower, units[i].word)) {
      const char *guess =
          units[i].unit ? mu_arena_fmt(r->arena, "%.*s%s", (int)n, text, units[i].unit) : NULL;
      int64_t ms = 0;
      return guess && strpbrk(rest, "0123456789") == NULL && mu_dur_parse(guess, &ms) == 0 ? guess
                                                                                           : NULL;
    }
  }
  return NULL;
}

bool mu_read_dur(struct mu_reader *r, const char *key, const struct mu_node *node, int64_t *ms) {
  if (mu_dur_parse(node->text, ms) == 0) {
    return true;
  }
  const char *meant = meant_duration(r, node->text);
  size_t n = strlen(node->text);
  if (!meant && n > 0 && n < 10 && strspn(node->text, "0123456789") == n) {
    mu_diag_add(r->diags, node, "%s: '%s' has no unit; write %ss, %sm or %sh (units: ms s m h d w)",
                key, node->text, node->text, node->text, node->text);
    return false;
  }
  mu_diag_add(r->diags, node, "%s: '%s' is not a duration; write %s (units: ms s m h d w)", key,
              node->text, meant ? meant : "24h, or 1h30m");
  return false;
}

bool mu_read_date(struct mu_reader *r, const char *key, const struct mu_node *node,
                  int64_t *unix_ms) {
  char end[40];
  size_t n = strlen(node->text);
  if (n == 10 && !strpbrk(node->text, "Tt ")) {
    /* A rule is good through its last day. */
    memcpy(end, node->text, n);
    memcpy(end + n, "T23:59:59.999Z", sizeof "T23:59:59.999Z");
    if (mu_time_parse(end, unix_ms) == 0) {
      return true;
    }
  }
  mu_diag_add(r->diags, node, "%s: '%s' is not a date; write it as 2027-03-31", key, node->text);
  return false;
}

bool mu_read_enum(struct mu_reader *r, const struct mu_field *f, const char *key,
                  const struct mu_node *node, const char **out) {
  enum { CHOICES_MAX = 16 };
  const char *words[CHOICES_MAX];
  size_t n = 0;
  for (const char *s = f->choices; *s && n < CHOICES_MAX;) {
    size_t len = strcspn(s, "|");
    words[n] = mu_arena_strn(r->arena, s, len);
    if (mu_streq(words[n], node->text)) {
      *out = words[n];
      return true;
    }
    n++;
    s += len + (s[len] == '|');
  }
  MU_STR(list, 512);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(&list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", words[i]);
  }
  mu_diag_add(r->diags, node, "%s: '%s' is not known; write %s%s", key, node->text,
              mu_str_get(&list), mu_read_hint(r, node->text, words, n));
  return false;
}
