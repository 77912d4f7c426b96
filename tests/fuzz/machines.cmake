fuzz_target(port SOURCES store/port.c LINK base)
