# shellcheck shell=bash
# harness.sh - words for integration tests; sourced by run, with $dir an empty directory and set -eu.
#
#   start NAME PROGRAM ARGS...   a daemon; returns when its --ready-fd fires; log in $dir/NAME.log
#   stop NAME [SIGNAL]           ends it and waits; fails when it ended badly
#   pid_of NAME
#   within SECONDS COMMAND...    until the command succeeds; fails at the deadline and shows its last output
#   is EXPECTED COMMAND...       standard output must be EXPECTED
#   has PATTERN COMMAND...       standard output must match the extended regular expression
#   refuses CODE PATTERN COMMAND...   exit code and standard error of a command that must not succeed
#   db SQL                       the sqlite3 shell, as an operator would use it
#   fly ARGS...                  flycast on this test's registry
#   pass SENTENCE                says what was shown

bin=${FLYCAST_BIN:?}
registry=${dir:?}/registry.db
export FLYCAST_REGISTRY=$registry
export PATH=$bin:$PATH

fail() {
	echo "  not so: $*" >&2
	exit 1
}

pass() {
	echo "  ok: $*"
}

start() {
	local name=$1 code=0
	shift
	rm -f "$dir/$name.ready"
	mkfifo "$dir/$name.ready"
	"$@" --ready-fd 9 9>"$dir/$name.ready" >>"$dir/$name.log" 2>&1 &
	echo $! >"$dir/$name.pid"
	# A daemon that dies closes the pipe, which ends the read at once; above 128 is the deadline. A large registry takes
	# longer to read: ready_seconds says how long.
	read -r -t "${ready_seconds:-30}" _ <"$dir/$name.ready" || code=$?
	[ "$code" -le 128 ] || fail "$name was not ready in ${ready_seconds:-30} s"
	[ "$code" -eq 0 ] || kill -0 "$(cat "$dir/$name.pid")" 2>/dev/null || fail "$name ended before it was ready"
}

pid_of() {
	cat "$dir/$1.pid"
}

stop() {
	local pid code=0
	pid=$(pid_of "$1")
	kill "-${2:-TERM}" "$pid"
	wait "$pid" || code=$?
	[ "${2:-TERM}" = KILL ] || [ $code -eq 0 ] || fail "$1 ended with $code"
}

# SECONDS are an idle machine's, where a failure is to be heard of soon; a busy one gets more, up to a minute.
within() {
	local seconds=$1 most out
	shift
	most=$(awk -v s="$seconds" 'BEGIN { m = s * 6 < 60 ? s * 6 : 60; printf "%.0f", (m > s ? m : s) * 1000000000 }')
	most=$(($(date +%s%N) + most))
	until out=$("$@" 2>&1); do
		[ "$(date +%s%N)" -lt "$most" ] || fail "not in time: $* (last output: $out)"
		sleep 0.01
	done
}

is() {
	local want=$1 got
	shift
	got=$("$@") || fail "$* failed with $?"
	[ "$got" = "$want" ] || fail "$*
    want: $want
    got:  $got"
}

has() {
	local want=$1 got
	shift
	got=$("$@") || fail "$* failed with $?"
	grep -Eq -- "$want" <<<"$got" || fail "$*
    want a match for: $want
    got: $got"
}

refuses() {
	local code=$1 want=$2 got=0 err
	shift 2
	err=$("$@" 2>&1 >/dev/null) || got=$?
	[ "$got" -eq "$code" ] || fail "$* exited with $got, not $code ($err)"
	grep -Eq -- "$want" <<<"$err" || fail "$*
    want a match for: $want
    got: $err"
	[ "$(grep -c . <<<"$err")" -eq 1 ] || [ "${many_lines:-}" ] || fail "$* says more than one sentence: $err"
}

db() {
	sqlite3 -cmd '.timeout 5000' "$registry" "$@"
}

fly() {
	flycast "$@"
}
