add_executable(feed_probe bench/feed_probe.c)
set_target_properties(feed_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(feed_probe PRIVATE flags store)
