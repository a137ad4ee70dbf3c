# SPDX-License-Identifier: Apache-2.0
# Where downloaded things are kept: Python packages, the Terraform provider. To be sourced.

cache_dir=${MUSTER_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/muster}

# venv_dir REQUIREMENTS: the folder of the virtual environment for exactly these pins; other pins
# get another folder, so that an environment is either complete or not there.
venv_dir() {
  printf '%s/venv-%s\n' "$cache_dir" "$(sha256sum "$1" | cut -c1-12)"
}
