unit_test(proxy/http2_calm LINK proxy_pure)
unit_test(proxy/http2_head LINK proxy_pure)
