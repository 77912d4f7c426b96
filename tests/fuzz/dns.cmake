fuzz_target(question LINK dns)
fuzz_target(proxied LINK dns)
fuzz_target(subnet LINK dns)
fuzz_target(outward LINK dns)
