# shellcheck shell=bash
# demo.sh [--stay] - the whole road, end to end, as a person would walk it: ./dev demo runs it through tests/lib/run.
# Every command is printed as typed, with its real output, and what it should have shown is checked.
# --stay leaves a shell inside; FLYCAST_SHELL is the command instead of bash.
unset FLY_APP FLY_ORG

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
export PATH=$PATH:${FLYCAST_TESTS:?}
cd "$dir"
out=''

title() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# show PROMPT COMMAND RUN...: prints the command, runs RUN, prints what came out, keeps it in $out and its exit code.
show() {
	local prompt=$1 command=$2
	shift 2
	printf '%s %s%s%s\n' "$prompt" "$bold" "$command" "$plain"
	code=0
	out=$("$@" 2>&1 </dev/null) || code=$?
	[ -z "$out" ] || printf '%s%s%s\n' "$dim" "$out" "$plain"
}

here() {
	show '$' "$1" bash -c "$1"
}

# at CLIENT COMMAND: in the Machine of that app.
at() {
	show "$1\$" "$2" nsenter --target "$(client_pid "$1")" --mount --net bash -c "$2"
}

# so PATTERN SENTENCE: the last output matches; says what that means.
so() {
	grep -Eq -- "$1" <<<"$out" || { printf '%s✗ not so: %s%s\n' "$red" "$2" "$plain"; exit 1; }
	printf '%s✓ %s%s\n' "$green" "$2" "$plain"
}
