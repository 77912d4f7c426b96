unit_test(proxy/agent/lifecycle SOURCES proxy/agent/lifecycle.c LINK base)
unit_test(proxy/agent/restart SOURCES proxy/agent/restart.c LINK base)
unit_test(proxy/agent/explain SOURCES proxy/agent/explain.c proxy/agent/listeners.c LINK base PkgConfig::NL)
