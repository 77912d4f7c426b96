unit_test(proxy/agent/ask LINK ask)
unit_test(proxy/http1_request LINK proxy_pure)
