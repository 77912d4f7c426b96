#!/usr/bin/env bash
# manual.sh BUILD - every program has a manual page, the page passes mandoc, and every long flag of --help is in it.
. tests/lint/common.sh
build=$1
pages=$(PATTERN='.*\.[1-9]' tracked '*.1' '*.5' '*.8')
for page in $pages; do
	# mandoc -W warning also reports what only other formatters mind.
	out=$(mandoc -T lint -W warning "$page" | grep -vE 'referenced manual not found|operating system explicitly specified') && complain "$out"
done
for program in "$build"/bin/flycast*; do
	[ -x "$program" ] || continue
	page=$(grep -E "/$(basename "$program")\.[18]$" <<<"$pages") || { complain "$(basename "$program") has no manual page"; continue; }
	text=$(mandoc -T ascii "$page" | sed 's/.\x08//g')
	for flag in $("$program" --help 2>&1 | grep -oE -- '(^|[ [,])--[a-z][a-z-]+' | tr -d ' [,' | sort -u); do
		grep -qF -- "$flag" <<<"$text" || complain "$page does not tell what $flag does"
	done
done
finish
