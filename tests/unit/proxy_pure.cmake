unit_test(proxy/agent/ask LINK ask)
