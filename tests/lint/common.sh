# shellcheck shell=bash
# common.sh - what the checks share; sourced with the working directory at the top of the source tree.
#   sources        C files and headers that are ours
#   complain TEXT  one finding
#   finish         exit code from the findings
set -u
findings=0

# In a checkout what git knows; in an unpacked archive everything outside build/.
tracked() {
	if git -c safe.directory='*' rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
			[ ! -e "$file" ] || printf '%s\n' "$file"
		done
	else
		find . -path ./build -prune -o -type f -printf '%P\n' | sort | grep -E "^(${PATTERN:-.*})$"
	fi
}

sources() {
	PATTERN='.*\.[ch]' tracked '*.c' '*.h'
}

complain() {
	printf '%s\n' "$*"
	findings=$((findings + 1))
}

finish() {
	[ "$findings" -eq 0 ] || echo "$findings findings"
	exit $((findings > 0))
}
