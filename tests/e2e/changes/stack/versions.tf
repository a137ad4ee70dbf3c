# A stack with one of most things that somebody may change by hand: what is quick to apply stands in
# every *.tf but slow-*.tf, which take the provider one or two minutes.

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
    tags = {
      Purpose  = "DR-Standby"
      Workload = "changes"
    }
  }
}
