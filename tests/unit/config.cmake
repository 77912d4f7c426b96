unit_test(store/base/words LINK base)
unit_test(store/app_config LINK store toml PkgConfig::JANSSON)
unit_test(store/command/launch_plan SOURCES store/command/launch_plan.c LINK store PkgConfig::JANSSON)
unit_test(store/command/deploy_plan SOURCES store/command/deploy_plan.c LINK base PkgConfig::JANSSON m)
