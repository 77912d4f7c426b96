# What cmake --install lays down: every program runs from there, every page and the unit are beside it.
build=$(dirname "$FLYCAST_BIN")
cmake --install "$build" --prefix "$dir/usr" >"$dir/install.log"

for program in "$FLYCAST_BIN"/flycast*; do
	name=$(basename "$program")
	[ -x "$dir/usr/bin/$name" ] || [ -x "$dir/usr/libexec/flycast/$name" ] || fail "$name is not installed"
done
has '^flycast [0-9]' "$dir/usr/bin/flycast" --version
has "ExecStart=$dir/usr/bin/flycast up" cat "$dir/usr/lib/systemd/system/flycast.service"
for page in man1/flycast.1 man5/flycast-registry.5 man8/flycast-dns.8 man8/flycast-proxy.8 man8/flycast-agent.8; do
	[ -s "$dir/usr/share/man/$page" ] || fail "$page is not installed"
done
pass 'programs, pages and the unit are installed'
