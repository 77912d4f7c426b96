fuzz_target(fly_toml SOURCES store/command/toml_write.c LINK store toml PkgConfig::JANSSON)
