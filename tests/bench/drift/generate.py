#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a plan and a state of N resources that look like real ones, and what really differs between them.

Modules with for_each keys, sets, policies, unknown values, secrets; noise as providers make it (null for "", other order of sets,
reordered policies, unset defaults); and 1 % of real changes of eleven kinds. The same seed gives the same bytes.

usage: generate.py N DIR [SEED]     writes DIR/plan.json, DIR/state.json, DIR/truth.json
"""
import json
import random
import sys
from pathlib import Path

PROVIDER = "registry.terraform.io/hashicorp/aws"
REGIONS = ["us-east-1", "us-west-2", "eu-west-1"]


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def policy(r, sid, reorder=False):
    actions = [f"s3:{verb}{what}" for verb in ("Get", "List", "Put") for what in ("Object", "Bucket")][: 2 + r.randrange(4)]
    statement = {"Action": actions, "Effect": "Allow", "Resource": f"arn:aws:s3:::data-{sid}/*", "Sid": f"s{sid}"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    if reorder:
        statement = dict(reversed(statement.items()))
        statement["Action"] = list(reversed(actions))
        return json.dumps({"Statement": [statement], "Version": "2012-10-17"})
    return compact(document)


class Maker:
    """Makes one resource: (planned, unknown, actual, masks)."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def tags(self, i):
        return {"Name": f"node-{i}", "Environment": "prod", "Owner": "platform@example.com"}

    def security_group(self, i):
        after = {"description": f"group {i}", "name": f"sg-{i}", "name_prefix": "", "revoke_rules_on_delete": False,
                 "tags": self.tags(i), "timeouts": None, "vpc_id": f"vpc-{i % 97:08x}",
                 "egress": [{"cidr_blocks": ["10.0.0.0/8", f"172.16.{i % 250}.0/24"], "description": "", "from_port": 443,
                             "ipv6_cidr_blocks": [], "prefix_list_ids": [], "protocol": "tcp", "security_groups": [],
                             "self": False, "to_port": 443},
                            {"cidr_blocks": ["10.1.0.0/16"], "description": "dns", "from_port": 53, "ipv6_cidr_blocks": [],
                             "prefix_list_ids": [], "protocol": "udp", "security_groups": [], "self": False, "to_port": 53}]}
        actual = dict(after, arn=f"arn:aws:ec2:us-east-1:123456789012:security-group/sg-{i:x}", id=f"sg-{i:x}", ingress=[],
                      owner_id="123456789012", tags_all=after["tags"])
        if self.r.random() < 0.3:
            actual["egress"] = list(reversed(after["egress"]))
        return after, ["arn", "id", "ingress", "owner_id", "tags_all"], actual, {}

    def role(self, i):
        text = policy(self.r, i)
        after = {"assume_role_policy": text, "description": None, "force_detach_policies": False, "max_session_duration": 3600,
                 "name": f"role-{i}", "path": "/", "permissions_boundary": None, "tags": self.tags(i)}
        again = json.loads(text)
        if self.r.random() < 0.4:
            again["Statement"][0]["Action"].reverse()
        actual = dict(after, description="", arn=f"arn:aws:iam::123456789012:role/role-{i}", id=f"role-{i}",
                      create_date="2026-01-02T03:04:05Z", unique_id=f"AROA{i:012X}", permissions_boundary="",
                      assume_role_policy=json.dumps(again), managed_policy_arns=[], inline_policy=[], tags_all=after["tags"])
        return after, ["arn", "id", "create_date", "unique_id", "managed_policy_arns", "inline_policy", "tags_all"], actual, {}

    def bucket(self, i):
        after = {"bucket": f"data-{i}", "force_destroy": False, "tags": self.tags(i), "timeouts": None}
        actual = dict(after, arn=f"arn:aws:s3:::data-{i}", id=f"data-{i}", region=REGIONS[i % 3], tags_all=after["tags"],
                      bucket_domain_name=f"data-{i}.s3.amazonaws.com", hosted_zone_id="Z3AQBSTGFYJSTF",
                      versioning=[], logging=[], request_payer="BucketOwner")
        return after, ["arn", "id", "region", "tags_all", "bucket_domain_name", "hosted_zone_id", "versioning", "logging",
                       "request_payer"], actual, {}

    def instance(self, i):
        after = {"ami": f"ami-{i % 13:017x}", "credit_specification": [], "disable_api_termination": True, "ebs_optimized": None,
                 "get_password_data": False, "hibernation": None, "iam_instance_profile": f"profile-{i % 50}",
                 "instance_type": "m6i.large", "launch_template": [], "monitoring": None, "source_dest_check": True,
                 "subnet_id": f"subnet-{i % 300:08x}", "tags": self.tags(i), "timeouts": None,
                 "metadata_options": [{"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1}],
                 "volume_tags": None, "vpc_security_group_ids": [f"sg-{i % 7:x}", f"sg-{i % 7 + 9:x}"]}
        actual = dict(after, arn=f"arn:aws:ec2:us-east-1:123456789012:instance/i-{i:017x}", id=f"i-{i:017x}",
                      availability_zone="us-east-1a", private_ip=f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}",
                      instance_state="running", tags_all=after["tags"], ebs_optimized=False, monitoring=False)
        if self.r.random() < 0.3:
            actual["vpc_security_group_ids"] = list(reversed(after["vpc_security_group_ids"]))
        return after, ["arn", "id", "availability_zone", "private_ip", "instance_state", "tags_all"], actual, {}

    def database(self, i):
        secret = f"pw-{self.r.getrandbits(64):016x}"
        after = {"allocated_storage": 100 + i % 10, "backup_retention_period": 7, "copy_tags_to_snapshot": False,
                 "deletion_protection": True, "engine": "postgres", "engine_version": "16.3", "identifier": f"db-{i}",
                 "instance_class": "db.t4g.medium", "max_allocated_storage": None, "multi_az": True, "password": secret,
                 "publicly_accessible": False, "skip_final_snapshot": False, "storage_encrypted": True, "tags": self.tags(i),
                 "timeouts": None, "username": "app"}
        actual = dict(after, address=f"db-{i}.example.com", arn=f"arn:aws:rds:us-east-1:123456789012:db:db-{i}",
                      id=f"db-{i}", port=5432, status="available", tags_all=after["tags"], max_allocated_storage=0,
                      latest_restorable_time=f"2026-01-02T03:{i % 60:02d}:00Z")
        return after, ["address", "arn", "id", "port", "status", "tags_all", "latest_restorable_time"], actual, {"password": True}

    def parameters(self, i):
        values = [{"apply_method": "immediate", "name": f"setting_{k}", "value": str(1000 + k)} for k in range(6)]
        after = {"description": "managed", "family": "postgres16", "name": f"params-{i}", "parameter": values,
                 "skip_destroy": False, "tags": self.tags(i)}
        shuffled = list(values)
        if self.r.random() < 0.3:
            self.r.shuffle(shuffled)
        actual = dict(after, arn=f"arn:aws:rds:us-east-1:123456789012:pg:params-{i}", id=f"params-{i}", parameter=shuffled,
                      name_prefix="", tags_all=after["tags"])
        return after, ["arn", "id", "name_prefix", "tags_all"], actual, {}

    def record(self, i):
        after = {"alias": [], "allow_overwrite": None, "health_check_id": None, "name": f"host-{i}.example.com", "records":
                 [f"10.2.{i >> 8 & 255}.{i & 255}", "10.9.9.9"], "set_identifier": None, "ttl": 60, "type": "A",
                 "weighted_routing_policy": [{"weight": i % 100}], "zone_id": "Z0123456789"}
        actual = dict(after, fqdn=f"host-{i}.example.com", id=f"Z0123456789_host-{i}.example.com_A", health_check_id="",
                      set_identifier="", records=list(reversed(after["records"])))
        return after, ["fqdn", "id"], actual, {}


KINDS = {"aws_security_group": Maker.security_group, "aws_iam_role": Maker.role, "aws_s3_bucket": Maker.bucket,
         "aws_instance": Maker.instance, "aws_db_instance": Maker.database, "aws_db_parameter_group": Maker.parameters,
         "aws_route53_record": Maker.record}


def rule(port, cidr):
    return {"cidr_blocks": [cidr], "description": "", "from_port": port, "ipv6_cidr_blocks": [], "prefix_list_ids": [],
            "protocol": "tcp", "security_groups": [], "self": False, "to_port": port}


def plant(r, kind, actual):
    """Changes the actual values for real; says what, or None where this kind has no such change."""
    actual.update({k: json.loads(json.dumps(v)) for k, v in actual.items()})
    if kind == "aws_security_group":
        if r.random() < 0.5:
            actual["ingress"] = [rule(22, "0.0.0.0/0")]
            return "ingress", "rule opened"
        actual["egress"][0]["cidr_blocks"] = ["0.0.0.0/0"]
        return "egress", "rule widened"
    if kind == "aws_iam_role":
        if r.random() < 0.5:
            actual["managed_policy_arns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            return "managed_policy_arns", "policy attached"
        document = json.loads(actual["assume_role_policy"])
        document["Statement"][0]["Action"] = "*"
        actual["assume_role_policy"] = json.dumps(document)
        return "assume_role_policy", "policy widened"
    if kind == "aws_s3_bucket":
        actual["tags"]["Owner"] = "somebody@example.com"
        actual["tags_all"]["Owner"] = "somebody@example.com"
        return "tags", "tag changed"
    if kind == "aws_instance":
        if r.random() < 0.5:
            actual["instance_type"] = "m6i.4xlarge"
            return "instance_type", "size changed"
        actual["metadata_options"][0]["http_tokens"] = "optional"
        return "metadata_options", "protection off"
    if kind == "aws_db_instance":
        if r.random() < 0.5:
            actual["password"] = "changed-by-somebody"
            return "password", "secret changed"
        actual["backup_retention_period"] = 0
        return "backup_retention_period", "backups off"
    if kind == "aws_db_parameter_group":
        if r.random() < 0.5:
            actual["parameter"][2]["value"] = "1"
            return "parameter", "member changed"
        del actual["parameter"][2]
        return "parameter", "member gone"
    actual["weighted_routing_policy"][0]["weight"] = 255
    return "weighted_routing_policy", "weight moved"


def ordered(value):
    """Keys sorted, as Terraform writes values."""
    return json.loads(json.dumps(value, sort_keys=True))


def resources(n, seed):
    """Yields (module, type, instance key, planned values, unknown names, actual values, masks, truth, there, planned)."""
    maker = Maker(seed)
    r = maker.r
    kinds = list(KINDS)
    for i in range(n):
        kind = kinds[i % len(kinds)]
        cell = f'module.cell["{REGIONS[i % 3]}/{i // 70 % 1000}"]'
        after, unknown, actual, masks = KINDS[kind](maker, i)
        truth = None
        there, planned = True, True
        if r.random() < 0.01:
            dice = r.random()
            if dice < 0.1:
                there, truth = False, (None, "missing")
            elif dice < 0.2:
                planned, truth = False, (None, "extra")
            else:
                truth = plant(r, kind, actual)
        yield cell, kind, f"n-{i}", ordered(after), unknown, actual, masks, truth, there, planned


def main():
    n, folder, seed = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    folder.mkdir(parents=True, exist_ok=True)
    changes, truth, modules_plan, modules_state = [], [], {}, {}
    expressions = {}
    for cell, kind, key, after, unknown, actual, masks, fact, there, planned in resources(n, seed):
        address = f'{cell}.{kind}.main["{key}"]'
        common = {"address": address, "mode": "managed", "type": kind, "name": "main", "index": key, "provider_name": PROVIDER}
        if fact:
            truth.append({"address": address, "path": fact[0], "kind": fact[1]})
        if planned:
            changes.append(dict(common, module_address=cell, change={
                "actions": ["create"], "before": None, "after": after, "after_unknown": {k: True for k in sorted(unknown)},
                "before_sensitive": False, "after_sensitive": masks}))
            modules_plan.setdefault(cell, []).append(dict(common, schema_version=1, values=after, sensitive_values=masks))
            expressions.setdefault(kind, {"address": f"{kind}.main", "mode": "managed", "type": kind, "name": "main",
                                          "provider_config_key": "aws", "schema_version": 1, "for_each_expression": {},
                                          "expressions": {k: {} for k in sorted(after)}})
        if there:
            modules_state.setdefault(cell, []).append(dict(common, schema_version=1, values=actual, sensitive_values=masks))
    changes.sort(key=lambda change: (change["module_address"], change["type"], change["index"]))  # as Terraform does
    tree = lambda modules: {"root_module": {"child_modules": [
        {"address": m, "resources": sorted(rs, key=lambda x: x["address"])} for m, rs in sorted(modules.items())]}}
    module = {"resources": list(expressions.values())}
    plan = {"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": tree(modules_plan), "resource_changes": changes,
            "configuration": {"provider_config": {"aws": {"name": "aws", "full_name": PROVIDER}},
                              "root_module": {"module_calls": {"cell": {"source": "./cell", "module": module}}}},
            "timestamp": "2026-11-22T02:13:00Z", "applyable": True, "complete": True, "errored": False}
    state = {"format_version": "1.0", "terraform_version": "1.11.4", "values": tree(modules_state)}
    for name, value in (("plan.json", plan), ("state.json", state), ("truth.json", truth)):
        with open(folder / name, "w", encoding="utf-8") as file:
            json.dump(value, file, separators=(",", ":"), sort_keys=name == "state.json")


if __name__ == "__main__":
    main()
