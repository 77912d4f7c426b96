unit_test(store/base/addr LINK base)
unit_test(store/base/table LINK base)
