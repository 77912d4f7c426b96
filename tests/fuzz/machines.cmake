fuzz_target(port SOURCES store/port.c LINK base)
fuzz_target(check LINK store)
fuzz_target(secret_text SOURCES store/command/secret_text.c LINK store)
