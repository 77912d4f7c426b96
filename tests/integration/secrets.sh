# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# secrets: Machines have them in their environment, staged ones from the next deploy on; nobody else reads them.
fly init --host "$(hostname)" --region fra >/dev/null
ready_seconds=60 start agent flycast-agent --registry "$registry"
fly apps create web >/dev/null
set_secrets() { fly secrets set -a web "$@"; }
status_of() { fly secrets list -a web -j | jq -r --arg n "$1" '.[] | select(.name == $n) | .status'; }
environment_of() { tr '\0' '\n' <"/proc/$(pgrep -f "sleep 600 $1" | head -1)/environ" | grep -E "^$2=" || echo none; }
# The argument after the time is for pgrep.
machine() { fly machine run -a web --name "$1" "${@:2}" -- sh -c "exec sleep 600 0.0$1" >/dev/null; }

# ---------------------------------------------------------------------------------------------- before the first Machine

is 'Secrets are staged for the first deployment' set_secrets 'PASSWORD=hush hush' EMPTY=
is 600 stat -c %a "$registry.seal"
is 'EMPTY Staged PASSWORD Staged' eval 'fly secrets list -a web -j | jq -r ".[] | .name, .status" | paste -sd " "'
has '^ *PASSWORD +│ [0-9a-f]{16} │ .* │ Staged$' eval "fly secrets list -a web | sed 's/ *$//'"
machine 1 -e PASSWORD=known -e OTHER=seen
is PASSWORD='hush hush' environment_of 0.01 PASSWORD
is EMPTY= environment_of 0.01 EMPTY
is OTHER=seen environment_of 0.01 OTHER
is FLY_APP_NAME=web environment_of 0.01 FLY_APP_NAME
is Deployed status_of PASSWORD
has "^ PASSWORD │ $(db "SELECT digest FROM secret WHERE name = 'PASSWORD'") │ " fly config env -a web
pass 'a new Machine finds the secrets in its environment, above its own variables'

# ---------------------------------------------------------------------------------------------- nobody else reads them

digest=$(db "SELECT digest FROM secret WHERE name = 'PASSWORD'")
is "Nothing changes: app web has this secret already
Every Machine of app web has the newest secrets" set_secrets 'PASSWORD=hush hush'
printf 'hush hush\n' | fly secrets set -a web PASSWORD=- | has 'Nothing changes' cat
set_secrets --stage SAME='hush hush' >/dev/null
[ "$digest" != "$(db "SELECT digest FROM secret WHERE name = 'SAME'")" ] || fail 'two secrets of one value look the same'
fly secrets unset -a web --stage SAME >/dev/null
is 0 db "SELECT count(*) FROM secret WHERE name = 'SAME'"
mkfifo "$dir/later"
flycast secrets set -a web --stage SHOWN='hush hush' REST=- <"$dir/later" &
setting=$!
exec 7>"$dir/later"
within 10 is 'flycast secrets set -a web --stage SHOWN REST' eval "xargs -0 echo </proc/$setting/cmdline | tr -s ' ' | sed 's/ *$//'"
echo later >&7
exec 7>&-
wait $setting || fail 'what was taken from the command line was not set'
fly secrets unset -a web --stage SHOWN REST >/dev/null
fly export "$dir/export.json"
fly machine list -a web -j >"$dir/machines.json"
fly config show -a web >"$dir/config.json"
cp "$registry" "$dir/copy.db"
db .dump >"$dir/dump"
! grep -rlF 'hush hush' "$dir" --include=export.json --include=machines.json --include=config.json --include=copy.db \
	--include=dump --include=agent.log --include=registry.db* || fail 'a secret lies in a file'
has '^0$' jq 'keys | map(select(. == "secret")) | length' "$dir/export.json"
is 'flycast secrets set -a web PASSWORD=*** EMPTY=***' db "SELECT command FROM audit WHERE object = 'secret' LIMIT 1"
pass 'values are in no file, no audit, no export, no list; a digest tells them apart'

# ---------------------------------------------------------------------------------------------- staging

machine 2
fly machine stop -a web 2 >/dev/null
has '^Secrets have been staged, but not set on VMs' set_secrets --stage PASSWORD=next MORE=1
is Staged status_of PASSWORD
id_of() { db "SELECT id FROM machine WHERE name = '$1'"; }
fly machine start "$(id_of 2)" >/dev/null
fly machine restart "$(id_of 1)" >/dev/null
is PASSWORD='hush hush' environment_of 0.02 PASSWORD
is PASSWORD='hush hush' environment_of 0.01 PASSWORD
is none environment_of 0.01 MORE
machine 3
is PASSWORD=next environment_of 0.03 PASSWORD
is 'Partially deployed' status_of MORE
fly machine stop "$(id_of 2)" >/dev/null
fly secrets deploy -a web >"$dir/out"
has "^Updating 2 of the 3 Machines of app web$" cat "$dir/out"
has "^  Machine $(id_of 1) \[app\] has them$" cat "$dir/out"
has "^  1 Machines have them from their next start on$" cat "$dir/out"
is PASSWORD=next environment_of 0.01 PASSWORD
is stopped db "SELECT state FROM machine_state WHERE machine = '$(id_of 2)'"
fly machine start "$(id_of 2)" >/dev/null
is MORE=1 environment_of 0.02 MORE
is Deployed status_of MORE
is 1 db "SELECT count(*) FROM secret WHERE name = 'PASSWORD'"
pass 'staged secrets wait for a deploy, also over restarts; new Machines have them; the former value goes'

