resource "aws_vpc" "main" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_subnet" "main" {
  count = 2

  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 4, count.index)
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "default" {
  route_table_id         = aws_route_table.main.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_network_acl" "main" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = aws_subnet.main[*].id
}

resource "aws_network_acl_rule" "https" {
  network_acl_id = aws_network_acl.main.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
  from_port      = 443
  to_port        = 443
}

resource "aws_security_group" "app" {
  name        = "changes-app"
  description = "Application"
  vpc_id      = aws_vpc.main.id

  tags = {
    Tier = "app"
  }
}

# One of either kind: the ids of the first are the cloud's, those of the second made of its content.
resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.app.id
  description       = "From the offices"
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group_rule" "postgres" {
  security_group_id = aws_security_group.app.id
  type              = "egress"
  description       = "To the database"
  cidr_blocks       = ["10.60.0.0/16"]
  protocol          = "tcp"
  from_port         = 5432
  to_port           = 5432
}

output "network" {
  value = {
    subnet      = aws_subnet.main[0].id
    gateway     = aws_internet_gateway.main.id
    route_table = aws_route_table.main.id
    acl         = aws_network_acl.main.id
    group       = aws_security_group.app.id
    https       = aws_vpc_security_group_ingress_rule.https.security_group_rule_id
    vpc         = aws_vpc.main.id
  }
}
