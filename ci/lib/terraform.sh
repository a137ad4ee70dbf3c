# SPDX-License-Identifier: Apache-2.0
# Finds Terraform or OpenTofu, and a provider mirror on this machine. To be sourced after cache.sh.

# The provider that the rehearsal's layers pin; the versions.tf files name the same one.
aws_provider=registry.terraform.io/hashicorp/aws
aws_provider_version=5.100.0

# Prints the command, or fails.
find_terraform() {
  if [ -n "${MUSTER_TERRAFORM:-}" ]; then
    command -v "$MUSTER_TERRAFORM"
  else
    command -v terraform || command -v tofu
  fi
}

# Folders where a mirror may lie: the one named by the CLI configuration, those that Terraform and
# OpenTofu look into by themselves, and the one that ci/setup fills.
mirror_folders() {
  local config data IFS=:
  for config in "${TF_CLI_CONFIG_FILE:-}" "$HOME/.terraformrc" "$HOME/.tofurc"; do
    if [ -f "$config" ]; then
      sed -n 's/^[[:space:]]*path[[:space:]]*=[[:space:]]*"\([^"]*\)".*/\1/p' "$config"
    fi
  done
  for data in "${XDG_DATA_HOME:-$HOME/.local/share}" ${XDG_DATA_DIRS:-/usr/local/share:/usr/share}; do
    printf '%s\n' "$data/terraform/plugins" "$data/opentofu/plugins"
  done
  printf '%s\n' "$HOME/.terraform.d/plugins" "$cache_dir/providers"
}

# holds_provider FOLDER: packed or unpacked, any platform.
holds_provider() {
  local provider=$1/$aws_provider
  [ -d "$provider/$aws_provider_version" ] ||
    compgen -G "$provider/terraform-provider-aws_${aws_provider_version}_*.zip" >/dev/null
}

# Prints the folder that holds registry.terraform.io with the provider, or fails.
find_mirror() {
  local folder
  while IFS= read -r folder; do
    if holds_provider "$folder"; then
      printf '%s\n' "$folder"
      return 0
    fi
  done < <(mirror_folders
    find /opt -maxdepth 5 -type d -name "${aws_provider%%/*}" -printf '%h\n' 2>/dev/null)
  return 1
}

# write_cli_config FILE: makes the mirror the only source of the provider, if there is one.
write_cli_config() {
  local mirror
  if mirror=$(find_mirror); then
    cat >"$1" <<END
provider_installation {
  filesystem_mirror {
    path    = "$mirror"
    include = ["${aws_provider%%/*}/*/*"]
  }
}
END
  else
    printf '# No provider mirror on this machine: Terraform asks the registry.\n' >"$1"
  fi
}
