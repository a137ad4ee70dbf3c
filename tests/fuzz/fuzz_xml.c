/* SPDX-License-Identifier: Apache-2.0 */
/* The XML reader over any bytes; every node it hands out can be walked to and from. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "wire/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena = mu_arena_new();
  const struct mu_xml_node *doc = NULL;
  struct mu_err err = {0};
  if (mu_xml_parse((const char *)data, size, arena, &doc, &err) == 0) {
    const struct mu_xml_node *root = mu_xml_child(doc, NULL);
    MU_ASSERT(root && !root->next && root->parent == doc);
    for (const struct mu_xml_node *at = root->first; at; at = at->next) {
      MU_ASSERT(at->parent == root && at->name[0] && at->text);
      (void)mu_xml_again(at);
    }
    (void)mu_xml_str(doc, "Error/Code", "");
    (void)mu_xml_path(doc, "a[1]/b[2]");
  } else {
    MU_ASSERT(err.code != MU_E_NONE && !doc);
  }
  mu_arena_free(arena);
  return 0;
}
