unit_test(proxy/agent/ask LINK ask)
unit_test(proxy/http1_request LINK proxy_pure)
unit_test(proxy/http1_response LINK proxy_pure)
unit_test(proxy/http1_body LINK proxy_pure)
