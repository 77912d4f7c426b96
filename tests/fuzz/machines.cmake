fuzz_target(port SOURCES store/port.c LINK base)
fuzz_target(check LINK store)