fly machine suspend "$(id_of 3)" >/dev/null
fly secrets unset -a web MORE >/dev/null
is none environment_of 0.01 MORE
fly machine start "$(id_of 3)" >/dev/null
is none environment_of 0.03 MORE
is 0 db "SELECT count(*) FROM secret WHERE name = 'MORE'"
refuses 1 'there is no secret of app "web" named "PASSWORT": did you mean "PASSWORD"' fly secrets unset -a web PASSWORT
pass 'what is unset is gone, also from one that was suspended'

# ---------------------------------------------------------------------------------------------- a value that breaks it

fly apps create fragile >/dev/null
for name in a b; do
	fly machine run -a fragile --name $name --restart no -- sh -c '[ "$MODE" != broken ] || exit 3; exec sleep 600' >/dev/null
done
many_lines=1 refuses 1 'with exit code 3|ended with code 3' fly secrets set -a fragile MODE=broken
is '1 1' eval "db \"SELECT s.state = 'started', count(*) FROM machine JOIN machine_state s ON s.machine = id WHERE app = 'fragile' GROUP BY 1 ORDER BY 1 DESC LIMIT 1\" | tr '|' ' '"
is 'Partially deployed' eval "fly secrets list -a fragile -j | jq -r '.[].status'"
fly secrets set -a fragile MODE=right >"$dir/out" || fail "$(cat "$dir/out")"
is 2 db "SELECT count(*) FROM machine_state JOIN machine ON id = machine WHERE app = 'fragile' AND secrets_version = 2"
pass 'the first Machine that does not come up with them ends it; the others go on with what they had'

# ---------------------------------------------------------------------------------------------- import

import() { printf "$1" | fly secrets import -a web --stage; }
import '# comment\r\n\n export A = one \nB="two words"\nC='"'"'x=y'"'"'\nD="""first\n\nlast"""\nE=,=\n' >/dev/null
fly secrets deploy -a web --detach >/dev/null
within 10 is A=one environment_of 0.01 A
is 'B=two words' environment_of 0.01 B
is C=x=y environment_of 0.01 C
is D=first environment_of 0.01 D
is E=,= environment_of 0.01 E
refuses 1 '^Error: line 2 is no NAME=VALUE: ' import 'A=1\ntopsecret\n'
refuses 1 '^Error: line 1: what stands before = is no name of a variable' import 'top secret=1\n'
refuses 1 '^Error: line 3: a value begins with """ and does not end' import 'X=1\n\nA="""1\n2\n'
refuses 1 'zero octet' import 'A=1\0002\n'
refuses 1 'at least one' import '# nothing\n'
refuses 1 '^Error: word 1 is no NAME=VALUE' fly secrets set -a web topsecret
refuses 1 'word 2: what stands before = is no name' fly secrets set -a web A=1 2B=topsecret
refuses 1 'only one of them' fly secrets set -a web A=- B=-
refuses 1 'no app "nobody"' fly secrets set -a nobody A=1
refuses 2 'needs NAME=VALUE' fly secrets set -a web
is 0 db "SELECT count(*) FROM audit WHERE command LIKE '%topsecret%'"
pass 'lines are read as people write them; what is wrong is told by its place alone'

# ---------------------------------------------------------------------------------------------- the seal

mv "$registry.seal" "$dir/seal"
many_lines=1 refuses 1 'did not start: .*seal.*is missing' fly machine restart "$(id_of 1)"
refuses 1 'is missing' fly secrets set -a web A=2
[ ! -e "$registry.seal" ] || fail 'a new seal was made over secrets of the former'
head -c 32 /dev/urandom >"$registry.seal"
chmod 600 "$registry.seal"
many_lines=1 refuses 1 'sealed with another seal' fly machine start "$(id_of 1)"
mv "$dir/seal" "$registry.seal"
sqlite3 "$registry" "PRAGMA ignore_check_constraints = 1; DROP TRIGGER secret_rule_update;
	UPDATE secret SET value = CAST(x'ff' AS TEXT) WHERE app = 'web' AND name = 'A'"
many_lines=1 refuses 1 'the secrets of app web are damaged' fly machine start "$(id_of 1)"
fly doctor --migrate >/dev/null || true
fly secrets set -a web A=one --detach >/dev/null
fly machine start "$(id_of 1)" >/dev/null
is A=one environment_of 0.01 A
pass 'without its seal, or with a damaged secret, a Machine does not start, and says so'

digests() { db "SELECT app, name, version, digest FROM secret ORDER BY app, name"; }
before=$(digests)
fly backup "$dir/backup.db" >/dev/null
fly secrets set -a web A=later NEW=1 --stage >/dev/null
fly restore -y "$dir/backup.db" >/dev/null
is "$before" digests
is "Nothing is inconsistent in $registry" fly check
fly apps destroy -y web fragile >/dev/null
is 0 db 'SELECT count(*) FROM secret'
pass 'a backup has them sealed; they go with their app'
