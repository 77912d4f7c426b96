#!/usr/bin/env bash
# cppcheck.sh BUILD - the programs pass cppcheck; BUILD/lint keeps what did not change. Each version of it finds and
# misunderstands other things, so: Debian 12's only.
. tests/lint/common.sh
[[ $(cppcheck --version) = 'Cppcheck 2.10'* ]] || { echo 'no cppcheck 2.10 here'; exit 77; }
mkdir -p "$1/lint/cppcheck"
# unknownMacro: headers of libraries are not read. getpw*: called by commands and before a daemon has threads.
# readdir: safe on a stream of one thread (POSIX.1-2024). varFuncNullUB: NULL is a pointer in C with glibc and musl.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	--cppcheck-build-dir="$1/lint/cppcheck" -j "$(nproc)" --template=gcc \
	--suppress=unknownMacro --suppress=readdirCalled --suppress=getpwnamCalled --suppress=getpwuidCalled --suppress=varFuncNullUB --library=posix -D_GNU_SOURCE -U__cplusplus \
	-I store -I dns -I proxy dns proxy store
