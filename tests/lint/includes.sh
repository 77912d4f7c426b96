#!/usr/bin/env bash
# includes.sh - who may include what. The arrows of the architecture, held by grep.
. tests/lint/common.sh

# deny PATHS INCLUDE REASON [QUOTES]: no file whose name matches PATHS may include what matches INCLUDE (extended regexps).
deny() {
	local hits quotes=${4:-'<"'}
	hits=$(sources | grep -E -- "^($1)$" | xargs -r grep -nE -- "^[[:space:]]*#[[:space:]]*include[[:space:]]*[$quotes]($2)[>\"]")
	[ -z "$hits" ] || complain "$hits
  $3"
}

not_below() { # DIRECTORY...: every C file of the programs that is in none of them, as a regexp
	sources | grep -E '^(dns|proxy|store)/' | grep -vE "^($(paste -sd'|' <<<"$(printf '%s\n' "$@")"))" | sed 's/[.]/\\./g' | paste -sd'|'
}

deny "$(not_below store/)" 'sqlite3\.h' 'sqlite3.h only in store/'
deny "$(not_below dns/ store/command/)" 'ldns/.*' 'ldns only in dns/ and store/command/'
deny 'dns/.*' '(\.\./)*proxy/.*' 'dns/ never includes proxy/'
deny 'proxy/.*' '(\.\./)*dns/.*' 'proxy/ never includes dns/'
deny 'store/.*' '(\.\./)*(dns|proxy)/.*' 'store/ is below dns/ and proxy/'

# Quoted includes are ours and found by name, so a file of one part cannot reach another through its short name either.
for part in dns proxy; do
	other=$([ $part = dns ] && echo proxy || echo dns)
	names=$(sources | sed -nE "s|^$other/(.*\.h)$|\1|p")
	for name in $names; do
		[ ! -e "$part/$name" ] || continue
		[ ! -e "store/$name" ] || continue
		deny "$part/.*" "(.*/)?${name//./\\.}" "$part/ never includes $other/" '"'
	done
done

# store/base/ is below everything: its quoted includes are base/ or a header beside the file.
for file in $(sources | grep '^store/base/'); do
	while read -r name; do
		case $name in
		base/*) [ -e "store/$name" ] || complain "$file includes $name, which is not in store/base/" ;;
		*) [ -e "store/base/$name" ] || complain "$file includes $name: store/base/ includes nothing of ours but itself" ;;
		esac
	done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/p' "$file")
done

# Files that only compute: those of the architecture, and every header that says "Pure" of itself, each with its .c file.
pure=$({
	printf '%s\n' dns/{query,name,zone,reply,responder}.h proxy/{http1,http2,hello,balance,replay}.h
	sources | grep '\.h$' | xargs grep -lE '^( \*|/\*) .*\b[Pp]ure[ :,.]' --
} | sort -u | while read -r file; do printf '%s\n' "$file" "${file%.h}.c"; done)
deny "$(paste -sd'|' <<<"${pure//./\\.}")" \
	'sqlite3\.h|ev\.h|sys/socket\.h|sys/epoll\.h|netdb\.h|netlink/.*|poll\.h|openssl/.*|(base/)?(ready|daemon|sock|bound)\.h|(store/)?(registry|statement|feed)\.h' \
	'a pure file includes no socket, loop or SQLite header'
finish
