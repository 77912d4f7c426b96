integration_test(config)
integration_test(launch)
