# shellcheck shell=bash
# Bad input and bad registries: each is refused with exit 1 and one sentence that says what to do, and nothing has changed.
fly init --region fra >/dev/null
fly orgs create acme >/dev/null
fly networks create blue >/dev/null
fly networks attach 192.0.2.0/24 --network blue >/dev/null
fly apps create my-app >/dev/null
fly apps create other >/dev/null
fly ips allocate-v6 --private -a my-app >/dev/null # fdaa:0:1:0:1::2
fly ips allocate-v6 --private -a other >/dev/null  # fdaa:0:1:0:1::3
fly machine create -a my-app --name one --port 80:8080 -- sleep 1 >/dev/null

# refused PATTERN ARGS...: flycast ARGS is refused and the registry, its change log and its audit included, is as it was.
refused() {
	local before
	before=$(db .dump)
	refuses 1 "$1" flycast "${@:2}"
	is "$before" db .dump
}
long=$(printf '%064d' 0)

# A writer waits five seconds for another one, so the test begins with it and looks at the end.
locked=$dir/locked.db
fly backup "$locked" >/dev/null
sqlite3 "$locked" 'PRAGMA journal_mode = WAL' >/dev/null
mkfifo "$dir/hold"
sqlite3 "$locked" 'BEGIN IMMEDIATE' ".read $dir/hold" &
holder=$!
exec 7>"$dir/hold"
within 5 eval '! sqlite3 "$locked" "BEGIN IMMEDIATE" 2>/dev/null'
refuses 1 "$locked is locked by another program for more than 5 s: end its transaction" \
	flycast --registry "$locked" apps create late &
writer=$!

# ---------------------------------------------------------------------------------------------- names

refused 'there is no app "my-ap": did you mean "my-app"\?' ips list -a my-ap
for words in 'ips allocate-v6 --private -a' 'ips private -a' 'services list -a' 'status -a' 'machine list -a' 'logs -a' \
	'apps destroy -y' 'machine status one -a' 'machine stop one -a' 'machine clone one -a' \
	'machine wait one -a' 'machine cordon one -a' 'machine destroy one -a' 'ips release fdaa:0:1:0:1::2 -a'; do
	# shellcheck disable=SC2086
	refused 'there is no app "my-ap": did you mean "my-app"\?' $words my-ap
done
refused 'there is no app "my-ap": did you mean "my-app"\?' machine create -a my-ap -- true
refused 'there is no app "zzz": flycast apps list shows them' status -a zzz
refuses 2 'networks set needs what is to change' flycast networks set default
refused 'there is no network' networks set nowhere --instances=false
refused 'there is no organization "acne": did you mean "acme"\?' apps create x --org acne
refused 'there is no organization "acne": did you mean "acme"\?' apps list --org acne
refused 'there is no organization "acne": did you mean "acme"\?' networks list --org acne
refused 'there is no organization "acne": did you mean "acme"\?' networks create x --org acne
refused 'there is no organization "acne": did you mean "acme"\?' orgs delete acne -y
refused 'there is no organization "acne": did you mean "acme"\?' ips allocate-v6 --private -a my-app --org acne
refused 'there is no network of the organization "personal" named "bleu": did you mean "blue"\?' apps create x --network bleu
refused 'there is no network of the organization "personal" named "bleu": did you mean "blue"\?' ips allocate-v6 --private -a my-app --network bleu
refused 'there is no network of the organization "acme" named "blue"' networks attach 198.51.100.0/24 --org acme --network blue
refused 'there is no region "frb": did you mean' hosts create x --region frb
refused 'there is no host "'"$(hostname)"'x": did you mean "'"$(hostname)"'"\?' hosts delete "$(hostname)x"
refused "an app's name may only have the letters a-z, digits and dashes: \"My_App\"" apps create My_App
refused "an app's name may not begin or end with a dash: \"-app\"" apps create -- -app
refused "an app's name may not begin or end with a dash: \"app-\"" apps create app-
refused "an app's name is longer than 63 characters" apps create "$long"
refused "an app's name is empty" apps create ''
refused "an app's name may only have" apps create $'a\nb'
refused "an app's name may only have" apps create $'\xff\xfe'
refused "an organization's slug may only have" orgs create Acme
refused "an organization's slug is longer than 63 characters" orgs create "$long"
refused 'there is an organization "acme" already' orgs create acme
refused "a network's name must begin with a letter: \"1st\"" networks create 1st
refused "a network's name may only have letters, digits and dashes" networks create a_b
refused "a network's name is longer than 63 characters" networks create "a$long"
refused 'has a network "blue" already \(fdaa:0:3::/48\)' networks create blue
refused '"my-app" is taken \(by "personal"\): choose another name' apps create my-app --org acme
refused "a host's name has 1 to 255 characters" hosts create 'a b' --region fra
refused 'there is a host "'"$(hostname)"'" already' hosts create "$(hostname)" --region fra
refused 'has apps|still has apps: destroy them first' orgs delete personal -y
refused 'Machines' hosts delete "$(hostname)"
refused 'yes flag must be specified when not running interactively: add -y' apps destroy my-app </dev/null
refused 'there is no app "nope"' apps destroy other nope -y
pass 'names that are unknown, taken, malformed or too long'

