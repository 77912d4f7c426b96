add_executable(http_load bench/http_load.c)
set_target_properties(http_load PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_link_libraries(http_load PRIVATE flags PkgConfig::SSL)
