integration_test(config)
