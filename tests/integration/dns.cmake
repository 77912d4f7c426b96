integration_test(dns-names)
integration_test(dns-view)
integration_test(dns-change)
