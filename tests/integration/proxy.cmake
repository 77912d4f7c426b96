integration_test(proxy-http)
