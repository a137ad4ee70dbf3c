/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that the operator writes and the drift engine obeys: plain data, borrowed from the config.
 */
#ifndef MU_MODEL_RULES_H
#define MU_MODEL_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* An ignore rule: all of reason, owner and until are mandatory. */
struct mu_ignore {
  const char *address; /* glob */
  const char *path;    /* glob over the attribute path; NULL: any */
  const char *reason, *owner;
  int64_t until_ms;
  bool allow_access; /* may hide a widened access as well */
  const char *where; /* "muster.yaml:37", for messages */
};

/* A mapping for a standby that is a copy of elsewhere: `from` is replaced by `to` in planned
 * strings before comparing. */
struct mu_mapping {
  const char *from, *to;
};

/* Until when a version is supported, where the operator knows better than the built-in table. */
struct mu_shelf_rule {
  const char *type;      /* glob over resource types */
  const char *attribute; /* that holds the version */
  const char *engine;    /* what the attribute `engine` must say; NULL: anything */
  const char *version;   /* a prefix of it, at a dot */
  int64_t until_ms;      /* the end of the last day */
  int64_t extended_ms;   /* of support that costs extra; 0: there is none */
  const char *source;
};

/* An attribute whose order means nothing, where neither schema nor tables know it. */
struct mu_set_rule {
  const char *type; /* glob over resource types */
  const char *path; /* glob over the attribute path, without indexes */
  const char *key;  /* members are told apart by: "name", "from,to"; NULL: by what is in them */
};

#endif
