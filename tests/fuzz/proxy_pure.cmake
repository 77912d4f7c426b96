fuzz_target(ask LINK ask)
fuzz_target(http1_request LINK proxy_pure)
fuzz_target(http1_response LINK proxy_pure)
fuzz_target(http1_chunked SOURCES proxy/flow.c LINK proxy_pure)
