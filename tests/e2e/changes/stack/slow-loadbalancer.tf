resource "aws_lb" "api" {
  name                       = "changes"
  load_balancer_type         = "application"
  internal                   = true
  security_groups            = [aws_security_group.app.id]
  subnets                    = aws_subnet.main[*].id
  drop_invalid_header_fields = true
  enable_deletion_protection = true
}

resource "aws_lb_target_group" "api" {
  name        = "changes"
  port        = 8443
  protocol    = "HTTPS"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id

  health_check {
    path     = "/health"
    protocol = "HTTPS"
    matcher  = "200"
  }
}

resource "aws_lb_target_group_attachment" "api" {
  target_group_arn = aws_lb_target_group.api.arn
  target_id        = "10.60.0.10"
  port             = 8443
}

resource "aws_acm_certificate" "api" {
  domain_name       = "api.example.com"
  validation_method = "DNS"
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.api.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate.api.arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

output "loadbalancer" {
  value = {
    arn      = aws_lb.api.arn
    targets  = aws_lb_target_group.api.arn
    listener = aws_lb_listener.https.arn
  }
}
