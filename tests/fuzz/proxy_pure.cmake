fuzz_target(ask LINK ask)
