unit_test(store/port SOURCES store/port.c LINK base)
