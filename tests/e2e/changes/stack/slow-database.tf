resource "aws_db_subnet_group" "app" {
  name       = "changes"
  subnet_ids = aws_subnet.main[*].id
}

resource "aws_db_instance" "app" {
  identifier              = "changes"
  engine                  = "postgres"
  engine_version          = "16.4"
  instance_class          = "db.t4g.small"
  allocated_storage       = 20
  storage_encrypted       = true
  username                = "app"
  password                = "of-this-test-alone"
  db_subnet_group_name    = aws_db_subnet_group.app.name
  vpc_security_group_ids  = [aws_security_group.app.id]
  backup_retention_period = 7
  deletion_protection     = true
  skip_final_snapshot     = true
}
