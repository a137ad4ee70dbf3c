# SPDX-License-Identifier: Apache-2.0
"""By hand where data lies: buckets, keys, secrets, images, catalog."""
import json

from table import baseline, change, changed, extra, missing, wider

BUCKET = "corp-dr-changes"


def versioning(w, status):
    w.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})


def lock(w, mode="GOVERNANCE", days=30):
    w.s3.put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": mode, "Days": days}},
        },
    )


def public_access(w, **changes):
    before = w.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    w.s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**before, **changes}
    )
    return before


def no_public_access_block(w):
    before = w.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    w.s3.delete_public_access_block(Bucket=BUCKET)
    return before


def block_again(w, before):
    w.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=before)


change(
    "versioning is suspended",
    lambda w: versioning(w, "Suspended"),
    lambda w, _: versioning(w, "Enabled"),
    wider("aws_s3_bucket_versioning.data", "versioning_configuration[0].status"),
    apart="lock",
)
change(
    "Object Lock is shortened",
    lambda w: lock(w, days=1),
    lambda w, _: lock(w),
    wider("aws_s3_bucket_object_lock_configuration.data", "rule[0].default_retention[0].days"),
    apart="lock",
)
change(
    "a block of public access is switched off",
    lambda w: public_access(w, BlockPublicPolicy=False),
    block_again,
    wider("aws_s3_bucket_public_access_block.data", "block_public_policy"),
)
change(
    "the block of public access is removed",
    no_public_access_block,
    block_again,
    missing("aws_s3_bucket_public_access_block.data"),
)

ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration.data"


def encryption(w):
    return w.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]


def encrypt(w, configuration):
    w.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=configuration)


def weaker(w):
    before = encryption(w)
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    encrypt(w, {"Rules": [default]})
    return before


def unencrypted(w):
    before = encryption(w)
    w.s3.delete_bucket_encryption(Bucket=BUCKET)
    return before


DEFAULT = "rule[0].apply_server_side_encryption_by_default[0]"
change(
    "a bucket is encrypted with a key of the cloud's",
    weaker,
    encrypt,
    wider(ENCRYPTION, f"{DEFAULT}.sse_algorithm"),
    wider(ENCRYPTION, f"{DEFAULT}.kms_master_key_id"),
)
change("a bucket's encryption is removed", unencrypted, encrypt, missing(ENCRYPTION))


def bucket_policy(w, document):
    before = w.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    w.s3.put_bucket_policy(Bucket=BUCKET, Policy=document)
    return before


def no_bucket_policy(w):
    before = w.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    w.s3.delete_bucket_policy(Bucket=BUCKET)
    return before


PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
            }
        ],
    }
)
change(
    "a bucket's policy lets everyone read",
    lambda w: bucket_policy(w, PUBLIC),
    bucket_policy,
    wider("aws_s3_bucket_policy.data", "policy"),
)
change(
    "a bucket's policy is deleted",
    no_bucket_policy,
    lambda w, before: w.s3.put_bucket_policy(Bucket=BUCKET, Policy=before),
    missing("aws_s3_bucket_policy.data"),
)
change(
    "a bucket's ACL lets everyone read",
    lambda w: w.s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read"),
    lambda w, _: w.s3.put_bucket_acl(Bucket=BUCKET, ACL="private"),
    wider("aws_s3_bucket.data", "grant"),
)

EXPIRY = {
    "Rules": [
        {"ID": "clean up", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    ]
}
change(
    "a bucket's objects expire after a day",
    lambda w: w.s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration=EXPIRY
    ),
    lambda w, _: w.s3.delete_bucket_lifecycle(Bucket=BUCKET),
    extra("aws_s3_bucket.data", "lifecycle_rule"),
)

# Keys


def key(w, verb, **more):
    getattr(w.kms, verb)(KeyId=w.id("storage.key"), **more)


def undelete_key(w, _):
    key(w, "cancel_key_deletion")
    key(w, "enable_key")


def key_policy(w, document):
    before = w.kms.get_key_policy(KeyId=w.id("storage.key"), PolicyName="default")["Policy"]
    key(w, "put_key_policy", PolicyName="default", Policy=document)
    return before


