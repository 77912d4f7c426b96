integration_test(install PLAIN)
