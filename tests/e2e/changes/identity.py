# SPDX-License-Identifier: Apache-2.0
"""By hand in IAM."""
import json

from table import change, extra, missing, undeclared, wider

ROLE = "changes-app"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
WORKER = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)

change(
    "a policy is attached to a role",
    lambda w: w.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR),
    lambda w, _: w.iam.detach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR),
    extra("aws_iam_role.app", "managed_policy_arns"),
)
change(
    "a policy is detached from a role",
    lambda w: w.iam.detach_role_policy(RoleName=ROLE, PolicyArn=WORKER),
    lambda w, _: w.iam.attach_role_policy(RoleName=ROLE, PolicyArn=WORKER),
    missing("aws_iam_role_policy_attachment.workers"),
)
change(
    "a role gets an inline policy",
    lambda w: w.iam.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=EVERYTHING),
    lambda w, _: w.iam.delete_role_policy(RoleName=ROLE, PolicyName="more"),
    extra("aws_iam_role.app", "inline_policy"),
)


def inline(w, document):
    before = w.iam.get_role_policy(RoleName=ROLE, PolicyName="read")["PolicyDocument"]
    w.iam.put_role_policy(RoleName=ROLE, PolicyName="read", PolicyDocument=document)
    return json.dumps(before)


change(
    "an inline policy allows everything",
    lambda w: inline(w, EVERYTHING),
    inline,
    wider("aws_iam_role_policy.read", "policy"),
)


def trust(w, document):
    before = w.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    w.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)
    return json.dumps(before)


ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
change(
    "a role's trust is widened",
    lambda w: trust(w, ANYBODY),
    trust,
    wider("aws_iam_role.app", "assume_role_policy"),
)


def new_version(w):
    arn = w.id("identity.policy")
    made = w.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=EVERYTHING, SetAsDefault=True
    )
    return made["PolicyVersion"]["VersionId"]


def old_version(w, made):
    arn = w.id("identity.policy")
    w.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    w.iam.delete_policy_version(PolicyArn=arn, VersionId=made)


change(
    "a policy gets a new default version",
    new_version,
    old_version,
    wider("aws_iam_policy.read", "policy"),
)


def profile(w, role):
    name = "changes-app"
    before = w.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
    w.iam.remove_role_from_instance_profile(
        InstanceProfileName=name, RoleName=before[0]["RoleName"]
    )
    w.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return before[0]["RoleName"]


change(
    "an instance profile holds another role",
    lambda w: profile(w, "changes-other"),
    profile,
    wider("aws_iam_instance_profile.app", "role"),
)
change(
    "sessions of a role last twelve hours",
    lambda w: w.iam.update_role(RoleName=ROLE, MaxSessionDuration=43200),
    lambda w, _: w.iam.update_role(RoleName=ROLE, MaxSessionDuration=3600),
    undeclared("aws_iam_role.app", "max_session_duration"),
)
