#!/usr/bin/env bash
# tidy.sh BUILD - every C file passes clang-tidy. What passed once with the same text, headers and checks is not looked
# at again: BUILD/lint/tidy has one empty file per hash.
. tests/lint/common.sh
build=$1
tool=$(command -v clang-tidy-14) || { echo 'no clang-tidy-14 here'; exit 77; }
mkdir -p "$build/lint/tidy"

# ninja wrote down which headers each object was made from: "object: ..." and below it one indented path a line.
top=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ninja -C "$build" -t deps | awk -v top="$top/" -v build="$build/" '
	/^[^ ].*: #deps/ { main = ""; next }
	/^    / {
		path = $1
		if (path !~ /^\//) path = build path
		while (match(path, /[^\/]+\/\.\.\//)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
		if (index(path, top) != 1 || index(path, build) == 1) next
		if (main == "") { main = path; if (seen[main]++) main = "-" }
		if (main != "-") print main, path
	}' | sort >"$work/deps"
checks=$(sha256sum <.clang-tidy)
cut -d' ' -f1 "$work/deps" | uniq | grep '\.c$' | while read -r file; do
	hash=$({ echo "$checks"; awk -v f="$file" '$1 == f { print $2 }' "$work/deps" | xargs cat; } | sha256sum | cut -d' ' -f1)
	[ -e "$build/lint/tidy/$hash" ] || echo "$file $hash"
done >"$work/todo"
export tool build
# gcc is told how to keep objects for linking as one piece, which clang does not know.
# shellcheck disable=SC2016 # expanded by the inner shell
xargs -r -P "$(nproc)" -L 1 bash -c '
	out=$(nice "$tool" --quiet --extra-arg=-Wno-ignored-optimization-argument -p "$build" "$1" 2>&1) && : >"$build/lint/tidy/$2" && exit 0
	printf "%s\n" "$out" | grep -v "warnings generated"; exit 1' tidy <"$work/todo"
