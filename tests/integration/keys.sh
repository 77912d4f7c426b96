# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# keys: made, imported, shown as other name servers take them, destroyed; what the registry says when they do not fit.
fly init --host "$(hostname)" --region fra >/dev/null
fly orgs create acme >/dev/null
fly networks create blue --org acme >/dev/null

has 'New key created: ns2.example.com \(hmac-sha256\) reads network default of personal' fly keys create NS2.Example.com.
is 600 stat -c %a "$registry.seal"
fly keys create strong --algorithm hmac-sha512 --org acme --network blue >/dev/null
is 'ns2.example.com hmac-sha256 personal default strong hmac-sha512 acme blue' \
	eval 'fly keys list -j | jq -r ".[] | .Name, .Algorithm, .Organization.Slug, .Network.Name" | paste -sd " "'
has '^ ns2.example.com +│ hmac-sha256 │ personal │ default │ ' fly keys list
is strong eval 'fly keys list --org acme -j | jq -r ".[].Name"'
pass 'a key belongs to a network'

# Every form is one that its server reads; the secret is in those and nowhere else.
secret=$(fly keys show strong --for dig | cut -d: -f3)
is 64 eval "echo $secret | base64 -d | wc -c"
is "hmac-sha512:strong:$secret" fly keys show strong --for dig
has 'Name += strong' fly keys show strong
{
	fly keys show strong --for bind
	echo 'options { directory "/tmp"; };'
} >"$dir/named.conf"
named-checkconf "$dir/named.conf" || fail "BIND: $(cat "$dir/named.conf")"
is "$secret" eval "sed -n 's/.*secret \"\(.*\)\";/\1/p' '$dir/named.conf'"
{
	printf 'server:\n\tzonesdir: ""\n\tdatabase: ""\n'
	fly keys show strong --for nsd
} >"$dir/nsd.conf"
is "$secret" nsd-checkconf -s strong "$dir/nsd.conf"
fly keys show strong --for knot >"$dir/knot.conf"
knotc -c "$dir/knot.conf" conf-check >/dev/null || fail "Knot: $(cat "$dir/knot.conf")"
db .dump >"$dir/dump"
fly export "$dir/export.json"
! grep -rlF "$secret" "$dir/dump" "$dir/export.json" "$registry" || fail 'a secret can be read in a file'
is '' eval "fly keys show strong -j | grep -F '$secret'; fly keys list -j | grep -F '$secret'; true"
pass 'BIND, NSD and Knot read what is shown; the registry and its copies have the secret sealed'

tsig-keygen -a hmac-sha384 made.elsewhere | tee "$dir/made" | fly keys import - >/dev/null
is "$(sed -n 's/.*secret "\(.*\)";/\1/p' "$dir/made")" eval 'fly keys show made.elsewhere --for dig | cut -d: -f3'
keymgr -t by-knot hmac-sha256 >"$dir/knot-made" 2>/dev/null
head -n 1 "$dir/knot-made" | sed 's/^# *//' | fly keys import - >/dev/null
is "$(sed -n 's/.*secret: //p' "$dir/knot-made")" eval 'fly keys show by-knot --for dig | cut -d: -f3'
pass 'keys that BIND or Knot made are imported'

refuses 1 'a key of this name exists' fly keys create strong
refuses 1 'cannot be the name of a key' fly keys create 'a..b'
refuses 1 'none of hmac-sha224' eval 'echo hmac-md5:x:c2VjcmV0c2VjcmV0c2VjcmV0 | fly keys import -'
refuses 1 'shorter than 16 octets' eval 'echo x:c2hvcnQ= | fly keys import -'
refuses 1 'it is no key' eval 'echo nonsense | fly keys import -'
refuses 1 'cannot be read: No such file' fly keys import "$dir/none"
refuses 1 'there is no key "strog": did you mean "strong"' fly keys destroy -y strog
refuses 1 'no network of the organization' fly keys create new --network none
refuses 2 'two forms' fly keys show strong --for dig --json
cp "$registry.seal" "$dir/seal"
head -c 32 /dev/urandom >"$registry.seal"
refuses 1 'sealed with another seal' fly keys show strong --for dig
rm "$registry.seal"
refuses 1 'is missing' fly keys show strong --for dig
refuses 1 'is missing' fly keys create new
cp "$dir/seal" "$registry.seal" && chmod 600 "$registry.seal"
pass 'what cannot be is refused with what to do'

db "INSERT INTO secondary (network, address, key) SELECT network, '192.0.2.1:53', name FROM transfer_key WHERE name = 'strong'"
refuses 1 'secondaries sign with this key' fly keys destroy -y strong
refuses 19 'a key never changes' db "UPDATE transfer_key SET network = 1 WHERE name = 'strong'"
refuses 19 'with a key of its own network' db "INSERT INTO secondary (network, address, key) VALUES (1, '192.0.2.1:53', 'strong')"
refuses 19 'a key of this name exists' db "INSERT OR REPLACE INTO transfer_key (name, network, secret) VALUES ('strong', 1, 'aGk=')"
db 'DELETE FROM secondary'
is 'Destroyed key strong' fly keys destroy -y strong
db "DELETE FROM network WHERE name = 'blue'"
is 0 db "SELECT count(*) FROM transfer_key WHERE name = 'strong'"
has 'Nothing is inconsistent' fly check
pass 'a key stays as long as a secondary signs with it'
