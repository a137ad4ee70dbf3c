/* SPDX-License-Identifier: Apache-2.0 */
/* XML as AWS answers in it: elements and their text. Bounded, without recursion; a DOCTYPE is
 * refused, so there are no entities but the five of XML 1.0 (section 4.6) and character references.
 * Attributes and namespace prefixes are skipped. Nodes live in the arena. NULL nodes are fine
 * everywhere. */
#ifndef MU_WIRE_XML_H
#define MU_WIRE_XML_H

#include <stddef.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;

enum { MU_XML_DEPTH = 32, MU_XML_NODES = 1 << 20, MU_XML_MAX = 64 << 20 };

struct mu_xml_node {
  const char *name; /* "" for the document, whose only child is the root element */
  const char *text; /* of a leaf, as it stands; "" otherwise */
  const struct mu_xml_node *parent, *first, *next;
};

MU_CHECKED int mu_xml_parse(const char *text, size_t n, struct mu_arena *arena,
                            const struct mu_xml_node **document, struct mu_err *err);
/* "ListBucketResult/Contents[3]/Key" from the document, "Contents[0]/Key" from an element. NULL
 * where it leads nowhere. */
const struct mu_xml_node *mu_xml_path(const struct mu_xml_node *node, const char *path);
/* Its text; `otherwise` where it leads nowhere. */
const char *mu_xml_str(const struct mu_xml_node *node, const char *path, const char *otherwise);
/* The first child of that name (any, if NULL), and the next sibling with the name of this one. */
const struct mu_xml_node *mu_xml_child(const struct mu_xml_node *node, const char *name);
const struct mu_xml_node *mu_xml_again(const struct mu_xml_node *node);

#endif
