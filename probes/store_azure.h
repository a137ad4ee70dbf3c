/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in Azure Storage, ADLS Gen2 included, by its blob endpoint (REST reference: Get Blob, Get
 * Blob Properties, List Blobs), with a shared access signature or, through Microsoft Entra ID, as
 * an application (OAuth 2.0 client credentials). Only reads. Used by store.c alone. */
#ifndef MU_PROBES_STORE_AZURE_H
#define MU_PROBES_STORE_AZURE_H

#include "store.h"

/* "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH", abfs, wasb and wasbs alike. */
struct mu_azure_place {
  const char *account, *container, *path;
  const char *suffix; /* of the cloud: "core.windows.net", "core.usgovcloudapi.net" */
};
/* False: not such a URI. */
bool mu_azure_split(const char *uri, struct mu_arena *arena, struct mu_azure_place *out);

/* All at once; each get's outcome is written to it. */
void mu_azure_get_many(struct mu_store *store, struct mu_store_get **gets, size_t n,
                       struct mu_arena *arena);
/* Everything below the prefix; URIs are spelled as the prefix is. -1: not complete. */
int mu_azure_list(struct mu_store *store, const char *prefix,
                  void (*on_object)(void *ctx, const struct mu_store_object *object), void *ctx,
                  struct mu_err *err);

#endif
