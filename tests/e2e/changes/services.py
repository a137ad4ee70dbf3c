# SPDX-License-Identifier: Apache-2.0
"""By hand at what runs and watches: logs, trail, cluster, parameters, topic."""
import json

from table import baseline, change, changed, extra, missing, sensitive, wider

# Logs

LOGS = "/changes/app"
change(
    "logs are kept for a day",
    lambda w: w.logs.put_retention_policy(logGroupName=LOGS, retentionInDays=1),
    lambda w, _: w.logs.put_retention_policy(logGroupName=LOGS, retentionInDays=90),
    wider("aws_cloudwatch_log_group.app", "retention_in_days"),
)
change(
    "the trail is stopped",
    lambda w: w.cloudtrail.stop_logging(Name="changes"),
    lambda w, _: w.cloudtrail.start_logging(Name="changes"),
    wider("aws_cloudtrail.main", "enable_logging"),
)


def validation(w, on):
    w.cloudtrail.update_trail(Name="changes", EnableLogFileValidation=on)


change(
    "the trail's files are not validated",
    lambda w: validation(w, False),
    lambda w, _: validation(w, True),
    wider("aws_cloudtrail.main", "enable_log_file_validation"),
)

# Cluster


def cluster_network(w, cidr):
    w.eks.update_cluster_config(
        name="changes", resourcesVpcConfig={"publicAccessCidrs": [cidr]}
    )


def cluster_log(w, on):
    setting = {"types": ["audit"], "enabled": on}
    w.eks.update_cluster_config(name="changes", logging={"clusterLogging": [setting]})


def nodes(w, **scaling):
    w.eks.update_nodegroup_config(
        clusterName="changes", nodegroupName="primary", scalingConfig=scaling
    )


change(
    "the cluster's endpoint is open to everyone",
    lambda w: cluster_network(w, "0.0.0.0/0"),
    lambda w, _: cluster_network(w, "198.51.100.0/24"),
    wider("aws_eks_cluster.main", "vpc_config[0].public_access_cidrs[0]"),
)
change(
    "the cluster's audit log is switched off",
    lambda w: cluster_log(w, False),
    lambda w, _: cluster_log(w, True),
    wider("aws_eks_cluster.main", "enabled_cluster_log_types"),
)
change(
    "nodes run in the standby",
    lambda w: nodes(w, desiredSize=3),
    lambda w, _: nodes(w, desiredSize=0),
    changed("aws_eks_node_group.primary", "scaling_config[0].desired_size"),
)
change(
    "the node group may not grow as planned",
    lambda w: nodes(w, maxSize=2, minSize=0, desiredSize=0),
    lambda w, _: nodes(w, maxSize=20, minSize=0, desiredSize=0),
    changed("aws_eks_node_group.primary", "scaling_config[0].max_size"),
)

# Parameters

DEFAULT_TAGS = [
    {"Key": "Purpose", "Value": "DR-Standby"},
    {"Key": "Workload", "Value": "changes"},
]
TIER = {"Key": "Tier", "Value": "app"}
RELEASE, REPLICAS = "/changes/release", "/changes/replicas"


def made_anew(w, name, value, tags):
    """Each change of a value counts a version up; only a new parameter begins at 1 again."""
    w.ssm.delete_parameters(Names=[name])
    w.ssm.put_parameter(Name=name, Value=value, Type="String", Tags=tags)


change(
    "a parameter has another value",
    lambda w: w.ssm.put_parameter(Name=RELEASE, Value="2026.10.9", Overwrite=True),
    lambda w, _: made_anew(w, RELEASE, "2026.11.1", [*DEFAULT_TAGS, TIER]),
    sensitive("aws_ssm_parameter.release", "value"),
    baseline("aws_ssm_parameter.release", "version"),
)
change(
    "a parameter is deleted",
    lambda w: w.ssm.delete_parameter(Name=REPLICAS),
    lambda w, _: made_anew(w, REPLICAS, "3", DEFAULT_TAGS),
    missing("aws_ssm_parameter.replicas"),
)


def tag(w, key, value):
    w.ssm.add_tags_to_resource(
        ResourceType="Parameter", ResourceId=RELEASE, Tags=[{"Key": key, "Value": value}]
    )


def untag(w, key):
    w.ssm.remove_tags_from_resource(
        ResourceType="Parameter", ResourceId=RELEASE, TagKeys=[key]
    )


change(
    "a tag of the provider's defaults is gone",
    lambda w: untag(w, "Purpose"),
    lambda w, _: tag(w, "Purpose", "DR-Standby"),
    changed("aws_ssm_parameter.release", "tags_all.Purpose"),
)
change(
    "a tag is added",
    lambda w: tag(w, "Owner", "somebody"),
    lambda w, _: untag(w, "Owner"),
    changed("aws_ssm_parameter.release", "tags.Owner"),
)

# Topic


def topic_policy(w, document):
    arn = w.id("platform.topic")
    before = w.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    w.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    return before


def topic_tag(w, value):
    tags = [{"Key": "Tier", "Value": value}]
    w.sns.tag_resource(ResourceArn=w.id("platform.topic"), Tags=tags)


PUBLISH = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
        ],
    }
)
change(
    "a topic is for everyone",
    lambda w: topic_policy(w, PUBLISH),
    topic_policy,
    extra("aws_sns_topic.alerts", "policy"),
)
change(
    "a tag has another value",
    lambda w: topic_tag(w, "web"),
    lambda w, _: topic_tag(w, "app"),
    changed("aws_sns_topic.alerts", "tags.Tier"),
)


def subscribe(w):
    answer = w.sns.subscribe(
        TopicArn=w.id("platform.topic"), Protocol="email", Endpoint="somebody@example.org",
        ReturnSubscriptionArn=True,
    )
    return answer["SubscriptionArn"]


change(
    "somebody subscribes to a topic",
    subscribe,
    lambda w, arn: w.sns.unsubscribe(SubscriptionArn=arn),
    unseen="the provider reads no subscriptions with a topic",
)
