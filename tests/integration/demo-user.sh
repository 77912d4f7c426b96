# The demo as an ordinary user, who has no more than namespaces of his own.
[ "$(awk '{ print $3 }' /proc/self/uid_map)" = 4294967295 ] || { echo 'this is an ordinary user already'; exit 77; }
as_nobody() {
	env -u FLYCAST_INSIDE setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
as_nobody unshare --user --map-root-user --net --mount true || { echo 'no user namespaces here'; exit 77; }

# A checkout may be where only its owner can look.
chmod 755 "$dir"
cp -r "$FLYCAST_BIN" "$dir/bin"
mkdir "$dir/tests" "$dir/tmp"
cp "$FLYCAST_TESTS/httpd" "$dir/tests/"
cp -r "$lib" "$lib/../demo.sh" "$dir/tests/"
chmod 1777 "$dir/tmp"
FLYCAST_BIN=$dir/bin FLYCAST_TESTS=$dir/tests TMPDIR=$dir/tmp as_nobody "$dir/tests/lib/run" "$dir/tests/demo.sh"
