fuzz_target(question LINK dns)