# ---------------------------------------------------------------------------------------------- addresses, ports, limits

refused 'public addresses are not given out here: add --private .*flycast ips allocate-v6 --private -a my-app' ips allocate-v6 -a my-app
refused 'public addresses are not given out here, and private ones are IPv6: use flycast ips allocate-v6 --private -a my-app' ips allocate-v4 --shared -a my-app
refused 'fdaa:0:1:0:1::3 is an address of app "other", not of "my-app": nothing was released' ips release -a my-app fdaa:0:1:0:1::3
refused 'fdaa:0:1:0:1::3 is an address of app "other"' ips release -a my-app fdaa:0:1:0:1::2 fdaa:0:1:0:1::3
refused 'fdaa:0:1:0:1::9 is no address of app "my-app": flycast ips list -a my-app' ips release -a my-app fdaa:0:1:0:1::9
refused 'Invalid IP address: "fdaa::zz"' ips release -a my-app fdaa::zz
refused '"10.0.0.1/8" is not a prefix: write an address and a length with no bits set beyond it' networks attach 10.0.0.1/8
refused '"nonsense" is not a prefix' networks detach nonsense
refused 'addresses in fdaa::/16 say their network themselves' networks attach fdaa:0:1::/48
refused '192.0.2.0/24 is attached to network "blue" of "personal": detach it first' networks attach 192.0.2.0/24
refused 'there is no attached prefix "192.0.3.0/24": did you mean "192.0.2.0/24"\?' networks detach 192.0.3.0/24
run=(machine create -a my-app)
refused 'invalid port: --port 0: ports are 1 to 65535' "${run[@]}" -p 0 -- true
refused 'invalid port: --port 70000: ports are 1 to 65535' "${run[@]}" -p 70000 -- true
refused 'invalid machine \(internal\) port' "${run[@]}" -p 80:0 -- true
refused 'invalid machine \(internal\) port' "${run[@]}" -p 80:70000 -- true
refused 'port must be at most two elements' "${run[@]}" -p 80/tcp:http/x -- true
refused 'port definition must be at most 2 elements' "${run[@]}" -p 80:81:82 -- true
refused 'port 80 is given twice' "${run[@]}" -p 80 -p 80:81 -- true
refused 'soft limit 30 is above hard limit 20' "${run[@]}" -p 80 --soft-limit 30 --hard-limit 20 -- true
refused 'machine nope was not found in app .my-app.' machine start -a my-app nope
refused 'machine 0123456789abcd was not found' machine status 0123456789abcd
pass 'addresses that are not its own, ports that there are not, limits that contradict each other'

# ---------------------------------------------------------------------------------------------- the registry

