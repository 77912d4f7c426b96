# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# deploy: a folder becomes a release, Machines run it; the next one takes their place, and one that is broken does not.
fly init --host "$(hostname)" --region fra >/dev/null
ready_seconds=60 start agent flycast-agent --registry "$registry"
chmod 755 "$dir"
site=$dir/site
mkdir -p "$site/secret" "$site/.git"
cd "$site" || exit
echo one >index.html
echo hush >secret/key
: >.git/config
printf '# not for everybody\nsecret/\n*.log\n!kept.log\n' >.flyignore
echo x >some.log
echo x >kept.log
ln -s index.html link.html

page() { curl -sf -m 5 "http://$(db "SELECT ipv4 FROM machine WHERE app = 'site'"):8080/${1:-}"; }
machines() { db "SELECT id FROM machine WHERE app = 'site' ORDER BY id"; }
version() { db "SELECT value FROM machine_metadata JOIN machine ON id = machine WHERE app = 'site' AND key = 'fly_release_version'"; }
copies() { find "$dir/releases/site" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort; }
last_status() { db "SELECT status FROM release WHERE app = 'site' ORDER BY version DESC LIMIT 1"; }

# ---------------------------------------------------------------------------------------------- launch, and look inside

fly launch --flycast --name site >"$dir/out" || fail "launch: $(cat "$dir/out")"
has '^==> Copied 4 files' cat "$dir/out"
has '^  Machine [0-9a-f]{14} \[app\] is ready$' cat "$dir/out"
has '^  at fdaa:0:1:0:1::2 from network default of personal$' cat "$dir/out"
has '^  on ports 80 \(http\), 443 \(tls,http\)$' cat "$dir/out"
is one page
is one page link.html
is x page kept.log
refuses 22 '' eval 'page secret/key; code=$?; echo gone >&2; (exit $code)'
refuses 22 '' eval 'page some.log; code=$?; echo gone >&2; (exit $code)'
is 1 version
is "$(db "SELECT image FROM release")" copies
is '' eval "db \"SELECT value FROM machine_metadata WHERE key = 'flycast_replaces'\""
has 'v1 +│ complete' fly releases -a site
is '1 complete' jq -r '.[] | "\(.Version) \(.Status)"' <(fly releases -a site -j)
pass 'launch deploys: the folder without what the ignore file names, a Machine in it, an address'

fly machine run -a site --name looker --metadata fly_release_version=1 -- sh -c \
	"pwd; ls; ls $dir/releases $dir/releases/site; ls $dir; touch here; cat $registry; sleep 600" >/dev/null 2>&1
looked() { fly logs -a site -i looker; }
within 5 has 'here' looked
has "\] fra \[info\] $dir/releases/site/$(copies)\$" looked
within 5 has "cannot open|No such file|Permission denied" looked
has 'touch: .*Read-only file system' looked
is 0 eval "looked | grep -c 'SQLite' || true"
fly machine destroy --force -a site looker >/dev/null
pass 'a Machine sees the folder of its release, read only, and nothing else of the registry'

# ---------------------------------------------------------------------------------------------- the next one

before=$(machines)
echo two >index.html
fly deploy >"$dir/out" || fail "deploy: $(cat "$dir/out")"
has "takes the place of $before\$" cat "$dir/out"
is two page
is 2 version
is 1 eval 'machines | wc -l'
is 2 eval 'copies | wc -l'
echo one >index.html
fly deploy --strategy immediate >/dev/null
is 2 eval 'copies | wc -l'
is 3 version
within 5 is one page
pass 'another release takes the place of the former; what was there before is not copied again'

# ---------------------------------------------------------------------------------------------- one that is broken

before=$(machines)
sed -i "s/^app = 'python3.*/app = 'sh -c \"echo I am broken; exit 3\"'/" fly.toml
many_lines=1 refuses 1 'I am broken' fly deploy
many_lines=1 refuses 1 'what ran before goes on' fly deploy
is "$before" machines
is 0 db "SELECT count(*) FROM machine WHERE cordoned"
is failed last_status
is one page
sed -i "s/^app = 'sh -c.*/app = 'sleep 600'/" fly.toml
many_lines=1 refuses 1 'after 0.5s machine [0-9a-f]+ runs, but nothing answers on its port 8080' fly deploy --wait-timeout 500ms
is "$before" machines
is one page
pass 'a release that ends or does not listen goes; the former serves on'

# ---------------------------------------------------------------------------------------------- what is killed

sed -i "s/^app = 'sleep.*/app = 'sh -c \"sleep 600\"'/" fly.toml
flycast deploy >"$dir/killed" 2>&1 &
killed=$!
within 10 is 1 db "SELECT count(*) FROM machine WHERE app = 'site' AND cordoned"
refuses 1 'the Machines of site are being changed by somebody else' fly deploy
refuses 1 'being changed by somebody else' fly rollback
refuses 1 'being changed by somebody else' fly scale count 2 --yes
refuses 1 'being changed by somebody else' fly secrets set KEY=value
is 0 db "SELECT count(*) FROM secret"
kill -KILL $killed
wait $killed || true
mkdir "$dir/releases/site/.new-1"
sed -i "s/^app = 'sh.*/app = 'python3 -m http.server --bind 0.0.0.0 8080'/" fly.toml
echo three >index.html
fly deploy >/dev/null
is three page
is 1 eval 'machines | wc -l'
is interrupted db "SELECT status FROM release WHERE app = 'site' ORDER BY version DESC LIMIT 1 OFFSET 1"
[ ! -e "$dir/releases/site/.new-1" ] || fail 'half a copy is left'
pass 'a deploy that was killed leaves nothing behind that the next one does not clear away'

# ---------------------------------------------------------------------------------------------- addresses, refusals

fly ips release -a site fdaa:0:1:0:1::2 >/dev/null
has 'site has no address: flycast deploy --flycast gives it one' fly deploy
has '^  Private ipv6: fdaa:0:1:0:1::3$' fly deploy --flycast
is 'fdaa:0:1:0:1::3' db "SELECT address FROM flycast WHERE app = 'site'"
fly networks create lab >/dev/null
fly ips allocate-v6 --private --network lab -a site >/dev/null
db "INSERT INTO public_address (address, app, type) VALUES ('192.0.2.80', 'site', 'v4')"
fly deploy >"$dir/out" 2>"$dir/err"
has '^Warning: that is not its own network, which is default of personal: flycast ips release fdaa:.* -a site' cat "$dir/err"
has '^Warning: site has a public address too: 192.0.2.80; flycast ips release 192.0.2.80 -a site' cat "$dir/err"
fly ips release 192.0.2.80 -a site >/dev/null
refuses 2 'keep one of the two' fly deploy --detach --strategy rolling
refuses 1 'has no release|there is no app' fly releases -a nobody
cd "$dir" || exit
cp site/fly.toml .
refuses 1 'the registry is in this folder' fly deploy
is "Nothing is inconsistent in $registry" fly check
fly export "$dir/export.json" >/dev/null
is interrupted jq -r '[.release[] | .status] | map(select(. == "interrupted")) | unique | .[]' "$dir/export.json"
fly apps destroy site --yes >/dev/null
is 0 db "SELECT count(*) FROM release"
[ ! -e "$dir/releases/site" ] || fail 'copies of an app that is gone are left'
mkdir "$dir/pair" && cd "$dir/pair" || exit
fly launch --ha --name pair -- python3 -m http.server --bind 0.0.0.0 8080 >/dev/null
is 2 db "SELECT count(*) FROM machine WHERE app = 'pair'"
pass '--flycast gives an address whenever there is none; what cannot be done is refused'
stop agent
