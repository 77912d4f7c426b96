add_executable(dns_echo bench/dns_echo.c)
set_target_properties(dns_echo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(dns_echo PRIVATE flags)
