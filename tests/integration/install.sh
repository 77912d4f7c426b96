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
for script in bash-completion/completions/flycast zsh/site-functions/_flycast fish/vendor_completions.d/flycast.fish; do
	has __complete cat "$dir/usr/share/$script"
done
pass 'programs, pages, completions and the unit are installed'

# From there, and with nothing of the build on the way, they find each other and run a Machine.
export PATH=$dir/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin
flycast init >/dev/null
start up flycast up
flycast apps create web >/dev/null
has 'Machine started' flycast machine run -a web -- sleep 1000
stop up
pass 'they find each other where they are installed'
