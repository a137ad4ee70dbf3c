# SPDX-License-Identifier: Apache-2.0
# What the end-to-end tests share: results, a rehearsal of one's own, expectations of a command.
# To be sourced by a script that gets the muster binary as its first argument. Each result is one
# line that begins with `ok`, `not ok` or `skip`; a skip that says [needed] fails in CI.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
fixtures=$root/fixtures/rehearsal
muster=$(realpath -- "${1:?usage: ${0##*/} MUSTER}")
failures=0
full=${MUSTER_CHECK_FULL:-no}

umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/muster-e2e-XXXXXX")
rehearsal=
# A test's own undo: what a script starts beside the rehearsal.
cleanup=()

finish() {
  local status=$? one
  trap - EXIT INT TERM HUP
  for one in ${cleanup[@]+"${cleanup[@]}"}; do
    $one 2>/dev/null || true # may be over already
  done
  if [ -n "$rehearsal" ]; then
    "$fixtures/down" --dir "$rehearsal" >"$work/down.log" 2>&1 || cat "$work/down.log" >&2
  fi
  if [ "${KEEP:-no}" = yes ]; then
    printf '# kept: %s\n' "$work"
  else
    rm -rf "$work"
  fi
  [ "$failures" -eq 0 ] || [ "$status" -ne 0 ] || status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

ok() {
  printf 'ok %s\n' "$*"
}

not_ok() {
  failures=$((failures + 1))
  printf 'not ok %s\n' "$*"
}

skip() {
  printf 'skip %s\n' "$*"
}

# check NAME COMMAND...: ok if the command succeeds.
check() {
  local name=$1
  shift
  if "$@"; then ok "$name"; else not_ok "$name"; fi
}

quiet() {
  "$@" >>"$work/quiet.log" 2>&1
}

# Brings up the small rehearsal in a folder of this script's own and goes there; a script ends here
# where the rehearsal's parts are not installed.
small_rehearsal() {
  rehearsal=$work/r
  if ! "$fixtures/up" --small --dir "$rehearsal" >"$work/up.log" 2>&1; then
    if grep -qE 'run ci/setup|not found|no terraform' "$work/up.log"; then
      skip "all: the rehearsal's parts are not installed: $(tail -n 1 "$work/up.log") [needed]"
      exit 0
    fi
    tail -n 20 "$work/up.log"
    not_ok "the small rehearsal comes up"
    exit 1
  fi
  . "$rehearsal/env"
  cd "$rehearsal"
}

fault() {
  "$fixtures/fault" "$@" --dir "$rehearsal" >>"$work/fault.log" 2>&1 || {
    tail -n 5 "$work/fault.log"
    not_ok "fault $*"
    return 1
  }
}

# open_findings RECORD: what did not hold, one a line: ID VERDICT CHECK SUBJECT
open_findings() {
  python3 -c '
import json, sys
for f in json.load(open(sys.argv[1]))["findings"]:
    if f.get("age") != "resolved":
        print(f["id"], f["verdict"], f["check"], f.get("subject") or "-")' "$1"
}

# runs NAME STATUS FINDING[,FINDING...]|- ARGS...: muster ARGS ends with that status, and with those
# findings among its open ones; - : with none but passing ones. Output stays in $out and $err, the
# record in $record.
runs() {
  local name=$1 wanted=$2 ids=$3 status=0 id found problem=
  shift 3
  out=$work/out err=$work/err record=$work/record.json
  rm -f "$record"
  "$muster" "$@" --report "json=$record" --report text >"$out" 2>"$err" || status=$?
  [ "$status" -eq "$wanted" ] || problem="exit status $status, not $wanted"
  if ! found=$(open_findings "$record" 2>/dev/null); then
    problem="${problem:+$problem; }no record"
  elif [ "$ids" = - ]; then
    ! grep -qE '^[A-Z_]+ (FAIL|INCONCLUSIVE) ' <<<"$found" || problem="${problem:+$problem; }findings"
  else
    for id in ${ids//,/ }; do
      grep -qE "^$id " <<<"$found" || problem="${problem:+$problem; }no $id"
    done
  fi
  if [ -z "$problem" ]; then
    ok "$name"
    return 0
  fi
  not_ok "$name: $problem"
  printf '%s\n' "$found" | sed 's/^/# /'
  tail -n 5 "$err" | sed 's/^/# /'
  return 1
}
