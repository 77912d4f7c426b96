add_executable(stress lib/stress.c)
set_target_properties(stress PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(stress PRIVATE flags store)
integration_test(stress PLAIN TIMEOUT 600)
