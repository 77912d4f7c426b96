#!/usr/bin/env bash
# tree.sh - the top of the tree is as agreed, a build leaves nothing behind, nothing is left half done.
. tests/lint/common.sh

allowed=' dns proxy store schema tests CMakeLists.txt CMakePresets.json README.md CONTRIBUTING.md LICENSE dev .ci .clang-format .clang-tidy .gitignore '
while read -r name; do
	[[ $allowed = *" $name "* ]] || complain "$name: the top level has$allowed"
done < <(tracked | cut -d/ -f1 | sort -u)

if git -c safe.directory='*' rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	while read -r file; do
		complain "$file is not in git: add it, or build it inside build/"
	done < <(git -c safe.directory='*' ls-files --others --exclude-standard)
fi

marks='TO''DO|FIX''ME|X''XX|HA''CK'
while read -r hit; do
	complain "$hit: finish it or write down why not"
done < <(tracked | grep -vE '^tests/fuzz/[^/]*/' | xargs -d '\n' grep -nIwE "$marks" --)

while read -r hit; do
	complain "$hit: white space at the end"
done < <(tracked '*.c' '*.h' '*.sh' '*.sql' '*.cmake' '*.md' '*.txt' dev | grep -vE '^tests/fuzz/[^/]*/' | xargs -d '\n' grep -nIE '[[:space:]]+$' --)
finish
