# What systemd is told (sd_notify): that it serves, reads again, ends, and lives, which is said only while every thread moves.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init >/dev/null
fly networks attach ::1/128 >/dev/null
notified() { # SOCKET: who listens there, in $dir/told
	/usr/bin/python3 "$lib/notified.py" "$1" >"$dir/told" &
	within 5 grep -q LISTENING "$dir/told"
}
told() { grep -c "^~$1" "$dir/told"; }
more() { [ "$(told WATCHDOG=1)" -gt "$1" ]; } # than so many
notified "$dir/notify"
export NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=400000
dns --threads 1 --control "$dir/dns.sock"
within 5 grep -q '^~READY=1' "$dir/told"
within 5 more 3
is 1 told READY=1
ask ::1 +tcp internal SOA >/dev/null
before=$(told WATCHDOG=1)
within 5 more "$before"
pass 'it serves, and lives'

kill -HUP "$(pid_of dns)"
again() { [ "$(told READY=1)" = 2 ]; }
within 5 again
is 'RELOADING=1 MONOTONIC_USEC READY=1' eval "grep -A 1 -E '^~(RELOADING|READY)' '$dir/told' | grep -vE '^(--|~WATCHDOG)' | tail -n 3 | sed 's/^~//; s/USEC=[0-9]*/USEC/' | paste -sd' '"
has 'registry read whole path=.*: asked for' cat "$dir/dns.log"
pass 'SIGHUP reads the registry, and systemd hears of it before and after'

# One thread after the other does not move: nobody is told that it lives. The sleeping thread of UDP stands when somebody asks it.
pid=$(pid_of dns)
freezes() { # THREAD
	mkfifo "$dir/hold.$1"
	/usr/bin/python3 "$lib/freeze.py" "$1" <"$dir/hold.$1" >"$dir/frozen" &
	exec 7>"$dir/hold.$1"
	within 5 grep -q frozen "$dir/frozen"
	dig +tries=1 +timeout=1 -p "$port" -b ::1 @::1 internal SOA >/dev/null || true
}
threads() { # of a name
	for task in "/proc/$pid/task/"*; do
		[ "$(cat "$task/comm")" != "$1" ] || basename "$task"
	done
}
for transport in udp tcp; do
	thread=$(threads "dns-$transport")
	[ "$thread" ] || fail "no thread dns-$transport"
	freezes "$thread"
	within 10 grep -q "thread stands transport=$transport thread=0" "$dir/dns.log"
	before=$(told WATCHDOG=1)
	sleep 1 # in which it would have said so five times
	[ "$(told WATCHDOG=1)" = "$before" ] || fail "systemd is told that it lives while $transport stands"
	exec 7>&-
	within 10 grep -q "thread moves again transport=$transport thread=0" "$dir/dns.log"
	within 5 more "$before"
	rm "$dir/frozen"
done
pass 'it does not say that it lives while a thread that answers stands still'

stop dns
within 5 grep -q '^~STOPPING=1' "$dir/told"
pass 'it says when it ends'

# flycast up speaks for the three; none of them speaks for itself.
unset NOTIFY_SOCKET
notified @flycast-up-$$
start up env NOTIFY_SOCKET=@flycast-up-$$ flycast up --dns-listen '[::1]:0'
within 5 grep -q '^~READY=1' "$dir/told"
within 5 more 2
stop up
within 5 grep -q '^~STOPPING=1' "$dir/told"
is '1 1' eval 'echo "$(told READY=1) $(told STOPPING=1)"'
pass 'flycast up says all that for its daemons, once'
