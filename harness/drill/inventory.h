/* SPDX-License-Identifier: Apache-2.0 */
/* What is really there, asked of the services themselves: the tagging API knows only part of it, a
 * Terraform state file knows only what Terraform did. Used to prove that a staged layer is absent,
 * that a drill left nothing, and by `reap`. One kind of resource is one row in inventory.def. All
 * strings are borrowed from the arena given. */
#ifndef MU_DRILL_INVENTORY_H
#define MU_DRILL_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

struct mu_arena;
struct mu_aws;
struct mu_doc;
struct mu_http;

struct mu_inventory_want {
  const char *tag_key;       /* resources with this tag; NULL: by name only */
  const char *tag_value;     /* NULL: any value */
  const struct mu_doc *plan; /* resources of this plan, by the names that it gives them; or NULL */
};

struct mu_inventory_item {
  const char *service; /* "eks" */
  const char *type;    /* "aws_eks_cluster" */
  const char *id;      /* name or ARN */
  const char *drill;   /* value of the tag muster:drill, or NULL */
  /* Why it is expected to stay for a while ("in deletion until 2026-12-22"); NULL: it should not be
   * there. */
  const char *lingers;
};

struct mu_inventory_asked {
  const char *service; /* and operation: "eks ListClusters" */
  const char *error;   /* NULL: it answered */
};

struct mu_inventory {
  struct mu_inventory_item *items;
  size_t items_n, items_cap;
  struct mu_inventory_asked *asked;
  size_t asked_n, asked_cap;
  size_t unasked_types; /* types of the plan that no row knows: could not be verified */
  const char *unasked;  /* their names, for people; "" where there are none */
};

/* Never fails as a whole: a service that does not answer is a row in `asked` with its error. */
void mu_inventory_find(struct mu_aws *aws, struct mu_http *http,
                       const struct mu_inventory_want *want, struct mu_arena *arena,
                       struct mu_inventory *out);

#endif
