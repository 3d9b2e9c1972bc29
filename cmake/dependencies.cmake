# OpenBLAS and zlib as targets, with a message that names the packages where they are missing.
# Used by the build and, installed beside the package, by those who find it.
find_package(Threads REQUIRED)
find_package(ZLIB QUIET)
find_path(KNOLL_OPENBLAS_INCLUDE_DIR cblas.h
          PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE} openblas-pthread openblas)
find_library(KNOLL_OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-pthread openblas)
mark_as_advanced(KNOLL_OPENBLAS_INCLUDE_DIR KNOLL_OPENBLAS_LIBRARY)
if(NOT KNOLL_OPENBLAS_INCLUDE_DIR OR NOT KNOLL_OPENBLAS_LIBRARY OR NOT ZLIB_FOUND)
  message(FATAL_ERROR "knoll needs OpenBLAS and zlib. On Debian: apt-get install libopenblas-dev zlib1g-dev. "
                      "On Fedora: dnf install openblas-devel zlib-devel. On macOS: brew install openblas zlib.")
endif()
if(NOT TARGET knoll::openblas)
  add_library(knoll::openblas INTERFACE IMPORTED)
  target_include_directories(knoll::openblas SYSTEM INTERFACE ${KNOLL_OPENBLAS_INCLUDE_DIR})
  target_link_libraries(knoll::openblas INTERFACE ${KNOLL_OPENBLAS_LIBRARY})
endif()
