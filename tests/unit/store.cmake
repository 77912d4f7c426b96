add_library(temp_registry STATIC lib/temp_registry.c)
target_include_directories(temp_registry PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/lib)
target_link_libraries(temp_registry PUBLIC store)

unit_test(store/catalog LINK store temp_registry)
unit_test(store/reader_place LINK store temp_registry)
unit_test(store/registry LINK store temp_registry)
unit_test(store/checkpoint LINK store temp_registry)
unit_test(store/feed LINK store temp_registry)
