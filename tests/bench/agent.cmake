add_executable(agent_probe bench/agent_probe.c)
set_target_properties(agent_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(agent_probe PRIVATE flags)
