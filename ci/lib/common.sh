# SPDX-License-Identifier: Apache-2.0
# What every script here says and how: steps with elapsed seconds, errors with one cure.
# To be sourced; sets no shell options.

started_at=${EPOCHREALTIME/[.,]/}

# Seconds since this script started, as 12.3.
elapsed() {
  local us=$((${EPOCHREALTIME/[.,]/} - started_at))
  printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

# step TEXT: what happens now.
step() {
  printf '%6ss  %s\n' "$(elapsed)" "$*"
}

# detail TEXT: a result of the step above.
detail() {
  printf '         %s\n' "$*"
}

# die TEXT: what is wrong and what to do, on one line.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# quietly LOG COMMAND...: runs it into LOG; shows the end of LOG where it fails.
quietly() {
  local log=$1 status=0
  shift
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    printf '%s: %s failed (%s); the end of %s:\n' "${0##*/}" "$1" "$status" "$log" >&2
    tail -n 15 "$log" | sed 's/^/    /' >&2
  fi
  return "$status"
}
