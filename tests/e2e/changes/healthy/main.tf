# Fifty kinds of resources that nobody changes: of a stack that was just applied, muster says nothing.
# Collections that a resource declares itself beside those that others make; rules of every shape.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "registry.terraform.io/hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { Purpose = "DR-Standby" }
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_subnet" "main" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 4, count.index)
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}

resource "aws_route_table" "inline" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.main.id
  service_name    = "com.amazonaws.us-east-1.s3"
  route_table_ids = [aws_route_table.inline.id]
}

resource "aws_security_group" "inline" {
  name   = "healthy-inline"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port       = 443
    to_port         = 443
    protocol        = "tcp"
    security_groups = [aws_security_group.other.id]
    description     = "from the other"
  }
  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "other" {
  name   = "healthy-other"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "self" {
  security_group_id = aws_security_group.other.id
  type              = "ingress"
  self              = true
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
}

resource "aws_security_group_rule" "two" {
  security_group_id = aws_security_group.other.id
  type              = "ingress"
  cidr_blocks       = ["10.0.0.0/8", "192.168.0.0/16"]
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_ingress_rule" "six" {
  security_group_id = aws_security_group.other.id
  cidr_ipv6         = "2001:db8::/32"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_ingress_rule" "icmp" {
  security_group_id = aws_security_group.other.id
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "icmp"
  from_port         = -1
  to_port           = -1
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id            = aws_security_group.other.id
  referenced_security_group_id = aws_security_group.inline.id
  ip_protocol                  = "-1"
}

resource "aws_sqs_queue" "q" {
  name                      = "healthy"
  message_retention_seconds = 86400
}

resource "aws_sqs_queue" "dlq" {
  name           = "healthy-dlq"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.q.arn, maxReceiveCount = 4 })
}

resource "aws_sqs_queue_policy" "q" {
  queue_url = aws_sqs_queue.q.id
  policy    = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Action = "sqs:SendMessage", Resource = aws_sqs_queue.q.arn }] })
}

resource "aws_dynamodb_table" "t" {
  name         = "healthy"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  range_key    = "at"
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "at"
    type = "N"
  }
  attribute {
    name = "who"
    type = "S"
  }
  global_secondary_index {
    name            = "by-who"
    hash_key        = "who"
    projection_type = "ALL"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled = true
  }
}

resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "healthy"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "CPUUtilization"
  namespace           = "AWS/EC2"
  period              = 120
  statistic           = "Average"
  threshold           = 80.5
  alarm_actions       = [aws_sns_topic.t.arn]
}

resource "aws_sns_topic" "t" {
  name = "healthy"
}

resource "aws_sns_topic_policy" "t" {
  arn    = aws_sns_topic.t.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "events.amazonaws.com" }, Action = "sns:Publish", Resource = aws_sns_topic.t.arn }] })
}

resource "aws_sns_topic_subscription" "t" {
  topic_arn = aws_sns_topic.t.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.q.arn
}

resource "aws_cloudwatch_event_rule" "r" {
  name                = "healthy"
  schedule_expression = "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.r.name
  arn  = aws_sqs_queue.q.arn
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "managed" {
  name                = "healthy-managed"
  assume_role_policy  = data.aws_iam_policy_document.assume.json
  managed_policy_arns = [aws_iam_policy.p.arn]
  inline_policy {
    name   = "in"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
  }
}

resource "aws_iam_policy" "p" {
  name   = "healthy"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = ["*"] }] })
}

resource "aws_iam_user" "u" {
  name = "healthy"
}

resource "aws_iam_group" "g" {
  name = "healthy"
}

resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.u.name
  groups = [aws_iam_group.g.name]
}

resource "aws_iam_policy_attachment" "all" {
  name       = "healthy"
  policy_arn = aws_iam_policy.p2.arn
  users      = [aws_iam_user.u.name]
  roles      = [aws_iam_role.exclusive.name]
}

resource "aws_iam_policy" "p2" {
  name   = "healthy-2"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = ["s3:GetObject"], Resource = ["*"] }] })
}

resource "aws_iam_role" "exclusive" {
  name               = "healthy-exclusive"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_openid_connect_provider" "o" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

resource "aws_kms_key" "k" {
  description = "healthy"
}

resource "aws_kms_alias" "k" {
  name          = "alias/healthy"
  target_key_id = aws_kms_key.k.key_id
}

resource "aws_s3_bucket" "b" {
  bucket = "healthy-bucket"
}

resource "aws_s3_bucket" "logs" {
  bucket = "healthy-logs"
}

resource "aws_s3_bucket_cors_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://example.com"]
  }
}

resource "aws_s3_bucket_website_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  index_document {
    suffix = "index.html"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {
      prefix = "tmp/"
    }
    expiration {
      days = 30
    }
    noncurrent_version_expiration {
      noncurrent_days = 5
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "b" {
  depends_on = [aws_s3_bucket_ownership_controls.b]
  bucket     = aws_s3_bucket.b.id
  acl        = "private"
}

resource "aws_launch_template" "l" {
  name          = "healthy"
  image_id      = "ami-12c6146b"
  instance_type = "t3.micro"
}

resource "aws_autoscaling_group" "g" {
  name                = "healthy"
  min_size            = 0
  max_size            = 2
  desired_capacity    = 0
  vpc_zone_identifier = aws_subnet.main[*].id
  target_group_arns   = [aws_lb_target_group.t.arn]
  launch_template {
    id      = aws_launch_template.l.id
    version = "$Latest"
  }
  tag {
    key                 = "Name"
    value               = "healthy"
    propagate_at_launch = true
  }
}

resource "aws_lb_target_group" "t" {
  name     = "healthy"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.main.id
}

resource "aws_instance" "i" {
  ami                    = "ami-12c6146b"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.main[0].id
  vpc_security_group_ids = [aws_security_group.inline.id]
}

resource "aws_ebs_volume" "v" {
  availability_zone = "us-east-1a"
  size              = 10
  encrypted         = true
}

resource "aws_volume_attachment" "v" {
  device_name = "/dev/sdf"
  instance_id = aws_instance.i.id
  volume_id   = aws_ebs_volume.v.id
}

resource "aws_eip" "e" {
  domain   = "vpc"
  instance = aws_instance.i.id
}

resource "aws_ecs_cluster" "c" {
  name = "healthy"
}

resource "aws_ecs_cluster_capacity_providers" "c" {
  cluster_name       = aws_ecs_cluster.c.name
  capacity_providers = ["FARGATE"]
}

resource "aws_glue_catalog_database" "d" {
  name = "healthy"
}

resource "aws_glue_catalog_table" "t" {
  database_name = aws_glue_catalog_database.d.name
  name          = "t"
  table_type    = "EXTERNAL_TABLE"
  parameters    = { classification = "parquet" }
  storage_descriptor {
    location = "s3://healthy-bucket/t/"
    columns {
      name = "a"
      type = "int"
    }
    columns {
      name = "b"
      type = "string"
    }
  }
}

resource "aws_secretsmanager_secret" "s" {
  name = "healthy"
}

resource "aws_secretsmanager_secret_policy" "s" {
  secret_arn = aws_secretsmanager_secret.s.arn
  policy     = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.managed.arn }, Action = "secretsmanager:GetSecretValue", Resource = "*" }] })
}

resource "aws_flow_log" "f" {
  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = aws_s3_bucket.logs.arn
}

resource "aws_default_security_group" "d" {
  vpc_id = aws_vpc.main.id
}

resource "aws_ssm_parameter" "secure" {
  name  = "/healthy/secure"
  type  = "SecureString"
  value = "hush-hush-hush"
}
