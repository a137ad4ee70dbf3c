/* SPDX-License-Identifier: Apache-2.0 */
/* A Terraform of the test's own: a program that shows the documents laid out for it. */
#ifndef TESTS_SUPPORT_TF_H
#define TESTS_SUPPORT_TF_H

struct mu_arena;

/* Writes DIR/terraform and gives its path. `show -json …/NAME.plan` prints DIR/NAME.json, `plan`
 * writes its -out file; where DIR/fail holds a command's name, that command fails with "told to".
 * Each call is a line of DIR/calls. */
const char *tf_program(struct mu_arena *arena, const char *dir);
void tf_file(struct mu_arena *arena, const char *dir, const char *name, const char *text);

/* Documents; `changes` and `resources` are lists of the macros below. */
const char *tf_plan(struct mu_arena *arena, const char *changes);
/* A refresh-only plan: what is really there. */
const char *tf_refresh(struct mu_arena *arena, const char *resources);

#define TF_CHANGE(address, type, actions, before, after)                                           \
  "{\"address\":\"" address "\",\"mode\":\"managed\",\"type\":\"" type "\",\"name\":\"x\","        \
  "\"provider_name\":\"registry.terraform.io/hashicorp/aws\",\"change\":{\"actions\":[" actions    \
  "],\"before\":" before ",\"after\":" after                                                       \
  ",\"after_unknown\":{},\"before_sensitive\":false,\"after_sensitive\":{}}}"
#define TF_CREATE(address, type, after) TF_CHANGE(address, type, "\"create\"", "null", after)
#define TF_RESOURCE(address, type, values)                                                         \
  "{\"address\":\"" address "\",\"mode\":\"managed\",\"type\":\"" type "\",\"name\":\"x\","        \
  "\"provider_name\":\"registry.terraform.io/hashicorp/"                                           \
  "aws\",\"schema_version\":0,\"values\":" values ",\"sensitive_values\":{}}"

#endif
