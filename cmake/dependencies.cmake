# OpenBLAS and zlib as targets; knoll_missing says what to install where they are missing.
# Used by the build and, installed beside the package, by those who find it.
find_package(Threads QUIET)
find_package(ZLIB QUIET)
find_path(KNOLL_OPENBLAS_INCLUDE_DIR cblas.h
          PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE} openblas-pthread openblas)
find_library(KNOLL_OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-pthread openblas)
mark_as_advanced(KNOLL_OPENBLAS_INCLUDE_DIR KNOLL_OPENBLAS_LIBRARY)
set(knoll_missing "")
if(NOT KNOLL_OPENBLAS_INCLUDE_DIR OR NOT KNOLL_OPENBLAS_LIBRARY OR NOT ZLIB_FOUND OR NOT Threads_FOUND)
  string(CONCAT knoll_missing "knoll needs OpenBLAS, zlib and threads. On Debian: apt-get install libopenblas-dev zlib1g-dev. "
                              "On Fedora: dnf install openblas-devel zlib-devel. On macOS: brew install openblas zlib.")
elseif(NOT TARGET knoll::openblas)
  add_library(knoll::openblas INTERFACE IMPORTED)
  target_include_directories(knoll::openblas SYSTEM INTERFACE ${KNOLL_OPENBLAS_INCLUDE_DIR})
  target_link_libraries(knoll::openblas INTERFACE ${KNOLL_OPENBLAS_LIBRARY})
  # core/kernels/blas_threads.cpp can do without these, and of an archive the linker takes only what nobody can do without.
  if(KNOLL_OPENBLAS_LIBRARY MATCHES "[.]a$")
    foreach(symbol openblas_get_parallel openblas_get_num_threads openblas_set_num_threads)
      target_link_options(knoll::openblas INTERFACE "LINKER:-u,$<$<PLATFORM_ID:Darwin>:_>${symbol}")
    endforeach()
  endif()
endif()
