fuzz_target(http2_request LINK proxy_pure)
