# SPDX-License-Identifier: Apache-2.0
"""By hand in the network: security groups, routes, network ACLs, subnets."""
from table import baseline, change, changed, extra, missing, undeclared, wider

GROUP = "aws_security_group.app"
HTTPS = "aws_vpc_security_group_ingress_rule.https"


def permission(port, cidr, **more):
    ranges = [{"CidrIp": cidr, **more}]
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}]


EVERYONE = permission(22, "0.0.0.0/0")
POSTGRES = permission(5432, "10.60.0.0/16", Description="To the database")


def group(w, verb, direction, permissions):
    call = getattr(w.ec2, f"{verb}_security_group_{direction}")
    call(GroupId=w.id("network.group"), IpPermissions=permissions)


change(
    "a rule that lets everyone in",
    lambda w: group(w, "authorize", "ingress", EVERYONE),
    lambda w, _: group(w, "revoke", "ingress", EVERYONE),
    extra(GROUP, "ingress"),
)
change(
    "a rule that lets everything out",
    lambda w: group(w, "authorize", "egress", EVERYONE),
    lambda w, _: group(w, "revoke", "egress", EVERYONE),
    extra(GROUP, "egress"),
)
change(
    "a rule is revoked",
    lambda w: group(w, "revoke", "egress", POSTGRES),
    lambda w, _: group(w, "authorize", "egress", POSTGRES),
    missing("aws_security_group_rule.postgres"),
    # The same rule again, and another object of the cloud's.
    stays=(baseline("aws_security_group_rule.postgres", "security_group_rule_id"),),
)


def https(w, **changes):
    """The rule as it was; changed in place, so that it keeps its id."""
    have = w.ec2.describe_security_group_rules(SecurityGroupRuleIds=[w.id("network.https")])
    keys = ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "Description")
    before = {key: have["SecurityGroupRules"][0][key] for key in keys}
    w.ec2.modify_security_group_rules(
        GroupId=w.id("network.group"),
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": w.id("network.https"),
                "SecurityGroupRule": {**before, **changes},
            }
        ],
    )
    return before


change(
    "a rule is opened to the world",
    lambda w: https(w, CidrIpv4="0.0.0.0/0"),
    lambda w, before: https(w, **before),
    wider(HTTPS, "cidr_ipv4"),
)
change(
    "a rule's ports are widened",
    lambda w: https(w, FromPort=1),
    lambda w, before: https(w, **before),
    wider(HTTPS, "from_port"),
)
change(
    "a group's tag is gone",
    lambda w: w.ec2.delete_tags(Resources=[w.id("network.group")], Tags=[{"Key": "Tier"}]),
    lambda w, _: w.ec2.create_tags(
        Resources=[w.id("network.group")], Tags=[{"Key": "Tier", "Value": "app"}]
    ),
    changed(GROUP, "tags.Tier"),
)


def route(w, verb, cidr="0.0.0.0/0", **target):
    call = getattr(w.ec2, f"{verb}_route")
    call(RouteTableId=w.id("network.route_table"), DestinationCidrBlock=cidr, **target)


def reroute(w):
    gateway = w.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    route(w, "replace", GatewayId=gateway)
    return gateway


def route_back(w, gateway):
    route(w, "replace", GatewayId=w.id("network.gateway"))
    w.ec2.delete_vpn_gateway(VpnGatewayId=gateway)


change(
    "the default route leads elsewhere",
    reroute,
    route_back,
    baseline("aws_route.default", "gateway_id"),
)
change(
    "the default route is deleted",
    lambda w: route(w, "delete"),
    lambda w, _: route(w, "create", GatewayId=w.id("network.gateway")),
    missing("aws_route.default"),
)
change(
    "a route is added",
    lambda w: route(w, "create", "192.0.2.0/24", GatewayId=w.id("network.gateway")),
    lambda w, _: route(w, "delete", "192.0.2.0/24"),
    extra("aws_route_table.main", "route"),
)


def acl_entry(w, verb, number, cidr):
    call = getattr(w.ec2, f"{verb}_network_acl_entry")
    call(
        NetworkAclId=w.id("network.acl"),
        RuleNumber=number,
        Protocol="6",
        RuleAction="allow",
        Egress=False,
        CidrBlock=cidr,
        PortRange={"From": 443, "To": 443},
    )


change(
    "a network ACL gets a rule",
    lambda w: acl_entry(w, "create", 90, "0.0.0.0/0"),
    lambda w, _: w.ec2.delete_network_acl_entry(
        NetworkAclId=w.id("network.acl"), RuleNumber=90, Egress=False
    ),
    extra("aws_network_acl.main", "ingress"),
)
change(
    "a network ACL's rule is opened",
    lambda w: acl_entry(w, "replace", 100, "0.0.0.0/0"),
    lambda w, _: acl_entry(w, "replace", 100, "10.0.0.0/8"),
    wider("aws_network_acl_rule.https", "cidr_block"),
)


def public_addresses(w, on):
    w.ec2.modify_subnet_attribute(
        SubnetId=w.id("network.subnet"), MapPublicIpOnLaunch={"Value": on}
    )


change(
    "a subnet gives out public addresses",
    lambda w: public_addresses(w, True),
    lambda w, _: public_addresses(w, False),
    wider("aws_subnet.main[0]", "map_public_ip_on_launch"),
)


def resolver(w, on):
    w.ec2.modify_vpc_attribute(VpcId=w.id("network.vpc"), EnableDnsSupport={"Value": on})


change(
    "a VPC resolves no names",
    lambda w: resolver(w, False),
    lambda w, _: resolver(w, True),
    undeclared("aws_vpc.main", "enable_dns_support"),
)
