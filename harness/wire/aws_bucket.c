/* SPDX-License-Identifier: Apache-2.0 */
/* How a bucket is addressed: in the path, in the host name, or through an access point that its ARN
 * names ("Using Amazon S3 access points", S3 User Guide). */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "wire/aws_int.h"

enum { ARN_PARTS = 6, ACCOUNT_DIGITS = 12 };

static const char LABEL[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

/* A bucket that can be a label of a host name under AWS's wildcard certificate. */
static bool is_label(const char *name) {
  size_t n = strlen(name);
  return n >= 3 && n <= 63 && strspn(name, LABEL) == n && name[0] != '-' && name[n - 1] != '-';
}

/* Bucket in the host name, unless the endpoint is somebody's own or the certificate would not fit.
 */
static bool is_virtual_host(const struct mu_aws *aws, const struct mu_aws_endpoint *endpoint,
                            const char *bucket) {
  const char *style = mu_aws_setting(aws, aws->profile, "s3.addressing_style");
  if (!is_label(bucket) || (style && strcmp(style, "path") == 0)) {
    return false;
  }
  return !endpoint->overridden || (style && strcmp(style, "virtual") == 0);
}

struct access_point {
  const char *region, *account, *name;
};

/* arn:PARTITION:s3:REGION:ACCOUNT:accesspoint/NAME, or with a colon before NAME. */
static int read_arn(const char *arn, struct mu_arena *arena, struct access_point *out,
                    struct mu_err *err) {
  char *parts[ARN_PARTS] = {0};
  char *at = mu_arena_str(arena, arn);
  size_t n = 0;
  while (at && n < ARN_PARTS) {
    parts[n++] = at;
    at = n < ARN_PARTS ? strchr(at, ':') : NULL;
    if (at) {
      *at++ = '\0';
    }
  }
  const char *what = n == ARN_PARTS ? parts[5] : "";
  const char *name = what + strcspn(what, "/:");
  bool is_point = mu_str_starts(what, "accesspoint") && strlen("accesspoint") + what == name;
  if (n < ARN_PARTS || !is_point || strcmp(parts[2], "s3") != 0) {
    return mu_fail(err, MU_E_UNSUPPORTED,
                   "%.200s: of ARNs only those of S3 access points can stand for a bucket", arn);
  }
  if (!*parts[3]) {
    return mu_fail(
        err, MU_E_UNSUPPORTED,
        "%.200s: multi-region access points are not supported; name the standby's bucket "
        "or an access point in its region",
        arn);
  }
  name += *name ? 1 : 0;
  if (!is_label(name) || strlen(parts[4]) != ACCOUNT_DIGITS ||
      strspn(parts[4], "0123456789") != ACCOUNT_DIGITS ||
      strspn(parts[3], LABEL) != strlen(parts[3])) {
    return mu_fail(err, MU_E_CONFIG, "%.200s is no ARN of an access point", arn);
  }
  *out = (struct access_point){parts[3], parts[4], name};
  return 0;
}

static const char *with_label(const char *base, const char *label, struct mu_arena *arena) {
  const char *host = strstr(base, "://");
  host = host ? host + 3 : base;
  return mu_arena_fmt(arena, "%.*s%s.%s", (int)(host - base), base, label, host);
}

static int use_access_point(const struct mu_aws *aws, const struct access_point *point,
                            struct mu_arena *arena, struct mu_aws_endpoint *out) {
  const char *label = mu_arena_fmt(arena, "%s-%s", point->name, point->account);
  if (out->overridden) {
    out->base = with_label(out->base, label, arena);
  } else {
    out->base = mu_arena_fmt(arena, "https://%s.s3-accesspoint%s%s.%s.%s", label,
                             aws->fips ? "-fips" : "", aws->dualstack ? ".dualstack" : "",
                             point->region, mu_aws_domain(point->region));
  }
  return 1;
}

int mu_aws_bucket_endpoint(const struct mu_aws *aws, const struct mu_aws_service *service,
                           const char *bucket, const char *region, struct mu_arena *arena,
                           struct mu_aws_endpoint *out, struct mu_err *err) {
  struct access_point point = {0};
  bool is_arn = mu_str_starts(bucket, "arn:");
  if (is_arn && read_arn(bucket, arena, &point, err) != 0) {
    return -1;
  }
  if (mu_str_ends(bucket, "--x-s3")) {
    return mu_fail(err, MU_E_UNSUPPORTED,
                   "%.100s: directory buckets (S3 Express One Zone) are not supported", bucket);
  }
  if (mu_aws_endpoint(aws, service, is_arn ? point.region : region, arena, out, err) != 0) {
    return -1;
  }
  if (is_arn) {
    return use_access_point(aws, &point, arena, out);
  }
  if (!is_virtual_host(aws, out, bucket)) {
    return 0;
  }
  out->base = with_label(out->base, bucket, arena);
  return 1;
}
