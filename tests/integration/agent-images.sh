# shellcheck shell=bash
# shellcheck disable=SC2016 # for the shells inside Machines
# A Machine made of an image: another root and fewer privileges, and for the rest a Machine like any other. The images are
# made here and never fetched.
fly init >/dev/null
mkdir -p "$dir/store" "$dir/files/bin" "$dir/files/etc" "$dir/files/www" "$dir/files/home/app" "$dir/files/tmp"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$dir/store/graph" "$dir/store/run" >"$dir/storage.conf"
export CONTAINERS_STORAGE_CONF=$dir/storage.conf
# shellcheck disable=SC2034 # of start
ready_seconds=60
agent() { start agent flycast-agent --registry "$registry"; }
agent
fly apps create web >/dev/null

id_of() { db "SELECT id FROM machine WHERE name = '$1'"; }
in_state() { [ "$(db "SELECT state FROM machine_state WHERE machine = '$(id_of "$1")'")" = "$2" ]; }
log_of() { cat "$dir/machines/$(id_of "$1")/log"; }
page() { curl -sf -m 5 "http://$(db "SELECT ipv4 FROM machine WHERE name = '$1'"):8080/"; }
run() { # NAME ARGS...
	fly machine run -a web --name "$@" >/dev/null
}

if [ "$(awk '{ print $3 }' /proc/self/uid_map)" = 1 ]; then
	many_lines=1 refuses 1 'images need an agent that is root outside of namespaces too' run none --restart no web:1
	pass 'without being root an image is refused with the reason'
	stop agent
	exit 0
fi

cp /bin/busybox "$dir/files/bin/"
for name in sh cat id env sleep httpd ls ps mount touch mkdir dd chown unshare true; do
	ln -s busybox "$dir/files/bin/$name"
done
printf 'root:x:0:0::/root:/bin/sh\napp:x:1234:2345::/home/app:/bin/sh\n' >"$dir/files/etc/passwd"
printf 'root:x:0:\napp:x:2345:\nextra:x:77:app\n' >"$dir/files/etc/group"
echo 'hello from an image' >"$dir/files/www/index.html"
# What only a hostile image has: a device of the host.
mknod "$dir/files/zero" c 1 5
chmod 666 "$dir/files/zero"
tar -C "$dir/files" -cf "$dir/files.tar" .
image() { # NAME CHANGE...: prints the id
	local name=$1 changes=()
	shift
	for change; do changes+=(--change "$change"); done
	podman import -q "${changes[@]}" "$dir/files.tar" "$name"
}
image web:1 'CMD ["httpd","-f","-p","8080","-h","/www"]' 'ENV GREETING=image' 'ENV LANG=xx' 'USER app' 'WORKDIR /home/app' >/dev/null
image root:1 'ENTRYPOINT ["sh","-c"]' 'CMD ["echo from the image; sleep 1000"]' >/dev/null

# ---------------------------------------------------------------------------------------------- what it is

run one -p 80:8080/tcp:http web:1
within 10 has 'hello from an image' page one
run two --detach --restart no -e LANG=yy web:1 -- sh -c 'id; pwd; env; cat /etc/hosts; cat /etc/resolv.conf; cat /.fly/fly-src.pub; echo; touch /.fly/x; ls /; exit 7'
within 10 in_state two stopped
is 7 db "SELECT exit_code FROM machine_state WHERE machine = '$(id_of two)'"
has 'out uid=1234\(app\) gid=2345\(app\) groups=77\(extra\)' log_of two
has 'out /home/app$' log_of two
has 'out GREETING=image$' log_of two
has 'out LANG=yy$' log_of two
has 'out HOME=/home/app$' log_of two
has "out $(cat "$dir/machines/fly/fly-src.pub")\$" log_of two
has 'touch: /.fly/x: (Read-only|Permission)' log_of two
has "out FLY_MACHINE_ID=$(id_of two)\$" log_of two
has 'out FLY_IMAGE_REF=web:1$' log_of two
has "out $(db "SELECT address FROM machine WHERE name = 'two'").fly-local-6pn" log_of two
has 'out nameserver fdaa::3' log_of two
has 'out www$' log_of two
is 'web:1 sh -c' jq -r '"\(.config.image) \(.config.init.cmd[:2] | join(" "))"' <(fly machine status -a web two -j)
has 'one .*│ web:1$' eval 'fly machine list -a web | sed "s/ *$//"'
pass 'files, user, directory and environment are the image'"'"'s, the network and its names the Machine'"'"'s'

