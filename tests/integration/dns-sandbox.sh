# Whoever got to run code in flycast-dns can call and open what flycast-dns itself does, and nothing else.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null

# intruded [FLAGS...]: a daemon with somebody inside who waits for a question that says what to do.
intruded() {
	port=0
	LD_PRELOAD=$FLYCAST_TESTS/libintruder.so dns --threads 1 --verbose "$@"
	is fdaa:0:1:0:1::2 ask $one AAAA web.flycast
}
# A question for do-<what>.flycast, whoever asks it.
does() { printf '\0\7\1\0\0\1\0\0\0\0\0\0%b%s\7flycast\0\0\x1c\0\1' "\\x$(printf %02x $((3 + ${#1})))" "do-$1" >"/dev/udp/::1/$port"; }
said() { grep -q "intruder do-$1: $2" "$dir/dns.log"; }

for call in execve fork ptrace packet code setuid kill chroot; do
	intruded
	does $call
	code=0
	wait "$(pid_of dns)" || code=$?
	[ $code -eq $((128 + 31)) ] || fail "$call: ended with $code, not with SIGSYS"
done
pass "a system call that is none of its own kills it: execve, fork, ptrace, raw sockets, new code, setuid, kill, chroot"

# It is the sandbox that does it.
intruded --no-sandbox
does fork
within 5 said fork 'it could'
is 0 sed -n 's/^Seccomp:\t//p' "/proc/$(pid_of dns)/status"
does read
within 5 said read 'it could'
is fdaa:0:1:0:1::2 ask $one AAAA web.flycast
stop dns
pass "with --no-sandbox they succeed"

intruded
for thread in "/proc/$(pid_of dns)"/task/*; do
	is 2 sed -n 's/^Seccomp:\t//p' "$thread/status"
	is 1 sed -n 's/^NoNewPrivs:\t//p' "$thread/status"
done
pass "every thread is inside, and none can get privileges"

# Files: the registry's directory is all there is, where the kernel has Landlock.
if grep -q 'sandbox entered .*landlock=0' "$dir/dns.log"; then
	echo "  skipped: this kernel has no Landlock"
else
	does read
	within 5 said read 'Permission denied'
	does write
	within 5 said write 'Permission denied'
	[ ! -e /srv/intruder ] || fail 'a file was written'
	pass "no file outside of the registry's directory can be read or written"
fi
# What it does itself goes on: an edit, a registry that a backup took the place of.
fly apps create shop >/dev/null
within 5 is 'NOERROR qr aa rd 0 1' status $one AAAA shop.internal
fly backup "$dir/copy.db" >/dev/null
fly apps create cart >/dev/null
within 5 is 'NOERROR qr aa rd 0 1' status $one AAAA cart.internal
fly restore "$dir/copy.db" --yes >/dev/null
within 10 is 'NXDOMAIN qr aa rd 0 1' status $one AAAA cart.internal
is 'NOERROR qr aa rd 0 1' status $one AAAA shop.internal
stop dns
pass "a registry that is edited and restored is followed inside, too"
