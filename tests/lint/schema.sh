#!/usr/bin/env bash
# schema.sh - every table and every column of schema/ has a comment beside it, where `.schema` of the shell shows it.
. tests/lint/common.sh
found=$(awk '
	function done_column() { if (column != "" && !said) print FILENAME ": " name "." column " has no comment"; column = "" }
	/^CREATE TABLE/ { name = $3; inside = 1; column = ""; if (!/--/) print FILENAME ": table " name " has no comment" ; next }
	inside && /^\)/ { done_column(); inside = 0 }
	inside && /^  [a-z_0-9]+ +(TEXT|INTEGER|REAL|BLOB|ANY)/ { done_column(); column = $1; said = 0 }
	inside && /^  (PRIMARY|UNIQUE|CHECK|FOREIGN)/ { done_column() }
	inside && /--/ { said = 1 }' schema/*.sql)
[ -z "$found" ] || complain "$found"
finish
