#!/usr/bin/env bash
# readme.sh README - types what README tells people to type inside the demo's shell, and stops at what fails.
set -eu
commands=$(awk '/^## /{ on = /^## Ten minutes/ } /^```/{ block = on && /console/ } block && /^\$ / { print substr($0, 3) }' "$1")
[ "$(grep -c . <<<"$commands")" -ge 10 ] || { echo "README's ten minutes were not found"; exit 1; }
while read -r command; do
	printf '$ %s\n' "$command"
	bash -c "$command" </dev/null || { echo "README tells people to type this, and it failed"; exit 1; }
done <<<"$commands"
