unit_test(store/port SOURCES store/port.c LINK base)
unit_test(store/machine LINK store)
