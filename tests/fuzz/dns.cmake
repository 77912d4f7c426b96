fuzz_target(question LINK dns)
fuzz_target(proxied LINK dns)