# wrong FILE PATTERN: every kind of command refuses the file with the sentence, and the file stays as it is.
wrong() {
	local words before=
	[ ! -f "$1" ] || before=$(md5sum "$1")
	for words in 'apps list' 'apps create new' 'status -a my-app' check doctor export "backup $dir/copy" \
		'machine list -a my-app' 'up --agent=--verbose' 'orgs delete acme -y'; do
		# shellcheck disable=SC2086
		refuses 1 "$2" flycast --registry "$1" $words
	done
	[ ! -f "$1" ] || is "$before" md5sum "$1"
	[ ! -e "$dir/copy" ] || fail "a backup was made of $1"
}
mkdir "$dir/directory"
wrong "$dir/directory" "$dir/directory is a directory: name the file in it, for example $dir/directory/registry.db"
wrong "$dir/none.db" "there is no registry at $dir/none.db: create it with: flycast init --registry $dir/none.db"
: >"$dir/empty.db"
wrong "$dir/empty.db" 'is empty: create the registry with: flycast init'
echo 'a shopping list' >"$dir/list.txt"
wrong "$dir/list.txt" 'list.txt is not a registry \(not an SQLite file\): name another file'
sqlite3 "$dir/else.db" 'CREATE TABLE bread (butter)'
wrong "$dir/else.db" 'is an SQLite file but not a registry: name another file'
wrong /dev/zero '/dev/zero is not a regular file'
wrong "$dir/list.txt/registry.db" 'cannot be looked at \(Not a directory\)'
fly backup "$dir/whole.db" >/dev/null
sqlite3 "$dir/whole.db" 'PRAGMA journal_mode = WAL; PRAGMA user_version = 20001' >/dev/null
wrong "$dir/whole.db" 'was written by a newer Flycast \(schema 2.1, this program knows 1\): upgrade this program'
refused 'was written by a newer Flycast' restore "$dir/whole.db" -y
fly backup "$dir/good.db" >/dev/null
refused "$dir/good.db is there already: name a new file" backup "$dir/good.db"
refused "the backup $dir/none.db cannot be read \(No such file or directory\)" restore "$dir/none.db" -y
refused 'is not a registry' restore "$dir/list.txt" -y
refused "$registry is the registry itself: name another file" export "$registry"
refused 'cannot be written \(Is a directory\)' export "$dir"
refused 'cannot be written \(No such file or directory\)' export "$dir/no/where.json"
refused 'it is no JSON' import "$dir/list.txt"
refused 'the registry is in use' import <(fly export)
pass 'a registry that is a directory, absent, empty, of another program, or from the future'

# A damaged page: of the root of table app, so that whoever reads apps meets it.
page=$(sqlite3 "$dir/good.db" "SELECT rootpage - 1 FROM sqlite_schema WHERE name = 'app'")
dd if=/dev/urandom of="$dir/good.db" bs=4096 seek="$page" count=1 conv=notrunc status=none
for words in 'apps list' 'apps create new' 'status -a my-app' "backup $dir/copy"; do
	# shellcheck disable=SC2086
	refuses 1 'is damaged: .*restore a backup' flycast --registry "$dir/good.db" $words
done
[ ! -e "$dir/copy" ] || fail 'a backup was made of a damaged registry'
has 'integrity +│ BAD' eval "flycast doctor --registry '$dir/good.db' || true"
refused 'damaged|not whole|malformed' restore "$dir/good.db" -y
pass 'a registry that is damaged'

# ---------------------------------------------------------------------------------------------- locked, read-only, full

has my-app fly --registry "$locked" apps list # readers do not wait
wait $writer
exec 7>&-
wait $holder
is 0 sqlite3 "$locked" "SELECT count(*) FROM app WHERE name = 'late'"

mkdir "$dir/small"
mount -t tmpfs -o size=2m none "$dir/small"
small=$dir/small/registry.db
fly init --registry "$small" >/dev/null
fly export >"$dir/small.json"
before=$(sqlite3 "$small" .dump)
mount -o remount,ro "$dir/small"
refuses 1 'Read-only file system' flycast --registry "$small" apps create late
refuses 1 'Read-only file system' flycast --registry "$dir/small/two.db" init
refuses 1 "Read-only file system" flycast export "$dir/small/x.json"
refuses 1 'Read-only file system' flycast backup "$dir/small/x.db"
mount -o remount,rw "$dir/small"
is "$before" sqlite3 "$small" .dump
pass 'a registry that is locked or on a disk that may not be written'

dd if=/dev/zero of="$dir/small/ballast" bs=4096 status=none 2>/dev/null || true
[ "$(df --output=avail "$dir/small" | tail -n 1)" -eq 0 ] || fail 'the disk is not full'
sentence="the disk that holds $small is full: nothing was changed; free some space and try again"
refuses 1 "$sentence" flycast --registry "$small" apps create "late"
refuses 1 "$dir/small/two.db is full|holds $dir/small/two.db is full" flycast --registry "$dir/small/two.db" init
refuses 1 "x.json could not be written|No space left" flycast export "$dir/small/x.json"
refuses 1 'full|No space' flycast backup "$dir/small/x.db"
fly backup "$dir/fresh.db" >/dev/null
refuses 1 'full|No space' flycast --registry "$small" restore "$dir/fresh.db" -y
refuses 1 'full|No space' flycast --registry "$dir/small/two.db" import "$dir/small.json"
is 'ballast registry.db' eval "ls '$dir/small' | grep -v 'registry.db-' | paste -sd ' '" # nothing half-made is left
rm "$dir/small/ballast"
is "$before" sqlite3 "$small" .dump
fly --registry "$small" apps create late >/dev/null
pass 'a disk that is full: nothing was changed, nothing half-made is left, and all is well once there is space'
umount "$dir/small"
