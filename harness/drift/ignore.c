/* SPDX-License-Identifier: Apache-2.0 */
/* Ignore rules: which one hides a path, and what the rules themselves have to answer for (expired,
 * unused, too wide). */
#include <string.h>

#include "drift/engine.h"

enum {
  WIDE_PERCENT = 5, /* of all attributes hidden by one rule */
  WIDE_MIN = 20,    /* attributes; below it a share says nothing */
};

/* A pattern matches a path, or anything above it: "tags" hides tags.Name. */
bool mu_glob_path(const char *pattern, const char *path) {
  if (mu_str_glob(pattern, path)) {
    return true;
  }
  char head[MU_PATH_MAX];
  size_t n = strlen(path);
  if (n >= sizeof head) {
    return false;
  }
  memcpy(head, path, n + 1);
  for (size_t i = n; i-- > 1;) {
    if (head[i] == '.' || head[i] == '[') {
      head[i] = '\0';
      if (mu_str_glob(pattern, head)) {
        return true;
      }
    }
  }
  return false;
}

static bool path_hidden(struct mu_engine *e, const struct mu_ignore *rule, const char *path) {
  if (!rule->path || strcmp(rule->path, "*") == 0) {
    return true;
  }
  if (!path) {
    return false; /* the resource as a whole */
  }
  if (mu_glob_path(rule->path, path) || mu_glob_path(rule->path, mu_path_plain(e))) {
    return true;
  }
  /* tags_all is tags again, with the provider's default tags. */
  return mu_str_starts(path, "tags_all") && mu_str_starts(rule->path, "tags") &&
         mu_glob_path(rule->path, mu_arena_fmt(e->scratch, "tags%s", path + strlen("tags_all")));
}

const struct mu_ignore *mu_ignored(struct mu_engine *e, const char *path, bool access) {
  if (!e->in) {
    return NULL;
  }
  for (size_t i = 0; i < e->in->ignores_n; i++) {
    const struct mu_ignore *rule = &e->in->ignores[i];
    if (rule->until_ms >= e->in->now_ms && (!access || rule->allow_access) &&
        mu_str_glob(rule->address, mu_address(e)) && path_hidden(e, rule, path)) {
      e->ignored_by[i]++;
      return rule;
    }
  }
  return NULL;
}

static const char *rule_text(struct mu_engine *e, const struct mu_ignore *rule) {
  return mu_arena_fmt(e->arena, "%s%s%s", rule->address, rule->path ? " " : "",
                      rule->path ? rule->path : "");
}

void mu_ignore_report(struct mu_engine *e) {
  for (size_t i = 0; i < e->in->ignores_n; i++) {
    const struct mu_ignore *rule = &e->in->ignores[i];
    const char *where = rule->where ? rule->where : "ignore rule";
    int64_t hits = (int64_t)e->ignored_by[i];
    struct mu_finding *f = NULL;
    if (rule->until_ms < e->in->now_ms) {
      f = mu_find(e, MU_F_IGNORE_EXPIRED, rule_text(e, rule), NULL);
      mu_finding_say(e->out->findings, f, "%s: expired; owner %s: %s", where, rule->owner,
                     rule->reason);
    } else if (hits == 0) {
      f = mu_find(e, MU_F_IGNORE_UNUSED, rule_text(e, rule), NULL);
      mu_finding_say(e->out->findings, f, "%s: hides nothing", where);
    }
    bool all_paths = !rule->path || strcmp(rule->path, "*") == 0;
    bool many = hits > WIDE_MIN && hits * 100 > e->out->coverage.attributes * WIDE_PERCENT;
    if ((all_paths && strpbrk(rule->address, "*?") != NULL) || many) {
      f = mu_find(e, MU_F_IGNORE_WIDE, rule_text(e, rule), NULL);
      mu_finding_say(e->out->findings, f, "%s: hides %lld attributes%s", where, (long long)hits,
                     all_paths ? ", of whole resources by pattern" : "");
    }
  }
}
