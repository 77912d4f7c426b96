#!/usr/bin/env bash
# shell.sh - every shell script passes shellcheck. SC2016 is left out: programs of awk and SQL are quoted with intent.
# SC2001 is a matter of taste. Files that tests/lib/run sources get their variables and set -e from there; their words
# may be said with arguments or without (SC2119, SC2120), also about a file that a later word of the line reads (SC2094).
. tests/lint/common.sh
scripts() {
	tracked | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba)?sh\b' && echo "$file" ;;
		esac
	done
}

check() {
	xargs -r shellcheck --severity=info --external-sources --source-path=. "$@" || findings=1
}

scripts | grep -vE '^tests/(integration/|bench/|demo\.sh|lib/(proxy|peers|replay)\.sh)' | check --exclude=SC2016,SC2001
scripts | grep -E '^tests/(integration/|bench/|demo\.sh|lib/(proxy|peers|replay)\.sh)' | check --shell=bash --exclude=SC2016,SC2001,SC2154,SC2164,SC2059,SC2238,SC2119,SC2120,SC2094
finish
