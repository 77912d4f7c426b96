integration_test(machines)
integration_test(machines-agent)
integration_test(up)
