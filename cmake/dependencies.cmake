# OpenBLAS and zlib, with a message that names the packages where they are missing.
find_package(Threads REQUIRED)
find_package(ZLIB)
find_path(OPENBLAS_INCLUDE_DIR cblas.h
          PATH_SUFFIXES openblas openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE})
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-pthread openblas)
if(NOT OPENBLAS_INCLUDE_DIR OR NOT OPENBLAS_LIBRARY OR NOT ZLIB_FOUND)
  message(FATAL_ERROR "knoll needs OpenBLAS and zlib. On Debian: apt-get install libopenblas-dev zlib1g-dev. "
                      "On Fedora: dnf install openblas-devel zlib-devel. On macOS: brew install openblas zlib.")
endif()
add_library(knoll_openblas INTERFACE)
target_include_directories(knoll_openblas SYSTEM INTERFACE $<BUILD_INTERFACE:${OPENBLAS_INCLUDE_DIR}>)
target_link_libraries(knoll_openblas INTERFACE ${OPENBLAS_LIBRARY})
