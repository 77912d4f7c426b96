unit_test(store/base/addr LINK base)
unit_test(store/base/table LINK base)
unit_test(store/base/metrics_http LINK base)
