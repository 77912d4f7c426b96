unit_test(dns/responder LINK dns PkgConfig::LDNS)
unit_test(dns/responder_packet LINK dns PkgConfig::LDNS)
