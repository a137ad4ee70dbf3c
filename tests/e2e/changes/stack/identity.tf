data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "eks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::corp-dr-changes/*"]
  }
}

resource "aws_iam_role" "app" {
  name               = "changes-app"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "other" {
  name               = "changes-other"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "workers" {
  role       = aws_iam_role.app.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.app.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_policy" "read" {
  name   = "changes-read"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_instance_profile" "app" {
  name = "changes-app"
  role = aws_iam_role.app.name
}

output "identity" {
  value = {
    policy = aws_iam_policy.read.arn
  }
}
