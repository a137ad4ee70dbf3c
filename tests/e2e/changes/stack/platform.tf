resource "aws_cloudwatch_log_group" "app" {
  name              = "/changes/app"
  retention_in_days = 90
}

resource "aws_s3_bucket" "trail" {
  bucket = "corp-dr-changes-trail"
}

data "aws_iam_policy_document" "trail" {
  statement {
    actions   = ["s3:GetBucketAcl", "s3:PutObject"]
    resources = [aws_s3_bucket.trail.arn, "${aws_s3_bucket.trail.arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = data.aws_iam_policy_document.trail.json
}

resource "aws_cloudtrail" "main" {
  name                       = "changes"
  s3_bucket_name             = aws_s3_bucket.trail.id
  enable_log_file_validation = true

  depends_on = [aws_s3_bucket_policy.trail]
}

resource "aws_eks_cluster" "main" {
  name     = "changes"
  role_arn = aws_iam_role.app.arn
  version  = "1.33"

  enabled_cluster_log_types = ["api", "audit"]

  vpc_config {
    subnet_ids          = aws_subnet.main[*].id
    public_access_cidrs = ["198.51.100.0/24"]
  }
}

resource "aws_eks_node_group" "primary" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "primary"
  node_role_arn   = aws_iam_role.app.arn
  subnet_ids      = aws_subnet.main[*].id

  scaling_config {
    desired_size = 0
    min_size     = 0
    max_size     = 20
  }
}

resource "aws_glue_catalog_database" "serving" {
  name        = "changes_serving"
  description = "Views of the serving layer"

  parameters = {
    classification = "iceberg"
  }
}

resource "aws_secretsmanager_secret" "database" {
  name = "changes/database"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ username = "app", password = "of-this-test-alone" })
}

resource "aws_ssm_parameter" "release" {
  name  = "/changes/release"
  type  = "String"
  value = "2026.11.1"

  tags = {
    Tier = "app"
  }
}

resource "aws_ssm_parameter" "replicas" {
  name  = "/changes/replicas"
  type  = "String"
  value = "3"
}

resource "aws_sns_topic" "alerts" {
  name = "changes-alerts"

  tags = {
    Tier = "app"
  }
}

output "platform" {
  value = {
    topic  = aws_sns_topic.alerts.arn
    secret = aws_secretsmanager_secret.database.arn
  }
}
