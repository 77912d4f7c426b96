# Packets with forged sources, and a witness of those that arrive.
add_executable(rawsend lib/rawsend.c)
set_target_properties(rawsend PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(rawsend PRIVATE flags)

integration_test(agent-life)
integration_test(agent-isolation)
integration_test(agent-adopt)
integration_test(agent-ask)
integration_test(agent-full)
integration_test(agent-sizes)
integration_test(agent-images)
integration_test(checks-agent)
