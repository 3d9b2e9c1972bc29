# What libFuzzer needs of every file: coverage for its search, and sanitizers that stop at the first thing wrong.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "The fuzz targets need Clang, got ${CMAKE_CXX_COMPILER_ID}. On Debian: apt-get install clang-14 libclang-rt-14-dev, "
                      "then give -DCMAKE_CXX_COMPILER=clang++-14 to a new build folder. To build without them: -DKNOLL_BUILD_FUZZERS=OFF.")
endif()
# Without pointer-overflow and null: kernels take half as long to compile, and address tells of what such a pointer would read.
add_compile_options(-fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize=pointer-overflow,null -fno-sanitize-recover=all -fno-omit-frame-pointer
                    -fsanitize-coverage-allowlist=${CMAKE_CURRENT_LIST_DIR}/fuzzed_sources.txt)
add_link_options(-fsanitize=address,undefined,float-cast-overflow)
