/* SPDX-License-Identifier: Apache-2.0 */
#include "support/certs.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value) {
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
  MU_ASSERT(extension && X509_add_ext(cert, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

static X509 *make(const char *name, EVP_PKEY *key, X509 *issuer, long from_s, long to_s) {
  static long serial = 4096;
  X509 *cert = X509_new();
  X509_NAME *subject = X509_get_subject_name(cert);
  (void)X509_set_version(cert, 2);
  (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  (void)X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
  (void)X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
  (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                   -1, 0);
  (void)X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject);
  (void)X509_set_pubkey(cert, key);
  add_extension(cert, issuer ? issuer : cert, NID_basic_constraints,
                issuer ? "CA:FALSE" : "critical,CA:TRUE");
  return cert;
}

static FILE *open_file(const char *dir, const char *name, const char *suffix, const char *mode) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
  FILE *file = fopen(path, mode);
  MU_ASSERT(file);
  return file;
}

static void write_key(const char *dir, const char *name, EVP_PKEY *key) {
  FILE *file = open_file(dir, name, ".key", "w");
  MU_ASSERT(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
  (void)fclose(file);
}

static void write_certs(const char *dir, const char *name, X509 *first, X509 *second) {
  FILE *file = open_file(dir, name, ".pem", "w");
  MU_ASSERT(PEM_write_X509(file, first) == 1 && (!second || PEM_write_X509(file, second) == 1));
  (void)fclose(file);
}

static void make_authority(const char *dir) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = make("muster test authority", key, NULL, -864000, 864000);
  add_extension(cert, cert, NID_key_usage, "critical,keyCertSign");
  MU_ASSERT(X509_sign(cert, key, EVP_sha256()) > 0);
  write_key(dir, "ca", key);
  write_certs(dir, "ca", cert, NULL);
  X509_free(cert);
  EVP_PKEY_free(key);
}

void certs_make(const char *dir, const char *name, const char *sans, long from_s, long to_s) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/ca.pem", dir);
  if (!mu_io_exists(path)) {
    make_authority(dir);
  }
  FILE *file = open_file(dir, "ca", ".pem", "r");
  X509 *ca = PEM_read_X509(file, NULL, NULL, NULL);
  (void)fclose(file);
  file = open_file(dir, "ca", ".key", "r");
  EVP_PKEY *ca_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
  (void)fclose(file);
  EVP_PKEY *key = EVP_EC_gen("P-256");
  MU_ASSERT(ca && ca_key && key);
  X509 *leaf = make(name, key, ca, from_s, to_s);
  add_extension(leaf, ca, NID_subject_alt_name, sans);
  MU_ASSERT(X509_sign(leaf, ca_key, EVP_sha256()) > 0);
  write_key(dir, name, key);
  write_certs(dir, name, leaf, ca);
  X509_free(leaf);
  X509_free(ca);
  EVP_PKEY_free(key);
  EVP_PKEY_free(ca_key);
}
