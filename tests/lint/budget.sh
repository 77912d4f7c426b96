#!/usr/bin/env bash
# budget.sh - how big things may get: a file 500 lines, a function 80, its parameters 5, a header 8 exported functions.
# A file that goes over says why in a comment "budget: <reason>"; a function says it inside or right above itself.
. tests/lint/common.sh

while read -r file; do
	lines=$(wc -l <"$file")
	if [ "$lines" -gt 500 ] && ! grep -qE 'budget: .+' "$file"; then
		complain "$file: $lines lines of 500"
	fi
done < <(sources; PATTERN='dev|.*\.(sh|sql|cmake|txt)' tracked dev '*.sh' '*.sql' '*.cmake' '*.txt')

# clang-format has put every function's braces in the first column.
found=$(sources | grep '\.c$' | xargs awk '
	FNR == 1 { head = ""; reason = 0; inside = 0 }
	/^\{$/ && !inside {
		inside = FNR
		sub(/.*\*\//, "", head)
		depth = 0; parameters = head ~ /\(void\)/ ? 0 : 1
		for (i = index(head, "("); i > 0 && i <= length(head); i++) {
			c = substr(head, i, 1)
			depth += c == "("; depth -= c == ")"
			parameters += c == "," && depth == 1
			if (depth == 0) break
		}
		name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
		next
	}
	inside && /budget: ./ { reason = 1 }
	/^\}/ && inside {
		if (!reason && FNR - inside - 1 > 80) print FILENAME ":" inside ": " name " has " FNR - inside - 1 " lines of 80"
		if (!reason && parameters > 5) print FILENAME ":" inside ": " name " has " parameters " parameters of 5"
		inside = 0; head = ""; reason = 0
		next
	}
	!inside && (/;$/ || /^$/ || /^#/) { head = ""; reason = 0; next }
	!inside { head = head " " $0; if (/budget: ./) reason = 1 }')
[ -z "$found" ] || complain "$found"

for file in $(sources | grep '^\(dns\|proxy\|store\)/.*\.h$'); do
	grep -qE 'budget: .+' "$file" && continue
	# A prototype starts in the first column and is not inline; a statement in a body is indented.
	count=$(awk '/^\/\*/ { comment = 1 } comment { if (/\*\//) comment = 0; next }
		/^[a-z].*\(/ && !/^static|^typedef|^struct [a-z_]+ \{|=/ { count++ } END { print count + 0 }' "$file")
	[ "$count" -le 8 ] || complain "$file: $count exported functions of 8"
done
finish
