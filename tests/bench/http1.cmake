add_executable(http1_probe bench/http1_probe.c)
set_target_properties(http1_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(http1_probe PRIVATE flags proxy_pure)
