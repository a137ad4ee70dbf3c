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

# attended COMMAND...: runs it so that a signal that ends this script ends it first. A shell alone
# would sit out the command before it looks at the signal. With `log` set, its output goes there:
# a redirection of the call itself would swallow what the trap has to say.
attended() {
  local status=0
  # The shell makes background commands deaf to an interrupt and to the terminal: undone here.
  (
    trap - INT
    if [ -n "${log:-}" ]; then
      exec >"$log" 2>&1 </dev/null
    fi
    exec "$@"
  ) <&0 &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

# To be set as the trap of INT and TERM by a script that uses `attended`.
interrupted() {
  local signal=$1
  if [ -n "${child:-}" ]; then
    # A terminal has sent its interrupt to the command as well: twice means "at once" to many.
    [ "$signal" = INT ] && [ -t 0 ] || kill -"$signal" "$child" 2>/dev/null || true
    wait "$child" || true
  fi
  exit $((128 + $(kill -l "$signal")))
}

end_on_signals() {
  trap 'interrupted INT' INT
  trap 'interrupted TERM' TERM
}

# quietly LOG COMMAND...: runs it into LOG; shows the end of LOG where it fails.
quietly() {
  local log=$1 status=0
  shift
  if [ "$(type -t "$1")" = file ]; then
    attended "$@" || status=$?
  else
    "$@" >"$log" 2>&1 </dev/null || status=$?
  fi
  if [ "$status" -ne 0 ]; then
    printf '%s: %s failed (%s); the end of %s:\n' "${0##*/}" "$1" "$status" "$log" >&2
    tail -n 15 "$log" | sed 's/^/    /' >&2
  fi
  return "$status"
}
