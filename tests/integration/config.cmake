integration_test(config)
integration_test(launch)
integration_test(deploy)