EVERY_ACCOUNT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
        ],
    }
)
change(
    "a key is not rotated any more",
    lambda w: key(w, "disable_key_rotation"),
    lambda w, _: key(w, "enable_key_rotation"),
    wider("aws_kms_key.main", "enable_key_rotation"),
)
change(
    "a key is for every account",
    lambda w: key_policy(w, EVERY_ACCOUNT),
    key_policy,
    extra("aws_kms_key.main", "policy"),
)
change(
    "a key is disabled",
    lambda w: key(w, "disable_key"),
    lambda w, _: key(w, "enable_key"),
    wider("aws_kms_key.main", "is_enabled"),
)
change(
    "a key is scheduled for deletion",
    lambda w: key(w, "schedule_key_deletion", PendingWindowInDays=7),
    undelete_key,
    missing("aws_kms_key.main"),
)

# Secrets

SECRET = "changes/database"


def new_secret(w):
    before = w.secretsmanager.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    current = next(version for version, stages in before.items() if "AWSCURRENT" in stages)
    made = w.secretsmanager.put_secret_value(SecretId=SECRET, SecretString="by hand")["VersionId"]
    return {"current": current, "made": made}


def old_secret(w, before):
    w.secretsmanager.update_secret_version_stage(
        SecretId=SECRET,
        VersionStage="AWSCURRENT",
        MoveToVersionId=before["current"],
        RemoveFromVersionId=before["made"],
    )


change(
    "a secret has another value",
    new_secret,
    old_secret,
    baseline("aws_secretsmanager_secret_version.database", "version_stages"),
)
READABLE = EVERY_ACCOUNT.replace("kms:*", "secretsmanager:GetSecretValue")
change(
    "a secret is for every account",
    lambda w: w.secretsmanager.put_resource_policy(SecretId=SECRET, ResourcePolicy=READABLE),
    lambda w, _: w.secretsmanager.delete_resource_policy(SecretId=SECRET),
    extra("aws_secretsmanager_secret.database", "policy"),
)
change(
    "a secret is deleted",
    lambda w: w.secretsmanager.delete_secret(SecretId=SECRET, RecoveryWindowInDays=7),
    lambda w, _: w.secretsmanager.restore_secret(SecretId=SECRET),
    missing("aws_secretsmanager_secret.database"),
    missing("aws_secretsmanager_secret_version.database"),
)

# Images and catalog

IMAGES = "changes/app"


def tags_of_images(w, mutability):
    w.ecr.put_image_tag_mutability(repositoryName=IMAGES, imageTagMutability=mutability)


def scan(w, on):
    w.ecr.put_image_scanning_configuration(
        repositoryName=IMAGES, imageScanningConfiguration={"scanOnPush": on}
    )


change(
    "tags of images can be overwritten",
    lambda w: tags_of_images(w, "MUTABLE"),
    lambda w, _: tags_of_images(w, "IMMUTABLE"),
    wider("aws_ecr_repository.app", "image_tag_mutability"),
)
change(
    "images are not scanned",
    lambda w: scan(w, False),
    lambda w, _: scan(w, True),
    wider("aws_ecr_repository.app", "image_scanning_configuration[0].scan_on_push"),
)
change(
    "a repository of images is public",
    lambda w: w.ecr.set_repository_policy(
        repositoryName=IMAGES, policyText=EVERY_ACCOUNT.replace("kms:*", "ecr:*")
    ),
    lambda w, _: w.ecr.delete_repository_policy(repositoryName=IMAGES),
    unseen="the provider reads a repository's policy only where it manages one",
)

CATALOG = "changes_serving"


def catalog(w, **changes):
    have = w.glue.get_database(Name=CATALOG)["Database"]
    before = {key: have[key] for key in ("Name", "Description", "Parameters") if key in have}
    w.glue.update_database(Name=CATALOG, DatabaseInput={**before, **changes})
    return before


def no_catalog(w):
    before = catalog(w)
    w.glue.delete_database(Name=CATALOG)
    return before


TAGS = {"Purpose": "DR-Standby", "Workload": "changes"}
change(
    "a catalog's parameter is changed",
    lambda w: catalog(w, Parameters={"classification": "hive"}),
    lambda w, before: catalog(w, **before),
    changed("aws_glue_catalog_database.serving", "parameters.classification"),
)
change(
    "a catalog is deleted",
    no_catalog,
    lambda w, before: w.glue.create_database(DatabaseInput=before, Tags=TAGS),
    missing("aws_glue_catalog_database.serving"),
)
