unit_test(store/port SOURCES store/port.c LINK base)
unit_test(store/machine LINK store)
unit_test(store/command/goal SOURCES store/command/goal.c LINK base)
unit_test(store/command/log_line SOURCES store/command/log_line.c LINK base)
