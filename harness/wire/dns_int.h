/* SPDX-License-Identifier: Apache-2.0 */
/* The codec's inner half, which the sockets need: making a query, and recognising the answer to it.
 */
#ifndef MU_WIRE_DNS_INT_H
#define MU_WIRE_DNS_INT_H

#include "wire/dns.h"

enum { MU_DNS_QUERY_MAX = 12 + 255 + 4 };

struct mu_dns_query {
  unsigned char bytes[MU_DNS_QUERY_MAX];
  size_t n;
};
int mu_dns_encode(const struct mu_dns_question *question, struct mu_dns_query *out,
                  struct mu_err *err);
void mu_dns_set_id(struct mu_dns_query *query, unsigned id);
/* Is this a response with the id and the question of the query? */
bool mu_dns_answers(const struct mu_dns_query *query, const unsigned char *message, size_t n);

#endif
