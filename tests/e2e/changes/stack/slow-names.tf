resource "aws_route53_zone" "service" {
  name = "changes.example.com"
}

resource "aws_route53_record" "api" {
  for_each = { primary = { address = "192.0.2.1", weight = 100 }, standby = { address = "192.0.2.2", weight = 0 } }

  zone_id        = aws_route53_zone.service.zone_id
  name           = "api.changes.example.com"
  type           = "A"
  ttl            = 60
  records        = [each.value.address]
  set_identifier = each.key

  weighted_routing_policy {
    weight = each.value.weight
  }
}

output "names" {
  value = {
    zone = aws_route53_zone.service.zone_id
  }
}