run three --restart no root:1 -- 'id -u; echo $0'
within 10 in_state three stopped
has 'out 0$' log_of three
run four --restart no --entrypoint 'sh -c "echo mine"' root:1
within 10 in_state four stopped
has 'out mine$' log_of four
is 0 eval "log_of four | grep -c 'from the image' || true"
run five root:1
within 10 has 'out from the image$' log_of five
pass 'entrypoint and command may be replaced, each by itself'

image localhost/team/web:2 'CMD ["sh","-c","echo the second; exec sleep 1000"]' >/dev/null
fly machine update -a web five --image localhost/team/web:2 --yes -- sh -c 'echo "$0 changed"; exec sleep 1000' >/dev/null
within 10 has 'out sh changed$' log_of five
is 'localhost team/web 2 null' jq -r '.image_ref | "\(.registry) \(.repository) \(.tag) \(.digest)"' <(fly machine status -a web five -j)
is 'null web 1' jq -r '.image_ref | "\(.registry) \(.repository) \(.tag)"' <(fly machine status -a web one -j)
pass 'another image counts from the next start on'

# ---------------------------------------------------------------------------------------------- what it may not

run prison --restart no root:1 -- 'touch /etc/made && echo wrote
	mount -t tmpfs none /tmp 2>/dev/null && echo mounted
	unshare -U true 2>/dev/null && echo unshared
	echo x >/proc/sys/kernel/core_pattern 2>/dev/null && echo set
	ls '"$dir"' 2>/dev/null && echo seen
	ls /proc/1/root/ >/dev/null 2>&1 && echo outside
	cat /dev/vda /dev/sda >/dev/null 2>&1 && echo read
	[ -c /zero ] && echo there
	dd if=/zero of=/dev/null bs=1 count=1 2>/dev/null && echo opened
	while read -r key value; do case $key in CapEff: | NoNewPrivs:) echo "$key $value" ;; esac; done </proc/self/status'
within 10 in_state prison stopped
is 'CapEff: 00000000800424fb NoNewPrivs: 1 there wrote' eval "log_of prison | sed -n 's/^.* out //p' | sort | paste -sd' '"
fly machine start -a web prison >/dev/null
within 10 is 2 eval "log_of prison | grep -c 'out wrote'"
[ ! -e "$(podman image mount root:1)/etc/made" ] || fail 'a Machine wrote into its image'
pass 'it can write to its root, which lasts as long as the run, and to nothing else'

# ---------------------------------------------------------------------------------------------- as every other Machine

steady=$(sed -n 's/^pid //p' "$dir/machines/$(id_of one)/init")
fly machine suspend -a web five >/dev/null
in_state five suspended || fail 'it cannot be suspended'
stop agent KILL 2>/dev/null
has 'hello from an image' page one
agent
within 10 in_state one started
within 10 is "$steady" eval "sed -n 's/^pid //p' '$dir/machines/$(id_of one)/init'"
in_state five suspended || fail 'a suspended one is not known again'
fly machine start -a web five >/dev/null
in_state five started || fail 'it does not wake'
fly machine stop -a web five --timeout 2 >/dev/null
is 130 db "SELECT exit_code FROM machine_state WHERE machine = '$(id_of five)'"
fly machine stop -a web one --timeout 1 >/dev/null
before=$(date +%s%3N)
fly machine start -a web one >/dev/null
within 10 has 'hello from an image' page one
echo "  a start of one that was stopped took $(($(date +%s%3N) - before)) ms"
pass 'it lives on without its agent, is adopted, suspended, woken, stopped by a signal and started again'

