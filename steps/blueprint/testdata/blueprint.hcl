version       = 1
admin_account = "111111111111"
state_region  = "eu-west-1"
admin_profile = "admin_iam"

group "admins" {
  users        = ["alice", "bob"]
  environments = ["*"]
}

user "bob" {
  recipient = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN bob@example.com"
}

environment "production" {
  account     = "222222222222"
  role        = "TerraformAdmin"
  permissions = "article"
  region      = "eu-west-1"
}

project "common-production" {
  dir         = "live/production"
  environment = "production"
  state_key   = "common/production"
}

kms_key {
  alias       = "alias/terraform"
  description = "Used by terraform to store remote state"
  users       = "group"
}

bucket {
  name   = "acme-terraform-state"
  policy = "strict"
}

lock {
  use_lockfile   = true
  dynamodb_table = "terraform_locks"
  billing_mode   = "PAY_PER_REQUEST"
}
