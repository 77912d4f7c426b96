integration_test(machines)
