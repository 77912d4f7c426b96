# Who owns the addresses: sk_lookup beside a socket for each, by the number of apps with an address. How long a start takes,
# what an address costs in the kernel and in the proxy, how long connect(2) takes to addresses that nobody dialled before,
# how long until a port that is new in the registry is open, and what the program in the kernel takes for a connection.
# FLYCAST_BENCH_APPS="1000 100000"  FLYCAST_BENCH_DIALS=2000  FLYCAST_BENCH_CHANGES=100
# shellcheck source=tests/lib/apps.sh
. "$lib/apps.sh"
dials=${FLYCAST_BENCH_DIALS:-2000}
changes=${FLYCAST_BENCH_CHANGES:-100}
threads=2
# shellcheck disable=SC2034 # for start
ready_seconds=600
cd "$dir"

# Memory that the kernel holds for a process is told for a control group, by version 1 and by version 2; "-": neither is here.
group=
for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do
	[ ! -e "$root/cgroup.procs" ] || ! mkdir "$root/${dir##*/}" 2>/dev/null || { group=$root/${dir##*/} && break; }
done
[ -z "$group" ] || trap 'rmdir "$group"' EXIT
kernel_bytes() {
	cat "$group/memory.kmem.usage_in_bytes" 2>/dev/null || awk '$1 == "kernel" { print $2 }' "$group/memory.stat" 2>/dev/null || true
}
resident_bytes() { awk '/^Rss:/ { printf "%.0f", $2 * 1024 }' "/proc/$(pid_of proxy)/smaps_rollup"; }
each() { [ -n "$1" ] && [ -n "$2" ] && echo $((($1 - $2) / $3)) || echo -; }

# Programs in the kernel are timed only while this is on; it is the whole machine's.
were_timed=$(sysctl -n kernel.bpf_stats_enabled 2>/dev/null || echo 0)
timed() { sysctl -qw "kernel.bpf_stats_enabled=$1" 2>/dev/null || true; }
program_ns() {
	awk '$1 == "run_time_ns:" { ns = $2 } $1 == "run_cnt:" && $2 > 0 { printf "%.0f", ns / $2; found = 1 } END { if (!found) printf "-" }' \
		"/proc/$(pid_of proxy)/fdinfo/"* 2>/dev/null
}

cat >dial.py <<'PY'
"""connect(2) to so many of the first N addresses, each once: median and 99th percentile in microseconds."""
import random, socket, sys, time
apps, dials = int(sys.argv[1]), int(sys.argv[2])
times = []
for i in random.Random(1).sample(range(apps), min(dials, apps)):
    s = socket.socket(socket.AF_INET6)
    name = (f'fdaa:0:1:0:1::{i + 2:x}' if i + 2 < 0x10000 else f'fdaa:0:1:0:1:0:{i + 2 >> 16:x}:{i + 2 & 0xffff:x}', 80)
    t = time.perf_counter()
    s.connect(name)
    times.append(time.perf_counter() - t)
    s.close()
times.sort()
print(f'{times[len(times) // 2] * 1e6:.0f} {times[int(len(times) * .99)] * 1e6:.0f}')
PY
cat >change.py <<'PY'
"""Opens and closes a port of an app so many times: median until it is open, in milliseconds."""
import socket, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
changes = int(sys.argv[2])
def wait_until(refused):
    t = time.perf_counter()
    while True:
        with socket.socket(socket.AF_INET6) as s:
            if (s.connect_ex(('fdaa:0:1:0:1::2', 81)) != 0) == refused:
                return time.perf_counter() - t
        if time.perf_counter() - t > 30:
            sys.exit('the change did not come')
        time.sleep(0.0002)
times = []
for _ in range(changes):
    db.execute("INSERT INTO service_port (machine, internal_port, start_port, end_port) VALUES (printf('%014x', 1), 8080, 81, 81)")
    times.append(wait_until(False))
    db.execute("DELETE FROM service_port WHERE start_port = 81")
    wait_until(True)
times.sort()
print(f'{times[len(times) // 2] * 1e3:.1f}')
PY

# run_proxy WAY: sets took (ms), kernel and resident (bytes); in the control group, so that the kernel's memory is its own.
run_proxy() {
	local before
	before=$(date +%s%N)
	# shellcheck disable=SC2016 # expanded by the inner shell
	start proxy bash -c '[ -z "$0" ] || echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" flycast-proxy --registry "$registry" \
		--host bench --vip "$1" --threads $threads --agent "$dir/none.sock"
	took=$((($(date +%s%N) - before) / 1000000))
	kernel=$(kernel_bytes)
	resident=$(resident_bytes)
}

declare -A empty_kernel empty_resident
make_registry 0
for way in sk_lookup freebind; do
	run_proxy $way
	empty_kernel[$way]=$kernel empty_resident[$way]=$resident
	stop proxy
done
fits=$(($(ulimit -Hn) * 3 / 4 / threads - 1)) # and one for a port that is new
echo "     apps  way          start   kernel    proxy     connect us    change   program"
echo "                           ms  B/address B/address   p50    p99        ms   ns/dial"
for apps in ${FLYCAST_BENCH_APPS:-1000 100000}; do
	for way in sk_lookup freebind; do
		count=$apps
		if [ $way = freebind ] && [ "$apps" -gt "$fits" ]; then
			echo "  (freebind: the $(ulimit -Hn) descriptors of a process are enough for $fits addresses)"
			count=$fits
		fi
		make_registry "$count"
		run_proxy $way
		timed 1
		read -r p50 p99 < <(python3 dial.py "$count" "$dials")
		timed "$were_timed"
		program=$(program_ns)
		change=$(python3 change.py "$registry" "$changes")
		printf '%9d  %-9s %8d %10s %9s %6s %6s %9s %9s\n' "$count" $way "$took" \
			"$(each "$kernel" "${empty_kernel[$way]}" "$count")" "$(each "$resident" "${empty_resident[$way]}" "$count")" \
			"$p50" "$p99" "$change" "$program"
		stop proxy
	done
done
