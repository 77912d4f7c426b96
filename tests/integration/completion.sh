# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# completion: bash, zsh and fish complete commands, flags, their values and names from the registry.
fly init --host one --region fra >/dev/null
fly orgs create acme >/dev/null
for app in web website shop; do fly apps create $app >/dev/null; done
id=$(fly machine create -a web --name front -- sleep 600 | awk '/Machine ID/ { print $3 }')
other=$(fly machine create -a shop --name back -- sleep 600 | awk '/Machine ID/ { print $3 }')
fly secrets set -a web TOKEN=1 --stage >/dev/null 2>&1

# ---------------------------------------------------------------------------------------------- what may come

may() { flycast __complete "$@" | cut -f1 | paste -sd ' '; }
is 'machine' may m
is 'set unset import list deploy' may secrets ''
is '--autostart --autostop' may machine run --autos
is '--autostop=off --autostop=stop --autostop=suspend --autostop=true --autostop=false' may m run --autostop=
is '--rm=true --rm=false' may machine run --rm=
is 'connections requests' may machine run --concurrency-type ''
is 'web website' may ips list -a w
is '--app=web --app=website' may ips list --app=w
is 'acme personal' may apps list --org ''
is 'fra' may machine run --region fr
is "$id" may machine stop -a web ''
is "$other $id" may machine stop ''
is "$other" env FLY_APP=shop bash -c 'flycast __complete machine start "" | cut -f1'
is 'TOKEN' may secrets unset -a web T
is 'bash zsh fish' may completion ''
is 'default' may zone d
is 'flycast internal reverse' may zone default ''
is '' may machine nonsense ''
is '' may machine status "$id" ''
is '' may apps list --quiet ''
is 'shop web website' may apps destroy -y ''
has $'^--app\tthe app' flycast __complete ips list --ap
is '' eval 'flycast __complete ips list --x; flycast __complete ips list -a "" --registry /nowhere/r.db -a ""'
for words in 'backup ' 'ips list -c ' 'ips list --config=./' 'machine run -a web -- '; do
	read -ra list <<<"$words"
	[[ $words == *' ' ]] && list+=('')
	code=0
	flycast __complete "${list[@]}" >"$dir/out" || code=$?
	is "3 0" echo "$code $(wc -l <"$dir/out")"
done
pass 'commands, flags, values and names follow from the table and the registry'

# Every flag and command that --help tells is offered, nothing else.
told() { flycast "$@" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort; }
for words in 'machine run' 'machine update' 'secrets set' 'deploy' 'apps list' 'config save'; do
	read -ra list <<<"$words"
	is "$(told "${list[@]}")" eval 'flycast __complete "${list[@]}" -- | cut -f1 | sort'
	is "$(told "${list[@]}")" eval 'flycast __complete "${list[@]}" - | cut -f1 | sort'
done
pass 'the flags are those of --help'

# ---------------------------------------------------------------------------------------------- three shells

as_bash() { # WORDS...: what bash makes of the last one
	bash --norc -c 'source <(flycast completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _flycast 2>/dev/null
		printf "%s\n" "${COMPREPLY[@]}"' bash flycast "$@" | paste -sd ' '
}
is 'machine' as_bash ma
is 'web website' as_bash ips list -a w
is 'stop suspend' as_bash machine run --autostop = s
is 'web website' as_bash ips list --app = w
is '' as_bash machine stop -a web nothing
is 'files' bash --norc -c 'source <(flycast completion bash); compopt() { echo files; }; COMP_WORDS=(flycast backup ""); COMP_CWORD=2; _flycast'
pass 'bash'

cat >"$dir/zsh" <<-'END'
	autoload -U compinit && compinit -u -D
	source <(flycast completion zsh)
	_describe() { print -l -- ${found%%:*} }
	_files() { print files }
	words=(flycast "$@") CURRENT=$(($# + 1))
	_flycast
END
as_zsh() { zsh -f "$dir/zsh" "$@" | paste -sd ' '; }
is 'machine' as_zsh ma
is 'web website' as_zsh ips list -a w
is '--autostop=stop --autostop=suspend' as_zsh machine run --autostop=s
is 'files' as_zsh backup ''
pass 'zsh'

as_fish() { HOME=$dir fish -N -c "flycast completion fish | source; complete -C 'flycast $1'" | cut -f1 | paste -sd ' '; }
is 'machine' as_fish ma
is 'web website' as_fish 'ips list -a w'
is '--autostop=stop --autostop=suspend' as_fish 'machine run --autostop=s'
: >"$dir/a-file"
is 'a-file' eval 'cd "$dir" && as_fish "backup a-f"'
pass 'fish'
refuses 2 'no completion for "tcsh"' fly completion tcsh
