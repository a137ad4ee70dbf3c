# SPDX-License-Identifier: Apache-2.0
"""By hand at what the provider makes slowly: database, load balancer, names."""
from table import change, changed, missing, replaced, wider

# Database

DATABASE = "aws_db_instance.app"


def database(w, **changes):
    w.rds.modify_db_instance(DBInstanceIdentifier="changes", ApplyImmediately=True, **changes)


change(
    "a database is open to the public",
    lambda w: database(w, PubliclyAccessible=True),
    lambda w, _: database(w, PubliclyAccessible=False),
    wider(DATABASE, "publicly_accessible"),
    slow=True,
)
change(
    "a database can be deleted",
    lambda w: database(w, DeletionProtection=False),
    lambda w, _: database(w, DeletionProtection=True),
    wider(DATABASE, "deletion_protection"),
    slow=True,
)
change(
    "a database's backups are kept for a day",
    lambda w: database(w, BackupRetentionPeriod=1),
    lambda w, _: database(w, BackupRetentionPeriod=7),
    wider(DATABASE, "backup_retention_period"),
    slow=True,
)
change(
    "a database has another size",
    lambda w: database(w, DBInstanceClass="db.t4g.large"),
    lambda w, _: database(w, DBInstanceClass="db.t4g.small"),
    changed(DATABASE, "instance_class"),
    slow=True,
)

# Load balancer


def balancer(w, key, value):
    w.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=w.id("loadbalancer.arn"), Attributes=[{"Key": key, "Value": value}]
    )


def listener(w, **changes):
    have = w.elbv2.describe_listeners(ListenerArns=[w.id("loadbalancer.listener")])["Listeners"][0]
    before = {key: have[key] for key in ("Port", "Protocol", "SslPolicy") if key in have}
    w.elbv2.modify_listener(ListenerArn=w.id("loadbalancer.listener"), **changes)
    return before


def health(w, path):
    w.elbv2.modify_target_group(
        TargetGroupArn=w.id("loadbalancer.targets"), HealthCheckPath=path
    )


TARGETS = [{"Id": "10.60.0.10", "Port": 8443}]
change(
    "a load balancer passes invalid headers on",
    lambda w: balancer(w, "routing.http.drop_invalid_header_fields.enabled", "false"),
    lambda w, _: balancer(w, "routing.http.drop_invalid_header_fields.enabled", "true"),
    wider("aws_lb.api", "drop_invalid_header_fields"),
    slow=True,
)
change(
    "a load balancer can be deleted",
    lambda w: balancer(w, "deletion_protection.enabled", "false"),
    lambda w, _: balancer(w, "deletion_protection.enabled", "true"),
    wider("aws_lb.api", "enable_deletion_protection"),
    slow=True,
)
change(
    "a listener has another port",
    lambda w: listener(w, Port=8443),
    lambda w, before: listener(w, **before),
    changed("aws_lb_listener.https", "port"),
    slow=True,
)
change(
    "a listener speaks plain HTTP",
    lambda w: listener(w, Protocol="HTTP"),
    lambda w, before: listener(w, **before),
    wider("aws_lb_listener.https", "protocol"),
    slow=True,
)
change(
    "a listener takes older TLS",
    lambda w: listener(w, SslPolicy="ELBSecurityPolicy-2016-08"),
    lambda w, before: listener(w, **before),
    wider("aws_lb_listener.https", "ssl_policy"),
    slow=True,
)
change(
    "a target group's health check asks for another path",
    lambda w: health(w, "/"),
    lambda w, _: health(w, "/health"),
    changed("aws_lb_target_group.api", "health_check[0].path"),
    slow=True,
)
change(
    "a target is deregistered",
    lambda w: w.elbv2.deregister_targets(
        TargetGroupArn=w.id("loadbalancer.targets"), Targets=TARGETS
    ),
    lambda w, _: w.elbv2.register_targets(
        TargetGroupArn=w.id("loadbalancer.targets"), Targets=TARGETS
    ),
    missing("aws_lb_target_group_attachment.api"),
    slow=True,
)

# Names


def record(w, side, action="UPSERT", weight=None, ttl=60):
    sides = {"primary": ("192.0.2.1", 100), "standby": ("192.0.2.2", 0), "third": ("192.0.2.3", 0)}
    address, usual = sides[side]
    entry = {
        "Name": "api.changes.example.com",
        "Type": "A",
        "SetIdentifier": side,
        "Weight": usual if weight is None else weight,
        "TTL": ttl,
        "ResourceRecords": [{"Value": address}],
    }
    w.route53.change_resource_record_sets(
        HostedZoneId=w.id("names.zone"),
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": entry}]},
    )


change(
    "weight is moved to the standby",
    lambda w: record(w, "standby", weight=50),
    lambda w, _: record(w, "standby"),
    changed('aws_route53_record.api["standby"]', "weighted_routing_policy[0].weight"),
    slow=True,
)
change(
    "a record lives for a day",
    lambda w: record(w, "primary", ttl=86400),
    lambda w, _: record(w, "primary"),
    changed('aws_route53_record.api["primary"]', "ttl"),
    slow=True,
)
change(
    "a record is deleted",
    lambda w: record(w, "standby", "DELETE"),
    lambda w, _: record(w, "standby"),
    missing('aws_route53_record.api["standby"]'),
    slow=True,
)
change(
    "a record is added beside the planned ones",
    lambda w: record(w, "third", weight=50),
    lambda w, _: record(w, "third", "DELETE", weight=50),
    slow=True,
    unseen="the provider reads only the records that it manages",
)

# Last, since Terraform makes it anew: a new object at the old address is told once.
change(
    "a listener is deleted, and made anew",
    lambda w: w.elbv2.delete_listener(ListenerArn=w.id("loadbalancer.listener")),
    lambda w, _: w.apply(),
    missing("aws_lb_listener.https"),
    after=(replaced("aws_lb_listener.https"),),
    slow=True,
)