if ! grep -q 'not held to their sizes' "$dir/agent.log"; then
	run hungry --restart no --vm-memory 64 root:1 -- 'dd if=/dev/zero of=/dev/shm/big bs=1M count=200'
	within 20 in_state hungry stopped
	is 1 db "SELECT oom_killed FROM machine_state WHERE machine = '$(id_of hungry)'"
	pass 'its size counts, with what it writes into memory'
fi

# ---------------------------------------------------------------------------------------------- what goes wrong

many_lines=1 refuses 1 'the image nosuch:1 is not to be had on this host: podman pull nosuch:1' run six --restart no nosuch:1
image nosuch:1 'CMD ["sleep","1000"]' >/dev/null
fly machine start -a web six >/dev/null
in_state six started || fail 'an image that came later is not found'
many_lines=1 refuses 1 'could not run nothing in its image: .*nothing. not found' run seven --restart no web:1 -- nothing
image empty:1 >/dev/null
many_lines=1 refuses 1 'empty:1 has neither an entrypoint nor a command' run eight --restart no empty:1
image stranger:1 'CMD ["true"]' 'USER nobody' >/dev/null
many_lines=1 refuses 1 'stranger:1 wants to run as user nobody, which its /etc/passwd does not have' run nine --restart no stranger:1
refuses 1 "cannot be the name of an image" fly machine run -a web --detach ./here
refuses 2 'image.s name alone may stand' fly machine run -a web nginx sh
refuses 2 'entrypoint is for a Machine made of an image' fly machine run -a web --entrypoint sh -- true
stop agent
start agent env PATH="$bin" flycast-agent --registry "$registry"
many_lines=1 refuses 1 'podman cannot be run on this host .*: images need it' run ten --restart no web:1
stop agent
# Its row changes while the image that it had is looked for; that six is stopped tells that the agent has read it.
printf '#!/bin/sh\nwhile [ -e %s/hold ]; do sleep 0.02; done\nexec %s "$@"\n' "$dir" "$(command -v podman)" >"$dir/podman"
chmod +x "$dir/podman"
start agent env PATH="$dir:$PATH" flycast-agent --registry "$registry"
row() { db "UPDATE machine SET image = '$1', command = '[\"sh\",\"-c\",\"echo $2 \$GREETING\"]' WHERE name = 'two'"; }
row web:1 before
fly machine start -a web two >/dev/null 2>&1 || true
within 10 has 'out before image$' log_of two
within 10 in_state two stopped
touch "$dir/hold"
row root:1 during
db "UPDATE machine SET ask = 'start' WHERE name = 'two'"
within 10 in_state two starting
row web:1 after
fly machine stop -a web six --timeout 1 >/dev/null
rm "$dir/hold"
within 10 has 'out after' log_of two
has 'out after image$' log_of two
stop agent
agent
pass 'what cannot be run is refused with the reason, and an image that comes later is found'

# ---------------------------------------------------------------------------------------------- deploy

mkdir "$dir/app" && cd "$dir/app"
printf 'app = "web"\n[build]\nimage = "web:1"\n[processes]\napp = ""\nworker = "sleep 1000"\n' >fly.toml
db 'DELETE FROM machine'
fly deploy --ha=false >"$dir/out" 2>&1 || fail "deploy: $(cat "$dir/out")"
is 'app|web:1|[""]
worker|web:1|["sleep","1000"]' db "SELECT process_group, image, command FROM machine ORDER BY 1"
page_of() { curl -sf -m 5 "http://$(db "SELECT ipv4 FROM machine WHERE process_group = 'app'"):8080/"; }
within 10 has 'hello from an image' page_of
pass 'deploy runs the image of [build]'
cd /

db 'DELETE FROM machine'
within 10 eval '[ "$(db "SELECT count(*) FROM machine_state")" = 0 ] && [ "$(ls "$dir/machines")" = fly ] && ! pgrep -x flycast-init >/dev/null'
pass 'destroying leaves nothing'
stop agent
podman image umount --all >/dev/null
