unit_test(store/base/words LINK base)
unit_test(store/app_config LINK store toml PkgConfig::JANSSON)
