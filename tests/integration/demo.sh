# The demo shows what it should, and then every command of README's ten minutes works in its shell.
export FLYCAST_SHELL="$lib/readme.sh $lib/../../README.md"
set -- --stay
# shellcheck source=tests/demo.sh
. "$lib/../demo.sh"
