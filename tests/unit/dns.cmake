unit_test(dns/responder LINK dns PkgConfig::LDNS)
