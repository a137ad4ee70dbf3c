/* SPDX-License-Identifier: Apache-2.0 */
/* The services and operations that this program knows: what is no row cannot be sent. */
#include <string.h>

#include "wire/aws_int.h"

static const struct mu_aws_service services[] = {
#define MU_AWS_SERVICE(name, protocol, prefix, signing, id, argument)                              \
  {name, protocol, prefix, signing, id, argument},
#include "wire/aws_services.def"
#undef MU_AWS_SERVICE
};

static const struct mu_aws_op ops[] = {
#define MU_AWS_OP(service, name, kind, method, path, page_in, page_out)                            \
  {service, name, kind, method, path, page_in, page_out},
#include "wire/aws_ops.def"
#undef MU_AWS_OP
};

const struct mu_aws_service *mu_aws_service_at(size_t i) {
  return i < MU_LEN(services) ? &services[i] : NULL;
}

const struct mu_aws_service *mu_aws_service_find(const char *name) {
  for (size_t i = 0; i < MU_LEN(services); i++) {
    if (strcmp(services[i].name, name) == 0) {
      return &services[i];
    }
  }
  return NULL;
}

const struct mu_aws_op *mu_aws_op_find(const char *service, const char *operation) {
  for (size_t i = 0; i < MU_LEN(ops); i++) {
    if (strcmp(ops[i].name, operation) == 0 && strcmp(ops[i].service, service) == 0) {
      return &ops[i];
    }
  }
  return NULL;
}

bool mu_aws_op_is_raw(const struct mu_aws_op *op) {
  size_t n = strlen(op->path);
  return n > 6 && strcmp(op->path + n - 6, "{Key+}") == 0;
}

int mu_aws_changes(const char *service, const char *operation) {
  const struct mu_aws_op *op = mu_aws_op_find(service, operation);
  return op ? op->kind != READS : -1;
}
