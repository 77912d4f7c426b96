#!/usr/bin/env bash
# readme.sh - README's walks are true: on a line of them, every name() after path/file.c is a function of that file. The
# test command is the one that .ci/run calls, and every path that README names is there.
. tests/lint/common.sh
walks=$(awk '/^## /{ on = /walks/ } on' README.md)
[ "$(grep -cE '[a-z_0-9]+\(\)' <<<"$walks")" -ge 15 ] || complain "README's walks were not found"
while read -r file name; do
	if [ ! -e "$file" ]; then
		complain "README names $file, which is not there"
	elif ! grep -qE "^[a-z].*\b$name\(|^#define $name\(" "$file"; then
		complain "README says $file has $name(), which it has not"
	fi
done < <(awk '{
	file = ""
	while (match($0, /[a-z][a-z_0-9\/]*\.[ch]|[a-z_0-9]+\(\)/)) {
		word = substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH)
		if (word ~ /\.[ch]$/) file = word
		else if (file != "") print file, substr(word, 1, length(word) - 2)
	}
}' <<<"$walks")
while read -r file; do
	[ -e "$file" ] || complain "README names $file, which is not there"
done < <(grep -oE '`(dns|proxy|store|schema|tests)/[A-Za-z0-9_./]*`' README.md | tr -d '`' | sort -u)
for file in README.md .ci/run; do
	grep -qF './dev test' "$file" || complain "$file does not call ./dev test"
done
finish
